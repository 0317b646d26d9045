"""How a session moves: into states, along edges, through screen questions, and back from calls.

Each function takes the `Move` of the current step and leaves the session at rest: speaking, listening, or waiting for
time to pass. `engine.step` decides which of them an event calls for.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace

from voice_skill.dialog import anew, holding
from voice_skill.dialog.actions import Sleep
from voice_skill.dialog.builtins import VOICES, do, keep
from voice_skill.dialog.model import Answer, Edge, Level, State
from voice_skill.dialog.move import Move
from voice_skill.dialog.nets import MAX_SKIPPED, close_with_nets, leave_nothing_unsaid
from voice_skill.dialog.screen import Verdict, body, wording
from voice_skill.dialog.session import Asking, At, Phase

__all__ = [
    "CONTINUE",
    "answer",
    "ask_the_clock",
    "enter",
    "finish",
    "follow",
    "go_on",
    "miss",
    "to_emergency",
    "unwind",
]

BEGIN, BACK, NEXT = "begin", "back", "next"
"""Where the proof cuts a step in two: a state begins, a called dialog is over, the next question is looked for."""


def enter(move: Move, target: str) -> None:
    """Go to a state of this dialog or, as `dialog.state`, of another, which leaves this one."""
    name = move.full_name(target)
    dialog = move.dialogs.dialogs[name.partition(".")[0]]
    leave_open(move)
    if dialog.name != move.at.state.partition(".")[0]:
        unwind(move)
    move.change(stack=(*move.session.stack[:-1], At(name)), wait_until=None)
    move.session.cut_at(BEGIN, len(move.speech))
    begin_here(move)


def begin_here(move: Move) -> None:
    """Begin the state that the session has come to: speak, and do its one thing, unless it is locked; but put the
    ten-minute question first, if it is due."""
    name, state = move.at.state, move.state
    if move.dialogs.dialogs[name.partition(".")[0]].clock and move.session.clock_in({"due"}):
        move.place(phase=Phase.ENTERING)
        move.change(clock="asked")
        call(move, move.dialogs.clock)
        return
    if state.lock and not move.unlocked(state.lock):
        follow(move, state.locked)
        return
    move.note("state", state=name)
    if name == move.dialogs.emergency:  # nothing but "Yes, a cold leg." may stand before the number (P13)
        del move.speech[:-1]
    if not state.screen:  # a screen introduces itself only if it has something to ask
        move.say(state.say)
    if state.nets:
        close_with_nets(move)
    if state.end:
        leave_nothing_unsaid(move)
    begin(move, state)


def unwind(move: Move) -> None:
    """Leave for good what was called, and what called it."""
    while len(move.session.stack) > 1:
        move.session = move.session.left()
        leave_open(move)
        if move.state.hold is not None:
            holding.release(move, move.state.hold)


def begin(move: Move, state: State) -> None:
    """Start the one thing that a state does, or speak first if there is something to say."""
    if state.screen:
        ask_next(move)
    elif state.ask:
        move.say(state.ask)
        move.speak()
    elif state.call:
        move.place(phase=Phase.CALLING)
        call(move, state.call)
    elif state.choose:
        follow(move, state.then)
    elif move.speech:
        move.speak()
    else:
        if state.wait is not None or state.hold is not None:
            move.open_turn()
        finish(move)


def finish(move: Move) -> None:
    """The prompt has been spoken: listen, hold, wait, end, or go on."""
    state = move.state
    move.change(talking=False, wait_until=None)
    if move.at.phase is Phase.RELEASING:
        follow(move, state.then)
    elif state.hold is not None and state.lock and not (move.at.holding or move.unlocked(state.lock)):
        follow(move, state.locked)
    elif state.hold is not None:
        holding.start(move, state.hold)
    elif state.ask or move.at.asking is not None:
        move.place(phase=Phase.LISTENING)
        move.change(wait_until=move.now + move.patience())
    elif state.wait is not None:
        until = move.at.until if move.at.until is not None else move.now + state.wait
        move.place(phase=Phase.WAITING, until=until if state.timer else None)
        move.change(wait_until=until)
    elif state.end:
        leave_nothing_unsaid(move)  # a question may have been left open since the state began
        if move.speech:
            move.speak()
            return
        keep(move)
        move.change(stack=())
        move.actions.append(Sleep())
    else:
        follow(move, state.then)


def ask_the_clock(move: Move) -> bool:
    """Ten minutes are up while Charley keeps silence, which is no reason to be late: whether the question may be put
    here. A timer runs on meanwhile."""
    if not move.dialogs.dialogs[move.at.state.partition(".")[0]].clock:
        return False
    move.change(clock="asked")
    call(move, move.dialogs.clock)
    return True


def follow(move: Move, edges: Iterable[Edge]) -> None:
    """Take the first edge that is open."""
    take(move, move.choose(edges))


def take(move: Move, edge: Edge) -> None:
    """Follow an edge: what it says, changes, does, and where it goes."""
    cut_short = move.session.talking
    if cut_short and edge in (Edge("stay", when=edge.when), Edge("stay", when=edge.when, do="resume")):
        return  # "okay" while Charley speaks: no reason to begin the prompt again
    move.hush()
    for name, value in edge.set:
        move.session = move.session.with_slot(name, value)
    for question in edge.answers:
        if not move.session.answer_in(question, Answer.YES):  # only a no to the very question takes a yes back
            move.answer(question, Answer.NO, "no")
    if edge.raises:
        move.raise_level(edge.raises)
    if edge.flag:
        move.change(flag=edge.flag)
    move.say(edge.say)  # with the values that it has set
    if edge.go == "stay" and move.at.phase is Phase.RELEASING:
        end_hold(move, edge)
        return
    if edge.do and do(move, edge.do):
        return
    if edge.call:
        holding.freeze(move)
        call(move, edge.call)
    elif edge.go == "stay":
        go_on(move, again=cut_short)
    elif edge.go == "return":
        back(move)
    else:
        hold = move.state.hold
        if hold is not None:
            holding.release(move, hold)
        enter(move, move.at.state if edge.go == "again" else edge.go)


def end_hold(move: Move, edge: Edge) -> None:
    """A hold's last words play: it is over, so what would stay in it goes on to what follows, and never into a second.

    A called dialog runs first; a pause stands before it.
    """
    if edge.call:
        move.place(phase=Phase.CALLING)
        call(move, edge.call)
        return
    if edge.do in VOICES:
        do(move, edge.do)
    follow(move, move.state.then)
    if edge.do == "pause" and not move.session.asleep:
        do(move, edge.do)


def call(move: Move, target: str) -> None:
    """Run another dialog on top of the current place. One that runs already is begun anew, and what it called left."""
    below = move.session.below(target.partition(".")[0])
    move.change(stack=(*below, At(move.dialogs.begins(target))))
    enter(move, move.at.state)


def back(move: Move) -> None:
    """Return to the place that called."""
    move.session.cut_at(BACK, len(move.speech))
    move.session = move.session.returned()
    come_back(move)


def come_back(move: Move) -> None:
    """Go on where another dialog was called."""
    match move.at.phase:
        case Phase.ENTERING:
            enter(move, move.at.state)
        case Phase.CALLING:
            follow(move, move.state.then)
        case _:
            go_on(move, again=True)


def go_on(move: Move, *, again: bool = False) -> None:
    """Take up a state where it was interrupted: put its question again, let the hold go on at its second, or pause on.

    `again`: its prompt was cut short, so all of it is said once more.
    """
    state, at = move.state, move.at
    if at.phase is Phase.PAUSED:
        if not move.speech:
            move.line("still_here")
        move.speak(Phase.PAUSED, remember=False)
    elif state.hold is not None and at.holding is not None:
        holding.go_on(move, state.hold)
    elif at.asking is not None:
        move.say(body(move.dialogs.questions[at.asking.id], at.asking, move.dialogs.lines))
        move.speak()
    elif state.ask:
        move.say(state.ask)
        move.speak()
    elif at.until is not None or (at.phase is Phase.WAITING and not again):
        if move.speech:
            move.speak()
        else:
            finish(move)
    else:
        if again or state.hold is not None:
            move.say(state.say)
            if state.nets:
                close_with_nets(move)
        begin(move, state)


# -- asking screen questions


def ask_next(move: Move) -> None:
    """Put the next question of the state's list that needs asking, or go on."""
    move.session.cut_at(NEXT, len(move.speech))
    ask_from_here(move)


