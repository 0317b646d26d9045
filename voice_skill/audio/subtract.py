"""Takes Charley's own voice out of what is *understood*, without a scratch on who talks over it.

The canceller in `cancel` mutes whatever may still be echo, and with it the "st" of a "stop" that is said over Charley:
of 105 urgent words over prompts the recogniser understood 60 after it. What it leaves tells well whether somebody
speaks. For the words themselves the echo is only subtracted: what is played goes through a filter that stands for
speaker, room and microphone, and what comes out is taken from what is heard. That leaves a little echo, and all of the
person: 96 of those 105, and 90 of them when Charley is silent.

The filter is learnt while Charley talks, by a Kalman filter in the frequency domain (Enzner and Vary 2006; in parts:
Kuech, Mabande and Enzner 2014). It holds still by itself when somebody talks over Charley: their voice raises the noise
that it reckons with.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from voice_skill.audio.cancel import Reference, ReferenceReader
from voice_skill.audio.frame import FRAME_SAMPLES, Frame

__all__ = ["EchoSubtracting"]

Floats = NDArray[np.float64]
Spectra = NDArray[np.complex128]

_PARTS = 6
"""The filter is so many frames long: 0.19 s from 0.03 s before the sound is heard, room and device delays included."""
_KEEPS = 0.999
"""How much of what was learnt is believed a frame later: rooms and clocks drift."""
_NOISE_KEEPS = 0.95
"""The same of the noise in the microphone, which is also whoever talks."""
_DOUBT = 0.03
"""Variance of each part of the filter before anything is known: that of an echo 8 dB softer than what is played."""
_NOISE = 0.1
"""Power of the noise before any is known; of one frame, full scale being 1."""
_SOFTEST = 1e-3
"""Power of the played sound below which nothing is learnt."""


class EchoSubtracting:
    """Frames in, frames with less echo out, at the same times. 1 % of a core while something plays, else nothing."""

    def __init__(self, reference: Reference) -> None:
        self._reader = ReferenceReader(reference)
        self._filter: Spectra = np.zeros((_PARTS, FRAME_SAMPLES + 1), np.complex128)
        self._doubt: Floats = np.full((_PARTS, FRAME_SAMPLES + 1), _DOUBT)
        self._noise: Floats = np.full(FRAME_SAMPLES + 1, _NOISE)

    def process(self, frame: Frame) -> Frame:
        """The next frame, less what of it was played."""
        played = self._reader.read(frame.at, before=_PARTS * FRAME_SAMPLES)
        self._move(played.moved)
        if not played.samples.any():
            return frame
        heard = np.frombuffer(frame.pcm, "<i2") / 32768
        far = _spectra(played.samples / 32768)
        left = heard - np.fft.irfft((far * self._filter).sum(axis=0))[FRAME_SAMPLES:]
        self._learn(far, left)
        return Frame(frame.at, (left * 32768).round().clip(-32768, 32767).astype("<i2").tobytes())

    def _learn(self, far: Spectra, left: Floats) -> None:
        """One step of the Kalman filter: what is left is echo that is not known yet, noise, and whoever talks."""
        power = np.abs(far) ** 2
        if power.max() < _SOFTEST:
            return
        error = np.fft.rfft(np.concatenate((np.zeros(FRAME_SAMPLES), left)))
        self._noise = _NOISE_KEEPS * self._noise + (1 - _NOISE_KEEPS) * np.abs(error) ** 2
        step = self._doubt / (0.5 * (self._doubt * power).sum(axis=0) + self._noise)
        change = np.fft.irfft(step * far.conj() * error, axis=1)
        change[:, FRAME_SAMPLES:] = 0.0  # a part is as long as a frame
        self._filter = _KEEPS * (self._filter + np.fft.rfft(change, axis=1))
        self._doubt = _KEEPS**2 * (1 - 0.5 * step * power) * self._doubt + (1 - _KEEPS**2) * np.abs(self._filter) ** 2

    def _move(self, samples: int) -> None:
        """The reference is read so much later than it was: every echo comes so much longer after it."""
        if samples:
            taps = np.fft.irfft(self._filter, axis=1)[:, :FRAME_SAMPLES].ravel()
            moved = np.zeros_like(taps)
            kept = max(0, len(taps) - abs(samples))
            if samples > 0:
                moved[len(taps) - kept :] = taps[:kept]
            else:
                moved[:kept] = taps[len(taps) - kept :]
            self._filter = np.fft.rfft(moved.reshape(_PARTS, FRAME_SAMPLES), 2 * FRAME_SAMPLES, axis=1)


def _spectra(played: Floats) -> Spectra:
    """Of two frames each, the newest first: what each part of the filter works on."""
    pairs = np.lib.stride_tricks.sliding_window_view(played, 2 * FRAME_SAMPLES)[::FRAME_SAMPLES]
    return np.asarray(np.fft.rfft(pairs[::-1], axis=1))
