"""`voice-skill draw`: the dialogs as Mermaid diagrams."""

from __future__ import annotations

import argparse
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from voice_skill.dialog.model import Dialogs

__all__ = ["HELP", "add_arguments", "pages", "run"]

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
    parser.add_argument(
        "--folder",
        type=Path,
        metavar="DIR",
        help="write every picture into DIR as Markdown: README.md for how the dialogs connect, and one for each",
    )


def run(args: argparse.Namespace) -> int:
    """Print or write the drawing. Raises `CharleyError` for a dialog that is not there."""
    from voice_skill.config import load_config
    from voice_skill.dialog.draw import draw, draw_all
    from voice_skill.errors import CharleyError
    from voice_skill.loading import load_dialogs

    dialogs = load_dialogs(load_config(args.config).dialog_folder)
    if args.folder is not None:
        for name, page in pages(dialogs).items():
            _write(args.folder / name, page)
        return 0
    if args.dialog is not None and args.dialog not in dialogs.dialogs:
        raise CharleyError(f'there is no dialog "{args.dialog}"', f"there are {', '.join(dialogs.dialogs)}")
    text = draw_all(dialogs) if args.dialog is None else draw(dialogs, args.dialog)
    if args.out is None:
        print(text, end="")
    else:
        _write(args.out, f"```mermaid\n{text}```\n" if args.out.suffix == ".md" else text)
    return 0


def pages(dialogs: Dialogs) -> dict[str, str]:
    """Every picture as a page of Markdown, by the name of its file."""
    from voice_skill.dialog.draw import draw, draw_all

    links = "\n".join(f"- [{name}]({name}.md): {dialog.about}" for name, dialog in dialogs.dialogs.items())
    made = "Drawn from the running model by `voice-skill draw --folder docs/dialogs`."
    found = {"README.md": f"# The dialogs\n\n{made}\n\n```mermaid\n{draw_all(dialogs)}```\n\n{links}\n"}
    for name, dialog in dialogs.dialogs.items():
        found[f"{name}.md"] = f"# {name}\n\n{dialog.about}\n\n```mermaid\n{draw(dialogs, name)}```\n"
    return found


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
