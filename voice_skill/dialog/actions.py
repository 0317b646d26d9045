"""What the dialog asks the world to do. Imperative: each action is an order, carried out by the runtime."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

__all__ = ["TONE", "Action", "Forget", "Listen", "Manner", "Note", "Remember", "Say", "Sleep", "StopSpeaking"]


TONE = "[tone]"
"""The sentence that is no speech but the soft low tone."""


@dataclass(frozen=True, slots=True)
class Manner:
    """How a turn is spoken."""

    rate: int = 150
    """Words per minute."""
    gain_db: float = 0.0
    """Loudness against the configured night volume, in decibels."""
    pause: float = 0.35
    """Silence between two sentences, in seconds."""
    whisper: bool = False
    loud: bool = False
    """Never below normal volume, whatever the night settings (property P30)."""


@dataclass(frozen=True, slots=True)
class Say:
    """Speak. A new `Say` queues behind one that is still playing unless a `StopSpeaking` came first."""

    turn: int
    sentences: tuple[str, ...]
    """One clip each, in order. `TONE` is the soft low tone."""
    manner: Manner = field(default_factory=Manner)
    at: float | None = None
    """When the first sample must be played, on the pipeline's clock; `None` means at once. Hold cues use it."""
    cue: str = ""
    """The hold cue this speaks ("start", "half", "5", "end" …); empty for ordinary speech."""


@dataclass(frozen=True, slots=True)
class StopSpeaking:
    """Fall silent within one block and forget everything queued."""


@dataclass(frozen=True, slots=True)
class Listen:
    """What may be understood from now on."""

    turn: int
    intents: tuple[str, ...]
    """The intents that may be heard once the last sentence of the turn has begun. Where two of them share a phrase,
    the first one listed has it."""
    early: tuple[str, ...]
    """The intents that may be heard before that, while Charley still leads up to the question."""
    endpoint: float = 1.2
    """Seconds of silence that end an utterance (clinical.md 3.1)."""


@dataclass(frozen=True, slots=True)
class Note:
    """Something worth recording: `kind` is the event name that `replay --json` prints."""

    kind: str
    fields: tuple[tuple[str, str | float], ...] = ()
    at: float | None = None
    """When it happens, if that is not now."""


@dataclass(frozen=True, slots=True)
class Sleep:
    """The conversation is over: go back to waiting for the wake phrase."""

    watch: float = 600.0
    """Seconds for which danger words are still heard without it (clinical.md 3.8)."""


@dataclass(frozen=True, slots=True)
class Remember:
    """Keep this about tonight, in place of what was kept of it before. Ordered only with consent (clinical.md 3.9)."""

    fields: tuple[tuple[str, str], ...]
    """What is kept: `level`, `answers` (those that set it, "COLD=E SWELL=U"), and the slots of `builtins.KEPT`."""


@dataclass(frozen=True, slots=True)
class Forget:
    """Delete: what was kept of tonight, or all that was kept. `consent` deletes nothing: only nothing more is kept."""

    what: Literal["tonight", "all", "consent"]


Action = Say | StopSpeaking | Listen | Note | Sleep | Remember | Forget
