"""Where everything in the dialogs is written, so that whatever is wrong can be named as `file:line`.

The checks work on the model, which no longer knows the files. They name a thing by its file and by the path of keys
that leads to it in the long form (`states.greet.then.0.go`); `Places` finds the line, whichever short form was used.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from voice_skill.dialog.hearing import ASK
from voice_skill.dialog.model import Dialogs, Edge, Ladder, State
from voice_skill.strict_yaml import Marks, Place

__all__ = [
    "ANSWERS",
    "EVERYWHERE",
    "PHRASES",
    "QUESTIONS",
    "REGIONS",
    "Places",
    "Problem",
    "Text",
    "edges_everywhere",
    "edges_of",
    "in_order",
    "said_everywhere",
    "texts",
]

EVERYWHERE, PHRASES, QUESTIONS, REGIONS = "everywhere", "phrases", "questions", "regions"
ANSWERS = "answers"
"""The files that are not dialogs. The answers may be missing."""


class Problem(NamedTuple):
    """Something wrong in the dialogs."""

    file: str
    """The file's name without `.yaml`; a dialog's is the dialog's name."""
    place: Place
    text: str


@dataclass(frozen=True, slots=True)
class Places:
    """The line of everything, by file. Without marks (a model that no file was read for) only the path is told."""

    marks: Mapping[str, Marks] = field(default_factory=dict)

    def show(self, problems: Iterable[Problem]) -> list[str]:
        """Each problem once, as `file:line: path: text`, sorted by file and line."""
        return in_order({self._show(problem) for problem in problems})

    def where(self, file: str, place: Place) -> str:
        """`file:line` of a place; without marks the file's name alone."""
        marks = self.marks.get(file)
        return file if marks is None else f"{marks.file}:{marks.line(_written(marks, place))}"

    def _show(self, problem: Problem) -> str:
        marks = self.marks.get(problem.file)
        if marks is None:
            return ": ".join(part for part in (problem.file, ".".join(map(str, problem.place)), problem.text) if part)
        return marks.problem(_written(marks, problem.place), problem.text)


def in_order(problems: Iterable[str]) -> list[str]:
    """Problems sorted by file, then by line as a number."""

    def key(problem: str) -> tuple[str, int, str]:
        match = re.match(r"(.*?):(\d+):", problem)
        return (match[1], int(match[2]), problem) if match else (problem, 0, problem)

    return sorted(problems, key=key)


def _written(marks: Marks, place: Place) -> Place:
    """The longest part of `place` that the file holds, with its short forms followed.

    A lone edge stands without its list, so a position 0 may be missing; one key in `on` may name several intents; and
    what a state does not write itself it has from its dialog's `on`.
    """
    found = _followed(marks, place)
    if place[:1] == ("states",) and place[2:3] == ("on",) and len(found) <= 3:
        above = _followed(marks, place[2:])
        return above if len(above) > 1 else found
    return found


def _followed(marks: Marks, place: Place) -> Place:
    found: Place = ()
    for part in place:
        if (*found, part) in marks.lines:
            found = (*found, part)
        elif part == 0:
            continue
        else:
            together = [
                line
                for line in marks.lines
                if line[:-1] == found and line and part in [name.strip() for name in str(line[-1]).split(",")]
            ]
            if not together:
                break
            found = together[0]
    return found


def edges_of(state: State) -> Iterator[tuple[Place, tuple[Edge, ...]]]:
    """Every list of edges of a state, and where in the state it is written."""
    for intent, edges in state.on.items():
        yield ("on", intent), edges
    yield ("choose",) if state.choose else ("then",), state.then
    yield ("locked",), state.locked
    ladder = state.noinput or state.nomatch
    if ladder is not None:
        yield ("otherwise",), ladder.then


def said_everywhere(intent: str) -> tuple[str, Place]:
    """The file and the place in it of what may be said everywhere."""
    if intent.startswith(ASK):
        return ANSWERS, ("answers", intent.removeprefix(ASK))
    return EVERYWHERE, ("universal", intent)


def edges_everywhere(dialogs: Dialogs) -> Iterator[tuple[str, Place, Edge]]:
    """Every edge of what may be said everywhere; the file, and the place in it, of what it says."""
    for intent, edges in dialogs.universal.items():
        file, place = said_everywhere(intent)
        for number, edge in enumerate(edges):
            if file != ANSWERS:
                yield file, (*place, number, "say"), edge
            else:  # one for each way that its lock is open, and the one for a closed lock
                yield file, (*place, "locked" if number and number == len(edges) - 1 else "say"), edge


class Text(NamedTuple):
    """Something that may be spoken."""

    file: str
    place: Place
    sentences: tuple[str, ...]
    rows: tuple[int, ...] = ()
    """The rows of the seed matrix that it carries."""


def texts(dialogs: Dialogs) -> Iterator[Text]:
    """Everything that may be spoken, and where it is written."""
    for name, line in dialogs.lines.items():
        yield Text(EVERYWHERE, ("lines", name), line)
    for intent, danger in dialogs.dangers.items():
        yield Text(EVERYWHERE, ("dangers", intent, "say"), danger.say, danger.rows)
    for file, place, edge in edges_everywhere(dialogs):
        yield Text(file, place, edge.say, edge.rows)
    for id, question in dialogs.questions.items():
        for key in ("ask", "other_words", "on_yes", "net", "on_no"):
            yield Text(QUESTIONS, ("questions", id, key), getattr(question, key), question.rows)
        yield Text(QUESTIONS, ("questions", id, "otherwise", "say"), question.otherwise_say)
        for key, steps in (("assist", question.assist), ("followup", question.followup)):
            for number, step in enumerate(steps):
                yield Text(QUESTIONS, ("questions", id, key, number, "ask"), step.ask)
                yield Text(QUESTIONS, ("questions", id, key, number, "on_yes"), step.on_yes)
    for dialog in dialogs.dialogs.values():
        for state in dialog.states.values():
            for text in _state_texts(state):
                yield Text(dialog.name, ("states", state.name, *text.place), text.sentences, text.rows)


def _state_texts(state: State) -> Iterator[Text]:
    yield Text("", ("say",), state.say, state.rows)
    yield Text("", ("ask",), state.ask, state.rows)
    for place, edges in edges_of(state):
        for number, edge in enumerate(edges):
            yield Text("", (*place, number, "say"), edge.say, edge.rows)
    ladders: tuple[tuple[str, Ladder | None], ...] = (("noinput", state.noinput), ("nomatch", state.nomatch))
    for key, ladder in ladders:
        for number, rung in enumerate(ladder.rungs if ladder else ()):
            yield Text("", (key, number), rung, state.rows)
    for number, cue in enumerate(state.hold.cues if state.hold else ()):
        yield Text("", ("hold", "cues", number, "say"), cue.say, cue.rows)
