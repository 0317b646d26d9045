"""Broken dialogs and rules, one fault each: what the proof must find (clinical.md 5.4, P32).

A proof that finds nothing wrong is worth what it would find. So each guard, lock, caveat and rule is broken in turn,
and the proof is run on what comes of it (`dialog.trials`). A mutant in which it finds a violation is *killed*. One that
*survives* shows what no property looks at, or what some other belt still holds.

Danger words that are ignored in one state are not among the faults: no dialog file can say so, since the engine takes
them before the state is asked.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from voice_skill.dialog.model import Answer, Dialogs, Edge, Guard, Level, Question, State
from voice_skill.dialog.screen import NOMATCH, SILENCE, Rules, Verdict, reply
from voice_skill.dialog.session import Asking

__all__ = ["FAMILIES", "Mutant", "mutants"]

Edges = tuple[Edge, ...]

CLEARING = ("unsure", "partial", "soft_no", "mixed", "chronic", "repeat", "decline", SILENCE, NOMATCH, "yes")
"""What is no plain no."""
FINE: Mapping[str, frozenset[str]] = {
    "level": frozenset({"none", "S"}),
    "unsettled": frozenset({"none"}),
    "open": frozenset({"none"}),
    "clock": frozenset({"before", "asked"}),
    "consent": frozenset({"unasked", "yes"}),
    "often": frozenset({"unknown", "no"}),
}
"""What the guards test that keep someone safe, besides the answers to questions; and the values of those for whom
there is nothing to fear. Of an answer that is "no"."""
CAVEATS = {"fluids": ("kidney",), "standing": ("hold something", "light on")}
"""Kinds of advice, and the words of what has to be said with each."""
LONG = 45.0
"""Seconds of a stretch that is too long."""


@dataclass(frozen=True, slots=True)
class Mutant:
    """The dialogs and the rules with one fault."""

    name: str
    """What is broken, in words."""
    dialogs: Dialogs
    rules: Rules = reply
    touched: tuple[str, ...] = ()
    """The parts in which the dialogs differ: states, "lock …", "said …" (what may be said everywhere). Empty if that
    is no help, as everything may come out different."""
    elsewhere: bool = False
    """Whether steps may come out different too that read none of these."""
    cautious: bool = False
    """Whether all that the fault can do is to take somebody for whom there is nothing to fear for one in doubt: less is
    offered then, and more is advised against. That is so where a way stays shut that opens only to who is fine, and
    where all are sent the way of those who are not."""


def mutants(dialogs: Dialogs, family: str = "") -> Iterator[Mutant]:
    """Every mutant, or those of one of `FAMILIES`. Raises KeyError for a family that there is not."""
    for make in [FAMILIES[family]] if family else FAMILIES.values():
        yield from make(dialogs)


# -- rules: how an answer is handled


def broken_rules(dialogs: Dialogs) -> Iterator[Mutant]:
    """An answer that is no plain no clears; a yes counts for less; a question is put without end."""
    for heard in CLEARING:
        yield Mutant(f"the answer {heard} clears the question", dialogs, _clearing(heard))
    for step in ("assist", "followup", "different"):
        yield Mutant(f"a doubt clears at the step {step}", dialogs, _clearing("unsure", step))
    for level in (Level.E, Level.U, Level.S):
        yield Mutant(f"a yes that leads to {level.name} leads one level lower", dialogs, _lowering(level))
    yield Mutant("a silence is not counted", dialogs, _patient_for_ever)
    yield Mutant("the asks are counted beyond three", dialogs, _asking_on)


def _clearing(wanted: str, at: str = "") -> Rules:
    def rules(question: Question, asking: Asking, heard: str) -> Asking | Verdict:
        clears = heard == wanted and at in ("", asking.step)
        return Verdict(Answer.NO, "no") if clears else reply(question, asking, heard)

    return rules


def _lowering(level: Level) -> Rules:
    lower = Answer.NO if level is Level.S else Level(level - 1).name

    def rules(question: Question, asking: Asking, heard: str) -> Asking | Verdict:
        outcome = reply(question, asking, heard)
        falls = isinstance(outcome, Verdict) and outcome.answer == level.name
        return replace(outcome, answer=lower) if falls and isinstance(outcome, Verdict) else outcome

    return rules


def _patient_for_ever(question: Question, asking: Asking, heard: str) -> Asking | Verdict:
    return asking if heard == SILENCE else reply(question, asking, heard)


def _asking_on(question: Question, asking: Asking, heard: str) -> Asking | Verdict:
    if heard == SILENCE and asking.asks < 2 * len(CLEARING):
        return asking._replace(asks=asking.asks + 1)
    return reply(question, asking, heard)


# -- locks: what must be known before a state may be entered


def broken_locks(dialogs: Dialogs) -> Iterator[Mutant]:
    """A lock that is open always, or asks for one thing less; a state without its lock."""
    for lock, guards in dialogs.locks.items():
        yield _with_lock(f"the lock {lock} is open always", dialogs, lock, (Guard(),))
        for guard in guards:
            if len(guard.tests) > 1 or len(guards) > 1:
                for test in guard.tests:
                    less = Guard(tuple(other for other in guard.tests if other is not test))
                    fewer = tuple(less if other is guard else other for other in guards)
                    allowed = ", ".join(sorted(test[1]))
                    yield _with_lock(f"the lock {lock} does not ask that {test[0]} be {allowed}", dialogs, lock, fewer)
    for where, state in dialogs.walk():
        if state.lock:
            yield _with_state(f"{where} is not locked", dialogs, where, lock="", locked=())


# -- guards: which way is taken


def broken_guards(dialogs: Dialogs) -> Iterator[Mutant]:
    """A way that is always taken, or never, though it hangs on an answer, a level, or what is still open; or for which
    one thing less is looked at."""
    for where, edges, put in _ways(dialogs):
        for index, edge in enumerate(edges):
            tests = edge.when.tests
            tested = [test for test in tests if test[0] in FINE or test[0] in dialogs.questions]
            if not tested:
                continue
            named = ", ".join(name for name, _ in tested)
            everything = ", ".join(name for name, _ in tests)
            way = f"{where} to {edge.call or edge.go}"
            before, after = edges[:index], edges[index + 1 :]
            for less in (tests, *((test,) for test in tested if len(tests) > 1)):
                names = everything if less == tests else less[0][0]
                guard = Guard(tuple(test for test in tests if test not in less))
                opened = put(f"{way}, without a look at {names}", (*before, replace(edge, when=guard), *after))
                dropped = [test for test in less if test in tested]
                yield replace(opened, cautious=not any(_may_be_fine(*test) for test in dropped))
            shut = put(f"{way}, never (it looks at {named})", (*before, *after))
            yield replace(shut, cautious=all(_is_fine(*test) for test in tested))


def _is_fine(name: str, allowed: frozenset[str]) -> bool:
    """Whether a test is met only by those for whom there is nothing to fear, and by the most harmless of them."""
    return allowed <= FINE.get(name, frozenset({Answer.NO})) and _may_be_fine(name, allowed)


def _may_be_fine(name: str, allowed: frozenset[str]) -> bool:
    """Whether a test is met by the most harmless of those for whom there is nothing to fear."""
    return bool(allowed & (FINE.get(name, frozenset({Answer.NO})) - {"S"}))


def _ways(dialogs: Dialogs) -> Iterator[tuple[str, Edges, Callable[[str, Edges], Mutant]]]:
    """Every place at which one of several ways is taken, and what puts others there."""
    for intents, edges in _alike(dialogs.universal):
        yield f'"{intents[0]}"', edges, partial(_saying, dialogs, intents)
    for where, state in dialogs.walk():
        yield where, state.then, partial(_going, dialogs, where, "then")
        yield f"{where} when locked", state.locked, partial(_going, dialogs, where, "locked")
        for intents, edges in _alike(state.on):
            yield f'{where} at "{intents[0]}"', edges, partial(_answering, dialogs, where, intents)


def _going(dialogs: Dialogs, where: str, field: str, name: str, edges: Edges) -> Mutant:
    return _with_state(name, dialogs, where, **{field: edges})


def _answering(dialogs: Dialogs, where: str, intents: list[str], name: str, edges: Edges) -> Mutant:
    return _with_state(name, dialogs, where, on={**dialogs.state(where).on, **dict.fromkeys(intents, edges)})


def _saying(dialogs: Dialogs, intents: list[str], name: str, edges: Edges) -> Mutant:
    universal = {**dialogs.universal, **dict.fromkeys(intents, edges)}
    return Mutant(name, _changed(dialogs, universal=universal), reply, tuple(f"said {intent}" for intent in intents))


def _alike(on: Mapping[str, Edges]) -> list[tuple[list[str], Edges]]:
    """The intents that lead along the same edges, together."""
    groups: dict[Edges, list[str]] = {}
    for intent, edges in on.items():
        groups.setdefault(edges, []).append(intent)
    return [(intents, edges) for edges, intents in groups.items()]


# -- words: what must be said


def broken_words(dialogs: Dialogs) -> Iterator[Mutant]:
    """A caveat that is left out, an emergency without its number or spoken softly, a net that is not spoken."""
    start = dialogs.emergency
    say = dialogs.state(start).say
    yield _with_state("the emergency begins without its number", dialogs, start, say=("That needs help.", *say[1:]))
    yield _with_state("the number comes in a later sentence", dialogs, start, say=("That needs help.", *say))
    yield _with_state("the emergency is not loud", dialogs, start, loud=False)
    for where, state in dialogs.walk():
        words = [word for kind in state.kinds & CAVEATS.keys() for word in CAVEATS[kind]]
        for text in state.say:
            if any(word in text.lower() for word in words):
                rest = tuple(other for other in state.say if other != text)
                yield _with_state(f'{where} leaves out "{text}"', dialogs, where, say=rest)
        if state.nets:
            yield _with_state(f"{where} speaks no nets", dialogs, where, nets=False)


# -- courses: where it leads, and for how long


def broken_courses(dialogs: Dialogs) -> Iterator[Mutant]:
    """An emergency that leads elsewhere, a stretch that is too long, not counted or not let go, a level not raised."""
    help = dialogs.emergency.partition(".")[0]
    elsewhere = Edge(dialogs.start)
    yield Mutant("danger words lead to advice for today", _changed(dialogs, emergency=dialogs.urgent))
    for where, state in dialogs.walk():
        if where.partition(".")[0] == help and state.then:
            yield _with_state(f"{where} leads to {elsewhere.go}", dialogs, where, then=(elsewhere,))
        if state.hold is not None and state.hold.kind == "stretch":
            yield from _broken_stretch(dialogs, where, state)
    for where, edges, put in _ways(dialogs):
        if any(edge.raises for edge in edges):
            yield put(f"{where} raises no level", tuple(replace(edge, raises=Level.NONE) for edge in edges))
    for name, dialog in dialogs.dialogs.items():
        if dialog.clock:
            touched = tuple(f"{name}.{state}" for state in dialog.states)
            silent = {**dialogs.dialogs, name: replace(dialog, clock=False)}
            yield Mutant(
                f"the ten minutes are not asked about in {name}", _changed(dialogs, dialogs=silent), reply, touched
            )


def _broken_stretch(dialogs: Dialogs, where: str, state: State) -> Iterator[Mutant]:
    assert state.hold is not None
    hold = state.hold
    end = replace(hold.cues[-1], at=LONG)
    long = replace(hold, seconds=LONG, cues=(*hold.cues[:-1], end))
    yield _with_state(f"{where} takes {LONG:g} seconds", dialogs, where, hold=long)
    uncounted = _with_state(f"{where} is not counted", dialogs, where, hold=replace(hold, counts=""))
    yield replace(uncounted, elsewhere=True)  # what is counted outlasts danger words
    for intent in ("stop", "hurts", "pain"):
        on = {**state.on, intent: (Edge("stay"),)}
        yield _with_state(f'{where} goes on after "{intent}"', dialogs, where, on=on)


# -- questions: what is asked


def broken_questions(dialogs: Dialogs) -> Iterator[Mutant]:
    """A question of the night that is asked in no list any more."""
    for id, question in dialogs.questions.items():
        lists = [(where, state) for where, state in dialogs.walk() if question.core and id in state.screen]
        changed = dialogs
        for where, state in lists:
            fewer = tuple(other for other in state.screen if other != id)
            changed = _with_state("", changed, where, screen=fewer).dialogs
        if lists:
            yield Mutant(f"{id} is asked nowhere", changed, reply, tuple(where for where, _ in lists))


FAMILIES: Mapping[str, Callable[[Dialogs], Iterator[Mutant]]] = {
    "words": broken_words,
    "courses": broken_courses,
    "locks": broken_locks,
    "rules": broken_rules,
    "guards": broken_guards,
    "questions": broken_questions,
}
"""In this order: first those that are soon found."""


def _changed(dialogs: Dialogs, /, **fields: Any) -> Dialogs:
    return Dialogs(**{**vars(dialogs), **fields})


def _with_state(name: str, dialogs: Dialogs, where: str, **fields: Any) -> Mutant:
    dialog, _, state = where.partition(".")
    old = dialogs.dialogs[dialog]
    states = {**old.states, state: replace(old.states[state], **fields)}
    changed = {**dialogs.dialogs, dialog: replace(old, states=states)}
    return Mutant(name, _changed(dialogs, dialogs=changed), reply, (where,))


def _with_lock(name: str, dialogs: Dialogs, lock: str, guards: tuple[Guard, ...]) -> Mutant:
    return Mutant(name, _changed(dialogs, locks={**dialogs.locks, lock: guards}), reply, (f"lock {lock}",))
