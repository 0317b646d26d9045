"""`voice-skill journal`: check a journal that `run` or `replay` kept."""

from __future__ import annotations

import argparse
from pathlib import Path

__all__ = ["HELP", "add_arguments", "run"]

HELP = (
    "Feed a journal's events to the dialog again and check that the same session and the same actions come out. "
    "`run --journal FILE` and `replay --journal FILE` write one; it holds words, never sound."
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("file", type=Path, metavar="FILE")


def run(args: argparse.Namespace) -> int:
    """Check. Raises `StorageError` if it does not come out the same, with the line."""
    from voice_skill.config import load_config
    from voice_skill.journal.sessions import verify
    from voice_skill.loading import load_dialogs

    events = verify(args.file, load_dialogs(load_config(args.config).dialogs))
    print(f"{args.file}: {events} events, the same session and the same actions")
    return 0
