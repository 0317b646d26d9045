"""What is spoken, is known beforehand, so that it can be rendered and listened to before the night."""

from __future__ import annotations

import random
import re
from functools import cache

import pytest

from tests.dialog.support import Rehearsal, shipped
from voice_skill.dialog.actions import Say
from voice_skill.dialog.engine import step
from voice_skill.dialog.explore import possible_events
from voice_skill.dialog.session import Session
from voice_skill.dialog.texts import SECONDS, fill, in_words, sentences


def test_numbers_are_words() -> None:
    assert [in_words(str(value)) for value in (0, 9, 10, 19, 20, 21, 40, 59, 60)] == (
        "zero, nine, ten, nineteen, twenty, twenty one, forty, fifty nine, sixty".split(", ")
    )
    assert len({in_words(str(value)) for value in range(70)}) == 70


@cache
def known(region: str) -> frozenset[str]:
    """The sentences that may be spoken in a country."""
    return frozenset(sentences(shipped(), region))


@pytest.mark.parametrize("region", ["unknown", "GB", "NZ"])
@pytest.mark.parametrize("seed", range(4))
def test_whatever_is_spoken_is_on_the_list_of_its_country(region: str, seed: int) -> None:
    chance = random.Random(seed)
    session = Session.fresh(shipped(), region)
    now, spoken = 0.0, 0
    for _ in range(1500):
        now += chance.choice((0.1, 1.0, 5.0, 20.0))
        _, event = chance.choice([*possible_events(shipped(), session)])
        if getattr(event, "intent", "").startswith("danger.") and chance.random() < 0.9:
            continue
        session, actions = step(shipped(), session, event, now)
        said = {text for say in actions if isinstance(say, Say) for text in say.sentences}
        assert said <= known(session.region)
        spoken += len(said)
    assert spoken > 200


@pytest.mark.parametrize("region", shipped().regions)
def test_no_sentence_holds_a_figure_or_an_empty_place(region: str) -> None:
    for text in sentences(shipped(), region):
        assert not re.search(r"[0-9{}]|  |\.\.$", text), text
        assert text.strip() == text != ""


def test_no_sentence_names_the_number_of_another_country() -> None:
    assert not any("one one one" in text for text in sentences(shipped(), "US"))
    assert any("one one one" in text for text in sentences(shipped(), "NZ"))


def test_an_unknown_country_gets_words_and_no_number() -> None:
    said = fill(shipped(), ("Call {E} now.", "Ring {U}."), "unknown")
    assert said == ("Call your local emergency number now.", "Ring your doctor's out of hours line.")
    assert fill(shipped(), ("Call {E} now.",), "ZZ") == said[:1]


def test_every_number_of_seconds_left_is_on_the_list() -> None:
    assert {f"{in_words(str(left)).capitalize()} seconds left." for left in SECONDS} <= known("GB")


def test_what_is_said_without_a_flag_makes_sense() -> None:
    said = fill(shipped(), ("Say: leg pain, and {flag}.", "{advice}"), "GB")
    assert said == ("Say: leg pain, and it isn't easing.",)
    assert set(said) <= known("GB")


def test_advice_of_a_danger_is_spoken_with_it() -> None:
    assert "Don't try to get up alone." in Rehearsal().wake("i fell").said
