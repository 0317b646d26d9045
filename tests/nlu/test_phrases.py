"""The phrase book: spoken forms, grammars, and what a model cannot hear."""

from __future__ import annotations

import pytest

from voice_skill.nlu.phrases import DECOYS, FILLERS, PhraseBook, normalise, spoken_form


@pytest.mark.parametrize(
    ("written", "normal"),
    [
        ("Hey, Charley!", "hey charley"),
        ("I don\u2019t know…", "i don't know"),
        ("uh-huh", "uh huh"),
        ("  my   leg's\tlocked ", "my leg's locked"),
        ("?!", ""),
        ("Krämpfe; à la señora_x", "krämpfe à la señora x"),
    ],
)
def test_normalise(written: str, normal: str) -> None:
    assert normalise(written) == normal


def test_words_that_sound_the_same_share_a_spelling() -> None:
    # offered both, a recogniser gives each half of its confidence
    book = PhraseBook({"no": ["no"], "unsure": ["I don't know"], "wake": ["hey charley", "hey charlie"]})
    assert book.grammar(["no", "unsure", "wake"]) == ("no", "i don't no", "hey charlie")
    assert "know" not in book.words()


def test_what_comes_back_is_shown_as_it_was_written() -> None:
    book = PhraseBook({"unsure": ["I don't know"]})
    assert book.meanings(["unsure"])[spoken_form("i don't no")] == ("unsure", "i don't know")


def test_spoken_forms_of_our_own_words_are_settled() -> None:
    for word in FILLERS | set(DECOYS):
        assert spoken_form(word) == (word,)


def test_a_grammar_holds_each_phrase_of_the_intents_once_and_no_other() -> None:
    book = PhraseBook({"yes": ["yes", "sure"], "ready": ["sure", "go"], "stop": ["stop"]})
    assert book.grammar(["ready", "yes", "absent"]) == ("go", "sure", "yes")


def test_of_two_intents_with_one_phrase_the_first_listed_has_it() -> None:
    book = PhraseBook({"same": ["same as before"], "soft_no": ["same as before"]})
    phrase = spoken_form("same as before")
    assert book.meanings(["soft_no", "same"])[phrase][0] == "soft_no"
    assert book.meanings(["same", "soft_no"])[phrase][0] == "same"


@pytest.mark.parametrize(
    ("written", "twin"),
    [
        ("I can't feel my leg", "i can feel my leg"),
        ("cannot breathe", "can breathe"),
        ("can't move my foot", "can move my foot"),
    ],
)
def test_danger_holds_can_and_cannot_alike(written: str, twin: str) -> None:
    book = PhraseBook({"danger.x": [written], "place": ["can't move"]})
    assert book.meanings(["danger.x"])[spoken_form(twin)] == ("danger.x", twin)
    assert spoken_form("can move") not in book.meanings(["place"])
    assert spoken_form("can reach") not in PhraseBook({"danger.x": ["can't reach"]}).meanings(["danger.x"])


def test_problems_name_intent_phrase_and_word() -> None:
    book = PhraseBook({"yes": ["yes"], "no": ["no siree"]})
    assert book.problems({"yes", "no"}) == ['no: "no siree": the speech model does not know "siree"']
    assert book.problems({"yes", "no", "siree"}) == []
