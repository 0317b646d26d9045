"""Beginning anew in the middle of a session: what danger words and a new cramp leave of what was said before.

Neither takes an earlier answer for a no: what was answered is asked again, and the level that was reached stays.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache

from voice_skill.dialog.model import Dialogs
from voice_skill.dialog.move import Move

__all__ = ["after_danger", "for_new_cramp"]


def after_danger(move: Move) -> None:
    """Something alarming was heard: all but what is answered with an emergency is asked again, should it prove a false
    alarm. What stays: the level reached before, the holds already counted, the region, and what the history knows."""
    move.session = move.session.alarmed()
    _forget_slots(move, _kept(move.dialogs) | _counts(move.dialogs))
    move.session = move.session.clock_again()


def for_new_cramp(move: Move) -> None:
    """Another cramp, perhaps in another leg: everything is asked again and counted from nothing; only the level that
    was reached stays."""
    move.session = move.session.reopened()
    _forget_slots(move, _kept(move.dialogs))
    move.change(clock="before", clock_at=move.now + move.dialogs.clock_seconds)


def _forget_slots(move: Move, kept: frozenset[str]) -> None:
    first = _first_values(move.dialogs)
    slots = tuple((name, value if name in kept else first[name]) for name, value in move.session.slots)
    move.change(slots=slots)


@lru_cache(maxsize=16)
def _first_values(dialogs: Dialogs) -> Mapping[str, str]:
    return {name: values[0] for name, values in dialogs.slots.items()}


@lru_cache(maxsize=16)
def _kept(dialogs: Dialogs) -> frozenset[str]:
    """The slots that tell about the person and not about this cramp."""
    return frozenset({"region", *dialogs.facts})


@lru_cache(maxsize=16)
def _counts(dialogs: Dialogs) -> frozenset[str]:
    """The slots that count stretches on this leg."""
    return frozenset(hold.counts for _, state in dialogs.walk() if (hold := state.hold) is not None)
