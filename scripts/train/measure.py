"""Fifth step: how well a model hears, on people and voices that never trained it.

* commands: one-word recordings of people kept out of training, against a grammar of ten words and `[unk]`.
  Of words in the grammar, how many are heard right; of other words, how many are taken for one in it.
* noise: recorded noise kept out of training, made noise and silence, against the same grammar.
* phrases: Charley's phrases by the six held-out voices, each against what may be said at that point of a call (its
  situation, the emergency and the universal phrases), clean and in noise. Right means word for word.
"""

from __future__ import annotations

import json
import resource
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import numpy as np
from numpy.typing import NDArray
from rich.console import Console
from rich.progress import track

from scripts.train.corpora import Recording, read_manifest
from scripts.train.phrases import all_phrases, read_phrases
from scripts.train.prepare import Sources, noise_recordings
from scripts.train.sound import RATE, Samples, made_noise, read_sound
from scripts.train.voices import HELD_OUT, clips_for

if TYPE_CHECKING:
    import vosk

__all__ = [
    "COMMANDS",
    "UNKNOWN",
    "Heard",
    "Listener",
    "Measure",
    "Test",
    "VoskListener",
    "measure",
    "mixed",
    "padded",
    "pcm",
    "tests",
]

COMMANDS = ("yes", "no", "up", "down", "left", "right", "on", "off", "stop", "go")
UNKNOWN = "[unk]"
SURE = 0.7
"""The confidence from which a result counts as accepted in the strict rows."""
_SAME = {"charlie": "charley", "mm-hm": "mm hm"}
"""Spellings that sound the same."""


@dataclass(frozen=True, slots=True)
class Test:
    """One sound and what should be heard in it: a phrase of the grammar, or nothing of it."""

    kind: str
    sound: NDArray[np.int16]
    grammar: tuple[str, ...]
    expected: str = ""


@dataclass(frozen=True, slots=True)
class Heard:
    """What a recogniser made of a test. `confidence` is that of its least sure word."""

    text: str
    confidence: float


class Listener(Protocol):
    """A recogniser to be measured."""

    load_seconds: float
    """How long it took to load."""

    def listen(self, sound: NDArray[np.int16], grammar: tuple[str, ...]) -> Heard:
        """Recognise one utterance; speech outside the grammar is `[unk]` or nothing."""
        ...


