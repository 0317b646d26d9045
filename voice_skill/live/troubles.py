"""What Charley says about its own troubles, to somebody who is awake: asleep, nobody is woken for them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from voice_skill.audio.frame import Frame
from voice_skill.dialog.actions import Say
from voice_skill.dialog.session import Session
from voice_skill.live.speaker import NO_TURN

__all__ = ["DEAF", "PUZZLED", "Awake", "PuzzledWatch", "Voice", "aloud"]

DEAF = ("I can't hear you now.", "Keep going.", "I'll count.")
"""In a hold, which goes on; elsewhere its first sentence alone."""
PUZZLED = ("I can't make out words now.", "In an emergency, make the call yourself.")
"""Said when utterance after utterance is lost in the recogniser."""
TOO_OFTEN = 3
"""Utterances in a row that make one lost by chance unlikely."""


class Voice(Protocol):
    """Where it is said."""

    def say(self, action: Say) -> None:
        """Speak. Raises nothing."""
        ...


class Awake(Protocol):
    """Who it is said to."""

    session: Session


class Fallible(Protocol):
    """What is needed of `SteadyRecogniser`."""

    @property
    def failures(self) -> int:
        """Utterances in a row that were lost."""
        ...

    @property
    def problem(self) -> str:
        """What the last failure was."""
        ...


def aloud(voice: Voice, listener: Awake, sentences: tuple[str, ...]) -> None:
    """Say `sentences` if a conversation goes on."""
    if not listener.session.asleep:
        voice.say(Say(NO_TURN, sentences))


class PuzzledWatch:
    """Tells of every utterance that the recogniser lost, and says so once it loses one after the other."""

    def __init__(self, recogniser: Fallible, voice: Voice, listener: Awake, tell: Callable[[str], None]) -> None:
        self._recogniser = recogniser
        self._voice = voice
        self._listener = listener
        self._tell = tell
        self._known = 0

    def look(self, now: float, frame: Frame | None) -> None:  # noqa: ARG002
        """See whether it failed again."""
        failures = self._recogniser.failures
        if failures > self._known:
            self._tell(f"speech recognition failed and is loaded again: {self._recogniser.problem}")
            if self._known < TOO_OFTEN <= failures:
                aloud(self._voice, self._listener, PUZZLED)
        self._known = failures
