"""What may be advised only under a lock, or only together with a caution (clinical.md decision 4; P8 to P10, P22).

A state says by `is` what it advises. Each kind has its lock and the words that may not be missing. So that nothing
escapes by being left unmarked, states that speak of it in so many words must say so.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from voice_skill.dialog.model import KINDS, Dialogs, State
from voice_skill.loading.places import Problem
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
    """States that advise what they may not, or not so."""
    for where, state in dialogs.walk():
        file = where.partition(".")[0]
        for problem in _state(state):
            yield Problem(file, ("states", state.name, *problem.place), problem.text)


def _state(state: State) -> Iterator[Problem]:
    said = " ".join((*state.say, *state.ask)).lower()
    for kind in sorted(state.kinds):
        lock = KINDS[kind]
        if lock and state.lock != lock:
            text = f"is {kind}, so it needs lock: {lock}; nobody may be told this before the answers that open it"
            yield _problem("is", text)
        words, why = _CAUTIONS.get(kind, ((), ""))
        if missing := [word for word in words if word not in said]:
            yield _problem("say", f'{why}; the words "{", ".join(missing)}" are missing')
    advised = _DENIAL.sub("", said)
    for kind, words_of in _TELLTALE.items():
        if kind not in state.kinds and (found := words_of.search(advised)):
            yield _problem("say", f'speaks of "{found[0]}"; add is: {kind}, so that its lock and cautions are checked')


def _problem(key: str, text: str) -> Problem:
    place: Place = (key,)
    return Problem("", place, text)
