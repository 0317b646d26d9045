"""`scripts/bench ears`: one run, one table, ours beside PocketSphinx on the same sound.

People and synthetic voices are separate lines. Nothing that is heard trained the network; the phrases are others than
those that the operating point was tuned on.
"""

from __future__ import annotations

import argparse
import resource
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console
from rich.table import Table

from scripts.benchmarks.ears import wakes
from scripts.benchmarks.ears.clips import Heard, Material
from scripts.benchmarks.ears.listeners import Listener, SphinxListener, VoskListener
from scripts.benchmarks.ears.results import Line, hear, lines
from scripts.train.prepare import Sources
from voice_skill.asr.model import locate_model, read_settings
from voice_skill.dialog.hearing import starts
from voice_skill.dialog.model import Dialogs
from voice_skill.errors import CharleyError
from voice_skill.loading import load_dialogs
from voice_skill.nlu.phrases import PhraseBook
from voice_skill.nlu.understanding import Thresholds

__all__ = ["main"]

ROOT = Path(__file__).parents[3]
LEVELS = (None, 24.0, 18.0, 12.0, 6.0, 0.0)
QUICK = 12
"""How many clips `--quick` leaves out for each that it takes."""


def main(arguments: Sequence[str]) -> int:
    """Measure and print. Returns the exit code."""
    args = _arguments(arguments)
    console = Console(width=150 if not Console().is_terminal else None)
    every = args.every or (QUICK if args.quick else 1)
    try:
        models = {one.name: one for one in args.model or [locate_model()]}
        dialogs = load_dialogs()
        speech: Path = args.data
        sources = Sources(speech / "manifest.tsv", args.audio or speech, args.work, locate_model())
        material = Material(sources, dialogs, every)
        listeners: dict[str, Listener] = {name: VoskListener(model) for name, model in models.items()}
        if not args.without_pocketsphinx:
            listeners["PocketSphinx"] = SphinxListener()
        clips = _clips(material, args.work)
        columns = {}
        for name, listener in listeners.items():
            known = Thresholds.of(read_settings(models[name]).thresholds) if name in models else Thresholds()
            columns[name] = lines(hear(listener, clips, known, name, console))
        console.print(_table(columns, every))
        for name, listener in listeners.items():
            if isinstance(listener, VoskListener):
                console.print(_wake_table(listener, material, dialogs, args.work), highlight=False)
            console.print(f"{name}: loads in {listener.load_seconds:.2f} s", highlight=False)
        for name, model in models.items():
            size = sum(file.stat().st_size for file in model.rglob("*") if file.is_file())
            console.print(f"{name}: {size / 1e6:.1f} MB on disk", highlight=False)
    except CharleyError as error:
        console.print(f"{error.message}\n{error.cure}", highlight=False, soft_wrap=True)
        return error.exit_code
    used = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    console.print(f"memory of the whole measurement, its clips included: {used:.0f} MB", highlight=False)
    return 0


def _arguments(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="scripts/bench ears", description=__doc__.split("\n")[0] if __doc__ else "")
    parser.add_argument("data", type=Path, metavar="FOLDER", help="the recorded speech: it holds manifest.tsv")
    parser.add_argument("--audio", type=Path, metavar="DIR", help="the unpacked audio; else the same folder")
    parser.add_argument(
        "--work", type=Path, default=ROOT / "training", metavar="DIR", help="where synthetic speech is kept"
    )
    parser.add_argument("--model", type=Path, action="append", metavar="DIR", help="a Vosk model; may be repeated")
    parser.add_argument("--quick", action="store_true", help=f"only each {QUICK}th clip")
    parser.add_argument("--every", type=int, metavar="N", help="only each Nth clip")
    parser.add_argument("--without-pocketsphinx", action="store_true", help="measure ours alone")
    return parser.parse_args(arguments)


def _clips(material: Material, work: Path) -> list[Heard]:
    return [
        *material.words(),
        *material.talk(),
        *material.noise(),
        *material.prompts(),
        *material.phrases(LEVELS),
        *material.questions(work / "synthetic" / "questions"),
        *material.pairs(work / "synthetic" / "pairs"),
        *material.noise_among_words(),
        *material.short_lists(),
    ]


def _table(columns: dict[str, list[Line]], every: int) -> Table:
    taken = "every clip" if every == 1 else f"each {every}th clip"
    table = Table("", "of", *columns, title=f"What is understood at the models' operating points; {taken}")
    by_name = [{line.name: line for line in found} for found in columns.values()]
    names = dict.fromkeys(name for found in by_name for name in found)
    for name in names:
        row = [found.get(name) for found in by_name]
        table.add_row(
            name, " / ".join(str(line.of) for line in row if line), *(line.value if line else "" for line in row)
        )
    return table


def _wake_table(listener: VoskListener, material: Material, dialogs: Dialogs, work: Path) -> Table:
    said = PhraseBook(dialogs.phrases).grammar(starts(dialogs))
    folder = work / "synthetic" / "wake"
    missed = [
        wakes.misses(listener, name, material.wakes(wakes.PHRASES, level, folder), said)
        for name, level in (("clean", None), ("10 dB", 10.0))
    ]
    false = [
        wakes.false_wakes(listener, "strangers", material.running(trained=False), said),
        wakes.false_wakes(listener, "people who trained it", material.running(trained=True), said),
    ]
    return wakes.table(missed, false)
