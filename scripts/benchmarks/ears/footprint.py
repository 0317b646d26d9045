"""How long a recogniser takes to load, and how much memory it needs to listen: in a process of its own."""

from __future__ import annotations

import json
import resource
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from scripts.benchmarks.ears.listeners import Listener, SphinxListener, VoskListener
from scripts.train.sound import RATE
from voice_skill.dialog.hearing import intents_of
from voice_skill.errors import CharleyError
from voice_skill.loading import load_dialogs
from voice_skill.nlu.phrases import PhraseBook

__all__ = ["Footprint", "footprint"]

ROOT = Path(__file__).parents[3]


@dataclass(frozen=True, slots=True)
class Footprint:
    """What it takes to have a recogniser ready."""

    load_seconds: float
    memory_mb: float
    """The most that the process ever had, Python, the dialogs and five seconds of hiss included."""
    disk_mb: float


def footprint(model: Path | None) -> Footprint:
    """Of a Vosk model; `None` is PocketSphinx. Raises `CharleyError` if it cannot be loaded."""
    command = [sys.executable, "-m", __spec__.name, *([str(model)] if model else [])]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode:
        raise CharleyError(f"the recogniser could not be loaded: {done.stderr.strip()}", "look at the model by hand")
    return Footprint(**json.loads(done.stdout))


def _main(arguments: Sequence[str]) -> None:
    listener: Listener = VoskListener(Path(arguments[0]).absolute()) if arguments else SphinxListener()
    dialogs = load_dialogs()
    screen = next(name for name, state in dialogs.walk() if state.screen)
    hiss = np.random.default_rng(1).integers(-300, 300, 5 * RATE, dtype=np.int16)
    listener.listen(hiss, PhraseBook(dialogs.phrases).grammar(intents_of(dialogs, screen)))
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps(asdict(Footprint(listener.load_seconds, memory, listener.size / 1e6))))


if __name__ == "__main__":
    _main(sys.argv[1:])
