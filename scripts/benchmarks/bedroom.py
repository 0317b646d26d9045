"""A synthetic bedroom: what a microphone hears in a night in which nobody calls Charley.

Every sound is made from a seed, so that two runs hear the same night. Nothing here is recorded; a real night holds more
than this, and a figure from here is a floor for it, no promise.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from voice_skill.audio.files import Resampler
from voice_skill.audio.frame import SAMPLE_RATE
from voice_skill.tts.port import CLIP_RATE
from voice_skill.tts.pyttsx3_voice import Pyttsx3Voice

__all__ = ["SPEECH", "Bedroom", "Segment"]

Samples = NDArray[np.float64]

FLOOR_DBFS = -68.0
"""A quiet room, through a cheap microphone."""
PROMPTS = "prompts through the wall"
SPEECH = ("television", PROMPTS, "somebody talks")
"""The kinds in which there are words."""
TELEVISION = ("gmw/en+m3", "gmw/en-us+f2", "gmw/en-gb-x-rp+m7", "gmw/en-us+m1", "gmw/en+f5")
_SEGMENT_SECONDS = (20.0, 60.0)


@dataclass(frozen=True, slots=True)
class Segment:
    """Some seconds of the night in which one kind of sound is heard over the room."""

    kind: str
    samples: NDArray[np.int16]
    """At 16 kHz."""
    said: tuple[tuple[float, str], ...] = ()
    """The words in it: when they begin, in seconds, and what they are."""

    def words_at(self, at: float) -> str:
        """What was being said, or was said last, `at` seconds into it; "" for nothing."""
        return next((text for begun, text in reversed(self.said) if begun <= at), "")


class Bedroom:
    """Makes nights."""

    def __init__(self, words: Sequence[str], prompts: Sequence[str], seed: int = 1) -> None:
        """`words`: what television is made of. `prompts`: what Charley says next door."""
        self._random = np.random.default_rng(seed)
        self._words = tuple(words)
        self._prompts = tuple(prompts)
        self._voices = {name: Pyttsx3Voice(name) for name in TELEVISION}
        self._said: list[tuple[float, str]] = []
        self.kinds: dict[str, Callable[[int], Samples]] = {
            "silence": np.zeros,
            "fan": self._fan,
            "rain": self._rain,
            "breathing": self._breathing,
            "snoring": self._snoring,
            "coughs": lambda count: self._scattered(count, lambda: ("", self.cough()), 4.0),
            "groans": lambda count: self._scattered(count, lambda: ("", self.groan()), 5.0),
            "knocks": lambda count: self._scattered(count, lambda: ("", self.knock()), 2.0),
            "television": lambda count: self._scattered(count, self._sentence, 0.5),
            "somebody talks": lambda count: self._scattered(count, self._sentence, 2.5),
            PROMPTS: lambda count: self._scattered(count, self._next_door, 1.0),
        }
        """Kind → samples on the int16 scale."""

    def night(self, seconds: float) -> Iterator[Segment]:
        """Segments of all kinds, one after another in a random order, until there are so many seconds."""
        done = 0.0
        while done < seconds:
            for kind in self._random.permutation(list(self.kinds)):
                length = self._random.uniform(*_SEGMENT_SECONDS)
                yield self.segment(str(kind), length)
                done += length

    def segment(self, kind: str, seconds: float) -> Segment:
        """One kind of sound over the room's own noise."""
        count = round(seconds * SAMPLE_RATE)
        self._said.clear()
        samples = self.kinds[kind](count) + self._coloured(count, 1.0) * _rms(FLOOR_DBFS)
        return Segment(kind, samples.round().clip(-32768, 32767).astype(np.int16), tuple(self._said))

    # -- steady

    def _fan(self, count: int) -> Samples:
        t = np.arange(count) / SAMPLE_RATE
        hum = sum(np.sin(2 * np.pi * hertz * t) / number for number, hertz in enumerate((48, 97, 145, 290), 1))
        return np.asarray(self._coloured(count, 1.4) * _rms(-44) + hum * _rms(-56))

    def _rain(self, count: int) -> Samples:
        drops = np.where(self._random.random(count) < 0.002, self._random.normal(0, 20, count), 0)
        return self._coloured(count, 0.3) * _rms(-45) + np.convolve(drops, np.exp(-np.arange(60) / 12), "same") * _rms(
            -55
        )

    def _breathing(self, count: int) -> Samples:
        t = np.arange(count) / SAMPLE_RATE
        swell = (
            np.clip(np.sin(2 * np.pi * 0.25 * t), 0, 1) ** 2
            + 0.6 * np.clip(-np.sin(2 * np.pi * 0.25 * t + 0.6), 0, 1) ** 2
        )
        return self._coloured(count, 0.5) * swell * _rms(-46)

    def _snoring(self, count: int) -> Samples:
        t = np.arange(count) / SAMPLE_RATE
        flutter = np.clip(np.sin(2 * np.pi * (32 + 6 * np.sin(0.8 * t)) * t), 0, 1) ** 4
        breath = np.clip(np.sin(2 * np.pi * 0.27 * t), 0, 1)
        return np.asarray(self._coloured(count, 1.2) * flutter * breath * _rms(-30))

    # -- now and then

    def cough(self) -> Samples:
        """One to three coughs: a burst of breath, and what is left of it."""
        parts = []
        for _ in range(int(self._random.integers(1, 4))):
            count = round(self._random.uniform(0.18, 0.4) * SAMPLE_RATE)
            t = np.arange(count) / count
            parts += [
                self._coloured(count, 0.7) * (np.exp(-9 * t) + 0.35 * np.exp(-3 * t)) * _rms(-16),
                np.zeros(2_000),
            ]
        return np.concatenate(parts)

    def groan(self) -> Samples:
        """A falling voice on one vowel."""
        seconds, high = self._random.uniform(0.4, 1.8), self._random.uniform(90, 240)
        first, second = self._random.uniform(350, 750), self._random.uniform(850, 1500)
        count = round(seconds * SAMPLE_RATE)
        t = np.arange(count) / SAMPLE_RATE
        pitch = high * (1.08 - 0.25 * t / seconds + 0.02 * np.sin(2 * np.pi * 5.5 * t))
        phase = 2 * np.pi * np.cumsum(pitch) / SAMPLE_RATE
        voice = np.zeros(count)
        for number in range(1, 40):
            hertz = number * high
            gain = sum(
                1 / (1 + ((hertz - formant) / width) ** 2)
                for formant, width in ((first, 90), (second, 120), (2600, 200))
            )
            voice += gain / number**0.6 * np.sin(number * phase)
        envelope = np.sin(np.pi * np.arange(count) / count) ** 0.5
        voice += self._coloured(count, 0.5) * 0.15
        return np.asarray(voice * envelope / np.abs(voice).max() * 32768 * self._random.uniform(0.04, 0.25))

    def knock(self) -> Samples:
        """Something falls, or a door."""
        count = round(0.15 * SAMPLE_RATE)
        t = np.arange(count) / SAMPLE_RATE
        return np.asarray(
            (np.sin(2 * np.pi * self._random.uniform(80, 400) * t) + self._coloured(count, 1.0))
            * np.exp(-t * 45)
            * _rms(-14)
        )

    # -- words

    def _sentence(self) -> tuple[str, Samples]:
        words = " ".join(self._random.choice(self._words, int(self._random.integers(4, 12))))
        voice = self._voices[str(self._random.choice(TELEVISION))]
        rate, level = int(self._random.integers(130, 210)), self._random.uniform(-38, -22)
        return words, self._spoken(voice, words, rate, level)

    def _next_door(self) -> tuple[str, Samples]:
        prompt = str(self._random.choice(self._prompts))
        return prompt, _lowpassed(self._spoken(self._voices["gmw/en-us+m1"], prompt, 150, -30), 900)

    def _spoken(self, voice: Pyttsx3Voice, text: str, rate: int, level_dbfs: float) -> Samples:
        clip = np.frombuffer(voice.render(text, rate).pcm, "<i2")
        samples = Resampler(CLIP_RATE, SAMPLE_RATE).process(clip).astype(np.float64)
        return np.asarray(samples / np.sqrt((samples**2).mean() + 1) * _rms(level_dbfs))

    # -- helpers

    def _scattered(self, count: int, make: Callable[[], tuple[str, Samples]], gap: float) -> Samples:
        """Sounds, and the words in each, with about `gap` seconds between them."""
        parts: list[Samples] = []
        length = 0
        while length < count:
            words, sound = make()
            if words:
                self._said.append((length / SAMPLE_RATE, words))
            parts += [sound, np.zeros(round(self._random.exponential(gap) * SAMPLE_RATE))]
            length += len(parts[-1]) + len(parts[-2])
        return np.concatenate(parts)[:count]

    def _coloured(self, count: int, slope: float) -> Samples:
        """Noise of mean square 1 whose spectrum falls with frequency to the power of `slope`."""
        spectrum = np.fft.rfft(self._random.normal(0, 1, count))
        spectrum /= np.maximum(np.fft.rfftfreq(count, 1 / SAMPLE_RATE), 30.0) ** slope
        noise = np.fft.irfft(spectrum, count)
        return np.asarray(noise / np.sqrt((noise**2).mean()))


def _rms(dbfs: float) -> float:
    return float(32768 * 10 ** (dbfs / 20))


def _lowpassed(samples: Samples, hertz: float) -> Samples:
    """What a wall lets through."""
    spectrum = np.fft.rfft(samples)
    spectrum /= 1 + (np.fft.rfftfreq(len(samples), 1 / SAMPLE_RATE) / hertz) ** 3
    return np.asarray(np.fft.irfft(spectrum, len(samples)))
