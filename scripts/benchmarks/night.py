"""`scripts/bench night --hours N`: a synthetic bedroom through the whole stack, as fast as the machine can.

Asleep, nothing in it may wake Charley. Then the same sounds are heard while a yes/no question stands open: none of them
may be taken for an answer.
"""

from __future__ import annotations

import argparse
import time
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from rich.console import Console
from rich.progress import track
from rich.table import Table

from scripts.benchmarks.bedroom import PROMPTS, SPEECH, Bedroom
from voice_skill.asr.model import vocabulary
from voice_skill.audio.frame import FRAME_SAMPLES, FRAME_SECONDS, SAMPLE_RATE, Frame
from voice_skill.audio.speaker import VirtualSpeaker
from voice_skill.commands.parts import build_dialogs, build_ear, build_store, fresh_session
from voice_skill.config import Config
from voice_skill.dialog.hearing import intents_of
from voice_skill.dialog.model import Dialogs
from voice_skill.dialog.screen import CLASSES
from voice_skill.dialog.texts import sentences
from voice_skill.ear import Ear, PhraseHeard
from voice_skill.nlu.understanding import is_danger
from voice_skill.records import Record, Recorder
from voice_skill.runtime import Conversation, replay

__all__ = ["main"]

ANSWERS_SHARE = 0.2
"""So much of the night is heard again with a question open."""


def main(arguments: Sequence[str]) -> None:
    """Hear a night, and print what came of it."""
    parser = argparse.ArgumentParser(prog="scripts/bench night", description=__doc__)
    parser.add_argument("--hours", type=float, default=0.5, help="of sound (default: %(default)s)")
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args(arguments)

    config = Config(region="GB")
    dialogs = build_dialogs(config, config.model_folder)
    ear = build_ear(dialogs, config.model_folder)
    records: list[Record] = []
    speaker = VirtualSpeaker(build_store(config))
    conversation = Conversation(dialogs, ear, speaker, Recorder(records.append), fresh_session(config, dialogs))
    plain = [word for word in sorted(vocabulary(config.model_folder)) if word.isalpha() and len(word) > 1]
    bedroom = Bedroom(plain, sentences(dialogs, "GB"), asked.seed)

    seconds = asked.hours * 3600
    now = 0.0
    spent: dict[str, float] = defaultdict(float)
    heard: dict[str, float] = defaultdict(float)
    woken: list[str] = []
    memory: list[tuple[float, float]] = []
    begun = time.monotonic()
    segments = bedroom.night(seconds)
    for segment in track(segments, description="A night", total=round(seconds / 40), transient=True):
        records.clear()
        before = time.process_time()
        replay(conversation, speaker, frames(segment.samples, now))
        now += len(segment.samples) / SAMPLE_RATE
        spent[segment.kind] += time.process_time() - before
        heard[segment.kind] += len(segment.samples) / SAMPLE_RATE
        woken += [f"{segment.kind}: {record.fields['text']}" for record in records if record.kind == "wake"]
        speaker.played.clear()
        memory.append((now, resident_mb()))
    answered = answers(ear, question(dialogs), bedroom, seconds * ANSWERS_SHARE)
    show(spent, heard, woken, answered, memory, time.monotonic() - begun)


def question(dialogs: Dialogs) -> tuple[str, ...]:
    """The intents that may be heard while a safety question stands open."""
    name = next(name for name, state in dialogs.walk() if state.screen and name.startswith("red_flag_screen"))
    return intents_of(dialogs, name)


@dataclass(frozen=True, slots=True)
class Taken:
    """A sound that was taken for an answer."""

    kind: str
    intent: str
    text: str
    """What was heard."""
    said: str
    """What was said, if there were words."""

    def __str__(self) -> str:
        return f'{self.kind}: {self.intent} "{self.text}"' + (f' in "{self.said}"' if self.said else "")


