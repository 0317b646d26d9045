"""Sound made louder or softer: exactly so softer, and louder without ever clipping.

The voice peaks 3 dB below full scale and is 17 dB softer on average. So "louder" would end after half a step, were it
not for a limiter: it turns down only the peaks that would not fit, each with a ramp before and after it.
"""

from __future__ import annotations

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

__all__ = ["amplified"]

_FULL_SCALE = 32_767
_RAMP_SECONDS = 0.005
"""A ramp of 5 ms is no click, and over before the next period of a low voice."""


def amplified(samples: NDArray[np.int16], gain_db: float, rate: int) -> NDArray[np.float32]:
    """`samples` louder by `gain_db` decibels, except where that would overload: there by as much as fits."""
    louder = samples.astype(np.float32) * np.float32(10 ** (gain_db / 20))
    peaks = np.abs(louder)
    if not peaks.size or peaks.max() <= _FULL_SCALE:
        return louder
    reach = round(_RAMP_SECONDS * rate)
    fits = _FULL_SCALE / np.maximum(peaks, _FULL_SCALE)
    # The least that fits anywhere within reach, smoothed over the same reach: never more than what fits here.
    least = sliding_window_view(np.pad(fits, 2 * reach, constant_values=1.0), 2 * reach + 1).min(axis=-1)
    window = np.hanning(2 * reach + 3)[1:-1]
    ramped = np.convolve(least, window / window.sum(), "valid")
    return np.asarray(louder * ramped, np.float32).clip(-_FULL_SCALE, _FULL_SCALE)
