"""What is remembered from one night to the next, on this device only, and only for who has said yes (clinical.md 3.9).

For each cramp: when it was, which leg, where the person lay, holds done, whether it eased, the level reached, and the
answers that set it. Never sound, never words, never a name. Kept for 90 days. "Forget" leaves nothing in the file: what
is deleted is overwritten, and the file is built anew.

`History` is the port. `SqliteHistory` is the real one and this file the only one that imports sqlite3; `MemoryHistory`
is the fake. Both count with `facts`, which is pure.
"""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Protocol

from voice_skill.errors import StorageError

__all__ = ["FIELDS", "KEPT_DAYS", "SCHEMA", "Facts", "History", "MemoryHistory", "SqliteHistory", "facts", "is_often"]

Facts = tuple[tuple[str, str], ...]
"""Slot → value, for `Woken.facts`."""

SCHEMA = 1
"""Raised when older files can no longer be read."""
APPLICATION_ID = 0x43484C59
"""Marks the file as ours ("CHLY"), so that another program's database is never written to."""
KEPT_DAYS = 90
FIELDS = ("level", "ease", "holds", "leg", "place", "answers")
"""What may be kept of a cramp besides its time. Anything else is refused, not stored."""

_NOON = timedelta(hours=12)
"""A night goes from noon to noon."""


class History(Protocol):
    """What a conversation needs. Every method raises `StorageError` if the store fails."""

    def woken(self) -> Facts:
        """A conversation begins; gives what is known from before."""
        ...

    def remember(self, fields: Facts) -> None:
        """Keep this about the conversation that began last, in place of what was kept of it. Means consent."""
        ...

    def forget(self, what: str) -> None:
        """`tonight`: delete what was kept since noon. `all`: delete everything. `consent`: keep nothing more."""
        ...


class MemoryHistory:
    """A history that is gone with the process."""

    def __init__(self, now: Callable[[], datetime], past: Sequence[datetime] = (), consent: str = "unasked") -> None:
        """`now`: the local time. `past`: when there were cramps."""
        self.cramps: dict[datetime, Facts] = dict.fromkeys(past, ())
        self.consent = consent
        self._now = now
        self._woken = now()

    def woken(self) -> Facts:
        """See `History`."""
        self._woken = self._now()
        return facts(tuple(self.cramps), self._woken, self.consent)

    def remember(self, fields: Facts) -> None:
        """See `History`."""
        self.cramps[self._woken] = _checked(fields)
        self.consent = "yes"

    def forget(self, what: str) -> None:
        """See `History`."""
        if what != "tonight":
            self.consent = "no"
        if what == "all":
            self.cramps.clear()
        elif what == "tonight":
            night = _night(self._woken)
            self.cramps = {at: kept for at, kept in self.cramps.items() if _night(at) != night}


