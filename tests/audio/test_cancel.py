"""Echo cancellation: what is compared with what, and the real canceller on Charley's own voice."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from voice_skill.audio.cancel import DELAY_SECONDS, EchoCancelling, Reference, WebRtcCanceller, available
from voice_skill.audio.files import Resampler, read_pcm
from voice_skill.audio.frame import FRAME_SAMPLES, FRAME_SECONDS, SAMPLE_RATE, Frame
from voice_skill.audio.levels import rms_dbfs
from voice_skill.tts.port import CLIP_RATE

Samples = NDArray[np.int16]
BLOCK = 256
SPEECH = Path(__file__).parents[1] / "data" / "speech"


class Spy:
    """Cancels nothing, and remembers what it was given."""

    def __init__(self) -> None:
        self.near = np.zeros(0, np.int16)
        self.far = np.zeros(0, np.int16)
        self.lengths: set[int] = set()

    def process(self, near: Samples, far: Samples) -> Samples:
        self.near, self.far = np.concatenate((self.near, near)), np.concatenate((self.far, far))
        self.lengths |= {len(near) % 160, len(far) - len(near)}
        return near


def voice(seconds: float, rate: int) -> Samples:
    """Something with the spectrum and the pauses of speech, the same at every rate: syllables of a few tones."""
    t = np.arange(round(seconds * rate)) / rate
    tones = sum(np.sin(2 * np.pi * hertz * t + hertz) for hertz in (140, 310, 530, 970, 1710, 2630))
    syllables = np.clip(np.sin(2 * np.pi * 2.3 * t) + 0.4 * np.sin(2 * np.pi * 0.7 * t), 0, 1)
    return np.asarray(2_000 * tones * syllables, np.int16)


def play(reference: Reference, seconds: float, start: float = 0.0) -> None:
    """Have the speaker play `voice`, its first sample heard at `start`."""
    samples = voice(seconds, CLIP_RATE)
    for index in range(0, len(samples) - BLOCK, BLOCK):
        reference.played(samples[index : index + BLOCK].tobytes(), start + index / CLIP_RATE)


def frames(sound: Samples, start: float = 0.0) -> list[Frame]:
    whole = len(sound) - len(sound) % FRAME_SAMPLES
    return [
        Frame(start + index / SAMPLE_RATE, sound[index : index + FRAME_SAMPLES].tobytes())
        for index in range(0, whole, FRAME_SAMPLES)
    ]


def joined(cleaned: list[Frame]) -> Samples:
    return np.frombuffer(b"".join(frame.pcm for frame in cleaned), "<i2")


def test_nothing_is_lost_and_every_frame_has_the_time_of_its_sound() -> None:
    sound = np.arange(FRAME_SAMPLES * 50, dtype=np.int16)
    spy = Spy()
    cancelling = EchoCancelling(Reference(), spy)
    cleaned = [cancelling.process(frame) for frame in frames(sound, start=7.0)]
    delay = round(DELAY_SECONDS * SAMPLE_RATE)
    assert joined(cleaned)[delay:].tolist() == sound[: len(sound) - delay].tolist()
    assert spy.lengths == {0}  # whole blocks, and as much of the one as of the other
    assert [frame.at for frame in cleaned[:2]] == pytest.approx(
        [7.0 - DELAY_SECONDS, 7.0 - DELAY_SECONDS + FRAME_SECONDS]
    )


def test_the_reference_is_what_was_heard_then_shown_a_little_early() -> None:
    reference = Reference()
    play(reference, 3.0, start=10.0)
    spy = Spy()
    cancelling = EchoCancelling(reference, spy)
    for frame in frames(voice(2.5, SAMPLE_RATE), start=10.0):
        cancelling.process(frame)
    correlation = np.correlate(spy.near[8_000:24_000].astype(float), spy.far[9_000:23_000].astype(float))
    lag = int(np.argmax(correlation)) - 1_000  # how many samples the reference is ahead
    assert lag / SAMPLE_RATE == pytest.approx(0.03, abs=0.005)


def test_a_little_jitter_of_the_clocks_moves_nothing_but_a_jump_does() -> None:
    reference = Reference()
    play(reference, 4.0)
    even, uneven, jumping = Spy(), Spy(), Spy()
    for spy, shift in ((even, 0.0), (uneven, 0.004), (jumping, 0.1)):
        cancelling = EchoCancelling(reference, spy)
        for number, frame in enumerate(frames(np.zeros(SAMPLE_RATE * 2, np.int16), start=0.5)):
            cancelling.process(Frame(frame.at + (shift if number > 20 else 0.0), frame.pcm))
    assert uneven.far.tolist() == even.far.tolist()
    shifted = round(0.1 * SAMPLE_RATE)
    assert jumping.far[20_000:22_000].tolist() == even.far[20_000 + shifted : 22_000 + shifted].tolist()


def test_before_anything_is_played_and_after_it_there_is_silence_to_compare_with() -> None:
    reference, spy = Reference(), Spy()
    cancelling = EchoCancelling(reference, spy)
    first, *others = frames(np.ones(SAMPLE_RATE * 3, np.int16))
    cancelling.process(first)
    play(reference, 1.0)
    for frame in others:
        cancelling.process(frame)
    assert not spy.far[:FRAME_SAMPLES].any()
    assert spy.far.any()
    assert not spy.far[-SAMPLE_RATE:].any()


def recorded(name: str, rate: int) -> Samples:
    """Somebody's voice."""
    return Resampler(SAMPLE_RATE, rate).process(np.frombuffer(read_pcm(SPEECH / name), "<i2"))


@pytest.mark.skipif(not available(), reason="pywebrtc-audio is not installed")
def test_the_real_canceller_takes_charley_away_and_leaves_who_talks_over_it() -> None:
    names = ["oov_the_train_to_boston_leaves_at_noon.flite-rms.ogg", "can-t_feel_my_leg.flite-rms.ogg"] * 2
    said = np.concatenate([recorded(name, CLIP_RATE) for name in names])
    echo = np.concatenate([recorded(name, SAMPLE_RATE) for name in names]) // 5
    echo = np.roll(echo, round(0.05 * SAMPLE_RATE))
    person = np.zeros_like(echo)
    over = recorded("stop.espeak-f4.ogg", SAMPLE_RATE) // 2
    at = round(5.2 * SAMPLE_RATE)
    person[at : at + len(over)] = over
    reference, cancelled = Reference(), []
    cancelling = EchoCancelling(reference, WebRtcCanceller())
    played = 0
    for frame in frames(echo + person):
        while played < len(said) and played / CLIP_RATE < frame.at + 0.12:  # as far ahead as a device is
            reference.played(said[played : played + BLOCK].tobytes(), played / CLIP_RATE)
            played += BLOCK
        cancelled.append(cancelling.process(frame))
    cleaned = joined(cancelled)

    def level(sound: Samples, begin: float, end: float) -> float:
        return rms_dbfs(sound[round(begin * SAMPLE_RATE) : round(end * SAMPLE_RATE)].astype("<i2").tobytes())

    assert level(cleaned, 1.0, 5.0) < level(echo, 1.0, 5.0) - 20
    assert level(cleaned, 5.6, 6.4) > level(person, 5.6, 6.4) - 6
