"""What is heard in the measurement: people, talk, noise, Charley's own prompts, and phrases of held-out voices.

Each clip says what may be heard at that point and what should be understood, if anything. People and voices that
trained the network are never among them.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

import numpy as np
import soxr
from numpy.typing import NDArray

from scripts.train.corpora import Recording, read_manifest
from scripts.train.measure import COMMANDS, mixed, padded, pcm
from scripts.train.phrases import all_phrases
from scripts.train.prepare import Sources, noise_recordings
from scripts.train.sound import RATE, Samples, made_noise, read_sound
from scripts.train.voices import HELD_OUT, Clip, clips_for, synthesise
from voice_skill.config import Config
from voice_skill.dialog.hearing import ASK, intents_of
from voice_skill.dialog.model import Dialogs
from voice_skill.dialog.texts import sentences
from voice_skill.nlu.phrases import PhraseBook, spoken_form
from voice_skill.tts.pyttsx3_voice import Pyttsx3Voice

__all__ = ["PAIRS", "TALK", "Heard", "Material"]

TALK = frozenset({"minilibri", "an4", "kathleen_arctic", "ljspeech_part"})
"""The corpora of running speech."""

PAIRS = (
    ("no", "oh now um know"),
    ("none", "numb some um"),
    ("blue", "glue loo"),
    ("my chest hurts", "just"),
    ("cold", "called old"),
    ("i can't feel my leg", "i can feel my leg"),
    ("stop", "pop"),
    ("it's swollen", "it's fallen"),
    ("my pee is dark", "me"),
    ("let go", "leg"),
    ("yeah no", "yeah"),
    ("go", "no"),
    ("on", "off"),
)
"""What is easily mixed up (clinical.md 5.4 a): a phrase, and what must not be taken for it."""
_FEW_STEP = 5
"""Of pairs and wake phrases, which are few, at least each so manieth is taken: each text by one voice or two."""


@dataclass(frozen=True, slots=True)
class Heard:
    """One sound, what is listened for, and the intent that should be understood; an empty one is none."""

    group: str
    sound: NDArray[np.int16]
    book: PhraseBook
    intents: tuple[str, ...]
    intent: str = ""
    text: str = ""
    voice: str = ""


class Material:
    """Finds and makes the clips. Every method takes each `every`-th."""

    def __init__(self, sources: Sources, dialogs: Dialogs, every: int) -> None:
        """Raises `TrainingError` if the recordings are not all there."""
        self._sources = sources
        self._dialogs = dialogs
        self._every = every
        self._book = PhraseBook(dialogs.phrases)
        self._chance = np.random.default_rng(3)
        self._recordings = read_manifest(sources.manifest, sources.audio)
        self._screen = self._live(next(name for name, state in dialogs.walk() if state.screen))

    def words(self) -> Iterator[Heard]:
        """People's single words: ten commands, and others that are none of them."""
        book = PhraseBook({word: [word] for word in COMMANDS})
        for one in self._kept("speech_commands"):
            known = one.text in COMMANDS
            sound = pcm(padded(read_sound(one.path)))
            group = "people: ten words" if known else "people: other words"
            yield Heard(group, sound, book, COMMANDS, one.text if known else "", one.text)

    def talk(self) -> Iterator[Heard]:
        """People's words and sentences while a safety question stands open, which they do not answer."""
        understood = self._book.meanings(self._screen)
        for one in self._kept("speech_commands", "minilibri", "an4"):
            group = "people: other words at a question" if one.corpus == "speech_commands" else "people: talk"
            if spoken_form(one.text) not in understood:
                yield Heard(group, pcm(padded(read_sound(one.path))), self._book, self._screen, text=one.text)

    def noise(self) -> Iterator[Heard]:
        """Recorded noise, made noise and silence while a safety question stands open."""
        for noise in [*self._noises, np.zeros(4 * RATE, np.float32)][:: self._every]:
            for start in range(0, len(noise) - RATE, 2 * RATE):
                piece = noise[start : start + 2 * RATE]
                loud = piece / (np.abs(piece).max() + 1e-6) * 10 ** self._chance.uniform(-2, -0.3)
                yield Heard("noise", pcm(np.asarray(loud, np.float32)), self._book, self._screen)

    def prompts(self) -> Iterator[Heard]:
        """Charley's own sentences, as its microphone would hear them, while a safety question stands open."""
        voice = Pyttsx3Voice(Config().voice)
        for text in sentences(self._dialogs, "GB")[:: 4 * self._every]:
            clip = voice.render(text, 150)
            samples = np.frombuffer(clip.pcm, np.int16).astype(np.float32) / 32768
            sound = np.asarray(soxr.resample(samples, clip.rate, RATE), np.float32)
            yield Heard("own prompts", pcm(padded(0.3 * sound)), self._book, self._screen, text=text)
        voice.close()

    def phrases(self, levels: Sequence[float | None], offset: int = 0) -> Iterator[Heard]:
        """Charley's phrases by the held-out voices, each where it may be said, in noise so many dB below the voice.

        None is clean. Those of an odd `offset` are others than those of an even one.
        """
        clips = clips_for(HELD_OUT, all_phrases(), self._sources.synthetic / "held-out")
        for clip in clips[offset :: max(2, self._every)]:
            if place := self._place(clip.text):
                for level in levels:
                    yield self._said(clip, f"phrases {'clean' if level is None else f'{level:g} dB'}", *place, level)

    def short_lists(self) -> Iterator[Heard]:
        """The same clean and at 12 dB, where only what means the same, yes, no and stop are listened for: a list that
        PocketSphinx can load."""
        for clip in self.phrases((None, 12.0)):
            few = tuple(dict.fromkeys((clip.intent, "yes", "no", "stop")))
            yield replace(clip, group=f"short list: {clip.group}", intents=few)

    def noise_among_words(self) -> Iterator[Heard]:
        """Noise where the ten commands are listened for."""
        book = PhraseBook({word: [word] for word in COMMANDS})
        for clip in self.noise():
            yield replace(clip, group="noise among the ten words", book=book, intents=COMMANDS)

    def questions(self, folder: Path, count: int = 60) -> Iterator[Heard]:
        """Questions that are answered anywhere, by the held-out voices."""
        phrases = self._dialogs.phrases.items()
        asked = sorted(text for name, texts in phrases if name.startswith(ASK) for text in texts)
        clips = clips_for(HELD_OUT, asked[:: max(1, len(asked) // count)], folder)
        synthesise(clips)
        for clip in clips[:: self._every]:
            if place := self._place(clip.text):
                yield self._said(clip, "questions clean", *place, None)

    def pairs(self, folder: Path) -> Iterator[Heard]:
        """Each side of what is easily mixed up, clean and 12 dB above noise, where the first may be said.

        The group is "pair " and the first side; the intent that of the first, or none for what must not be it.
        """
        texts = [text for right, wrong in PAIRS for text in (right, *_sides(right, wrong))]
        said = list(dict.fromkeys(texts))
        clips = clips_for(HELD_OUT, said, folder)
        synthesise(clips)
        for right, wrong in PAIRS:
            place = self._place(right)
            if place is None:
                continue
            for clip in clips[:: min(self._every, _FEW_STEP)]:
                if clip.text == right or clip.text in _sides(right, wrong):
                    for level in (None, 12.0):
                        intents, intent = place
                        group = f"pair {right}"
                        yield self._said(clip, group, intents, intent if clip.text == right else "", level)

    def wakes(self, phrases: Sequence[str], level: float | None, folder: Path) -> Iterator[Heard]:
        """The wake phrase by the held-out voices, at an everyday pace and at any."""
        everyday = clips_for(HELD_OUT, list(phrases), folder / "everyday")
        wild = clips_for(HELD_OUT, list(phrases), folder / "wild", wild=True)
        synthesise([*everyday, *wild])
        for clip in (*everyday, *wild)[:: min(self._every, _FEW_STEP)]:
            yield self._said(clip, "wake", (), "", level)

    def running(self, *, trained: bool) -> Iterator[Recording]:
        """Running speech of people who did not train the network, or of those who did."""
        found = [one for one in self._recordings if one.corpus in TALK and one.training == trained]
        yield from found[:: self._every]

    def _kept(self, *corpora: str) -> list[Recording]:
        kept = [one for one in self._recordings if not one.training and one.corpus in corpora]
        return kept[:: self._every]

    @cached_property
    def _noises(self) -> list[Samples]:
        noises = [read_sound(one.path) for one in noise_recordings(self._recordings, training=False)]
        return noises + [made_noise(4.0, self._chance) for _ in range(40)]

    def _said(self, clip: Clip, group: str, intents: tuple[str, ...], intent: str, level: float | None) -> Heard:
        speech = padded(read_sound(clip.path))
        if level is not None:
            noise = self._noises[int(self._chance.integers(len(self._noises)))]
            speech = mixed(speech, noise, level, self._chance)
        return Heard(group, pcm(speech), self._book, intents, intent, clip.text, clip.voice.folder)

    @cached_property
    def _places(self) -> dict[tuple[str, ...], tuple[tuple[str, ...], str]]:
        """Phrase → what is listened for where it may be said first, and what it means there."""
        found: dict[tuple[str, ...], tuple[tuple[str, ...], str]] = {}
        for name, _ in self._dialogs.walk():
            live = self._live(name)
            for words, (intent, _) in self._book.meanings(live).items():
                found.setdefault(words, (live, intent))
        return found

    def _place(self, text: str) -> tuple[tuple[str, ...], str] | None:
        return self._places.get(spoken_form(text))

    def _live(self, name: str) -> tuple[str, ...]:
        return intents_of(self._dialogs, name)


def _sides(right: str, wrong: str) -> list[str]:
    """The other sides of a pair: single words, unless the whole is a phrase like the right one."""
    return [wrong] if len(right.split()) == len(wrong.split()) > 1 else wrong.split()
