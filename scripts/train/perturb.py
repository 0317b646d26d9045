"""Changes made to features while training, anew each time an utterance is seen.

All of it happens on log mel energies, where a microphone's colour is a sum, another vocal tract a shift between
bins, and mixing two sounds a sum of energies.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from scripts.train.features import BINS, CEPSTRA, FLOOR
from scripts.train.store import Store, Utterance

__all__ = ["Perturber", "cepstra"]

Matrix = NDArray[np.float32]

_DECIBEL = np.log(10) / 10
_LOWEST, _HIGHEST = 20.0, 7600.0
"""Hertz: where the mel bins begin and end."""
_QUIETEST, _LOUDEST = 17.0, 27.5
"""Level (see `_level`) of speech at about -55 and -10 dB of full scale."""
_WARPS = np.linspace(0.86, 1.16, 31)
"""Vocal tract length factors."""
_WIDE_WARPS = np.linspace(0.78, 1.24, 31)
"""The same for synthetic voices: they are few, and each says thousands of things in just its own way."""
_WALL = (250.0, 1000.0)
"""Hertz above which a wall swallows ever more, and decibels an octave by which it does."""
_WALL_SLOPE = (18.0, 36.0)
_PACES = (0.82, 1.22)
"""How much slower or faster an utterance may become."""


def cepstra(log_mel: Matrix) -> Matrix:
    """What the network is given for these log mel energies."""
    return np.maximum(log_mel, FLOOR) @ CEPSTRA


class Perturber:
    """Makes every utterance sound as if said by someone else, elsewhere."""

    def __init__(self, noise: Store, chance: np.random.Generator) -> None:
        self._chance = chance
        self._noise = noise
        self._warps = [_warp(factor) for factor in _WARPS]
        self._wide_warps = [_warp(factor) for factor in _WIDE_WARPS]

    def speech(self, log_mel: Matrix, synthetic: bool = False) -> Matrix:
        """Another speaker, pace, microphone, distance and background."""
        chance = self._chance
        if chance.random() < (0.8 if synthetic else 0.5):
            warps = self._wide_warps if synthetic else self._warps
            log_mel = log_mel @ warps[chance.integers(len(warps))]
        if chance.random() < 0.4:
            log_mel = self._pace(log_mel)
        log_mel = log_mel + self._colour()
        log_mel = log_mel + np.float32(chance.uniform(_QUIETEST, _LOUDEST) - _level(log_mel))
        if chance.random() < 0.15:
            log_mel = self._duck(log_mel)
        if len(log_mel) < 300 and chance.random() < 0.5:
            log_mel = self._pad(log_mel)
        if chance.random() < 0.75:
            behind = self._some_noise(len(log_mel))
            distance = _level(log_mel) - _level(behind) - chance.uniform(-2, 22) * _DECIBEL
            log_mel = np.logaddexp(log_mel, behind + np.float32(distance))
        log_mel = self._microphone_hiss(log_mel)
        return self._hide(log_mel) if chance.random() < 0.4 else log_mel

    def noise(self, log_mel: Matrix) -> Matrix:
        """A noise at another loudness; sometimes nothing but silence."""
        chance = self._chance
        loudness = chance.uniform(8, _LOUDEST) if chance.random() < 0.95 else -2 * abs(FLOOR)
        log_mel = log_mel + self._colour() + np.float32(loudness - _level(log_mel))
        return self._microphone_hiss(log_mel)

    def muffled(self, log_mel: Matrix) -> Matrix:
        """Speech from the next room: only its low part is left. Nobody could tell the words, so there are none."""
        chance = self._chance
        swallowed = np.maximum(0, np.log2(_centres() / chance.uniform(*_WALL))) * chance.uniform(*_WALL_SLOPE)
        return self.noise(log_mel - np.float32(_DECIBEL) * swallowed.astype(np.float32))

    def _colour(self) -> Matrix:
        """A tilt of up to 12 dB over the band, smooth bumps of a few dB, at times the thin sound of a small device."""
        chance = self._chance
        place = np.linspace(-1, 1, BINS)
        curve = chance.uniform(-6, 6) * place
        for order in range(1, 5):
            curve += chance.normal(0, 2.0 / order) * np.cos(np.pi * order * (place + 1) / 2 + chance.uniform(0, np.pi))
        if chance.random() < 0.15:
            curve[: chance.integers(3, 9)] -= chance.uniform(6, 25)
        return np.asarray(curve * _DECIBEL, dtype=np.float32)

    def _pace(self, log_mel: Matrix) -> Matrix:
        """Slower or faster, the pitch unchanged: frames are taken from between the frames."""
        place = np.arange(0, len(log_mel) - 1, self._chance.uniform(*_PACES), dtype=np.float32)
        before = np.minimum(place.astype(np.int64), len(log_mel) - 2)
        part = (place - before)[:, None]
        return np.asarray(log_mel[before] * (1 - part) + log_mel[before + 1] * part, dtype=np.float32)

    def _duck(self, log_mel: Matrix) -> Matrix:
        """Held down for a moment, most often at the beginning, as an echo canceller does when two speak at once."""
        chance = self._chance
        long = int(chance.integers(4, 18))
        moment = 0 if chance.random() < 0.5 else int(chance.integers(0, max(1, len(log_mel) - long)))
        ducked = log_mel.copy()
        ducked[moment : moment + long] -= chance.uniform(4, 22) * _DECIBEL
        return ducked

    def _pad(self, log_mel: Matrix) -> Matrix:
        before, after = self._chance.integers(0, 60, 2)
        return np.pad(log_mel, ((before, after), (0, 0)), constant_values=FLOOR)

    def _some_noise(self, frames: int) -> Matrix:
        utterance: Utterance = self._noise.utterances[self._chance.integers(len(self._noise.utterances))]
        log_mel = np.roll(self._noise.log_mel(utterance), self._chance.integers(utterance.frames), axis=0)
        return np.resize(log_mel, (frames, BINS)) + self._colour()

    def _microphone_hiss(self, log_mel: Matrix) -> Matrix:
        chance = self._chance
        if chance.random() < 0.2:
            return log_mel
        hiss = chance.uniform(-4, 13) + self._colour() + chance.normal(0, 0.5, log_mel.shape)
        return np.asarray(np.logaddexp(log_mel, hiss), dtype=np.float32)

    def _hide(self, log_mel: Matrix) -> Matrix:
        """SpecAugment (Park et al. 2019): a band of bins and a few short moments are blanked out."""
        chance = self._chance
        hidden = log_mel.copy()
        blank = log_mel.mean()
        width = chance.integers(0, 7)
        lowest = chance.integers(0, BINS - width)
        hidden[:, lowest : lowest + width] = blank
        for _ in range(1 + len(log_mel) // 150):
            long = int(chance.integers(0, 9))
            moment = chance.integers(0, max(1, len(log_mel) - long))
            hidden[moment : moment + long] = blank
        return hidden


def _level(log_mel: Matrix) -> float:
    """How loud the louder quarter of the frames is: the log of their mean energy, summed over bins."""
    energy = np.exp(log_mel).sum(1)
    count = max(1, len(energy) // 4)
    return float(np.log(np.partition(energy, -count)[-count:].mean() + 1e-7))


def _warp(factor: float) -> Matrix:
    """The matrix that moves energies between mel bins as a vocal tract `factor` times as short would."""
    lowest, highest = _mel(_LOWEST), _mel(_HIGHEST)
    hertz = _centres()
    knee = 4800.0 / max(factor, 1)
    warped = np.where(hertz < knee, hertz * factor, 7600 - (7600 - knee * factor) * (7600 - hertz) / (7600 - knee))
    place = np.clip((_mel(warped) - lowest) / (highest - lowest) * (BINS + 1) - 1, 0, BINS - 1)
    below = np.minimum(place.astype(int), BINS - 2)
    matrix = np.zeros((BINS, BINS), np.float32)
    matrix[below, np.arange(BINS)] = 1 - (place - below)
    matrix[below + 1, np.arange(BINS)] = place - below
    return matrix


def _centres() -> Any:
    """The middles of the mel bins, in hertz."""
    lowest, highest = _mel(_LOWEST), _mel(_HIGHEST)
    return 700 * (np.exp((lowest + (highest - lowest) * (np.arange(BINS) + 1) / (BINS + 1)) / 1127) - 1)


def _mel(hertz: Any) -> Any:
    return 1127 * np.log(1 + hertz / 700)
