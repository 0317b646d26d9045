"""`voice-skill sources`: where a spoken line comes from."""

from __future__ import annotations

import argparse
import textwrap

__all__ = ["HELP", "add_arguments", "run"]

HELP = (
    "Show where spoken lines come from: the line in the dialog files, the facts that it carries, the articles that "
    "state each, and what was decided where they contradict each other."
)
_WIDTH = 100


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what is looked for."""
    parser.add_argument("words", nargs="+", metavar="WORD", help="words that are said, or the number of a fact")


def run(args: argparse.Namespace) -> int:
    """Print every line that holds the words or carries a fact about them. Raises `CharleyError` if there is none."""
    from voice_skill.config import load_config
    from voice_skill.errors import CharleyError
    from voice_skill.loading import read_dialogs
    from voice_skill.review.matrix import read_matrix
    from voice_skill.review.sources import origins

    wanted = " ".join(args.words)
    matrix = read_matrix()
    dialogs, places = read_dialogs(load_config(args.config).dialog_folder)
    found = list(origins(dialogs, places, matrix, wanted))
    if not found:
        raise CharleyError(
            f'nothing that is said speaks of "{wanted}"', "try one word of it, or a number from 1 to 112"
        )
    tags: set[str] = set()
    for origin in found:
        print(f"{origin.where}  {origin.path}")
        print(_indented(f'"{origin.text}"', "    "))
        for row in origin.rows:
            tags.update(row.seeds)
            print(_indented(f"row {row.row}, {' '.join(row.seeds)}: {row.item}", "    - "))
            if row.note:
                print(_indented(row.note, "      "))
        if origin.source:
            print(f"    also: {origin.source}")
        if not origin.rows and not origin.source:
            print("    - our own words; no fact of the articles")
        print()
    print("\n".join(f"{tag}: {matrix.sources[tag]}" for tag in sorted(tags)))
    return 0


def _indented(text: str, first: str) -> str:
    return textwrap.fill(text, _WIDTH, initial_indent=first, subsequent_indent=" " * len(first))
