"""How many years of school a prompt asks for (property P27). The only file that imports textstat.

The Flesch-Kincaid grade is made for passages: of a handful of words it only tells whether one of them has three
syllables. So it is taken of every prompt with enough words, and of each file as a whole.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from importlib.util import find_spec

from voice_skill.dialog.actions import TONE
from voice_skill.dialog.model import Dialogs
from voice_skill.dialog.texts import ADVICE
from voice_skill.loading.places import Problem, texts
from voice_skill.review.findings import Finding

__all__ = ["MAX_GRADE", "MIN_PASSAGE", "MIN_WORDS", "grades", "reading_grade"]

MAX_GRADE = 5.0
MIN_WORDS = 12
"""Words in a prompt from which its grade means something."""
MIN_PASSAGE = 100
"""Words in a file from which the grade of all of them does: what the formula was made for (Flesch 1948)."""
_STANDS_FOR = {"{E}": "nine one one", "{U}": "your doctor", "{flag}": "chest pain"}
"""What is short and known to everyone stands for what changes."""


def grades(dialogs: Dialogs) -> Iterator[Finding]:
    """Prompts that ask for more than five years of school; one note if that cannot be measured here."""
    if find_spec("textstat") is None:
        missing = "the reading grade is not checked: pip install 'charley-voice-skill[check]'"
        yield Finding(Problem("review", (), missing), error=False)
        return
    files: dict[str, list[str]] = {}
    for text in texts(dialogs):
        spoken = _plain(text.sentences)
        files.setdefault(text.file, []).append(spoken)
        if len(spoken.split()) >= MIN_WORDS and (grade := reading_grade(spoken)) > MAX_GRADE:
            yield Finding(Problem(text.file, text.place, f'"{spoken}" {_too_hard(grade)}'))
    for file, spoken_there in files.items():
        whole = " ".join(spoken_there)
        if len(whole.split()) >= MIN_PASSAGE and (grade := reading_grade(whole)) > MAX_GRADE:
            yield Finding(Problem(file, (), f"all its prompts together {_too_hard(grade)}"))


def reading_grade(text: str) -> float:
    """Flesch-Kincaid grade: American school years that reading `text` takes. Needs textstat."""
    import textstat

    return float(textstat.flesch_kincaid_grade(text))


def _plain(sentences: tuple[str, ...]) -> str:
    said = " ".join(sentence for sentence in sentences if sentence not in (TONE, ADVICE))
    for placeholder, words in _STANDS_FOR.items():
        said = said.replace(placeholder, words)
    return re.sub(r"\{\w+\}", "two", said).replace("…", ".").strip(". ") + "."


def _too_hard(grade: float) -> str:
    return f"asks for {grade:.1f} years of school; at most {MAX_GRADE:g}: shorter sentences, shorter words (P27)"
