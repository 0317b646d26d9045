"""What a device beside the bed hears."""

from __future__ import annotations

import numpy as np

from scripts.train.bedroom import Bedroom, bedrooms, heard
from scripts.train.sound import RATE, Samples

DRY = Bedroom(np.ones(1, np.float32), np.ones(1, np.float32))


def tone(hertz: float) -> Samples:
    return np.asarray(0.3 * np.sin(2 * np.pi * hertz * np.arange(RATE) / RATE), np.float32)


def level(sound: Samples, hertz: float) -> float:
    spectrum = np.abs(np.fft.rfft(sound * np.hanning(len(sound))))
    return float(20 * np.log10(spectrum[round(hertz * len(sound) / RATE)] + 1e-9))


def test_a_room_begins_with_the_direct_sound_and_goes_on_after_it() -> None:
    for room in bedrooms(3, np.random.default_rng(2)):
        assert room.from_person[0] == 1
        assert np.abs(room.from_person[RATE // 50 :]).max() > 0.01


def many(speech: Samples, prompts: list[Samples]) -> list[Samples]:
    chance = np.random.default_rng(1)
    return [heard(speech, DRY, prompts, chance) for _ in range(60)]


def test_about_half_have_an_own_prompt_6_to_30_decibels_below_the_speech() -> None:
    distances = [level(mixed, 500) - level(mixed, 1700) for mixed in many(tone(500), [tone(1700)])]
    below = [distance for distance in distances if distance < 40]
    assert 20 < len(below) < 40
    assert min(below) > 5
    assert max(below) - min(below) > 15


def test_nothing_is_added_without_prompts() -> None:
    assert min(level(sound, 500) - level(sound, 1700) for sound in many(tone(500), [])) > 40


def test_some_microphones_are_narrow() -> None:
    lost = [level(sound, 500) - level(sound, 7500) for sound in many(tone(500) + tone(7500), [])]
    assert 8 < sum(distance > 3 for distance in lost) < 30


def test_some_clip() -> None:
    harmonics = [level(sound, 500) - level(sound, 1500) for sound in many(tone(500), [])]
    assert 5 < sum(distance < 40 for distance in harmonics) < 25
