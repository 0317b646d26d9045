"""What is measured: a row of the table, and what can be read from the speaker's recorded sound."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from scripts.live.night import Night
from scripts.live.soundcard import RATE
from voice_skill.tts.tone import tone

__all__ = ["NO_TONES", "QUIET", "Row", "hold_error", "percentile", "sounds_for", "tones"]

QUIET = 40
"""Samples up to this are silence: of 32,768."""
NO_TONES = 9_999.0
"""Milliseconds: the error of a hold whose tones were not heard."""


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table. `most`: what the value may be; `least`: what it must be."""

    what: str
    value: float
    unit: str = ""
    most: float | None = None
    least: float | None = None
    note: str = ""

    @property
    def good(self) -> bool:
        """Whether the target is met."""
        return (self.most is None or self.value <= self.most) and (self.least is None or self.value >= self.least)

    @property
    def timed(self) -> bool:
        """Whether it is a time, which says something only on a machine that does nothing else."""
        return self.unit in ("s", "ms", "ms late")

    @property
    def target(self) -> str:
        """What it must be, in short; empty where anything will do."""
        if self.most is not None and self.least is not None:
            return f"{self.least:g} to {self.most:g}"
        return f"≤ {self.most:g}" if self.most is not None else f"≥ {self.least:g}" if self.least is not None else ""


def percentile(values: Sequence[float], share: float) -> float:
    """The value that so large a share of `values` does not exceed."""
    return float(np.quantile(values, share, method="higher")) if values else float("inf")


def sounds_for(heard: NDArray[np.int16]) -> float:
    """Seconds until the last sound in `heard`: a pause between two sentences is no silence yet."""
    loud = np.flatnonzero(np.abs(heard.astype(np.int32)) > QUIET)
    return (int(loud[-1]) + 1) / RATE if loud.size else 0.0


def tones(night: Night, begin: float, end: float) -> list[float]:
    """When Charley's tone sounded, to the sample: the peaks of the correlation with it."""
    heard = night.heard.between(begin, end).astype(np.float64)
    clip = np.frombuffer(tone().pcm, "<i2")
    wanted = np.interp(np.arange(0, len(clip), tone().rate / RATE), np.arange(len(clip)), clip)
    length = 1 << (len(heard) + len(wanted)).bit_length()
    spectrum = np.fft.rfft(heard, length) * np.conj(np.fft.rfft(wanted, length))
    score = np.abs(np.fft.irfft(spectrum, length)[: len(heard)])
    energy = np.sqrt(np.convolve(heard**2, np.ones(len(wanted)), "full")[len(wanted) - 1 :][: len(score)]) + 1
    like = score / energy / np.sqrt((wanted**2).sum())
    found: list[float] = []
    for place in np.flatnonzero(like > 0.9):
        near = slice(max(0, place - 800), place + 800)
        if like[place] == like[near].max() and score[place] > 1e6:
            found.append(begin + place / RATE)
    return found


def hold_error(night: Night, zero: float) -> float:
    """By how many milliseconds the hold whose zero was told at `zero` lasted longer or shorter than 30 s, from its
    first tone to its last in the speaker's sound; waits until that is recorded. `NO_TONES` if there are no two."""
    night.heard.recorded(zero + 32)
    heard = tones(night, zero - 1, zero + 32)
    return 1000 * abs(heard[-1] - heard[0] - 30.0) if len(heard) >= 2 else NO_TONES
