"""`voice-skill check`: are the dialog files right, and can the speech model hear every phrase in them?"""

from __future__ import annotations

import argparse
from pathlib import Path

__all__ = ["HELP", "add_arguments", "run"]

HELP = "Check the dialog files: their shape, what they mean, and that the speech model knows every word in them."


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the folder, the model, and the list of echoes."""
    parser.add_argument(
        "folder", nargs="?", type=Path, metavar="DIR", help="folder of dialog files (default: the one in use)"
    )
    parser.add_argument(
        "--model", type=Path, metavar="DIR", help="folder of the speech model (default: the one in use)"
    )
    parser.add_argument(
        "--echoes",
        action="store_true",
        help="also list the prompts that hold words which cut Charley short, and so have to be tried aloud",
    )


def run(args: argparse.Namespace) -> int:
    """Print what there is, if all is well. Raises `DialogError` with every problem, and `ModelError`."""
    from voice_skill.asr.model import vocabulary
    from voice_skill.config import load_config
    from voice_skill.loading import echo_risks, read_dialogs

    config = load_config(args.config)
    folder = args.folder or config.dialog_folder
    dialogs, places = read_dialogs(folder, vocabulary(args.model or config.model_folder))
    # the walk through every conversation belongs here: files first, then what they can do together
    echoes = echo_risks(dialogs, places)
    if args.echoes:
        print("\n".join(echoes), end="\n\n" if echoes else "")
    phrases = {phrase for said in dialogs.phrases.values() for phrase in said}
    counts = {
        "dialogs": len(dialogs.dialogs),
        "states": sum(1 for _ in dialogs.walk()),
        "questions": len(dialogs.questions),
        "phrases": len(phrases),
        "words": len({word for phrase in phrases for word in phrase.split()}),
        "echoes": len(echoes),
    }
    for name, count in counts.items():
        print(f"{name:10}{count:6}")
    print(f"version   {dialogs.version}")
    return 0
