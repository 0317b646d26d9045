"""A typed night goes as a spoken one would, at the same seconds."""

from __future__ import annotations

from functools import cache

import pytest

from voice_skill.dialog.model import Dialogs
from voice_skill.loading import load_dialogs
from voice_skill.rehearsal.night import Night, RehearsalError
from voice_skill.rehearsal.script import read_lines


@cache
def shipped() -> Dialogs:
    return load_dialogs()


def night(*lines: str, region: str = "GB") -> Night:
    """A night up to the end of these lines."""
    typed = Night(shipped(), region=region)
    for _, act in read_lines(lines, "lines"):
        typed.do(act)
    return typed


IN_HOLD = ("hey charley my leg is cramping", "no", "in bed")


def said(typed: Night) -> list[str]:
    return [one.text for one in typed.sounded]


def test_asleep_only_the_wake_phrase_is_heard() -> None:
    typed = night("my leg is cramping")
    assert typed.where == "asleep"
    assert said(typed) == []


def test_the_cues_of_a_hold_sound_at_their_seconds() -> None:
    typed = night(*IN_HOLD, ":hold")
    times = {one.text: one.at for one in typed.sounded}
    tone = 0.5  # the tone comes first, and a moment's pause
    zero = times["Halfway."] - 15
    assert times["Hold."] - zero == pytest.approx(0, abs=tone)
    for cue, second in (("Five.", 25), ("Four.", 26), ("One.", 29)):
        assert times[cue] - zero == pytest.approx(second, abs=0.01)


def test_a_sentence_takes_as_long_as_its_words() -> None:
    typed = night("hey charley my leg is cramping")
    typed.hear_out()
    here, breathe = typed.sounded[:2]
    assert (here.text, breathe.text) == ("I'm here.", "Breathe out.")
    assert breathe.at - here.at == pytest.approx(2 * 60 / 150 + 0.35, abs=0.01)


def test_free_text_is_not_understood() -> None:
    typed = night("hey charley my leg is cramping", "the cat sat on the mat")
    typed.hear_out()
    assert typed.where == "acute_relief.greet"
    assert typed.session.answer("CHEST") == "open"
    assert "I heard you, but didn't understand." in said(typed)


def test_a_groan_is_no_answer() -> None:
    typed = night("hey charley my leg is cramping", ":groan")
    typed.hear_out()
    assert typed.session.answer("CHEST") == "open"
    assert "I heard you, but didn't understand." not in said(typed)


def test_silence_lasts_until_charley_has_waited_long_enough() -> None:
    typed = night(*IN_HOLD[:2])
    typed.hear_out()
    before = typed.now
    for _, act in read_lines([":silence"], "lines"):
        typed.do(act)
    assert typed.now - before == pytest.approx(5.0, abs=0.1)
    assert typed.where == "acute_relief.where"


def test_danger_is_heard_over_charleys_voice_at_once() -> None:
    typed = night("hey charley my leg is cramping", ":interrupt my chest hurts")
    assert typed.where == "emergency.start"
    assert typed.now == 0.0


def test_an_answer_that_comes_too_early_waits_for_its_question() -> None:
    typed = night("hey charley my leg is cramping", ":interrupt no")
    assert typed.session.answer("CHEST") == "no"
    assert typed.sounded[-1].text == "Any chest pain, or trouble breathing?"


def test_ten_minutes_can_be_up_at_any_moment() -> None:
    typed = night(*IN_HOLD, ":hold", ":clock")
    typed.hear_out()
    assert "It's been ten minutes." in said(typed)
    with pytest.raises(RehearsalError, match="ten minutes"):
        typed.do(read_lines([":clock"], "lines")[0][1])


def test_no_to_all_answers_checks_and_nothing_else() -> None:
    typed = night(*IN_HOLD, ":hold", "kind of", ":no_to_all")
    typed.hear_out()
    assert typed.session.answer("COLD") == typed.session.answer("INJURY") == "no"
    assert typed.where == "acute_relief.offer_hold"


def test_after_a_restart_nothing_is_known() -> None:
    typed = night(*IN_HOLD, ":restart")
    assert typed.where == "asleep"
    typed.do(read_lines(["hey charley my leg is cramping"], "lines")[0][1])
    typed.hear_out()
    assert typed.session.answer("CHEST") == "open"


def test_the_country_may_be_changed_before_the_night_begins() -> None:
    typed = night(":region US", "hey charley my chest hurts")
    typed.hear_out()
    assert "Call nine one one now." in said(typed)
    with pytest.raises(RehearsalError, match="XX"):
        night(":region XX")


def test_a_hold_that_does_not_run_cannot_be_kept() -> None:
    with pytest.raises(RehearsalError, match=r"no hold runs in acute_relief\.greet"):
        night("hey charley my leg is cramping", ":hold")