def ask_from_here(move: Move) -> None:
    """Put the next question, from the position on that the list has come to."""
    state = move.state
    ids = move.screen_ids()
    for index in range(move.at.position, len(ids)):
        id = ids[index]
        if state.recheck or move.session.is_due(id, again=state.again, most=MAX_SKIPPED):
            if move.at.position == 0:
                move.say(state.say)
            asking = Asking(id, asks=move.session.asks(id) + 1)
            move.place(position=index + 1, asking=asking)
            move.say(body(move.dialogs.questions[id], asking, move.dialogs.lines))
            move.speak()
            return
    move.place(position=len(ids), asking=None)
    follow(move, state.then)


def to_emergency(move: Move) -> None:
    """Get help now."""
    anew.after_danger(move)
    enter(move, move.dialogs.emergency)


def leave_open(move: Move) -> None:
    """A question is left without an answer. It is put again later, and still never more than three times."""
    asking = move.at.asking
    if asking is None:
        return
    if move.session.answer_in(asking.id, Answer.UNASKED):
        left = {1: Answer.ASKED_ONCE, 2: Answer.ASKED_TWICE}.get(asking.asks, Answer.UNANSWERED)
        move.answer(asking.id, left, "open")
    move.place(asking=None)


def answer(move: Move, heard: str) -> None:
    """Handle an answer to the question that stands: a class of `screen.CLASSES`, silence or nomatch."""
    asking = move.at.asking
    assert asking is not None
    question = move.dialogs.questions[asking.id]
    if heard == "silence" and not move.state.patient:
        move.say(question.net)
        move.line("open")
        leave_open(move)
        ask_next(move)
        return
    outcome = move.rules(question, asking, heard)
    if isinstance(outcome, Verdict):
        settle(move, asking, outcome)
        return
    stepped = (outcome.step, outcome.part) != (asking.step, asking.part)
    move.place(asking=outcome)
    move.say(wording(question, outcome, heard, move.dialogs.lines, stepped=stepped))
    if heard == "repeat":
        do(move, "slow_one_step")
    move.speak()


