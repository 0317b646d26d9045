"""The facts of the five source articles, one a row, and what was decided where the articles contradict each other."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from voice_skill.errors import DialogError
from voice_skill.shape import Shaper
from voice_skill.strict_yaml import Place, read

__all__ = ["Matrix", "Row", "read_matrix"]

_BUNDLED = Path(__file__).with_name("matrix.yaml")


@dataclass(frozen=True, slots=True)
class Row:
    """One fact."""

    row: int
    item: str
    """The fact in our own words."""
    seeds: tuple[str, ...]
    """The articles that state it, by their tags."""
    note: str = ""
    """What was decided, where they contradict each other or Charley says it otherwise."""


@dataclass(frozen=True, slots=True)
class Matrix:
    """All of them."""

    sources: Mapping[str, str]
    """Tag of an article → its subject."""
    rows: tuple[Row, ...]

    def numbered(self) -> dict[int, Row]:
        """The rows by their numbers."""
        return {row.row: row for row in self.rows}


@dataclass(frozen=True, slots=True)
class _File:
    sources: dict[str, str]
    rows: tuple[Row, ...]


def read_matrix(path: Path = _BUNDLED) -> Matrix:
    """The rows of a file, by default the bundled one. Raises `DialogError` with every fault, or `StorageError`."""
    data, marks = read(path)
    file = Shaper().structure(data, marks, _File)
    problems: list[str] = []
    seen: dict[int, int] = {}
    for number, row in enumerate(file.rows):
        place: Place = ("rows", number)
        if row.row in seen:
            problems.append(marks.problem(place, f"row {row.row} is here a second time"))
        seen[row.row] = number
        problems += [
            marks.problem(place, f'there is no source "{tag}"') for tag in row.seeds if tag not in file.sources
        ]
        if not row.item.strip() or not row.seeds:
            problems.append(marks.problem(place, "a row needs an item and the seeds that state it"))
    if problems:
        raise DialogError(problems)
    return Matrix(file.sources, file.rows)
