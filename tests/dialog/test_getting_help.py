"""Getting help: danger from everywhere, the emergency, advice today, and signs that nobody asked for."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise

import pytest

from tests.dialog.support import Rehearsal, asked, shipped
from voice_skill.dialog.actions import Say
from voice_skill.dialog.events import Heard
from voice_skill.dialog.model import Answer, Level


def gate() -> Rehearsal:
    """The gate question has been asked."""
    return Rehearsal().wake("cramp").hear_out()


def in_hold() -> Rehearsal:
    """Five seconds into the first hold."""
    night = gate().say("no", "bed").hear_out()
    return night.wait(8.0)


# -- danger everywhere

PLACES: dict[str, Callable[[], Rehearsal]] = {
    "wake": lambda: Rehearsal().wake(),
    "gate": gate,
    "gate, speaking": lambda: Rehearsal().wake("cramp"),
    "where": lambda: gate().say("no"),
    "paused": lambda: gate().say("hang on"),
    "hold": in_hold,
    "hold, paused": lambda: in_hold().interrupt("hang on"),
    "hold, help": lambda: in_hold().interrupt("help"),
    "settings": lambda: gate().say("settings"),
    "settings, help": lambda: gate().say("settings", "help"),
    "sign": lambda: gate().say("no", "my leg is cold"),
    "emergency": lambda: Rehearsal().wake("i fell"),
    "emergency, called": lambda: Rehearsal().wake("i fell").say("i called"),
    "emergency, recheck": lambda: Rehearsal().wake("i fell").say("false alarm"),
    "advice": lambda: asked("INJURY").say("yes"),
    "goodnight": lambda: gate().say("goodnight"),
    "wind-down": lambda: gate().say("goodnight", "no").wait(30.0),
}


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("text", ["i can't breathe", "help me"])
def test_danger_leads_to_help_from_everywhere_in_one_step(place: str, text: str) -> None:
    night = PLACES[place]()
    night.interrupt(text)
    assert night.state == "emergency.start"
    assert night.session.level is Level.E
    says = [action for action in night.actions if isinstance(action, Say)]
    assert says[0].sentences[0] == "Call nine nine nine now."
    assert says[0].manner.loud
    assert len(night.session.stack) == 1


@pytest.mark.parametrize("intent", shipped().dangers)
def test_every_danger_is_named_to_whoever_is_called(intent: str) -> None:
    danger = shipped().dangers[intent]
    night = Rehearsal().wake(shipped().phrases[intent][0])
    assert set(danger.say) <= set(night.said)
    night.say("repeat")
    assert night.last.endswith(f"and {danger.flag}.")
    assert night.session.answer(danger.question) == Answer.YES_E


# -- emergency


def test_help_is_urged_four_times_and_then_once_a_minute() -> None:
    night = Rehearsal().wake("chest pain").wait(300.0)
    urged = [now for now, action in night.log if isinstance(action, Say) and action.sentences[-1] == "I'm here."]
    gaps = [round(later - now) for now, later in pairwise(urged)]
    assert gaps[:3] == [21, 21, 21]
    assert set(gaps[4:]) == {66}


def test_i_called_ends_the_urging() -> None:
    night = Rehearsal().wake("chest pain").say("i called").hear_out()
    assert night.state == "emergency.waiting_for_help"


def test_i_called_said_at_the_end_of_a_prompt_ends_the_urging_too() -> None:
    night = Rehearsal().wake("chest pain").hear_out().wait(4.0)
    assert night.state == "emergency.only_a_voice"
    turn = night.session.turn
    night.hear_out()
    assert night.state == "emergency.waiting"
    night.send(Heard(turn, "called", "i called")).hear_out()
    assert night.state == "emergency.waiting_for_help"
    said = len(night.said)
    night.wait(200.0)
    assert not any("Call" in text for text in night.said[said:])


def test_a_false_alarm_needs_a_no_to_the_chest_and_to_the_sign() -> None:
    night = Rehearsal().wake("my leg is numb").say("false alarm", "no").hear_out()
    assert night.asking == "NUMB"
    night.say("no").hear_out()
    assert night.state == "acute_relief.ease"
    assert night.session.level is Level.NONE


@pytest.mark.parametrize("texts", [("yes",), ("no", "skip"), ("no", "not sure", "not sure"), ("no", "yes", "no", "no")])
def test_a_false_alarm_is_not_made_by_anything_else(texts: tuple[str, ...]) -> None:
    night = Rehearsal().wake("my leg is numb").say("false alarm", *texts)
    assert night.state.startswith("emergency.")
    assert night.session.level is Level.E


def test_a_milder_yes_does_not_lower_an_emergency() -> None:
    night = Rehearsal().wake("i fell").say("false alarm", "no", "yes")
    assert night.state == "emergency.start"
    assert night.session.level is Level.E


def test_silence_does_not_make_a_false_alarm() -> None:
    night = Rehearsal().wake("my leg is numb").say("false alarm").silence(3)
    assert night.state.startswith("emergency.")


def test_two_alarms_are_both_asked_about() -> None:
    night = Rehearsal().wake("my leg is numb").say("chest pain", "false alarm", "no").hear_out()
    assert night.asking == "NUMB"
    assert night.say("no").hear_out().state == "acute_relief.ease"


def test_a_false_alarm_asks_everything_anew() -> None:
    night = asked("MOVE").say("i fell", "false alarm", "no", "no").hear_out()
    assert night.session.answer("COLD") == Answer.OPEN
    assert night.session.slot("holds") == "1", "the hold was held all the same"


def test_a_false_alarm_keeps_advice_that_was_earned_before() -> None:
    night = asked("INJURY").say("yes", "chest pain", "false alarm", "no").hear_out()
    assert night.state.startswith("urgent_advice.")
    assert night.session.level is Level.U


def test_waiting_for_help_goes_on_after_a_question() -> None:
    night = Rehearsal().wake("chest pain").say("i called").hear_out()
    night.say("help", "using you").hear_out()
    while night.state != "emergency.waiting_for_help":
        night.wait(1.0)
    assert night.hear_out().session.wait_until is not None


@pytest.mark.parametrize("text", ["stop", "goodnight", "no i said no"])
def test_help_on_top_of_an_emergency_leads_nowhere_milder(text: str) -> None:
    night = Rehearsal().wake("chest pain").hear_out().say("help").say(text)
    assert night.state.startswith("emergency.")


def test_stop_is_honoured_with_the_advice() -> None:
    night = Rehearsal().wake("chest pain").interrupt("stop")
    assert night.last.startswith("Stopping. My advice is the same: call nine nine nine.")
    assert night.hear_out().slept


# -- advice today


def test_advice_asks_what_could_make_it_worse_and_says_how_to_explain_it() -> None:
    night = asked("INJURY").say("yes").hear_out()
    assert night.asking == "SADDLE"
    night.deny(lambda night: night.state == "urgent_advice.offer_again")
    assert "Say: leg pain, and a fall or a pop." in night.said
    assert night.say("no").hear_out().slept


def test_stop_ends_advice() -> None:
    night = asked("INJURY").say("yes").hear_out().interrupt("stop")
    assert night.state == "urgent_advice.restate"
    night.interrupt("stop").hear_out()
    assert night.slept


def test_what_is_wrong_can_be_corrected_by_a_no_to_that_very_question() -> None:
    night = asked("INJURY").say("yes", "i said no")
    assert night.asking == "INJURY"
    night.say("no")
    assert night.session.level is Level.NONE
    assert "Okay, noted as no." in night.said
    assert night.session.flag == ""


def test_a_correction_that_is_not_answered_corrects_nothing() -> None:
    night = asked("INJURY").say("yes", "i said no").silence(3)
    assert night.session.level is Level.U
    assert night.session.answer("INJURY") == Answer.YES_U


def test_a_correction_with_nothing_to_correct_puts_the_question_again() -> None:
    night = asked("INJURY").say("i said no")
    assert night.last == "Did you fall, or feel something pop?"


# -- signs that nobody asked for


def test_a_named_sign_is_asked_about_and_then_it_goes_on() -> None:
    night = gate().say("no", "my leg is cold")
    assert night.last == "Let me check that. Touch both feet. Is the sore side much colder?"
    night.say("no")
    assert night.last == "Lying, sitting, or standing?"
    assert night.session.answer("COLD") == Answer.NO


def test_a_named_sign_without_an_answer_is_for_today() -> None:
    night = gate().say("no", "my leg is cold").silence(3)
    assert night.session.level is Level.U
    assert night.session.stack[0].state.startswith("urgent_advice.")


def test_the_sign_that_is_asked_about_is_the_answer() -> None:
    night = asked("COLD").say("my foot is cold")
    assert night.state == "emergency.start"
