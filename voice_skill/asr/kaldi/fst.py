"""OpenFst's binary files, as far as a Vosk model needs them.

Two kinds are written and read, both over the tropical semiring (weights are costs, they add along a path):

* `const`: an FST that is never changed. `Gr.fst`, the default language model, is one.
* `olabel_lookahead`: a `const` FST with a table that says, for every state, which output labels can come next. The
  decoder joins `HCLr.fst` with the grammar on the fly and uses the table to enter no branch that the grammar
  forbids. The table holds intervals of labels, so labels that are reached together should have neighbouring numbers.

All numbers are little-endian; a string is its length as int32 and its bytes.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from voice_skill.errors import ModelError

__all__ = [
    "Arc",
    "Fst",
    "Interval",
    "reachable_labels",
    "read_const",
    "read_lookahead",
    "write_const",
    "write_lookahead",
]

_MAGIC = 2125659606
_ADD_ON_MAGIC = 446681434
_CONST_VERSION = 2
_TRANSDUCER = 0x65A5656A0001
"""Property bits that hold for `HCLr.fst`; OpenFst trusts what is stored and computes the rest when asked."""
_ACCEPTOR = 0x65955A950001
"""The same for `Gr.fst`: input and output labels are equal."""

_STATE = struct.Struct("<fIIII")
_ARC = struct.Struct("<iifi")
_INFINITE = float("inf")

Interval = tuple[int, int]
"""Labels from the first number up to but without the second."""


class Arc(NamedTuple):
    """A step: what is heard, what is written, what it costs, where it leads. Label 0 is nothing."""

    heard: int
    written: int
    cost: float
    target: int


@dataclass(slots=True)
class Fst:
    """States are numbered from 0; `arcs[state]` are the steps that leave it."""

    start: int = 0
    arcs: list[list[Arc]] = field(default_factory=list)
    finals: dict[int, float] = field(default_factory=dict)
    """The states where a path may end, and the cost of ending there."""

    def new_state(self) -> int:
        self.arcs.append([])
        return len(self.arcs) - 1

    def add(self, source: int, arc: Arc) -> None:
        self.arcs[source].append(arc)


def write_const(path: Path, fst: Fst) -> None:
    """Write an acceptor whose arcs are sorted by input label."""
    path.write_bytes(_const(fst, _ACCEPTOR, key=0))


def write_lookahead(path: Path, fst: Fst, final_label: int) -> None:
    """Write a transducer with the table of labels that can come next; `final_label` stands for the end."""
    reachable = reachable_labels(fst, final_label)
    parts = [_header("olabel_lookahead", 1, _TRANSDUCER, -1, 0, 0), struct.pack("<i", _ADD_ON_MAGIC)]
    parts.append(_const(fst, _TRANSDUCER, key=1))
    parts.append(b"\x01\x00\x01")  # there is an add-on; none for input labels, one for output labels
    parts.append(b"\x00\x00")  # it looks at output labels and keeps no renumbering
    parts.append(struct.pack("<iq", final_label, len(fst.arcs)))
    for intervals in reachable:
        parts.append(struct.pack("<q", len(intervals)))
        parts += [struct.pack("<ii", *interval) for interval in intervals]
        parts.append(struct.pack("<i", sum(end - begin for begin, end in intervals)))
    path.write_bytes(b"".join(parts))


def reachable_labels(fst: Fst, final_label: int) -> list[list[Interval]]:
    """For every state, the output labels that come first on some path from it; a possible end is `final_label`."""
    silent = [
        [arc.target for arc in arcs if not arc.written and arc.target != state] for state, arcs in enumerate(fst.arcs)
    ]
    labels = [0] * len(fst.arcs)  # sets of labels as the bits of integers
    for state, arcs in enumerate(fst.arcs):
        for arc in arcs:
            if arc.written:
                labels[state] |= 1 << arc.written
        if state in fst.finals:
            labels[state] |= 1 << final_label
    order = _deepest_first(silent)
    changed = True
    while changed:
        changed = False
        for state in order:
            union = labels[state]
            for target in silent[state]:
                union |= labels[target]
            if union != labels[state]:
                labels[state] = union
                changed = True
    known: dict[int, list[Interval]] = {}
    for bits in labels:
        if bits not in known:
            known[bits] = _intervals(bits)
    return [known[bits] for bits in labels]


def read_const(path: Path) -> Fst:
    """Read what `write_const` wrote. Raises `ModelError` for any other file."""
    return _Reader(path).const()


def read_lookahead(path: Path) -> tuple[Fst, list[list[Interval]]]:
    """Read what `write_lookahead` wrote: the transducer and its table. Raises `ModelError` for any other file."""
    reader = _Reader(path)
    reader.header("olabel_lookahead")
    reader.expect("<i", _ADD_ON_MAGIC)
    fst = reader.const()
    reader.expect("<5B", 1, 0, 1, 0, 0)
    _final_label, states = reader.take("<iq")
    table: list[list[Interval]] = []
    for _ in range(states):
        (count,) = reader.take("<q")
        intervals = [reader.take("<ii") for _ in range(count)]
        table.append([(begin, end) for begin, end in intervals])
        reader.take("<i")
    return fst, table


def _header(kind: str, version: int, properties: int, start: int, states: int, arcs: int) -> bytes:
    text = b"".join(struct.pack("<i", len(name)) + name.encode() for name in (kind, "standard"))
    return struct.pack("<i", _MAGIC) + text + struct.pack("<iiQqqq", version, 0, properties, start, states, arcs)


def _const(fst: Fst, properties: int, key: int) -> bytes:
    """States, then arcs sorted by input (`key` 0) or output label (1)."""
    states, arcs = bytearray(), bytearray()
    count = 0
    for state, leaving in enumerate(fst.arcs):
        final = fst.finals.get(state, _INFINITE)
        without_input = sum(not arc.heard for arc in leaving)
        without_output = sum(not arc.written for arc in leaving)
        states += _STATE.pack(final, count, len(leaving), without_input, without_output)
        for arc in sorted(leaving, key=lambda arc: (arc[key], arc[1 - key])):
            arcs += _ARC.pack(*arc)
        count += len(leaving)
    return _header("const", _CONST_VERSION, properties, fst.start, len(fst.arcs), count) + states + arcs


def _deepest_first(targets: Sequence[Sequence[int]]) -> list[int]:
    """States in an order in which, loops aside, every state comes after those that it leads to."""
    order: list[int] = []
    seen = [False] * len(targets)
    for root in range(len(targets)):
        stack = [] if seen[root] else [(root, iter(targets[root]))]
        seen[root] = True
        while stack:
            state, rest = stack[-1]
            unseen = next((target for target in rest if not seen[target]), None)
            if unseen is None:
                order.append(state)
                stack.pop()
            else:
                seen[unseen] = True
                stack.append((unseen, iter(targets[unseen])))
    return order


def _intervals(bits: int) -> list[Interval]:
    found: list[Interval] = []
    place = 0
    while bits:
        gap = (bits & -bits).bit_length() - 1
        bits >>= gap
        run = (~bits & (bits + 1)).bit_length() - 1
        found.append((place + gap, place + gap + run))
        bits >>= run
        place += gap + run
    return found


class _Reader:
    """Reads numbers off a file and says where the file is not what it should be."""

    def __init__(self, path: Path) -> None:
        try:
            self._data = path.read_bytes()
        except OSError as error:
            raise ModelError(f"{path}: {error.strerror}", "restore the model folder") from error
        self._path = path
        self._place = 0

    def take(self, layout: str) -> tuple[int, ...]:
        try:
            values = struct.unpack_from(layout, self._data, self._place)
        except struct.error as error:
            raise self._damaged() from error
        self._place += struct.calcsize(layout)
        return values

    def expect(self, layout: str, *values: int) -> None:
        if self.take(layout) != values:
            raise self._damaged()

    def header(self, kind: str) -> tuple[int, int, int]:
        """Start state, number of states and number of arcs."""
        self.expect("<i", _MAGIC)
        for name in (kind, "standard"):
            self.expect("<i", len(name))
            self.expect(f"<{len(name)}B", *name.encode())
        _version, _flags, _properties, start, states, arcs = self.take("<iiQqqq")
        return start, states, arcs

    def const(self) -> Fst:
        start, states, arcs = self.header("const")
        fst = Fst(start)
        sizes = []
        for state in range(states):
            final, _first, count, *_ = self.take(_STATE.format)
            sizes.append(count)
            if final != _INFINITE:
                fst.finals[state] = final
        if sum(sizes) != arcs:
            raise self._damaged()
        fst.arcs = [[Arc(*self.take(_ARC.format)) for _ in range(size)] for size in sizes]
        return fst

    def _damaged(self) -> ModelError:
        return ModelError(
            f"{self._path}: damaged or of another kind near byte {self._place}", "restore the model folder"
        )
