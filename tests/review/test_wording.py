"""How things may not be said: each rule broken once in the smallest dialogs."""

from __future__ import annotations

from dataclasses import replace

import pytest

from voice_skill.dialog.model import Dialog, Dialogs, Edge, Hold, Ladder, Region, State
from voice_skill.loading.places import Places
from voice_skill.review.grade import MIN_WORDS, grades, reading_grade
from voice_skill.review.wording import wording

NO_HOLD: Hold | None = None


def dialogs(*say: str, ask: str = "", region: str = "nine nine nine") -> Dialogs:
    state = State("start", say=say, ask=(ask,) if ask else (), then=(Edge("start"),), hold=NO_HOLD)
    if ask:
        ladder = Ladder((), (5.0,), (Edge("start"),))
        state = replace(state, noinput=ladder, nomatch=ladder, then=())
    return Dialogs(
        dialogs={"talk": Dialog("talk", "", "start", {"start": state})},
        start="talk.start",
        emergency="talk.start",
        urgent="talk.start",
        clock="talk",
        clock_seconds=600.0,
        questions={},
        locks={},
        slots={},
        universal={},
        dangers={},
        phrases={},
        lines={},
        regions={"unknown": Region("unknown", region, "one one one")},
    )


def found(made: Dialogs) -> list[str]:
    return Places().show(finding.problem for finding in wording(made))


@pytest.mark.parametrize(
    ("sentence", "fault"),
    [
        ("Don't take nothing.", "negates twice (don't … nothing)"),
        ("It's not unusual.", "negates twice"),
        ("Take two tablets.", '"two tablets" names a dose'),
        ("One small pill will do.", '"one small pill" names a dose'),
        ("Half of them, fifty percent.", '"percent" gives a percentage'),
        ("Come on, try it.", '"come on" rushes or scolds'),
        ("Try hip flexion.", '"flexion" is a clinician\'s word'),
    ],
)
def test_each_rule_is_found_when_broken(sentence: str, fault: str) -> None:
    problems = found(dialogs(sentence))
    assert len(problems) == 1
    assert problems[0].startswith("talk: states.start.say: ")
    assert fault in problems[0]


@pytest.mark.parametrize(
    "sentence",
    [
        "No heat, no ice, no rubbing.",
        "We skipped some checks, so I can't say it's clear.",
        "If you can't, wake someone.",
        "Don't lie on it.",
        "Only one that's safe for you: ask a pharmacist.",
        "Ten to fifteen minutes.",
    ],
)
def test_what_is_said_well_passes(sentence: str) -> None:
    assert found(dialogs(sentence)) == []


def test_if_and_else_in_two_sentences() -> None:
    assert "says if and else" in found(dialogs("If it hurts, stop.", "Otherwise go on."))[0]
    assert found(dialogs("If it hurts, stop.", "Go on slowly.")) == []


def test_a_question_may_not_negate() -> None:
    assert "asks with a negation" in found(dialogs(ask="Isn't it easing?"))[0]
    assert found(dialogs(ask="Is it easing?")) == []
    assert found(dialogs("Can't stand on it?", "Call {E}.")) == []  # nobody is asked here


@pytest.mark.parametrize("number", ["nine eleven", "911", "triple zero", "one hundred twelve"])
def test_telephone_numbers_go_digit_by_digit(number: str) -> None:
    problems = found(dialogs("Hello.", region=number))
    assert len(problems) == 1
    assert problems[0].startswith("regions: regions.unknown.emergency: ")


def test_a_hard_prompt_is_told_with_its_grade() -> None:
    hard = (
        "Gradually elongate the posterior musculature, maintaining comfortable respiration throughout "
        "the entire duration."
    )
    problems = Places().show(finding.problem for finding in grades(dialogs(hard)))
    assert any(problem.startswith("talk: states.start.say: ") and "years of school" in problem for problem in problems)
    easy = "Slide that heel away from you. Pull the toes to you. Hold it there for me."
    assert len(easy.split()) >= MIN_WORDS
    assert list(grades(dialogs(easy))) == []


def test_the_grade_is_that_of_the_literature() -> None:
    """The Flesch-Kincaid formula: 0.39 words a sentence, 11.8 syllables a word, less 15.59."""
    assert reading_grade("The cat sat on the mat.") == pytest.approx(0.39 * 6 + 11.8 * 1 - 15.59, abs=0.01)
