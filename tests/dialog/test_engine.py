"""Nights, typed: who says what when, and where that leads."""

from __future__ import annotations

import pytest

from tests.dialog.support import Rehearsal, asked, shipped
from voice_skill.dialog.actions import Sleep, StopSpeaking
from voice_skill.dialog.builtins import PAUSE_SECONDS
from voice_skill.dialog.engine import LONGEST_UTTERANCE, NOISE_PATIENCE
from voice_skill.dialog.events import Heard, NotUnderstood, SpeechFinished, SpeechStarted, TimePassed, UserSpoke
from voice_skill.dialog.model import Answer, Level
from voice_skill.dialog.move import SPEECH_WATCHDOG
from voice_skill.dialog.session import Phase


def gate() -> Rehearsal:
    """The gate question has been asked."""
    return Rehearsal().wake("cramp").hear_out()


def in_hold() -> Rehearsal:
    """Five seconds into the first hold."""
    night = gate().say("no", "bed").hear_out()
    return night.wait(8.0)


# -- the beginning


def test_a_first_breath_that_says_it_all_gets_relief_and_the_gate_question_in_one_turn() -> None:
    night = Rehearsal().wake("cramp")
    assert night.last == (
        "I'm here. Breathe out. Let that leg straighten, slowly. Any chest pain, or trouble breathing?"
    )
    assert night.asking == "CHEST"


def test_the_wake_phrase_alone_is_asked_back() -> None:
    assert Rehearsal().wake().last == "I'm here. Is it a cramp?"


def test_danger_in_the_first_breath_needs_no_cramp() -> None:
    night = Rehearsal().wake("i can't breathe")
    assert night.state == "emergency.start"
    assert night.last.startswith("Call nine nine nine now.")


def test_asleep_nothing_but_the_wake_phrase_matters() -> None:
    night = Rehearsal()
    for event in (Heard(0, "stop", "stop"), TimePassed(), NotUnderstood(0), UserSpoke(0), SpeechFinished(0)):
        assert night.send(event).actions == ()
        assert night.session.asleep


def test_silence_at_the_gate_leaves_it_open_and_relief_goes_on() -> None:
    night = gate().silence()
    assert night.state == "acute_relief.where"
    assert night.session.answer("CHEST") == Answer.ASKED_ONCE
    assert night.said[-3:] == [
        "If your chest hurts or you can't breathe, call nine nine nine.",
        "I'll go on gently.",
        "Lying, sitting, or standing?",
    ]


def test_the_gate_question_is_put_again_after_the_first_hold() -> None:
    night = gate().silence().say("bed").hold().hear_out().say("better").hear_out()
    assert night.asking == "CHEST"
    asking = night.session.at.asking
    assert asking is not None
    assert asking.asks == 2


def test_after_sport_injury_is_asked_before_the_first_hold() -> None:
    night = Rehearsal().wake("i pulled my hamstring").say("no").hear_out()
    assert night.asking == "INJURY"
    assert night.say("yes").state == "urgent_advice.start"


# -- turns


def test_a_late_answer_is_none() -> None:
    night = gate()
    turn = night.session.turn
    night.say("no").send(Heard(turn, "place_bed", "bed"))
    assert night.actions == ()
    assert night.state == "acute_relief.where"


def test_a_late_no_never_answers_the_next_question() -> None:
    night = asked("COLD")
    turn = night.session.turn
    night.say("no").hear_out()
    assert night.asking == "NUMB"
    night.send(Heard(turn, "no", "no"))
    assert night.asking == "NUMB"


@pytest.mark.parametrize(("intent", "state"), [("stop", "wind_down.stop_net"), ("danger.chest", "emergency.start")])
def test_a_late_command_counts(intent: str, state: str) -> None:
    night = gate()
    turn = night.session.turn
    night.say("no").send(Heard(turn, intent, ""))
    assert night.state == state


def test_the_end_of_a_prompt_that_was_cut_is_not_the_end_of_the_next() -> None:
    night = Rehearsal().wake("cramp")
    turn = night.session.turn
    night.interrupt("slower").send(SpeechFinished(turn))
    assert night.session.talking
    assert night.session.at.phase is Phase.SPEAKING


