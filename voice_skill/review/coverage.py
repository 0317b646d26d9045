"""Whether everything that the source articles say can be heard from Charley (property P29)."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator

from voice_skill.dialog.model import Dialogs
from voice_skill.loading.places import Problem, Text, texts
from voice_skill.review.findings import Finding
from voice_skill.review.matrix import Matrix, Row

__all__ = ["carriers", "coverage"]

_PLACEHOLDER = re.compile(r"\\\{\w+\\\}")


def carriers(dialogs: Dialogs, row: int) -> tuple[Text, ...]:
    """The spoken texts that carry a row."""
    return tuple(text for text in texts(dialogs) if row in text.rows and text.sentences)


def coverage(dialogs: Dialogs, matrix: Matrix, said: Collection[str] | None = None) -> Iterator[Finding]:
    """Rows that no line carries, and lines that carry a row which does not exist.

    Dialogs that name no row at all do not claim to carry the articles, and are left alone. A loaded state can be
    reached as far as the graph tells. `said` is stronger: every sentence that a complete walk
    over all conversations spoke; a row counts then only if one of its lines was among them.
    """
    known = {row.row for row in matrix.rows}
    cited: dict[int, list[Text]] = {number: [] for number in known}
    for text in texts(dialogs):
        for number in text.rows:
            if number not in known:
                here = Problem(text.file, _owner(text), f"carries row {number}, which does not exist; {_range(known)}")
                yield Finding(here)
            elif text.sentences:
                cited[number].append(text)
    claims = any(cited.values())
    for row in matrix.rows if claims else ():
        if not cited[row.row]:
            yield Finding(_missing(row, "no spoken line carries it; say it, and name it there: rows: [{row}]"))
        elif said is not None and not any(_spoken(text, said) for text in cited[row.row]):
            first = cited[row.row][0]
            told = f"carries row {row.row} ({row.item}), but no conversation comes to it; nor to another line with it"
            yield Finding(Problem(first.file, first.place, told))


def _missing(row: Row, text: str) -> Problem:
    return Problem("matrix", (), f"row {row.row} ({row.item}): {text.format(row=row.row)}")


def _owner(text: Text) -> tuple[str | int, ...]:
    """Where the rows of a text stand: beside it."""
    return (*text.place[:-1], "rows")


def _range(known: Collection[int]) -> str:
    return f"rows go from {min(known)} to {max(known)}" if known else "there are no rows"


def _spoken(text: Text, said: Collection[str]) -> bool:
    """Whether a sentence of `text` was said, whatever stood in its placeholders."""
    for sentence in text.sentences:
        if sentence in said:
            return True
        if "{" in sentence:
            pattern = re.compile(_PLACEHOLDER.sub(".+", re.escape(sentence)), re.IGNORECASE)
            if any(pattern.fullmatch(one) for one in said):
                return True
    return False
