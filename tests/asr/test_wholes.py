"""Phrases as wholes: the list that a recogniser is given, what comes back, and what it is worth."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from pathlib import Path

import pytest

from voice_skill.asr.kaldi.addwords import read_phrases
from voice_skill.asr.model import locate_model
from voice_skill.asr.port import UNKNOWN, Transcript, Word
from voice_skill.asr.vosk import VoskRecogniser
from voice_skill.asr.wholes import GrammarWeights, Offer, spaced, taken_apart, ways_to_say, whole
from voice_skill.audio.files import read_pcm
from voice_skill.loading import load_dialogs
from voice_skill.nlu.phrases import PhraseBook

SPEECH = Path(__file__).parents[1] / "data" / "speech"
SOUNDS: dict[str, list[tuple[str, ...]]] = {
    "good": [("G", "UH", "D")],
    "goodnight": [("G", "UH", "D", "N", "AY", "T")],
    "knight": [("N", "AY", "T")],
    "night": [("N", "AY", "T")],
    "no": [("N", "OW")],
    "the": [("DH", "AH"), ("DH", "IY")],
}
KNOWN = {*SOUNDS, "good_night"}


def offer(weights: GrammarWeights, common: Iterable[str] = ("the", "no", "knight")) -> Offer:
    return Offer(weights, KNOWN.__contains__, SOUNDS, list(common))


def test_a_phrase_is_offered_as_a_whole_where_the_model_knows_it_so() -> None:
    assert offer(GrammarWeights()).entries(["good night", "the night", "no"]) == [
        "good_night",
        "the night",
        "no",
        UNKNOWN,
    ]


def test_each_kind_of_entry_is_listed_as_often_as_it_weighs() -> None:
    entries = offer(GrammarWeights(copies=3, rivals=2, unknown=2)).entries(["good night"])
    assert sorted(entries) == sorted(["good_night"] * 3 + ["the", "no"] + [UNKNOWN] * 2)


def test_where_few_are_listened_for_each_is_listed_oftener() -> None:
    weights = GrammarWeights(copies=2, rivals=4, share=80)
    common = ("the", "a", "of", "to")
    counted = Counter(offer(weights, common).entries(["good night"]))
    assert counted == {"good_night": 16, "the": 1, "a": 1, "of": 1, "to": 1, UNKNOWN: 1}
    counted = Counter(offer(weights, common).entries([f"the {number}" for number in range(9)]))
    assert counted["the 3"] == 2
    assert offer(weights, common).entries([]) == [*common, UNKNOWN]


def test_a_phrase_given_several_times_is_listed_as_many_times_as_often() -> None:
    counted = Counter(offer(GrammarWeights(copies=2)).entries(["good night", "the night", "good night"]))
    assert counted == {"good_night": 4, "the night": 2, UNKNOWN: 1}


def test_single_words_are_listed_oftener_than_sentences() -> None:
    weights = GrammarWeights(copies=2, rivals=1, single=5)
    counted = Counter(offer(weights).entries(["good night", "the night", "no"]))
    assert counted == {"good_night": 2, "the night": 2, "no": 7, "the": 1, UNKNOWN: 1}


def test_of_phrases_that_sound_alike_the_first_is_offered_and_no_rival_sounds_so() -> None:
    weights = GrammarWeights(rivals=3)
    assert offer(weights).entries(["goodnight", "good night", "night"]) == ["goodnight", "night", "the", "no", UNKNOWN]


def test_a_model_that_nothing_is_known_about_is_given_the_phrases_alone() -> None:
    assert Offer(GrammarWeights(), KNOWN.__contains__, {}, []).entries(["no", "the"]) == ["no", "the", UNKNOWN]


def test_a_phrase_comes_back_as_its_words() -> None:
    heard = Transcript((Word(UNKNOWN, 0.0, 0.5, 0.3), Word("hang_on", 1.0, 2.2, 0.8)))
    unknown, hang, on = taken_apart(heard).words
    assert unknown == heard.words[0]
    assert (hang.text, hang.start, hang.confidence) == ("hang", 1.0, 0.8)
    assert hang.end == on.start == pytest.approx(1.8)
    assert (on.text, on.confidence) == ("on", 0.8)
    assert on.end == pytest.approx(2.2)
    assert spaced("[unk] hang_on") == "[unk] hang on"
    assert whole("hang  on") == "hang_on"


def test_ways_to_say_a_phrase_are_those_of_its_words() -> None:
    assert ways_to_say("the night", SOUNDS) == [(("DH", "AH"), ("N", "AY", "T")), (("DH", "IY"), ("N", "AY", "T"))]
    assert ways_to_say("the xyzzy", SOUNDS) == ways_to_say("", SOUNDS) == []


def test_the_bundled_model_knows_every_phrase_of_the_dialogs_as_a_whole() -> None:
    phrases = load_dialogs().phrases
    several = {phrase for phrase in PhraseBook(phrases).grammar(phrases) if " " in phrase}
    assert several <= set(read_phrases(locate_model())), 'run "voice-skill model learn-phrases"'


@pytest.fixture(scope="module")
def recogniser() -> VoskRecogniser:
    return VoskRecogniser(locate_model())


def test_parts_of_phrases_are_not_pieced_together(recogniser: VoskRecogniser) -> None:
    """ "My chest hurts" can be made of parts of these; but none of them was said."""
    decoding = recogniser.decode(("my leg hurts", "pain in my chest", "it hurts"))
    decoding.feed(read_pcm(SPEECH / "my_chest_hurts.festival-slt.ogg"))
    assert "my chest hurts" not in decoding.finish().text


def test_a_pause_inside_a_phrase_does_not_break_it(recogniser: VoskRecogniser) -> None:
    sound = read_pcm(SPEECH / "my_chest_hurts.festival-slt.ogg")
    decoding = recogniser.decode(("my", "chest", "hurts"))
    decoding.feed(sound)
    place = 2 * int(16_000 * decoding.finish().words[1].end)
    decoding = recogniser.decode(("my chest hurts", "yes", "stop"))
    decoding.feed(sound[:place] + bytes(16_000) + sound[place:])
    assert decoding.finish().text == "my chest hurts"
