"""What happened, one fact at a time: what `--json` prints, what the screen shows, and what tests look at."""

from __future__ import annotations

import heapq
from collections.abc import Callable
from dataclasses import dataclass
from itertools import count

__all__ = ["KINDS", "Record", "Recorder"]

KINDS = (
    "wake",
    "heard",
    "not_understood",
    "no_input",
    "say",
    "said",
    "hold_started",
    "hold_cue",
    "hold_ended",
    "screen_answer",
    "level",
    "state",
    "finished",
    "trouble",
)
"""Every kind of record."""

_TIMES = ("began", "ended")
"""Fields that are times on the pipeline's clock, as `at` is."""

Value = str | int | float | bool


@dataclass(frozen=True, slots=True)
class Record:
    """One fact."""

    at: float
    """When, in seconds on the pipeline's clock: of audio time in a replay."""
    kind: str
    """One of `KINDS`."""
    fields: dict[str, Value]

    def as_json(self, begun: float = 0.0) -> dict[str, Value]:
        """The record as one flat object, with its times from `begun`."""
        since = {name: round(float(self.fields[name]) - begun, 3) for name in _TIMES if name in self.fields}
        return {"at": round(self.at - begun, 3), "kind": self.kind, **self.fields, **since}


class Recorder:
    """Puts records into order of time: some facts are known a little before they happen."""

    def __init__(self, tell: Callable[[Record], None]) -> None:
        self._tell = tell
        self._pending: list[tuple[float, int, Record]] = []
        self._order = count()

    def add(self, at: float, kind: str, **fields: Value) -> None:
        """Take down a fact that happens at `at`."""
        heapq.heappush(self._pending, (at, next(self._order), Record(at, kind, fields)))

    def drop_after(self, at: float) -> None:
        """Forget what was to happen after `at`: it has been called off."""
        self._pending = [entry for entry in self._pending if entry[0] <= at]
        heapq.heapify(self._pending)

    def flush(self, until: float) -> None:
        """Tell everything that has happened by `until`."""
        while self._pending and self._pending[0][0] <= until:
            self._tell(heapq.heappop(self._pending)[2])
