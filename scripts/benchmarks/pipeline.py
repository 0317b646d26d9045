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
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console
from rich.table import Table

from voice_skill.audio.files import FileSource
from voice_skill.audio.frame import Frame
from voice_skill.audio.speaker import VirtualSpeaker
from voice_skill.commands.parts import (
    build_dialogs,
    build_ear,
    build_store,
    fresh_session,
    prepare_prompts,
    with_silence,
)
from voice_skill.config import Config
from voice_skill.dialog.model import Dialogs
from voice_skill.dialog.session import Session
from voice_skill.ear import Ear, EarSettings, PhraseHeard, Result
from voice_skill.records import Recorder
from voice_skill.runtime import Conversation, replay

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
    replayed = _child("_replay")
    starts = [_timed_child("_ready") for _ in range(REPEATS)]
    waits = sorted(replayed["waits"])
    (audio,), (wall,), (memory,) = replayed["audio"], replayed["wall"], replayed["memory_mb"]
    answers = f"{len(waits)} answers: beyond the silence that ends them,"
    return [
        ("replay of the bundled call, times real time", audio / wall, "x", 10, True),
        ("voice-skill --help (median)", statistics.median(helps), "s", 0.3, False),
        ("start to ready to listen, warm prompts (median)", statistics.median(starts), "s", 2, False),
        ("peak memory of the replay", memory, "MB", 300, False),
        (f"{answers} p50", statistics.median(waits), "s", 0.6, False),
        (f"{answers} p95", waits[int(0.95 * (len(waits) - 1))], "s", 1.0, False),
    ]


def _timed(*arguments: str) -> float:
    begun = time.perf_counter()
    _command(*arguments)
    return time.perf_counter() - begun


def _command(*arguments: str) -> None:
    subprocess.run([sys.executable, "-m", "voice_skill", *arguments], cwd=ROOT, check=True, capture_output=True)


def _child(name: str) -> dict[str, list[float]]:
    done = subprocess.run(
        [sys.executable, "-m", "scripts.benchmarks", name], cwd=ROOT, check=True, capture_output=True, text=True
    )
    found: dict[str, list[float]] = json.loads(done.stdout.splitlines()[-1])
    return found


def _timed_child(name: str) -> float:
    begun = time.perf_counter()
    _child(name)
    return time.perf_counter() - begun


def ready() -> None:
    """Child: build everything that listening needs."""
    _Parts()
    print(json.dumps({}))


def replay_call() -> None:
    """Child: replay the bundled call, timing what is done with each frame that ends an answer."""
    begun = time.perf_counter()
    parts = _Parts()
    ear = _TimedEar(parts.ear)
    speaker = VirtualSpeaker(parts.store)
    session = fresh_session(parts.config, parts.dialogs)
    conversation = _TimedConversation(parts.dialogs, ear, speaker, Recorder(lambda _: None), session)
    source = FileSource(CALL)
    replay(conversation, speaker, with_silence(source, conversation, 5.0))
    found = {
        "audio": [source.seconds],
        "wall": [time.perf_counter() - begun],
        "memory_mb": [resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024],
        "waits": conversation.waits,
    }
    print(json.dumps(found))


class _Parts:
    """Everything that listening needs."""

    def __init__(self) -> None:
        self.config = Config(region="GB")
        self.dialogs = build_dialogs(self.config, self.config.model_folder)
        self.ear = build_ear(self.dialogs, self.config.model_folder)
        self.store = build_store(self.config)
        prepare_prompts(self.store, self.dialogs, self.config)


class _TimedEar:
    """An ear that keeps how long after the end of an answer, and of the silence waited for, each became known."""

    def __init__(self, ear: Ear) -> None:
        self._ear = ear
        self._silence = EarSettings().asleep_silence
        self.late: list[float] = []

    @property
    def talked_over(self) -> bool:
        return self._ear.talked_over

    @talked_over.setter
    def talked_over(self, value: bool) -> None:
        self._ear.talked_over = value

    def listen(self, intents: Sequence[str], early: Sequence[str], turn: int, endpoint: float) -> None:
        self._silence = endpoint
        self._ear.listen(intents, early, turn, endpoint)

    def question_began(self, at: float) -> None:
        self._ear.question_began(at)

    def sleep(self, phrase: str, intents: Sequence[str] = (), *, distress: Sequence[str] = (), turn: int = 0) -> None:
        self._silence = EarSettings().asleep_silence
        self._ear.sleep(phrase, intents, distress=distress, turn=turn)

    def reset(self) -> None:
        self._ear.reset()

    def forget_before(self, at: float) -> None:
        self._ear.forget_before(at)

    def feed(self, frame: Frame) -> list[Result]:
        silence = self._silence
        found = self._ear.feed(frame)
        self.late += [max(0.0, frame.end - one.ended_at - silence) for one in found if isinstance(one, PhraseHeard)]
        return found


class _TimedConversation(Conversation):
    """A conversation that also counts what it took to work through the frame with which an answer ended."""

    def __init__(
        self, dialogs: Dialogs, ear: _TimedEar, speaker: VirtualSpeaker, recorder: Recorder, session: Session
    ) -> None:
        self._timed = ear
        self.waits: list[float] = []
        super().__init__(dialogs, ear, speaker, recorder, session)

    def hear(self, frame: Frame) -> None:
        begun = time.perf_counter()
        super().hear(frame)
        spent = time.perf_counter() - begun
        self.waits += [late + spent for late in self._timed.late]
        self._timed.late.clear()


def _load() -> str:
    cores = os.cpu_count()
    return f"{cores} cores, load {os.getloadavg()[0]:.1f}; Python {sys.version.split()[0]}"
