"""A second reading of the dialogs: what they say, where it comes from, and what could be misheard.

Loading refuses dialogs that cannot run or break a safety rule. Here is judged what takes a speech model, a library or
the source articles to judge; `voice-skill check` shows it.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field

from voice_skill.asr.kaldi.lexicon import Lexicon
from voice_skill.dialog.model import Dialogs
from voice_skill.loading.places import Places
from voice_skill.review.confusion import confusions
from voice_skill.review.coverage import coverage
from voice_skill.review.echo import commands_in_prompts
from voice_skill.review.findings import Finding
from voice_skill.review.grade import grades
from voice_skill.review.matrix import read_matrix
from voice_skill.review.wording import wording

__all__ = ["Review", "review"]


@dataclass(frozen=True, slots=True)
class Review:
    """What was found, each as `file:line: path: text; cure`."""

    errors: list[str] = field(default_factory=list)
    """What must be mended."""
    notes: list[str] = field(default_factory=list)
    """What somebody should have looked at."""


def review(
    dialogs: Dialogs, places: Places, lexicon: Lexicon | None = None, said: Collection[str] | None = None
) -> Review:
    """Read the dialogs again.

    `lexicon`: how the speech model's words are said; without it (another model) nothing is told about confusions.
    `said`: every sentence that a complete walk spoke; without it what the graph reaches counts as spoken.
    Raises `StorageError` and `DialogError` for a broken list of the articles' facts.
    """
    findings: list[Finding] = [
        *wording(dialogs),
        *commands_in_prompts(dialogs),
        *grades(dialogs),
        *coverage(dialogs, read_matrix(), said),
        *(confusions(dialogs, lexicon) if lexicon is not None else ()),
    ]

    def shown(*, error: bool, first: bool) -> list[str]:
        return places.show(one.problem for one in findings if (one.error, one.first) == (error, first))

    return Review(
        errors=[*shown(error=True, first=True), *shown(error=True, first=False)],
        notes=[*shown(error=False, first=True), *shown(error=False, first=False)],
    )
