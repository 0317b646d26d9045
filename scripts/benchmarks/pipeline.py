"""How fast and how large the pipeline is: the bundled call, the start, and the wait for an answer.

Everything runs in fresh processes on one core (`taskset` where there is one), so that one figure does not warm up the
next.
"""

from __future__ import annotations

import json
import os
import resource
import statistics
import subprocess
import sys
import time
from pathlib import Path

from rich.console import Console
from rich.table import Table

__all__ = ["main"]

ROOT = Path(__file__).parents[2]
CALL = ROOT / "tests" / "recordings" / "calls" / "relief_works.flac"
REPEATS = 5


def main() -> None:
    """Measure and print."""
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    _command("prepare")  # a warm prompt store
    table = Table(title="Charley's pipeline, on one core", caption=_load())
    for column in ("measure", "is", "target", "ratio to target"):
        table.add_column(column, justify="left" if column == "measure" else "right")
    for name, value, unit, target, larger in _measures():
        ratio = value / target if larger else target / value
        row = (name, f"{value:.3g} {unit}", f"{'≥' if larger else '≤'} {target:g} {unit}", f"{ratio:.2f}")
        table.add_row(*row, style="" if ratio >= 1 else "red")
    Console().print(table)


def _measures() -> list[tuple[str, float, str, float, bool]]:
    helps = [_timed("--help") for _ in range(REPEATS)]
    replay = _child("_replay")
    ready = [_child("_ready")["seconds"] for _ in range(REPEATS)]
    waits = sorted(replay["waits"])
    return [
        ("replay of the bundled call, times real time", replay["audio"] / replay["wall"], "x", 10, True),
        ("voice-skill --help (median)", statistics.median(helps), "s", 0.3, False),
        ("start to ready to listen, warm prompts (median)", statistics.median(ready), "s", 2, False),
        ("peak memory of the replay", replay["memory_mb"], "MB", 300, False),
        ("answer beyond the end-pointing silence, p50", statistics.median(waits), "s", 0.6, False),
        ("answer beyond the end-pointing silence, p95", waits[int(0.95 * (len(waits) - 1))], "s", 1.0, False),
    ]


def _timed(*arguments: str) -> float:
    begun = time.perf_counter()
    _command(*arguments)
    return time.perf_counter() - begun


def _command(*arguments: str) -> None:
    subprocess.run([sys.executable, "-m", "voice_skill", *arguments], cwd=ROOT, check=True, capture_output=True)


def _child(name: str) -> dict[str, float | list[float]]:  # type: ignore[type-arg]
    done = subprocess.run(
        [sys.executable, "-m", "scripts.benchmarks", name], cwd=ROOT, check=True, capture_output=True, text=True
    )
    return json.loads(done.stdout.splitlines()[-1])


def ready() -> None:
    """Child: build everything that listening needs."""
    begun = time.perf_counter()
    _build()
    print(json.dumps({"seconds": time.perf_counter() - begun}))


def replay_call() -> None:
    """Child: replay the bundled call, timing every frame."""
    from voice_skill.audio.files import FileSource
    from voice_skill.audio.speaker import VirtualSpeaker
    from voice_skill.commands.parts import fresh_session, with_silence
    from voice_skill.records import Record, Recorder
    from voice_skill.runtime import Conversation, replay

    begun = time.perf_counter()
    config, dialogs, ear, store = _build()
    records: list[Record] = []
    speaker = VirtualSpeaker(store)
    conversation = Conversation(dialogs, ear, speaker, Recorder(records.append), fresh_session(config, dialogs))
    waits: list[float] = []
    quiet: dict[int, float] = {}
    hear, listen = conversation.hear, ear.listen

    def noting(intents, early, turn, endpoint):  # type: ignore[no-untyped-def]
        quiet[turn] = endpoint
        listen(intents, early, turn, endpoint)

    ear.listen = noting

    def timed(frame):  # type: ignore[no-untyped-def]
        before, known = time.perf_counter(), len(records)
        hear(frame)
        spent = time.perf_counter() - before
        for record in records[known:]:
            if record.kind == "heard" and record.fields["turn"] in quiet:
                # the frame that ends the silence, and what it took to decide and to have the answer's first sample
                silence = quiet[record.fields["turn"]]
                waits.append(max(0.0, record.at - float(record.fields["ended"]) - silence) + spent)

    conversation.hear = timed  # type: ignore[method-assign]
    source = FileSource(CALL)
    replay(conversation, speaker, with_silence(source, conversation, 5.0))
    wall = time.perf_counter() - begun
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps({"audio": source.seconds, "wall": wall, "memory_mb": memory, "waits": waits}))


def _build():  # type: ignore[no-untyped-def]
    from voice_skill.commands.parts import build_dialogs, build_ear, build_store, prepare_prompts
    from voice_skill.config import Config

    config = Config(region="GB")
    dialogs = build_dialogs(config, config.model_folder)
    ear = build_ear(dialogs, config.model_folder)
    store = build_store(config)
    prepare_prompts(store, dialogs, config)
    return config, dialogs, ear, store


def _load() -> str:
    cores = os.cpu_count()
    return f"{cores} cores, load {os.getloadavg()[0]:.1f}; Python {sys.version.split()[0]}"
