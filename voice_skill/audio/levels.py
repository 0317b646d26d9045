"""How loud a piece of sound is: for the level meter, `doctor`, and the tests. Never a gate on what is heard:
a whisper is quiet speech.

Everything takes int16 little-endian mono samples.
"""

from __future__ import annotations

import math
from array import array
from itertools import groupby

__all__ = ["FLOOR_DBFS", "is_clipped", "peak_dbfs", "rms_dbfs"]

FLOOR_DBFS = -120.0
"""What digital silence reads, instead of minus infinity, which no meter can draw and no JSON can hold."""

_FULL_SCALE = 32768
_CLIPPED_RUN = 3
"""A loud sound may touch full scale for a sample or two; a clipped one stays there."""


def rms_dbfs(pcm: bytes) -> float:
    """Loudness in dB below full scale. A full-scale square wave reads 0, a full-scale sine -3."""
    samples = array("h", pcm)
    if not samples:
        return FLOOR_DBFS
    return _dbfs(math.sqrt(sum(sample * sample for sample in samples) / len(samples)))


def peak_dbfs(pcm: bytes) -> float:
    """The loudest single sample, in dB below full scale."""
    return _dbfs(max(map(abs, array("h", pcm)), default=0))


def is_clipped(pcm: bytes) -> bool:
    """Whether the sound was too loud for the microphone: three samples or more in a row at full scale."""
    at_full_scale = (sample if sample in (32767, -32768) else 0 for sample in array("h", pcm))
    return any(rail and sum(1 for _ in run) >= _CLIPPED_RUN for rail, run in groupby(at_full_scale))


def _dbfs(amplitude: float) -> float:
    return max(FLOOR_DBFS, 20 * math.log10(amplitude / _FULL_SCALE)) if amplitude else FLOOR_DBFS
