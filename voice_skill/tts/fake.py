"""A voice for tests: no engine, no surprises."""

from __future__ import annotations

from collections.abc import Collection

from voice_skill.errors import SpeechError
from voice_skill.tts.port import CLIP_RATE, Clip

__all__ = ["ScriptedVoice"]


class ScriptedVoice:
    """Speaks every word in exactly 60 / rate seconds, as a square wave, and remembers what it was asked for."""

    def __init__(self, name: str = "scripted", fails_on: Collection[str] = ()) -> None:
        """`fails_on`: texts that cannot be rendered."""
        self.name = name
        self.rendered: list[tuple[str, int]] = []
        """Every (text, rate) that was asked for, in order."""
        self._fails_on = fails_on

    def render(self, text: str, rate_wpm: int) -> Clip:
        """A clip of 60 / `rate_wpm` seconds a word. Raises `SpeechError` for the texts it was told to fail on."""
        self.rendered.append((text, rate_wpm))
        if text in self._fails_on:
            raise SpeechError(f"the voice cannot say {text!r}", "say it in other words")
        samples = round(len(text.split()) * 60 / rate_wpm * CLIP_RATE)
        period = (8_000).to_bytes(2, "little", signed=True) * 50 + (-8_000).to_bytes(2, "little", signed=True) * 50
        return Clip((period * (samples // 100 + 1))[: 2 * samples])