class VoskListener:
    """A Vosk model."""

    def __init__(self, model: Path) -> None:
        import vosk

        self._vosk = vosk
        vosk.SetLogLevel(-1)
        begin = time.perf_counter()
        self._model = vosk.Model(str(model))
        self.load_seconds = time.perf_counter() - begin
        self._recognisers: dict[tuple[str, ...], vosk.KaldiRecognizer] = {}

    def listen(self, sound: NDArray[np.int16], grammar: tuple[str, ...]) -> Heard:
        if grammar not in self._recognisers:
            phrases = json.dumps([*grammar, UNKNOWN])
            recogniser = self._vosk.KaldiRecognizer(self._model, RATE, phrases)
            recogniser.SetWords(True)
            self._recognisers[grammar] = recogniser
        recogniser = self._recognisers[grammar]
        data = sound.tobytes()
        words = []
        for start in range(0, len(data), RATE // 2):
            if recogniser.AcceptWaveform(data[start : start + RATE // 2]):
                words += json.loads(recogniser.Result()).get("result", [])
        words += json.loads(recogniser.FinalResult()).get("result", [])
        text = " ".join(word["word"] for word in words)
        return Heard(text, min((word["conf"] for word in words), default=0.0))


@dataclass(frozen=True, slots=True)
class Measure:
    """One line of the table: so many of so many."""

    name: str
    hits: int
    of: int

    @property
    def percent(self) -> float:
        return 100 * self.hits / max(1, self.of)


def tests(sources: Sources, every: int = 4, levels: Sequence[float | None] = (None, 12, 6)) -> list[Test]:
    """All tests. Of the phrases every `every`-th per voice, at each level (dB above the noise; None is clean)."""
    recordings = read_manifest(sources.manifest, sources.audio)
    noises = [read_sound(one.path) for one in noise_recordings(recordings, training=False)]
    chance = np.random.default_rng(3)
    noises += [made_noise(4.0, chance) for _ in range(40)]
    found = [_command(one) for one in recordings if not one.training and one.corpus == "speech_commands"]
    for noise in [*noises, np.zeros(4 * RATE, np.float32)]:
        for start in range(0, len(noise) - RATE, 2 * RATE):
            loudness = 10 ** chance.uniform(-2, -0.3)
            piece = noise[start : start + 2 * RATE]
            scaled = piece * loudness / (np.abs(piece).max() + 1e-6)
            found.append(Test("noise", pcm(scaled), COMMANDS))
    sections = read_phrases()
    section_of = {phrase: name for name, phrases in sections.items() for phrase in phrases}
    always = (*sections["emergency"], *sections["universal"])
    for number, clip in enumerate(clips_for(HELD_OUT, all_phrases(), sources.synthetic / "held-out")):
        if number % every:
            continue
        grammar = tuple(dict.fromkeys((*sections[section_of[clip.text]], *always)))
        speech = padded(read_sound(clip.path))
        for level in levels:
            sound = speech if level is None else mixed(speech, noises[chance.integers(len(noises))], level, chance)
            name = "phrase clean" if level is None else f"phrase {level:g} dB"
            found.append(Test(f"{name}|{clip.voice.name}", pcm(sound), grammar, clip.text))
    return found


def measure(listener: Listener, all_tests: Sequence[Test], console: Console | None = None) -> list[Measure]:
    """Every line of the table, in order; shows progress on `console` if given."""
    begin = _cpu_seconds()
    shown = track(all_tests, "listening", console=console, disable=console is None)
    results = [(test, listener.listen(test.sound, test.grammar)) for test in shown]
    spent = _cpu_seconds() - begin
    commands = [(test, heard) for test, heard in results if test.kind == "command"]
    others = [heard for test, heard in results if test.kind == "other word"]
    noise = [heard for test, heard in results if test.kind == "noise"]
    not_no = [heard for test, heard in results if not test.kind.startswith("phrase") and test.expected != "no"]
    lines = [
        Measure("commands: word right", sum(_said(heard) == test.expected for test, heard in commands), len(commands)),
        Measure(
            "commands: right, alone and sure",
            sum(_sure(heard, test.expected) for test, heard in commands),
            len(commands),
        ),
        Measure(
            "commands: wrong, alone and sure",
            sum(_sure(heard) and heard.text != test.expected for test, heard in commands),
            len(commands),
        ),
        Measure("other words: any accepted", sum(_said(heard) != "" for heard in others), len(others)),
        Measure("other words: alone and sure", sum(map(_sure, others)), len(others)),
        Measure("noise: any accepted", sum(_said(heard) != "" for heard in noise), len(noise)),
        Measure("noise: alone and sure", sum(map(_sure, noise)), len(noise)),
        Measure("heard as a sure no but was not", sum(_sure(heard, "no") for heard in not_no), len(not_no)),
    ]
    for word in COMMANDS:
        mine = [heard for test, heard in commands if test.expected == word]
        lines.append(Measure(f"  {word}", sum(_said(heard) == word for heard in mine), len(mine)))
    groups = dict.fromkeys(test.kind for test, _ in results if test.kind.startswith("phrase"))
    for level in dict.fromkeys(kind.split("|")[0] for kind in groups):
        for voice in ["", *(kind.split("|")[1] for kind in groups if kind.split("|")[0] == level)]:
            pairs = [pair for pair in results if pair[0].kind.startswith(f"{level}|{voice}")]
            right = sum(_same(heard.text) == _same(test.expected) for test, heard in pairs)
            lines.append(Measure(f"  {voice}" if voice else f"{level}: exact", right, len(pairs)))
    seconds = sum(len(test.sound) for test in all_tests) / RATE
    return [*lines, Measure("processor time by sound heard, s", round(spent), round(seconds))]


def _command(recording: Recording) -> Test:
    sound = pcm(padded(read_sound(recording.path)))
    if recording.text in COMMANDS:
        return Test("command", sound, COMMANDS, recording.text)
    return Test("other word", sound, COMMANDS)


def _said(heard: Heard) -> str:
    """What was heard of the grammar."""
    return " ".join(word for word in heard.text.split() if word != UNKNOWN)


def _sure(heard: Heard, word: str | None = None) -> bool:
    """One word of the grammar, nothing else, and confidently; `word` itself if given."""
    known = heard.text in COMMANDS if word is None else heard.text == word
    return known and heard.confidence >= SURE


def _same(text: str) -> str:
    return " ".join(_SAME.get(word, word) for word in text.split())


def padded(sound: Samples) -> Samples:
    """With a little silence around, as an utterance is cut."""
    return np.pad(sound, (RATE // 10, RATE // 2))


def mixed(speech: Samples, noise: Samples, level: float, chance: np.random.Generator) -> Samples:
    """Speech with noise `level` decibels below it, by mean power where there is speech."""
    behind = np.resize(np.roll(noise, int(chance.integers(len(noise)))), len(speech))
    loud = np.abs(speech) > 0.02 * np.abs(speech).max()
    factor = np.sqrt(np.mean(speech[loud] ** 2) / (np.mean(behind**2) + 1e-12)) * 10 ** (-level / 20)
    mixed = speech + factor * behind
    return np.asarray(mixed * min(1.0, 0.99 / np.abs(mixed).max()), dtype=np.float32)


def pcm(sound: Samples) -> NDArray[np.int16]:
    """As a recogniser takes it."""
    return np.asarray(np.clip(sound, -1, 1) * 32767, dtype=np.int16)


def _cpu_seconds() -> float:
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime
