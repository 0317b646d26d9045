"""What a step that has forgotten its past is made of: values that may be one of several, places that called, and the
two ways in which such a step breaks off to be tried anew (`dialog.partial`)."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from typing import NamedTuple

from voice_skill.dialog.model import Answer, Dialogs, Level, Question
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
    "Screen",
    "Unread",
    "changed",
    "flags",
    "made",
    "narrowed",
    "one_of",
    "possible",
    "reached",
    "remade",
    "values",
]

Screen = tuple[tuple[str, str], ...]
"""Question id → what its answer may be, with bars."""

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
    """The name of the highest level that may have been reached at the very bottom (`partial.most`)."""
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


@lru_cache(maxsize=1 << 16)
def reached(screen: Screen) -> Level:
    """The highest level among the answers that are known."""
    return max((Level[answer] for _, answer in screen if answer in Answer.YES), default=Level.NONE)


@lru_cache(maxsize=1 << 16)
def remade(dialogs: Dialogs, screen: Screen, change: str) -> Screen:
    """What an alarm, or the nets, make of all that the answers may be."""
    return tuple((id, made(answer, change, core=dialogs.questions[id].core)) for id, answer in screen)


@lru_cache(maxsize=1 << 16)
def narrowed(dialogs: Dialogs, known: Screen, name: str, part: str) -> Screen | None:
    """What the answers may be once a thing that is asked of all of them is guessed; None if they contradict it."""
    screen = dict(known)
    what, _, but = name.partition(" but ")
    kind, *changes = what.split(" ")
    if what == "level":
        above = {level.name for level in Level if level > Level[part]}
        screen = {id: one_of(values(old) - above) for id, old in known}
    elif kind == "one_unsettled" and part:
        question = dialogs.questions[part]
        screen[part] = one_of(
            old for old in values(screen[part]) if changed(old, changes, core=question.core) in Answer.UNSETTLED
        )
    elif kind in KINDS and part == NONE:
        for id, question in dialogs.questions.items():
            if question.core and id not in values(but):
                screen[id] = one_of(
                    old for old in values(screen[id]) if changed(old, changes, core=True) not in KINDS[kind]
                )
    return tuple(screen.items()) if all(screen.values()) else None


@lru_cache(maxsize=256)
def possible(question: Question, most: Level) -> str:
    """What a forgotten answer may be."""
    yes = (level.name for level in question.levels if Level.NONE < level <= most)
    return one_of([*Answer.UNASKED, Answer.NO, *Answer.SKIPPED, *yes])


@lru_cache(maxsize=64)
def flags(dialogs: Dialogs) -> tuple[str, ...]:
    """What can be heard that is named later: the questions that can raise an alarm, or are named by an edge."""
    named = {edge.flag for edges in dialogs.universal.values() for edge in edges}
    named |= {edge.flag for _, state in dialogs.walk() for edges in state.on.values() for edge in edges}
    named |= {danger.question for danger in dialogs.dangers.values()}
    return tuple(id for id, question in dialogs.questions.items() if id in named or max(question.levels) >= Level.U)
