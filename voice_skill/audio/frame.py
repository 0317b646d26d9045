"""The unit of sound that flows through the pipeline.

Everything that hears works on 16 kHz mono frames of 512 samples (32 ms), the chunk that the speech detector
wants. A frame carries its own time, so a recording can run faster than real time and nothing downstream can tell.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

__all__ = ["FRAME_SAMPLES", "FRAME_SECONDS", "SAMPLE_RATE", "Frame", "FrameSource"]

SAMPLE_RATE = 16_000
"""Samples per second of everything that is heard."""
FRAME_SAMPLES = 512
FRAME_SECONDS = FRAME_SAMPLES / SAMPLE_RATE


@dataclass(frozen=True, slots=True)
class Frame:
    """512 samples of sound."""

    at: float
    """Time of the first sample, in seconds on the pipeline's clock: samples / rate in a replay, monotonic when live."""
    pcm: bytes
    """1,024 bytes: 512 little-endian int16 mono samples at 16 kHz."""
    muted: bytes = b""
    """The same, all muted that may be an echo of Charley, and some of who talks over it; empty where none can be."""

    @property
    def end(self) -> float:
        """Time just after the last sample, in seconds."""
        return self.at + FRAME_SECONDS

    @property
    def without_echo(self) -> Frame:
        """The muted frame, if there is one."""
        return Frame(self.at, self.muted) if self.muted else self


class FrameSource(Protocol):
    """Where frames come from: a file, or a microphone."""

    def frames(self) -> Iterator[Frame]:
        """Yield frames in time order, without gaps. Raises `AudioError` when the source cannot be read."""
        ...
