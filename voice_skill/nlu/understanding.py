"""What a transcript means: an intent, or nothing.

An answer is the exact, confident, whole phrase, or it is no answer. Nothing is matched approximately, for the one
mistake that must not happen is a "no" that was not said (clinical.md 2.4). So a transcript is cut into known phrases
with no word left over, and the cut says what was meant:

1. A **danger phrase** counts wherever it stands beside words that are known here, and a long one counts amid unknown
   speech, too (clinical.md 2.6). A short one does not: "a fit" is heard every few minutes of ordinary talk.
2. **Repeats** mean the same once, and "ow", "er", "please" beside something mean that thing.
3. **hurts**, **worse** and **stop** come before **pause**, that before **repeat** and **decline**; they drop whatever
   else was said.
4. **Answers that contradict** each other are *mixed*: "yes no", "not sure, no", "not really, a bit". Of answers that do
   not, the more doubtful one counts: always, unsure, partial, soft no, yes.
5. A yes or a doubt beside **one or two other phrases** is dropped, and of these the one listed first in `intents`
   counts: the state's own come before what may be said everywhere. Beside a no they mean nothing: too much of what is
   misheard looks like that.
6. A **no** is accepted only plain and sure. Hesitant ("er, no"), after a cry ("oh no!" sounds like "ow, no") or not so
   sure, it is a *soft no*, which asks again.

A recogniser that gives several hypotheses is as sure of an intent as of all those that mean it: "no" and "nope", each
0.4, are a no of 0.8. Everything else is rejected, with the reason.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from enum import StrEnum
from itertools import combinations

from voice_skill.asr.port import UNKNOWN, Transcript, Word
from voice_skill.dialog.hearing import URGENT
from voice_skill.errors import ModelError
from voice_skill.nlu.phrases import FILLERS, PhraseBook, Words, spoken_form

__all__ = [
    "PartialWatch",
    "Reason",
    "Rejected",
    "Thresholds",
    "Understood",
    "danger_in_partial",
    "is_danger",
    "understand",
]

ANSWERS = ("chronic", "unsure", "partial", "soft_no", "yes", "no", "mixed")
"""The answers to a screen question, the more doubtful ones first."""
FIRST = ("hurts", "worse", "stop", "pause", "wait", "repeat", "decline")
"""Intents that drop whatever else was said, the most urgent first."""
DANGER = "danger."
"""What the names of all danger intents begin with."""
PAIN = "pain"
"""The intent of "ow" and its like, which means nothing beside other words."""
_CONTRADICTIONS = ({"soft_no", "yes"}, {"soft_no", "partial"})
_MAX_OTHERS = 2
_SENTENCE_WORDS = 3


@dataclass(frozen=True, slots=True)
class Thresholds:
    """How sure the recogniser must be, and what is too short to be speech.

    The defaults were set on held-out synthetic voices and read speech with the bundled model; a model's `charley.toml`
    may bring its own.
    """

    no: float = 0.75
    """Confidence for a "no" that clears a safety question: the highest, as a false one is the dangerous mistake."""
    answer: float = 0.5
    """Confidence for every other answer; below it nothing was understood."""
    command: float = 0.7
    """Confidence for everything that is neither answer, urgent nor danger."""
    sentence: float = 0.4
    """Confidence for such a phrase if it has three words or more: it is seldom met by chance."""
    urgent: float = 0.5
    """Confidence for "stop", "that hurts" and their like."""
    danger: float = 0.4
    """Confidence for a danger phrase said alone or beside known words."""
    danger_amid: float = 0.6
    """Confidence for a danger phrase amid unknown speech."""
    danger_letters: float = 9
    """Letters that a danger phrase must have to count amid unknown speech ("chest pain" has nine)."""
    wake: float = 0.5
    """Confidence of each word of the wake phrase."""
    wake_again: float = 0.25
    """How sure the second look at a wake phrase must be, in which it is as likely as all else. Of other speech that was
    taken for it at first none came to 0.15, of the wake phrase in noise one in thirty to less than 0.25."""
    seconds_per_letter: float = 0.02
    """Voiced seconds that each letter takes at least: less, and the words cannot have been said."""
    speech_seconds: float = 0.25
    """Voiced seconds from which unknown sound counts as speech; a cough or a gasp is shorter."""

    @classmethod
    def of(cls, values: Mapping[str, float]) -> Thresholds:
        """The defaults, with `values` in place of some. Raises `ModelError` if one does not exist."""
        unknown = values.keys() - {field.name for field in fields(cls)}
        if unknown:
            raise ModelError(
                f"the model's charley.toml sets thresholds that do not exist: {', '.join(sorted(unknown))}",
                f"they are: {', '.join(field.name for field in fields(cls))}",
            )
        return cls(**values)

    def confidence(self, intent: str, words: int = 1) -> float:
        """How sure the recogniser must be of `intent`, said in a phrase of so many words."""
        if is_danger(intent):
            return self.danger
        if intent == "no":
            return self.no
        if intent in ANSWERS:
            return self.answer
        if intent in URGENT:
            return self.urgent
        return self.command if words < _SENTENCE_WORDS else self.sentence


class Reason(StrEnum):
    """Why nothing was understood."""

    NOTHING = "no words were heard"
    UNKNOWN = "unknown words"
    UNSURE = "not sure enough"
    TOO_SHORT = "too short for these words"
    SEVERAL = "several things at once"


@dataclass(frozen=True, slots=True)
class Understood:
    """One thing was said."""

    intent: str
    text: str
    """The phrases as the phrase book has them."""
    confidence: float
    """That of the least sure word, 0 to 1."""


@dataclass(frozen=True, slots=True)
class Rejected:
    """Nothing that may be said here was said."""

    reason: Reason
    text: str
    """The transcript, for the record."""
    speech: bool
    """Whether it was speech at all, rather than a groan or a cough."""


def understand(
    transcript: Transcript,
    intents: Sequence[str],
    book: PhraseBook,
    thresholds: Thresholds | None = None,
    voiced_seconds: float | None = None,
) -> Understood | Rejected:
    """What `transcript` means where `intents` are listened for, in order of precedence.

    `voiced_seconds`: how much of the utterance was voice; `None` if that is not known.
    """
    limits = thresholds or Thresholds()
    meanings = book.meanings(intents)
    danger = _find_danger(transcript.hypotheses, meanings, limits)
    if danger is not None:
        return danger

    meant = [(each.confidence, _meaning(each.words, meanings, intents)) for each in transcript.hypotheses]
    known = any(word.text != UNKNOWN for word in transcript.words)
    long = voiced_seconds is None or voiced_seconds >= limits.speech_seconds
    best = meant[0][1]

    def rejected(reason: Reason) -> Rejected:
        return Rejected(reason, transcript.text, speech=known or (long and bool(transcript.words)))

    totals: defaultdict[str, float] = defaultdict(float)
    likeliest: dict[str, _Meaning] = {}
    for sure, meaning in meant:
        if isinstance(meaning, _Meaning):
            totals[meaning.intent] += sure
            likeliest.setdefault(meaning.intent, meaning)
    reason = best if isinstance(best, Reason) else Reason.UNSURE
    if not totals:
        return rejected(reason)
    intent = max(totals, key=totals.__getitem__)
    sure, meaning = totals[intent], likeliest[intent]
    if voiced_seconds is not None and voiced_seconds < limits.seconds_per_letter * meaning.letters:
        return rejected(Reason.TOO_SHORT)
    if intent == "no" and sure < limits.no:
        intent, sure = "soft_no", sure + totals["soft_no"]
    if sure < limits.confidence(intent, meaning.words) or (intent == "soft_no" and intent not in intents):
        return rejected(reason)
    return Understood(intent, meaning.text, min(1.0, sure))


def is_danger(intent: str) -> bool:
    """Whether `intent` is one of those that lead to the emergency dialog from anywhere."""
    return intent.startswith(DANGER)


def danger_in_partial(text: str, book: PhraseBook, intents: Sequence[str]) -> str | None:
    """The danger intent that a partial result would mean whatever is said next, if all of it were sure, or `None`."""
    words = tuple(Word(word, 0.0, 0.0, 1.0) for word in text.split())
    found = _find_danger([Transcript(words)], book.meanings(intents), Thresholds(), more_to_come=True)
    return found.intent if found else None


class PartialWatch:
    """Waits until the partial results of an utterance have agreed on a danger for long enough.

    Partial results change their mind; one that stays is as good as final.
    """

    def __init__(self, book: PhraseBook, intents: Sequence[str], needed: int = 3) -> None:
        """`needed`: how many partial results in a row must hold the same danger."""
        self._book = book
        self._intents = tuple(intents)
        self._needed = needed
        self._last: str | None = None
        self._count = 0

    def see(self, partial: str) -> str | None:
        """Take in the next partial result; gives the danger intent once it has been seen often enough."""
        intent = danger_in_partial(partial, self._book, self._intents)
        self._count = self._count + 1 if intent == self._last else 1
        self._last = intent
        return intent if self._count >= self._needed else None


@dataclass(frozen=True, slots=True)
class _Phrase:
    """A piece of a transcript. `intent` is empty for a filler."""

    intent: str
    text: str


@dataclass(frozen=True, slots=True)
class _Danger:
    """A danger phrase in a transcript."""

    intent: str
    text: str
    confidence: float
    amid: bool
    """Whether unknown speech stands beside it."""


@dataclass(frozen=True, slots=True)
class _Meaning:
    """What one hypothesis means."""

    intent: str
    text: str
    words: int
    """In its phrase; 1 if there are several phrases."""
    letters: int


def _spoken(words: Sequence[Word]) -> Words:
    return tuple(word.text if word.text == UNKNOWN else spoken_form(word.text)[0] for word in words)


def _find_danger(
    hypotheses: Sequence[Transcript],
    meanings: Mapping[Words, tuple[str, str]],
    limits: Thresholds,
    *,
    more_to_come: bool = False,
) -> Understood | None:
    """The likeliest danger that is sure enough where its phrases stand, in all hypotheses together."""
    alone: defaultdict[str, float] = defaultdict(float)
    anywhere: defaultdict[str, float] = defaultdict(float)
    texts: dict[str, str] = {}
    for each in hypotheses:
        for phrase in _dangers(each.words, meanings, limits, more_to_come=more_to_come):
            texts.setdefault(phrase.intent, phrase.text)
            anywhere[phrase.intent] += phrase.confidence
            if not phrase.amid:
                alone[phrase.intent] += phrase.confidence
    for intent, sure in sorted(anywhere.items(), key=lambda item: -item[1]):
        if alone[intent] >= limits.danger or sure >= limits.danger_amid:
            return Understood(intent, texts[intent], min(1.0, sure))
    return None


def _dangers(
    words: Sequence[Word], meanings: Mapping[Words, tuple[str, str]], limits: Thresholds, *, more_to_come: bool
) -> Iterator[_Danger]:
    """The danger phrases in one hypothesis that count there, each intent once, by its longest phrase."""
    spoken = _spoken(words)
    spans = sorted(combinations(range(len(words) + 1), 2), key=lambda span: span[0] - span[1])
    seen = set()
    for start, end in spans:
        intent, text = meanings.get(spoken[start:end], ("", ""))
        if not is_danger(intent) or intent in seen:
            continue
        amid = more_to_come or _cut(words[:start], meanings) is None or _cut(words[end:], meanings) is None
        if not amid or sum(map(len, spoken[start:end])) >= limits.danger_letters:
            seen.add(intent)
            yield _Danger(intent, text, min(word.confidence for word in words[start:end]), amid)


def _meaning(
    words: Sequence[Word], meanings: Mapping[Words, tuple[str, str]], intents: Sequence[str]
) -> _Meaning | Reason:
    """What one hypothesis means, dangers aside, or why it means nothing."""
    known = tuple(word for word in words if word.text != UNKNOWN)
    if not known:
        return Reason.UNKNOWN if words else Reason.NOTHING
    phrases = _cut(words, meanings)
    if phrases is None:
        return Reason.UNKNOWN
    said = [phrase.intent for phrase in phrases if phrase.intent]
    if not said:
        return Reason.NOTHING
    if any(is_danger(intent) for intent in said):
        return Reason.UNSURE
    intent = _combine(said, intents)
    if intent is None:
        return Reason.SEVERAL
    if intent == "no" and (phrases[0].intent != "no" or len(said) < len(phrases)):
        intent = "soft_no"
    letters = sum(len(word.text) for word in known)
    return _Meaning(
        intent, " ".join(phrase.text for phrase in phrases), len(words) if len(phrases) == 1 else 1, letters
    )


def _cut(words: Sequence[Word], meanings: Mapping[Words, tuple[str, str]]) -> list[_Phrase] | None:
    """`words` cut into phrases and fillers without a rest, in as few pieces as can be; `None` if it cannot be done."""
    spoken = _spoken(words)
    best: list[list[_Phrase] | None] = [[]]  # best[n]: the best cut of the first n words
    for end in range(1, len(spoken) + 1):
        cuts = []
        for start in range(end):
            before, piece = best[start], _piece(spoken[start:end], meanings)
            if before is not None and piece is not None:
                cuts.append([*before, piece])
        best.append(min(cuts, key=len, default=None))
    return best[-1]


def _piece(words: Words, meanings: Mapping[Words, tuple[str, str]]) -> _Phrase | None:
    if words in meanings:
        return _Phrase(*meanings[words])
    if len(words) == 1 and words[0] in FILLERS:
        return _Phrase("", words[0])
    return None


def _combine(said: Sequence[str], intents: Sequence[str]) -> str | None:
    """What phrases with the intents `said` mean together, or `None`. See the rules at the top."""
    distinct = dict.fromkeys(intent for intent in said if intent != PAIN)
    if len(distinct) <= 1:
        return next(iter(distinct), PAIN)
    for first in FIRST:
        if first in distinct:
            return first
    others = [intent for intent in intents if intent in distinct and intent not in ANSWERS]
    denied = not distinct.keys().isdisjoint({"no", "mixed"})
    if others:
        return others[0] if len(others) <= _MAX_OTHERS and not denied else None
    if denied or any(pair <= distinct.keys() for pair in _CONTRADICTIONS):
        return "mixed"
    return next(answer for answer in ANSWERS if answer in distinct)
