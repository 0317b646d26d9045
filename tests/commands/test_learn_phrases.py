"""`voice-skill model learn-phrases`: the bundled model learns what the dialogs and the settings hold, as wholes."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from voice_skill.asr.model import locate_model, verify_model
from voice_skill.asr.vosk import VoskRecogniser
from voice_skill.audio.files import read_pcm
from voice_skill.cli import main

SPEECH = Path(__file__).parents[1] / "data" / "speech"


def config(folder: Path, wake: str) -> Path:
    path = folder / "charley.yaml"
    path.write_text(f"wake_phrase: {wake}\n")
    return path


def learn(settings: Path, *arguments: str) -> int:
    return main(["model", "--config", str(settings), "learn-phrases", *arguments])


def contents(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_phrases_of_the_dialogs_and_of_the_settings(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    """Another wake phrase is learned beside those of the dialogs, and then heard as they are."""
    before = contents(locate_model())
    new = tmp_path / "new"
    assert learn(config(tmp_path, "good night nurse"), "--out", str(new)) == 0
    assert contents(locate_model()) == before
    out = capsys.readouterr().out
    learned = (new / "phrases.txt").read_text().splitlines()
    assert out == f"{len(learned):,} phrases of two words or more, written to {new}\n"
    verify_model(new)

    recogniser = VoskRecogniser(new)
    assert recogniser.knows("good_night_nurse")
    assert not VoskRecogniser(locate_model()).knows("good_night_nurse")
    assert recogniser.knows("my_chest_hurts")
    decoding = recogniser.decode(["my chest hurts", "my chest", "hurts"])
    decoding.feed(read_pcm(SPEECH / "my_chest_hurts.festival-slt.ogg"))
    assert decoding.finish().text == "my chest hurts"


@pytest.mark.parametrize(
    ("wake", "damage", "fault"),
    [
        ("good night zyzzogeton", "", "zyzzogeton"),
        ("hey charley", "lexicon.txt", "lexicon.txt"),
        ("hey charley", "filler.json", "filler.json"),
    ],
)
def test_what_cannot_be_learned_changes_nothing(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, wake: str, damage: str, fault: str
) -> None:
    model = tmp_path / "en"
    shutil.copytree(locate_model(), model)
    if damage:
        (model / damage).unlink()
        (model / "checksums.txt").unlink()
    before = contents(model)
    assert learn(config(tmp_path, wake), "--model", str(model)) == 2
    captured = capsys.readouterr()
    assert fault in captured.err
    assert captured.out == ""
    assert contents(model) == before
    assert {path.name for path in tmp_path.iterdir()} == {"en", "charley.yaml"}
