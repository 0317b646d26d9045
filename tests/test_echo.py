"""What may be Charley's own voice, and what cannot be."""

from __future__ import annotations

from array import array

import pytest

from voice_skill.audio.frame import FRAME_SAMPLES, FRAME_SECONDS, Frame
from voice_skill.ear import (
    Noise,
    PhraseHeard,
    Result,
    SpeechOpened,
    SpeechUnclear,
    SuspicionDismissed,
    UrgencySuspected,
    WakeHeard,
)
from voice_skill.echo import AFTER_SECONDS, TAIL_SECONDS, EchoGate, Passes
from voice_skill.nlu.understanding import Reason

QUESTION = "Any chest pain, or trouble breathing?"


def heard(text: str, intent: str, began: float, at: float) -> PhraseHeard:
    return PhraseHeard(at, began, at, turn=1, text=text, intent=intent, confidence=1.0)


def suspected(text: str, intent: str) -> UrgencySuspected:
    return UrgencySuspected(12, 11, 12, turn=1, text=text, intent=intent)


def spoken(text: str, start: float, end: float, passes: Passes = Passes.URGENT) -> EchoGate:
    """A gate in a room where `text` sounded from `start` to `end`."""
    gate = EchoGate(passes)
    gate.began(text, start)
    gate.ended(end)
    return gate


@pytest.mark.parametrize(
    ("result", "urgent", "cancelled"),
    [
        (heard("chest pain", "danger.chest", 11, 12), False, False),  # the very words
        (heard("trouble breathing", "danger.breath", 11, 12), False, False),
        (suspected("chest pain", "danger.chest"), False, False),
        (heard("my chest hurts", "danger.chest", 11, 12), True, True),  # danger in other words
        (heard("that hurts", "hurts", 11, 12), True, True),
        (heard("stop", "stop", 11, 12), True, True),
        (suspected("stop", "stop"), True, True),
        (SuspicionDismissed(12), True, True),
        (heard("hang on", "pause", 11, 12), True, True),
        (heard("no", "no", 11, 12), False, True),  # an answer can wait
        (SpeechOpened(11, turn=1), False, True),
        (SpeechUnclear(12, 11, 12, 1, "[unk]", Reason.UNKNOWN), False, True),
        (Noise(12, 11, 12, 1, ""), False, True),
        (WakeHeard(12, 11, 1.0, "hey charley"), True, True),
    ],
    ids=lambda value: getattr(value, "text", type(value).__name__),
)
def test_what_passes_while_charley_speaks_is_never_what_it_is_saying(
    result: Result, urgent: bool, cancelled: bool
) -> None:
    for passes, expected in ((Passes.URGENT, urgent), (Passes.OTHERS, cancelled)):
        sounding = EchoGate(passes)
        sounding.began(QUESTION, 10)
        assert sounding.passes(result) is expected
        assert spoken(QUESTION, 10, 13, passes).passes(result) is expected  # judged when it is over, begun when not


def test_with_words_off_nothing_passes_while_charley_speaks() -> None:
    gate = spoken(QUESTION, 10, 13, Passes.NOTHING)
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
    forget = [gate.forget_before(now) for now in (12.9, over - 0.01, over, over + 1)]
    assert forget == [None, None, pytest.approx(13 + AFTER_SECONDS), None]


def test_where_the_echo_is_cancelled_no_sound_is_forgotten() -> None:
    assert spoken(QUESTION, 10, 13, Passes.OTHERS).forget_before(20) is None


def test_not_between_two_sentences_that_follow_each_other() -> None:
    gate = spoken("I'm here.", 10, 11)
    gate.began(QUESTION, 11.1)
    assert gate.forget_before(12) is None


def test_an_end_without_a_beginning_is_none() -> None:
    gate = EchoGate(Passes.URGENT)
    gate.ended(5)
    assert gate.forget_before(6) is None
    assert gate.passes(heard("no", "no", 4.9, 5.1))


def sound(gate: EchoGate, start: float, end: float, amplitude: int) -> None:
    """The microphone hears a square wave."""
    for number in range(round((end - start) / FRAME_SECONDS)):
        pcm = array("h", [amplitude, -amplitude] * (FRAME_SAMPLES // 2)).tobytes()
        gate.hear(Frame(start + number * FRAME_SECONDS, pcm))


def in_a_room(echo: int, voice: int, *, known: float = 3.0) -> EchoGate:
    """A gate that heard Charley come back for `known` seconds, and now, over its next sentence, a voice."""
    gate = EchoGate(Passes.URGENT)
    gate.began("Sit up.", 10.0 - known)
    sound(gate, 10.0 - known, 10.0, echo)
    gate.ended(10.0)
    gate.began(QUESTION, 10.5)
    sound(gate, 10.5, 11.0, echo)
    sound(gate, 11.0, 12.0, voice)
    return gate


@pytest.mark.parametrize(
    ("echo", "voice", "passes"),
    [(1000, 1500, False), (1000, 2200, True), (10, 10, True), (0, 0, True)],
    ids=["as loud as Charley", "louder", "no echo to speak of", "no sound at all"],
)
def test_without_cancellation_only_a_voice_louder_than_the_echo_passes(echo: int, voice: int, passes: bool) -> None:
    gate = in_a_room(echo, voice)
    assert gate.passes(heard("my chest hurts", "danger.chest", 10.6, 12)) is passes
    assert gate.passes(UrgencySuspected(12, 10.6, 12, 1, "stop", "stop")) is passes


def test_how_loud_the_echo_is_must_be_known_first() -> None:
    assert in_a_room(1000, 1000, known=0.3).passes(heard("my chest hurts", "danger.chest", 10.5, 12))


@pytest.mark.parametrize(("voice", "passes"), [(1000, False), (2200, True)], ids=["as loud as Charley", "louder"])
def test_at_the_very_first_it_is_what_came_back_meanwhile(voice: int, passes: bool) -> None:
    gate = in_a_room(1000, voice)
    assert (
        gate.passes(heard("my chest hurts", "danger.chest", 7.1, 12)) is passes
    )  # since before the first sentence ended


def test_who_spoke_over_the_sentence_before_is_no_echo() -> None:
    gate = in_a_room(1000, 4000)
    gate.ended(12.0)
    gate.began("Sit up.", 13.0)
    sound(gate, 13.0, 15.0, 4000)
    assert gate.passes(heard("my chest hurts", "danger.chest", 13.1, 15.0))


def test_after_charley_has_spoken_loudness_does_not_matter() -> None:
    gate = in_a_room(1000, 1000)
    gate.ended(12.0)
    assert gate.passes(heard("my chest hurts", "danger.chest", 13.0, 14.0))
