"""What the network hears: 40 log mel energies per 10 ms, and the cepstra that the decoder makes of them.

Training keeps log mel energies, because in them noise, gain, tilt and another speaker's vocal tract are simple sums
and shifts. The decoder computes cepstra with Kaldi's own code; `CEPSTRA` is that last step as a matrix, so that
`log_mel(samples) @ CEPSTRA` equals what the decoder sees to within 1e-4.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["BINS", "CEPSTRA", "FLOOR", "FRAMES_PER_SECOND", "log_mel"]

Matrix = NDArray[np.float32]

BINS = 40
FRAMES_PER_SECOND = 100
FLOOR = -15.942385
"""The log energy of digital silence: ln of the smallest 32-bit step above 1."""

_LIFTER = 22.0
_FRAME, _SHIFT, _FFT = 400, 160, 512


def _cepstra() -> Matrix:
    order = np.arange(BINS)
    cosines = np.sqrt(2 / BINS) * np.cos(np.pi / BINS * np.outer(order, order + 0.5))
    cosines[0] = np.sqrt(1 / BINS)
    lifter = 1 + 0.5 * _LIFTER * np.sin(np.pi * order / _LIFTER)
    return np.asarray((cosines * lifter[:, None]).T, dtype=np.float32)


CEPSTRA = _cepstra()
"""Log mel energies to cepstra, [bins, coefficients]."""


def _mel(hertz: Any) -> Any:
    return 1127 * np.log(1 + hertz / 700)


def _filters() -> Matrix:
    """Triangles evenly spaced in mel between 20 and 7600 Hz, over the bins of the spectrum: [spectrum, BINS]."""
    edges = np.linspace(_mel(20.0), _mel(7600.0), BINS + 2)
    place = _mel(np.arange(_FFT // 2 + 1) * 16000 / _FFT)[:, None]
    rising = (place - edges[:-2]) / (edges[1:-1] - edges[:-2])
    falling = (edges[2:] - place) / (edges[2:] - edges[1:-1])
    filters = np.maximum(0, np.minimum(rising, falling))
    filters[-1] = 0  # Kaldi leaves out the highest bin
    return np.asarray(filters, dtype=np.float32)


_FILTERS = _filters()
_WINDOW = ((0.5 - 0.5 * np.cos(2 * np.pi * np.arange(_FRAME) / (_FRAME - 1))) ** 0.85).astype(np.float32)


def log_mel(samples: Matrix) -> Matrix:
    """Log mel energies, [frames, 40], of 16 kHz sound in -1 to 1: 25 ms windows every 10 ms, none past the end."""
    if len(samples) < _FRAME:
        return np.zeros((0, BINS), np.float32)
    scaled = np.clip(samples, -1, 1).astype(np.float32) * 32767
    frames = np.lib.stride_tricks.sliding_window_view(scaled, _FRAME)[::_SHIFT]
    frames = frames - frames.mean(axis=1, keepdims=True)
    before = np.concatenate([frames[:, :1], frames[:, :-1]], axis=1)
    spectrum = np.fft.rfft((frames - np.float32(0.97) * before) * _WINDOW, _FFT, axis=1)
    energies = (spectrum.real**2 + spectrum.imag**2) @ _FILTERS
    return np.log(np.maximum(energies, np.exp(np.float32(FLOOR))))