def settle(move: Move, asking: Asking, verdict: Verdict) -> None:
    """Record an answer and act on it: go on, send to advice today, or to help now."""
    move.place(asking=None)
    was_yes = move.session.answer_in(asking.id, Answer.YES)
    outcome, unclear = verdict.answer, verdict.answer in Answer.SKIPPED
    if move.state.recheck and unclear and was_yes:
        move.note("screen_answer", question=asking.id, answer=verdict.heard)
        move.raise_level(Level.U)
        enter(move, move.dialogs.emergency if move.session.level is Level.E else move.dialogs.urgent)
        return
    if was_yes and verdict.answer != Answer.NO:  # only a no takes a yes back: no milder yes does, and no silence
        before = move.session.answer(asking.id)
        graver = verdict.answer in Answer.YES and Level[verdict.answer] > Level[before]
        verdict = verdict if graver else replace(verdict, answer=before)
    move.answer(asking.id, verdict.answer, verdict.heard)
    if verdict.answer == Answer.NO:
        point_at_another(move, asking.id)
    if verdict.also:
        move.raise_level(verdict.also)
    if verdict.answer in (Answer.YES_U, Answer.YES_E):
        move.change(flag=asking.id)
        move.line("flagged" if verdict.heard == "yes" else "doubtful")
        if verdict.answer == Answer.YES_E:
            to_emergency(move)
            return
        if move.session.level is Level.E:  # a lesser sign, named in an emergency, must not talk anyone out of it
            move.change(flag=move.session.gravest())
            enter(move, move.dialogs.emergency)
            return
        move.say(verdict.say)
        enter(move, move.dialogs.urgent)
        return
    doubtful = move.state.recheck and unclear
    if doubtful and move.session.level is Level.E:
        enter(move, move.dialogs.emergency)
        return
    if unclear:
        move.line(outcome)
    move.say(verdict.say)
    if doubtful:  # a sign that was named is not forgotten for want of an answer
        move.raise_level(Level.U)
        enter(move, move.dialogs.urgent)
        return
    ask_next(move)


def point_at_another(move: Move, question: str) -> None:
    """What was heard proved wrong: name, and ask again, the gravest of what else was answered with yes, if anything."""
    if move.session.is_about(question, move.dialogs):
        move.change(flag=move.session.gravest())


# -- when nothing, or nothing known, is heard


def miss(move: Move, kind: str) -> None:
    """A silence or a misunderstanding at a question: the next rung of the ladder, or its default."""
    if move.at.asking is not None:
        answer(move, kind)
        return
    state = move.state
    ladder = state.nomatch if kind == "nomatch" else state.noinput
    if ladder is None:
        return
    misses = move.at.misses
    if misses < len(ladder.rungs):
        move.place(misses=misses + 1)
        move.say(ladder.rungs[misses])
        move.speak()
        return
    move.session = move.session.with_at(move.at._replace(misses=0))
    follow(move, ladder.then)


CONTINUE: Mapping[str, Callable[[Move], None]] = {BEGIN: begin_here, BACK: come_back, NEXT: ask_from_here}
"""How a step goes on where it was cut."""
