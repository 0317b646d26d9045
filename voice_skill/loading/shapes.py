"""The YAML files as dataclasses: which keys there are, and what kind of value each takes. `dialogs/README.md` in types.

Names and defaults follow the files, not the model: `build` turns the one into the other. Where a key may be left out
and its absence matters, the default is `None`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cache
from typing import Annotated, Any, Literal

from voice_skill.shape import Shaper, Structure, Wrong, between

__all__ = [
    "AnswerShape",
    "AnswersFile",
    "ClockShape",
    "CueShape",
    "DangerShape",
    "DialogFile",
    "EdgeShape",
    "EverywhereFile",
    "GuardShape",
    "HoldShape",
    "OtherwiseShape",
    "PhrasesFile",
    "QuestionShape",
    "QuestionsFile",
    "RegionShape",
    "RegionsFile",
    "StateShape",
    "StepShape",
    "shaper",
]

LevelName = Literal["S", "U", "E"]
GuardShape = dict[str, tuple[str, ...]]
Seconds = Annotated[float, between(0.1, 1200, "seconds")]
Rows = tuple[Annotated[int, between(1, 112)], ...]
KindName = Literal["stretch", "movement", "massage", "heat", "ice", "warm_or_cold", "fluids", "standing", "bedtime"]
Kinds = Annotated[tuple[KindName, ...], "a word, or a list of these"]


@dataclass(frozen=True, slots=True)
class EdgeShape:
    """A way out of a state."""

    go: str = ""
    when: GuardShape = field(default_factory=dict)
    say: str = ""
    set: dict[str, str] = field(default_factory=dict)
    answers: tuple[str, ...] = ()
    raise_: LevelName | None = None
    flag: str = ""
    call: str = ""
    do: str = ""
    is_: Kinds = ()
    rows: Rows = ()


OneEdge = Annotated[EdgeShape, "a target, or a mapping"]
Edges = Annotated[tuple[EdgeShape, ...], "a target, a mapping, or a list of these"]


@dataclass(frozen=True, slots=True)
class CueShape:
    """Something spoken at a fixed second of a hold."""

    at: Annotated[float, between(0, 600, "seconds")]
    name: str
    say: str
    when: GuardShape = field(default_factory=dict)
    quiet: bool = True
    rows: Rows = ()


@dataclass(frozen=True, slots=True)
class HoldShape:
    """A timed hold."""

    kind: Literal["stretch", "breathing", "exercise"]
    seconds: Seconds
    cues: tuple[CueShape, ...]
    settle: Annotated[float, between(0, 30, "seconds")] = 0.0
    counts: str = ""
    complete: Annotated[float, between(0, 60, "seconds")] = 20.0


@dataclass(frozen=True, slots=True)
class StateShape:
    """One place in a dialog."""

    say: str = ""
    on: dict[str, Edges] = field(default_factory=dict)
    then: Edges = ()
    ask: str = ""
    noinput: tuple[str, ...] | None = None
    nomatch: tuple[str, ...] | None = None
    otherwise: Edges = ()
    waits: tuple[Seconds, ...] | None = None
    screen: tuple[str, ...] = ()
    again: bool | None = None
    recheck: bool | None = None
    patient: bool | None = None
    hold: HoldShape | None = None
    call: str = ""
    wait: Seconds | None = None
    timer: Seconds | None = None
    choose: Edges = ()
    end: bool = False
    lock: str = ""
    locked: Edges = ()
    nets: bool = False
    endpoint: Annotated[float, between(0.2, 5, "seconds")] = 1.2
    rate: Annotated[int, between(100, 200, "words per minute")] | None = None
    gain_db: Annotated[float, between(-40, 12, "decibels")] = 0.0
    loud: bool = False
    keep: bool = False
    is_: Kinds = ()
    rows: Rows = ()


@dataclass(frozen=True, slots=True)
class DialogFile:
    """One conversation."""

    dialog: str
    about: str
    start: str
    states: dict[str, StateShape]
    clock: bool = True
    answers: bool = True
    on: dict[str, Edges] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class StepShape:
    """An assist or a follow-up."""

    ask: str
    level: LevelName | None = None
    on_yes: str = ""


Steps = Annotated[tuple[StepShape, ...], "a text, or a list of mappings"]


@dataclass(frozen=True, slots=True)
class OtherwiseShape:
    """What holds when every follow-up was answered no."""

    level: LevelName
    say: str = ""


@dataclass(frozen=True, slots=True)
class QuestionShape:
    """One red-flag question."""

    ask: str
    other_words: str
    danger: str
    level: LevelName
    flag: str
    on_yes: str
    net: str
    assist: Steps = ()
    on_no: str = ""
    followup: tuple[StepShape, ...] = ()
    otherwise: OtherwiseShape | None = None
    core: bool = True
    source: str = ""
    rows: Rows = ()


Lock = Annotated[tuple[GuardShape, ...], "a mapping, or a list of these"]


@dataclass(frozen=True, slots=True)
class QuestionsFile:
    """`questions.yaml`."""

    questions: dict[str, QuestionShape]
    locks: dict[str, Lock] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ClockShape:
    """The ten-minute question."""

    dialog: str
    seconds: Seconds


@dataclass(frozen=True, slots=True)
class DangerShape:
    """What a danger intent means."""

    flag: str
    question: str
    say: str = ""
    rows: Rows = ()


@dataclass(frozen=True, slots=True)
class EverywhereFile:
    """`everywhere.yaml`."""

    slots: dict[str, tuple[str, ...]]
    start: str
    emergency: str
    urgent: str
    clock: ClockShape
    universal: dict[str, Edges]
    dangers: dict[str, DangerShape]
    lines: dict[str, str]
    facts: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class AnswerShape:
    """What is answered when something is asked; under a closed lock, `locked` instead."""

    say: str
    rows: Rows = ()
    is_: Kinds = ()
    lock: str = ""
    locked: str = ""


@dataclass(frozen=True, slots=True)
class AnswersFile:
    """`answers.yaml`."""

    answers: dict[str, AnswerShape] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class PhrasesFile:
    """`phrases.yaml`."""

    phrases: dict[str, tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class RegionShape:
    """Whom to call in one region."""

    emergency: str
    urgent: str


@dataclass(frozen=True, slots=True)
class RegionsFile:
    """`regions.yaml`."""

    regions: dict[str, RegionShape]


@cache
def shaper() -> Shaper:
    """A `Shaper` that knows the short forms: a bare target for an edge, one for a list of one."""
    return Shaper({OneEdge: _one_edge, Edges: _edges, Lock: _lock, Steps: _steps, Kinds: _kinds})


def _one_edge(value: Any, structure: Structure) -> EdgeShape:
    if isinstance(value, str):
        return EdgeShape(go=value)
    if not isinstance(value, dict):
        raise Wrong("expected a target, or a mapping with go")
    made: EdgeShape = structure(value, EdgeShape)
    return made


def _edges(value: Any, structure: Structure) -> tuple[EdgeShape, ...]:
    if isinstance(value, list):
        made: tuple[EdgeShape, ...] = structure(value, tuple[OneEdge, ...])
        return made
    return (structure(value, OneEdge),)


def _lock(value: Any, structure: Structure) -> tuple[GuardShape, ...]:
    if isinstance(value, list):
        made: tuple[GuardShape, ...] = structure(value, tuple[GuardShape, ...])
        return made
    return (structure(value, GuardShape),)


def _steps(value: Any, structure: Structure) -> tuple[StepShape, ...]:
    if isinstance(value, str):
        return (StepShape(value),)
    made: tuple[StepShape, ...] = structure(value, tuple[StepShape, ...])
    return made


def _kinds(value: Any, structure: Structure) -> tuple[KindName, ...]:
    made: tuple[KindName, ...] = structure(value if isinstance(value, list) else [value], tuple[KindName, ...])
    return made
