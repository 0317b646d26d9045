"""Files that are there as a whole or not at all, whatever fails or loses power in between."""

from __future__ import annotations

import contextlib
import os
import tempfile
from pathlib import Path

__all__ = ["write_whole"]


def write_whole(path: Path, data: bytes) -> None:
    """Put a file in place of what is at `path`, with the rights that had; a link's target is what is replaced.

    Raises `OSError`; nothing is changed then, and nothing left behind.
    """
    path = path.resolve()
    part = ""
    try:
        with tempfile.NamedTemporaryFile(
            dir=path.parent, prefix=f".{path.name}.", suffix=".part", delete=False
        ) as file:
            part = file.name
            file.write(data)
            # Else a power cut could leave the new name with nothing in it, or with zeros.
            file.flush()
            os.fsync(file.fileno())
        if path.exists():
            Path(part).chmod(path.stat().st_mode & 0o777)
        Path(part).replace(path)
    except OSError:
        if part:
            with contextlib.suppress(OSError):
                Path(part).unlink()
        raise
