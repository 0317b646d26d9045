"""`voice-skill model learn-phrases`: teach the speech model the dialogs' phrases as wholes."""

from __future__ import annotations

import argparse
from pathlib import Path

__all__ = ["HELP", "add_arguments", "run"]

HELP = "Teach the speech model the phrases of the dialogs as wholes; run it whenever they have changed."


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("--model", type=Path, metavar="DIR", help="the model to change; else the bundled one")
    parser.add_argument("--out", type=Path, metavar="DIR", help="write the changed model there and leave the old one")


def run(args: argparse.Namespace) -> int:
    """Teach and count. A phrase that it never learned is still heard, word by word, but much worse."""
    from voice_skill.asr.kaldi.addwords import set_phrases
    from voice_skill.asr.model import locate_model
    from voice_skill.config import load_config
    from voice_skill.loading import load_dialogs
    from voice_skill.nlu.phrases import PhraseBook, spoken_form

    config = load_config(args.config)
    dialogs = load_dialogs(config.dialog_folder)
    model = locate_model(args.model)
    wakes = [" ".join(spoken_form(phrase)) for phrase in (config.wake_phrase, *config.distress_phrases)]
    learned = set_phrases(model, [*PhraseBook(dialogs.phrases).grammar(dialogs.phrases), *wakes], args.out)
    print(f"{len(learned):,} phrases of two words or more, written to {args.out or model}")
    return 0
