"""`scripts/bench ears`: one run, one table, ours beside PocketSphinx on the same sound.

People and synthetic voices are separate parts. Nothing that is heard trained the network, unless it says so; the
phrases are others than those that the operating point was tuned on. Whispering, shouting and fear are made from calm
voices, by the same means as some of the training data but from other voices.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Mapping, Sequence
from pathlib import Path

from rich.console import Console
from rich.progress import track
from rich.table import Table

from scripts.benchmarks.ears import wakes
from scripts.benchmarks.ears.clips import Heard, Material, Speech
from scripts.benchmarks.ears.footprint import Footprint, footprint
from scripts.benchmarks.ears.listeners import SphinxListener, VoskListener
from scripts.benchmarks.ears.results import Outcome, Row, Target, hear, rows
from scripts.train.files import whole_file
from scripts.train.prepare import Sources
from voice_skill.asr.model import locate_model, read_settings
from voice_skill.dialog.model import Dialogs
from voice_skill.errors import CharleyError
from voice_skill.loading import load_dialogs
from voice_skill.nlu.understanding import Thresholds

__all__ = ["main"]

ROOT = Path(__file__).parents[3]
SPHINX = "PocketSphinx"
LEVELS = (None, 24.0, 18.0, 12.0, 6.0, 0.0)
WAKE_LEVELS = {"clean": None, "10 dB": 10.0}
WAKE_MISSED = {("clean", 0.1): 3.0, ("10 dB", 0.1): 6.0}
"""How many wake phrases may be missed, in percent, by noise and by false wakes an hour."""


def main(arguments: Sequence[str]) -> int:
    """Measure and print. Returns the exit code."""
    args = _arguments(arguments)
    console = Console(width=150 if not Console().is_terminal else None)
    try:
        models: dict[str, Path | None] = {one.name: one for one in args.model or [locate_model()]}
        if not args.without_pocketsphinx:
            models[SPHINX] = None
        # first: a process counts the memory of the one that started it
        costs = {name: footprint(model) for name, model in models.items()}
        dialogs = load_dialogs()
        sources = Sources(args.data / "manifest.tsv", args.audio or args.data, args.work, locate_model())
        material = Material(sources, dialogs, args.every, args.people)
        clips = _clips(material, args.work / "synthetic", console)
        speech = material.other_speech(args.hours, args.work / "synthetic" / "reading")
        said = {name: _wakes(material, level, args.work) for name, level in WAKE_LEVELS.items()}
        columns: dict[str, list[Row]] = {}
        tables = []
        for name, model in models.items():
            listener = VoskListener(model) if model else SphinxListener()
            limits = Thresholds.of(read_settings(model).thresholds) if model else Thresholds()
            outcomes = hear(listener, clips, limits, name, console)
            if args.list:
                _list_mistakes(args.list / f"{name}.jsonl", outcomes)
            missed, false = _wake(listener, dialogs, said, speech, name, console)
            columns[name] = [*rows(outcomes), *_cost(costs[name]), *_wake_rows(missed, false)]
            if model:
                tables.append(wakes.table(name, missed, false))
    except CharleyError as error:
        console.print(f"{error.message}\n{error.cure}", highlight=False, soft_wrap=True)
        return error.exit_code
    console.print(_table(columns, f"people: each {_th(args.people)} recording; voices: each {_th(args.every)} clip"))
    for table in tables:
        console.print(table, highlight=False)
    return 0


def _arguments(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="scripts/bench ears", description=__doc__.split("\n")[0] if __doc__ else "")
    parser.add_argument("data", type=Path, metavar="FOLDER", help="the recorded speech: it holds manifest.tsv")
    parser.add_argument("--audio", type=Path, metavar="DIR", help="the unpacked audio; else the same folder")
    parser.add_argument(
        "--work", type=Path, default=ROOT / "training", metavar="DIR", help="where synthetic speech is kept"
    )
    parser.add_argument("--model", type=Path, action="append", metavar="DIR", help="a Vosk model; may be repeated")
    parser.add_argument(
        "--every", type=int, default=20, metavar="N", help="only each Nth clip of the voices (default: %(default)s)"
    )
    parser.add_argument(
        "--people", type=int, default=1, metavar="N", help="only each Nth recording of people (default: %(default)s)"
    )
    parser.add_argument(
        "--hours",
        type=float,
        default=2.0,
        metavar="H",
        help="of other speech that the wake phrase must not be heard in (default: %(default)s)",
    )
    parser.add_argument("--list", type=Path, metavar="DIR", help="write every mistake there, a line of JSON each")
    parser.add_argument("--without-pocketsphinx", action="store_true", help="measure ours alone")
    args = parser.parse_args(arguments)
    if min(args.every, args.people) < 1 or args.hours <= 0:
        parser.error("--every and --people must be 1 or more, --hours more than 0")
    return args


def _clips(material: Material, folder: Path, console: Console) -> list[Heard]:
    """Every clip. Those that need the same phrases ready stand together."""
    kinds = {
        "people's words": material.words(),
        "people's words, voice changed": material.words_in_moods(),
        "noise among words": material.noise_among_words(),
        "people's talk": material.talk(),
        "noise": material.noise(),
        "own prompts": material.prompts(),
        "five words": material.five_words(folder / "five"),
        "no": material.nos(folder / "no"),
        "phrases": material.phrases(LEVELS),
        "phrases, voice changed": material.phrases_in_moods(),
        "questions": material.questions(folder / "questions"),
        "pairs": material.pairs(folder / "pairs"),
    }
    shown = track(kinds.values(), "making the clips", console=console, transient=True)
    return [clip for clips in shown for clip in clips]


def _wakes(material: Material, level: float | None, work: Path) -> list[Heard]:
    return list(material.wakes(wakes.SAID, level, work / "synthetic" / "wake-said"))


def _wake(
    listener: VoskListener | SphinxListener,
    dialogs: Dialogs,
    said: Mapping[str, Sequence[Heard]],
    speech: Sequence[Speech],
    name: str,
    console: Console,
) -> tuple[list[wakes.Wakes], list[wakes.Wakes]]:
    """How sure it was of each wake phrase, by noise; and of what it took for one, by who spoke."""
    spot = wakes.spotter(listener, dialogs)
    missed = [
        wakes.misses(spot, level, track(clips, f"{name}: wake phrase, {level}", console=console, transient=True))
        for level, clips in said.items()
    ]
    shown = track(speech, f"{name}: other speech", console=console, transient=True)
    return missed, wakes.false_wakes(spot, shown)


def _wake_rows(missed: Sequence[wakes.Wakes], false: Sequence[wakes.Wakes]) -> list[Row]:
    heard = false[-1]
    found = []
    for an_hour in (0.1, 1.0):
        threshold = heard.threshold_for(an_hour)
        bound = wakes.at_most(heard.false(threshold), heard.hours)
        for one in missed:
            percent = one.missed(threshold)
            text = f"{percent:.1f} % of {len(one.scores)}; surely ≤ {bound:.1f} an hour"
            most = WAKE_MISSED.get((one.name, an_hour))
            name = f"missed, {one.name}, at {an_hour:g} false an hour of {heard.hours:.1f} h"
            found.append(Row("wake phrase", name, percent, text, None if most is None else Target(most)))
    return found


def _cost(found: Footprint) -> list[Row]:
    part = "cost, in time of the processor"
    return [
        Row(part, "load, s", found.load_seconds, f"{found.load_seconds:.2f}", Target(0.5)),
        Row(part, "peak memory, MB", found.memory_mb, f"{found.memory_mb:.0f}", Target(200)),
        Row(part, "on disk, MB", found.disk_mb, f"{found.disk_mb:.1f}", Target(15)),
    ]


def _table(columns: Mapping[str, Sequence[Row]], taken: str) -> Table:
    table = Table(
        "",
        "target",
        *columns,
        title=f"What is understood at the models' operating points ({taken})",
        title_justify="left",
    )
    by_name = {name: {(row.part, row.name): row for row in found} for name, found in columns.items()}
    lines: dict[str, dict[str, Target | None]] = {}
    for found in columns.values():
        for row in found:
            lines.setdefault(row.part, {})[row.name] = row.target
    for part, names in lines.items():
        table.add_section()
        table.add_row(f"[bold]{part}[/bold]")
        for name, target in names.items():
            cells = [_cell(found.get((part, name))) for found in by_name.values()]
            table.add_row(name, str(target or ""), *cells)
    return table


def _cell(row: Row | None) -> str:
    if row is None:
        return ""
    if row.target is None:
        return row.text
    return f"{row.text}, {'met' if row.target.met_by(row.value) else '[red]not met[/red]'}"


def _list_mistakes(path: Path, outcomes: Sequence[Outcome]) -> None:
    lines = [
        {
            "group": one.clip.group,
            "voice": one.clip.voice,
            "said": one.clip.text,
            "meant": one.clip.intent,
            "understood": one.intent,
            "heard": [[word.text, round(word.confidence, 2)] for word in one.transcript.words],
        }
        for one in outcomes
        if not one.right
    ]
    with whole_file(path) as temporary:
        temporary.write_text("".join(f"{json.dumps(line)}\n" for line in lines), encoding="utf-8")


def _th(number: int) -> str:
    return "single" if number == 1 else f"{number}th"
