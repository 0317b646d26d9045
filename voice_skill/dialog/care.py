"""What must hold of each step in which care is described: stretches, rubbing, warmth, ice, drinks (clinical.md 5.4)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import lru_cache

from voice_skill.dialog.explore import Transition
from voice_skill.dialog.model import Answer, Dialogs, Edge
from voice_skill.dialog.texts import fill

__all__ = ["carries", "cold_is_for_later", "needs", "no_stretch_is_described"]

Care = Callable[[Transition, Dialogs], str]
INJURY = "INJURY"


def no_stretch_is_described(step: Transition, dialogs: Dialogs) -> str:
    """P7: no stretch is described after a yes to injury, and none after the first hold without a plain no to it."""
    for where in _described(step, dialogs, "stretch"):
        if INJURY not in dialogs.questions:
            continue
        if step.after.answer_in(INJURY, Answer.YES):
            return f"{where} describes a stretch after a yes to INJURY"
        if not step.after.slot_in("holds", {"0"}) and not step.after.answer_in(INJURY, {Answer.NO}):
            return f"{where} describes a further stretch without a no to INJURY"
    return ""


def needs(kind: str, clear: str, care: str) -> Care:
    """What must be answered no before a kind of care is described."""

    def holds(step: Transition, dialogs: Dialogs) -> str:
        for where in _described(step, dialogs, kind):
            known = [id for id in clear.split() if id in dialogs.questions]
            doubtful = [id for id in known if not step.after.answer_in(id, {Answer.NO})]
            if doubtful:
                return f"{care} is described in {where} without a no to {', '.join(doubtful)}"
        return ""

    return holds


def cold_is_for_later(step: Transition, dialogs: Dialogs) -> str:
    """P9: ice is described only when the cramp has gone or eases."""
    for where in step.entered:
        if "ice" in dialogs.state(where).kinds and not step.after.slot_in("ease", {"bit", "gone"}):
            return f"ice is described in {where} while the leg still grips"
    return ""


def carries(kind: str, *words: str) -> Care:
    """What must be said in the same turn as a kind of advice."""

    def holds(step: Transition, dialogs: Dialogs) -> str:
        for where in step.entered:
            state = dialogs.state(where)
            if kind in state.kinds and state.say:
                said = " ".join(text for say in step.said for text in say.sentences).lower()
                missing = [word for word in words if word not in said]
                if missing:
                    return f"{where} is spoken without {', '.join(missing)}"
        return ""

    return holds


def _described(step: Transition, dialogs: Dialogs, kind: str) -> Iterator[str]:
    """Where a kind of care is described: the states that are entered, and what is said on the way or in answer."""
    yield from (where for where in step.entered if kind in dialogs.state(where).kinds)
    if step.words:
        spoken = _spoken(dialogs, kind, step.after.region if not step.after.asleep else "unknown")
        yield from (f'"{words[0]}"' for words in spoken if step.words.issuperset(words))


@lru_cache(maxsize=64)
def _spoken(dialogs: Dialogs, kind: str, region: str) -> tuple[tuple[str, ...], ...]:
    """What edges say of a kind of care."""
    lists = [*dialogs.universal.values()]
    for _, state in dialogs.walk():
        lists += [*state.on.values(), state.then, state.locked]
        lists += [ladder.then for ladder in (state.noinput, state.nomatch) if ladder is not None]
    edges: Iterator[Edge] = (edge for edges in lists for edge in edges if kind in edge.kinds)
    return tuple({fill(dialogs, edge.say, region, "") for edge in edges if edge.say})
