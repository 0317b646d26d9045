"""How Charley speaks to this person, and whose numbers it says."""

from __future__ import annotations

from typing import Any

import pytest

from tests.dialog.support import Rehearsal, asked
from voice_skill.dialog.actions import TONE, Manner, Note, Say
from voice_skill.dialog.events import Woken


def gate() -> Rehearsal:
    """The gate question has been asked."""
    return Rehearsal().wake("cramp").hear_out()


def in_hold() -> Rehearsal:
    """Five seconds into the first hold."""
    night = gate().say("no", "bed").hear_out()
    return night.wait(8.0)


# -- the voice, and the country


def manner(night: Rehearsal) -> Manner:
    """How the last turn is spoken."""
    return next(action for _, action in reversed(night.log) if isinstance(action, Say)).manner


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("slower", Manner(rate=128)),
        ("faster", Manner(rate=176)),
        ("louder", Manner(gain_db=6.0)),
        ("quieter", Manner(gain_db=-6.0)),
        ("whisper", Manner(rate=130, gain_db=-4.4, whisper=True)),
    ],
)
def test_a_wish_about_the_voice_is_met_at_once_and_kept(text: str, expected: Manner) -> None:
    night = gate().say(text)
    assert manner(night) == expected
    assert night.last.endswith("Any chest pain, or trouble breathing?")
    assert manner(night.say("no")) == expected


def test_there_is_a_limit_to_every_wish() -> None:
    night = gate()
    for _ in range(6):
        night.say("slower", "louder")
    assert (manner(night).rate, manner(night).gain_db) == (115, 12.0)


def test_asking_again_slows_down() -> None:
    assert manner(gate().say("pardon")).rate == 128


def test_a_whisper_ends_for_the_emergency_line() -> None:
    spoken = manner(gate().say("whisper", "chest pain"))
    assert (spoken.whisper, spoken.loud, spoken.gain_db) == (False, True, 0.0)


def test_a_normal_voice_ends_a_whisper() -> None:
    assert manner(gate().say("whisper", "normal voice")) == Manner()


def called(**how: Any) -> Rehearsal:
    """Woken by a call of that kind, and the gate question asked."""
    return Rehearsal().send(Woken("start_cramp", **how)).hear_out()


def test_a_soft_call_is_answered_softly_and_the_next_one_as_it_is_called() -> None:
    night = called(softer_db=-12.0)
    assert manner(night) == Manner(gain_db=-12.0)
    assert manner(night.say("louder")) == Manner(gain_db=-6.0)
    night.say("goodnight", "no").hear_out().wait(600.0)
    assert night.session.asleep
    assert manner(night.send(Woken("start_cramp"))) == Manner(gain_db=6.0)


def test_a_whispered_call_is_answered_in_a_whisper_till_one_is_asked_to_speak_up() -> None:
    night = called(softer_db=-15.0, whispered=True)
    assert manner(night) == Manner(rate=130, gain_db=-15.0, whisper=True)
    assert manner(night.say("normal voice")) == Manner()
    assert not manner(called(softer_db=-15.0, whispered=True).say("louder")).whisper


def test_a_whispered_call_leaves_the_emergency_line_as_loud_as_ever() -> None:
    spoken = manner(called(softer_db=-18.0, whispered=True).say("chest pain"))
    assert (spoken.whisper, spoken.loud, spoken.gain_db) == (False, True, 0.0)


def test_a_whispered_call_has_no_tone_in_its_hold() -> None:
    night = called(whispered=True).say("no", "bed").hear_out().wait(8.0)
    assert "hold_started" in [action.kind for _, action in night.log if isinstance(action, Note)]
    assert not [action for _, action in night.log if isinstance(action, Say) and TONE in action.sentences]


def test_the_wind_down_is_slower_and_softer() -> None:
    night = gate().say("goodnight", "no").hear_out()
    assert (manner(night).rate, manner(night).gain_db) == (130, -2.0)


def test_the_country_is_confirmed_and_its_number_spoken() -> None:
    night = Rehearsal("unknown").wake("cramp").say("settings", "new zealand")
    assert night.last.startswith("For tonight, the number to call is one one one.")
    night.say("yes")
    assert night.last.endswith("Any chest pain, or trouble breathing?")
    assert night.say("chest pain").last.startswith("Call one one one now.")


@pytest.mark.parametrize("texts", [("not sure",), ("new zealand", "purple", "purple", "purple")])
def test_an_unknown_country_is_never_guessed(texts: tuple[str, ...]) -> None:
    night = Rehearsal("GB").wake("cramp").say("settings", *texts)
    assert night.session.region == "unknown"
    assert "Then I'll say your local emergency number." in night.said


@pytest.mark.parametrize("texts", [("skip",), ("purple", "purple", "purple")])
def test_a_country_that_is_set_stays_when_no_other_is_named(texts: tuple[str, ...]) -> None:
    night = Rehearsal("GB").wake("cramp").say("settings", *texts)
    assert night.session.region == "GB"
    assert "I'll leave it as it is." in night.said


def test_the_record_names_states_answers_and_levels() -> None:
    night = asked("COLD").say("yes")
    assert {"question": "COLD", "answer": "yes"} in night.notes("screen_answer")
    assert night.notes("level") == [{"level": "E"}]
    assert night.notes("state")[-1] == {"state": "emergency.start"}
    assert isinstance(next(action for _, action in night.log), Note)


def test_woken_with_words_that_mean_nothing_is_woken() -> None:
    assert Rehearsal().send(Woken("", "mumble")).state == "acute_relief.wake"
