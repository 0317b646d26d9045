"""One voice made to sound frightened, shouting, whispering or half asleep.

The corpora were read calmly in daylight. WORLD (Morise et al. 2016) takes a voice apart into pitch, spectral envelope
and breathiness; each mood changes these as studies of acted emotion describe it (Scherer 2003: fear and anger raise
pitch and speech rate, anger the energy above 1 kHz too) and puts the voice together again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from scripts.train.sound import RATE, Samples

__all__ = ["MOODS", "in_moods"]

_STEP = 5.0
"""Milliseconds from one description of the voice to the next."""
_NYQUIST = RATE / 2

Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class _Voice:
    """A voice taken apart: T steps, F frequencies."""

    pitch: Array
    """Hertz per step, 0 where unvoiced, [T]."""
    envelope: Array
    """Power, [T, F]."""
    breath: Array
    """Noise share per frequency, 0 to 1, [T, F]."""

    @property
    def frequencies(self) -> Array:
        """From 0 to 1, the highest."""
        return np.linspace(0, 1, self.envelope.shape[1])


def _whispered(voice: _Voice, chance: np.random.Generator) -> _Voice:
    """No pitch at all, weaker below 800 Hz, formants a little higher."""
    hertz = voice.frequencies * _NYQUIST
    thin = 10 ** (-np.clip((800 - hertz) / 800, 0, 1) * chance.uniform(0.4, 1.6))
    raised = _formants(voice.envelope, chance.uniform(1.0, 1.12))
    return _Voice(np.zeros_like(voice.pitch), raised * thin * _tilt(voice, chance.uniform(-2, 6)), voice.breath)


def _shouted(voice: _Voice, chance: np.random.Generator) -> _Voice:
    """Higher, brighter, the mouth wider open, and longer or shorter."""
    pitch = _swing(voice.pitch, chance.uniform(1.25, 1.9), chance.uniform(0.6, 1.4))
    envelope = _formants(voice.envelope, chance.uniform(1.0, 1.1)) * _tilt(voice, chance.uniform(4, 14))
    return _at_pace(_Voice(pitch, envelope, voice.breath**1.5), chance.uniform(0.75, 1.2))


def _frightened(voice: _Voice, chance: np.random.Generator) -> _Voice:
    """Much higher, hurried, trembling five to nine times a second, breathy."""
    pitch = _swing(voice.pitch, chance.uniform(1.2, 2.1), chance.uniform(0.8, 2.2))
    moments = np.arange(len(pitch)) * _STEP / 1000
    pitch = pitch * (1 + chance.uniform(0, 0.09) * np.sin(2 * np.pi * chance.uniform(5, 9) * moments))
    breath = np.clip(voice.breath + chance.uniform(0, 0.5) * voice.frequencies, 0, 1)
    envelope = _formants(voice.envelope, chance.uniform(0.98, 1.1)) * _tilt(voice, chance.uniform(-3, 8))
    return _at_pace(_Voice(pitch, envelope, breath), chance.uniform(0.8, 1.5))


def _sleepy(voice: _Voice, chance: np.random.Generator) -> _Voice:
    """Lower, flatter, slower, duller, with air in the voice."""
    pitch = _swing(voice.pitch, chance.uniform(0.7, 0.95), chance.uniform(0.1, 0.7))
    breath = np.clip(voice.breath + chance.uniform(0.1, 0.5), 0, 1)
    envelope = voice.envelope * _tilt(voice, chance.uniform(-12, -2))
    return _at_pace(_Voice(pitch, envelope, breath), chance.uniform(0.62, 0.95))


MOODS: dict[str, Callable[[_Voice, np.random.Generator], _Voice]] = {
    "whispered": _whispered,
    "shouted": _shouted,
    "frightened": _frightened,
    "sleepy": _sleepy,
}
"""By name, what each does to a voice."""


def in_moods(sound: Samples, moods: Sequence[str], chance: np.random.Generator) -> Iterator[Samples]:
    """The same words in each of the moods, of `MOODS`. Raises KeyError for any other."""
    if not moods:
        return
    import pyworld

    samples = sound.astype(np.float64)
    rough, times = pyworld.dio(samples, RATE, f0_floor=65.0, f0_ceil=600.0, frame_period=_STEP)
    pitch = pyworld.stonemask(samples, rough, times, RATE)
    envelope = pyworld.cheaptrick(samples, pitch, times, RATE)
    voice = _Voice(pitch, envelope, pyworld.d4c(samples, pitch, times, RATE))
    for mood in moods:
        changed = MOODS[mood](voice, chance)
        parts = [np.ascontiguousarray(part) for part in (changed.pitch, changed.envelope, changed.breath)]
        spoken = pyworld.synthesize(*parts, RATE, _STEP)
        loudest = float(np.abs(spoken).max()) + 1e-9
        yield np.asarray(spoken * min(1.0, 0.95 / loudest), dtype=np.float32)


def _swing(pitch: Array, height: float, range_: float) -> Array:
    """`height` times as high, the ups and downs of the melody `range_` times as large."""
    voiced = pitch > 0
    if not voiced.any():
        return pitch
    middle = float(np.median(np.log(pitch[voiced])))
    melody = np.zeros_like(pitch)
    melody[voiced] = np.exp(middle + np.log(height) + range_ * (np.log(pitch[voiced]) - middle))
    return np.clip(melody, 0, 700)


def _formants(envelope: Array, factor: float) -> Array:
    """The envelope stretched to frequencies `factor` times as high."""
    count = envelope.shape[1]
    place = np.minimum(np.arange(count) / factor, count - 1)
    below = np.minimum(place.astype(int), count - 2)
    share = place - below
    return np.asarray(envelope[:, below] * (1 - share) + envelope[:, below + 1] * share)


def _tilt(voice: _Voice, decibels: float) -> Array:
    """A gain per frequency that reaches `decibels` at 4 kHz, from 0 at 500 Hz."""
    hertz = np.maximum(voice.frequencies * _NYQUIST, 50)
    octaves = np.clip(np.log2(hertz / 500), 0, 3)
    return np.asarray(10 ** (decibels * octaves / 3 / 10))


def _at_pace(voice: _Voice, pace: float) -> _Voice:
    """The voice `pace` times as fast, at the same pitch."""
    steps = len(voice.pitch)
    chosen: Any = np.minimum((np.arange(max(1, int(steps / pace))) * pace).round().astype(int), steps - 1)
    return replace(voice, pitch=voice.pitch[chosen], envelope=voice.envelope[chosen], breath=voice.breath[chosen])
