"""What is remembered from night to night: nothing without consent, and nothing after "forget"."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from voice_skill.errors import StorageError
from voice_skill.journal.history import SCHEMA, History, MemoryHistory, SqliteHistory, facts, is_often

NOW = datetime(2026, 3, 14, 3, 10)
CRAMP = (("level", "U"), ("ease", "bit"), ("holds", "2"), ("leg", "left"), ("place", "bed"), ("answers", "SWELL=U"))


class Clock:
    """A wall clock that a test sets."""

    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "kept" / "history.sqlite"


@pytest.fixture(params=["sqlite", "memory"])
def history(request: pytest.FixtureRequest, clock: Clock, path: Path) -> History:
    return SqliteHistory(path, clock) if request.param == "sqlite" else MemoryHistory(clock)


def fact(history: History, name: str) -> str | None:
    return dict(history.woken()).get(name)


# -- both keep the same


def test_nights_are_counted_from_before_the_one_that_begins(history: History, clock: Clock) -> None:
    assert history.woken() == (("consent", "unasked"), ("often", "unknown"))
    for days in (25, 20, 5, 2):
        clock.now = NOW - timedelta(days=days)
        history.woken()
        history.remember(CRAMP)
    clock.now = NOW
    assert dict(history.woken()) == {"consent": "yes", "often": "no", "week": "2", "month": "4", "tonight": "0"}


def test_a_night_that_is_told_again_replaces_what_was_kept(history: History) -> None:
    history.woken()
    history.remember(CRAMP)
    history.remember((*CRAMP[:1], ("ease", "gone")))
    assert fact(history, "tonight") == "1"


def test_tonight_is_forgotten_from_noon_on_and_the_consent_stays(history: History, clock: Clock) -> None:
    for hours in (30, 5, 0):
        clock.now = NOW - timedelta(hours=hours)
        history.woken()
        history.remember(CRAMP)
    history.forget("tonight")
    assert (fact(history, "month"), fact(history, "tonight"), fact(history, "consent")) == ("1", "0", "yes")


def test_everything_is_forgotten_and_nothing_more_is_kept(history: History) -> None:
    history.woken()
    history.remember(CRAMP)
    history.forget("all")
    assert history.woken() == (("consent", "no"), ("often", "unknown"))


def test_who_stops_it_keeps_what_there_was(history: History) -> None:
    history.woken()
    history.remember(CRAMP)
    history.forget("consent")
    assert history.woken() == (("consent", "no"), ("often", "unknown"))
    history.remember(CRAMP)  # asked again, and said yes
    assert fact(history, "month") in {"1", "2"}


def test_only_what_was_agreed_on_can_be_kept(history: History) -> None:
    history.woken()
    with pytest.raises(ValueError, match="transcript is nothing"):
        history.remember((("transcript", "my leg is killing me"),))
    assert fact(history, "consent") == "unasked"


# -- the file


def test_nothing_is_written_without_consent(clock: Clock, path: Path) -> None:
    history = SqliteHistory(path, clock)
    history.woken()
    history.forget("tonight")
    history.woken()
    assert not path.parent.exists()
    history.forget("consent")  # a no is remembered, for it must not be asked again, and it is all there is
    with sqlite3.connect(path) as store:
        assert store.execute("SELECT * FROM cramp").fetchall() == []
        assert store.execute("SELECT * FROM preference").fetchall() == [("consent", "no")]
    store.close()


@pytest.mark.parametrize("what", ["all", "tonight"])
def test_what_is_forgotten_is_in_no_file(clock: Clock, path: Path, what: str) -> None:
    history = SqliteHistory(path, clock)
    history.woken()
    history.remember((("answers", "SWELL=UNMISTAKABLE"), ("place", "UNMISTAKABLE" * 40)))
    assert b"UNMISTAKABLE" in path.read_bytes()
    history.forget(what)
    assert [file.name for file in path.parent.iterdir()] == [path.name]
    assert b"UNMISTAKABLE" not in path.read_bytes()
    assert NOW.isoformat().encode() not in path.read_bytes()


def test_after_ninety_days_a_night_is_gone_from_the_file(clock: Clock, path: Path) -> None:
    history = SqliteHistory(path, clock)
    history.woken()
    history.remember((("place", "UNMISTAKABLE"),))
    clock.now = NOW + timedelta(days=89)
    history.woken()
    assert b"UNMISTAKABLE" in path.read_bytes()
    clock.now = NOW + timedelta(days=91)
    history.woken()
    assert b"UNMISTAKABLE" not in path.read_bytes()


def test_it_is_still_there_for_the_next_process(clock: Clock, path: Path) -> None:
    first = SqliteHistory(path, clock)
    first.woken()
    first.remember(CRAMP)
    assert fact(SqliteHistory(path, clock), "tonight") == "1"


@pytest.mark.parametrize(
    ("spoil", "problem"),
    [
        (lambda path: path.write_bytes(b"not a database at all, but long enough to look at" * 30), "cannot be used"),
        (lambda path: path.write_bytes(path.read_bytes()[:5000] + bytes(3000)), "cannot be used"),
        (lambda path: _sql(path, f"PRAGMA user_version = {SCHEMA + 1}"), "another version"),
        (lambda path: _sql(path, "PRAGMA application_id = 7"), "not Charley's"),
        (lambda path: _sql(path, "UPDATE cramp SET woken_at = 'yesterday'"), "cannot be used"),
    ],
    ids=["no database", "damaged", "newer", "somebody else's", "no time"],
)
def test_a_file_that_is_not_right_is_refused_and_left_alone(
    clock: Clock, path: Path, spoil: Callable[[Path], None], problem: str
) -> None:
    history = SqliteHistory(path, clock)
    history.woken()
    history.remember(CRAMP)
    spoil(path)
    before = path.read_bytes()
    with pytest.raises(StorageError, match=problem):
        SqliteHistory(path, clock).woken()
    assert path.read_bytes() == before


def _sql(path: Path, text: str) -> None:
    store = sqlite3.connect(path)
    with store:
        store.execute(text)
    store.close()


def test_a_folder_that_cannot_be_made_is_an_error_with_a_cure(clock: Clock, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    history = SqliteHistory(tmp_path / "file" / "history.sqlite", clock)
    history.woken()
    with pytest.raises(StorageError) as caught:
        history.remember(CRAMP)
    assert "choose another folder" in caught.value.cure


FULL = """
import resource, signal, sys
from datetime import datetime
from pathlib import Path
from voice_skill.errors import StorageError
from voice_skill.journal.history import SqliteHistory
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
path = Path(sys.argv[1])
history = SqliteHistory(path, lambda: datetime(2026, 3, 15))
resource.setrlimit(resource.RLIMIT_FSIZE, (path.stat().st_size, path.stat().st_size))
history.woken()
try:
    history.remember((("place", "x" * 50_000),))
