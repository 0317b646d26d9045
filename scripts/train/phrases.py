"""The phrases that people say to Charley, by situation (`phrases.txt` beside this file)."""

from __future__ import annotations

import re
from pathlib import Path

from scripts.train.errors import TrainingError
from voice_skill.dialog.texts import sentences
from voice_skill.loading import load_dialogs
from voice_skill.nlu.phrases import PhraseBook

__all__ = ["all_phrases", "dialog_phrases", "own_prompts", "read_phrases", "short_phrases"]

PHRASES = Path(__file__).with_name("phrases.txt")
_HEADING = re.compile(r"\[([a-z_]+)\]")
_PHRASE = re.compile(r"[a-z']+( [a-z']+)*")


def read_phrases(path: Path = PHRASES) -> dict[str, list[str]]:
    """The phrases under each heading, in file order.

    Raises `TrainingError` with the line number for a line that is neither a heading, a comment nor plain words.
    """
    sections: dict[str, list[str]] = {}
    current: list[str] | None = None
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
        text = line.strip()
        if not text or text.startswith("#"):
            continue
        if heading := _HEADING.fullmatch(text):
            current = sections.setdefault(heading[1], [])
        elif current is None or not _PHRASE.fullmatch(text):
            raise TrainingError(f"{path}:{number}: not a phrase: {text!r}", "use lower-case words under a [heading]")
        else:
            current.append(text)
    return sections


def all_phrases(path: Path = PHRASES) -> list[str]:
    """Every phrase once, in file order."""
    return list(dict.fromkeys(phrase for group in read_phrases(path).values() for phrase in group))


def short_phrases(path: Path = PHRASES) -> list[str]:
    """The phrases of one or two words: the hardest to hear, and the ones that decide most."""
    return [phrase for phrase in all_phrases(path) if len(phrase.split()) <= 2]


def dialog_phrases() -> list[str]:
    """Everything that the shipped dialogs listen for, in a fixed order."""
    phrases = load_dialogs().phrases
    return sorted(set(PhraseBook(phrases).grammar(phrases)))


def own_prompts() -> list[str]:
    """What Charley itself says: every tenth sentence, for the background."""
    return list(sentences(load_dialogs(), "GB"))[::10]
