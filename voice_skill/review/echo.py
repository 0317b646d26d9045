"""Prompts in which Charley would hear itself say stop, wait or ow (clinical.md 3.6; property P31)."""

from __future__ import annotations

import re
from collections.abc import Iterator

from voice_skill.dialog.hearing import URGENT
from voice_skill.dialog.model import Dialogs
from voice_skill.loading.phrases import echoes
from voice_skill.loading.places import Problem
from voice_skill.nlu.phrases import normalise
from voice_skill.review.findings import Finding

__all__ = ["commands_in_prompts"]


def commands_in_prompts(dialogs: Dialogs) -> Iterator[Finding]:
    """Prompts that hold a command which cuts them short, unless they teach it ("you can say stop").

    Danger words are not judged: "any chest pain?" and "call nine one one" cannot do without them, and where
    they are spoken nothing is lost but a moment.
    """
    for echo in echoes(dialogs):
        said = normalise(echo.sentence)
        urgent = {phrase: intent for phrase, intent in echo.held.items() if intent in URGENT}
        named = [phrase for phrase in urgent if not re.search(rf"\bsay\b.*\b{re.escape(phrase)}\b", said)]
        if named:
            told = ", ".join(f'"{phrase}" ({urgent[phrase]})' for phrase in named)
            text = f'"{echo.sentence}" holds {told}, which is listened for meanwhile; say it in other words (P31)'
            yield Finding(Problem(echo.text.file, echo.text.place, text))
