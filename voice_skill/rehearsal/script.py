"""What a person does in a rehearsed night, one act a line.

A plain line is said, once Charley has finished and waits. A line that begins with a colon does something else: `VERBS`
lists what. Several acts may share a line (`in bed :interrupt stop`), an empty line and what follows a `#` are nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Literal, NamedTuple, assert_never

from voice_skill.dialog.events import (
    Event,
    Heard,
    NoiseHeard,
    NotUnderstood,
    SpeechFinished,
    SpeechStarted,
    TimePassed,
    UserSpoke,
    Woken,
)
from voice_skill.dialog.hearing import intents, starts
from voice_skill.dialog.model import Dialogs
from voice_skill.dialog.session import Phase, Session
from voice_skill.errors import DialogError
from voice_skill.nlu.phrases import PhraseBook
from voice_skill.shape import Wrong, did_you_mean

__all__ = ["VERBS", "Act", "Verb", "from_path", "parse", "read_lines"]

WAKE_PHRASE = "hey charley"


class Verb(NamedTuple):
    """Something that can be done besides speaking in turn."""

    takes: Literal["text", "seconds", "count", "country", ""]
    """What follows it; a count may be left out, and is then 1."""
    help: str


VERBS = {
    "interrupt": Verb("text", "say it at once, over Charley's voice"),
    "silence": Verb("count", "say nothing till Charley has waited long enough, so many times"),
    "wait": Verb("seconds", "let so many seconds pass, once Charley has finished"),
    "hold": Verb("", "keep still to the end of the hold that runs"),
    "groan": Verb("", "a voice, but no word"),
    "unclear": Verb("", "words that mean nothing"),
    "no_to_all": Verb("", 'answer "no" to every check till something else is asked'),
    "clock": Verb("", "ten minutes are up now, as if it had begun earlier"),
    "restart": Verb("", "Charley is cut off in the middle, and starts again"),
    "next": Verb("", "let exactly one thing happen: the speech ends, or a silence or a cue is due"),
    "region": Verb("country", "be in another country from the next wake phrase on"),
    "help": Verb("", "list all this"),
    "quit": Verb("", "end the rehearsal"),
}
_ACT = re.compile(r"(?:^|\s+)(:[a-z_]+)")
_COMMENT = re.compile(r"(?:^|\s)#.*")


class Act(NamedTuple):
    """One thing that the person does."""

    verb: str
    """`user` for speaking in turn, or one of `VERBS`."""
    text: str = ""
    """What is said, or the country."""
    number: float = 0.0
    """Seconds, or how often."""


def parse(line: str) -> list[Act]:
    """The acts of one line. Raises `Wrong` if it cannot be understood."""
    plain, *parts = _ACT.split(_COMMENT.sub("", line).strip())
    acts = [Act("user", plain)] if plain else []
    for name, value in zip(parts[::2], parts[1::2], strict=True):
        acts.append(_act(name[1:], value.strip()))
    return acts


def _act(name: str, value: str) -> Act:
    if name not in VERBS:
        raise Wrong(f'there is no ":{name}"{did_you_mean(name, VERBS) or "; :help lists what there is"}')
    match VERBS[name].takes:
        case "":
            if value:
                raise Wrong(f'":{name}" takes nothing, found "{value}"')
            return Act(name)
        case "text":
            if not value:
                raise Wrong(f'":{name}" needs the words that are said')
            return Act(name, value)
        case "country":
            return Act(name, value)
        case "seconds":
            if not re.fullmatch(r"\d{1,5}(\.\d+)?", value):
                raise Wrong(f'":{name}" needs a number of seconds, found "{value}"')
            return Act(name, number=float(value))
        case "count":
            if not re.fullmatch(r"[1-9]\d?|", value):
                raise Wrong(f'":{name}" takes how often, 1 to 99, found "{value}"')
            return Act(name, number=float(value or 1))
        case _ as kind:
            assert_never(kind)


def read_lines(lines: Iterable[str], file: str) -> list[tuple[int, Act]]:
    """The acts of a script, each with its line. Raises `DialogError` with every line that is not understood."""
    acts: list[tuple[int, Act]] = []
    problems: list[str] = []
    for number, line in enumerate(lines, start=1):
        try:
            acts += [(number, act) for act in parse(line)]
        except Wrong as problem:
            problems.append(f"{file}:{number}: {problem}")
    if problems:
        raise DialogError(problems)
    return acts


def from_path(dialogs: Dialogs, path: Iterable[tuple[Session, Event]]) -> list[str]:
    """A script that leads along `path`: each session as it stood, and what happened then (see `Walk.path`)."""
    book = PhraseBook(dialogs.phrases)
    return [line for session, event in path for line in _lines(dialogs, book, session, event)]


def _lines(dialogs: Dialogs, book: PhraseBook, session: Session, event: Event) -> Iterator[str]:
    match event:
        case Woken():
            yield f"{WAKE_PHRASE} {_phrase(book, starts(dialogs), event.intent)}".rstrip()
        case Heard():
            waits = session.at.phase is Phase.LISTENING and not session.talking
            yield ("" if waits else ":interrupt ") + _phrase(book, intents(dialogs, session.at), event.intent)
        case NotUnderstood():
            yield ":unclear"
        case NoiseHeard():
            yield ":groan"
        case SpeechFinished():
            yield ":next"
        case TimePassed():
            clock_first = session.clock_at is not None and session.clock_at <= (session.wait_until or 0.0)
            yield ":clock" if clock_first else ":next"
        case UserSpoke() | SpeechStarted():
            pass
        case _:
            assert_never(event)


def _phrase(book: PhraseBook, allowed: Sequence[str], intent: str) -> str:
    """Something that means `intent` where `allowed` are listened for, as listed first; nothing for no intent."""
    said = [text for meant, text in book.meanings(allowed).values() if meant == intent]
    return said[-1] if said else ""
