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

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from voice_skill.audio.cancel import EchoCancelling, Reference, ReferenceReader, WebRtcCanceller
from voice_skill.audio.frame import FRAME_SAMPLES, Frame

__all__ = ["EchoFree", "EchoSubtracting"]

Floats = NDArray[np.float64]
Spectra = NDArray[np.complex128]

_BLOCK = FRAME_SAMPLES // 2
"""Samples between two steps: at twice as many, two clocks that part by 80 millionths leave 8 dB more of the echo."""
_PARTS = 10
"""The filter is so many blocks long: 0.16 s from 0.03 s before the sound is heard, room and device delays included."""
_KEEPS = 0.997
"""How much of what was learnt is believed a block later: rooms and clocks drift."""
_NOISE_KEEPS = 0.95
"""The same of the noise in the microphone, which is also whoever talks."""
_DOUBT = 0.03
"""Variance of each part of the filter before anything is known: that of an echo 8 dB softer than what is played."""
_NOISE = 0.05
"""Power of the noise before any is known; of one block, full scale being 1."""
_SOFTEST = 1e-3
"""Power of the played sound below which nothing is learnt."""

_LEAST_LEFT = 10**-1.2
"""Share of a frame's power that the canceller leaves at the least if somebody talks over Charley: they had 0.4 and
more, and what it leaves of Charley alone, as in the first seconds of a loud echo, 0.01 and less."""


class EchoFree:
    """What an ear needs to hear who talks over Charley: frames with the echo subtracted, and muted beside it."""

    def __init__(self, reference: Reference) -> None:
        """Needs `pywebrtc-audio`."""
        self._subtracting = EchoSubtracting(reference)
        self._cancelling = EchoCancelling(reference, WebRtcCanceller())
        self._powers = np.zeros(2)
        """Of what was heard lately, and of what the canceller left of it."""

    def process(self, frame: Frame) -> Frame:
        """The next frame, both ways. What is muted lies `DELAY_SECONDS` behind."""
        less, muted = self._subtracting.process(frame), self._cancelling.process(frame).pcm
        self._powers = (self._powers + np.array([_power(frame.pcm), _power(muted)])) / 2
        if less is not frame and self._powers[1] < _LEAST_LEFT * self._powers[0]:
            muted = bytes(len(muted))
        return replace(less, muted=muted)


class EchoSubtracting:
    """Frames in, frames with less echo out, at the same times. 4 % of a core while something plays, else nothing."""

    def __init__(self, reference: Reference) -> None:
        self._reader = ReferenceReader(reference)
        self._filter: Spectra = np.zeros((_PARTS, _BLOCK + 1), np.complex128)
        self._doubt: Floats = np.full((_PARTS, _BLOCK + 1), _DOUBT)
        self._noise: Floats = np.full(_BLOCK + 1, _NOISE)

    def process(self, frame: Frame) -> Frame:
        """The next frame, less what of it was played."""
        played = self._reader.read(frame.at, before=_PARTS * _BLOCK)
        self._move(played.moved)
        if not played.samples.any():
            return frame
        heard = np.frombuffer(frame.pcm, "<i2") / 32768
        far = _spectra(played.samples / 32768)
        left = np.concatenate(
            [
                self._subtract(heard[first : first + _BLOCK], far[first // _BLOCK : first // _BLOCK + _PARTS][::-1])
                for first in range(0, FRAME_SAMPLES, _BLOCK)
            ]
        )
        return Frame(frame.at, (left * 32768).round().clip(-32768, 32767).astype("<i2").tobytes())

    def _subtract(self, heard: Floats, far: Spectra) -> Floats:
        left = heard - np.fft.irfft((far * self._filter).sum(axis=0))[_BLOCK:]
        self._learn(far, left)
        return left

    def _learn(self, far: Spectra, left: Floats) -> None:
        """One step of the Kalman filter: what is left is echo that is not known yet, noise, and whoever talks."""
        power = np.abs(far) ** 2
        if power.max() < _SOFTEST:
            return
        error = np.fft.rfft(np.concatenate((np.zeros(_BLOCK), left)))
        self._noise = _NOISE_KEEPS * self._noise + (1 - _NOISE_KEEPS) * np.abs(error) ** 2
        step = self._doubt / (0.5 * (self._doubt * power).sum(axis=0) + self._noise)
        change = np.fft.irfft(step * far.conj() * error, axis=1)
        change[:, _BLOCK:] = 0.0  # a part is as long as a block
        self._filter = _KEEPS * (self._filter + np.fft.rfft(change, axis=1))
        self._doubt = _KEEPS**2 * (1 - 0.5 * step * power) * self._doubt + (1 - _KEEPS**2) * np.abs(self._filter) ** 2

    def _move(self, samples: int) -> None:
        """The reference is read so much later than it was: every echo comes so much longer after it."""
        if samples:
            taps = np.fft.irfft(self._filter, axis=1)[:, :_BLOCK].ravel()
            moved = np.zeros_like(taps)
            kept = max(0, len(taps) - abs(samples))
            if samples > 0:
                moved[len(taps) - kept :] = taps[:kept]
            else:
                moved[:kept] = taps[len(taps) - kept :]
            self._filter = np.fft.rfft(moved.reshape(_PARTS, _BLOCK), 2 * _BLOCK, axis=1)


def _spectra(played: Floats) -> Spectra:
    """Of every two blocks, the oldest first: what a part of the filter works on."""
    pairs = np.lib.stride_tricks.sliding_window_view(played, 2 * _BLOCK)[::_BLOCK]
    return np.asarray(np.fft.rfft(pairs, axis=1))


def _power(pcm: bytes) -> float:
    """Of a frame, low hum left out, which the canceller takes away as well."""
    return float((np.diff(np.frombuffer(pcm, "<i2").astype(np.float64)) ** 2).mean())
