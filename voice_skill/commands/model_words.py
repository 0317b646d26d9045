"""`voice-skill model add-words`: teach the speech model new words."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from voice_skill.errors import ModelError

if TYPE_CHECKING:
    from voice_skill.asr.kaldi.lexicon import Pronunciation

__all__ = ["HELP", "add_arguments", "run"]

HELP = "Teach the speech model new words, such as names; takes seconds and needs no network."


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("words", nargs="*", metavar="WORD", help="a word to add; said as its spelling suggests")
    parser.add_argument(
        "--say",
        action="append",
        default=[],
        metavar='"WORD=SOUNDS"',
        help='a word and how it is said, in ARPAbet without stress: "siobhan=SH AH V AO N"; may be repeated',
    )
    parser.add_argument("--model", type=Path, metavar="DIR", help="the model to change; else the bundled one")
    parser.add_argument("--out", type=Path, metavar="DIR", help="write the changed model there and leave the old one")


def run(args: argparse.Namespace) -> int:
    """Add the words and print how each is said. Raises `ModelError`; nothing is changed then."""
    from voice_skill.asr.kaldi.addwords import add_words
    from voice_skill.asr.model import locate_model

    said: dict[str, list[Pronunciation]] = {}
    for text in args.say:
        word, sounds = _spelled_out(text)
        said.setdefault(word, []).append(sounds)
    if not args.words and not said:
        raise ModelError("no words to add", "name some, for example: voice-skill model add-words siobhan")
    model = locate_model(args.model)
    added = add_words(model, args.words, said, args.out)
    for word, entry in added.items():
        print(f"{word}: {', or '.join(' '.join(sounds) for sounds in entry.pronunciations)}")
    print(f"written to {args.out or model}")
    return 0


def _spelled_out(text: str) -> tuple[str, Pronunciation]:
    word, sign, sounds = text.partition("=")
    if not sign or not word.strip() or not sounds.split():
        raise ModelError(f"--say {text!r} is not a word and its sounds", 'write it so: --say "word=W ER D"')
    return word.strip(), tuple(sounds.upper().split())
