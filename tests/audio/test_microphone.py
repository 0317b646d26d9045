from __future__ import annotations

import itertools
import random
from types import SimpleNamespace
from typing import Any

import pytest

from voice_skill.audio import portaudio
from voice_skill.audio.frame import FRAME_SAMPLES, FRAME_SECONDS, Frame
from voice_skill.audio.microphone import FrameClock, MicrophoneSource
from voice_skill.errors import AudioError

PCM = bytes(range(256)) * 4


class FakeSoundDevice:
    """Stands in for the library: remembers what was done, and lets a test be the sound card."""

    class PortAudioError(Exception):
        pass

    def __init__(self) -> None:
        self.log: list[str] = []
        self.options: dict[str, Any] = {}
        self.refusal: Exception | None = None
        self.refuses_to = "open"

    def RawInputStream(self, **options: Any) -> FakeSoundDevice:
        self._do("open")
        self.options = options
        return self

    def query_devices(self) -> list[dict[str, Any]]:
        return [{"name": "USB", "max_input_channels": 1, "max_output_channels": 0}]

    def _terminate(self) -> None:
        self.log.append("terminate")

    def _initialize(self) -> None:
        self.log.append("initialize")

    def start(self) -> None:
        self._do("start")

    def close(self) -> None:
        self.log.append("close")

    def deliver(self, pcm: bytes = PCM, overflow: bool = False) -> None:
        buffer = bytearray(pcm)
        self.options["callback"](memoryview(buffer), FRAME_SAMPLES, None, SimpleNamespace(input_overflow=overflow))
        buffer[:] = bytes(len(buffer))  # PortAudio uses its buffer again

    def _do(self, what: str) -> None:
        if self.refusal and what == self.refuses_to:
            raise self.refusal
        self.log.append(what)


class Rig:
    """A microphone on the fake library, its frames, and the time."""

    def __init__(self, device: int | str | None = None) -> None:
        self.now = 100.0
        self.frames: list[Frame] = []
        self.microphone = MicrophoneSource(device, lambda: self.now, self.frames.append)


@pytest.fixture
def sounddevice(monkeypatch: pytest.MonkeyPatch) -> FakeSoundDevice:
    fake = FakeSoundDevice()
    monkeypatch.setattr(portaudio, "load", lambda: fake)
    monkeypatch.setattr(portaudio, "_owners", [])
    return fake


# -- the device


def test_what_the_sound_card_delivers_is_copied_and_posted_with_its_time(sounddevice: FakeSoundDevice) -> None:
    rig = Rig(device="USB")
    rig.microphone.open()
    rig.now = 105.0
    sounddevice.deliver()
    assert rig.frames == [Frame(at=105.0 - FRAME_SECONDS, pcm=PCM)]
    wanted = {"samplerate": 16_000, "blocksize": 512, "channels": 1, "dtype": "int16", "device": "USB"}
    assert wanted.items() <= sounddevice.options.items()


def test_a_microphone_that_went_away_is_seen_by_its_silence(sounddevice: FakeSoundDevice) -> None:
    rig = Rig()
    rig.microphone.open()
    assert rig.microphone.silent_for(103.0) == 3.0
    rig.now = 104.0
    sounddevice.deliver()
    assert rig.microphone.silent_for(104.5) == 0.5


def test_overflows_are_counted(sounddevice: FakeSoundDevice) -> None:
    rig = Rig()
    rig.microphone.open()
    for overflow in (False, True, True):
        sounddevice.deliver(overflow=overflow)
    assert rig.microphone.overflows == 2


def test_reopening_restarts_portaudio_in_between_and_the_time_afresh(sounddevice: FakeSoundDevice) -> None:
    rig = Rig()
    rig.microphone.open()
    sounddevice.deliver()
    rig.now = 160.0
    rig.microphone.reopen()
    assert sounddevice.log == ["open", "start", "close", "terminate", "initialize", "open", "start"]
    assert rig.microphone.silent_for(160.0) == 0.0
    rig.now = 161.0
    sounddevice.deliver()
    assert rig.frames[-1].at == pytest.approx(161.0 - FRAME_SECONDS)


