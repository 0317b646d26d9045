"""What sounds alike: distances of a few pairs, and which of them are told."""

from __future__ import annotations

from dataclasses import replace
from itertools import product

import pytest

from tests.review.test_wording import dialogs
from voice_skill.asr.kaldi.lexicon import Entry, Lexicon, read_lexicon
from voice_skill.config import bundled
from voice_skill.dialog.model import Dialogs, Edge
from voice_skill.loading.places import Places
from voice_skill.review import review
from voice_skill.review.confusion import confusions
from voice_skill.review.sounds import Sounds, pronunciations

WORDS = {
    "no": "N OW",
    "go": "G OW",
    "nah": "N AE",
    "can't": "K AE N T",
    "can": "K AE N",
    "bed": "B EH D",
    "bet": "B EH T",
    "red": "R EH D",
    "read": "R EH D",
    "elephant": "EH L AH F AH N T",
    "see": "S IY",
}
LEXICON: Lexicon = {word: Entry((tuple(phones.split()),)) for word, phones in WORDS.items()}


def distance(one: str, other: str) -> float:
    """How far apart two phrases are; 9 for very far."""
    said = [pronunciations(text.split(), LEXICON)[0] for text in (one, other)]
    return next((far for _, _, far in Sounds(said).alike(3.0)), 9.0)


def speaking(**phrases: tuple[str, ...]) -> Dialogs:
    """Dialogs in which all of these may be said at once."""
    made = dialogs("Hello.")
    talk = made.dialogs["talk"]
    named = {intent.replace("_", "."): said for intent, said in phrases.items()}
    state = replace(talk.states["start"], on={intent: (Edge("start"),) for intent in named})
    return replace(made, dialogs={"talk": replace(talk, states={"start": state})}, phrases=named)


def told(made: Dialogs) -> list[tuple[str, bool, bool]]:
    return [(finding.problem.text, finding.error, finding.first) for finding in confusions(made, LEXICON)]


def test_what_ears_mix_up_is_near() -> None:
    assert distance("red", "read") == 0
    assert distance("can't", "can") == pytest.approx(0.2)  # a final t is hardly said
    assert distance("bed", "bet") == pytest.approx(0.2)  # voiced and unvoiced
    assert distance("no", "go") == pytest.approx(1.0)
    assert distance("no", "nah") == pytest.approx(0.7)
    assert distance("no", "elephant") == 9.0


def test_the_distance_is_the_same_either_way_and_obeys_the_plain_computation() -> None:
    """Giving up early and the bounds lose nothing."""
    names = list(WORDS)
    phones = [pronunciations((name,), LEXICON)[0] for name in names]
    found = {(one, other): far for one, other, far in Sounds(phones).alike(1.0)}
    for one, other in product(range(len(names)), repeat=2):
        if one < other:
            alone = distance(names[one], names[other])
            assert distance(names[other], names[one]) == pytest.approx(alone)
            assert ((one, other) in found) == (alone <= 1.0), (names[one], names[other])


def test_the_same_sound_for_two_meanings_is_an_error() -> None:
    ((text, error, _),) = told(speaking(place_bed=("red",), answer=("read",)))
    assert error
    assert '"red" (place.bed) sounds the same as "read" (answer)' in text
    assert "in talk.start; take one out" in text


def test_nearly_the_same_is_a_note_and_harm_comes_first() -> None:
    assert told(speaking(place_bed=("bed",), other=("bet",)))[0][1:] == (False, False)
    assert told(speaking(no=("no",), ready=("go",)))[0][1:] == (False, True)
    assert told(speaking(danger_move=("can't see",), fine=("can see",)))[0][1:] == (False, True)


def test_the_same_meaning_or_another_moment_is_nothing() -> None:
    assert told(speaking(place_bed=("bed", "bet"))) == []
    apart = replace(speaking(no=("no",)), phrases={"no": ("no",), "ready": ("go",)})
    assert told(apart) == []


def test_the_shipped_dialogs_have_no_two_phrases_of_one_sound() -> None:
    from voice_skill.loading import read_dialogs

    shipped, places = read_dialogs()
    lexicon = read_lexicon(bundled("models") / "en" / "lexicon.txt")
    found = list(confusions(shipped, lexicon))
    assert places.show(finding.problem for finding in found if finding.error) == []
    assert any('"go" (ready)' in finding.problem.text and finding.first for finding in found)


def test_a_review_puts_harm_first_and_errors_apart() -> None:
    made = speaking(no=("no",), ready=("go",), place_bed=("bed",), other=("bet",), third=("red",), fourth=("read",))
    found = review(made, Places(), LEXICON)
    assert any("sounds the same as" in problem for problem in found.errors)
    assert '"go"' in found.notes[0]
    assert len(found.notes) >= 2
