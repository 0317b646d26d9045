"""Every fact of the articles has its line, and every line that claims a fact claims one that exists."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from tests.review.test_wording import dialogs
from voice_skill.dialog.model import Dialogs
from voice_skill.errors import DialogError
from voice_skill.loading import read_dialogs
from voice_skill.loading.places import Places
from voice_skill.review.coverage import carriers, coverage
from voice_skill.review.matrix import Matrix, Row, read_matrix
from voice_skill.review.sources import origins

MATRIX = Matrix({"S0": "An article"}, (Row(1, "It is sudden", ("S0",)), Row(2, "It hurts", ("S0",))))


def citing(*rows: int, say: str = "It comes at once.") -> Dialogs:
    made = dialogs(say)
    talk = made.dialogs["talk"]
    state = replace(talk.states["start"], rows=rows)
    return replace(made, dialogs={"talk": replace(talk, states={"start": state})})


def told(made: Dialogs, said: set[str] | None = None) -> list[str]:
    return Places().show(finding.problem for finding in coverage(made, MATRIX, said))


def test_a_row_without_a_line() -> None:
    assert told(citing(1)) == [
        "matrix: row 2 (It hurts): no spoken line carries it; say it, and name it there: rows: [2]"
    ]
    assert told(citing(1, 2)) == []


def test_a_line_that_claims_what_does_not_exist() -> None:
    assert told(citing(1, 2, 3)) == [
        "talk: states.start.rows: carries row 3, which does not exist; rows go from 1 to 2"
    ]


def test_dialogs_that_claim_nothing_are_left_alone() -> None:
    assert told(citing()) == []


def test_a_line_that_no_conversation_came_to_does_not_count() -> None:
    assert told(citing(1, 2), {"It comes at once."}) == []
    problems = told(citing(1, 2), {"Something else."})
    assert len(problems) == 2
    assert "carries row 1 (It is sudden), but no conversation comes to it" in problems[0]


def test_what_stands_in_a_placeholder_does_not_matter() -> None:
    assert told(citing(1, 2, say="Call {E} now."), {"Call nine nine nine now."}) == []


def test_the_bundled_rows_are_all_there() -> None:
    matrix = read_matrix()
    assert [row.row for row in matrix.rows] == list(range(1, 113))
    settled = {number for row in matrix.rows for number in range(1, 22) if f"C{number}:" in row.note}
    assert settled == set(range(1, 22))  # every contradiction is noted where it matters


def test_the_shipped_dialogs_carry_every_row() -> None:
    shipped, places = read_dialogs()
    assert places.show(finding.problem for finding in coverage(shipped, read_matrix())) == []


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        ("{row: 2,", "{row: 1,", "rows.yaml:5: rows[1]: row 1 is here a second time"),
        ("[S0]}\n  - {row: 2", "[S9]}\n  - {row: 2", 'rows.yaml:4: rows[0]: there is no source "S9"'),
        ("item: It hurts", 'item: ""', "rows.yaml:5: rows[1]: a row needs an item"),
        ("{row: 2,", "{rwo: 2,", "rows.yaml:5: rows[1].rwo: unknown key"),
    ],
)
def test_a_broken_list_is_refused_with_its_line(tmp_path: Path, old: str, new: str, problem: str) -> None:
    text = (
        "sources:\n  S0: An article\nrows:\n  - {row: 1, item: It is sudden, seeds: [S0]}\n"
        "  - {row: 2, item: It hurts, seeds: [S0]}\n"
    )
    path = tmp_path / "rows.yaml"
    path.write_text(text.replace(old, new), encoding="utf-8")
    with pytest.raises(DialogError) as error:
        read_matrix(path)
    assert any(problem in found for found in error.value.problems)


def test_where_a_line_comes_from() -> None:
    """By a word that is said, by a word of the fact, and by the fact's number."""
    made = citing(1)
    assert carriers(made, 1)
    for wanted in ("at once", "sudden", "1"):
        (origin,) = origins(made, Places(), MATRIX, wanted)
        assert (origin.path, origin.text) == ("states.start.say", "It comes at once.")
        assert [row.row for row in origin.rows] == [1]
    assert list(origins(made, Places(), MATRIX, "sud")) == []
