"""The synthesiser's port: what the pipeline needs from any voice.

A voice turns one sentence into one clip of sound; it never plays anything. The real one is `tts.pyttsx3_voice`, the
scripted fake is `tts.fake`, and `tts.store` keeps what they rendered.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

__all__ = ["CLIP_RATE", "Clip", "Voice"]

CLIP_RATE = 22_050
"""Samples per second of everything that is spoken: what espeak-ng renders."""

_BYTES_PER_SAMPLE = 2


@dataclass(frozen=True, slots=True)
class Clip:
    """A piece of sound."""

    pcm: bytes
    """Little-endian int16 mono samples."""
    rate: int = CLIP_RATE
    """Samples per second."""

    @property
    def samples(self) -> int:
        """How many samples there are."""
        return len(self.pcm) // _BYTES_PER_SAMPLE

    @property
    def seconds(self) -> float:
        """How long it sounds, in seconds."""
        return self.samples / self.rate


class Voice(Protocol):
    """Turns text into sound."""

    @property
    def name(self) -> str:
        """The voice and the versions of what renders it: two voices of one name render alike, so caches key on it."""
        ...

    def render(self, text: str, rate_wpm: int) -> Clip:
        """Speak `text` at `rate_wpm` words per minute into a clip. Raises `SpeechError` when that cannot be done."""
        ...
