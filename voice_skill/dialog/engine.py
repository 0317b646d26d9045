"""The dialog core: `step(dialogs, session, event, now) -> (session, actions)`.

It is a function on values. It reads no clock, owns no timer, and keeps no state: `now` is an argument, the session
holds its next `deadline`, and whoever runs it sends `TimePassed` when that has come. So the same function runs a live
night, a recording at forty times its speed, a journal, and the explorer that walks every conversation.

Two rules stand above all dialogs:

* a danger phrase leads to the emergency dialog from every state, at once (clinical.md 2.6, property P11);
* an answer counts only for the question that was open when the person began to speak. Commands and danger words
  count always.
"""

from __future__ import annotations

from typing import assert_never

from voice_skill.dialog import flow, holding
from voice_skill.dialog.actions import Action
from voice_skill.dialog.builtins import PAUSE_SECONDS
from voice_skill.dialog.events import (
    Event,
    Heard,
    NoiseHeard,
    NotUnderstood,
    SpeechFinished,
    SpeechStarted,
    TimePassed,
    UserSpoke,
    Woken,
)
from voice_skill.dialog.hearing import KEEPS, PRESENCE, RESUME, URGENT, intents
from voice_skill.dialog.model import Answer, Dialogs
from voice_skill.dialog.move import Move
from voice_skill.dialog.screen import CLASSES, Rules, reply
from voice_skill.dialog.session import At, Phase, Session

__all__ = ["step", "take_step"]

LONGEST_UTTERANCE = 20.0
"""Seconds for which a silence timer stands still once someone has begun to speak."""
NOISE_PATIENCE = 5.0
"""Seconds more for someone who groans: they are there, but cannot answer yet (clinical.md 3.4)."""
MAX_REMINDERS = 3


def step(
    dialogs: Dialogs, session: Session, event: Event, now: float, rules: Rules = reply
) -> tuple[Session, tuple[Action, ...]]:
    """What the session becomes when `event` happens at `now` (seconds), and what must be done about it.

    `rules` handles the answers to red-flag questions; there are others only to see that the proof finds them wrong.
    Events that no longer matter (the end of a prompt that was interrupted, an answer to a question that has moved on)
    change nothing. Nothing is ever raised for what a person says or does not say.
    """
    move = Move(dialogs, session, now, rules)
    take_step(move, event)
    return move.session, tuple(move.actions)


def take_step(move: Move, event: Event) -> None:
    """Let `event` happen to the session of `move`."""
    session = move.session
    if session.asleep and not isinstance(event, Woken):
        return
    match event:
        case Woken():
            _woken(move, event)
        case Heard():
            _heard(move, event)
        case NotUnderstood():
            if event.turn == session.turn and session.at.phase is Phase.LISTENING:
                flow.miss(move, "nomatch")
        case NoiseHeard():
            _wait_for(move, NOISE_PATIENCE)
        case UserSpoke():
            _wait_for(move, LONGEST_UTTERANCE)
        case SpeechFinished():
            if event.turn == session.turn and session.talking:
                _spoken(move)
        case SpeechStarted():
            pass
        case TimePassed():
            _time_passed(move)
        case _:
            assert_never(event)


def _woken(move: Move, event: Woken) -> None:
    """A new conversation begins, perhaps with what was said in the same breath."""
    old = move.session
    move.hush()
    voice = old.voice._replace(softer_db=event.softer_db, whispered=event.whispered)
    fresh = Session.fresh(move.dialogs, old.region, voice, old.turn, dict(event.facts))
    start = move.dialogs.start
    move.session = fresh._replace(stack=(At(start),), clock_at=move.now + move.dialogs.clock_seconds)
    if event.intent in move.dialogs.dangers:
        _danger(move, event.intent)
    elif edges := move.state.on.get(event.intent) or move.dialogs.universal.get(event.intent):
        flow.follow(move, edges)
    else:
        flow.enter(move, start)


