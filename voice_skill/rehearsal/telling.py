"""A rehearsed night as lines: `[t=12.5s] charley: Is it easing?`."""

from __future__ import annotations

from voice_skill.records import Record
from voice_skill.screen_view import described

__all__ = ["told"]


def told(record: Record) -> str:
    """The line for a record; empty for one that a reader need not see."""
    line = described(record)
    if line is None:
        return ""
    who, what, _ = line
    return f"[t={record.at:.1f}s] {f'{who}: ' if who else ''}{what}"
