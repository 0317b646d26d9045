"""Questions that are answered in passing, timers, consent, and beginning anew: what interrupts, and what comes back."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.dialog.support import Rehearsal, shipped
from voice_skill.dialog.actions import Forget, Remember
from voice_skill.dialog.engine import step
from voice_skill.dialog.events import Heard, TimePassed, Woken
from voice_skill.dialog.model import Answer, Dialogs, Edge, State
from voice_skill.dialog.session import At, Phase, Session


def with_state(state: State) -> Dialogs:
    """The shipped dialogs with one state more in the settings, which nothing leads to."""
    dialog = shipped().dialogs["settings"]
    added = replace(dialog, states={**dialog.states, state.name: state})
    return Dialogs(**{**vars(shipped()), "dialogs": {**shipped().dialogs, "settings": added}})


def at(state: State) -> Rehearsal:
    """A night in which a state has just been spoken."""
    night = Rehearsal(dialogs=with_state(state)).wake("cramp")
    night.session = night.session._replace(stack=(At(f"settings.{state.name}"),), talking=True)
    return night.hear_out()


def ask(night: Rehearsal) -> Rehearsal:
    """Ask the first thing that may be asked anywhere."""
    intent = next(intent for intent in shipped().universal if intent.startswith("ask."))
    return night.send(Heard(night.session.turn, intent, ""))


TIMER = State("warm", say=("Keep it on.",), wait=900.0, timer=True, then=(Edge("region"),))


def test_an_answer_in_a_hold_comes_back_to_its_second() -> None:
    night = Rehearsal().wake("cramp").say("no", "bed").hear_out()
    held = night.session.at.holding
    assert held is not None
    assert held.zero is not None
    night.wait(held.zero + 12.0 - night.now)
    ask(night)
    frozen = night.session.at.holding
    assert frozen is not None
    assert frozen.elapsed == pytest.approx(12.0)
    assert "Eighteen seconds left." in night.last


def test_an_answer_puts_the_question_again_and_settles_nothing() -> None:
    night = ask(Rehearsal().wake("cramp").hear_out())
    assert night.asking == "CHEST"
    assert night.last.endswith("Any chest pain, or trouble breathing?")
    assert night.session.answer("CHEST") == Answer.OPEN


def test_nothing_is_asked_in_an_emergency() -> None:
    night = Rehearsal().wake("chest pain").hear_out()
    assert not [intent for intent in night.listening.intents if intent.startswith("ask.")]


def test_a_timer_runs_on_through_answers_and_pauses() -> None:
    night = at(TIMER)
    until = night.session.at.until
    assert until == pytest.approx(night.now + 900.0)
    ask(night.wait(100.0)).hear_out()
    night.interrupt("hang on").hear_out().wait(5.0).interrupt("go on").hear_out()
    assert night.session.at.phase is Phase.WAITING
    assert night.session.at.until == night.session.wait_until == until


def test_a_timer_tells_its_minutes() -> None:
    assert at(TIMER).wait(310.0).interrupt("how long").last == "Ten minutes left."
    assert at(TIMER).wait(850.0).interrupt("how long").last == "About a minute left."


def consenting(do: str, slot: str = "unasked") -> Rehearsal:
    """Tonight's consent was `slot`, and a built-in is carried out."""
    night = at(State("ask", ask=("Shall I?",), on={"yes": (Edge("stay", do=do),)}, noinput=_LADDER, nomatch=_LADDER))
    night.session = night.session.with_slot("consent", slot)
    return night.send(Heard(night.session.turn, "yes", "yes"))


_LADDER = shipped().state("acute_relief.ease").noinput


def test_what_is_remembered_and_forgotten_is_ordered_once_and_only_where_it_may_be() -> None:
    night = consenting("remember")
    assert [type(action) for action in night.actions].count(Remember) == 1
    assert night.session.slot("consent") == "yes"
    assert not [action for action in consenting("remember", "off").actions if isinstance(action, Remember)]
    for do, what in (("forget_tonight", "tonight"), ("forget_all", "all"), ("stop_remembering", "consent")):
        night = consenting(do, "yes")
        assert [action.what for action in night.actions if isinstance(action, Forget)] == [what]
        assert night.session.slot("consent") == "no"


def test_what_the_history_knows_comes_with_the_wake_phrase() -> None:
    night = Rehearsal().send(Woken("start_cramp", facts=(("often", "yes"), ("week", "many"), ("nothing", "1"))))
    assert night.session.slot("often") == "yes"
    assert night.session.slot("week") == Session.fresh(shipped()).slot("week") == "0"


def test_a_new_cramp_is_asked_about_anew() -> None:
    night = at(
        State("next", ask=("Again?",), on={"yes": (Edge("stay", do="new_cramp"),)}, noinput=_LADDER, nomatch=_LADDER)
    )
    night.session = night.session.with_slot("holds", "3").with_answer("NUMB", "S").with_answer("COLD", Answer.NO)
    night.send(Heard(night.session.turn, "yes", "yes"))
    assert {answer for _, answer in night.session.screen} == {Answer.OPEN}
    assert night.session.slot("holds") == "0"
    assert night.session.level.name == "S"


def test_the_words_gone_do_not_take_back_a_yes() -> None:
    night = Rehearsal().wake("cramp").say("no").hear_out()
    alarmed = night.session.with_answer("STILL", Answer.YES_U)  # no conversation comes there: the engine keeps it still
    after, _ = step(shipped(), alarmed, Heard(alarmed.turn, "gone", "gone"), night.now)
    assert after.answer("STILL") == Answer.YES_U


def test_ten_minutes_interrupt_a_timer_only_where_they_may() -> None:
    night = at(TIMER)
    night.session = night.session._replace(clock_at=night.now, wait_until=night.now + 900.0)
    night.send(TimePassed())
    assert night.state == "settings.warm"
