"""A journal is the night again, or says where it is not."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from voice_skill.cli import main
from voice_skill.dialog.engine import step
from voice_skill.dialog.events import Event, Heard, SpeechFinished, TimePassed, Woken
from voice_skill.dialog.model import Dialogs
from voice_skill.dialog.session import Session, Voice
from voice_skill.errors import StorageError
from voice_skill.journal.sessions import SessionJournal, verify
from voice_skill.loading import load_dialogs

Entry = dict[str, Any]
EVENTS: list[tuple[float, Event]] = [
    (1.0, Woken("start_cramp", "my leg is cramping")),
    (8.0, SpeechFinished(1)),
    (10.0, Heard(1, "no", "no")),
    (12.0, SpeechFinished(2)),
    (17.0, TimePassed()),
]


@cache
def shipped() -> Dialogs:
    return load_dialogs()


@pytest.fixture
def journal(tmp_path: Path) -> Path:
    """The journal of five steps."""
    path = tmp_path / "night.jsonl"
    keep(path)
    return path


def keep(path: Path) -> None:
    """A run of five steps, kept."""
    session = Session.fresh(shipped(), "GB", Voice(rate=130))
    with SessionJournal.maybe(path, shipped(), session) as write:
        assert write is not None
        for now, event in EVENTS:
            session, actions = step(shipped(), session, event, now)
            write(event, now, session, actions)


def change(path: Path, line: int, edit: Callable[[Entry], None]) -> None:
    lines = path.read_text().splitlines()
    entry = json.loads(lines[line - 1])
    edit(entry)
    lines[line - 1] = json.dumps(entry)
    path.write_text("\n".join(lines) + "\n")


def test_it_comes_out_the_same(journal: Path) -> None:
    assert verify(journal, shipped()) == len(EVENTS)


def test_the_command_says_so(journal: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["journal", str(journal)]) == 0
    assert capsys.readouterr().out == f"{journal}: 5 events, the same session and the same actions\n"


def test_it_holds_words_and_every_line_is_json(journal: Path) -> None:
    lines = [json.loads(line) for line in journal.read_text().splitlines()]
    assert len(lines) == 1 + len(EVENTS)
    assert lines[1]["event"] == {
        "type": "Woken",
        "intent": "start_cramp",
        "text": "my leg is cramping",
        "facts": [],
        "softer_db": 0.0,
        "whispered": False,
    }


@pytest.mark.parametrize(
    ("line", "edit", "message"),
    [
        (4, lambda entry: entry["event"].update(intent="yes"), "comes out differently"),
        (4, lambda entry: entry.update(at=9.0), "comes out differently"),
        (2, lambda entry: entry["actions"].pop(), "comes out differently"),
        (2, lambda entry: entry.update(session="0" * 16), "comes out differently"),
        (3, lambda entry: entry["event"].update(type="Nonsense"), "not an event"),
        (3, lambda entry: entry["event"].pop("turn"), "not an event"),
        (3, lambda entry: entry.pop("event"), "not an event"),
        (3, lambda entry: entry.update(event="text"), "not an event"),
        (3, lambda entry: entry.pop("actions"), "comes out differently"),
        (1, lambda entry: entry.update(dialogs="other"), "made with other dialogs"),
        (1, lambda entry: entry.update(format=99), "not a journal that this version can read"),
        (1, lambda entry: entry.pop("region"), "not a journal that this version can read"),
        (1, lambda entry: entry.update(voice={"speed": 3}), "not a journal that this version can read"),
    ],
)
def test_a_line_that_was_changed_is_named(
    journal: Path, line: int, edit: Callable[[Entry], None], message: str
) -> None:
    change(journal, line, edit)
    with pytest.raises(StorageError, match=message) as caught:
        verify(journal, shipped())
    assert caught.value.message.startswith(f"{journal}:{line}: ")


def test_a_line_cut_short_is_named(journal: Path) -> None:
    text = journal.read_text()
    journal.write_text(text[: len(text) - 20])
    with pytest.raises(StorageError, match=f"{journal}:6: not JSON"):
        verify(journal, shipped())


def test_a_second_run_is_added_to_the_first(journal: Path) -> None:
    first = journal.read_text()
    keep(journal)
    assert journal.read_text() == 2 * first
    assert verify(journal, shipped()) == 2 * len(EVENTS)


def test_a_line_of_the_second_run_that_was_changed_is_named(journal: Path) -> None:
    keep(journal)
    change(journal, 9, lambda entry: entry.update(session="0" * 16))
    with pytest.raises(StorageError, match=f"{journal}:9: comes out differently"):
        verify(journal, shipped())


def test_a_run_after_a_power_cut_is_checked_and_so_is_what_was_kept_before_it(journal: Path) -> None:
    text = journal.read_text()
    journal.write_text(text[: len(text) - 20])
    keep(journal)
    assert journal.read_text().startswith(text[: len(text) - 20])
    assert verify(journal, shipped()) == 2 * len(EVENTS) - 1


@pytest.mark.parametrize("torn", ["{", "{\n{"])
def test_torn_lines_within_a_run_are_named(journal: Path, torn: str) -> None:
    lines = journal.read_text().splitlines()
    journal.write_text("\n".join([*lines[:2], torn, *lines[2:]]) + "\n")
    with pytest.raises(StorageError, match=f"{journal}:3: not JSON"):
        verify(journal, shipped())


@pytest.mark.parametrize("content", ["", "[1, 2]\n", "\x00\x01"])
def test_what_is_no_journal_is_refused(tmp_path: Path, content: str) -> None:
    path = tmp_path / "x"
    path.write_text(content)
    with pytest.raises(StorageError, match=f"{path}:1: "):
        verify(path, shipped())


def test_bytes_that_are_no_text_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "x"
    path.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(StorageError, match="cannot be read"):
        verify(path, shipped())


def test_a_missing_one_is_two_lines_and_exit_code_2(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["journal", str(tmp_path / "no.jsonl")]) == 2
    err = capsys.readouterr().err
    assert "no.jsonl: cannot be read" in err
    assert err.count("\n") == 2


def test_one_that_cannot_be_written_is_refused_at_once(tmp_path: Path) -> None:
    path = tmp_path / "no" / "folder.jsonl"
    with (
        pytest.raises(StorageError, match=f"{path}: the journal cannot be written"),
        SessionJournal.maybe(path, shipped(), Session.fresh(shipped())),
    ):
        pass


def test_a_full_disk_is_told() -> None:
    with (
        pytest.raises(StorageError, match="/dev/full: the journal cannot be written: No space left"),
        SessionJournal.maybe(Path("/dev/full"), shipped(), Session.fresh(shipped())),
    ):
        pass


def test_none_is_kept_unless_asked_for() -> None:
    with SessionJournal.maybe(None, shipped(), Session.fresh(shipped())) as journal:
        assert journal is None
