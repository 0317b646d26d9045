"""Every answer to every wording of a red-flag question, against the table of clinical.md 2.4."""

from __future__ import annotations

from itertools import product

import pytest

from tests.dialog.support import asked, shipped
from voice_skill.dialog.model import Answer, Level, Question, Step
from voice_skill.dialog.screen import CLASSES, MAX_ASKS, MAX_REPEATS, Verdict, body, reply, wording
from voice_skill.dialog.session import Asking

HEARD = (*CLASSES, "silence", "nomatch")
STEPS = ("ask", "plain", "mixed", "different", "assist", "followup")
QUESTIONS = shipped().questions
LINES = shipped().lines
SWELL, CHEST, NUMB, SKIN = (QUESTIONS[id] for id in ("SWELL", "CHEST", "NUMB", "SKIN"))


def asking(question: Question, step: str, asks: int = 1, part: int = 0) -> Asking:
    """A question in one of its wordings, as it comes to be there."""
    doubt = step != "ask"
    return Asking(question.id, asks, step, part, doubt, mixed=step == "mixed", assisted=step == "assist")


# what the first answer to the bare question leads to: a wording, or a verdict
TABLE = {
    "yes": Answer.YES_U,
    "partial": Answer.YES_U,
    "no": Answer.NO,
    "soft_no": "plain",
    "chronic": "different",
    "mixed": "mixed",
    "unsure": "assist",
    "repeat": "ask",
    "decline": Answer.DECLINED,
    "silence": "ask",
    "nomatch": "ask",
}


@pytest.mark.parametrize("heard", HEARD)
def test_the_first_answer(heard: str) -> None:
    outcome = reply(SWELL, Asking("SWELL"), heard)
    assert (outcome.answer if isinstance(outcome, Verdict) else outcome.step) == TABLE[heard]


# the closer wordings, asked the first time: wording → heard → verdict, or the wording that follows
CLOSER = {
    "plain": dict.fromkeys(("soft_no", "mixed", "unsure"), "assist") | {"no": "no", "yes": "U", "chronic": "different"},
    "mixed": dict.fromkeys(("soft_no", "mixed", "unsure"), "assist") | {"no": "no", "yes": "U", "chronic": "different"},
    "different": {"no": "no", "yes": "U", "partial": "U", "unsure": "U", "soft_no": "U", "mixed": "U", "chronic": "U"},
    "assist": {"no": "no", "yes": "U", "partial": "U", "unsure": "U", "soft_no": "plain", "mixed": "plain"},
}


@pytest.mark.parametrize(("step", "heard"), [(step, heard) for step, table in CLOSER.items() for heard in table])
def test_an_answer_to_a_closer_wording(step: str, heard: str) -> None:
    outcome = reply(SWELL, asking(SWELL, step), heard)
    assert (outcome.answer if isinstance(outcome, Verdict) else outcome.step) == CLOSER[step][heard]


@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize("heard", HEARD)
def test_nothing_but_no_clears_and_nothing_is_put_a_fourth_time(step: str, heard: str) -> None:
    for question, asks in product((SWELL, NUMB, SKIN, QUESTIONS["NOW"]), (1, 2, 3)):
        if (step == "assist" and not question.assist) or (step == "followup" and not question.followup):
            continue
        outcome = reply(question, asking(question, step, asks), heard)
        if isinstance(outcome, Asking):
            assert outcome.asks <= MAX_ASKS
            assert body(question, outcome, LINES)
            assert wording(question, outcome, heard, LINES, stepped=True)
            continue
        if heard != "no":
            assert outcome.answer != Answer.NO
        if step == "followup":
            assert outcome.answer in Answer.YES, "the answer was yes before"


@pytest.mark.parametrize("question", [*QUESTIONS.values()], ids=lambda question: question.id)
def test_no_series_of_answers_without_a_no_clears_a_question_or_goes_on_for_ever(question: Question) -> None:
    others = tuple(heard for heard in HEARD if heard != "no")
    seen = {Asking(question.id)}
    waiting = list(seen)
    while waiting:
        standing = waiting.pop()
        for heard in others:
            outcome = reply(question, standing, heard)
            if isinstance(outcome, Verdict):
                assert outcome.answer != Answer.NO
            elif outcome not in seen:
                seen.add(outcome)
                waiting.append(outcome)
                assert len(seen) < 5000
    assert all(standing.asks <= MAX_ASKS and standing.repeats <= MAX_REPEATS for standing in seen)


@pytest.mark.parametrize("heard", ["silence", "nomatch"])
def test_silence_is_asked_again_twice_and_then_stays_unanswered(heard: str) -> None:
    first = reply(SWELL, Asking("SWELL"), heard)
    assert isinstance(first, Asking)
    assert wording(SWELL, first, heard, LINES, stepped=False) == (*LINES[f"{heard}_first"], *SWELL.ask)
    second = reply(SWELL, first, heard)
    assert isinstance(second, Asking)
    assert wording(SWELL, second, heard, LINES, stepped=False) == (*LINES[f"{heard}_last"], *SWELL.ask)
    assert reply(SWELL, second, heard) == Verdict(Answer.UNANSWERED, "unanswered", SWELL.net)


