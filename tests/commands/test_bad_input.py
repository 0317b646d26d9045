"""What a person can get wrong: two lines that say what and what to do, exit code 2, nothing half done."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from voice_skill.audio import portaudio
from voice_skill.audio.files import write_wav
from voice_skill.cli import main
from voice_skill.commands import parts
from voice_skill.config import bundled
from voice_skill.errors import AudioError
from voice_skill.tts.fake import ScriptedVoice
from voice_skill.tts.store import PromptStore

Refused = Callable[..., str]


@pytest.fixture
def refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Refused:
    """Runs a command that must be refused, in a folder with a good recording, and gives what was said about it."""
    monkeypatch.chdir(tmp_path)
    write_wav("good.wav", bytes(32_000), 16_000)
    before = set(tmp_path.iterdir())

    def run(*argv: str, made: tuple[str, ...] = ()) -> str:
        assert main(argv) == 2
        out, err = capfd.readouterr()
        assert out == ""
        assert err.startswith("charley: ")
        assert len(err.splitlines()) == 2, err
        assert "Traceback" not in err
        assert set(tmp_path.iterdir()) - before == {tmp_path / name for name in made}
        return err

    return run


@pytest.fixture
def quick_voice(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parts, "build_store", lambda _config: PromptStore(ScriptedVoice(), None))


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (None, "there is no recording bad.wav"),
        (b"", "bad.wav is empty"),
        (b"Dear diary, tonight my leg cramped again.\n" * 40, "bad.wav"),
        ("cut", "bad.wav is damaged"),
    ],
    ids=["missing", "empty", "text", "cut"],
)
def test_a_recording_that_is_none(refused: Refused, content: bytes | str | None, message: str) -> None:
    if content is not None:
        data = Path("good.wav").read_bytes()[:20_000] if isinstance(content, str) else content
        Path("bad.wav").write_bytes(data)
    made = () if content is None else ("bad.wav",)
    assert message in refused("replay", "bad.wav", "--json", made=made)


def test_a_model_that_is_not_there(refused: Refused) -> None:
    assert "no/model" in refused("replay", "good.wav", "--model", "no/model")


def test_a_model_that_is_damaged(refused: Refused, tmp_path: Path) -> None:
    model = tmp_path / "model"
    shutil.copytree(bundled("models") / "en", model)
    network = model / "am" / "final.mdl"
    network.write_bytes(network.read_bytes()[:5_000])
    assert "final.mdl" in refused("replay", "good.wav", "--model", "model", made=("model",))


@pytest.mark.parametrize(
    ("out", "message"),
    [
        ("no/folder/out.wav", "No such file or directory"),
        (".", "it is a folder"),
        ("good.wav/x.wav", "Not a directory"),
    ],
)
def test_a_place_for_both_voices_that_cannot_be_written_is_refused_before_the_replay(
    refused: Refused, monkeypatch: pytest.MonkeyPatch, out: str, message: str
) -> None:
    monkeypatch.setattr(parts, "build_ear", lambda *_: pytest.fail("the replay began"))
    assert f"{Path(out)} cannot be written: {message}" in refused("replay", "good.wav", "--out", out)


@pytest.mark.usefixtures("quick_voice")
def test_a_journal_that_cannot_be_written(refused: Refused) -> None:
    assert "the journal cannot be written" in refused("replay", "good.wav", "--journal", "no/folder/night.jsonl")


def test_a_cache_folder_that_cannot_be_written(refused: Refused) -> None:
    Path("charley.yaml").write_text("cache: good.wav/cache\n")
    told = refused("replay", "good.wav", made=("charley.yaml",))
    assert "the cache folder good.wav/cache cannot be written" in told


@pytest.mark.usefixtures("quick_voice")
def test_a_region_whose_numbers_nobody_knows(refused: Refused) -> None:
    Path("charley.yaml").write_text("region: ZZ\n")
    told = refused("replay", "good.wav", made=("charley.yaml",))
    assert 'no emergency number is known for the region "ZZ"' in told
    assert "GB" in told


def test_settings_that_are_not_there(refused: Refused) -> None:
    assert "no.yaml" in refused("--config", "no.yaml", "replay", "good.wav")


def test_a_state_that_does_not_exist(refused: Refused) -> None:
    told = refused("listen", "good.wav", "--state", "acute_relief.hodl")
    assert 'there is no state "acute_relief.hodl"' in told
    assert "acute_relief.hold" in told


def test_a_live_night_without_portaudio(refused: Refused, monkeypatch: pytest.MonkeyPatch) -> None:
    def load() -> None:
        raise AudioError("the PortAudio library is not installed", "apt-get install libportaudio2")

    monkeypatch.setattr(portaudio, "load", load)
    assert "apt-get install libportaudio2" in refused("run")


def test_a_live_night_without_a_microphone(refused: Refused, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(**_: Any) -> None:
        raise ValueError("Error querying device -1")

    library = SimpleNamespace(PortAudioError=RuntimeError, RawInputStream=refuse, query_devices=list)
    monkeypatch.setattr(portaudio, "load", lambda: library)
    assert "there is no sound device" in refused("run", "--json")


def test_from_the_shell(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "voice_skill", "replay", str(tmp_path / "no.wav")],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.splitlines()[0] == f"charley: there is no recording {tmp_path / 'no.wav'}"
    assert len(done.stderr.splitlines()) == 2
