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
from scripts.train.moods import MOODS, in_moods
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

__all__ = ["PAIRS", "TALK", "Heard", "Material", "Speech"]

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
FIVE = ("help", "stop", "yes", "no", "go")
"""The words that are said in the worst moments."""
_FEW_STEP = 5
"""Of pairs, which are few, at least each so manieth is taken: each text by one voice or two."""
_RARER = 20
"""Of the five words and of the wake phrase all are taken until no more than each so manieth clip of the others is."""
_LOW_VOICE = 165.0
"""Hertz. Most men speak below it and most women above, but it is pitch that is looked at, not who speaks."""


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
    """The class of voice, where the group is looked at by it."""
    people: bool = False
    """Said by a person and not by a synthetic voice."""


@dataclass(frozen=True, slots=True)
class Speech:
    """A sound file in which nobody says the wake phrase."""

    who: str
    path: Path
    seconds: float


class Material:
    """Finds and makes the clips. Every method takes each `every`-th; of people's recordings each `people`-th."""

    def __init__(self, sources: Sources, dialogs: Dialogs, every: int, people: int | None = None) -> None:
        """`people`: `every`, unless given. Raises `TrainingError` if the recordings are not all there."""
        self._sources = sources
        self._dialogs = dialogs
        self._every = every
        self._people = people or every
        self._book = PhraseBook(dialogs.phrases)
        self._chance = np.random.default_rng(3)
        self._recordings = read_manifest(sources.manifest, sources.audio)
        self._screen = self._live(next(name for name, state in dialogs.walk() if state.screen))

    def words(self) -> Iterator[Heard]:
        """People's single words: ten commands, by low and by high voices, and others that are none of them."""
        book = _book(COMMANDS)
        for one in self._kept("speech_commands"):
            sound = padded(read_sound(one.path))
            if one.text in COMMANDS:
                voice = "low voices" if _pitch(sound) < _LOW_VOICE else "high voices"
                yield Heard("ten words", pcm(sound), book, COMMANDS, one.text, one.text, voice, people=True)
            else:
                yield Heard("other words", pcm(sound), book, COMMANDS, text=one.text, people=True)

    def words_in_moods(self) -> Iterator[Heard]:
        """The ten commands, each made to sound as though said in every mood: still a person's voice, not a person's
        mood."""
        book = _book(COMMANDS)
        for one in self._kept("speech_commands"):
            if one.text in COMMANDS:
                for mood, sound in self._moods(read_sound(one.path)):
                    yield Heard(
                        "ten words, voice changed", pcm(sound), book, COMMANDS, one.text, one.text, mood, people=True
                    )

    def talk(self) -> Iterator[Heard]:
        """People's words and sentences while a safety question stands open: the few that answer it or mean something
        everywhere, and those that mean nothing there."""
        understood = self._book.meanings(self._screen)
        groups = {"speech_commands": "other words at a question", "minilibri": "talk at a question"}
        for one in self._kept("speech_commands", "minilibri", "an4"):
            sound = pcm(padded(read_sound(one.path)))
            intent, _ = understood.get(spoken_form(one.text), ("", ""))
            group = "answers at a question" if intent else groups.get(one.corpus, "talk at a question")
            yield Heard(group, sound, self._book, self._screen, intent, one.text, people=True)

    def noise(self) -> Iterator[Heard]:
        """Recorded noise, made noise and silence while a safety question stands open."""
        for noise in [*self._noises, np.zeros(4 * RATE, np.float32)][:: self._people]:
            for start in range(0, len(noise) - RATE, 2 * RATE):
                piece = noise[start : start + 2 * RATE]
                loud = piece / (np.abs(piece).max() + 1e-6) * 10 ** self._chance.uniform(-2, -0.3)
                yield Heard("noise at a question", pcm(np.asarray(loud, np.float32)), self._book, self._screen)

    def prompts(self) -> Iterator[Heard]:
        """Charley's own sentences, as its microphone would hear them, while a safety question stands open."""
        voice = Pyttsx3Voice(Config().voice)
        for text in sentences(self._dialogs, "GB")[:: 4 * self._every]:
            clip = voice.render(text, 150)
            samples = np.frombuffer(clip.pcm, np.int16).astype(np.float32) / 32768
            sound = np.asarray(soxr.resample(samples, clip.rate, RATE), np.float32)
            yield Heard("own prompts at a question", pcm(padded(0.3 * sound)), self._book, self._screen, text=text)
        voice.close()

    def phrases(self, levels: Sequence[float | None], offset: int = 0) -> Iterator[Heard]:
        """Charley's phrases by the held-out voices, each where it may be said, in noise so many dB below the voice.

        None is clean. Those of an odd `offset` are others than those of an even one.
        """
        clips = clips_for(HELD_OUT, all_phrases(), self._sources.synthetic / "held-out")
        for clip in _spoken(clips[offset :: max(2, self._every)]):
            if place := self._place(clip.text):
                for level in levels:
                    yield self._said(clip, f"phrases {'clean' if level is None else f'{level:g} dB'}", *place, level)

    def phrases_in_moods(self) -> Iterator[Heard]:
        """Other clips of the same phrases, each in a mood."""
        clips = clips_for(HELD_OUT, all_phrases(), self._sources.synthetic / "held-out")
        for number, clip in enumerate(_spoken(clips[1 :: max(2, 4 * self._every)])):
            if place := self._place(clip.text):
                mood = sorted(MOODS)[number % len(MOODS)]
                (sound,) = in_moods(padded(read_sound(clip.path)), [mood], self._chance)
                yield Heard("phrases, voice changed", pcm(sound), self._book, *place, clip.text, mood)

    def five_words(self, folder: Path) -> Iterator[Heard]:
        """Help, stop, yes, no and go among themselves, by the held-out voices, as they are and in every mood."""
        book = _book(FIVE)
        for clip in self._twice(FIVE, folder):
            for mood, sound in self._as_is_and_in_moods(clip):
                yield Heard("five words", pcm(sound), book, FIVE, clip.text, clip.text, mood)

    def nos(self, folder: Path) -> Iterator[Heard]:
        """A plain "no" to a safety question, by the held-out voices: in every mood, and in noise."""
        for clip in self._twice(("no",), folder):
            for mood, sound in self._as_is_and_in_moods(clip):
                yield Heard('"no" at a question', pcm(sound), self._book, self._screen, "no", "no", mood)
            for level in (24.0, 12.0):
                noisy = self._said(clip, '"no" at a question, in noise', self._screen, "no", level)
                yield replace(noisy, voice=f"{level:g} dB")

    def noise_among_words(self) -> Iterator[Heard]:
        """Noise where the ten commands are listened for."""
        book = _book(COMMANDS)
        for clip in self.noise():
            yield replace(clip, group="noise among ten words", book=book, intents=COMMANDS)

    def questions(self, folder: Path, count: int = 60) -> Iterator[Heard]:
        """Questions that are answered anywhere, by the held-out voices."""
        phrases = self._dialogs.phrases.items()
        asked = sorted(text for name, texts in phrases if name.startswith(ASK) for text in texts)
        clips = clips_for(HELD_OUT, asked[:: max(1, len(asked) // count)], folder)
        for clip in _spoken(clips[:: self._every]):
            if place := self._place(clip.text):
                yield self._said(clip, "questions clean", *place, None)

    def pairs(self, folder: Path) -> Iterator[Heard]:
        """Each side of what is easily mixed up, clean and 12 dB above noise, where the first may be said.

        The group is "pair " and the first side; the intent that of the first, or none for what must not be it.
        """
        texts = [text for right, wrong in PAIRS for text in (right, *_sides(right, wrong))]
        said = list(dict.fromkeys(texts))
        clips = _spoken(clips_for(HELD_OUT, said, folder)[:: min(self._every, _FEW_STEP)])
        for right, wrong in PAIRS:
            place = self._place(right)
            if place is None:
                continue
            for clip in clips:
                if clip.text == right or clip.text in _sides(right, wrong):
                    for level in (None, 12.0):
                        intents, intent = place
                        group = f"pair {right}"
                        yield self._said(clip, group, intents, intent if clip.text == right else "", level)

    def wakes(self, phrases: Sequence[str], level: float | None, folder: Path) -> Iterator[Heard]:
        """The wake phrase by the held-out voices, at an everyday pace and at any."""
        for clip in self._twice(phrases, folder):
            yield self._said(clip, "wake", (), "", level)

    def other_speech(self, hours: float, folder: Path) -> list[Speech]:
        """About so many hours of running speech: all that there is of people who did not train the network, and of the
        rest one half read by the held-out voices and one half by people who did train it."""
        talk = [one for one in self._recordings if one.text and one.corpus in TALK]
        unseen = _spread([one for one in talk if not one.training], hours * 3600)
        strangers = [Speech("people", one.path, one.seconds) for one in unseen]
        known = [one for one in talk if one.training]
        half = (hours * 3600 - sum(one.seconds for one in strangers)) / 2
        trained = [Speech("people who trained it", one.path, one.seconds) for one in _spread(known, half)]
        read = _spread([one for one in known if one.corpus == "minilibri"], half / len(HELD_OUT))
        clips = _spoken(clips_for(HELD_OUT, [one.text for one in read], folder))
        voices = [
            Speech("voices", clip.path, one.seconds) for clip, one in zip(clips, read * len(HELD_OUT), strict=True)
        ]
        return [*strangers, *voices, *trained]

    def _kept(self, *corpora: str) -> list[Recording]:
        kept = [one for one in self._recordings if not one.training and one.corpus in corpora]
        return kept[:: self._people]

    def _twice(self, texts: Sequence[str], folder: Path) -> list[Clip]:
        """`texts` by every held-out voice, at an everyday pace and at any."""
        everyday = clips_for(HELD_OUT, list(texts), folder / "everyday")
        wild = clips_for(HELD_OUT, list(texts), folder / "wild", wild=True)
        return _spoken([*everyday, *wild][:: max(1, self._every // _RARER)])

    def _as_is_and_in_moods(self, clip: Clip) -> Iterator[tuple[str, Samples]]:
        sound = read_sound(clip.path)
        yield "as it is", padded(sound)
        yield from self._moods(sound)

    def _moods(self, sound: Samples) -> Iterator[tuple[str, Samples]]:
        names = sorted(MOODS)
        return zip(names, in_moods(padded(sound), names, self._chance), strict=True)

    @cached_property
    def _noises(self) -> list[Samples]:
        noises = [read_sound(one.path) for one in noise_recordings(self._recordings, training=False)]
        return noises + [made_noise(4.0, self._chance) for _ in range(40)]

    def _said(self, clip: Clip, group: str, intents: tuple[str, ...], intent: str, level: float | None) -> Heard:
        speech = padded(read_sound(clip.path))
        if level is not None:
            noise = self._noises[int(self._chance.integers(len(self._noises)))]
            speech = mixed(speech, noise, level, self._chance)
        voice = clip.voice.folder if level is None else ""
        return Heard(group, pcm(speech), self._book, intents, intent, clip.text, voice)

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


def _spoken(clips: list[Clip]) -> list[Clip]:
    """The clips, each of them there."""
    synthesise(clips)
    return clips


def _book(words: Sequence[str]) -> PhraseBook:
    """Words that each mean themselves."""
    return PhraseBook({word: [word] for word in words})


def _pitch(sound: Samples) -> float:
    """The median pitch of its voiced moments in hertz, by autocorrelation; 0 if there are none."""
    length, shortest, longest = RATE // 25, RATE // 400, RATE // 65
    found = []
    for start in range(0, len(sound) - length - longest, length // 2):
        piece = sound[start : start + length + longest]
        alike = np.correlate(piece, piece[:length], "valid")
        lag = shortest + int(np.argmax(alike[shortest:]))
        energies = np.sqrt(np.sum(piece[:length] ** 2) * np.sum(piece[lag : lag + length] ** 2))
        if energies > 0.1 and alike[lag] > 0.6 * energies:
            found.append(RATE / lag)
    return float(np.median(found)) if found else 0.0


def _spread(recordings: Sequence[Recording], seconds: float) -> list[Recording]:
    """So many seconds of them, taken evenly from beginning to end."""
    share = min(1.0, max(0.0, seconds) / max(1.0, sum(one.seconds for one in recordings)))
    return [one for at, one in enumerate(recordings) if int((at + 1) * share) > int(at * share)]
