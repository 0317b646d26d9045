"""The ear: from frames to what was meant.

    frame → speech detector → endpointer ─speech began→ pre-roll, recogniser ─speech ended→ transcript → understanding

An utterance belongs to the turn that was open when it *began*, and is decoded with what could be said then: a late "no"
is no answer to the next question. Only danger words and urgent ones ("stop", "ow", "that hurts", "hang on") count for
the turn that is open when they are understood, for they are never out of date.

Two things are not left to wait for the silence at the end:

* a long **danger phrase** that a few partial results in a row agree on is judged at once, and the rest of that
  utterance is ignored;
* a short one, or an **urgent word**, ends its utterance after a short silence rather than a patient one. While Charley
  speaks a closer look is taken sooner still, at the first gap: what is urgent so far is *suspected*, so that Charley
  can hush until the short silence decides; if more follows that makes it something else, it is *dismissed*.

While asleep the ear listens for the wake phrase; what was said in the same breath follows as its own result. A wake
phrase that is not quite sure is heard a second time, cut out of what was said around it, and must be heard again then.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace

from voice_skill.asr.port import Decoding, Recogniser, Transcript, Word
from voice_skill.attention import (
    Attending,
    Attention,
    Noise,
    PhraseHeard,
    Result,
    Span,
    SpeechOpened,
    SpeechUnclear,
    SuspicionDismissed,
    UrgencySuspected,
    WakeHeard,
    acts_at_once,
)
from voice_skill.audio.endpointing import Endpointer, EndpointSettings, PreRoll, SpeechBegan, SpeechEnded
from voice_skill.audio.frame import FRAME_SECONDS, Frame
from voice_skill.audio.vad import SpeechDetector
from voice_skill.nlu.phrases import DECOYS, FILLERS, PhraseBook
from voice_skill.nlu.understanding import PartialWatch, Thresholds, Understood, is_danger, understand
from voice_skill.wake.gate import Wake, WakeGate

__all__ = [
    "Ear",
    "EarSettings",
    "Noise",
    "PhraseHeard",
    "Result",
    "SpeechOpened",
    "SpeechUnclear",
    "SuspicionDismissed",
    "UrgencySuspected",
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
    gap: float = 0.12
    """Seconds of quiet after which a short utterance is looked at closely: the gap inside a word is shorter."""
    short: float = 2.5
    """Seconds of sound that can be looked at closely in passing (in 0.05 s); "that really hurts" takes 1.2."""
    asleep_silence: float = 0.8
    """Seconds of quiet that end an utterance while asleep."""
    asleep_patience: float = 2.0
    """Seconds after which the wake phrase is acted on although someone (a television) talks on."""
    wake_margin: float = 0.3
    """Seconds of sound on either side of a wake phrase that its second look takes in."""
    pre_roll: float = 0.5
    """Seconds of sound before speech was noticed that still belong to it."""
    beside: float = 0.2
    """Seconds before and after voice in which there may be more of it, too soft to be noticed: the "st" of "stop"."""


@dataclass(slots=True)
class _Utterance:
    """An utterance under way."""

    attention: Attending
    began_at: float
    frames: list[Frame]
    decoding: Decoding | None
    """None after a closer look: it is begun anew when it is needed again, and Charley hushes before that."""
    watch: PartialWatch
    voiced_seconds: float
    voiced_until: float
    waking_since: float | None = None
    """When the wake phrase first stood in a partial result."""
    looked_at: set[str] = field(default_factory=set)
    """Urgent intents that were looked at closely already. Each look decodes the whole utterance anew, so none is looked
    at twice."""
    looked_until: float = 0.0
    """End of the voice that the last closer look at a gap has taken in."""
    suspected: PhraseHeard | None = None
    """What that look found, if it must not wait and no voice has followed yet."""
    told: bool = False
    """Whether a suspicion was told that is neither confirmed nor dismissed."""
    judged: bool = False
    """Its meaning is known; the rest is ignored."""

    def hear(self, frame: Frame, *, voiced: bool, beside: float) -> None:
        """Take in a frame after the first ones. `beside`: seconds after voice in which there may be more of it."""
        if voiced:
            self.voiced_until = frame.end
            self.voiced_seconds += FRAME_SECONDS
            self.suspected = None
        elif frame.end - self.voiced_until > beside:
            frame = frame.without_echo
        self.frames.append(frame)
        if self.decoding is not None and not self.judged:
            self.decoding.feed(frame.pcm)

    def span(self, now: float) -> Span:
        """Its times, if it is judged at `now`."""
        return Span(now, self.began_at, self.voiced_until, self.frames[0].at)


class Ear:
    """Hears one stream of frames. It is deaf until `listen` or `sleep` is called."""

    def __init__(
        self,
        recogniser: Recogniser,
        detector: SpeechDetector,
        book: PhraseBook,
        settings: EarSettings | None = None,
        *,
        clean: Callable[[Frame], Frame] | None = None,
    ) -> None:
        """`clean` takes the echo of Charley out of a frame: in `pcm` as far as can be done without harm to the words of
        who talks over it, in `muted` wholly. The detector is given that one, and so is the recogniser where nobody
        speaks."""
        self._recogniser = recogniser
        self._detector = detector
        self._book = book
        self._settings = settings or EarSettings()
        self._clean = clean
        self._endpointer = Endpointer(self._settings.endpoint)
        self._pre_roll = PreRoll(self._settings.pre_roll)
        self._carried: list[Frame] = []
        self._fillers = tuple(word for word in sorted(FILLERS) if recogniser.knows(word))
        self._decoys = tuple(word for word in DECOYS if recogniser.knows(word))
        self._attention = Attention(book, self._settings.thresholds, recogniser.knows)
        self._utterance: _Utterance | None = None
        self.talked_over = False
        """Whether somebody else (Charley) speaks now, who may have to hush."""

    def listen(self, intents: Sequence[str], early: Sequence[str], turn: int, endpoint: float) -> None:
        """From now on understand `early`, and `intents` from `question_began` on.

        An utterance under way is still decoded and understood as when it began. `intents` and `early` are in order of
        precedence; `endpoint` is the silence that ends an utterance, in seconds.
        """
        self._attention.listen(intents, early, turn)
        self._endpointer.set_silence(endpoint)

    def question_began(self, at: float) -> None:
        """The last sentence of the turn began to sound at `at`: who speaks from then on may be answering it."""
        self._attention.question_began(at)

    def sleep(self, phrase: str, intents: Sequence[str] = (), *, distress: Sequence[str] = (), turn: int = 0) -> None:
        """From now on wait for the wake phrase `phrase`, or a phrase of `distress`.

        `intents`: what may be said in the same breath; it is reported for `turn`. Raises `ModelError` if the recogniser
        does not know a word of `phrase`.
        """
        self._attention.sleep(phrase, intents, distress=distress, turn=turn)
        self._endpointer.set_silence(self._settings.asleep_silence)

    def reset(self) -> None:
        """Forget all sound so far: another recording follows, or the microphone after a break."""
        self._detector.reset()
        self._attention.reset()
        self.forget_before(math.inf)

    def forget_before(self, at: float) -> None:
        """Forget the sound before `at`, which was somebody else's; an utterance that began then begins anew."""
        heard = [*(self._utterance.frames if self._utterance else ()), *self._pre_roll.drain()]
        self._endpointer.reset()
        self._carried = []
        self._utterance = None
        for frame in heard:
            if frame.at >= at:
                self._pre_roll.push(frame)

    def feed(self, frame: Frame) -> list[Result]:
        """Take in the next frame; gives what became known with it.

        Raises `ModelError` if a phrase that is listened for holds a word that the recogniser does not know.
        """
        if self._clean is not None:
            frame = self._clean(frame)
        probability = self._detector.probability(frame.without_echo)
        event = self._endpointer.process(probability, frame.end)
        utterance = self._utterance
        if utterance is None:
            self._pre_roll.push(frame)
            return self._open(event.at, frame.end) if isinstance(event, SpeechBegan) else []
        utterance.hear(frame, voiced=probability >= self._settings.endpoint.off, beside=self._settings.beside)
        if isinstance(event, SpeechEnded):
            return self._close(utterance, event)
        if utterance.judged:
            return []
        if self._in_gap(utterance, frame.end):
            return self._look_closely(utterance, frame.end)
        if utterance.suspected is not None:
            return self._confirm(utterance, frame.end)
        decoding = self._decoding_of(utterance)
        if len(utterance.frames) % self._settings.partial_every == 0:
            return self._look(utterance, decoding.partial(), frame.end)
        return []

    def judge(self, frames: Iterable[Frame]) -> Result:
        """Understand `frames` as one utterance, although nobody may have been heard speaking. Raises as `feed` does."""
        attending = self._attention.now
        if attending is None or attending.gate is not None:
            raise ValueError("judge needs `listen` first")
        sound = list(frames)
        utterance = self._begin(attending, sound, sound[0].at, sound[-1].end)
        return self._understand(utterance, self._finish(utterance), sound[-1].end)

    def _open(self, began_at: float, now: float) -> list[Result]:
        attention = self._attention.at(began_at)
        if attention is None:
            return []
        near = began_at - self._settings.beside
        before = (frame if frame.end > near else frame.without_echo for frame in self._pre_roll.drain())
        frames = [*self._carried, *before]
        self._carried = []
        self._utterance = self._begin(attention, frames, began_at, now)
        return [] if attention.gate is not None else [SpeechOpened(began_at, attention.turn)]

    def _begin(self, attention: Attending, frames: list[Frame], began_at: float, now: float) -> _Utterance:
        return _Utterance(
            attention,
            began_at,
            frames,
            self._decode(attention, frames),
            PartialWatch(self._book, attention.intents, self._settings.partials_needed),
            voiced_seconds=now - began_at,
            voiced_until=now,
        )

    def _decode(self, attention: Attending, frames: Sequence[Frame]) -> Decoding:
        if attention.gate is not None:
            grammar = attention.gate.grammar
        else:
            decoys = self._decoys if "no" in attention.intents else ()
            grammar = tuple(dict.fromkeys((*self._book.grammar(attention.intents), *self._fillers, *decoys)))
        decoding = self._recogniser.decode(grammar)
        for frame in frames:
            decoding.feed(frame.pcm)
        return decoding

    def _decoding_of(self, utterance: _Utterance) -> Decoding:
        if utterance.decoding is None:
            utterance.decoding = self._decode(utterance.attention, utterance.frames)
        return utterance.decoding

    def _finish(self, utterance: _Utterance) -> Transcript:
        transcript = self._decoding_of(utterance).finish()
        utterance.decoding = None
        return transcript

    def _look(self, utterance: _Utterance, partial: str, now: float) -> list[Result]:
        """Look at the partial result, and judge the utterance at once if it must not wait."""
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

    def _in_gap(self, utterance: _Utterance, now: float) -> bool:
        """Whether a short utterance has just paused, and was not looked at since its last voice."""
        return (
            self.talked_over
            and utterance.attention.gate is None
            and now - utterance.voiced_until >= self._settings.gap
            and utterance.looked_until < utterance.voiced_until
            and len(utterance.frames) * FRAME_SECONDS <= self._settings.short
        )

    def _look_closely(self, utterance: _Utterance, now: float) -> list[Result]:
        """Judge what was said so far as though it were all, to be ready if it is something that must not wait."""
        utterance.looked_until = utterance.voiced_until
        result = self._understand(utterance, self._finish(utterance), now)
        if not (isinstance(result, PhraseHeard) and acts_at_once(result.intent)):
            return self._dismissed(utterance, now)
        utterance.suspected = result
        if utterance.told:
            return []
        utterance.told = True
        return [UrgencySuspected(now, result.began_at, result.ended_at, result.turn, result.text, intent=result.intent)]

    def _confirm(self, utterance: _Utterance, now: float) -> list[Result]:
        """What is suspected is meant once the short silence is over."""
        suspected = utterance.suspected
        if suspected is None or now - utterance.voiced_until < self._settings.urgent_silence:
            return []
        self._utterance = None
        self._endpointer.reset()
        return [replace(suspected, at=now)]

    def _dismissed(self, utterance: _Utterance, now: float) -> list[Result]:
        """What to tell when an utterance is nothing urgent after all."""
        if not utterance.told:
            return []
        utterance.told = False
        return [SuspicionDismissed(now)]

    def _urgent(self, partial: str, attention: Attending) -> str | None:
        """The intent of `partial` if it is the whole utterance, must not wait, and all of it is sure."""
        words = Transcript(tuple(Word(word, 0.0, 0.0, 1.0) for word in partial.split()))
        meaning = understand(words, attention.intents, self._book, self._settings.thresholds)
        return meaning.intent if isinstance(meaning, Understood) and acts_at_once(meaning.intent) else None

    def _cut_short(self, utterance: _Utterance, now: float) -> list[Result]:
        """Judge what was said so far. If it is not urgent after all, go on."""
        results = self._judge(utterance, self._finish(utterance), now)
        intent = next((result.intent for result in results if isinstance(result, PhraseHeard)), "")
        if is_danger(intent):
            utterance.judged = True
            return results
        if not (acts_at_once(intent) or any(isinstance(result, WakeHeard) for result in results)):
            return []
        self._utterance = None
        self._endpointer.reset()
        return results

    def _close(self, utterance: _Utterance, event: SpeechEnded) -> list[Result]:
        self._utterance = None
        if utterance.judged:
            return []
        results = self._judge(utterance, self._finish(utterance), event.at)
        if not any(isinstance(result, PhraseHeard) and acts_at_once(result.intent) for result in results):
            results = [*self._dismissed(utterance, event.at), *results]
        if event.cut and utterance.attention.gate is not None and not results:
            self._carried = utterance.frames[-_CARRIED_FRAMES:]
        return results

    def _judge(self, utterance: _Utterance, transcript: Transcript, now: float) -> list[Result]:
        span = utterance.span(now)
        gate = utterance.attention.gate
        wake = gate.find(transcript) if gate is not None else None
        if gate is not None and wake is not None and not self._heard_again(utterance, gate, wake):
            return []
        return self._attention.judge(utterance.attention, transcript, span, utterance.voiced_seconds)

    def _heard_again(self, utterance: _Utterance, gate: WakeGate, wake: Wake) -> bool:
        """The second look at a wake phrase: alone, without the words around it that may have made it likely."""
        zero, margin = utterance.frames[0].at, self._settings.wake_margin
        decoding = self._recogniser.decode(gate.evenly)
        for frame in utterance.frames:
            if frame.end > zero + wake.at - margin and frame.at < zero + wake.end + margin:
                decoding.feed(frame.pcm)
        return gate.certainty(decoding.finish()) >= self._settings.thresholds.wake_again

    def _understand(self, utterance: _Utterance, transcript: Transcript, now: float) -> Result:
        span = utterance.span(now)
        return self._attention.understand(utterance.attention, transcript, span, utterance.voiced_seconds)