except StorageError as error:
    print(error.cure)
"""


def test_a_full_disk_loses_nothing(clock: Clock, path: Path) -> None:
    history = SqliteHistory(path, clock)
    history.woken()
    history.remember(CRAMP)
    done = subprocess.run(
        [sys.executable, "-c", FULL, path], capture_output=True, text=True, check=True, env=os.environ
    )
    assert done.stdout.strip()
    assert fact(SqliteHistory(path, clock), "tonight") == "1"


# -- how often is often


def days(*ago: float) -> list[datetime]:
    return [NOW - timedelta(days=day) for day in ago]


@pytest.mark.parametrize(
    ("ago", "often"),
    [
        ((), False),
        ((1, 3), False),
        ((1, 3, 6.9), True),
        ((1, 3, 7.1), False),
        ((0.1, 0.2), True),  # two in this night
        ((1.1, 1.2), False),
        ((8, 9.5, 11, 12.5), True),  # four nights of a fortnight
        ((3, 10, 17, 24), True),  # every week
        ((3, 17, 24), False),
        ((2, 9, 20), True),  # twice as many as in the fortnight before
        ((9, 20), False),
    ],
)
def test_often(ago: tuple[float, ...], often: bool) -> None:
    assert is_often(days(*ago), NOW) is often


def test_without_consent_nothing_of_the_past_is_told() -> None:
    assert facts(days(1, 2, 3), NOW, "no") == (("consent", "no"), ("often", "unknown"))
