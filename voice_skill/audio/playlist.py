"""What sounds at which sample: the speaker's core, free of devices and clocks.

Speech comes in as utterances and goes out as samples, as many as are asked for; time is the number of samples that
went out. So one player serves the sound card and a simulated night, and every event has its exact sample.

Rules, in the order in which they win:

* an utterance with a start of its own begins on that sample, and what still sounds then is faded out under it;
* a hold cue that comes too late is left out, because a late count is worse than a missing one (clinical.md 3.2);
* the others play one after another, in the order they came.
"""

from __future__ import annotations

import bisect
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from operator import attrgetter

import numpy as np
from numpy.typing import NDArray

from voice_skill.audio.gain import amplified
from voice_skill.dialog.events import SpeechFinished, SpeechStarted
from voice_skill.tts.port import CLIP_RATE

__all__ = [
    "FADE_SECONDS",
    "LATE_SECONDS",
    "CueSkipped",
    "PlaybackEvent",
    "Playlist",
    "Sentence",
    "SentenceStarted",
    "Utterance",
]

FADE_SECONDS = 0.01
"""How long speech that is stopped or interrupted takes to fall silent."""
LATE_SECONDS = 0.5
"""A cue later than this is left out; it is the accuracy that a hold must have (clinical.md 3.2)."""
_EDGE_SECONDS = 0.002
"""Every sentence is faded in and out this long, so that no change of loudness between two can click."""
_FULL_SCALE = 32_767


@dataclass(frozen=True, slots=True)
class SentenceStarted:
    """The first sample of a sentence was played."""

    turn: int
    cue: str
    """The hold cue it belongs to; empty for ordinary speech."""
    index: int
    """Its place in the turn's sentences, from 0."""
    last: bool
    """Whether it is the last one of what was said together."""
    text: str


@dataclass(frozen=True, slots=True)
class CueSkipped:
    """A hold cue came too late and was left out."""

    turn: int
    cue: str


PlaybackEvent = SpeechStarted | SentenceStarted | SpeechFinished | CueSkipped
"""What a player reports. Speech that was stopped reports no end."""


@dataclass(frozen=True, slots=True)
class Sentence:
    """One sentence to be played."""

    text: str
    pcm: bytes
    """Little-endian int16 mono samples at the playlist's rate."""
    pause: float = 0.0
    """Seconds of silence before the next sentence; the last one has none."""
    gain_db: float = 0.0
    """How much louder than `pcm`, in decibels."""


@dataclass(frozen=True, slots=True, eq=False)
class Utterance:
    """Sentences that are played together, laid out sample by sample."""

    turn: int
    cue: str
    samples: NDArray[np.int16]
    sentences: tuple[tuple[int, str], ...]
    """Where each sentence begins in `samples`, and its text."""

    @classmethod
    def build(cls, turn: int, sentences: Sequence[Sentence], *, cue: str = "", rate: int = CLIP_RATE) -> Utterance:
        """Lay out sentences, each at its loudness."""
        parts: list[NDArray[np.int16]] = []
        starts: list[tuple[int, str]] = []
        length = 0
        for number, sentence in enumerate(sentences, start=1):
            pause = round(sentence.pause * rate) if number < len(sentences) else 0
            sound = np.pad(_shaped(sentence, rate), (0, pause))
            starts.append((length, sentence.text))
            parts.append(sound)
            length += len(sound)
        return cls(turn, cue, np.concatenate(parts) if parts else np.zeros(0, np.int16), tuple(starts))


@dataclass(slots=True)
class _Scheduled:
    """An utterance that begins on a sample of its own."""

    start: int
    utterance: Utterance
    skippable: bool


@dataclass(slots=True)
class _Playing:
    """The utterance that sounds."""

    start: int
    """The playlist's sample at which it began."""
    utterance: Utterance
    begun: int = 0
    """How many of its sentences have begun."""

    @property
    def boundary(self) -> int:
        """The playlist's sample at which its next sentence begins, or after which it ends."""
        sentences = self.utterance.sentences
        offset = sentences[self.begun][0] if self.begun < len(sentences) else len(self.utterance.samples)
        return self.start + offset


