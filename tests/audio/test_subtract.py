"""Charley's voice through a simulated room, subtracted; and who talks over it, left as they are."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from voice_skill.audio.cancel import Reference, available
from voice_skill.audio.files import Resampler, read_pcm
from voice_skill.audio.frame import FRAME_SAMPLES, FRAME_SECONDS, SAMPLE_RATE, Frame
from voice_skill.audio.subtract import EchoFree, EchoSubtracting, SoftEcho
from voice_skill.tts.port import CLIP_RATE

Floats = NDArray[np.float64]
BLOCK = 256
SPEECH = Path(__file__).parents[1] / "data" / "speech"
CHARLEY = ("oov_the_train_to_boston_leaves_at_noon.flite-rms.ogg", "can-t_feel_my_leg.flite-rms.ogg")
PERSON = "stop.espeak-f4.ogg"
ROOM = 0.5 * np.exp(-np.arange(1_200) / 160) * np.random.default_rng(4).choice((-1.0, 1.0), 1_200)
ROOM[0] = 1.0


def recorded(*names: str) -> NDArray[np.int16]:
    """Somebody's voice."""
    return np.concatenate([np.frombuffer(read_pcm(SPEECH / name), "<i2") for name in names])


def charley() -> NDArray[np.int16]:
    """Fourteen seconds of it."""
    return recorded(*CHARLEY * 3)


def echo(gain: float, delay: float = 0.04) -> Floats:
    """What comes back of it."""
    said = charley().astype(np.float64)
    room = np.concatenate((np.zeros(round(delay * SAMPLE_RATE)), ROOM / np.sqrt((ROOM**2).sum())))
    return gain * np.convolve(said, room)[: len(said)]


def noise(count: int) -> Floats:
    """A quiet room, 66 dB below full scale."""
    return np.random.default_rng(2).standard_normal(count) * 16


def overheard(heard: Floats, reference: Reference) -> Iterator[Frame]:
    """`heard` frame by frame while Charley speaks."""
    said = Resampler(SAMPLE_RATE, CLIP_RATE).process(charley())
    pcm = heard.astype("<i2")
    played = 0
    for first in range(0, len(pcm) - FRAME_SAMPLES + 1, FRAME_SAMPLES):
        at = first / SAMPLE_RATE
        while played < len(said) and played / CLIP_RATE < at + 0.2:  # further ahead than a device is
            reference.played(said[played : played + BLOCK].tobytes(), played / CLIP_RATE)
            played += BLOCK
        yield Frame(at, pcm[first : first + FRAME_SAMPLES].tobytes())


def subtracted(heard: Floats, stamp: Callable[[float], float | None] = lambda at: at) -> Floats:
    """What is left of `heard` while Charley speaks. `stamp`: what time a frame says that it has; None if it is lost."""
    reference = Reference()
    subtracting = EchoSubtracting(reference)
    left = b""
    for frame in overheard(heard, reference):
        if (at := stamp(frame.at)) is not None:
            left += subtracting.process(Frame(at, frame.pcm)).pcm
    return np.frombuffer(left, "<i2").astype(np.float64)


def db(sound: Floats, begin: float, end: float) -> float:
    """The loudness between two seconds, below full scale."""
    part = sound[round(begin * SAMPLE_RATE) : round(end * SAMPLE_RATE)]
    return float(10 * np.log10((part**2).mean() / 32768**2))


@pytest.mark.parametrize(("gain", "less"), [(0.1, 10.0), (0.3, 14.0)])
def test_after_some_seconds_little_is_left_of_charley(gain: float, less: float) -> None:
    heard = echo(gain)
    heard += noise(len(heard))
    left = subtracted(heard)
    assert db(left, 6.0, 9.0) < db(heard, 6.0, 9.0) - less
    assert db(left, 0.0, 1.0) < db(heard, 0.0, 1.0) + 1.0  # and nothing is added while it learns


def test_all_is_left_of_who_talks_over_it() -> None:
    heard = echo(0.1)
    heard += noise(len(heard))
    person = np.zeros_like(heard)
    stop = recorded(PERSON).astype(np.float64)
    at = round(7.0 * SAMPLE_RATE)
    person[at : at + len(stop)] = stop
    left = subtracted(heard + person)
    until = 7.0 + len(stop) / SAMPLE_RATE
    wrong = left - person[: len(left)]
    assert db(person, 7.0, until) - db(wrong, 7.0, until) > 25
    assert db(left, until, 9.0) < db(heard, until, 9.0) - 8  # and what was learnt is not lost over it


