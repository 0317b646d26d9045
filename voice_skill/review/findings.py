"""What a review finds."""

from __future__ import annotations

from typing import NamedTuple

from voice_skill.loading.places import Problem

__all__ = ["Finding"]


class Finding(NamedTuple):
    """Something in the dialogs that is wrong, or that somebody should look at."""

    problem: Problem
    """Where and what, and how to cure it."""
    error: bool = True
    """Whether it must be mended."""
    first: bool = False
    """Whether it is told before the others: it could do harm."""
