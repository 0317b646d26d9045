"""`voice-skill model`: look at the speech model, check it, or fetch another."""

from __future__ import annotations

import argparse
from pathlib import Path

from voice_skill.commands import model_phrases, model_words

__all__ = ["HELP", "add_arguments", "run"]

HELP = "Look at the speech model, check it, teach it words, or fetch an official Vosk model."


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the sub-commands."""
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")

    info = actions.add_parser("info", help="what the model is: size, words, how it behaves")
    info.add_argument("folder", nargs="?", type=Path, metavar="DIR", help="a Vosk model instead of the one in use")
    info.set_defaults(do=_info)

    verify = actions.add_parser("verify", help="whether every file of the model is whole")
    verify.add_argument("folder", nargs="?", type=Path, metavar="DIR", help="a Vosk model instead of the one in use")
    verify.set_defaults(do=_verify)

    get = actions.add_parser("get", help="download an official Vosk model; the only command that uses the network")
    get.add_argument("name", choices=["en-us"], metavar="NAME", help="en-us: small American English, 40 MB")
    get.add_argument("--to", type=Path, metavar="DIR", help="where to put it; else the user's data folder")
    get.set_defaults(do=_get)

    add = actions.add_parser("add-words", help=model_words.HELP, description=model_words.HELP)
    model_words.add_arguments(add)
    add.set_defaults(do=model_words.run)

    learn = actions.add_parser("learn-phrases", help=model_phrases.HELP, description=model_phrases.HELP)
    model_phrases.add_arguments(learn)
    learn.set_defaults(do=model_phrases.run)


def run(args: argparse.Namespace) -> int:
    """Do the sub-command."""
    code: int = args.do(args)
    return code


def _folder(args: argparse.Namespace) -> Path:
    from voice_skill.asr.model import locate_model
    from voice_skill.config import load_config

    return locate_model(args.folder or load_config(args.config).model)


def _info(args: argparse.Namespace) -> int:
    from dataclasses import asdict

    from voice_skill.asr.model import read_settings, verify_model, vocabulary
    from voice_skill.errors import ModelError
    from voice_skill.nlu.understanding import Thresholds

    folder = _folder(args)
    verify_model(folder)
    settings = read_settings(folder)
    limits = asdict(Thresholds.of(settings.thresholds))
    try:
        words = f"{len(vocabulary(folder)):,}"
    except ModelError:
        words = "not listed; they are inside the model"
    grammar = "chosen at run time" if (folder / "graph" / "HCLr.fst").is_file() else "fixed; no phrases can be given"
    card = folder / "README.md"
    rows = {
        "model": str(folder),
        "size": f"{_size(folder) / 1e6:.1f} MB",
        "words": words,
        "grammar": grammar,
        "word delay": f"{settings.word_delay:.2f} s",
        "thresholds": ", ".join(f"{name} {value:g}" for name, value in limits.items()),
        "card": str(card) if card.is_file() else "none",
    }
    for name, value in rows.items():
        print(f"{name:<11} {value}")
    return 0


def _verify(args: argparse.Namespace) -> int:
    from voice_skill.asr.model import CHECKSUMS, verify_model

    folder = _folder(args)
    verify_model(folder)
    how = "every checksum is right" if (folder / CHECKSUMS).is_file() else f"no {CHECKSUMS}: only its shape was checked"
    print(f"{folder}: whole ({how})")
    return 0


def _get(args: argparse.Namespace) -> int:
    from rich.console import Console
    from rich.progress import BarColumn, DownloadColumn, Progress, TimeRemainingColumn, TransferSpeedColumn

    from voice_skill.asr.download import OFFICIAL, fetch_model
    from voice_skill.config import data_folder

    watcher = Console(stderr=True)
    columns = (BarColumn(), DownloadColumn(), TransferSpeedColumn(), TimeRemainingColumn())
    with Progress(*columns, console=watcher, transient=True, disable=not watcher.is_terminal) as bar:
        task = bar.add_task("model", total=None)
        into = args.to or data_folder() / "models"
        folder = fetch_model(
            OFFICIAL[args.name], into, lambda done, total: bar.update(task, completed=done, total=total)
        )
    print(f"{folder}\nTo use it: --model {folder}, or model: {folder} in charley.yaml")
    return 0


def _size(folder: Path) -> int:
    return sum(file.stat().st_size for file in folder.rglob("*") if file.is_file())
