"""The scripted recogniser keeps to its script."""

from __future__ import annotations

import pytest

from voice_skill.asr.fake import ScriptedRecogniser, said
from voice_skill.asr.port import Recogniser, Transcript
from voice_skill.errors import ModelError


def test_it_is_a_recogniser_that_follows_the_sound() -> None:
    recogniser: Recogniser = ScriptedRecogniser([said("chest pain", start=0.5, seconds_per_word=0.5)])
    decoding = recogniser.decode(("chest pain",))
    seen = []
    for _ in range(4):
        decoding.feed(bytes(16_000))  # half a second
        seen.append(decoding.partial())
    assert seen == ["", "chest", "chest pain", "chest pain"]
    assert decoding.finish().text == "chest pain"
    assert recogniser.decode(None).finish() == Transcript()


def test_a_script_may_look_at_the_grammar_and_grammars_are_kept() -> None:
    recogniser = ScriptedRecogniser([lambda grammar: said("yes") if grammar and "yes" in grammar else said("no")] * 2)
    heard = []
    for grammar in (("yes",), None):
        decoding = recogniser.decode(grammar)
        decoding.feed(bytes(64_000))
        heard.append(decoding.finish().text)
    assert heard == ["yes", "no"]
    assert recogniser.grammars == [("yes",), None]


def test_unknown_words_are_an_error_as_with_the_real_one() -> None:
    with pytest.raises(ModelError, match="xyzzy"):
        ScriptedRecogniser(vocabulary={"yes"}).decode(("yes", "xyzzy"))