def test_what_is_heard_while_nothing_plays_is_left_to_the_bit() -> None:
    heard = noise(SAMPLE_RATE)
    subtracting = EchoSubtracting(Reference())
    frame = Frame(3.0, heard[:FRAME_SAMPLES].astype("<i2").tobytes())
    assert subtracting.process(frame) is frame


def test_a_room_that_changes_is_learnt_anew() -> None:
    half = 4 * SAMPLE_RATE
    heard = np.concatenate((echo(0.3)[:half], -echo(0.3, delay=0.06)[half:]))
    heard += noise(len(heard))
    left = subtracted(heard)
    assert db(left, 2.5, 4.0) < db(heard, 2.5, 4.0) - 8
    assert db(left, 8.0, 9.5) < db(heard, 8.0, 9.5) - 8


@pytest.mark.parametrize("apart", [0.02, -0.02])
def test_when_the_clocks_part_nothing_has_to_be_learnt_again(apart: float) -> None:
    heard = echo(0.3)
    heard += noise(len(heard))
    moved = subtracted(heard, lambda at: at + apart * min(max(at - 6.0, 0.0), 2.0))
    assert db(moved, 6.0, 9.5) < db(subtracted(heard), 6.0, 9.5) + 3


def test_when_sound_was_lost_nothing_has_to_be_learnt_again() -> None:
    heard = echo(0.3)
    heard += noise(len(heard))
    lost = subtracted(heard, lambda at: None if 6.0 <= at < 6.1 else at)
    assert db(lost, 6.1, 7.0) < db(subtracted(heard), 6.1, 7.0) + 3


def test_a_sound_card_whose_second_is_shorter_is_followed() -> None:
    heard = echo(0.3)
    grid = np.arange(len(heard)) * (1 + 8e-5)
    heard = np.interp(grid, np.arange(len(heard)), heard) + noise(len(heard))
    left = subtracted(heard)
    assert db(left, 6.0, 9.0) < db(heard, 6.0, 9.0) - 15


@pytest.mark.parametrize("gain", [0.0, 0.01, 0.03, 0.1, 0.3])
def test_charley_alone_is_nobody_however_loud_it_comes_back_and_however_still_the_room(gain: float) -> None:
    heard = echo(gain)
    reference = Reference()
    soft = SoftEcho(reference)
    assert not any(soft.somebody_speaks(frame) for frame in overheard(heard, reference))


@pytest.mark.skipif(not available(), reason="pywebrtc-audio is not installed")
@pytest.mark.parametrize("gain", [0.0, 0.003])
def test_who_talks_over_a_charley_that_can_hardly_be_heard_is_not_muted(gain: float) -> None:
    heard = echo(gain)
    person = np.zeros_like(heard)
    stop = recorded(PERSON).astype(np.float64)
    at = round(1.0 * SAMPLE_RATE)
    person[at : at + len(stop)] = stop
    reference = Reference()
    free = EchoFree(reference)
    frames = overheard(heard + noise(len(heard)) + person, reference)
    muted = np.frombuffer(b"".join(free.process(frame).muted for frame in frames), "<i2").astype(np.float64)
    until = 1.0 + len(stop) / SAMPLE_RATE
    assert db(muted, 1.0, until) == pytest.approx(db(person, 1.0, until), abs=1)


@pytest.mark.skipif(not available(), reason="pywebrtc-audio is not installed")
def test_a_loud_echo_is_muted_from_the_first_word_and_who_speaks_is_not_even_in_a_loud_hum() -> None:
    heard = echo(0.3)
    person = np.zeros_like(heard)
    stop = recorded(PERSON).astype(np.float64)
    at = round(7.0 * SAMPLE_RATE)
    person[at : at + len(stop)] = stop
    hum = 3_000 * np.sin(2 * np.pi * 50 * np.arange(len(heard)) / SAMPLE_RATE)
    reference = Reference()
    free = EchoFree(reference)
    frames = overheard(heard + noise(len(heard)) + person + hum, reference)
    muted = np.frombuffer(b"".join(free.process(frame).muted for frame in frames), "<i2").astype(np.float64)
    charley_speaks = np.abs(heard[: len(muted)]).reshape(-1, FRAME_SAMPLES).max(axis=1) > 1_000
    silent = np.abs(muted).reshape(-1, FRAME_SAMPLES).max(axis=1) == 0
    times = np.arange(len(silent)) * FRAME_SECONDS
    assert silent[charley_speaks & (times < 7.0)].mean() > 0.8
    assert silent[charley_speaks & (times < 1.0)].mean() > 0.8
    until = 7.0 + len(stop) / SAMPLE_RATE
    assert db(muted, 7.0, until) == pytest.approx(db(person, 7.0, until), abs=3)
