"""`voice-skill doctor`, on machines that are well and machines that are not."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from voice_skill.audio import portaudio
from voice_skill.audio.frame import FRAME_SAMPLES
from voice_skill.cli import main
from voice_skill.commands import doctor, parts
from voice_skill.config import Config
from voice_skill.errors import AudioError, SpeechError
from voice_skill.tts.fake import ScriptedVoice
from voice_skill.tts.store import PromptStore

Lines = list[str]
FRAMES = 400
"""More than any examination takes in."""


class Room:
    """A sound card in a room: a microphone that hears noise of some level, louder while the speaker speaks."""

    PortAudioError = RuntimeError

    def __init__(self, amplitude: int = 60, *, frames: int = FRAMES, hears_speaker: bool = True) -> None:
        self.amplitude = amplitude
        self.frames = frames
        self.hears_speaker = hears_speaker
        self._speaker_open = False

    def RawInputStream(self, **options: Any) -> Any:
        def start() -> None:
            os.write(2, b"ALSA lib pcm.c: underrun occurred\n")
            status = SimpleNamespace(input_overflow=False)
            for number in range(self.frames):
                loud = self._speaker_open and self.hears_speaker and number > 32
                wave = np.resize(np.repeat([1, -1], 8), FRAME_SAMPLES) * self.amplitude * (10 if loud else 1)
                pcm = wave.clip(-32_768, 32_767).astype("<i2").tobytes()
                options["callback"](pcm, FRAME_SAMPLES, None, status)

        return SimpleNamespace(start=start, close=lambda: None, active=True)

    def RawOutputStream(self, **options: Any) -> Any:
        def start() -> None:
            self._speaker_open = True
            time = SimpleNamespace(currentTime=0.0, outputBufferDacTime=0.0)
            status = SimpleNamespace(output_underflow=False)
            options["callback"](memoryview(bytearray(512)), 256, time, status)

        return SimpleNamespace(start=start, close=lambda: None, active=True)


class NoRoom:
    """PortAudio where there is no device."""

    PortAudioError = RuntimeError

    def query_devices(self) -> list[str]:
        return []

    def RawInputStream(self, **_: Any) -> None:
        raise ValueError("Error querying device -1")

    RawOutputStream = RawInputStream


@pytest.fixture
def examine(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> Callable[..., tuple[int, Lines]]:
    """Runs the doctor on a machine with such a sound card (none: no PortAudio); gives exit code and printed lines."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(parts, "build_store", lambda _config: PromptStore(ScriptedVoice(), None))
    monkeypatch.setattr(doctor, "FIRST_FRAME_SECONDS", 0.05)
    monkeypatch.setattr(doctor, "LISTEN_SECONDS", 0.3)

    def run(card: object, *argv: str) -> tuple[int, Lines]:
        def load() -> object:
            if card is None:
                raise AudioError("the PortAudio library is not installed", "apt-get install libportaudio2")
            return card

        monkeypatch.setattr(portaudio, "load", load)
        code = main(["doctor", *argv])
        out, err = capfd.readouterr()
        assert err == ""
        return code, out.splitlines()

    return run


Examine = Callable[..., tuple[int, Lines]]


def starts(lines: Lines) -> Lines:
    return [line.partition(":")[0] for line in lines if not line.startswith("   ")]


def test_all_is_well(examine: Examine) -> None:
    Path("charley.yaml").write_text("region: GB\n")
    code, lines = examine(Room())
    assert code == 0
    assert starts(lines) == [
        "ok   settings",
        "ok   false wakes",
        "ok   speech model",
        "ok   dialogs and vocabulary",
        "ok   voice and prompts",
        "ok   microphone",
        "ok   microphone level",
        "ok   speaker",
        "all is well",
    ]


