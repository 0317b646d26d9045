"""Words and short phrases cut out of sentences.

The corpora hold few people who say "yes", "no", "stop" or "help" by itself, but hundreds who say them inside a
sentence. A first model finds where each word begins and ends; runs of one to four words are cut out there. Words that
are commands are all cut out alone; of the rest of a sentence every part is used once.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from pathlib import Path

import numpy as np

from scripts.train.corpora import Recording
from scripts.train.sound import RATE, Samples, read_sound

__all__ = ["COMMAND_WORDS", "Piece", "Spoken", "align", "cut", "cuts"]

COMMAND_WORDS = frozenset(
    "yes yeah no not none nothing stop go on off up down left right start repeat help ready better worse same gone"
    " wait pain hurt hurts cold hot numb leg foot back bed chair floor sleep night slow slower still now know".split()
)
"""Cut out alone wherever they are said: the words that decide most, and those that sound like them."""

_SURE = 0.9
_LONGEST_RUN = 4
_FADE = int(0.01 * RATE)
_START_DELAY, _END_DELAY = 0.05, 0.02
"""Seconds by which the aligning model's word times are late, measured against the sound's own energy."""


@dataclass(frozen=True, slots=True)
class Spoken:
    """One word of a transcript and when it was said, in seconds."""

    place: int
    """Which word of the transcript it is, from 0."""
    word: str
    start: float
    end: float


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of a recording, in seconds, and the words in it."""

    text: str
    start: float
    end: float


def align(model: Path, recordings: Sequence[Recording], found: Path) -> Iterator[tuple[Recording, list[Spoken]]]:
    """Each recording with those of its words whose place the Vosk model in `model` is sure of.

    Answers are kept in `found` as they are made, one line of JSON each, so that an interrupted run goes on.
    """
    known: dict[str, list[Spoken]] = {}
    if found.is_file():
        for line in found.read_text(encoding="utf-8").splitlines():
            name, words = json.loads(line)
            known[name] = [Spoken(*word) for word in words]
    aligner = _Aligner(model) if any(one.path.name not in known for one in recordings) else None
    found.parent.mkdir(parents=True, exist_ok=True)
    with found.open("a", encoding="utf-8") as lines:
        for recording in recordings:
            words = known.get(recording.path.name)
            if words is None and aligner is not None:
                words = aligner.words(recording)
                listed = [[one.place, one.word, round(one.start, 2), round(one.end, 2)] for one in words]
                lines.write(json.dumps([recording.path.name, listed]) + "\n")
            yield recording, words or []


class _Aligner:
    def __init__(self, model: Path) -> None:
        import vosk

        vosk.SetLogLevel(-1)
        self._vosk = vosk
        self._model = vosk.Model(str(model))

    def words(self, recording: Recording) -> list[Spoken]:
        """The words of the transcript that were heard where they should be."""
        said = recording.text.split()
        known = [word for word in said if self._model.vosk_model_find_word(word) >= 0]
        recogniser = self._vosk.KaldiRecognizer(self._model, RATE, json.dumps([" ".join(known), "[unk]"]))
        recogniser.SetWords(True)
        pcm = (np.clip(read_sound(recording.path), -1, 1) * 32767).astype("<i2").tobytes()
        heard = []
        for place in range(0, len(pcm), RATE):
            if recogniser.AcceptWaveform(pcm[place : place + RATE]):
                heard += json.loads(recogniser.Result()).get("result", [])
        heard += json.loads(recogniser.FinalResult()).get("result", [])
        matcher = SequenceMatcher(None, said, [word["word"] for word in heard], autojunk=False)
        matched = [
            (block.a + n, heard[block.b + n]) for block in matcher.get_matching_blocks() for n in range(block.size)
        ]
        return [
            Spoken(place, word["word"], word["start"] - _START_DELAY, word["end"] - _END_DELAY)
            for place, word in matched
            if word["conf"] >= _SURE
        ]


def cuts(words: Sequence[Spoken], chance: np.random.Generator) -> list[Piece]:
    """What to cut out of one sentence: every command word alone, and the sentence once in runs of one to four words."""
    pieces = [_piece(words, n, n + 1) for n, one in enumerate(words) if one.word in COMMAND_WORDS]
    begin = 0
    while begin < len(words):
        end = begin + 1
        longest = begin + int(chance.integers(1, _LONGEST_RUN + 1))
        while end < min(longest, len(words)) and words[end].place == words[end - 1].place + 1:
            end += 1
        pieces.append(_piece(words, begin, end))
        begin = end
    return [one for one in pieces if one.end - one.start >= 0.15]


def _piece(words: Sequence[Spoken], begin: int, end: int) -> Piece:
    """Words `begin` to `end` with up to 0.12 s of what is around them, but nothing of the neighbours' middles."""
    before = words[begin - 1].end if begin else 0.0
    after = words[end].start if end < len(words) else words[-1].end + 0.12
    start = max(words[begin].start - 0.12, min(before, words[begin].start - 0.02))
    stop = min(words[end - 1].end + 0.12, max(after, words[end - 1].end + 0.02))
    return Piece(" ".join(one.word for one in words[begin:end]), max(0.0, start), stop)


def cut(sound: Samples, piece: Piece) -> Samples:
    """The piece's samples, faded in and out over 10 ms."""
    part = sound[int(piece.start * RATE) : int(piece.end * RATE)].copy()
    if len(part) > 2 * _FADE:
        ramp = np.linspace(0, 1, _FADE, dtype=np.float32)
        part[:_FADE] *= ramp
        part[-_FADE:] *= ramp[::-1]
    return part
