"""The closed list of what may be said, by intent, in the form that the recogniser can hear.

Two words that sound the same cannot be told apart by ear, and a recogniser that is offered both gives each half of its
confidence ("no" 0.5, "know" 0.5). So a phrase is offered in its *spoken form*, where such words share one spelling;
what comes back is looked up in the same form.
"""

from __future__ import annotations

import re
from collections.abc import Container, Iterable, Mapping, Sequence

__all__ = ["DECOYS", "FILLERS", "PhraseBook", "Words", "normalise", "spoken_form"]

Words = tuple[str, ...]
"""A phrase in its spoken form, word by word."""

FILLERS = frozenset({"er", "uh", "um", "hmm", "hm", "mm", "please", "well", "charlie"})
"""Words that add no meaning of their own."""

DECOYS = (
    "oh",
    "now",
    "go",
    "low",
    "so",
    "note",
    "nose",
    "snow",
    "nine",
    "don't",
    "home",
    "phone",
    "old",
    "hello",
    "though",
    "numb",
    "one",
    "some",
)
"""Words that sound much like "no" or "none" and are neither. Offered beside the phrases, they draw away what would else
be taken for a "no": that is the dangerous mistake (clinical.md hazard 12). Without "numb", four of twelve clips of it
were heard as a sure "none"."""

_SAME_SOUND = {
    "know": "no",
    "knows": "nose",
    "charley": "charlie",
    "ok": "okay",
    "hear": "here",
    "too": "to",
    "two": "to",
    "their": "there",
    "they're": "there",
    "four": "for",
    "weak": "week",
    "write": "right",
    "you're": "your",
}
"""Word → the commoner spelling, which every English model knows."""
_CANNOT = re.compile(r"\b(?:can't|cannot|can not)(?= (?:feel|move|breathe)\b)")
_NOT_SPOKEN = re.compile(r"[^\w' ]+|_+")


def normalise(text: str) -> str:
    """`text` in lower case, without punctuation but apostrophes, words separated by single spaces."""
    return " ".join(_NOT_SPOKEN.sub(" ", text.lower().replace("\u2019", "'")).split())


def spoken_form(text: str) -> Words:
    """`text`, normalised, with words that sound the same in one spelling."""
    return tuple(_SAME_SOUND.get(word, word) for word in normalise(text).split())


class PhraseBook:
    """What may be said: intent → phrases.

    For every danger phrase with "can't feel", "can't move" or "can't breathe" the book also holds the one with "can":
    the *n't* is too easily missed (clinical.md 2.6, rule a).
    """

    def __init__(self, phrases: Mapping[str, Sequence[str]]) -> None:
        self._phrases: dict[str, dict[Words, str]] = {}
        self._meanings: dict[tuple[str, ...], dict[Words, tuple[str, str]]] = {}
        for intent, listed in phrases.items():
            texts = _either_way(listed) if intent.startswith("danger.") else listed
            self._phrases[intent] = {spoken_form(text): normalise(text) for text in reversed(texts) if normalise(text)}

    def grammar(self, intents: Iterable[str]) -> tuple[str, ...]:
        """What the recogniser may hear where `intents` are listened for: each phrase once, in its spoken form."""
        return tuple(dict.fromkeys(" ".join(words) for intent in intents for words in self._of(intent)))

    def meanings(self, intents: Iterable[str]) -> Mapping[Words, tuple[str, str]]:
        """Phrase → (intent, the phrase as it was written). Where two intents share one, the first listed has it.

        Kept for each row of intents: it is asked for ten times a second while someone speaks.
        """
        order = tuple(intents)
        if order not in self._meanings:
            found: dict[Words, tuple[str, str]] = {}
            for intent in order:
                for words, text in self._of(intent).items():
                    found.setdefault(words, (intent, text))
            self._meanings[order] = found
        return self._meanings[order]

    def words(self) -> frozenset[str]:
        """Every word of every phrase, in its spoken form."""
        return frozenset(word for phrases in self._phrases.values() for words in phrases for word in words)

    def problems(self, vocabulary: Container[str]) -> list[str]:
        """The phrases that a recogniser with this vocabulary cannot hear, one line each."""
        return [
            f'{intent}: "{text}": the speech model does not know "{word}"'
            for intent, phrases in self._phrases.items()
            for words, text in phrases.items()
            for word in words
            if word not in vocabulary
        ]

    def _of(self, intent: str) -> dict[Words, str]:
        return self._phrases.get(intent, {})


def _either_way(phrases: Sequence[str]) -> list[str]:
    """`phrases`, then the other wording of those that say "can't"."""
    twins = (_CANNOT.sub("can", normalise(phrase)) for phrase in phrases)
    return [*phrases, *(twin for twin, phrase in zip(twins, phrases, strict=True) if twin != normalise(phrase))]
