"""A scenario: a night in a YAML file, with what must be said in it and what must not.

    about: Chest pain in the middle of a hold goes to the emergency line at once.
    steps:
      - user: hey charley my leg is cramping
        expect: Any chest pain, or trouble breathing?
        within: 2
      - user: no
      - user: in bed
      - wait: 12
      - interrupt: my chest hurts
        expect: Call nine nine nine now
        absent: [halfway, let go]
        level: E

A step does one thing, in the words of `script`, and checks what came of it: what has been said since, and how things
stand. `tests/test_scenarios.py` runs all that are in `tests/scenarios/`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, fields
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Annotated, Any, Literal, NamedTuple

from voice_skill.dialog.model import Dialogs
from voice_skill.errors import DialogError
from voice_skill.journal.history import History, MemoryHistory
from voice_skill.nlu.phrases import normalise
from voice_skill.records import Record
from voice_skill.rehearsal.night import BEGIN, Night, RehearsalError, Sounded
from voice_skill.rehearsal.script import VERBS, Act
from voice_skill.rehearsal.telling import told
from voice_skill.shape import Shaper, Structure, Wrong, between, did_you_mean
from voice_skill.strict_yaml import Marks, Place, read

__all__ = ["Outcome", "Scenario", "play", "read_scenario"]

_LevelName = Literal["none", "S", "U", "E"]
_Seconds = Annotated[float, between(0, 36_000, "seconds")]
_Texts = Annotated[tuple[str, ...], "a text, or a list of texts"]


@dataclass(frozen=True, slots=True)
class _Step:
    """One act, and what must come of it."""

    user: str | None = None
    interrupt: str | None = None
    wait: _Seconds | None = None
    silence: Annotated[int, between(1, 99)] | None = None
    groan: bool | None = None
    unclear: bool | None = None
    hold: Literal["done"] | None = None
    no_to_all: bool | None = None
    restart: bool | None = None
    clock: bool | None = None
    next: bool | None = None
    expect: _Texts = ()
    """Said since this step began, in this order."""
    within: _Seconds | None = None
    """Seconds from the act to the beginning of the last sentence that is expected."""
    absent: _Texts = ()
    """Not said since this step began."""
    state: str | None = None
    asleep: bool | None = None
    level: _LevelName | None = None
    answers: dict[str, str] | None = None
    slots: dict[str, str] | None = None


_ACTS = ("user", *(verb for verb in VERBS if verb in {field.name for field in fields(_Step)}))


@dataclass(frozen=True, slots=True)
class _ScenarioFile:
    """The whole file."""

    about: str
    steps: tuple[_Step, ...]
    region: str = "GB"
    history: tuple[Annotated[int, between(0, 90, "days ago")], ...] | None = None
    """Days since the cramps that Charley has been allowed to remember; none of them: it has not been asked yet."""
    level: _LevelName | None = None
    """The level at the end."""
    visits: _Texts = ()
    """States that the night goes through."""
    avoids: _Texts = ()
    """States that it does not go through."""
    never: _Texts = ()
    """Said nowhere in the night."""


class Scenario(NamedTuple):
    """A scenario and the lines of its file."""

    file: _ScenarioFile
    marks: Marks


class Outcome(NamedTuple):
    """How a scenario went."""

    problem: str
    """The first thing that was not as it must be, as `file:line: text`; empty if all was."""
    conversation: tuple[str, ...]
    """What was said up to there."""

    def __str__(self) -> str:
        return "\n".join([*self.conversation, *([self.problem] if self.problem else [])])


class _Failed(Exception):
    """Something is not as it must be."""

    def __init__(self, place: Place, text: str) -> None:
        super().__init__(text)
        self.place = place


def read_scenario(path: Path, dialogs: Dialogs) -> Scenario:
    """The scenario in a file. Raises `DialogError` with every fault of it, and `StorageError` if it cannot be read."""
    data, marks = read(path)
    file = _shaper().structure(data, marks, _ScenarioFile)
    problems = [marks.problem(place, text) for place, text in _problems(file, dialogs)]
    if problems:
        raise DialogError(problems)
    return Scenario(file, marks)


def play(scenario: Scenario, dialogs: Dialogs) -> Outcome:
    """Go through the night, up to the first thing that is not as it must be."""
    file, marks = scenario
    conversation: list[str] = []

    def tell(record: Record) -> None:
        if line := told(record):
            conversation.append(line)

    night = Night(dialogs, region=file.region, history=_history(file), tell=tell)
    try:
        for number, step in enumerate(file.steps):
            following = file.steps[number + 1] if number + 1 < len(file.steps) else None
            _take(night, step, ("steps", number), cut=following is not None and following.interrupt is not None)
        _look_back(night, file)
    except _Failed as failed:
        return Outcome(marks.problem(failed.place, str(failed)), tuple(conversation))
    return Outcome("", tuple(conversation))


# -- the file


@cache
def _shaper() -> Shaper:
    return Shaper({_Texts: _texts})


def _texts(value: Any, structure: Structure) -> tuple[str, ...]:
    if isinstance(value, str):
        return (value,)
    found: tuple[str, ...] = structure(value, tuple[str, ...])
    if not found:
        raise Wrong("is an empty list")
    return found


def _problems(file: _ScenarioFile, dialogs: Dialogs) -> Iterator[tuple[Place, str]]:
    """What the types do not tell."""
    states = {name for name, _ in dialogs.walk()}
    if file.region not in dialogs.regions:
        yield ("region",), f'there is no region "{file.region}"{did_you_mean(file.region, dialogs.regions)}'
    if not file.steps:
        yield ("steps",), "is empty; the first one is user: hey charley"
    for key in ("visits", "avoids"):
        for state in getattr(file, key):
            if state not in states:
                yield (key,), f'there is no state "{state}"{did_you_mean(state, states)}'
    for number, step in enumerate(file.steps):
        place: Place = ("steps", number)
        acts = [name for name in _ACTS if getattr(step, name) is not None]
        if len(acts) != 1:
            done = f"does {' and '.join(acts)}" if acts else "does nothing"
            yield place, f"{done}; a step does one of {', '.join(_ACTS)}"
        for name in acts:
            if getattr(step, name) is False:
                yield (*place, name), "leave the step out rather than set it to false"
        if step.within is not None and not step.expect:
            yield (*place, "within"), "has no effect without expect"
        if step.state is not None and step.state not in states:
            yield (*place, "state"), f'there is no state "{step.state}"{did_you_mean(step.state, states)}'
        for key, known in (("answers", dialogs.questions), ("slots", dialogs.slots)):
            for name in getattr(step, key) or ():
                if name not in known:
                    yield (*place, key, name), f"there is no such name among the {key}{did_you_mean(name, known)}"
        for key in ("expect", "absent"):
            for text in getattr(step, key):
                if not normalise(text):
                    yield (*place, key), f'"{text}" holds no words'


# -- the night


def _take(night: Night, step: _Step, place: Place, *, cut: bool) -> None:
    """Do what a step does, and check what came of it. `cut`: the next step talks over what Charley says now."""
    act = _act(step)
    try:
        if act.verb != "interrupt":
            night.hear_out()
        begun, told_before = night.now, len(night.sounded)
        night.do(act)
        if cut:
            night.begin()
        else:
            night.hear_out()
    except RehearsalError as error:
        raise _Failed((*place, act.verb), str(error)) from error
    said = night.sounded[told_before:]
    _check_said(step, place, said, begun)
    _check_stand(step, place, night)


def _history(file: _ScenarioFile) -> Callable[[Callable[[], datetime]], History] | None:
    days = file.history
    if days is None:
        return None
    past = [BEGIN - timedelta(days=day, hours=1) for day in days]
    return lambda now: MemoryHistory(now, past, "yes" if past else "unasked")


def _act(step: _Step) -> Act:
    verb = next(name for name in _ACTS if getattr(step, name) is not None)
    value = getattr(step, verb)
    if isinstance(value, str) and verb in ("user", "interrupt"):
        return Act(verb, value)
    return Act(verb, number=float(value) if isinstance(value, int | float) and not isinstance(value, bool) else 0.0)


def _check_said(step: _Step, place: Place, said: list[Sounded], begun: float) -> None:
    text, starts = _joined(said)
    at = 0
    last = begun
    for expected in step.expect:
        found = _find(text, expected, at)
        if found < 0:
            raise _Failed((*place, "expect"), f'"{expected}" was not said{_instead(said)}')
        at = found + len(normalise(expected))
        last = next(one.at for one, start in reversed(starts) if start <= found)
    if step.within is not None and last - begun > step.within + 1e-6:
        raise _Failed((*place, "within"), f"it was said after {last - begun:.1f} s, not within {step.within:g}")
    for unwanted in step.absent:
        if _find(text, unwanted) >= 0:
            raise _Failed((*place, "absent"), f'"{unwanted}" was said{_instead(said)}')


def _check_stand(step: _Step, place: Place, night: Night) -> None:
    session = night.session
    stands: list[tuple[str, str | None, str]] = [
        ("state", step.state, night.where),
        ("level", step.level, session.level.name.replace("NONE", "none")),
    ]
    if step.asleep is not None:
        stands.append(("asleep", str(step.asleep).lower(), str(session.asleep).lower()))
    for key, wanted, is_ in stands:
        if wanted is not None and wanted != is_:
            raise _Failed((*place, key), f"is {is_}, not {wanted}")
    for name, answer in (step.answers or {}).items():
        if session.answer(name) != answer:
            raise _Failed((*place, "answers", name), f"is {session.answer(name)}, not {answer}")
    for name, value in (step.slots or {}).items():
        if session.slot(name) != value:
            raise _Failed((*place, "slots", name), f"is {session.slot(name)}, not {value}")


def _look_back(night: Night, file: _ScenarioFile) -> None:
    """What holds for the whole night."""
    level = night.session.level.name.replace("NONE", "none")
    if file.level is not None and file.level != level:
        raise _Failed(("level",), f"the night ends at {level}, not {file.level}")
    for state in file.visits:
        if state not in night.states:
            raise _Failed(("visits",), f"the night never came to {state}")
    for state in file.avoids:
        if state in night.states:
            raise _Failed(("avoids",), f"the night came to {state}")
    text, _ = _joined(night.sounded)
    for unwanted in file.never:
        if _find(text, unwanted) >= 0:
            raise _Failed(("never",), f'"{unwanted}" was said')


def _joined(said: list[Sounded]) -> tuple[str, list[tuple[Sounded, int]]]:
    """All that was said, in plain words, and where in it each sentence begins."""
    text = ""
    starts = []
    for one in said:
        starts.append((one, len(text)))
        text += normalise(one.text) + " "
    return text, starts


def _find(text: str, wanted: str, begin: int = 0) -> int:
    """Where whole words begin in a text; -1 for nowhere."""
    found = re.compile(rf"(?<![a-z0-9']){re.escape(normalise(wanted))}(?![a-z0-9'])").search(text, begin)
    return found.start() if found else -1


def _instead(said: list[Sounded]) -> str:
    return f"; said was: {' '.join(one.text for one in said)}" if said else "; nothing was said"
