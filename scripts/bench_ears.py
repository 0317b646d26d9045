"""How well Charley hears, beside another small recogniser on the same sound: `python -m scripts.bench_ears`.

One table. People: ten command words, other words, noise. Synthetic voices that trained neither: Charley's phrases,
clean and in noise. PocketSphinx (`pip install pocketsphinx`) is measured too where it is installed. It has no
`[unk]`; so that it can refuse at all, each of its grammars also allows a loop of single sounds.
"""

from __future__ import annotations

import argparse
import resource
import sys
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path
from time import perf_counter

import numpy as np
from numpy.typing import NDArray
from rich.console import Console
from rich.table import Table

from scripts.train.measure import UNKNOWN, Heard, Listener, Measure, VoskListener, measure, tests
from scripts.train.prepare import Sources
from scripts.train.words import pronounce
from voice_skill.asr.kaldi.phones import PHONES
from voice_skill.asr.model import locate_model
from voice_skill.errors import CharleyError

ROOT = Path(__file__).parents[1]
LEVELS = (None, 24, 18, 12, 6, 0)


class SphinxListener:
    """PocketSphinx 5 with its own English model and a grammar of the phrases."""

    def __init__(self) -> None:
        import pocketsphinx

        begin = perf_counter()
        self._decoder = pocketsphinx.Decoder(lm=None, loglevel="FATAL")
        self.load_seconds = perf_counter() - begin
        self._searches: dict[tuple[str, ...], str] = {}
        for sound in PHONES[1:]:
            self._decoder.add_word(_sound_word(sound), sound, False)

    def listen(self, sound: NDArray[np.int16], grammar: tuple[str, ...]) -> Heard:
        self._decoder.activate_search(self._search(grammar))
        self._decoder.start_utt()
        self._decoder.process_raw(sound.tobytes(), full_utt=True)
        self._decoder.end_utt()
        best = self._decoder.hyp()
        if best is None:
            return Heard("", 0.0)
        words = [UNKNOWN if word.startswith("zz") else word for word in best.hypstr.split()]
        return Heard(" ".join(words), float(best.prob))

    def _search(self, grammar: tuple[str, ...]) -> str:
        if grammar not in self._searches:
            for word in {word for phrase in grammar for word in phrase.split()}:
                if self._decoder.lookup_word(word) is None:
                    self._decoder.add_word(word, " ".join(pronounce(word)[0]), False)
            name = f"grammar{len(self._searches)}"
            loop = " | ".join(map(_sound_word, PHONES[1:]))
            phrases = " | ".join(grammar)
            self._decoder.add_jsgf_string(
                name, f"#JSGF V1.0; grammar {name}; public <heard> = {phrases} | /1e-10/ ({loop})+;"
            )
            self._searches[grammar] = name
        return self._searches[grammar]


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m scripts.bench_ears", description=__doc__.split("\n")[0])
    parser.add_argument("--speech", type=Path, required=True, help="the folder that holds manifest.tsv")
    parser.add_argument("--audio", type=Path, help="the folder with the unpacked audio; else the same")
    parser.add_argument("--work", type=Path, default=ROOT / "training", help="where the synthetic voices are")
    parser.add_argument("--model", type=Path, action="append", help="a Vosk model; may be repeated")
    parser.add_argument("--every", type=int, default=8, help="of the phrases only every so manieth: 1 takes an hour")
    args = parser.parse_args()
    console = Console()
    sources = Sources(args.speech / "manifest.tsv", args.audio or args.speech, args.work)
    try:
        all_tests = tests(sources, args.every, LEVELS)
        listeners: dict[str, Listener] = {}
        for model in args.model or [locate_model()]:
            listeners[model.name] = VoskListener(model)
        if find_spec("pocketsphinx"):
            listeners["PocketSphinx"] = SphinxListener()
        columns = {name: measure(listener, all_tests, console=console) for name, listener in listeners.items()}
    except CharleyError as error:
        console.print(f"{error.message}\n{error.cure}", highlight=False, soft_wrap=True)
        return error.exit_code
    console.print(_table(columns))
    for name, listener in listeners.items():
        console.print(f"{name}: loads in {listener.load_seconds:.2f} s")
    for model in args.model or [locate_model()]:
        size = sum(file.stat().st_size for file in model.rglob("*") if file.is_file())
        console.print(f"{model.name}: {size / 1e6:.1f} MB on disk")
    console.print(f"memory in all: {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MB")
    return 0


def _table(columns: dict[str, list[Measure]]) -> Table:
    table = Table("", "of", *columns)
    rows: Sequence[tuple[Measure, ...]] = list(zip(*columns.values(), strict=True))
    for row in rows:
        table.add_row(row[0].name, str(row[0].of), *(f"{line.percent:.1f} %" for line in row))
    return table


def _sound_word(sound: str) -> str:
    return f"zz{sound.lower()}"


if __name__ == "__main__":
    sys.exit(main())