def test_a_beginning_changes_nothing() -> None:
    night = Rehearsal().wake("cramp")
    before = night.session
    assert night.send(SpeechStarted(before.turn)).session == before


def test_what_means_nothing_here_is_no_answer() -> None:
    night = gate().interrupt("purple elephants")
    assert night.asking == "CHEST"
    assert night.last.startswith("I heard you, but didn't understand.")
    assert night.session.answer("CHEST") == Answer.OPEN


# -- barge-in


def test_speaking_over_a_prompt_cuts_it() -> None:
    night = gate().say("no").interrupt("bed")
    assert night.actions[0] == StopSpeaking()
    assert night.state == "acute_relief.bed"


@pytest.mark.parametrize("text", ["okay", "go on"])
def test_okay_does_not_begin_a_prompt_again(text: str) -> None:
    night = gate().say("no", "bed")
    while night.state != "acute_relief.hold":
        night.wait(0.5)
    assert night.session.talking
    assert night.interrupt(text).actions == ()


def test_while_charley_leads_up_to_a_question_no_answer_to_it_is_heard() -> None:
    listening = Rehearsal().wake("cramp").listening
    assert "no" in listening.intents
    assert not {"no", "yes", "decline"} & set(listening.early)
    assert {"stop", "pause", "hurts", *shipped().dangers} <= set(listening.early)


def test_the_emergency_line_is_cut_by_danger_stop_and_i_called_alone() -> None:
    listening = Rehearsal().wake("chest pain").listening
    assert set(listening.early) == {*shipped().dangers, "stop", "called"}


# -- silence, noise, and time


def test_a_question_is_put_three_times_and_then_a_safe_way_is_taken() -> None:
    night = gate().say("no").hear_out()
    night.silence()
    assert night.last == "Lying, sitting, or standing?"
    night.silence()
    assert night.state == "acute_relief.hold"
    assert "I'll take it you're lying down." in night.said


def test_words_that_are_not_understood_have_a_ladder_of_their_own() -> None:
    night = gate().say("no", "purple")
    assert night.last == "Sorry? Lying, sitting, or standing?"
    assert night.say("purple").last == "Say bed, chair, or standing."
    assert night.say("purple").state == "acute_relief.bed"


def test_help_without_an_answer_is_taken_both_ways() -> None:
    night = gate().say("help").hear_out()
    assert night.wait(4.0).last.startswith("In an emergency, call nine nine nine.")


def test_a_groan_is_presence_and_no_answer() -> None:
    night = gate().wait(6.0).groan()
    assert night.session.wait_until == night.now + NOISE_PATIENCE
    assert night.actions == ()


def test_who_speaks_is_not_interrupted_by_the_clock_of_silence() -> None:
    night = gate().wait(7.0).send(UserSpoke(1))
    assert night.session.wait_until == night.now + LONGEST_UTTERANCE


def test_ow_at_a_question_is_no_answer() -> None:
    night = asked("COLD").interrupt("ow")
    assert night.actions == ()
    assert night.asking == "COLD"


def test_a_prompt_whose_end_was_lost_counts_as_over() -> None:
    night = Rehearsal(sentence=1000.0).wake("cramp")
    night.wait(SPEECH_WATCHDOG - 0.5)
    assert night.session.at.phase is Phase.SPEAKING
    assert night.wait(1.0).session.at.phase is Phase.LISTENING


def test_hang_on_waits_and_asks_three_times() -> None:
    night = gate().say("hang on").hear_out()
    asked_at = night.now
    night.wait(PAUSE_SECONDS + 0.1)
    assert night.last == "Still here. Ready?"
    assert night.now - asked_at == pytest.approx(PAUSE_SECONDS + 0.1)
    night.say("no").hear_out().say("yes")
    assert night.last == "Any chest pain, or trouble breathing?"


def test_a_pause_is_no_answer_to_the_question() -> None:
    night = gate().say("hang on", "yes")
    assert night.session.answer("CHEST") == Answer.OPEN


def test_what_a_pause_cut_off_is_said_again() -> None:
    night = gate().say("no", "bed").interrupt("hang on").hear_out().interrupt("go on")
    assert night.last.startswith("Stay lying.")


