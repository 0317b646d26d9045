"""`voice-skill wake` on recordings."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from voice_skill.audio.files import read_pcm, write_wav
from voice_skill.cli import main

SPEECH = Path(__file__).parents[1] / "data" / "speech"


def test_finds_every_wake_phrase_and_nothing_else(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    night = tmp_path / "night.wav"
    wake = read_pcm(SPEECH / "hey_charley.festival-ked.ogg")
    other = read_pcm(SPEECH / "oov_the_kitchen_smells_like_fresh_bread.espeak-m6.ogg")
    gap = bytes(2 * 32_000)
    write_wav(night, wake + gap + other + gap + wake, 16_000)
    again = (len(wake) + len(other) + 2 * len(gap)) / 32_000
    assert main(["wake", "--json", str(night)]) == 0
    line = json.loads(capsys.readouterr().out)
    assert line["file"] == str(night)
    assert line["detections"] == pytest.approx([0.25, again + 0.25], abs=0.15)
    assert line["audio_seconds"] == pytest.approx((len(wake) * 2 + len(other) + 2 * len(gap)) / 32_000, abs=0.01)
    assert set(line) == {"file", "detections", "audio_seconds", "compute_seconds"}


def test_another_phrase_for_people(capsys: pytest.CaptureFixture[str]) -> None:
    stop, yes = SPEECH / "stop.espeak-f4.ogg", SPEECH / "yes.espeak-f4.ogg"
    assert main(["wake", "--phrase", "stop", str(stop), str(yes)]) == 0
    first, second = capsys.readouterr().out.splitlines()
    assert first.startswith(f"{stop}: 0.")
    assert second == f"{yes}: not once"


def test_a_phrase_that_cannot_be_heard(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["wake", "--phrase", "hey xyzzy", "x.wav"]) == 2
    assert "does not know xyzzy" in capsys.readouterr().err
