"""What the proof keeps of a session: its place (`dialog.proof`)."""

from __future__ import annotations

from typing import NamedTuple

from voice_skill.dialog.explore import at_rest
from voice_skill.dialog.guessing import Caller
from voice_skill.dialog.model import Dialogs
from voice_skill.dialog.partial import Partial, most
from voice_skill.dialog.session import Asking, At, Session

__all__ = ["Place", "bare", "place_of", "standing_at"]


class Place(NamedTuple):
    """What is kept of a session."""

    stack: tuple[At, ...] = ()
    """Where it is; empty when asleep."""
    talking: bool = False
    cut: str = ""
    """Where a step was cut, one of `flow.CONTINUE`; empty at rest."""
    said: int = 0
    """How many sentences of the turn were said before the cut, not counted beyond two."""


def bare(at: At) -> At:
    """A place without what is put together (see above)."""
    if Caller.of(at) is not None:
        return at
    at = at_rest(at)
    holding = at.holding._replace(cue=0) if at.holding is not None else None
    asking = Asking(at.asking.id) if at.asking is not None else None
    return at._replace(misses=0, reminders=0, holding=holding, asking=asking)


def place_of(dialogs: Dialogs, session: Session) -> Place:
    """The place, among those of a proof, that a session at rest is at."""
    stack = tuple(map(bare, session.stack))
    if len(stack) > 1:
        stack = Caller(most(dialogs, stack).name, stack[-1].state.partition(".")[0]).at, stack[-1]
    return Place(stack, session.talking)


def standing_at(place: Partial, at: At, *, clock_first: bool = False) -> Partial:
    """The session at a place when one deadline has come before the other."""
    stack = (*place.stack[:-1], at)
    times = {"wait_until": 1.0, "clock_at": 0.0} if clock_first else {"wait_until": 0.0, "clock_at": 1.0}
    return place._replace(stack=stack, **times)
