"""What a recogniser made of the clips, as lines of one table."""

from __future__ import annotations

import resource
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import partial

from rich.console import Console
from rich.progress import track

from scripts.benchmarks.ears.clips import Heard
from scripts.benchmarks.ears.listeners import Listener
from scripts.train.sound import RATE
from voice_skill.nlu.understanding import Thresholds, Understood, is_danger, understand

__all__ = ["Line", "Outcome", "hear", "lines"]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What was understood in a clip; empty for nothing."""

    clip: Heard
    intent: str
    waited: float
    """Seconds between the last sound and the result."""
    spent: float
    """Processor seconds for the whole clip."""


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the table."""

    name: str
    of: int
    value: str


def hear(listener: Listener, clips: Sequence[Heard], limits: Thresholds, name: str, console: Console) -> list[Outcome]:
    """Let a recogniser hear every clip."""
    outcomes = []
    for clip in track(clips, name, console=console, transient=True):
        if len(clip.book.grammar(clip.intents)) > listener.most_phrases:
            continue
        begun = _processor_seconds()
        transcript, waited = listener.listen(clip.sound, clip.book.grammar(clip.intents))
        spent = _processor_seconds() - begun
        meaning = understand(transcript, clip.intents, clip.book, limits)
        intent = meaning.intent if isinstance(meaning, Understood) else ""
        outcomes.append(Outcome(clip, intent, waited, spent))
    return outcomes


def lines(outcomes: Sequence[Outcome]) -> list[Line]:
    """Every line, in order: people, noise, phrases by noise and voice, pairs, the dangerous errors, speed."""
    found: list[Line] = []

    def share(name: str, of: Iterable[Outcome], counts: Callable[[Outcome], bool]) -> None:
        chosen = list(of)
        hits = sum(map(counts, chosen))
        found.append(Line(name, len(chosen), f"{100 * hits / max(1, len(chosen)):.1f} % ({hits})"))

    for group in dict.fromkeys(one.clip.group for one in outcomes if not one.clip.group.startswith("pair ")):
        mine = [one for one in outcomes if one.clip.group == group]
        meant = [one for one in mine if one.clip.intent]
        if meant:
            share(f"{group}: understood", meant, lambda one: one.intent == one.clip.intent)
            share(f"{group}: taken for another", meant, lambda one: one.intent not in ("", one.clip.intent))
        else:
            share(f"{group}: taken for something", mine, lambda one: one.intent != "")
        if group == "phrases clean":
            for voice in dict.fromkeys(one.clip.voice for one in mine):
                own = [one for one in mine if one.clip.voice == voice]
                share(f"  {voice}", own, lambda one: one.intent == one.clip.intent)
    for group in dict.fromkeys(one.clip.group for one in outcomes if one.clip.group.startswith("pair ")):
        mine = [one for one in outcomes if one.clip.group == group]
        wanted = next((one.clip.intent for one in mine if one.clip.intent), "")
        share(
            f"{group}: understood", [one for one in mine if one.clip.intent], lambda one: one.intent == one.clip.intent
        )
        for text in dict.fromkeys(one.clip.text for one in mine if not one.clip.intent):
            others = [one for one in mine if one.clip.text == text]
            share(f"  {text}, taken for {group.removeprefix('pair ')}", others, partial(_is_heard, wanted))
    not_no = [one for one in outcomes if one.clip.intent != "no" and one.clip.text not in ("know", "i can feel my leg")]
    share("heard as no but was not", not_no, lambda one: one.intent == "no")
    share("heard as danger but was not", outcomes, lambda one: is_danger(one.intent) and one.intent != one.clip.intent)
    waits = sorted(one.waited for one in outcomes)
    found.append(Line("wait for the result p50, ms", len(waits), f"{1000 * waits[len(waits) // 2]:.0f}"))
    found.append(Line("wait for the result p95, ms", len(waits), f"{1000 * waits[int(0.95 * (len(waits) - 1))]:.0f}"))
    seconds = sum(len(one.clip.sound) for one in outcomes) / RATE
    found.append(Line("real-time factor", round(seconds), f"{sum(one.spent for one in outcomes) / seconds:.3f}"))
    return found


def _is_heard(intent: str, outcome: Outcome) -> bool:
    return outcome.intent == intent


def _processor_seconds() -> float:
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime
