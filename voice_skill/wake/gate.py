"""The wake phrase: what opens Charley's ears, and nothing else.

Pure: it gives the grammar to listen with while asleep, and looks at transcripts. What is said in the same breath ("hey
charley my leg is cramping") belongs to the first turn, so the grammar holds it and `Wake.rest` is what is left.

The grammar also holds words of ordinary talk. A recogniser that may hear nothing but the wake phrase hears it often;
one that may hear those as well seldom does. For the same reason what may follow stands in the grammar by itself, not
behind the wake phrase, which would make that the likeliest beginning of all.

A wake phrase is looked for twice: first as something likely, so that it is not missed in noise; then its sound alone
(`certainty`), where it is no likelier than anything else.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from voice_skill.asr.port import Transcript, Word
from voice_skill.errors import ModelError
from voice_skill.nlu.phrases import Words, spoken_form

__all__ = ["RIVALS", "Wake", "WakeGate"]

RIVALS = tuple(
    "a and of to in i the he her his they say day already early hard party share shall child chair charge".split()
)
"""Words of ordinary talk, and some that sound like parts of "hey charley"."""

_SHARE = 40
"""For each so many phrases that may follow it the wake phrase is likelier by one of them. Of sixty calls by synthetic
voices in noise at 10 dB, beside 1,600 phrases, 12 are missed if it is as likely as one, 7 as ten, 4 as forty."""


@dataclass(frozen=True, slots=True)
class Wake:
    """The wake phrase, or a phrase of distress, was said."""

    at: float
    """When it began, in seconds from the transcript's zero."""
    end: float
    """When it ended, likewise."""
    phrase: str
    confidence: float
    """That of its least sure word."""
    rest: Transcript
    """What was said after the wake phrase; after a phrase of distress, that phrase and all after it."""


class WakeGate:
    """Finds a wake phrase in what is heard while asleep."""

    def __init__(
        self,
        phrase: str,
        knows: Callable[[str], bool],
        *,
        starts: Sequence[str] = (),
        distress: Sequence[str] = (),
        threshold: float = 0.5,
        distress_letters: float = 9,
    ) -> None:
        """`starts`: what may follow in the same breath. `distress`: phrases that wake by themselves; one of fewer than
        `distress_letters` only where nothing else is said, for ordinary talk is full of short words that sound like it.
        `threshold`: confidence that each word of the phrase must reach.

        Raises `ModelError` if the recogniser does not know a word of `phrase` or of `distress`.
        """
        self._phrase = _known(phrase, knows)
        self._distress = tuple(_known(text, knows) for text in distress)
        self._threshold = threshold
        self._distress_letters = distress_letters
        wake = " ".join(self._phrase)
        beside = [" ".join(words) for words in (*map(spoken_form, starts), *self._distress)]
        rivals = (word for word in RIVALS if word not in self._phrase and knows(word))
        self.evenly: tuple[str, ...] = tuple(dict.fromkeys((wake, *beside, *rivals)))
        """The phrases to listen for in the second look, all of them as likely."""
        self.grammar: tuple[str, ...] = (wake,) * max(1, len(beside) // _SHARE) + self.evenly
        """The phrases to listen for while asleep; the wake phrase is there as often as it is likelier."""

    def find(self, transcript: Transcript) -> Wake | None:
        """The first wake phrase in `transcript` that is sure enough, or `None`."""
        words = transcript.words
        for start in range(len(words)):
            if span := self._match(words[start:], self._phrase):
                return self._wake(span, rest=words[start + len(span) :])
            for phrase in self._distress:
                enough = len(phrase) == len(words) or sum(map(len, phrase)) >= self._distress_letters
                if enough and (span := self._match(words[start:], phrase)):
                    return self._wake(span, rest=words[start:])
        return None

    def in_partial(self, text: str) -> bool:
        """Whether a partial result holds a wake phrase."""
        words = spoken_form(text)
        return any(
            words[start : start + len(phrase)] == phrase
            for phrase in (self._phrase, *self._distress)
            for start in range(len(words))
        )

    def certainty(self, transcript: Transcript) -> float:
        """How sure it is that `transcript`, of the sound of a wake phrase alone, holds one: all hypotheses together."""
        return sum(each.confidence for each in transcript.hypotheses if self.in_partial(each.text))

    def _match(self, words: Sequence[Word], phrase: Words) -> Sequence[Word]:
        """The words at the beginning of `words` that are `phrase`, all of them sure; none if they are not."""
        span = words[: len(phrase)]
        spoken = tuple(part for word in span for part in spoken_form(word.text))
        sure = all(word.confidence >= self._threshold for word in span)
        return span if spoken == phrase and sure else ()

    def _wake(self, span: Sequence[Word], rest: Sequence[Word]) -> Wake:
        return Wake(
            at=span[0].start,
            end=span[-1].end,
            phrase=" ".join(word.text for word in span),
            confidence=min(word.confidence for word in span),
            rest=Transcript(tuple(rest)),
        )


def _known(phrase: str, knows: Callable[[str], bool]) -> Words:
    words = spoken_form(phrase)
    unknown = [word for word in words if not knows(word)]
    if unknown or not words:
        raise ModelError(
            f'"{phrase}" cannot wake Charley: the speech model does not know {", ".join(unknown) or "it"}',
            'choose other words, or add them: "voice-skill model --help"',
        )
    return words