class SqliteHistory:
    """A history in one small file, which is made when there is first something to keep."""

    def __init__(self, path: Path, now: Callable[[], datetime]) -> None:
        """`now`: the local time, with or without its zone. Raises `StorageError` for a file that cannot be used: it is
        left as it is."""
        self._path = path
        self._now = now
        self._woken = now()
        with self._open():
            pass

    def woken(self) -> Facts:
        """See `History`. What is older than 90 days is deleted."""
        self._woken = self._now()
        with self._open() as store:
            if store is None:
                return facts((), self._woken, "unasked")
            oldest = (self._woken - timedelta(days=KEPT_DAYS)).isoformat()
            if store.execute("DELETE FROM cramp WHERE woken_at < ?", (oldest,)).rowcount:
                store.commit()
            times = [datetime.fromisoformat(at) for (at,) in store.execute("SELECT woken_at FROM cramp")]
            found = store.execute("SELECT value FROM preference WHERE name = 'consent'").fetchone()
            return facts(times, self._woken, found[0] if found else "unasked")

    def remember(self, fields: Facts) -> None:
        """See `History`."""
        kept = dict(_checked(fields))
        with self._open(make=True) as store:
            assert store is not None
            _prefer(store, "yes")
            store.execute(
                f"INSERT OR REPLACE INTO cramp (woken_at, {', '.join(FIELDS)}) VALUES (?{', ?' * len(FIELDS)})",
                (self._woken.isoformat(), *(kept.get(name) for name in FIELDS)),
            )
            store.commit()

    def forget(self, what: str) -> None:
        """See `History`."""
        with self._open(make=what != "tonight") as store:
            if store is None:
                return
            if what == "all":
                store.execute("DELETE FROM cramp")
            elif what == "tonight":
                begun = _night(self._woken)
                span = (begun.isoformat(), (begun + timedelta(days=1)).isoformat())
                store.execute("DELETE FROM cramp WHERE woken_at >= ? AND woken_at < ?", span)
            if what != "tonight":
                _prefer(store, "no")
            store.commit()
            store.execute("VACUUM")

    @contextlib.contextmanager
    def _open(self, *, make: bool = False) -> Iterator[sqlite3.Connection | None]:
        """The store, or None where there is none yet and none is to be made."""
        try:
            if not make and not self._path.exists():
                yield None
                return
            if make:
                self._path.parent.mkdir(parents=True, exist_ok=True)
            with contextlib.closing(sqlite3.connect(self._path, timeout=1.0)) as store:
                # What is deleted is overwritten with zeros, and no copy of it goes to a temporary file.
                store.execute("PRAGMA secure_delete = ON")
                store.execute("PRAGMA temp_store = MEMORY")
                self._check(store)
                yield store
        except (sqlite3.Error, ValueError, OSError) as error:  # ValueError: a time that is none
            raise self._problem(error) from error

    def _check(self, store: sqlite3.Connection) -> None:
        """Make the tables of a new file; refuse one that is not ours, or of another version."""
        version = store.execute("PRAGMA user_version").fetchone()[0]
        owner = store.execute("PRAGMA application_id").fetchone()[0]
        empty = store.execute("SELECT count(*) FROM sqlite_master").fetchone()[0] == 0
        if empty and version == 0:
            with store:
                store.execute("CREATE TABLE IF NOT EXISTS preference (name TEXT PRIMARY KEY, value TEXT NOT NULL)")
                columns = ", ".join(f"{name} TEXT" for name in FIELDS)
                store.execute(f"CREATE TABLE IF NOT EXISTS cramp (woken_at TEXT PRIMARY KEY, {columns})")
                store.execute(f"PRAGMA application_id = {APPLICATION_ID}")
                store.execute(f"PRAGMA user_version = {SCHEMA}")
        elif owner != APPLICATION_ID:
            raise StorageError(f"{self._path} is not Charley's history", "move it away, or choose another folder")
        elif version != SCHEMA:
            raise StorageError(
                f"{self._path} was written by another version (format {version}, this one reads {SCHEMA})",
                "use that version, or move the file away to begin anew; it is left as it is",
            )

    def _problem(self, error: Exception) -> StorageError:
        full = isinstance(error, sqlite3.OperationalError) and "full" in str(error)
        if full or isinstance(error, OSError):
            cure = "make room, or choose another folder in charley.yaml; what was kept before is still there"
            return StorageError(f"the history {self._path} cannot be written: {error}", cure)
        return StorageError(
            f"the history {self._path} cannot be used: {error}",
            "move the file away to begin anew; it is left as it is",
        )


def facts(times: Sequence[datetime], now: datetime, consent: str) -> Facts:
    """What the dialogs may know of the past: consent, counts, and whether cramps come often. Without consent, only
    that."""
    if consent != "yes":
        return (("consent", consent), ("often", "unknown"))
    return (
        ("consent", consent),
        ("often", "yes" if is_often(times, now) else "no"),
        ("week", str(_within(times, now, 7))),
        ("month", str(_within(times, now, 30))),
        ("tonight", str(sum(_night(at) == _night(now) for at in times))),
    )


def is_often(times: Sequence[datetime], now: datetime) -> bool:
    """Whether cramps come so often that a clinician should know (clinical.md 4.6): three in a week, two in a night,
    four nights in a fortnight, every week for four weeks, or twice as many in this fortnight as in the one before."""
    nights = [_night(at) for at in times]
    fortnight = _within(times, now, 14)
    before = _within(times, now - timedelta(days=14), 14)
    return (
        _within(times, now, 7) >= 3
        or nights.count(_night(now)) >= 2
        or len({night for night in nights if _night(now) - night < timedelta(days=14)}) >= 4
        or all(_within(times, now - timedelta(days=7 * week), 7) for week in range(4))
        or (fortnight >= 2 and fortnight >= 2 * before > 0)
    )


def _within(times: Sequence[datetime], now: datetime, days: int) -> int:
    return sum(timedelta(0) <= now - at < timedelta(days=days) for at in times)


def _night(at: datetime) -> datetime:
    """The noon before."""
    return (at - _NOON).replace(hour=12, minute=0, second=0, microsecond=0)


def _checked(fields: Facts) -> Facts:
    for name, _ in fields:
        if name not in FIELDS:
            raise ValueError(f"{name} is nothing that may be remembered")
    return fields


def _prefer(store: sqlite3.Connection, consent: str) -> None:
    store.execute("INSERT OR REPLACE INTO preference VALUES ('consent', ?)", (consent,))
