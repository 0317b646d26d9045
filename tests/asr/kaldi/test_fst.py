"""OpenFst files: what is written is what is read, and the look-ahead table is right."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from voice_skill.asr.kaldi.fst import (
    Arc,
    Fst,
    reachable_labels,
    read_const,
    read_lookahead,
    write_const,
    write_lookahead,
)
from voice_skill.errors import ModelError

END = 9
"""The label that stands for a possible end."""


def small() -> Fst:
    """0 writes 1 or, through the silent 1 and a silent loop 1-2-1, 3 or the end; 3 writes 4 and 5."""
    fst = Fst(0, [[] for _ in range(4)], {2: 0.5})
    fst.add(0, Arc(7, 1, 0.25, 3))
    fst.add(0, Arc(8, 0, 0.0, 1))
    fst.add(1, Arc(9, 0, 1.5, 2))
    fst.add(2, Arc(9, 0, 0.0, 1))
    fst.add(2, Arc(9, 3, 0.0, 0))
    fst.add(3, Arc(6, 4, 0.0, 3))
    fst.add(3, Arc(6, 5, 0.0, 3))
    return fst


def ordered(fst: Fst) -> list[list[Arc]]:
    return [sorted(arcs) for arcs in fst.arcs]


def test_what_can_come_next() -> None:
    assert reachable_labels(small(), END) == [[(1, 2), (3, 4), (9, 10)], [(3, 4), (9, 10)], [(3, 4), (9, 10)], [(4, 6)]]


@given(st.lists(st.tuples(st.integers(0, 7), st.integers(0, 4), st.integers(0, 7)), max_size=30))
def test_what_can_come_next_is_what_a_walk_finds(steps: list[tuple[int, int, int]]) -> None:
    fst = Fst(0, [[] for _ in range(8)], {7: 0.0})
    for source, written, target in steps:
        fst.add(source, Arc(1, written, 0.0, target))
    for state, intervals in enumerate(reachable_labels(fst, END)):
        seen, waiting, labels = {state}, [state], set()
        while waiting:
            here = waiting.pop()
            labels |= {END} if here in fst.finals else set()
            for arc in fst.arcs[here]:
                if arc.written:
                    labels.add(arc.written)
                elif arc.target not in seen:
                    seen.add(arc.target)
                    waiting.append(arc.target)
        assert {label for begin, end in intervals for label in range(begin, end)} == labels


def test_a_lookahead_file_reads_back_equal(tmp_path: Path) -> None:
    write_lookahead(tmp_path / "HCLr.fst", small(), END)
    fst, table = read_lookahead(tmp_path / "HCLr.fst")
    assert (fst.start, ordered(fst), fst.finals) == (0, ordered(small()), {2: 0.5})
    assert table == reachable_labels(small(), END)


def test_arcs_are_sorted_by_what_they_write(tmp_path: Path) -> None:
    write_lookahead(tmp_path / "HCLr.fst", small(), END)
    fst, _ = read_lookahead(tmp_path / "HCLr.fst")
    assert [[arc.written for arc in arcs] for arcs in fst.arcs] == [[0, 1], [0], [0, 3], [4, 5]]


def test_a_const_file_reads_back_equal(tmp_path: Path) -> None:
    write_const(tmp_path / "Gr.fst", small())
    fst = read_const(tmp_path / "Gr.fst")
    assert (fst.start, ordered(fst), fst.finals) == (0, ordered(small()), {2: 0.5})


@pytest.mark.parametrize("size", [0, 3, 40, 100])
def test_a_file_cut_short_is_named(tmp_path: Path, size: int) -> None:
    path = tmp_path / "HCLr.fst"
    write_lookahead(path, small(), END)
    path.write_bytes(path.read_bytes()[:size])
    with pytest.raises(ModelError, match=r"HCLr\.fst: damaged"):
        read_lookahead(path)


def test_another_kind_of_file_is_refused(tmp_path: Path) -> None:
    write_const(tmp_path / "Gr.fst", small())
    with pytest.raises(ModelError, match=r"Gr\.fst: damaged or of another kind"):
        read_lookahead(tmp_path / "Gr.fst")