@pytest.mark.parametrize(
    ("nights", "line"),
    [
        ({}, "ok   false wakes: no night was counted yet"),
        ({"2026-11-21": (3, 2)}, "ok   false wakes: 1 of 3 wakes in the last night"),
        (
            {f"2026-11-{day}": (2, 1) for day in range(10, 22)},
            "ok   false wakes: 1 of 2 wakes in the last night, 7 of 14 in the last 7 with any",
        ),
        (
            {"2026-11-20": (3, 0), "2026-11-21": (1, 1)},
            "note false wakes: 0 of 1 wakes in the last night, 3 of 4 in the last 2 with any",
        ),
    ],
)
def test_it_tells_how_often_it_woke_for_nothing(
    nights: dict[str, tuple[int, int]], line: str, examine: Examine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    file = Config().state_folder / "wakes.json"
    file.parent.mkdir(parents=True)
    numbers = {day: {"wakes": wakes, "understood": understood} for day, (wakes, understood) in nights.items()}
    file.write_text(json.dumps(numbers))
    code, lines = examine(None, "--no-sound")
    assert code == 0
    assert line in lines


def test_no_region_is_worth_a_note(examine: Examine) -> None:
    code, lines = examine(Room(), "--no-sound")
    assert code == 0
    assert starts(lines)[1] == "note region"
    assert starts(lines)[-2:] == ["ok   voice and prompts", "all is well"]


def test_no_sound_card_is_bad_twice(examine: Examine) -> None:
    code, lines = examine(NoRoom())
    assert code == 2
    assert starts(lines)[-3:] == ["BAD  microphone", "BAD  speaker", "2 things to put right"]
    assert "plug one in" in lines[-2]


def test_without_portaudio_it_says_how_to_get_it(examine: Examine) -> None:
    code, lines = examine(None)
    assert code == 2
    assert starts(lines)[-3:] == ["BAD  microphone", "BAD  speaker", "2 things to put right"]
    assert "apt-get install libportaudio2" in lines[-2]


@pytest.mark.parametrize(
    ("amplitude", "verdict", "text", "code"),
    [
        (0, "BAD  microphone level", "too quiet to be a room", 2),
        (32_767, "BAD  microphone level", "overloads", 2),
        (1_500, "note microphone level", "too noisy", 0),
        (60, "ok   microphone level", "-55 dBFS", 0),
    ],
)
def test_the_microphones_level(examine: Examine, amplitude: int, verdict: str, text: str, code: int) -> None:
    got, lines = examine(Room(amplitude))
    level = next(line for line in lines if "microphone level" in line)
    assert level.startswith(verdict)
    assert text in level
    assert got == code


def test_a_microphone_that_opens_and_gives_nothing_is_none(examine: Examine) -> None:
    code, lines = examine(Room(frames=0))
    assert code == 2
    assert any(line.startswith("BAD  microphone: it was opened, but no sound") for line in lines)
    assert starts(lines)[-2] == "ok   speaker"  # that much can still be said


def test_start_asks_for_the_microphones_problem_and_hears_no_chatter(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(portaudio, "load", Room)
    assert doctor.microphone_problem(Config()) is None
    monkeypatch.setattr(portaudio, "load", NoRoom)
    problem = doctor.microphone_problem(Config())
    assert problem is not None
    assert "there is no sound device" in problem.message
    assert capfd.readouterr() == ("", "")


def test_a_speaker_that_is_not_heard_is_worth_a_note(examine: Examine) -> None:
    code, lines = examine(Room(hears_speaker=False))
    assert code == 0
    assert any(line.startswith("note speaker: the microphone does not hear it (+0 dB)") for line in lines)


def test_one_thing_that_is_wrong_does_not_hide_the_others(examine: Examine, monkeypatch: pytest.MonkeyPatch) -> None:
    def no_store(_config: Config) -> PromptStore:
        raise SpeechError("no speech synthesis", "pip install espeakng-loader")

    monkeypatch.setattr(parts, "build_store", no_store)
    Path("charley.yaml").write_text("regoin: GB\n")
    code, lines = examine(Room(), "--model", "no/model")
    assert code == 2
    assert [line for line in starts(lines) if not line.startswith("ok")] == [
        "BAD  settings",
        "note region",
        "BAD  speech model",
        "BAD  dialogs and vocabulary",
        "BAD  voice and prompts",
        "BAD  speaker",
        "5 things to put right",
    ]
    assert sum("pip install espeakng-loader" in line for line in lines) == 2
