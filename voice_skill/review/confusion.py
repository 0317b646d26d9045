"""Phrases that may be said at the same moment, mean different things, and sound alike.

Two that sound the same are an error: the recogniser gives each half of its confidence. Two that sound nearly the same
are a note, and those that could do harm come first: a "no" that was not said, a danger taken for something else.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from voice_skill.asr.kaldi.lexicon import Lexicon
from voice_skill.dialog.hearing import intents_of, starts
from voice_skill.dialog.model import Dialogs
from voice_skill.loading.places import PHRASES, Problem
from voice_skill.nlu.phrases import PhraseBook, Words
from voice_skill.nlu.understanding import is_danger
from voice_skill.review.findings import Finding
from voice_skill.review.sounds import Sounds, pronunciations
from voice_skill.strict_yaml import Place

__all__ = ["confusions"]

FAR = 1.0
"""Phones by which phrases may differ and still be told; what is mixed up easily counts for less than one."""
SHARE = 0.25
"""Share of the longer phrase's phones that this may be: "no" and "go" differ by one phone, and by half."""
SHARE_IF_HARMFUL = 0.5
FEW = 3
"""Moments that are named; of more only the number is told."""


class _Pair(NamedTuple):
    """Two phrases that sound alike, and what each means."""

    one: tuple[str, str]
    """Intent and text."""
    other: tuple[str, str]

    @property
    def harmful(self) -> bool:
        """Whether taking one for the other could harm somebody."""
        meant = (self.one[0], self.other[0])
        without = {text.replace("can't", "can") for _, text in self}
        return "no" in meant or sum(map(is_danger, meant)) == 1 or len(without) == 1


def confusions(dialogs: Dialogs, lexicon: Lexicon) -> Iterator[Finding]:
    """Every two such phrases, once, with the moments at which both may be said."""
    book = PhraseBook(dialogs.phrases)
    alike = _alike(book, dialogs, lexicon)
    moments: dict[_Pair, list[str]] = {}
    apart: dict[_Pair, float] = {}
    for names, meanings in _live(dialogs, book):
        for (one, other), share in alike.items():
            if one in meanings and other in meanings and meanings[one][0] != meanings[other][0]:
                pair = _Pair(*sorted((meanings[one], meanings[other])))
                if share <= (SHARE_IF_HARMFUL if pair.harmful else SHARE):
                    moments.setdefault(pair, []).extend(names)
                    apart[pair] = share
    for pair, where in moments.items():
        (meant, text), (other_meant, other_text) = pair
        same = apart[pair] == 0
        sounds = "sounds the same as" if same else "sounds much like"
        cure = "take one out" if same else "choose other words if either is often said"
        told = (
            f'"{other_text}" ({other_meant}) {sounds} "{text}" ({meant}), and both may be said {_named(where)}; {cure}'
        )
        problem = Problem(PHRASES, _place(dialogs, other_meant, other_text), told)
        yield Finding(problem, error=same, first=pair.harmful)


def _alike(book: PhraseBook, dialogs: Dialogs, lexicon: Lexicon) -> dict[tuple[Words, Words], float]:
    """Phrases that sound alike, whatever they mean, and by what share of their phones they differ."""
    phrases = list(book.meanings(dialogs.phrases))
    said = [(words, phones) for words in phrases for phones in pronunciations(words, lexicon)]
    found: dict[tuple[Words, Words], float] = {}
    for one, other, distance in Sounds([phones for _, phones in said]).alike(FAR):
        pair = (said[one][0], said[other][0])
        if pair[0] != pair[1]:
            share = distance / max(len(said[one][1]), len(said[other][1]))
            found[pair] = min(share, found.get(pair, 1.0))
    return found


def _live(dialogs: Dialogs, book: PhraseBook) -> Iterator[tuple[list[str], Mapping[Words, tuple[str, str]]]]:
    """What may be said at one moment, and the names of the states that are alike in this."""
    groups: dict[tuple[str, ...], list[str]] = {starts(dialogs): ["with the wake phrase"]}
    for where, _ in dialogs.walk():
        groups.setdefault(intents_of(dialogs, where), []).append(f"in {where}")
    for intents, names in groups.items():
        yield names, book.meanings(intents)


def _named(where: list[str]) -> str:
    return ", ".join(where) if len(where) <= FEW else f"in {len(where)} states"


def _place(dialogs: Dialogs, intent: str, text: str) -> Place:
    listed = dialogs.phrases[intent]
    return ("phrases", intent, listed.index(text)) if text in listed else ("phrases", intent)
