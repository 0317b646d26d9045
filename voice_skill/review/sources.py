"""Where a spoken line comes from: its place in the files, the facts it carries, and who states them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from voice_skill.dialog.model import Dialogs
from voice_skill.loading.places import QUESTIONS, Places, Text, texts
from voice_skill.nlu.phrases import normalise
from voice_skill.review.matrix import Matrix, Row

__all__ = ["Origin", "origins"]


@dataclass(frozen=True, slots=True)
class Origin:
    """A spoken line and what it stands on."""

    where: str
    """`file:line`."""
    path: str
    """Where in the file: `states.heat.say`."""
    text: str
    rows: tuple[Row, ...]
    source: str = ""
    """What a red-flag question stands on besides; as `questions.yaml` has it."""


def origins(dialogs: Dialogs, places: Places, matrix: Matrix, wanted: str) -> Iterator[Origin]:
    """The lines in which `wanted` is said, and those that carry a fact about it. A number is that of a fact."""
    rows = matrix.numbered()
    number = int(wanted) if wanted.isdecimal() else None
    words = f" {normalise(wanted)} "
    told: set[tuple[str, str]] = set()
    for text in texts(dialogs):
        carried = tuple(rows[row] for row in text.rows if row in rows)
        said = " ".join(text.sentences)
        about = (said, *(row.item for row in carried))
        found = number in text.rows if number is not None else any(words in f" {normalise(one)} " for one in about)
        where = places.where(text.file, text.place)
        if found and said and (where, said) not in told:
            told.add((where, said))
            yield Origin(where, ".".join(map(str, text.place)), said, carried, _source(dialogs, text))


def _source(dialogs: Dialogs, text: Text) -> str:
    return dialogs.questions[str(text.place[1])].source if text.file == QUESTIONS else ""
