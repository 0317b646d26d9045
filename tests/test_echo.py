"""What may be Charley's own voice, and what cannot be."""

from __future__ import annotations

import pytest

from voice_skill.ear import Noise, PhraseHeard, Result, SpeechOpened, SpeechUnclear, WakeHeard
from voice_skill.echo import TAIL_SECONDS, EchoGate
from voice_skill.nlu.understanding import Reason

QUESTION = "Any chest pain, or trouble breathing?"


def heard(text: str, intent: str, began: float, at: float) -> PhraseHeard:
    return PhraseHeard(at, began, at, turn=1, text=text, intent=intent, confidence=1.0)


def spoken(text: str, start: float, end: float, *, words: bool = True) -> EchoGate:
    """A gate in a room where `text` sounded from `start` to `end`."""
    gate = EchoGate(words=words)
    gate.began(text, start)
    gate.ended(end)
    return gate


@pytest.mark.parametrize(
    ("result", "passes"),
    [
        (heard("chest pain", "danger.chest", 11, 12), False),  # the very words
        (heard("trouble breathing", "danger.breath", 11, 12), False),
        (heard("my chest hurts", "danger.chest", 11, 12), True),  # danger in other words
        (heard("that hurts", "hurts", 11, 12), True),
        (heard("stop", "stop", 11, 12), True),
        (heard("hang on", "pause", 11, 12), True),
        (heard("no", "no", 11, 12), False),  # an answer can wait
        (SpeechOpened(11, turn=1), False),
        (SpeechUnclear(12, 11, 12, 1, "[unk]", Reason.UNKNOWN), False),
        (Noise(12, 11, 12, 1, ""), False),
        (WakeHeard(12, 11, 1.0, "hey charley"), True),
    ],
    ids=lambda value: getattr(value, "text", type(value).__name__),
)
def test_while_charley_speaks_only_urgent_words_pass_that_it_is_not_saying(result: Result, passes: bool) -> None:
    sounding = EchoGate(words=True)
    sounding.began(QUESTION, 10)
    assert sounding.passes(result) is passes
    assert spoken(QUESTION, 10, 13).passes(result) is passes  # judged when it is over, begun when it was not


def test_with_words_off_nothing_passes_while_charley_speaks() -> None:
    gate = spoken(QUESTION, 10, 13, words=False)
    assert not gate.passes(heard("that hurts", "hurts", 11, 12))
    assert gate.passes(heard("that hurts", "hurts", 14, 15))


def test_before_it_speaks_and_after_the_tail_everything_passes() -> None:
    gate = spoken(QUESTION, 10, 13)
    assert gate.passes(heard("chest pain", "danger.chest", 8, 9.9))
    over = 13 + TAIL_SECONDS
    assert not gate.passes(heard("chest pain", "danger.chest", over - 0.01, over + 1))
    assert gate.passes(heard("chest pain", "danger.chest", over + 0.01, over + 1))


def test_words_of_several_sentences_that_sounded_meanwhile_count_together() -> None:
    gate = spoken("Stop there.", 10, 11)
    gate.began("That hurts.", 12)
    assert not gate.passes(heard("stop that", "stop", 10.5, 12.5))
    assert gate.passes(heard("stop that", "stop", 12.5, 13))


def test_the_ear_starts_afresh_once_when_the_tail_is_over() -> None:
    gate = spoken(QUESTION, 10, 13)
    over = 13 + TAIL_SECONDS
    assert [gate.reset_due(now) for now in (12.9, over - 0.01, over, over + 1)] == [False, False, True, False]


def test_not_between_two_sentences_that_follow_each_other() -> None:
    gate = spoken("I'm here.", 10, 11)
    gate.began(QUESTION, 11.1)
    assert not gate.reset_due(12)


def test_an_end_without_a_beginning_is_none() -> None:
    gate = EchoGate(words=True)
    gate.ended(5)
    assert not gate.reset_due(6)
    assert gate.passes(heard("no", "no", 4.9, 5.1))
