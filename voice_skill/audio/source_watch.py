"""Is the microphone still the microphone?

When one is unplugged, PulseAudio (and PipeWire in its place) moves what listens to it to another source without a word;
often that is the *monitor* of the speaker: Charley would hear nobody but itself. Two things give it away: a room is
never digital silence, a monitor is whenever nothing plays; and what a monitor hears is a copy of what is played, where
a room adds its own. Either makes it worth asking the sound server.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from voice_skill.audio.cancel import Reference
from voice_skill.audio.frame import SAMPLE_RATE, Frame

__all__ = ["SourceWatch", "pulse_source"]

ZERO_SECONDS = 0.5
"""Digital silence that is worth a question."""
ASK_SECONDS = 0.5
"""Between two questions; one takes 10 ms."""
_COPY_SECONDS = 1.0
_COMPARE_SECONDS = 0.5
"""Between two comparisons, so that what begins just after one is not seen two seconds later only."""
_LATEST, _EARLIEST = 0.25, 0.1
"""Seconds by which the copy may come after what was played, or before: neither clock is exact, and a monitor was
measured 6 ms ahead."""
_LEAST_PLAYED = 300.0
"""Mean square root of what is played in a second, of 32,768, that can be compared with what is heard."""
_COPY_GAIN = 0.6
"""A monitor is as loud as what is played; an echo that comes back so loud would drown everybody."""
_COPY_LIKENESS = 0.95
"""Square of the correlation. Four times the copies and echoes that were measured: a monitor 0.99, a loopback behind a
resampler 0.97, a small simulated room below 0.6."""
_PATIENCE_SECONDS = 2.0


class SourceWatch:
    """Follows what the microphone hears."""

    def __init__(self, ask: Callable[[], str | None], reference: Reference | None = None) -> None:
        """`ask`: the name of the source that is recorded from; None where that cannot be known. `reference`: what is
        played."""
        self._ask = ask
        self._reference = reference
        self._zero_since: float | None = None
        self._ask_at = 0.0
        self._heard: list[Frame] = []
        self._copy = False
        self.wrong = False
        """Whether what is heard is no microphone."""

    def take(self, frame: Frame) -> None:
        """Take in the next frame as the microphone gave it."""
        if any(frame.pcm):
            self._zero_since = None
        elif self._zero_since is None:
            self._zero_since = frame.at
        self._compare(frame)
        silent = self._zero_since is not None and frame.end - self._zero_since >= ZERO_SECONDS
        if (silent or self._copy or self.wrong) and frame.at >= self._ask_at:
            self._ask_at = frame.at + ASK_SECONDS
            name = self._ask()
            self.wrong = self._copy if name is None else name.endswith(".monitor")

    def _compare(self, frame: Frame) -> None:
        """See, twice a second, whether what was heard in the last one is what was played, and nothing else."""
        if self._reference is None:
            return
        self._heard.append(frame)
        begun = self._heard[0].at
        if frame.end - begun < _COPY_SECONDS:
            return
        heard = np.frombuffer(b"".join(each.pcm for each in self._heard), "<i2").astype(np.float64)
        self._heard = [each for each in self._heard if each.at >= begun + _COMPARE_SECONDS]
        first = self._reference.index_at(begun - _LATEST)
        if first is None:
            return
        played = self._reference.read(first, len(heard) + int((_LATEST + _EARLIEST) * SAMPLE_RATE)).astype(np.float64)
        if np.sqrt((played**2).mean()) >= _LEAST_PLAYED:
            self._copy = _is_copy(heard, played)
        elif heard.any() and not played.any():
            self._copy = False


def pulse_source() -> str | None:
    """The name of the source that this process records from, as PulseAudio tells it; None where it cannot be asked."""
    if shutil.which("pactl") is None:
        return None
    sources = dict(re.findall(r"^(\d+)\t(\S+)", _pactl("list", "short", "sources"), re.MULTILINE))
    for output in _pactl("list", "source-outputs").split("Source Output #")[1:]:
        if f'application.process.id = "{os.getpid()}"' in output and (number := re.search(r"Source: (\d+)", output)):
            return sources.get(number[1])
    return None


def _pactl(*arguments: str) -> str:
    try:
        done = subprocess.run(
            ["pactl", *arguments],
            capture_output=True,
            text=True,
            timeout=_PATIENCE_SECONDS,
            check=False,
            env={**os.environ, "LC_ALL": "C"},
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout


def _is_copy(heard: NDArray[np.float64], played: NDArray[np.float64]) -> bool:
    """Whether `heard` is `played` at some delay and at about its loudness."""
    length = 1 << (len(heard) + len(played)).bit_length()
    spectrum = np.fft.rfft(played, length) * np.conj(np.fft.rfft(heard, length))
    correlation = np.abs(np.fft.irfft(spectrum, length)[: len(played) - len(heard) + 1])
    delay = int(np.argmax(correlation))
    best = float(correlation[delay])
    there = float((played[delay : delay + len(heard)] ** 2).sum())
    likeness = best**2 / (there * float((heard**2).sum()) + 1.0)
    return likeness > _COPY_LIKENESS and best > _COPY_GAIN * there
