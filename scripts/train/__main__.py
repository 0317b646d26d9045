"""The whole way from recordings to a model folder, step by step or at once.

    python -m scripts.train all --speech FOLDER

Steps: prepare, train, graph, export, phrases, tune, measure. Each does only what is missing and can be interrupted and
run again. The folder it leaves can take the place of models/en.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterable
from pathlib import Path

from rich.console import Console
from rich.table import Table

from scripts.train.corpora import read_manifest
from scripts.train.export import export_graph, export_network
from scripts.train.measure import VoskListener, measure, tests
from scripts.train.network import SHAPES
from scripts.train.phrases import dialog_phrases
from scripts.train.prepare import Sources, prepare
from scripts.train.train import Settings, train
from scripts.train.tune import tune, tuning
from scripts.train.vocabulary import build_lexicon
from scripts.train.words import pronounce
from voice_skill.asr.kaldi.addwords import set_phrases
from voice_skill.config import Config
from voice_skill.errors import CharleyError
from voice_skill.nlu.phrases import spoken_form

ROOT = Path(__file__).parents[2]
console = Console()


def main() -> int:
    args = _arguments()
    sources = Sources(args.speech / "manifest.tsv", args.audio or args.speech, args.work, args.aligner)
    checkpoints = {args.work / f"{shape}.pt": 1.0 for shape in SHAPES}
    steps: dict[str, Callable[[], None]] = {
        "prepare": lambda: prepare(sources, args.processes, _say),
        "train": lambda: _train(sources, checkpoints, args),
        "graph": lambda: _graph(sources, next(iter(checkpoints)), args),
        "export": lambda: export_network(checkpoints, args.model),
        "phrases": lambda: _learn_phrases(args.model),
        "tune": lambda: tune(_tuning(args)),
        "measure": lambda: _measure(sources, args.model),
    }
    try:
        for name in steps if args.step == "all" else [args.step]:
            console.rule(name)
            steps[name]()
    except CharleyError as error:
        console.print(f"[red]{error.message}[/red]\n{error.cure}", highlight=False, soft_wrap=True)
        return error.exit_code
    except KeyboardInterrupt:
        console.print("stopped; the same command goes on from here")
        return 130
    return 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m scripts.train", description=__doc__.split("\n")[0])
    parser.add_argument("step", choices=["all", "prepare", "train", "graph", "export", "phrases", "tune", "measure"])
    parser.add_argument("--speech", type=Path, required=True, help="the folder that holds manifest.tsv")
    parser.add_argument("--audio", type=Path, help="the folder with the unpacked audio; else the same")
    parser.add_argument("--work", type=Path, default=ROOT / "training", help="for features and checkpoints (6 GB)")
    parser.add_argument("--model", type=Path, default=ROOT / "training" / "en", help="the model folder to write")
    parser.add_argument(
        "--minutes", type=float, default=360, help="training time in all, on one core (default: %(default)g)"
    )
    parser.add_argument(
        "--aligner", type=Path, default=ROOT / "models" / "en", help="an earlier model, to find words and phones with"
    )
    parser.add_argument("--processes", type=int, default=2, help="for preparing features")
    parser.add_argument("--phone-cost", type=float, default=-1.7, help="of the filler; lower rejects more")
    parser.add_argument("--word-cost", type=float, default=2.0, help="of the filler; lower rejects more")
    return parser.parse_args()


def _train(sources: Sources, checkpoints: Iterable[Path], args: argparse.Namespace) -> None:
    """One network after another, each for its part of the time."""
    for checkpoint in checkpoints:
        settings = Settings(args.minutes / len(SHAPES), checkpoint.stem, teacher=args.aligner)
        _say(f"the {checkpoint.stem} network")
        train(sources.features, checkpoint, settings, pronounce, _say)


def _graph(sources: Sources, checkpoint: Path, args: argparse.Namespace) -> None:
    said = (one.text for one in read_manifest(sources.manifest, sources.audio) if one.training)
    lexicon = build_lexicon(said)
    export_graph(checkpoint, args.model, lexicon, args.phone_cost, args.word_cost)
    _say(f"{len(lexicon)} words in {args.model}")


def _learn_phrases(model: Path) -> None:
    phrases = [*dialog_phrases(), " ".join(spoken_form(Config().wake_phrase))]
    _say(f"{len(set_phrases(model, phrases))} phrases in {model}")


def _tuning(args: argparse.Namespace) -> argparse.Namespace:
    audio = ["--audio", str(args.audio)] if args.audio else []
    places = ["--speech", str(args.speech), *audio, "--work", str(args.work), "--model", str(args.model)]
    return tuning(places)


def _measure(sources: Sources, model: Path) -> None:
    listener = VoskListener(model)
    table = Table(title=f"{model}: loads in {listener.load_seconds:.2f} s")
    for heading in ("", "%", "of"):
        table.add_column(heading, justify="left" if not heading else "right")
    for line in measure(listener, tests(sources), console=console):
        table.add_row(line.name, f"{line.percent:.1f}", f"{line.hits}/{line.of}")
    console.print(table)


def _say(text: str) -> None:
    console.print(text, highlight=False)


if __name__ == "__main__":
    sys.exit(main())
