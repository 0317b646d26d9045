"""The wake gate: what wakes, what does not, and what is left of the breath."""

from __future__ import annotations

from collections import Counter

import pytest

from voice_skill.asr.fake import said
from voice_skill.asr.port import Transcript, Word
from voice_skill.errors import ModelError
from voice_skill.wake.gate import RIVALS, WakeGate


def knows(word: str) -> bool:
    return word != "xyzzy"


GATE = WakeGate(
    "Hey Charley", knows, starts=("my leg is cramping",), distress=("help me", "i can't breathe"), threshold=0.7
)


@pytest.mark.parametrize(
    ("heard", "at", "rest"),
    [
        ("hey charlie", 0.0, ""),
        ("hey charley", 0.0, ""),
        ("hey charlie my leg is cramping", 0.0, "my leg is cramping"),
        ("[unk] hey charlie [unk]", 0.3, "[unk]"),
        ("hey hey charlie ow", 0.3, "ow"),
        ("ow i can't breathe please", 0.3, "i can't breathe please"),
        ("help me", 0.0, "help me"),
    ],
)
def test_wakes(heard: str, at: float, rest: str) -> None:
    wake = GATE.find(said(heard))
    assert wake is not None
    assert wake.at == pytest.approx(at)
    assert wake.end == pytest.approx(at + 0.3 * len(wake.phrase.split()))
    assert wake.rest.text == rest


@pytest.mark.parametrize(
    "heard", ["", "hey", "charlie", "charlie hey", "hey [unk] charlie", "my leg is cramping", "help", "[unk] help me"]
)
def test_sleeps_on(heard: str) -> None:
    assert GATE.find(said(heard)) is None


def test_each_word_must_be_sure() -> None:
    def heard(first: float, second: float, third: float = 1.0) -> Transcript:
        words = (("hey", first), ("charlie", second), ("ow", third))
        return Transcript(tuple(Word(text, i, i + 1, confidence) for i, (text, confidence) in enumerate(words)))

    assert GATE.find(heard(0.7, 0.7)) is not None
    assert GATE.find(heard(0.69, 1.0)) is None
    assert GATE.find(heard(1.0, 0.69)) is None
    wake = GATE.find(heard(0.9, 0.8, third=0.1))
    assert wake is not None
    assert wake.confidence == 0.8


def test_partials() -> None:
    assert GATE.in_partial("[unk] hey charlie my")
    assert GATE.in_partial("help me")
    assert not GATE.in_partial("hey my")


def test_the_grammar_holds_the_phrase_what_may_follow_distress_and_ordinary_words() -> None:
    assert list(dict.fromkeys(GATE.grammar)) == [
        *("hey charlie", "my leg is cramping", "help me", "i can't breathe"),
        *RIVALS,
    ]
    only = WakeGate("hey the", lambda word: word in ("hey", "the", "of"))
    assert set(only.grammar) == {"hey the", "of"}


def test_the_wake_phrase_is_likelier_than_any_one_of_the_many_that_may_follow_it() -> None:
    gate = WakeGate("hey charley", lambda _: True, starts=[f"the number {number}" for number in range(200)])
    counted = Counter(gate.grammar)
    assert counted.pop("hey charlie") > 5
    assert set(counted.values()) == {1}
    assert set(Counter(gate.evenly).values()) == {1}
    assert set(gate.evenly) == set(gate.grammar)


def test_a_phrase_that_cannot_be_heard_is_refused() -> None:
    with pytest.raises(ModelError, match="does not know xyzzy"):
        WakeGate("hey xyzzy", knows)
    with pytest.raises(ModelError, match='"help xyzzy" cannot wake Charley: the speech model does not know xyzzy'):
        WakeGate("hey charley", knows, distress=("help me", "help xyzzy"))
    with pytest.raises(ModelError, match="cannot wake Charley"):
        WakeGate("!", knows)