def _danger(move: Move, intent: str) -> None:
    """Leave everything and get help."""
    danger = move.dialogs.dangers[intent]
    if move.state.hold is not None:
        holding.release(move, move.state.hold)
    flow.unwind(move)
    move.hush()
    move.change(flag=intent, stack=(At(move.dialogs.emergency),))
    move.answer(danger.question, Answer.YES_E, "yes")
    flow.to_emergency(move)


def _heard(move: Move, event: Heard) -> None:
    """A phrase was understood."""
    dialogs, state, at, intent = move.dialogs, move.state, move.at, event.intent
    if intent in dialogs.dangers:
        _danger(move, intent)
    elif intent not in intents(dialogs, at) or (
        event.turn != move.session.turn and intent not in (*URGENT, *KEEPS) and intent not in dialogs.universal
    ):
        return
    elif at.phase is Phase.PAUSED and intent in (*RESUME, "yes"):
        move.place(phase=Phase.SPEAKING)
        flow.go_on(move, again=True)
    elif at.phase is Phase.PAUSED and intent == "no":
        move.change(wait_until=move.now + PAUSE_SECONDS)
    elif intent in state.on:
        flow.follow(move, state.on[intent])
    elif at.asking is not None and intent in CLASSES:
        flow.answer(move, intent)
    elif event.turn == move.session.turn and _names_what_is_asked(move, intent):
        flow.answer(move, "yes")
    elif intent in dialogs.universal:
        flow.follow(move, dialogs.universal[intent])
    elif intent in PRESENCE:
        _wait_for(move, NOISE_PATIENCE)


def _names_what_is_asked(move: Move, intent: str) -> bool:
    """Whether "it's tingling" is said just when tingling is asked about: then it is no news, but the answer."""
    asking = move.at.asking
    return (
        asking is not None
        and move.at.phase is not Phase.PAUSED
        and any(edge.flag == asking.id for edge in move.dialogs.universal.get(intent, ()))
    )


def _wait_for(move: Move, seconds: float) -> None:
    """Someone is there: do not take the next seconds for silence."""
    if move.at.phase in (Phase.LISTENING, Phase.PAUSED) and move.session.wait_until is not None:
        move.change(wait_until=move.now + seconds)


def _spoken(move: Move) -> None:
    """The prompt is over."""
    if move.at.phase is Phase.PAUSED:
        move.change(talking=False, wait_until=move.now + PAUSE_SECONDS)
    else:
        flow.finish(move)


def _time_passed(move: Move) -> None:
    """A deadline was reached: the ten-minute clock, a silence, a cue, or a pause."""
    session = move.session
    if session.clock_at is not None and session.clock_at <= move.now:
        move.change(clock="due", clock_at=None)
        if move.at.phase is Phase.WAITING and flow.ask_the_clock(move):
            return
    if session.wait_until is None or session.wait_until > move.now:
        return
    match move.at.phase:
        case Phase.SPEAKING | Phase.RELEASING:
            _spoken(move)
        case Phase.LISTENING:
            move.note("no_input")
            flow.miss(move, "silence")
        case Phase.SETTLING:
            assert move.state.hold is not None
            holding.tick(move, move.state.hold)
        case Phase.WAITING:
            flow.follow(move, move.state.then)
        case Phase.PAUSED:
            _remind(move)
        case _:
            move.change(wait_until=None)


def _remind(move: Move) -> None:
    """Someone has been paused for long."""
    if move.session.talking:
        move.change(talking=False, wait_until=move.now + PAUSE_SECONDS)
        return
    reminders = move.at.reminders
    if reminders < MAX_REMINDERS:
        move.place(reminders=reminders + 1)
        move.line("still_here")
        move.speak(Phase.PAUSED, remember=False)
        return
    move.place(phase=Phase.LISTENING, reminders=0)
    if move.state.hold is not None:
        holding.release(move, move.state.hold)
        move.line("called_done")
        flow.follow(move, move.state.then)
    elif move.at.asking is not None or move.state.ask:
        flow.miss(move, "silence")
    else:
        flow.go_on(move, again=True)
