"""What can happen to a session. Past tense: each event is a fact that has already occurred.

Every event that answers something names the *turn* it answers. A turn is one thing Charley says (and then listens
for); its number rises by one each time. Without that name, the end of an interrupted prompt would be taken for the
end of the prompt that interrupted it, and a late "no" for the answer to the next question.
"""

from __future__ import annotations

from dataclasses import dataclass

__all__ = [
    "Event",
    "Heard",
    "NoiseHeard",
    "NotUnderstood",
    "SpeechFinished",
    "SpeechStarted",
    "TimePassed",
    "UserSpoke",
    "Woken",
]


@dataclass(frozen=True, slots=True)
class Woken:
    """The wake phrase was heard, perhaps with more in the same breath."""

    intent: str = ""
    """What the rest of the breath meant; empty when the wake phrase stood alone or the rest was not understood."""
    text: str = ""
    facts: tuple[tuple[str, str], ...] = ()
    """Slot → value, for what the history knows. Slots and values that the dialogs do not have are passed over."""
    softer_db: float = 0.0
    """Decibels to add to the set volume in answer to a soft call; never above 0."""
    whispered: bool = False
    """Whether it was whispered, or the night is one for whispers."""


@dataclass(frozen=True, slots=True)
class UserSpoke:
    """Someone began to speak: the silence is over, though what is said is not known yet."""

    turn: int


@dataclass(frozen=True, slots=True)
class Heard:
    """A whole phrase of the current state was recognised."""

    turn: int
    """The turn this answers: the one that was open when the person began to speak."""
    intent: str
    text: str
    """The words, for the record only: the dialog looks at `intent`."""


@dataclass(frozen=True, slots=True)
class NotUnderstood:
    """Words were spoken that mean nothing here."""

    turn: int


@dataclass(frozen=True, slots=True)
class NoiseHeard:
    """A groan, a sob, a cough: someone is there, but it is no answer."""

    turn: int


@dataclass(frozen=True, slots=True)
class SpeechStarted:
    """The first sample of a turn's speech was played."""

    turn: int


@dataclass(frozen=True, slots=True)
class SpeechFinished:
    """The last sample of a turn's speech was played."""

    turn: int


@dataclass(frozen=True, slots=True)
class TimePassed:
    """`now` has reached the session's deadline."""


Event = Woken | UserSpoke | Heard | NotUnderstood | NoiseHeard | SpeechStarted | SpeechFinished | TimePassed