class Playlist:
    """Utterances in, samples out. Not thread-safe: a live speaker locks around it."""

    def __init__(self, rate: int = CLIP_RATE) -> None:
        self.rate = rate
        """Samples per second of what goes in and out."""
        self.position = 0
        """How many samples have gone out: the next one's index."""
        self._playing: _Playing | None = None
        self._hushed: _Playing | None = None
        self._queue: deque[Utterance] = deque()
        self._schedule: list[_Scheduled] = []
        self._tail = np.zeros(0, np.int16)  # what was cut off, fading out under whatever comes
        self._events: list[tuple[int, PlaybackEvent]] = []

    def add(self, utterance: Utterance, start: int | None = None, *, skippable: bool = False) -> None:
        """Play an utterance: after what plays and waits, or with its first sample at `start`.

        A start that has passed means at once, unless it is `skippable` and more than `LATE_SECONDS` late.
        """
        if start is None:
            self._queue.append(utterance)
        else:
            bisect.insort(self._schedule, _Scheduled(start, utterance, skippable), key=attrgetter("start"))

    def hush(self) -> None:
        """Silence what sounds after `FADE_SECONDS`, until `go_on`. What has a start of its own is not kept waiting."""
        if self._playing is not None:
            self._hushed = self._playing
            self._cut()

    def go_on(self) -> None:
        """Say the sentence that was silenced again, from its beginning, and go on from there."""
        hushed, self._hushed = self._hushed, None
        if hushed is None:
            return
        sentence = max(0, hushed.begun - 1)
        self._playing = _Playing(self.position - hushed.utterance.sentences[sentence][0], hushed.utterance, sentence)

    def stop(self) -> None:
        """Forget everything; what sounds is silent after `FADE_SECONDS`. No event tells of its end."""
        self._hushed = None
        self._queue.clear()
        self._schedule.clear()
        self._cut()

    def shift(self, samples: int) -> None:
        """Move every start that lies ahead by `samples`: the player's time has slipped against the schedule's."""
        for scheduled in self._schedule:
            scheduled.start += samples

    def pull(self, count: int) -> bytes:
        """The next `count` samples, little-endian int16; silence where nothing sounds."""
        block = np.zeros(count, "<i2")
        done = 0
        self._settle()
        while done < count:
            boundary = self.next_event()
            step = count - done if boundary is None else min(count - done, boundary - self.position)
            self._fill(block[done : done + step])
            self.position += step
            done += step
            self._settle()
        return block.tobytes()

    def events(self) -> list[tuple[int, PlaybackEvent]]:
        """What happened in the pulls since the last call, each with its sample, in order."""
        events, self._events = self._events, []
        return events

    def next_event(self) -> int | None:
        """The sample at which the next event is due; `None` if nothing sounds or waits."""
        due = [max(self._schedule[0].start, self.position)] if self._schedule else []
        if self._playing:
            due.append(self._playing.boundary)
        elif self._queue and self._hushed is None:
            due.append(self.position)
        return min(due, default=None)

    @property
    def now_playing(self) -> tuple[int, str] | None:
        """The turn that sounds and its current sentence."""
        if self._playing is None or not self._playing.begun:
            return None
        utterance = self._playing.utterance
        return utterance.turn, utterance.sentences[self._playing.begun - 1][1]

    # -- what happens at a sample

    def _settle(self) -> None:
        """Do everything that is due at the current sample."""
        while True:
            playing = self._playing
            if playing and playing.boundary <= self.position:
                self._advance(playing)
            elif self._schedule and self._schedule[0].start <= self.position:
                self._begin_scheduled(self._schedule.pop(0))
            elif playing is None and self._hushed is None and self._queue:
                self._begin(self._queue.popleft())
            else:
                return

    def _advance(self, playing: _Playing) -> None:
        """Begin the next sentence, or end."""
        turn, sentences = playing.utterance.turn, playing.utterance.sentences
        index = playing.begun
        if index == len(sentences):
            self._playing = None
            self._report(SpeechFinished(turn))
            return
        playing.begun += 1
        last = playing.begun == len(sentences)
        self._report(SentenceStarted(turn, playing.utterance.cue, index, last, sentences[index][1]))

    def _begin_scheduled(self, scheduled: _Scheduled) -> None:
        utterance = scheduled.utterance
        if scheduled.skippable and self.position - scheduled.start > LATE_SECONDS * self.rate:
            self._report(CueSkipped(utterance.turn, utterance.cue))
            return
        interrupted, self._hushed = self._playing or self._hushed, None
        self._cut()
        if interrupted is not None:
            self._report(SpeechFinished(interrupted.utterance.turn))
        self._begin(utterance)

    def _begin(self, utterance: Utterance) -> None:
        self._playing = _Playing(self.position, utterance)
        self._report(SpeechStarted(utterance.turn))

    def _report(self, event: PlaybackEvent) -> None:
        self._events.append((self.position, event))

    # -- samples

    def _fill(self, block: NDArray[np.int16]) -> None:
        """Write the samples from the current one on into `block`, which holds silence."""
        if self._playing:
            offset = self.position - self._playing.start
            block[:] = self._playing.utterance.samples[offset : offset + len(block)]
        if self._tail.size:
            count = min(len(block), self._tail.size)
            block[:count] = _mixed(block[:count], self._tail[:count])
            self._tail = self._tail[count:]

    def _cut(self) -> None:
        """Stop what sounds, leaving its next few samples to fade."""
        if self._playing is None:
            return
        offset = self.position - self._playing.start
        rest = self._playing.utterance.samples[offset : offset + round(FADE_SECONDS * self.rate)]
        self._playing = None
        fading = (rest * np.linspace(1, 0, len(rest))).astype(np.int16)
        length = max(fading.size, self._tail.size)
        self._tail = _mixed(
            np.pad(fading, (0, length - fading.size)), np.pad(self._tail, (0, length - self._tail.size))
        )


def _shaped(sentence: Sentence, rate: int) -> NDArray[np.int16]:
    """Samples at their loudness, with soft edges."""
    samples = amplified(np.frombuffer(sentence.pcm, "<i2"), sentence.gain_db, rate)
    ramp = np.linspace(0, 1, min(round(_EDGE_SECONDS * rate), samples.size // 2), dtype=np.float32)
    samples[: ramp.size] *= ramp
    samples[samples.size - ramp.size :] *= ramp[::-1]
    return samples.round().astype(np.int16)


def _mixed(one: NDArray[np.int16], other: NDArray[np.int16]) -> NDArray[np.int16]:
    return (one.astype(np.int32) + other).clip(-_FULL_SCALE - 1, _FULL_SCALE).astype(np.int16)
