from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any, Literal, cast

import pytest

from voice_skill.errors import ConfigError, DialogError
from voice_skill.shape import Shaper, Structure, Wrong, between, did_you_mean
from voice_skill.strict_yaml import load


@dataclass(frozen=True, slots=True)
class Edge:
    goto: str
    pain: bool = False
    from_: str | None = None


@dataclass(frozen=True, slots=True)
class State:
    say: tuple[str, ...]
    wait: Annotated[float, between(1, 60, "seconds")] = 5.0
    count: int = 1
    mode: Literal["off", "on"] = "off"
    on: dict[str, Edge] = field(default_factory=dict)
    holds: Annotated[int, between(1, 3)] | None = None
    tags: frozenset[str] = frozenset()
    then: Edge | str = "end"
    inner: tuple[State, ...] = ()


@dataclass(frozen=True, slots=True)
class Even:
    number: int

    def __post_init__(self) -> None:
        if self.number % 2:
            raise ValueError(f"{self.number} is odd")


def then(value: Any, structure: Structure) -> Any:
    return structure(value, Edge if isinstance(value, dict) else str)


SHAPER = Shaper({Edge | str: then})


def shape(text: str) -> State:
    data, marks = load(text, "f.yaml")
    return SHAPER.structure(data, marks, State)


def problems(text: str, kind: type = State) -> list[str]:
    data, marks = load(text, "f.yaml")
    with pytest.raises(DialogError) as caught:
        SHAPER.structure(data, marks, kind)
    return caught.value.problems


def test_plain_data_becomes_frozen_dataclasses() -> None:
    text = """
say: [a, b]
wait: 7
count: 2
mode: on
on:
  yes: {goto: x}
  no: {goto: y, pain: true, from: z}
holds: 3
tags: [t]
then: {goto: q}
inner:
- say: []
"""
    assert shape(text) == State(
        say=("a", "b"),
        wait=7.0,
        count=2,
        mode="on",
        on={"yes": Edge("x"), "no": Edge("y", pain=True, from_="z")},
        holds=3,
        tags=frozenset({"t"}),
        then=Edge("q"),
        inner=(State(say=()),),
    )
    assert type(shape("{say: [], wait: 7}").wait) is float
    assert shape("{say: [], holds: null, then: x}") == State(say=(), then="x")


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("{}", "say: is missing"),
        ("[]", "expected a mapping, found a list"),
        ("null", "expected a mapping, found null"),
        ("{say: [], cuont: 1}", 'cuont: unknown key; did you mean "count"?'),
        ("{say: [], xyzzy: 1}", "xyzzy: unknown key; known are say, wait, count, mode, on, holds, tags, then, inner"),
        ("{say: [], on: {a: {goto: b, form: c}}}", 'on.a.form: unknown key; did you mean "from"?'),
        ("{say: abc}", 'say: expected a list, found "abc"'),
        ("{say: {a: b}}", "say: expected a list, found a mapping"),
        ("{say: [a, 112]}", 'say[1]: expected text, found the number 112; write "112" in quotes'),
        ("{say: [true]}", 'say[0]: expected text, found true; write "true" in quotes'),
        ("{say: [null]}", "say[0]: expected text, found null"),
        ("{say: [], tags: [[]]}", "tags[0]: expected text, found a list"),
        ('{say: [], count: "5"}', 'count: expected a whole number, found "5"'),
        ("{say: [], count: 1.5}", "count: expected a whole number, found the number 1.5"),
        ("{say: [], count: true}", "count: expected a whole number, found true"),
        ("{say: [], wait: soon}", 'wait: expected a number, found "soon"'),
        ("{say: [], wait: true}", "wait: expected a number, found true"),
        ("{say: [], wait: 0.5}", "wait: expected 1 to 60 seconds, found 0.5"),
        ("{say: [], wait: 61}", "wait: expected 1 to 60 seconds, found 61"),
        ("{say: [], holds: 4}", "holds: expected 1 to 3, found 4"),
        ("{say: [], mode: auto}", 'mode: expected one of off, on, found "auto"'),
        ("{say: [], mode: true}", "mode: expected one of off, on, found true"),
        ("{say: [], on: []}", "on: expected a mapping, found a list"),
        ("{say: [], on: {a: b}}", 'on.a: expected a mapping, found "b"'),
        ("{say: [], on: {a: {goto: b, pain: 1}}}", "on.a.pain: expected true or false, found the number 1"),
        ("{say: [], on: {a: {goto: b, pain: yes}}}", 'on.a.pain: expected true or false, found "yes"'),
        ("{say: [], then: {goto: []}}", "then.goto: expected text, found a list"),
        ("{say: [], inner: [{}]}", "inner[0].say: is missing"),
        (f"{{say: [], count: {'x' * 99}}}", f'count: expected a whole number, found "{"x" * 39}…"'),
    ],
)
def test_what_does_not_fit_is_refused(text: str, told: str) -> None:
    assert problems(text) == [f"f.yaml:1: {told}"]


