"""`voice-skill draw`: the dialogs as Mermaid diagrams."""

from __future__ import annotations

import argparse
from contextlib import suppress
from pathlib import Path

__all__ = ["HELP", "add_arguments", "run"]

HELP = "Draw one dialog, or how all of them lead to each other, as a Mermaid diagram."


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the dialog and the file."""
    parser.add_argument(
        "dialog", nargs="?", metavar="DIALOG", help="name of the dialog (default: all, and how they connect)"
    )
    parser.add_argument(
        "--out",
        type=Path,
        metavar="FILE",
        help="write to FILE instead of the screen; a .md file gets it as a code block",
    )


def run(args: argparse.Namespace) -> int:
    """Print or write the drawing. Raises `CharleyError` for a dialog that is not there."""
    from voice_skill.config import load_config
    from voice_skill.dialog.draw import draw, draw_all
    from voice_skill.errors import CharleyError
    from voice_skill.loading import load_dialogs

    dialogs = load_dialogs(load_config(args.config).dialog_folder)
    if args.dialog is not None and args.dialog not in dialogs.dialogs:
        raise CharleyError(f'there is no dialog "{args.dialog}"', f"there are {', '.join(dialogs.dialogs)}")
    text = draw_all(dialogs) if args.dialog is None else draw(dialogs, args.dialog)
    if args.out is None:
        print(text, end="")
    else:
        _write(args.out, f"```mermaid\n{text}```\n" if args.out.suffix == ".md" else text)
    return 0


def _write(path: Path, text: str) -> None:
    """Write whole or not at all."""
    from voice_skill.errors import StorageError

    new = path.parent / f"{path.name}.new"
    try:
        new.write_text(text, encoding="utf-8")
        new.replace(path)
    except OSError as error:
        with suppress(OSError):
            new.unlink(missing_ok=True)
        raise StorageError(f"{path}: cannot be written: {error.strerror}", "choose another file or folder") from error
