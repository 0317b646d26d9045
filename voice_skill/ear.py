"""The ear: from frames to what was meant.

    frame → speech detector → endpointer ─speech began→ pre-roll, recogniser ─speech ended→ transcript → understanding

An utterance belongs to the turn that was open when it *began*, and is decoded with what could be said then: a late "no"
is no answer to the next question. Only danger words and urgent ones ("stop", "ow", "that hurts", "hang on") count for
the turn that is open when they are understood, for they are never out of date.

Two things are not left to wait for the silence at the end:

* a long **danger phrase** that a few partial results in a row agree on is judged at once, and the rest of that
  utterance is ignored;
* a short one, or an **urgent word**, ends its utterance after a short silence rather than a patient one.

While asleep the ear listens for the wake phrase; what was said in the same breath follows as its own result.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

from voice_skill.asr.port import Decoding, Recogniser, Transcript, Word
from voice_skill.audio.endpointing import Endpointer, EndpointSettings, PreRoll, SpeechBegan, SpeechEnded
from voice_skill.audio.frame import FRAME_SECONDS, Frame
from voice_skill.audio.vad import SpeechDetector
from voice_skill.dialog.hearing import URGENT
from voice_skill.nlu.phrases import DECOYS, FILLERS, PhraseBook
from voice_skill.nlu.understanding import (
    PartialWatch,
    Reason,
    Rejected,
    Thresholds,
    Understood,
    is_danger,
    understand,
)
from voice_skill.wake.gate import WakeGate

__all__ = [
    "Ear",
    "EarSettings",
    "Noise",
    "PhraseHeard",
    "Result",
    "SpeechOpened",
    "SpeechUnclear",
    "WakeHeard",
]

_CARRIED_FRAMES = 48
"""Frames (1.5 s) at the end of an utterance that was cut for length which the next one hears again while asleep, so
that the wake phrase is not missed in running talk."""


@dataclass(frozen=True, slots=True)
class EarSettings:
    """How the ear listens."""

    endpoint: EndpointSettings = field(default_factory=EndpointSettings)
    thresholds: Thresholds = field(default_factory=Thresholds)
    partial_every: int = 3
    """Frames between two looks at the partial result (3 frames: 96 ms)."""
    partials_needed: int = 3
    """Looks in a row that must find the same danger before it is judged."""
    urgent_silence: float = 0.3
    """Seconds of quiet that end an utterance which is "stop", "ow" or the like so far."""
    asleep_silence: float = 0.8
    """Seconds of quiet that end an utterance while asleep."""
    asleep_patience: float = 2.0
    """Seconds after which the wake phrase is acted on although someone (a television) talks on."""
    pre_roll: float = 0.5
    """Seconds of sound before speech was noticed that still belong to it."""


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


Result = SpeechOpened | PhraseHeard | SpeechUnclear | Noise | WakeHeard


@dataclass(frozen=True, slots=True)
class _Attention:
    """What is listened for."""

    turn: int
    intents: tuple[str, ...]
    gate: WakeGate | None = None
    early: bool = False


@dataclass(slots=True)
class _Utterance:
    """An utterance under way."""

    attention: _Attention
    began_at: float
    frames: list[Frame]
    decoding: Decoding
    watch: PartialWatch
    voiced_seconds: float
    voiced_until: float
    waking_since: float | None = None
    """When the wake phrase first stood in a partial result."""
    looked_at: set[str] = field(default_factory=set)
    """Urgent intents that were looked at closely already. Each look decodes the whole utterance anew, so none is looked
    at twice."""
    judged: bool = False
    """Its meaning is known; the rest is ignored."""

    def hear(self, frame: Frame, *, voiced: bool) -> None:
        """Take in a frame after the first ones."""
        self.frames.append(frame)
        if voiced:
            self.voiced_until = frame.end
            self.voiced_seconds += FRAME_SECONDS
        if not self.judged:
            self.decoding.feed(frame.pcm)


class Ear:
    """Hears one stream of frames. It is deaf until `listen` or `sleep` is called."""

    def __init__(
        self,
        recogniser: Recogniser,
        detector: SpeechDetector,
        book: PhraseBook,
        settings: EarSettings | None = None,
    ) -> None:
        self._recogniser = recogniser
        self._detector = detector
        self._book = book
        self._settings = settings or EarSettings()
        self._endpointer = Endpointer(self._settings.endpoint)
        self._pre_roll = PreRoll(self._settings.pre_roll)
        self._carried: list[Frame] = []
        self._fillers = tuple(word for word in sorted(FILLERS) if recogniser.knows(word))
        self._decoys = tuple(word for word in DECOYS if recogniser.knows(word))
        self._attention: _Attention | None = None
        self._early: tuple[str, ...] = ()
        self._question_at: float | None = None
        self._utterance: _Utterance | None = None

    def listen(self, intents: Sequence[str], early: Sequence[str], turn: int, endpoint: float) -> None:
        """From now on understand `early`, and `intents` from `question_began` on.

        An utterance under way is still decoded and understood as when it began. `intents` and `early` are in order of
        precedence; `endpoint` is the silence that ends an utterance, in seconds.
        """
        self._attention = _Attention(turn, tuple(intents))
        self._early = tuple(early)
        self._question_at = None
        self._endpointer.set_silence(endpoint)

    def question_began(self, at: float) -> None:
        """The last sentence of the turn began to sound at `at`: who speaks from then on may be answering it."""
        self._question_at = at

    def sleep(self, phrase: str, intents: Sequence[str] = (), *, distress: Sequence[str] = (), turn: int = 0) -> None:
        """From now on wait for the wake phrase `phrase`, or a phrase of `distress`.

        `intents`: what may be said in the same breath; it is reported for `turn`. Raises `ModelError` if the recogniser
        does not know a word of `phrase`.
        """
        gate = WakeGate(
            phrase,
            self._recogniser.knows,
            starts=self._book.grammar(intents),
            distress=distress,
            threshold=self._settings.thresholds.wake,
            distress_letters=self._settings.thresholds.danger_letters,
        )
        self._attention = _Attention(turn, tuple(intents), gate)
        self._endpointer.set_silence(self._settings.asleep_silence)

    def reset(self) -> None:
        """Forget all sound so far: another recording follows, or the microphone after a break."""
        self._detector.reset()
        self._endpointer.reset()
        self._pre_roll.drain()
        self._carried = []
        self._utterance = None

    def feed(self, frame: Frame) -> list[Result]:
        """Take in the next frame; gives what became known with it.

        Raises `ModelError` if a phrase that is listened for holds a word that the recogniser does not know.
        """
        probability = self._detector.probability(frame)
        event = self._endpointer.process(probability, frame.end)
        utterance = self._utterance
        if utterance is None:
            self._pre_roll.push(frame)
            return self._open(event.at, frame.end) if isinstance(event, SpeechBegan) else []
        utterance.hear(frame, voiced=probability >= self._settings.endpoint.off)
        if isinstance(event, SpeechEnded):
            return self._close(utterance, event)
        if not utterance.judged and len(utterance.frames) % self._settings.partial_every == 0:
            return self._look(utterance, frame.end)
        return []

    def judge(self, frames: Iterable[Frame]) -> Result:
        """Understand `frames` as one utterance, although nobody may have been heard speaking. Raises as `feed` does."""
        if self._attention is None or self._attention.gate is not None:
            raise ValueError("judge needs `listen` first")
        sound = list(frames)
        utterance = self._begin(self._attention, sound, sound[0].at, sound[-1].end)
        return self._understand(utterance, utterance.decoding.finish(), sound[-1].end)

    def _open(self, began_at: float, now: float) -> list[Result]:
        attention = self._attention
        if attention is None:
            return []
        asleep = attention.gate is not None
        if not asleep and (self._question_at is None or began_at < self._question_at):
            attention = replace(attention, intents=self._early, early=True)
        frames = [*self._carried, *self._pre_roll.drain()]
        self._carried = []
        self._utterance = self._begin(attention, frames, began_at, now)
        return [] if asleep else [SpeechOpened(began_at, attention.turn)]

    def _begin(self, attention: _Attention, frames: list[Frame], began_at: float, now: float) -> _Utterance:
        return _Utterance(
            attention,
            began_at,
            frames,
            self._decode(attention, frames),
            PartialWatch(self._book, attention.intents, self._settings.partials_needed),
            voiced_seconds=now - began_at,
            voiced_until=now,
        )

    def _decode(self, attention: _Attention, frames: Sequence[Frame]) -> Decoding:
        if attention.gate is not None:
            grammar = attention.gate.grammar
        else:
            decoys = self._decoys if "no" in attention.intents else ()
            grammar = (*self._book.grammar(attention.intents), *self._fillers, *decoys)
        decoding = self._recogniser.decode(grammar)
        for frame in frames:
            decoding.feed(frame.pcm)
        return decoding

    def _look(self, utterance: _Utterance, now: float) -> list[Result]:
        """Look at the partial result, and judge the utterance at once if it must not wait."""
        partial = utterance.decoding.partial()
        gate = utterance.attention.gate
        if gate is not None:
            if not gate.in_partial(partial):
                utterance.waking_since = None
            elif utterance.waking_since is None:
                utterance.waking_since = now
            elif now - utterance.waking_since >= self._settings.asleep_patience:
                utterance.waking_since = None
                return self._cut_short(utterance, now)
            return []
        urgent = utterance.watch.see(partial)
        if urgent is None and now - utterance.voiced_until >= self._settings.urgent_silence:
            urgent = self._urgent(partial, utterance.attention)
        if urgent is None or urgent in utterance.looked_at:
            return []
        utterance.looked_at.add(urgent)
        return self._cut_short(utterance, now)

    def _urgent(self, partial: str, attention: _Attention) -> str | None:
        """The intent of `partial` if it is the whole utterance, must not wait, and all of it is sure."""
        words = Transcript(tuple(Word(word, 0.0, 0.0, 1.0) for word in partial.split()))
        meaning = understand(words, attention.intents, self._book, self._settings.thresholds)
        return meaning.intent if isinstance(meaning, Understood) and _acts_at_once(meaning.intent) else None

    def _cut_short(self, utterance: _Utterance, now: float) -> list[Result]:
        """Judge what was said so far. If it is not urgent after all, decode it anew and go on."""
        results = self._judge(utterance, utterance.decoding.finish(), now)
        intent = next((result.intent for result in results if isinstance(result, PhraseHeard)), "")
        if is_danger(intent):
            utterance.judged = True
        elif _acts_at_once(intent) or any(isinstance(result, WakeHeard) for result in results):
            self._utterance = None
            self._endpointer.reset()
        else:
            utterance.decoding = self._decode(utterance.attention, utterance.frames)
            return []
        return results

    def _close(self, utterance: _Utterance, event: SpeechEnded) -> list[Result]:
        self._utterance = None
        if utterance.judged:
            return []
        results = self._judge(utterance, utterance.decoding.finish(), event.at)
        if event.cut and utterance.attention.gate is not None and not results:
            self._carried = utterance.frames[-_CARRIED_FRAMES:]
        return results

    def _judge(self, utterance: _Utterance, transcript: Transcript, now: float) -> list[Result]:
        attention = utterance.attention
        if attention.gate is None:
            return [self._understand(utterance, transcript, now)]
        wake = attention.gate.find(transcript)
        if wake is None:
            return []
        woken = WakeHeard(now, utterance.frames[0].at + wake.at, wake.confidence, transcript.text)
        result = self._understand(utterance, wake.rest, now)
        return [woken, result] if isinstance(result, PhraseHeard) else [woken]

    def _understand(self, utterance: _Utterance, transcript: Transcript, now: float) -> Result:
        attention = utterance.attention
        meaning = understand(
            transcript, attention.intents, self._book, self._settings.thresholds, utterance.voiced_seconds
        )
        span = (now, utterance.began_at, utterance.voiced_until)
        if isinstance(meaning, Rejected):
            if attention.early or not meaning.speech:
                return Noise(*span, attention.turn, meaning.text)
            return SpeechUnclear(*span, attention.turn, meaning.text, meaning.reason)
        heard = PhraseHeard(*span, attention.turn, meaning.text, meaning.intent, meaning.confidence)
        if _acts_at_once(heard.intent) and self._attention is not None:
            return replace(heard, turn=self._attention.turn)
        return heard


def _acts_at_once(intent: str) -> bool:
    return intent in URGENT or is_danger(intent)