def test_every_problem_is_told_at_its_own_line() -> None:
    told = problems("syy: []\non:\n  a:\n    gotoo: x\n  b:\n    goto: 1\nwait: no\ninner:\n- count: x\n  say: []\n")
    assert [problem.split(": ", 2)[:2] for problem in told] == [
        ["f.yaml:1", "say"],
        ["f.yaml:1", "syy"],
        ["f.yaml:3", "on.a.goto"],
        ["f.yaml:4", "on.a.gotoo"],
        ["f.yaml:6", "on.b.goto"],
        ["f.yaml:7", "wait"],
        ["f.yaml:9", "inner[0].count"],
    ]


def test_a_class_may_refuse_its_own_values() -> None:
    assert problems("{number: 3}", Even) == ["f.yaml:1: 3 is odd"]


def test_hooks_for_classes_unions_and_generics() -> None:
    @dataclass(frozen=True)
    class Shorthand:
        words: tuple[str, ...]

    def split(value: Any, structure: Structure) -> tuple[str, ...]:
        return tuple(structure(value, str).split())

    def shout(value: Any, structure: Structure) -> Shorthand:
        if not isinstance(value, str):
            raise Wrong("expected a shout")
        return Shorthand(structure(value.upper(), tuple[str, ...]))

    shaper = Shaper({tuple[str, ...]: split, Shorthand: shout})
    data, marks = load("{a: one two, b: {}}", "f.yaml")
    assert isinstance(data, dict)
    assert shaper.structure(data["a"], marks, Shorthand) == Shorthand(("ONE", "TWO"))
    with pytest.raises(ConfigError, match="expected a shout"):
        shaper.structure(data["b"], marks, Shorthand, ConfigError)


def test_mappings_may_be_declared_as_such() -> None:
    @dataclass(frozen=True)
    class Table:
        rows: Mapping[str, int]

    data, marks = load("rows: {a: 1, b: x}", "f.yaml")
    with pytest.raises(DialogError, match=r"rows.b: expected a whole number"):
        Shaper().structure(data, marks, Table)


def test_one_is_not_true_among_literals_either() -> None:
    data, marks = load("true", "f.yaml")
    with pytest.raises(DialogError, match="expected one of 1, 2, found true"):
        Shaper({}).structure(data, marks, cast(type[int], Literal[1, 2]))


def test_a_fault_in_a_hook_is_not_taken_for_a_fault_in_the_file() -> None:
    def broken(_value: Any, _structure: Structure) -> Any:
        raise TypeError("a fault of our own")

    data, marks = load("{say: [], then: x}", "f.yaml")
    with pytest.raises(TypeError, match="a fault of our own"):
        Shaper({Edge | str: broken}).structure(data, marks, State)


def test_did_you_mean_stays_silent_when_nothing_is_near() -> None:
    assert did_you_mean("regoin", ["region", "rate"]) == '; did you mean "region"?'
    assert did_you_mean("zzz", ["region", "rate"]) == ""
