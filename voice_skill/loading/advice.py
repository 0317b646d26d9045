"""What may be advised only under a lock, or only together with a caution (clinical.md decision 4; P8 to P10, P22).

A state says by `is` what it advises. Each kind has its lock and the words that may not be missing. So that nothing
escapes by being left unmarked, whatever speaks of it in so many words must stand in such a state, lead to one, or be
an answer under that lock.
"""

from __future__ import annotations

import re
from collections.abc import Container, Iterable, Iterator, Mapping

from voice_skill.dialog.model import KINDS, Dialogs, Edge, State
from voice_skill.loading.graph import full_name
from voice_skill.loading.places import Problem, edges_everywhere, edges_of
from voice_skill.strict_yaml import Place

__all__ = ["advice_problems"]

_TELLTALE = {
    "massage": re.compile(r"\b(?:fingertips|massage|knead|small circles)\b"),
    "heat": re.compile(r"\b(?:warm (?:towel|pad|bath|shower)|heat pad|hot water bottle)\b"),
    "ice": re.compile(r"\b(?:frozen peas|ice pack|wrap(?:ped)? ice|cold pack)\b"),
    "fluids": re.compile(r"\b(?:sips?|electrolytes?|drink with salts|salty)\b"),
    "standing": re.compile(r"\b(?:low step|stand up|lean on (?:a|the) wall|hands on (?:a|the) wall)\b"),
}
"""Words that give away what a state advises."""

_DENIAL = re.compile(r"\b(?:no|don't|never|not)\b[^.?!]*")

_CAUTIONS = {
    "fluids": (("kidney", "heart"), "with fluids or salts goes the caution for kidney and heart trouble (P10)"),
    "standing": (("hold something", "light"), "standing needs something to hold and a light (P22)"),
}
"""Kind → the words that its text must hold, and why."""


def advice_problems(dialogs: Dialogs) -> Iterator[Problem]:
    """States, edges and answers that advise what they may not, or not so."""
    states = dict(dialogs.walk())
    for where, state in states.items():
        for problem in (*_state(state), *_beside(state), *_edges(dialogs, where, state, states)):
            yield Problem(where.partition(".")[0], ("states", state.name, *problem.place), problem.text)
    for file, place, edge in edges_everywhere(dialogs):
        opens = _opened(dialogs, edge)
        for problem in (*_edge(edge, edge.say, opens, "lock"), *_unlocked(edge, opens, "lock: {}")):
            yield Problem(file, place, problem.text)
        if edge.when.tests and not edge.kinds and any(KINDS[kind] for kind in opens):
            of = " or ".join(sorted(kind for kind in opens if KINDS[kind]))
            yield Problem(file, place, f"stands under a lock that guards advice; add is: {of}, so that it is proved")


def _state(state: State) -> Iterator[Problem]:
    said = _plain((*state.say, *state.ask))
    for kind in sorted(state.kinds):
        lock = KINDS[kind]
        if lock and state.lock != lock:
            text = f"is {kind}, so it needs lock: {lock}; nobody may be told this before the answers that open it"
            yield _problem("is", text)
        yield from _uncautioned(kind, said)
    yield from _unmarked(said, state.kinds, "is")


def _beside(state: State) -> Iterator[Problem]:
    """What a state says besides its own text."""
    ladders = (("noinput", state.noinput), ("nomatch", state.nomatch))
    texts: list[tuple[Place, Iterable[str]]] = [
        *(((key, number), rung) for key, ladder in ladders if ladder for number, rung in enumerate(ladder.rungs)),
        *((("hold", "cues", number), cue.say) for number, cue in enumerate(state.hold.cues if state.hold else ())),
    ]
    for place, sentences in texts:
        for problem in _unmarked(_plain(sentences), state.kinds, "is"):
            yield Problem("", place, problem.text)


def _edges(dialogs: Dialogs, where: str, state: State, states: Mapping[str, State]) -> Iterator[Problem]:
    """What is said on the way, which is one turn with what its target says."""
    for place, edges in edges_of(state):
        for number, edge in enumerate(edges):
            target = states.get(full_name(where, edge.go))
            turn = (*edge.say, *(target.say if target else ()))
            # a closed lock is the one way out of a state that its lock does not guard
            opens = {*(target.kinds if target else ()), *(state.kinds if place != ("locked",) else ())}
            kinds = {*opens, *edge.kinds}
            opens |= _opened(dialogs, edge)
            for problem in (
                *_edge(edge, turn, kinds, "is"),
                *_unlocked(edge, opens, "a when that opens as lock: {} does"),
            ):
                yield Problem("", (*place, number, *problem.place), problem.text)


def _edge(edge: Edge, turn: Iterable[str], kinds: Container[str], key: str) -> Iterator[Problem]:
    said = _plain(edge.say)
    for kind in _betrayed(said):
        yield from _uncautioned(kind, _plain(turn))
    yield from _unmarked(said, kinds, key)


def _opened(dialogs: Dialogs, edge: Edge) -> set[str]:
    """The kinds of advice whose lock is open whenever an edge is taken."""
    return {kind for kind, lock in KINDS.items() if not lock or edge.when in dialogs.locks.get(lock, ())}


def _unlocked(edge: Edge, opens: Container[str], cure: str) -> Iterator[Problem]:
    for kind in sorted(edge.kinds):
        if kind not in opens:
            yield _problem("is", f"is {kind}, so it needs {cure.format(KINDS[kind])}")


def _uncautioned(kind: str, said: str) -> Iterator[Problem]:
    words, why = _CAUTIONS.get(kind, ((), ""))
    if missing := [word for word in words if word not in said]:
        yield _problem("say", f'{why}; the words "{", ".join(missing)}" are missing')


def _unmarked(said: str, kinds: Container[str], key: str) -> Iterator[Problem]:
    for kind, found in _betrayed(said).items():
        if kind not in kinds:
            cure = f"{key}: {kind if key == 'is' else KINDS[kind]}"
            yield _problem("say", f'speaks of "{found}"; add {cure}, so that its lock and cautions are checked')


def _betrayed(said: str) -> dict[str, str]:
    """Kind of advice → the words that give it away, where they are not denied."""
    advised = _DENIAL.sub("", said)
    return {kind: found[0] for kind, words in _TELLTALE.items() if (found := words.search(advised))}


def _plain(sentences: Iterable[str]) -> str:
    return " ".join(sentences).lower()


def _problem(key: str, text: str) -> Problem:
    place: Place = (key,)
    return Problem("", place, text)