def test_silence_after_a_doubt_counts_as_doubt() -> None:
    assert reply(SWELL, asking(SWELL, "plain", asks=3), "silence") == Verdict(Answer.YES_U, "unsure", SWELL.on_yes)


def test_a_question_may_be_heard_again_three_times_then_in_other_words_then_it_counts() -> None:
    standing = Asking("SWELL")
    for times in (1, 2, 3):
        outcome = reply(SWELL, standing, "repeat")
        assert isinstance(outcome, Asking)
        assert (outcome.asks, outcome.repeats) == (1, times)
        expected = SWELL.other_words if times == MAX_REPEATS else SWELL.ask
        assert wording(SWELL, outcome, "repeat", LINES, stepped=False) == expected
        standing = outcome
    counted = reply(SWELL, standing, "repeat")
    assert isinstance(counted, Asking)
    assert counted.asks == 2


def test_a_second_mixed_answer_is_a_doubt() -> None:
    again = reply(SWELL, Asking("SWELL"), "mixed")
    assert isinstance(again, Asking)
    assert wording(SWELL, again, "mixed", LINES, stepped=True) == (*LINES["mixed"], *SWELL.other_words)
    doubt = reply(SWELL, again, "mixed")
    assert isinstance(doubt, Asking)
    assert doubt.step == "assist"


def test_every_assist_has_to_be_answered_no() -> None:
    second = reply(SKIN, asking(SKIN, "assist"), "no")
    assert isinstance(second, Asking)
    assert body(SKIN, second, LINES) == SKIN.assist[1].ask
    assert reply(SKIN, second, "no") == Verdict(Answer.NO, "no")
    assert reply(SKIN, second, "yes") == Verdict(Answer.YES_U, "yes", SKIN.on_yes)


def test_always_is_compared_with_tonight_and_a_no_is_kept_for_the_doctor() -> None:
    assert reply(SWELL, asking(SWELL, "different"), "no") == Verdict(Answer.NO, "no", (), also=Level.S)


@pytest.mark.parametrize(
    ("heard", "level"), [("yes", "E"), ("unsure", "E"), ("decline", "E"), ("no", ""), ("repeat", "")]
)
def test_a_followup_finds_the_level(heard: str, level: str) -> None:
    outcome = reply(NUMB, asking(NUMB, "followup"), heard)
    assert (outcome.answer if isinstance(outcome, Verdict) else "") == level


def test_tingling_that_stays_is_for_today_and_that_is_gone_is_for_the_week() -> None:
    still = asking(NUMB, "followup", part=1)
    assert [outcome.answer for heard in ("yes", "no") if isinstance(outcome := reply(NUMB, still, heard), Verdict)] == [
        "U",
        "S",
    ]


def test_a_doubt_without_an_assist_is_a_yes() -> None:
    plain = Question("Q", ("Is it?",), ("Is it so?",), Level.E, "it", ("Then go.",), ("If it is, go.",))
    assert reply(plain, Asking("Q"), "unsure") == Verdict(Answer.YES_E, "unsure", ("Then go.",))


def test_a_step_without_words_of_its_own_says_nothing_more() -> None:
    followed = Question(
        "Q", ("Is it?",), (), Level.E, "it", ("Go.",), ("If.",), followup=(Step(("Now?",), Level.U),), otherwise=Level.S
    )
    assert reply(followed, asking(followed, "followup"), "yes") == Verdict(Answer.YES_U, "yes")


# -- the table in a night

IN_A_NIGHT = [
    ("no", "no"),
    ("probably not, no", "no"),
    ("probably not, i don't know, no", "no"),
    ("i don't know, no", "no"),
    ("yeah no, no", "no"),
    ("always, no", "no"),
    ("skip", "declined"),
    ("pardon, no", "no"),
    ("yes", "U"),
    ("a bit", "U"),
    ("i don't know, i don't know", "U"),
    ("always, i don't know", "U"),
    ("yeah no, yeah no, yeah no, yeah no", "U"),
]


@pytest.mark.parametrize(("texts", "answer"), IN_A_NIGHT)
def test_answers_in_a_night(texts: str, answer: str) -> None:
    night = asked("INJURY").say(*texts.split(", "))
    assert night.session.answer("INJURY") == answer


def test_three_silences_speak_the_net_and_go_on() -> None:
    night = asked("INJURY").silence(3)
    assert night.session.answer("INJURY") == Answer.UNANSWERED
    assert "Unsure about an injury?" in night.said
    assert "I couldn't hear you, so I can't rule this out." in night.said
    assert night.session.level is Level.NONE


def test_a_yes_is_repeated_and_leads_to_help_at_once() -> None:
    night = asked("COLD").say("yes")
    assert night.state == "emergency.start"
    assert night.last.startswith("Yes, a cold leg. Call nine nine nine now.")


def test_a_doubt_at_level_u_leads_to_advice() -> None:
    night = asked("INJURY").say("not sure", "not sure")
    assert night.state == "urgent_advice.start"
    assert night.last.startswith("I can't rule that out.")


def test_a_declined_question_is_offered_again_before_goodbye() -> None:
    night = asked("INJURY").say("skip").deny(lambda night: night.state == "red_flag_screen.offer")
    night.say("yes").hear_out()
    assert night.asking == "INJURY"
