"""The operating point of a model: what mistakes weigh, and what is stored."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import numpy as np
import pytest

from scripts.benchmarks.ears.clips import Heard
from scripts.train import tune
from tests.small_pack import Pack, small_pack
from voice_skill.asr.model import locate_model, read_settings, verify_model
from voice_skill.asr.port import Transcript, Word
from voice_skill.nlu.phrases import PhraseBook
from voice_skill.nlu.understanding import Thresholds

INTENTS = ("danger.chest", "yes", "no", "stop")
BOOK = PhraseBook({"danger.chest": ["chest pain"], "yes": ["yes"], "no": ["no"], "stop": ["stop"]})
LIMITS = Thresholds()


def heard_as(text: str, meant: str, *, confidence: float = 1.0, group: str = "one") -> tune.Decoded:
    words = tuple(Word(word, 0.0, 0.0, confidence) for word in text.split())
    return tune.Decoded(Heard(group, np.zeros(1, np.int16), BOOK, INTENTS, meant), Transcript(words))


@pytest.mark.parametrize(
    ("text", "meant", "weight"),
    [
        ("yes", "yes", 0.0),
        ("", "", 0.0),
        ("", "yes", tune.REJECTED),
        ("stop", "yes", tune.WRONG),
        ("stop", "", tune.INVENTED),
        ("", "danger.chest", tune.MISSED_DANGER),
        ("stop", "danger.chest", tune.MISSED_DANGER),
        ("chest pain", "stop", tune.FALSE_DANGER),
        ("chest pain", "", tune.FALSE_DANGER),
        ("no", "yes", tune.FALSE_NO),
        ("no", "", tune.FALSE_NO),
        ("no", "danger.chest", tune.FALSE_NO),
    ],
)
def test_what_a_mistake_weighs(text: str, meant: str, weight: float) -> None:
    assert tune.weigh([heard_as(text, meant)], LIMITS) == weight


def test_a_large_group_weighs_no_more_than_a_small_one() -> None:
    many = [heard_as("", "yes", group="many")] * 3 + [heard_as("yes", "yes", group="many")]
    assert tune.weigh([*many, heard_as("stop", "", group="few")], LIMITS) == 0.75 * tune.REJECTED + tune.INVENTED


def test_thresholds_are_what_is_weighed() -> None:
    unsure = [heard_as("no", "", confidence=0.7)]
    assert tune.weigh(unsure, Thresholds(no=0.65)) == tune.FALSE_NO
    assert tune.weigh(unsure, Thresholds(no=0.75)) == 0.0


@pytest.fixture
def pack(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Pack:
    made = small_pack(tmp_path)
    monkeypatch.setenv("PATH", made.search_path)
    return made


def test_a_model_is_tuned_and_whole_afterwards(capsys: pytest.CaptureFixture[str], tmp_path: Path, pack: Pack) -> None:
    model = tmp_path / "en"
    shutil.copytree(locate_model(), model)
    before = {file: file.read_bytes() for file in model.rglob("*") if file.is_file()}
    where = ["--speech", str(pack.folder), "--work", str(pack.work), "--model", str(model)]
    assert tune.main([*where, "--every", "400", "--copies", "2"]) == 0

    out = capsys.readouterr().out
    told = re.search(r"2 copies: ([\d.]+) as is, ([\d.]+) with", out)
    assert told is not None
    assert float(told[2]) <= float(told[1])
    verify_model(model)
    changed = {file.name for file, content in before.items() if file.read_bytes() != content}
    assert changed == {"charley.toml", "checksums.txt"}
    settings = read_settings(model)
    assert settings.word_delay == read_settings(locate_model()).word_delay
    assert (settings.grammar.copies, settings.grammar.rivals) == (2, tune.RIVALS)
    assert settings.thresholds.keys() == set(tune.TUNED)
    assert set(settings.thresholds.values()) <= set(tune.GRID)
    assert settings.thresholds["no"] >= tune.LEAST["no"]
    Thresholds.of(settings.thresholds)


@pytest.mark.parametrize(
    ("name", "content", "fault"),
    [
        ("manifest.tsv", None, "manifest.tsv"),
        ("manifest.tsv", "path\n", "manifest.tsv:1"),
        ("../programs/espeak-ng", "#!/bin/sh\nexit 3\n", "espeak-ng"),
    ],
)
def test_without_what_it_needs_nothing_is_stored(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, pack: Pack, name: str, content: str | None, fault: str
) -> None:
    broken = pack.folder / name
    if content is None:
        broken.unlink()
    else:
        broken.write_text(content)
    model = tmp_path / "en"
    shutil.copytree(locate_model(), model)
    where = ["--speech", str(pack.folder), "--work", str(pack.work), "--model", str(model)]
    assert tune.main([*where, "--every", "400"]) == 2
    assert fault in capsys.readouterr().out
    assert read_settings(model) == read_settings(locate_model())
    verify_model(model)
