"""What transcripts mean: the classes of clinical.md 2.4 and the danger words of 2.6, as tables."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from voice_skill.asr.fake import said
from voice_skill.asr.port import UNKNOWN, Transcript, Word
from voice_skill.errors import ModelError
from voice_skill.nlu.phrases import PhraseBook
from voice_skill.nlu.understanding import (
    PartialWatch,
    Reason,
    Rejected,
    Thresholds,
    Understood,
    danger_in_partial,
    understand,
)

BOOK = PhraseBook(
    {
        "danger.chest": ["chest pain", "my chest hurts"],
        "danger.breath": ["can't breathe", "i can't breathe", "choking"],
        "danger.numb": ["can't feel my leg", "no feeling"],
        "danger.call": ["help me", "call an ambulance"],
        "yes": ["yes", "yeah", "it is", "a lot"],
        "no": ["no", "nope", "none", "not at all", "no it isn't"],
        "partial": ["kind of", "a bit", "a little bit"],
        "soft_no": ["not really", "i don't think so"],
        "chronic": ["always", "for years"],
        "mixed": ["yes and no"],
        "unsure": ["i don't know", "not sure", "maybe", "no idea", "it's dark"],
        "repeat": ["what", "sorry", "say again"],
        "pause": ["wait", "hang on"],
        "decline": ["skip", "stop asking"],
        "stop": ["stop", "enough"],
        "hurts": ["that hurts", "ow stop"],
        "pain": ["ow", "ouch"],
        "same": ["same", "it's the same"],
        "ready": ["okay", "go on"],
        "resume": ["carry on"],
        "start_cramp": ["my leg is cramping"],
        "louder": ["louder"],
        "slower": ["slower"],
        "help": ["help"],
    }
)
DANGERS = ("danger.chest", "danger.breath", "danger.numb", "danger.call")
ANSWERS = ("no", "mixed", "soft_no", "partial", "chronic", "unsure", "yes", "decline", "repeat")
COMMANDS = ("same", "start_cramp", "ready", "resume", "stop", "pause", "louder", "slower", "help", "hurts", "pain")
SCREEN = (*DANGERS, *ANSWERS, *COMMANDS)


def meaning(text: str, confidence: float = 1.0, intents: tuple[str, ...] = SCREEN) -> str | Reason:
    result = understand(said(text, confidence), intents, BOOK)
    return result.intent if isinstance(result, Understood) else result.reason


@pytest.mark.parametrize(
    ("text", "intent"),
    [
        # one phrase
        ("yes", "yes"),
        ("a lot", "yes"),
        ("no", "no"),
        ("not at all", "no"),
        ("kind of", "partial"),
        ("not really", "soft_no"),
        ("for years", "chronic"),
        ("yes and no", "mixed"),
        ("it's dark", "unsure"),
        ("say again", "repeat"),
        ("hang on", "pause"),
        ("skip", "decline"),
        ("stop", "stop"),
        ("ow", "pain"),
        # a longer phrase is not the shorter one it holds
        ("i don't know", "unsure"),
        ("no idea", "unsure"),
        ("no feeling", "danger.numb"),
        ("stop asking", "decline"),
        ("no it isn't", "no"),
        # said twice
        ("no no no", "no"),
        ("no not at all", "no"),
        ("yes yeah", "yes"),
        # beside pain and fillers
        ("no ow", "no"),
        ("no ow ow", "no"),
        ("ow yes", "yes"),
        ("uh yeah please", "yes"),
        ("er a bit", "partial"),
        ("charley stop", "stop"),
        # a no that is not plain asks again
        ("um no", "soft_no"),
        ("no er", "soft_no"),
        ("please no", "soft_no"),
        ("ow no", "soft_no"),
        # contradictions
        ("yeah no", "mixed"),
        ("yes no", "mixed"),
        ("no yes", "mixed"),
        ("not sure no", "mixed"),
        ("no not really", "mixed"),
        ("no a bit", "mixed"),
        ("no i don't know", "mixed"),
        ("no always", "mixed"),
        ("not really a bit", "mixed"),
        ("yes i don't think so", "mixed"),
        # answers that agree: the more doubtful one
        ("yes a bit", "partial"),
        ("yes always", "chronic"),
        ("yeah maybe", "unsure"),
        ("not really i don't know", "unsure"),
        # what comes first
        ("no wait", "pause"),
        ("no stop", "stop"),
        ("stop that hurts", "hurts"),
        ("wait stop", "stop"),
        ("what no", "repeat"),
        ("no skip", "decline"),
        # an answer beside something else
        ("yes same", "same"),
        ("no that hurts", "hurts"),
        ("yes okay go on", "ready"),
        ("okay carry on", "ready"),
        # danger, wherever it stands
        ("chest pain", "danger.chest"),
        ("no my chest hurts", "danger.chest"),
        ("[unk] chest pain [unk]", "danger.chest"),
        ("can feel my leg", "danger.numb"),
        ("no i can breathe", "danger.breath"),
        ("wait help me", "danger.call"),
        ("choking", "danger.breath"),
    ],
)
def test_meaning(text: str, intent: str) -> None:
    assert meaning(text) == intent


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", Reason.NOTHING),
        ("er", Reason.NOTHING),
        ("[unk]", Reason.UNKNOWN),
        ("oh no", Reason.UNKNOWN),
        ("no but yes", Reason.UNKNOWN),
        ("no [unk]", Reason.UNKNOWN),
        ("[unk] no", Reason.UNKNOWN),
        ("yes [unk]", Reason.UNKNOWN),
        ("no my", Reason.UNKNOWN),
        ("chest [unk] pain", Reason.UNKNOWN),
        ("pain", Reason.UNKNOWN),
        ("louder slower help", Reason.SEVERAL),
        ("no same", Reason.SEVERAL),
        ("no louder", Reason.SEVERAL),
    ],
)
def test_nothing_else_means_anything(text: str, reason: Reason) -> None:
    assert meaning(text) is reason


@pytest.mark.parametrize("text", ["yes", "kind of", "carry on", "chest pain"])
def test_what_is_not_listened_for_is_not_understood(text: str) -> None:
    assert isinstance(meaning(text, intents=("no", "stop")), Reason)


def test_an_unsure_no_is_a_soft_no_where_that_exists_and_nothing_elsewhere() -> None:
    sure = Thresholds().no
    assert meaning("no", sure) == "no"
    assert meaning("no", sure - 0.01) == "soft_no"
    assert meaning("no", Thresholds().answer - 0.01) is Reason.UNSURE
    assert meaning("no", sure - 0.01, intents=("no", "yes")) is Reason.UNSURE
    assert meaning("um no", intents=("no", "yes")) is Reason.UNSURE


def test_the_least_sure_word_decides() -> None:
    words = (*said("no").words, *said("ow", confidence=0.6).words)
    result = understand(Transcript(words), SCREEN, BOOK)
    assert isinstance(result, Understood)
    assert (result.intent, result.confidence) == ("soft_no", 0.6)


def test_classes_have_thresholds_of_their_own() -> None:
    limits = Thresholds(no=0.9, answer=0.5, command=0.7, sentence=0.4, urgent=0.3, danger=0.2)

    def accepted(text: str, confidence: float) -> bool:
        return isinstance(understand(said(text, confidence), SCREEN, BOOK, limits), Understood)

    for text, limit in [
        ("yes", 0.5),
        ("not really", 0.5),
        ("louder", 0.7),
        ("carry on", 0.7),
        ("louder louder louder", 0.7),
        ("my leg is cramping", 0.4),
        ("stop", 0.3),
        ("chest pain", 0.2),
    ]:
        assert accepted(text, limit)
        assert not accepted(text, limit - 0.01)


def test_amid_unknown_speech_danger_has_to_be_long_and_surer() -> None:
    limits = Thresholds(danger=0.5, danger_amid=0.8, danger_letters=9)

    def intent(text: str, confidence: float) -> str | None:
        result = understand(said(text, confidence), SCREEN, BOOK, limits)
        return result.intent if isinstance(result, Understood) else None

    assert intent("choking", 0.5) == "danger.breath"
    assert intent("choking", 0.49) is None
    assert intent("ow choking no", 0.5) == "danger.breath"
    assert intent("[unk] choking", 1.0) is None
    assert intent("oh choking", 1.0) is None
    assert intent("[unk] chest pain [unk]", 0.8) == "danger.chest"
    assert intent("[unk] chest pain [unk]", 0.79) is None
    assert intent("no chest pain", 0.5) == "danger.chest"


def test_words_that_cannot_have_been_said_so_fast_are_rejected() -> None:
    def result(text: str, voiced: float) -> Understood | Rejected:
        return understand(said(text), SCREEN, BOOK, voiced_seconds=voiced)

    assert isinstance(result("no", 0.1), Understood)
    assert isinstance(result("i don't think so", 0.4), Understood)
    short = result("i don't think so", 0.15)
    assert isinstance(short, Rejected)
    assert short.reason is Reason.TOO_SHORT
    assert isinstance(result("chest pain", 0.1), Understood)  # danger is let through


@pytest.mark.parametrize(
    ("text", "voiced", "speech"),
    [("", 0.1, False), ("", 2.0, False), ("[unk]", 0.1, False), ("[unk] [unk]", 0.8, True), ("my", 0.1, True)],
)
def test_a_cough_is_no_speech(text: str, voiced: float, speech: bool) -> None:
    result = understand(said(text), SCREEN, BOOK, voiced_seconds=voiced)
    assert isinstance(result, Rejected)
    assert result.speech is speech


def test_the_text_is_as_the_book_has_it() -> None:
    result = understand(said("i don't no"), SCREEN, BOOK)
    assert isinstance(result, Understood)
    assert result.text == "i don't know"


WORDS = sorted(BOOK.words() | {UNKNOWN, "oh", "now", "um"})
WORD = st.builds(Word, st.sampled_from(WORDS), st.just(0.0), st.just(0.1), st.floats(0, 1))


@given(st.lists(WORD, max_size=6))
def test_no_needs_every_word_known_and_sure(words: list[Word]) -> None:
    result = understand(Transcript(tuple(words)), SCREEN, BOOK)
    if isinstance(result, Understood) and result.intent == "no":
        assert all(word.text != UNKNOWN and word.confidence >= Thresholds().no for word in words)
        said_intents = {"no", "nope", "none", "not", "at", "all", "it", "isn't", "ow", "ouch"}
        assert {word.text for word in words} <= said_intents


@given(st.lists(st.builds(Word, st.just(UNKNOWN), st.just(0.0), st.just(0.1), st.floats(0, 1)), max_size=8))
def test_unknown_speech_is_never_danger_nor_anything(words: list[Word]) -> None:
    assert isinstance(understand(Transcript(tuple(words)), SCREEN, BOOK), Rejected)


def test_danger_in_a_partial() -> None:
    assert danger_in_partial("no my chest hurts", BOOK, SCREEN) == "danger.chest"
    assert danger_in_partial("my chest", BOOK, SCREEN) is None
    assert danger_in_partial("chest [unk] pain", BOOK, SCREEN) is None
    assert danger_in_partial("chest pain", BOOK, ("no",)) is None
    assert danger_in_partial("[unk] chest pain", BOOK, SCREEN) == "danger.chest"
    assert danger_in_partial("choking", BOOK, SCREEN) is None  # who knows what comes next
    assert danger_in_partial("", BOOK, SCREEN) is None


def test_a_danger_must_last_over_partials_in_a_row() -> None:
    watch = PartialWatch(BOOK, SCREEN, needed=3)
    seen = [
        watch.see(text) for text in ("chest pain", "chest pain", "chest", "chest pain", "chest pain", "chest pain no")
    ]
    assert seen == [None, None, None, None, None, "danger.chest"]


def test_a_model_may_bring_thresholds() -> None:
    assert Thresholds.of({"no": 0.9}) == Thresholds(no=0.9)
    with pytest.raises(ModelError, match="nope"):
        Thresholds.of({"nope": 0.5})


def heard(**likely: float) -> Transcript:
    """What is heard as any of these, likeliest first; `_` stands between words."""
    hypotheses = [said(text.replace("_", " "), confidence) for text, confidence in likely.items()]
    return replace(hypotheses[0], n_best=tuple(hypotheses))


@pytest.mark.parametrize(
    ("transcript", "intent"),
    [
        (heard(no=0.45, nope=0.4, note=0.15), "no"),
        (heard(note=0.3, no=0.25, nope=0.25, none=0.2), "soft_no"),
        (heard(no=0.4, er_no=0.35, note=0.25), "soft_no"),
        (heard(no=0.4, yes=0.35, note=0.25), Reason.UNSURE),
        (heard(yes=0.3, yeah=0.25, no=0.25, nope=0.2), "yes"),
        (heard(note=0.4, not_sure=0.3, maybe=0.3), "unsure"),
        (heard(my_chest_hurts=0.3, chest_pain=0.2, no=0.5), "danger.chest"),
        (heard(no=0.6, chest_pain=0.4), "danger.chest"),
        (heard(no=0.7, chest_pain=0.3), "soft_no"),
        (heard(chest_pain=0.2, choking=0.25, no=0.55), "soft_no"),
    ],
)
def test_an_intent_is_as_sure_as_all_hypotheses_that_mean_it(transcript: Transcript, intent: str) -> None:
    result = understand(transcript, SCREEN, BOOK)
    assert (result.intent if isinstance(result, Understood) else result.reason) == intent


def test_what_is_understood_is_as_sure_as_its_hypotheses_together() -> None:
    result = understand(heard(no=0.5, nope=0.3, note=0.2), SCREEN, BOOK)
    assert isinstance(result, Understood)
    assert (result.intent, result.text) == ("no", "no")
    assert result.confidence == pytest.approx(0.8)
