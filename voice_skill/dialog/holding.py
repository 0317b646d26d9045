"""Timed holds: the count runs on one schedule that nothing shifts (clinical.md 3.2).

A hold has a *zero*, an absolute time. Each cue is due at zero plus its own second and is handed to the speaker a
little early with that very time, so its first sample can sound on it. A pause takes the zero away and keeps the
seconds held; going on sets a new zero as if the pause had not been. A late cue is skipped by the speaker; it never
moves the next one.
"""

from __future__ import annotations

import math

from voice_skill.dialog.actions import TONE
from voice_skill.dialog.model import Cue, Hold
from voice_skill.dialog.move import SPEECH_WATCHDOG, Move
from voice_skill.dialog.session import CUE_LEAD, Holding, Phase
from voice_skill.dialog.texts import SECONDS

__all__ = ["freeze", "go_on", "left", "release", "start", "tick"]

RESTART = 1.5
"""Seconds between "twelve seconds left" and the count going on."""


def start(move: Move, hold: Hold) -> None:
    """The lead-in was spoken: set the zero, or a new one after a pause."""
    held = move.at.holding
    if held is None:
        if hold.counts:
            values = move.dialogs.slots[hold.counts]
            following = min(values.index(move.session.slot(hold.counts)) + 1, len(values) - 1)
            move.session = move.session.with_slot(hold.counts, values[following])
        held, settle = Holding(), hold.settle
    else:
        settle = RESTART
    move.place(phase=Phase.SETTLING, holding=Holding(move.now + settle - held.elapsed, held.elapsed, held.cue))
    schedule(move, hold)


def schedule(move: Move, hold: Hold) -> None:
    """Ask to be woken for the next cue that is to be spoken."""
    held = move.at.holding
    assert held is not None and held.zero is not None
    cue = held.cue
    while not spoken(move, hold.cues[cue]):
        cue += 1
    move.place(holding=Holding(held.zero, held.elapsed, cue))
    move.change(wait_until=held.zero + hold.cues[cue].at - CUE_LEAD)


def spoken(move: Move, cue: Cue) -> bool:
    """Whether a cue is spoken in this session: the end always is."""
    return cue.name == "end" or (move.holds(cue.when) and (cue.quiet or not move.session.voice.quiet))


def tick(move: Move, hold: Hold) -> None:
    """A cue is due."""
    held = move.at.holding
    assert held is not None and held.zero is not None
    cue = hold.cues[held.cue]
    time = held.zero + cue.at
    if held.cue == 0 and hold.kind == "stretch":
        move.note("hold_started", at=held.zero, seconds=hold.seconds)
    move.say(tuple(text for text in cue.say if not (text == TONE and move.session.voice.quiet)))
    if cue.name != "end":
        move.aside(time, cue.name)
        move.place(holding=Holding(held.zero, held.elapsed, held.cue + 1))
        schedule(move, hold)
        return
    if hold.kind == "stretch":
        move.note("hold_ended", at=time, seconds=hold.seconds, reason="done", complete="yes")
    move.change(turn=move.session.turn + 1, talking=True, wait_until=time + SPEECH_WATCHDOG)
    move.place(phase=Phase.RELEASING, holding=None)
    move.aside(time, cue.name)
    move.listen()


def left(move: Move, hold: Hold) -> int:
    """Whole seconds left, as they are said."""
    held = move.at.holding
    done = 0.0
    if held is not None:
        done = held.elapsed if held.zero is None else min(max(move.now - held.zero, 0.0), hold.seconds)
    return min(max(math.ceil(hold.seconds - done), SECONDS.start), SECONDS.stop - 1)


def freeze(move: Move) -> None:
    """Stop the clock of a running hold, and what it was about to say."""
    held = move.at.holding
    if held is None or held.zero is None:
        return
    elapsed = max(move.now - held.zero, 0.0)
    move.hush(cues=True)
    move.place(holding=Holding(None, round(elapsed, 3), held.cue))
    move.change(wait_until=None)


def go_on(move: Move, hold: Hold) -> None:
    """Take up a hold: say how much is left, then count on. A hold that runs only gets the remark added."""
    held = move.at.holding
    assert held is not None
    if held.zero is not None:
        move.aside()
        return
    move.line("seconds_left", seconds=str(left(move, hold)))
    move.speak()


def release(move: Move, hold: Hold) -> None:
    """Let go before the time is up."""
    held = move.at.holding
    if held is None:
        return
    elapsed = held.elapsed if held.zero is None else max(move.now - held.zero, 0.0)
    move.hush(cues=held.zero is not None)
    if hold.kind == "stretch" and (held.cue > 0 or elapsed > 0):
        complete = "yes" if elapsed >= hold.complete else "no"
        move.note("hold_ended", seconds=round(elapsed, 2), reason="released", complete=complete)
    move.place(holding=None)
