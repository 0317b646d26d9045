"""What the commands that go through recordings share."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from voice_skill.errors import AudioError

if TYPE_CHECKING:
    from voice_skill.audio.files import FileSource
    from voice_skill.audio.frame import Frame

__all__ = ["for_each", "padded"]

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


def for_each(files: Sequence[Path], show: Callable[[Path], None]) -> int:
    """Call `show` for every file, with a progress bar where someone watches; gives the exit code.

    A file that cannot be used is reported, and the rest go on.
    """
    from rich.console import Console
    from rich.progress import track

    watcher = Console(stderr=True)
    watched = watcher.is_terminal and len(files) > 1
    code = 0
    for file in track(files, console=watcher, transient=True, disable=not watched):
        try:
            show(file)
        except AudioError as error:
            print(f"charley: {error}", file=sys.stderr)
            code = error.exit_code
    return code
