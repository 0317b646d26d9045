"""Echo cancellation: takes Charley's own voice out of what the microphone hears, to tell who talks over it.

    speaker ──what it plays, and when it is heard──▶ Reference ─┐
    microphone ──frame, and when it was heard─────────────────▶ EchoCancelling ──▶ frame without the echo

The canceller is WebRTC's AEC3, from the optional package `pywebrtc-audio`; this is the only file that imports it. It
wants the played samples a little before their echo, and at a lag that does not jump: so the reference is read on one
running index, which is moved only when the two clocks have drifted apart. What it gives back is silent but for whoever
speaks, yet their words are damaged; `subtract` is for those.
"""

from __future__ import annotations

import threading
from importlib.util import find_spec
from typing import TYPE_CHECKING, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from voice_skill.audio.files import Resampler
from voice_skill.audio.frame import FRAME_SAMPLES, SAMPLE_RATE, Frame
from voice_skill.tts.port import CLIP_RATE

if TYPE_CHECKING:
    from pywebrtc_audio import EchoCanceller

__all__ = [
    "DELAY_SECONDS",
    "Canceller",
    "EchoCancelling",
    "Played",
    "Reference",
    "ReferenceReader",
    "WebRtcCanceller",
    "available",
]

Samples = NDArray[np.int16]

LEAD_SECONDS = 0.03
"""How much earlier than it is heard a played sample is shown to the canceller, which finds an echo that comes after
its cause and none that comes before. The device has samples for 0.08 s ahead, and resampling keeps back 0.022 s."""
_TOO_FAR_SECONDS = 0.008
"""How far the two clocks may part before the reference is read elsewhere: each move costs the canceller some words."""
_KEPT_SECONDS = 4.0
_BLOCK_SAMPLES = 160
"""10 ms: what AEC3 works on."""
_DELAY_SAMPLES = 128
"""512 samples a frame are no whole number of blocks; so many must be held back to give 512 each time."""
DELAY_SECONDS = _DELAY_SAMPLES / SAMPLE_RATE
"""How far the cleaned sound lies behind, in seconds."""


class Canceller(Protocol):
    """Removes an echo from sound."""

    def process(self, near: Samples, far: Samples) -> Samples:
        """`near`: what the microphone heard; `far`: what was played then, as long. Whole blocks of 160 samples."""
        ...


def available() -> bool:
    """Whether `WebRtcCanceller` can be made."""
    return find_spec("pywebrtc_audio") is not None


class WebRtcCanceller:
    """WebRTC's AEC3: 26 to 28 dB less echo from the first second on, for 15 ms of processor time per second."""

    def __init__(self) -> None:
        from pywebrtc_audio import EchoCanceller

        self._aec: EchoCanceller = EchoCanceller(sample_rate=SAMPLE_RATE)

    def process(self, near: Samples, far: Samples) -> Samples:
        """`near` without the echo of `far`."""
        return self._aec.process(near, far)


class Reference:
    """What was played, at 16 kHz, by the time at which it is heard. Written by the sound card's thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._resampler = Resampler(CLIP_RATE, SAMPLE_RATE)
        self._ring = np.zeros(round(_KEPT_SECONDS * SAMPLE_RATE), np.int16)
        self._written = 0
        """Samples that the ring has been given, those overwritten since included."""
        self._played = 0
        """Samples before resampling."""
        self._zero: float | None = None
        """When sample 0 was heard."""

    def played(self, pcm: bytes, at: float) -> None:
        """Take in samples at the speaker's rate; the first is heard at `at` seconds."""
        samples = np.frombuffer(pcm, "<i2")
        with self._lock:
            self._zero = at - self._played / CLIP_RATE
            self._played += len(samples)
            ready = self._resampler.process(samples)
            places = (self._written + np.arange(len(ready))) % len(self._ring)
            self._ring[places] = ready
            self._written += len(ready)

    def index_at(self, at: float) -> int | None:
        """The sample that is heard at `at` seconds; None before anything was played."""
        with self._lock:
            return None if self._zero is None else round((at - self._zero) * SAMPLE_RATE)

    def read(self, index: int, count: int) -> Samples:
        """`count` samples from `index` on; silence for what is not there, or no longer."""
        found = np.zeros(count, np.int16)
        with self._lock:
            oldest = max(0, self._written - len(self._ring))
            first, last = max(index, oldest), min(index + count, self._written)
            if first < last:
                found[first - index : last - index] = self._ring[np.arange(first, last) % len(self._ring)]
        return found


class Played(NamedTuple):
    """What was played while a frame was heard."""

    samples: Samples
    moved: int
    """By how many samples the lag of an echo behind it has changed since the frame before, for how it is read."""


class ReferenceReader:
    """Reads a reference frame by frame, a little ahead, at a lag that is moved only when it must be.

    When a device has stood still, or sound was lost, the reading follows and the lag is what it was. When the two
    clocks have drifted apart, the lag has grown with them and is put right.
    """

    def __init__(self, reference: Reference) -> None:
        self._reference = reference
        self._index: int | None = None
        """The reference's sample that the next frame is compared with."""
        self._off = 0
        """By how many samples that was too early for the last frame, as the clocks have it."""

    def read(self, at: float, before: int = 0) -> Played:
        """What was played while a frame that began at `at` was heard, and so many samples before it."""
        expected = self._reference.index_at(at + LEAD_SECONDS)
        if expected is None:
            return Played(np.zeros(before + FRAME_SAMPLES, np.int16), 0)
        if self._index is None:
            self._index = expected
        moved = 0
        slipped = expected - self._index - self._off
        if abs(slipped) > _TOO_FAR_SECONDS * SAMPLE_RATE:
            self._index += slipped
        self._off = expected - self._index
        if abs(self._off) > _TOO_FAR_SECONDS * SAMPLE_RATE:
            moved, self._index, self._off = self._off, expected, 0
        samples = self._reference.read(self._index - before, before + FRAME_SAMPLES)
        self._index += FRAME_SAMPLES
        return Played(samples, moved)


class EchoCancelling:
    """Frames in, frames without the echo out, `DELAY_SECONDS` later in the sound but each with its true time."""

    def __init__(self, reference: Reference, canceller: Canceller) -> None:
        self._reader = ReferenceReader(reference)
        self._canceller = canceller
        self._near = np.zeros(0, np.int16)
        self._far = np.zeros(0, np.int16)
        self._clean = np.zeros(_DELAY_SAMPLES, np.int16)

    def process(self, frame: Frame) -> Frame:
        """The next frame, cleaned."""
        near = np.frombuffer(frame.pcm, "<i2")
        self._near = np.concatenate((self._near, near))
        self._far = np.concatenate((self._far, self._reader.read(frame.at).samples))
        whole = len(self._near) - len(self._near) % _BLOCK_SAMPLES
        cleaned = self._canceller.process(self._near[:whole], self._far[:whole])
        self._near, self._far = self._near[whole:], self._far[whole:]
        self._clean = np.concatenate((self._clean, cleaned))
        pcm, self._clean = self._clean[:FRAME_SAMPLES], self._clean[FRAME_SAMPLES:]
        return Frame(frame.at - DELAY_SECONDS, pcm.astype("<i2").tobytes())
