"""`voice-skill replay`: a call of a few seconds through the real detector, recogniser and dialogs."""

from __future__ import annotations

import itertools
import json
import wave
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from voice_skill.audio.files import read_pcm, write_wav
from voice_skill.cli import main
from voice_skill.commands import parts
from voice_skill.tts.fake import ScriptedVoice
from voice_skill.tts.store import PromptStore

SPEECH = Path(__file__).parents[1] / "data" / "speech"


@pytest.fixture(autouse=True)
def _quick_voice(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(parts, "build_store", lambda _config: PromptStore(ScriptedVoice(), None))
    monkeypatch.chdir(tmp_path)


@pytest.fixture(scope="module")
def call(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Someone wakes Charley with a cramp, and answers its first question, 7 s long here, with no."""
    silence = bytes(32_000)
    wake = read_pcm(SPEECH / "hey_charley_my_leg_is_cramping.flite-rms.ogg")
    path = tmp_path_factory.mktemp("call") / "call.wav"
    write_wav(path, silence + wake + 9 * silence + read_pcm(SPEECH / "no.festival-slt.ogg") + 2 * silence, 16_000)
    return path


def test_it_prints_json_lines_only_and_writes_both_voices(call: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["replay", str(call), "--json", "--after", "0", "--out", "both.wav", "--journal", "night.jsonl"]) == 0
    out, err = capsys.readouterr()
    assert err == ""
    records: list[dict[str, Any]] = [json.loads(line) for line in out.splitlines()]
    assert all(one["at"] <= other["at"] for one, other in itertools.pairwise(records))
    told = {record["kind"]: record for record in records}
    assert (told["heard"]["intent"], told["screen_answer"]["question"]) == ("no", "CHEST")
    woken, prompt = records[0], next(record for record in records if record["kind"] == "say")
    assert (woken["kind"], woken["began"]) == ("wake", pytest.approx(1.2, abs=0.4))
    with wave.open("both.wav") as file:
        assert file.getframerate() == 22_050
        sound = np.frombuffer(file.readframes(file.getnframes()), "<i2")
    begin = round(prompt["at"] * 22_050)
    assert sound[round(woken["began"] * 22_050) :][:22_050].any()  # the caller
    assert not sound[begin - 100 : begin].any()
    assert sound[begin : begin + 2_205].any()  # Charley, in its time
    assert main(["journal", "night.jsonl"]) == 0


def test_it_shows_the_conversation_to_people(call: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["replay", str(call), "--after", "0"]) == 0
    out = capsys.readouterr().out
    assert "you      my leg is cramping   (start_cramp)" in out
    assert "charley  I'm here." in out
    assert "check    CHEST: no" in out


def test_silence_follows_until_charley_sleeps_again(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    quiet = tmp_path / "quiet.wav"
    write_wav(quiet, bytes(32_000), 16_000)
    assert main(["replay", str(quiet), "--json", "--after", "600", "--out", "both.wav"]) == 0
    assert capsys.readouterr().out == ""
    with wave.open("both.wav") as file:
        assert file.getnframes() / file.getframerate() <= 1.1  # asleep already: nothing to wait for
