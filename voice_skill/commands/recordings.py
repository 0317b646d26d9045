"""What the commands that go through recordings share."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Iterator
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from voice_skill.errors import AudioError

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

    from voice_skill.audio.files import FileSource
    from voice_skill.audio.frame import Frame

__all__ = ["add_recordings", "padded", "show_each"]

Found = TypeVar("Found", bound="DataclassInstance")

_LEAD_SECONDS = 0.3
_TAIL_SECONDS = 1.2


def padded(source: FileSource) -> Iterator[Frame]:
    """The recording, from 0 s on, between pieces of silence: a word at its very edge is heard, and ends."""
    from voice_skill.audio.files import silence

    end = 0.0
    yield from silence(_LEAD_SECONDS, start=-_LEAD_SECONDS)
    for frame in source.frames():
        end = frame.end
        yield frame
    yield from silence(_TAIL_SECONDS, start=end)


def add_recordings(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments that `show_each` looks at, and the model's."""
    parser.add_argument("files", nargs="+", type=Path, metavar="FILE", help="a WAV, FLAC or OGG recording")
    parser.add_argument("--json", action="store_true", help="print one JSON object a line")
    parser.add_argument("--model", type=Path, metavar="DIR", help="a Vosk model instead of the bundled one")


def show_each(args: argparse.Namespace, find: Callable[[Path], Found], line: Callable[[Found], str]) -> int:
    """Print what `find` finds in every file, with a progress bar where someone watches; gives the exit code.

    A file that cannot be used is reported, and the rest go on.
    """
    from rich.console import Console
    from rich.progress import track

    watcher = Console(stderr=True)
    watched = watcher.is_terminal and len(args.files) > 1
    code = 0
    for file in track(args.files, console=watcher, transient=True, disable=not watched):
        try:
            found = find(file)
        except AudioError as error:
            print(f"charley: {error}", file=sys.stderr)
            code = error.exit_code
        else:
            print(json.dumps(asdict(found)) if args.json else line(found), flush=True)
    return code
