"""What C libraries write to stderr by themselves.

ALSA and PortAudio print a page when there is no sound card and a line for every underrun, and neither can be told not
to. It would bury the one line that matters.
"""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Iterator

__all__ = ["muted"]

_STDERR = 2


@contextlib.contextmanager
def muted() -> Iterator[None]:
    """Meanwhile stderr is Python's alone: what C code writes there goes nowhere."""
    sys.stderr.flush()
    kept = os.dup(_STDERR)
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, _STDERR)
    os.close(nowhere)
    with os.fdopen(kept, "w", buffering=1, encoding=sys.stderr.encoding, errors="backslashreplace") as ours:
        ours_before = sys.stderr
        if sys.stderr is sys.__stderr__:  # else someone took it already
            sys.stderr = ours
        try:
            yield
        finally:
            sys.stderr = ours_before
            ours.flush()
            os.dup2(kept, _STDERR)
