"""Phrases that a model knows as wholes, and the list that a recogniser is really given.

Vosk makes a bigram of its grammar: whatever words the phrases hold may follow one another, and with a thousand phrases
nearly anything can be pieced together from parts of them. Where the model's graph holds a phrase as one word
("hang_on"), the phrase is heard as a whole or not at all. What it competes with is then chosen, not left to chance:

* *rivals*, common words that are no phrase by themselves, and any row of them;
* `[unk]`, any other speech.

How often each is listed sets how likely it is, as the grammar's counts are all that Vosk looks at: `GrammarWeights`.
"""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from voice_skill.asr.port import UNKNOWN, Transcript, Word

__all__ = ["GrammarWeights", "Offer", "spaced", "taken_apart", "ways_to_say", "whole"]

Sounds = tuple[str, ...]

_JOINT = "_"
_MOST_WAYS = 4
"""Of a phrase's ways to be said that many are kept; more cost more in mix-ups than they gain."""


@dataclass(frozen=True, slots=True)
class GrammarWeights:
    """How often each entry is listed. The defaults add nothing, for a model that nothing is known about."""

    copies: int = 1
    """Of each phrase that may be said."""
    rivals: int = 0
    """So many common words, once each."""
    unknown: int = 1
    """Of `[unk]`."""
    share: int = 0
    """Per cent of all entries that the phrases come to at least: where few are listened for, each is listed oftener."""
    single: int = 0
    """Of a phrase of one word so many more: who is in pain says "no" sooner than any one of a thousand questions."""


def whole(phrase: str) -> str:
    """The word by which a graph knows `phrase`: "hang on" → "hang_on"."""
    return _JOINT.join(phrase.split())


def spaced(text: str) -> str:
    """A transcript's text with the words of such phrases apart again."""
    return text.replace(_JOINT, " ")


def taken_apart(transcript: Transcript) -> Transcript:
    """`transcript` with each phrase that was heard as one word given as its words, which share its time by letters."""
    return replace(transcript, words=tuple(part for word in transcript.words for part in _parts(word)))


def ways_to_say(phrase: str, sounds: Mapping[str, Sequence[Sounds]]) -> list[tuple[Sounds, ...]]:
    """How `phrase` is said, word by word; empty if one of its words is not in `sounds`. The commoner ways first."""
    each = [sounds.get(word, ()) for word in phrase.split()]
    return list(itertools.islice(itertools.product(*each), _MOST_WAYS)) if each else []


class Offer:
    """Makes the list that a recogniser is given."""

    def __init__(
        self,
        weights: GrammarWeights,
        knows: Callable[[str], bool],
        sounds: Mapping[str, Sequence[Sounds]],
        common: Sequence[str],
    ) -> None:
        """`knows`: whether a word is in the graph. `sounds`: how words are said, empty if that is not known.
        `common`: words that may serve as rivals, the commonest first.
        """
        self._weights = weights
        self._knows = knows
        self._sounds = sounds
        self._rivals = [(word, self._said(word)) for word in common[: weights.rivals]]

    def entries(self, grammar: Sequence[str]) -> list[str]:
        """The list for `grammar`; a phrase that it holds several times is listed as many times as often.

        Of phrases that sound alike only the first is listed: each would take half of the other's confidence. For the
        same reason no rival sounds like a phrase."""
        listed: list[str] = []
        single: list[str] = []
        heard: set[Sounds] = set()
        for phrase, times in Counter(grammar).items():
            said = self._said(phrase)
            if said and said <= heard:
                continue
            heard |= said
            joined = whole(phrase)
            listed.extend([joined if self._knows(joined) else phrase] * times)
            if joined == phrase:
                single.extend([phrase] * times)
        rivals = [word for word, said in self._rivals if heard.isdisjoint(said)]
        phrases = [*listed * self._copies(len(listed), len(rivals)), *single * self._weights.single]
        return [*phrases, *rivals, *[UNKNOWN] * self._weights.unknown]

    def _copies(self, phrases: int, rivals: int) -> int:
        share = self._weights.share
        return max(self._weights.copies, round(rivals * share / (100 - share) / phrases)) if phrases else 0

    def _said(self, phrase: str) -> set[Sounds]:
        return {tuple(itertools.chain(*words)) for words in ways_to_say(phrase, self._sounds)}


def _parts(word: Word) -> list[Word]:
    texts = word.text.split(_JOINT)
    ends = list(itertools.accumulate(map(len, texts)))
    marks = [word.start + (word.end - word.start) * end / ends[-1] for end in (0, *ends)]
    return [Word(text, marks[at], marks[at + 1], word.confidence) for at, text in enumerate(texts)]
