"""What a step that has forgotten its past is made of: values that may be one of several, places that called, and the
two ways in which such a step breaks off to be tried anew (`dialog.partial`)."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from typing import NamedTuple

from voice_skill.dialog.model import Answer
from voice_skill.dialog.session import At, Session, alarmed, closed

__all__ = [
    "CLOCK",
    "FORGOTTEN",
    "KINDS",
    "LEAVE",
    "NONE",
    "SOME",
    "Caller",
    "Cut",
    "Unread",
    "changed",
    "made",
    "one_of",
    "values",
]

FORGOTTEN = "?"
"""Stands for any flag, and begins the name of a caller."""
SOME, NONE = "some", "none"
LEAVE = "leave"
"""The name under which the place that called is unread, when it is left for good."""
CLOCK = "clock"


class Cut(Exception):
    """A step has come to where nothing matters that was in it before. What follows is a step of its own."""

    def __init__(self, session: Session, where: str, said: int) -> None:
        super().__init__(where)
        self.session = session
        self.where = where
        """One of `flow.CONTINUE`."""
        self.said = said
        """How many sentences were said in this turn, not counted beyond two."""


class Unread(Exception):
    """Something forgotten was read."""

    def __init__(self, name: str, parts: tuple[str, ...]) -> None:
        super().__init__(name)
        self.name = name
        self.parts = parts
        """What it may be: each a value, or several with bars between them."""


@lru_cache(maxsize=4096)
def values(text: str) -> frozenset[str]:
    """The values that are written with bars."""
    return frozenset(text.split("|"))


def one_of(possible: Iterable[str]) -> str:
    """Values, written with bars."""
    return "|".join(sorted(possible))


class Caller(NamedTuple):
    """A place that called and was forgotten. In a stack it is an `At` whose state is no state but this, written out."""

    base: str
    """The dialog at the very bottom, if that is the emergency."""
    callee: str
    """The dialog that it called."""

    @classmethod
    def of(cls, at: At) -> Caller | None:
        """The caller that stands in a stack; None for a place that is known."""
        if not at.state.startswith(FORGOTTEN):
            return None
        base, _, called = at.state.removeprefix(FORGOTTEN).partition(".")
        return cls(base, called)

    @property
    def at(self) -> At:
        """How it stands in a stack."""
        return At(f"{FORGOTTEN}{self.base}.{self.callee}")


def changed(answer: str, changes: Iterable[str], *, core: bool) -> str:
    """What a step makes of an answer that it does not touch itself."""
    for change in changes:
        answer = alarmed(answer) if change == "alarmed" else closed(answer, core=core)
    return answer


@lru_cache(maxsize=4096)
def made(possible: str, change: str, *, core: bool) -> str:
    """The same of all that an answer may be."""
    return one_of({changed(answer, (change,), core=core) for answer in values(possible)})


KINDS = {
    "unsettled": frozenset(Answer.UNSETTLED),
    "open": frozenset(Answer.UNASKED),
    "begun": frozenset(Answer.ALL) - {Answer.OPEN},
}
"""What is asked of all core questions at once, as the answers that make it true."""