def test_a_question_in_a_pause_does_not_end_it() -> None:
    night = gate().say("hang on", "louder")
    assert night.session.at.phase is Phase.PAUSED
    night.say("help", "using you")
    while night.state.startswith("help"):
        night.wait(0.5)
    assert night.session.at.phase is Phase.PAUSED
    assert night.last == "Still here. Ready?"


# -- the ten-minute clock


def test_after_ten_minutes_the_grip_is_asked_about() -> None:
    night = gate().say("no")
    while "It's been ten minutes." not in night.said:
        night.wait(1.0)
    assert 600.0 <= night.now < 640.0
    assert night.asking == "STILL"


@pytest.mark.parametrize("texts", [("yes",), ("not sure", "not sure"), ("skip",), ()])
def test_only_no_gets_past_ten_minutes_without_advice(texts: tuple[str, ...]) -> None:
    night = clock_rings()
    if texts:
        night.say(*texts)
    else:
        night.silence(3)
    assert night.session.level is Level.U
    assert night.session.stack[0].state.startswith("urgent_advice.")


def clock_rings() -> Rehearsal:
    """The ten-minute question has been asked."""
    night = gate().say("no", "bed").hold().hear_out().say("no")
    night.deny(lambda night: night.state == "acute_relief.still_ask").say("still there")
    while night.asking != "STILL":
        night.hear_out().wait(1.0)
        if night.state == "acute_relief.still_ask" and night.session.at.phase is Phase.LISTENING:
            night.interrupt("still there")
    return night.hear_out()


def test_a_no_at_ten_minutes_closes_the_screen() -> None:
    night = clock_rings().say("no").hear_out()
    assert night.state in ("aftercare.offer", "red_flag_screen.clear")
    assert "Nothing you told me sounds like an emergency." in night.said


def test_help_does_not_make_the_ten_minutes_forgotten() -> None:
    night = clock_rings().say("help", "using you")
    while night.asking != "STILL":
        night.wait(0.5)
    assert night.last == "Is it still gripping?"


def test_who_never_answers_is_sent_to_advice_after_ten_minutes_and_left_in_peace() -> None:
    night = Rehearsal().wake("cramp")
    night.wait(1500.0)
    assert night.slept
    assert len(night.notes("hold_started")) == 1
    assert "It's been ten minutes." in night.said
    assert "Please ring one one one now, even at night." in night.said


def test_the_clock_is_set_anew_by_a_false_alarm() -> None:
    night = clock_rings().say("chest pain", "false alarm", "no").hear_out()
    night.wait(600.0)
    assert night.said.count("It's been ten minutes.") == 2
    assert night.slept


# -- the end


def test_a_whole_good_night() -> None:
    night = gate().say("no", "bed").hold().hear_out().say("gone")
    night.deny(lambda night: night.state == "aftercare.offer")
    assert night.session.level is Level.NONE
    assert "Nothing you told me sounds like an emergency." in night.said
    night.say("sleep", "no").hear_out().hold().hear_out()
    assert night.slept
    assert isinstance(night.log[-1][1], Sleep)


@pytest.mark.parametrize("text", ["goodnight", "stop"])
def test_what_is_open_is_closed_with_its_net_before_the_end(text: str) -> None:
    night = gate().say(text)
    if text == "goodnight":
        night.say("no")
    assert "We skipped some checks." in night.said
    night.hear_out()
    unsettled = [id for id, question in shipped().questions.items() if question.core]
    assert {night.session.answer(id) for id in unsettled} == {Answer.UNANSWERED}


@pytest.mark.parametrize("text", ["goodnight", "stop"])
def test_said_twice_it_is_the_end(text: str) -> None:
    night = gate().say(text).interrupt(text)
    for _ in range(3):
        if not night.session.asleep:
            night.interrupt(text)
    assert night.slept


def test_a_new_wake_begins_anew_and_keeps_the_voice_and_the_country() -> None:
    night = gate().say("louder").say("stop").hear_out().wait(20.0)
    assert night.session.asleep
    gain = night.session.voice.gain_db
    night.wake("cramp")
    assert night.session.answer("CHEST") == Answer.OPEN
    assert night.session.voice.gain_db == gain > 0
    assert night.session.region == "GB"
    assert night.session.turn > 1
