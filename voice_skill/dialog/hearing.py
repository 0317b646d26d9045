"""What may be understood where: the intents of a state, in order of precedence.

Danger words come first and are live in every state; then the state's own; then the answers to a screen question;
then what may be said everywhere. Where two intents share a phrase, the first listed has it.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache

from voice_skill.dialog.model import Dialogs, State
from voice_skill.dialog.screen import CLASSES
from voice_skill.dialog.session import At, Phase

__all__ = [
    "ASK",
    "CLOSED_ENDPOINT",
    "KEEPS",
    "PRESENCE",
    "RESUME",
    "URGENT",
    "early_intents",
    "endpoint",
    "intents",
    "intents_of",
    "starts",
]

CLOSED_ENDPOINT = 0.8
"""Seconds of silence after the answer to a yes/no question: shorter than elsewhere, as one word is the rule."""

URGENT = ("stop", "pain", "hurts", "pause")
"""What cuts speech short wherever it is said, before the question has even begun."""

KEEPS = ("stop", "called")
"""What may cut a prompt that must be heard, besides danger words; said at the end of one, it counts after it, too."""

ASK = "ask."
"""How the intents begin that ask Charley something, which is answered (`answers.yaml`)."""

PRESENCE = ("pain", "hurts")
"""Where a state makes nothing of these, they only tell that someone is there."""

RESUME = ("resume", "ready")
"""What ends a pause."""


def intents(dialogs: Dialogs, at: At) -> tuple[str, ...]:
    """The intents that may be heard at a place, most important first."""
    return _ordered(dialogs, at.state, screening=at.asking is not None, paused=at.phase is Phase.PAUSED)


def intents_of(dialogs: Dialogs, where: str) -> tuple[str, ...]:
    """The intents of the state named `dialog.state`. Raises KeyError if there is none."""
    return _ordered(dialogs, where, screening=bool(dialogs.state(where).screen), paused=False)


@lru_cache(maxsize=4096)
def _ordered(dialogs: Dialogs, where: str, *, screening: bool, paused: bool) -> tuple[str, ...]:
    state = dialogs.state(where)
    if paused:  # "yes" answers "Ready?" then, and no question
        own = (*RESUME, "yes", "no", *(intent for intent in state.on if intent not in CLASSES))
    else:
        own = (*state.on, *(CLASSES if screening else ()))
    everywhere: Iterable[str] = dialogs.universal
    if not dialogs.dialogs[where.partition(".")[0]].answers:
        everywhere = tuple(intent for intent in dialogs.universal if not intent.startswith(ASK))
    return tuple(dict.fromkeys((*dialogs.dangers, *own, *everywhere, *PRESENCE)))


def starts(dialogs: Dialogs) -> tuple[str, ...]:
    """What may be said in the same breath as the wake phrase."""
    return intents_of(dialogs, dialogs.start)


def early_intents(dialogs: Dialogs, at: At) -> tuple[str, ...]:
    """The intents that may be heard before the last sentence of a turn has begun.

    While Charley leads up to a question that is everything but an answer to it, for nobody can answer a question that
    was not put. Where the prompt must be heard, it is danger, "stop", and "I called" (clinical.md 3.6).
    """
    return _early(dialogs, at.state, screening=at.asking is not None, paused=at.phase is Phase.PAUSED)


@lru_cache(maxsize=4096)
def _early(dialogs: Dialogs, where: str, *, screening: bool, paused: bool) -> tuple[str, ...]:
    state = dialogs.state(where)
    allowed = _ordered(dialogs, where, screening=screening, paused=paused)
    if state.keep:
        live = {*dialogs.dangers, *KEEPS}
    elif screening or state.ask:
        live = {*dialogs.dangers, *dialogs.universal, *URGENT}
    else:
        return allowed
    return tuple(intent for intent in allowed if intent in live)


def endpoint(state: State, at: At) -> float:
    """Seconds of silence that end an utterance here."""
    return CLOSED_ENDPOINT if at.asking is not None else state.endpoint
