"""How softly a call is answered, on real voices: rendered, or recorded, and whispered by taking their pitch out."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest
from numpy.typing import NDArray

from voice_skill.audio.files import Resampler
from voice_skill.audio.frame import FRAME_SAMPLES, SAMPLE_RATE, Frame
from voice_skill.audio.loudness import SOFTEST_ANSWER, WHISPER_DB, Call, CallListener, CallMeter, Softness, answer
from voice_skill.tts.port import CLIP_RATE
from voice_skill.tts.pyttsx3_voice import Pyttsx3Voice

ORDINARY, ROOM = -30.0, -65.0
"""dBFS."""
BEFORE = 5.0
"""Seconds of room before somebody speaks."""
Sound = NDArray[np.float64]


@cache
def voice(name: str = "gmw/en-us") -> Sound:
    """A call, at 0 dBFS on average."""
    clip = np.frombuffer(Pyttsx3Voice(name).render("hey charley my leg is cramping", 150).pcm, "<i2")
    return at_zero(Resampler(CLIP_RATE, SAMPLE_RATE).process(np.pad(clip, (0, 2_000))).astype(np.float64))


@cache
def whisper(name: str = "gmw/en-us") -> Sound:
    """The same with noise for its pitch: every 32 ms keep how strong each frequency is, and lose when."""
    chance = np.random.default_rng(1)
    sound = voice(name)
    window = np.hanning(FRAME_SAMPLES)
    out = np.zeros(len(sound) + FRAME_SAMPLES)
    for start in range(0, len(sound) - FRAME_SAMPLES, FRAME_SAMPLES // 2):
        power = np.abs(np.fft.rfft(sound[start : start + FRAME_SAMPLES] * window)) ** 2
        smooth = np.sqrt(np.convolve(power, np.ones(16) / 16, "same"))  # over 500 Hz: formants stay, harmonics go
        phases = np.exp(2j * np.pi * chance.random(len(smooth)))
        out[start : start + FRAME_SAMPLES] += np.fft.irfft(smooth * phases) * window
    return at_zero(out)


def at_zero(sound: Sound) -> Sound:
    powers = (sound[: len(sound) // FRAME_SAMPLES * FRAME_SAMPLES].reshape(-1, FRAME_SAMPLES) ** 2).mean(axis=1)
    return np.asarray(sound / np.sqrt(powers[powers > powers.max() / 100].mean()))


def room(seconds: float, level_dbfs: float) -> Sound:
    noise = np.random.default_rng(2).standard_normal(round(seconds * SAMPLE_RATE))
    return np.asarray(noise * 10 ** (level_dbfs / 20))


def frames(sound: Sound) -> list[Frame]:
    pcm = (sound.clip(-1, 1) * 32_767).astype("<i2")
    places = range(0, len(pcm) - FRAME_SAMPLES, FRAME_SAMPLES)
    return [Frame(place / SAMPLE_RATE, pcm[place : place + FRAME_SAMPLES].tobytes()) for place in places]


def called(sound: Sound, level_dbfs: float, room_dbfs: float = ROOM) -> list[Frame]:
    """A call in a room."""
    heard = room(BEFORE + len(sound) / SAMPLE_RATE + 1, room_dbfs)
    begin = round(BEFORE * SAMPLE_RATE)
    heard[begin : begin + len(sound)] += sound * 10 ** (level_dbfs / 20)
    return frames(heard)


def measured(sound: Sound, level_dbfs: float, room_dbfs: float = ROOM) -> Call:
    meter = CallMeter()
    for frame in called(sound, level_dbfs, room_dbfs):
        meter.hear(frame)
    call = meter.call(BEFORE, BEFORE + len(sound) / SAMPLE_RATE + 0.8)
    assert call is not None
    return call


@pytest.mark.parametrize(("level", "room_dbfs"), [(-20.0, -65.0), (-30.0, -65.0), (-42.0, -65.0), (-30.0, -45.0)])
def test_the_level_of_speech_and_room_is_measured_to_two_decibels(level: float, room_dbfs: float) -> None:
    call = measured(voice(), level, room_dbfs)
    assert call.level_dbfs == pytest.approx(level, abs=2.0)
    assert call.room_dbfs == pytest.approx(room_dbfs, abs=2.0)


@pytest.mark.parametrize("name", ["gmw/en-us", "gmw/en-us+f4", "gmw/en-gb-x-rp", "gmw/en+m3"])
def test_a_whisper_has_no_pitch_and_a_soft_voice_has(name: str) -> None:
    assert answer(measured(whisper(name), -45.0), ORDINARY).whispered
    assert not answer(measured(voice(name), -45.0), ORDINARY).whispered


def test_what_is_no_softer_than_an_ordinary_voice_is_no_whisper() -> None:
    assert answer(Call(ORDINARY + 3, ROOM, voicing=0.0), ORDINARY) == Softness()


def test_a_whisper_that_cannot_be_told_from_the_fan_is_none() -> None:
    assert not answer(Call(level_dbfs=-52.0, room_dbfs=-48.0, voicing=0.0), ORDINARY).whispered


@pytest.mark.parametrize(("softer", "gain_db"), [(-6.0, -6.0), (-12.0, -12.0), (-30.0, SOFTEST_ANSWER)])
def test_a_softer_call_is_answered_softer_by_as_much(softer: float, gain_db: float) -> None:
    assert answer(measured(voice(), ORDINARY + softer, -70.0), ORDINARY).gain_db == pytest.approx(gain_db, abs=2.0)


@pytest.mark.parametrize("louder", [0.0, 6.0, 18.0])
def test_an_ordinary_call_is_answered_at_the_set_volume_and_a_scream_no_louder(louder: float) -> None:
    assert answer(Call(ORDINARY + louder, ROOM, 0.9), ORDINARY) == Softness(0.0, whispered=False)


@pytest.mark.parametrize(("room_dbfs", "gain_db"), [(-65.0, -15.0), (-50.0, -10.0), (-40.0, 0.0), (-30.0, 0.0)])
def test_no_answer_is_so_soft_that_the_room_drowns_it(room_dbfs: float, gain_db: float) -> None:
    assert answer(Call(ORDINARY - 15, room_dbfs, 0.9), ORDINARY).gain_db == gain_db


def test_a_whisper_is_answered_softer_however_loud_it_is() -> None:
    assert answer(Call(ORDINARY - 1, ROOM, 0.0), ORDINARY) == Softness(WHISPER_DB, whispered=True)


@pytest.mark.parametrize(
    ("call", "gain_db"),
    [
        (Call(-30.0, -60.0, 0.9), 0.0),
        (Call(-42.0, -60.0, 0.9), -12.0),
        (Call(-30.0, -45.0, 0.9), 0.0),  # under a fan an ordinary voice is no soft one
        (Call(-45.0, -75.0, 0.9), 0.0),  # a microphone turned low
        (Call(-45.0, -120.0, 0.9), 0.0),  # one with a gate
        (Call(-57.0, -120.0, 0.9), -12.0),
    ],
)
def test_where_nobody_measured_an_ordinary_voice_it_is_guessed_from_the_room(call: Call, gain_db: float) -> None:
    assert answer(call).gain_db == gain_db


def test_silence_and_a_click_are_no_call() -> None:
    meter = CallMeter()
    assert meter.call(0.0, 5.0) is None
    click = room(5.0, ROOM)
    click[40_000:40_100] = 0.5
    for frame in frames(click):
        meter.hear(frame)
    assert meter.call(0.0, 5.0) is None


def test_what_happened_before_the_call_does_not_make_it_louder() -> None:
    meter = CallMeter()
    sound = [frame.pcm for part in (called(voice(), -12.0), called(voice(), -42.0)) for frame in part]
    for place, pcm in enumerate(sound):
        meter.hear(Frame(place * FRAME_SAMPLES / SAMPLE_RATE, pcm))
    second = len(called(voice(), -12.0)) * FRAME_SAMPLES / SAMPLE_RATE + BEFORE
    call = meter.call(second, second + 4)
    assert call is not None
    assert call.level_dbfs == pytest.approx(-42.0, abs=2.0)
    assert call.room_dbfs == pytest.approx(ROOM, abs=2.0)


@pytest.mark.parametrize(
    ("level", "follows", "whispers", "expected"),
    [
        (ORDINARY + 3, True, False, Softness()),
        (ORDINARY + 3, True, True, Softness(WHISPER_DB, whispered=True)),
        (ORDINARY - 30, True, True, Softness(SOFTEST_ANSWER, whispered=True)),
        (ORDINARY - 30, False, False, Softness()),
        (ORDINARY - 30, False, True, Softness(WHISPER_DB, whispered=True)),
    ],
)
def test_it_follows_the_call_and_while_somebody_sleeps_beside_whispers(
    level: float, follows: bool, whispers: bool, expected: Softness
) -> None:
    listener = CallListener(ORDINARY, follows=follows, whispers=lambda: whispers)
    for frame in called(voice(), level, -75.0):
        listener.hear(frame)
    assert listener.answer(BEFORE, BEFORE + 3) == expected
