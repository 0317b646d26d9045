"""What is listened for, and what a transcript means then: shared by the ear, which hears sound, and typed words.

An utterance belongs to the turn that was open when it *began*, and is understood by what could be said then: a late
"no" is no answer to the next question. Only danger words and urgent ones ("stop", "ow", "that hurts", "hang on") count
for the turn that is open when they are understood, for they are never out of date.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

from voice_skill.asr.port import Transcript
from voice_skill.dialog.hearing import URGENT
from voice_skill.nlu.phrases import PhraseBook
from voice_skill.nlu.understanding import Reason, Rejected, Thresholds, is_danger, understand
from voice_skill.wake.gate import WakeGate

__all__ = [
    "Attending",
    "Attention",
    "Noise",
    "PhraseHeard",
    "Result",
    "Span",
    "SpeechOpened",
    "SpeechUnclear",
    "SuspicionDismissed",
    "UrgencySuspected",
    "WakeHeard",
    "acts_at_once",
]

WAKE_APART = 1.5
"""Seconds from the start of a wake phrase within which another is the same call: "hey charley, hey charley!"."""


@dataclass(frozen=True, slots=True)
class SpeechOpened:
    """Someone began to speak; what, is not known yet."""

    at: float
    """In seconds on the frames' clock, as all times here."""
    turn: int


@dataclass(frozen=True, slots=True)
class _Speech:
    """An utterance, or the part of it that was judged."""

    at: float
    """When it was judged."""
    began_at: float
    ended_at: float
    """End of the last voiced frame before it was judged."""
    turn: int
    text: str


@dataclass(frozen=True, slots=True)
class PhraseHeard(_Speech):
    """A phrase that may be said now, and nothing else."""

    intent: str
    confidence: float


@dataclass(frozen=True, slots=True)
class SpeechUnclear(_Speech):
    """Speech that means nothing here. `text` is the raw transcript."""

    reason: Reason


@dataclass(frozen=True, slots=True)
class Noise(_Speech):
    """A voice, but no words; or words before the question was put that could not be an answer yet."""


@dataclass(frozen=True, slots=True)
class WakeHeard:
    """The wake phrase was heard."""

    at: float
    began_at: float
    """Start of the phrase's first word."""
    confidence: float
    text: str
    """The whole transcript that it was found in."""


@dataclass(frozen=True, slots=True)
class UrgencySuspected(_Speech):
    """So far it is something that must not wait, such as "stop"; whether it is all, a short silence will tell.
    `PhraseHeard` or `SuspicionDismissed` follows."""

    intent: str


@dataclass(frozen=True, slots=True)
class SuspicionDismissed:
    """What was suspected was not meant."""

    at: float


Result = SpeechOpened | PhraseHeard | SpeechUnclear | Noise | WakeHeard | UrgencySuspected | SuspicionDismissed


class Span(NamedTuple):
    """The times of an utterance, in seconds."""

    judged_at: float
    began_at: float
    ended_at: float
    """End of the last voice so far."""
    zero: float
    """What the times in its transcript count from."""


@dataclass(frozen=True, slots=True)
class Attending:
    """What is listened for in one utterance."""

    turn: int
    intents: tuple[str, ...]
    gate: WakeGate | None = None
    """The wake phrase, while asleep."""
    early: bool = False
    """Whether Charley still leads up to its question."""


class Attention:
    """Keeps what is listened for. There is nothing until `listen` or `sleep` is called."""

    def __init__(self, book: PhraseBook, thresholds: Thresholds, knows: Callable[[str], bool]) -> None:
        """`knows`: whether a word can be heard at all."""
        self.now: Attending | None = None
        """For whoever answers Charley's last question."""
        self._book = book
        self._thresholds = thresholds
        self._knows = knows
        self._early: tuple[str, ...] = ()
        self._question_at: float | None = None
        self._deaf_until = -math.inf

    def reset(self) -> None:
        """Another recording follows: its times begin anew."""
        self._deaf_until = -math.inf

    def listen(self, intents: Sequence[str], early: Sequence[str], turn: int) -> None:
        """From now on `early`, and `intents` from `question_began` on; both in order of precedence."""
        self.now = Attending(turn, tuple(intents))
        self._early = tuple(early)
        self._question_at = None

    def question_began(self, at: float) -> None:
        """The last sentence of the turn began to sound at `at`: who speaks from then on may be answering it."""
        self._question_at = at

    def sleep(self, phrase: str, intents: Sequence[str] = (), *, distress: Sequence[str] = (), turn: int = 0) -> None:
        """From now on the wake phrase `phrase`, what may follow in the same breath (`intents`), and `distress`.

        Raises `ModelError` if a word of `phrase` is not known.
        """
        gate = WakeGate(
            phrase,
            self._knows,
            starts=self._book.grammar(intents),
            distress=distress,
            threshold=self._thresholds.wake,
            distress_letters=self._thresholds.danger_letters,
        )
        self.now = Attending(turn, tuple(intents), gate)

    def at(self, began_at: float) -> Attending | None:
        """What counts in speech that begins at `began_at`."""
        now = self.now
        if now is None or now.gate is not None or (self._question_at is not None and began_at >= self._question_at):
            return now
        return replace(now, intents=self._early, early=True)

    def judge(
        self, attending: Attending, transcript: Transcript, span: Span, voiced_seconds: float | None = None
    ) -> list[Result]:
        """What an utterance means; nothing if the wake phrase is waited for and was not said."""
        if attending.gate is None:
            return [self.understand(attending, transcript, span, voiced_seconds)]
        wake = attending.gate.find(transcript)
        if wake is None or span.zero + wake.at < self._deaf_until:
            return []
        woken = WakeHeard(span.judged_at, span.zero + wake.at, wake.confidence, transcript.text)
        self._deaf_until = woken.began_at + WAKE_APART
        result = self.understand(attending, wake.rest, span, voiced_seconds)
        return [woken, result] if isinstance(result, PhraseHeard) else [woken]

    def understand(
        self, attending: Attending, transcript: Transcript, span: Span, voiced_seconds: float | None = None
    ) -> Result:
        """What was said, the wake phrase aside. `voiced_seconds`: how much of it was voice; `None` if not known."""
        meaning = understand(transcript, attending.intents, self._book, self._thresholds, voiced_seconds)
        times = (span.judged_at, span.began_at, span.ended_at)
        if isinstance(meaning, Rejected):
            if attending.early or not meaning.speech:
                return Noise(*times, attending.turn, meaning.text)
            return SpeechUnclear(*times, attending.turn, meaning.text, meaning.reason)
        heard = PhraseHeard(*times, attending.turn, meaning.text, meaning.intent, meaning.confidence)
        if acts_at_once(heard.intent) and self.now is not None:
            return replace(heard, turn=self.now.turn)
        return heard


def acts_at_once(intent: str) -> bool:
    """Whether `intent` is never out of date."""
    return intent in URGENT or is_danger(intent)
