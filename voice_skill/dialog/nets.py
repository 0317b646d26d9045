"""What must not stay unsaid: the nets of questions that were not answered (clinical.md 2.5, X), and the advice to
see a clinician about cramps that come often (4.6)."""

from __future__ import annotations

from voice_skill.dialog.model import Level
from voice_skill.dialog.move import Move

__all__ = ["ADVISED", "MAX_SKIPPED", "OFTEN", "close_with_nets", "leave_nothing_unsaid"]

MAX_SKIPPED = 3
"""Unsettled questions after which no more are put: someone who declines or sleeps is not to be pestered. What stays
open is never taken for a no: it closes with the spoken safety net."""

OFTEN, ADVISED = "often", "advised"
"""The slots that hold whether cramps come often (unknown, no, yes), and whether that advice was given (no, yes)."""


def close_with_nets(move: Move) -> None:
    """Speak the safety net of every unsettled question, or one net for all if they are many; that closes them."""
    if move.session.unsettled_often(move.dialogs.questions, MAX_SKIPPED):
        move.line("net")
    else:
        for id in move.session.unsettled(move.dialogs.questions):
            move.say(move.dialogs.questions[id].net)
    before, move.session = move.session, move.session.closed(move.dialogs.questions)
    for (id, open), (_, now) in zip(before.screen, move.session.screen, strict=True):
        if open != now:
            move.note("screen_answer", question=id, answer="unanswered")


def leave_nothing_unsaid(move: Move) -> None:
    """Before the end, whichever way led to it: a screen that was begun is closed, and cramps that come often are named.

    Whoever was sent to advice today or to help now has heard what is graver.
    """
    session, questions = move.session, move.dialogs.questions
    if session.any_open(questions) and session.begun(questions) and not session.at_least(Level.U):
        close_with_nets(move)
    told = {OFTEN, ADVISED} <= move.dialogs.slots.keys()
    if told and session.slot_in(OFTEN, {"yes"}) and session.slot_in(ADVISED, {"no"}) and not session.at_least(Level.U):
        move.line("often")
        move.raise_level(Level.S)
        move.session = move.session.with_slot(ADVISED, "yes")
