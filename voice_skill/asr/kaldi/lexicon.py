"""The model's words: how each is said and how often it was seen in training (`lexicon.txt`).

One pronunciation a line, `word<TAB>count<TAB>SOUNDS`, sorted; a word with two pronunciations has two lines.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from voice_skill.asr.kaldi.phones import PHONE_ID, SILENCE
from voice_skill.errors import ModelError

__all__ = ["Entry", "Lexicon", "Pronunciation", "check_pronunciation", "read_lexicon", "write_lexicon"]

Pronunciation = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Entry:
    """One word."""

    pronunciations: tuple[Pronunciation, ...]
    count: int = 0
    """How often it was seen; sets how likely it is when no grammar is given."""


Lexicon = dict[str, Entry]
"""Entries by word."""


def check_pronunciation(word: str, sounds: Pronunciation) -> None:
    """Raises `ModelError` unless `sounds` are one or more of ARPAbet's, without stress marks."""
    unknown = [sound for sound in sounds if PHONE_ID.get(sound, SILENCE) == SILENCE]
    if unknown or not sounds:
        fault = f"{unknown[0]!r} is no sound" if unknown else "no sounds are given"
        known = " ".join(sound for sound in PHONE_ID if PHONE_ID[sound] != SILENCE)
        raise ModelError(f"{word}: {fault}", f"use ARPAbet without stress: {known}")


def read_lexicon(path: Path) -> Lexicon:
    """Raises `ModelError`, naming the line, for a missing file or a line that is not as described above."""
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except OSError as error:
        raise ModelError(f"{path}: {error.strerror}", "use a model folder that holds lexicon.txt") from error
    lexicon: Lexicon = {}
    for number, line in enumerate(lines, start=1):
        fields = line.split("\t")
        if len(fields) != 3 or not fields[0] or not fields[1].isdigit():
            raise ModelError(f"{path}:{number}: not word, count and sounds between tabs: {line!r}", "mend that line")
        word, count, sounds = fields[0], int(fields[1]), tuple(fields[2].split())
        try:
            check_pronunciation(word, sounds)
        except ModelError as error:
            raise ModelError(f"{path}:{number}: {error.message}", error.cure) from error
        known = lexicon.get(word, Entry((), count)).pronunciations
        lexicon[word] = Entry((*known, sounds), count)
    return lexicon


def write_lexicon(path: Path, lexicon: Lexicon) -> None:
    lines = [
        f"{word}\t{entry.count}\t{' '.join(sounds)}\n"
        for word, entry in sorted(lexicon.items())
        for sounds in entry.pronunciations
    ]
    path.write_text("".join(lines), encoding="utf-8")
