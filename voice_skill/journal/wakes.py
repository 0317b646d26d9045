"""How often Charley woke, and how often for nothing: two numbers a night, and nothing else.

A false wake is one after which nothing was understood: a television, or a sneeze. No sound, no word and no time of day
is kept. Each wake is written down as it happens, so that a power cut loses none.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Protocol

from voice_skill.errors import StorageError
from voice_skill.journal.files import write_whole

__all__ = ["KEPT_NIGHTS", "WakeTally", "Wakes", "WakesFile", "night_of"]

KEPT_NIGHTS = 30
_NOON = timedelta(hours=12)


@dataclass(frozen=True, slots=True)
class Wakes:
    """Of one night."""

    wakes: int = 0
    understood: int = 0
    """After how many of them something was understood."""

    @property
    def false(self) -> int:
        """How many were for nothing."""
        return self.wakes - self.understood


class WakeTally(Protocol):
    """What a conversation needs. Both raise `StorageError` if the count cannot be kept."""

    def woken(self) -> None:
        """Charley woke."""
        ...

    def understood(self) -> None:
        """For the first time since then, something was understood."""
        ...


class WakesFile:
    """The count in a file."""

    def __init__(self, folder: Path, now: Callable[[], datetime]) -> None:
        """`now`: the local time. The folder need not exist."""
        self._path = folder / "wakes.json"
        self._now = now

    def woken(self) -> None:
        """See `WakeTally`."""
        self._count(lambda night: replace(night, wakes=night.wakes + 1))

    def understood(self) -> None:
        """See `WakeTally`."""
        self._count(lambda night: replace(night, understood=min(night.wakes, night.understood + 1)))

    def nights(self) -> dict[date, Wakes]:
        """What was counted, by the day on which the night began, in order. Raises `StorageError`."""
        try:
            kept = json.loads(self._path.read_bytes())
            found = {
                date.fromisoformat(day): Wakes(int(numbers["wakes"]), int(numbers["understood"]))
                for day, numbers in kept.items()
            }
        except FileNotFoundError:
            return {}
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
            raise StorageError(f"{self._path} cannot be read: {error}", "delete it: it holds only counts") from error
        return dict(sorted(found.items()))

    def _count(self, change: Callable[[Wakes], Wakes]) -> None:
        nights = self.nights()
        tonight = night_of(self._now())
        nights[tonight] = change(nights.get(tonight, Wakes()))
        last = sorted(nights)[-KEPT_NIGHTS:]
        numbers = {str(day): {"wakes": nights[day].wakes, "understood": nights[day].understood} for day in last}
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            write_whole(self._path, (json.dumps(numbers, indent=1) + "\n").encode())
        except OSError as error:
            raise StorageError(
                f"{self._path} cannot be written: {error.strerror}", "make room or give the right to write there"
            ) from error


def night_of(at: datetime) -> date:
    """The day on which the night of a local time began: a night goes from noon to noon."""
    return (at - _NOON).date()
