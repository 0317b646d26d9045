"""A journal as JSON Lines: for each run a header, then every event that reached the dialog and what came of it.

It is replayable: `verify` feeds the events to the dialog core again and checks that the same session and the same
actions come out. It holds words and intents, never sound, and is written only when asked for. A run is added to those
that the file holds already, for one that broke off is the one that matters.
"""

from __future__ import annotations

import contextlib
import dataclasses
import hashlib
import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any, TextIO

from voice_skill.dialog import events as event_types
from voice_skill.dialog.actions import Action
from voice_skill.dialog.engine import step
from voice_skill.dialog.events import Event
from voice_skill.dialog.model import Dialogs
from voice_skill.dialog.session import Session, Voice
from voice_skill.errors import StorageError

__all__ = ["FORMAT", "SessionJournal", "verify"]

FORMAT = 1
"""Raised when older journals can no longer be read."""

_EVENTS = {kind.__name__: kind for kind in event_types.Event.__args__}


class SessionJournal:
    """Writes one line per event."""

    def __init__(self, file: TextIO, path: Path, dialogs: Dialogs, session: Session) -> None:
        """`file`: `path`, open at its end."""
        self._file = file
        self._path = path
        voice = session.voice._asdict()
        self._write(format=FORMAT, dialogs=dialogs.version, region=session.region, voice=voice, turn=session.turn)

    @classmethod
    @contextlib.contextmanager
    def maybe(cls, path: Path | None, dialogs: Dialogs, session: Session) -> Iterator[SessionJournal | None]:
        """One more run in the journal at `path`, or none for `None`. Raises `StorageError` if it cannot be written."""
        if path is None:
            yield None
            return
        try:
            torn = path.exists() and not _whole(path)
            file = path.open("a", encoding="utf-8")
        except OSError as error:
            raise _unwritable(path, error) from error
        try:
            if torn:
                file.write("\n")
            yield cls(file, path, dialogs, session)
        finally:
            with contextlib.suppress(OSError):  # what could not be written was reported when it was tried
                file.close()

    def __call__(self, event: Event, now: float, session: Session, actions: tuple[Action, ...]) -> None:
        """Write down one step. Raises `StorageError` if that fails."""
        fields = dataclasses.asdict(event)
        self._write(at=now, event={"type": type(event).__name__, **fields}, **outcome(session, actions))

    def _write(self, **entry: Any) -> None:
        try:
            self._file.write(json.dumps(entry, ensure_ascii=False) + "\n")
            self._file.flush()
        except OSError as error:
            raise _unwritable(self._path, error) from error


def outcome(session: Session, actions: tuple[Action, ...]) -> dict[str, Any]:
    """What a step led to: the actions in full, and a digest of the session."""
    listed = [{"type": type(action).__name__, **dataclasses.asdict(action)} for action in actions]
    digest = hashlib.sha256(repr(session).encode()).hexdigest()[:16]
    return {"session": digest, "actions": json.loads(json.dumps(listed))}


def verify(path: Path, dialogs: Dialogs) -> int:
    """Feed the events of all of a journal's runs to the dialog core again. Returns how many there are.

    Raises `StorageError` if the file cannot be read, is no journal, was made with other dialogs or by another version,
    or does not come out the same: the line is named.
    """
    lines = _lines(path)
    number, header = next(lines, (1, {}))
    session = _first_session(path, number, header, dialogs)
    events = 0
    for number, entry in lines:
        if "format" in entry:
            session = _first_session(path, number, entry, dialogs)
            continue
        try:
            fields = dict(entry["event"])
            event = _EVENTS[fields.pop("type")](**fields)
            session, actions = step(dialogs, session, event, entry["at"])
        except (KeyError, TypeError, ValueError) as error:
            raise StorageError(f"{path}:{number}: not an event: {error}", "the journal was changed by hand") from error
        if outcome(session, actions) != {"session": entry.get("session"), "actions": entry.get("actions")}:
            raise StorageError(f"{path}:{number}: comes out differently now", "the dialog core has changed since")
        events += 1
    return events


def _first_session(path: Path, number: int, header: dict[str, Any], dialogs: Dialogs) -> Session:
    """The session with which a run began."""
    unreadable = StorageError(f"{path}:{number}: not a journal that this version can read", "make a new one")
    if header.get("format") != FORMAT:
        raise unreadable
    if header.get("dialogs") != dialogs.version:
        raise StorageError(
            f"{path}:{number}: made with other dialogs ({header.get('dialogs')}, these are {dialogs.version})",
            "check it with the dialogs that it was made with: voice-skill --config FILE journal",
        )
    try:
        return Session.fresh(dialogs, header["region"], Voice(**header["voice"]), header["turn"])
    except (KeyError, TypeError) as error:
        raise unreadable from error


def _lines(path: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    """The lines, numbered. One that is cut short is left out where another run follows: there the power was cut."""
    cut_short: StorageError | None = None
    try:
        with path.open(encoding="utf-8") as file:
            for number, line in enumerate(file, start=1):
                try:
                    entry = json.loads(line)
                except ValueError:
                    if cut_short is not None:
                        raise cut_short from None
                    cut_short = StorageError(f"{path}:{number}: not JSON", "the journal is cut short or no journal")
                    continue
                if not isinstance(entry, dict):
                    raise StorageError(f"{path}:{number}: not a journal entry", "the file is no journal")
                if cut_short is not None and "format" not in entry:
                    raise cut_short
                cut_short = None
                yield number, entry
    except (OSError, UnicodeDecodeError) as error:
        raise StorageError(f"{path}: cannot be read: {error}", "check the name and who may read it") from error
    if cut_short is not None:
        raise cut_short


def _whole(path: Path) -> bool:
    """Whether the last line of a file has its end."""
    with path.open("rb") as file:
        if not file.seek(0, os.SEEK_END):
            return True
        file.seek(-1, os.SEEK_END)
        return file.read(1) == b"\n"


def _unwritable(path: Path, error: OSError) -> StorageError:
    return StorageError(
        f"{path}: the journal cannot be written: {error.strerror}", "choose another file, or free space"
    )
