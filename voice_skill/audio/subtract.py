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

from collections import deque
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from voice_skill.audio.cancel import EchoCancelling, Reference, ReferenceReader, WebRtcCanceller
from voice_skill.audio.frame import FRAME_SAMPLES, Frame

__all__ = ["EchoFree", "EchoSubtracting", "SoftEcho"]

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

_ALOUD = 10**-4.0 * 32768**2
"""Power of what is played, in the last 0.2 s, that comes back if anything does."""
_REMEMBERED = 94
"""Frames (3 s of them) that tell how loud it comes back."""
_AT_LEAST = 8
"""So many of them must be known."""
_SOFT = 10**-5.8 * 32768**2
"""Power of half of them if the echo is too soft to pass for a voice: that of Charley at -32 dB."""
_LOUDER = 100.0
"""By so much somebody's power exceeds it: twice the decibels by which Charley's vowels do."""
_WINDOW: Floats = np.hanning(FRAME_SAMPLES)
_ABOVE_HUM = 5
"""The first part of a frame's spectrum, in steps of 31 Hz, that counts for a voice."""


class EchoFree:
    """What an ear needs to hear who talks over Charley: frames with the echo subtracted, and muted beside it."""

    def __init__(self, reference: Reference) -> None:
        """Needs `pywebrtc-audio`."""
        self._subtracting = EchoSubtracting(reference)
        self._cancelling = EchoCancelling(reference, WebRtcCanceller())
        self._powers = np.zeros(2)
        """Of what was heard lately, and of what the canceller left of it."""
        self._soft = SoftEcho(reference)

    def process(self, frame: Frame) -> Frame:
        """The next frame, both ways. What is muted lies `DELAY_SECONDS` behind."""
        less, muted = self._subtracting.process(frame), self._cancelling.process(frame).pcm
        self._powers = (self._powers + np.array([_power(frame.pcm), _power(muted)])) / 2
        if self._soft.somebody_speaks(frame):
            muted = less.pcm
        elif less is not frame and self._powers[1] < _LEAST_LEFT * self._powers[0]:
            muted = bytes(len(muted))
        return replace(less, muted=muted)


class SoftEcho:
    """Tells who talks over a Charley that can hardly be heard: softly spoken, far away, or in headphones.

    The canceller takes any sound for an echo at first, and where there is none to learn from it goes on to: of 42
    urgent words over the first prompt of a night it left 40 to be understood at an echo of -20 dB, 32 at -40 dB and 19
    at -50 dB, and with this rule 41 at both. What is heard while Charley speaks is its echo and more: when half of it
    is soft, so is the echo, and whatever is far louder is somebody.
    """

    def __init__(self, reference: Reference) -> None:
        self._reader = ReferenceReader(reference)
        self._heard: deque[float] = deque(maxlen=_REMEMBERED)

    def somebody_speaks(self, frame: Frame) -> bool:
        """Whether somebody is heard in the next frame, and surely not Charley."""
        power = _voice_power(frame.pcm)
        played = self._reader.read(frame.at, before=_PARTS * _BLOCK).samples
        if (played.astype(np.float64) ** 2).mean() > _ALOUD:
            self._heard.append(power)
        if len(self._heard) < _AT_LEAST or not played.any():
            return False
        usual = sorted(self._heard)[len(self._heard) // 2]
        return usual < _SOFT and power > _LOUDER * usual


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


def _voice_power(pcm: bytes) -> float:
    """Of a frame, from 150 Hz on: hum is below."""
    spectrum = np.fft.rfft(np.frombuffer(pcm, "<i2") * _WINDOW)[_ABOVE_HUM:]
    return float(2 * (np.abs(spectrum) ** 2).sum() / (FRAME_SAMPLES * (_WINDOW**2).sum()))


def _power(pcm: bytes) -> float:
    """Of a frame, low hum left out, which the canceller takes away as well."""
    return float((np.diff(np.frombuffer(pcm, "<i2").astype(np.float64)) ** 2).mean())