def test_a_restart_for_the_speaker_takes_the_microphone_along(sounddevice: FakeSoundDevice) -> None:
    rig = Rig()
    rig.microphone.open()
    portaudio.restart()
    assert sounddevice.log == ["open", "start", "close", "terminate", "initialize", "open", "start"]
    rig.microphone.close()
    portaudio.restart()
    assert sounddevice.log[7:] == ["close", "terminate", "initialize"]


def test_a_microphone_that_does_not_come_back_costs_the_speaker_nothing(sounddevice: FakeSoundDevice) -> None:
    rig = Rig()
    rig.microphone.open()
    sounddevice.refusal = sounddevice.PortAudioError("Device unavailable")
    rig.now = 150.0
    portaudio.restart()
    assert rig.microphone.silent_for(170.0) == 70.0
    with pytest.raises(AudioError, match="Device unavailable"):
        rig.microphone.reopen()
    sounddevice.refusal = None
    rig.microphone.reopen()
    sounddevice.deliver()
    assert len(rig.frames) == 1


def test_closing_twice_closes_once(sounddevice: FakeSoundDevice) -> None:
    rig = Rig()
    rig.microphone.open()
    rig.microphone.close()
    rig.microphone.close()
    assert sounddevice.log.count("close") == 1


@pytest.mark.parametrize("refuses_to", ["open", "start"])
@pytest.mark.parametrize("kind", [FakeSoundDevice.PortAudioError, ValueError])
def test_a_refusal_is_one_error_with_a_cure_and_leaves_nothing_open(
    sounddevice: FakeSoundDevice, kind: type[Exception], refuses_to: str
) -> None:
    sounddevice.refusal, sounddevice.refuses_to = kind("Invalid sample rate"), refuses_to
    rig = Rig()
    with pytest.raises(AudioError) as caught:
        rig.microphone.open()
    assert caught.value.cure
    assert sounddevice.log.count("close") == sounddevice.log.count("open")


# -- the time of a frame


def arrivals(count: int, ppm: float = 0.0, seed: int = 1) -> list[float]:
    """When frames come in that began at 10 s: up to 40 ms late, from a card whose seconds are `ppm` too long."""
    rng = random.Random(seed)
    return [10.0 + (index + 1) * FRAME_SECONDS * (1 + ppm / 1e6) + rng.uniform(0.0, 0.04) for index in range(count)]


def test_late_arrivals_do_not_move_the_times() -> None:
    clock = FrameClock()
    times = [clock.stamp(now) for now in arrivals(2_000)]
    settled = [at - (10.0 + index * FRAME_SECONDS) for index, at in enumerate(times)][200:]
    assert max(settled) - min(settled) < 0.01
    assert max(map(abs, settled)) < 0.01


@pytest.mark.parametrize("ppm", [-300.0, 300.0])
def test_a_card_that_runs_wrong_is_followed(ppm: float) -> None:
    clock = FrameClock()
    count = 20_000  # eleven minutes, after which sample counting alone would be 0.2 s off
    times = [clock.stamp(now) for now in arrivals(count, ppm)]
    assert times[-1] == pytest.approx(10.0 + (count - 1) * FRAME_SECONDS * (1 + ppm / 1e6), abs=0.01)


def test_time_never_runs_backwards_however_late_the_first_frame_was() -> None:
    clock = FrameClock()
    late = arrivals(500)
    late[0] += 0.2
    times = [clock.stamp(now) for now in late]
    assert all(later > earlier for earlier, later in itertools.pairwise(times))
    assert times[-1] == pytest.approx(10.0 + 499 * FRAME_SECONDS, abs=0.01)


def test_lost_frames_leave_a_gap_in_the_times() -> None:
    clock = FrameClock()
    times = [clock.stamp(now if index < 100 else now + 2.0) for index, now in enumerate(arrivals(200))]
    assert times[99] == pytest.approx(10.0 + 99 * FRAME_SECONDS, abs=0.05)
    assert times[-1] == pytest.approx(12.0 + 199 * FRAME_SECONDS, abs=0.05)


def test_frames_that_were_held_up_and_came_at_once_leave_none() -> None:
    clock = FrameClock()
    held = [max(now, 15.0) if index >= 100 else now for index, now in enumerate(arrivals(400))]
    times = [clock.stamp(now) for now in held]
    assert times[-1] == pytest.approx(10.0 + 399 * FRAME_SECONDS, abs=0.02)