def answers(ear: Ear, intents: Sequence[str], bedroom: Bedroom, seconds: float) -> tuple[float, list[Taken]]:
    """What is taken for an answer while a question stands open, in how many seconds."""
    found: list[Taken] = []
    heard = 0.0
    ear.reset()
    for segment in bedroom.night(seconds):
        ear.listen(intents, intents, turn=1, endpoint=0.8)
        ear.question_began(0.0)
        for frame in frames(segment.samples, 0.0):
            found += [
                Taken(segment.kind, result.intent, result.text, segment.words_at(result.ended_at))
                for result in ear.feed(frame)
                if isinstance(result, PhraseHeard)
            ]
        ear.reset()
        heard += len(segment.samples) / SAMPLE_RATE
    return heard, found


def frames(samples: NDArray[np.int16], start: float) -> Iterator[Frame]:
    """Samples as frames; what is less than one at the end is left out."""
    for index in range(len(samples) // FRAME_SAMPLES):
        pcm = samples[index * FRAME_SAMPLES : (index + 1) * FRAME_SAMPLES]
        yield Frame(start + index * FRAME_SECONDS, pcm.tobytes())


def resident_mb() -> float:
    """Memory in use now, in megabytes (Linux)."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * 4096 / 1e6


def growth(memory: Sequence[tuple[float, float]]) -> float:
    """Megabytes an hour, from (second, megabytes): by the line that fits best, as a long sentence holds 50 MB for a
    while. 0 for a single point."""
    if len(memory) < 2:
        return 0.0
    seconds, megabytes = np.asarray(memory).T
    return float(np.polyfit(seconds / 3600, megabytes, 1)[0])


def show(
    spent: Mapping[str, float],
    heard: Mapping[str, float],
    woken: list[str],
    answered: tuple[float, list[Taken]],
    memory: list[tuple[float, float]],
    wall: float,
) -> None:
    """Print the table."""
    hours = sum(heard.values()) / 3600
    table = Table(title=f"A synthetic night of {hours:.2f} h, heard in {wall:.0f} s")
    for column in ("measure", "is", "target"):
        table.add_column(column, justify="left" if column == "measure" else "right")

    def row(what: str, value: float, most: float, unit: str = "") -> None:
        table.add_row(what, f"{value:.3g} {unit}", f"≤ {most:g} {unit}", style="" if value <= most else "red")

    wordless = [line for line in woken if not line.startswith(SPEECH)]
    row("false wakes without any words", len(wordless), 0)
    row("false wakes per 8 hours", len(woken) / hours * 8, 1)
    seconds, taken = answered
    words = [each for each in taken if each.kind in SPEECH]
    own = [each for each in taken if each.kind == PROMPTS]
    row("groans, coughs, snores, knocks, noise taken for an answer", len(taken) - len(words), 0)
    row("own prompts through the wall taken for yes, no or the like", sum(each.intent in CLASSES for each in own), 0)
    row("own prompts through the wall taken for danger", sum(is_danger(each.intent) for each in own), 0)
    table.add_row("words of others taken for an answer, an hour of any sound", f"{len(words) / seconds * 3600:.3g}", "")
    shut = [kind for kind in heard if kind not in SPEECH]
    row(
        "processor, nobody speaks", 100 * sum(spent[kind] for kind in shut) / sum(heard[kind] for kind in shut), 10, "%"
    )
    row("processor, somebody speaks", 100 * max(spent[kind] / heard[kind] for kind in heard if kind in SPEECH), 40, "%")
    row("memory", max(mb for _, mb in memory), 300, "MB")
    settled = [point for point in memory if point[0] > memory[-1][0] / 3]
    row("memory growth", growth(settled), 5, "MB/h")
    Console().print(table)
    for line in (*woken, *(f"{count} times {key}" for key, count in Counter(map(str, taken)).most_common())):
        print(f"  {line}")
    for kind in heard:
        print(f"  {kind}: {heard[kind]:.0f} s, {100 * spent[kind] / heard[kind]:.1f} % of a core")
