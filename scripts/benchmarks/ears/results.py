"""What was understood in each clip, and the rows of the table that come of it."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from operator import attrgetter

from rich.console import Console
from rich.progress import track

from scripts.benchmarks.ears.clips import Heard
from scripts.benchmarks.ears.listeners import Listener
from scripts.train.sound import RATE
from voice_skill.asr.port import Transcript
from voice_skill.nlu.phrases import spoken_form
from voice_skill.nlu.understanding import Thresholds, Understood, is_danger, understand

__all__ = ["Outcome", "Row", "Target", "hear", "rows"]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What was understood in a clip; an empty intent for nothing."""

    clip: Heard
    transcript: Transcript
    intent: str
    waited: float
    """Seconds between the last sound and the result."""
    spent: float
    """Processor seconds for the whole clip."""

    @property
    def right(self) -> bool:
        """Whether what was meant was understood, and nothing where nothing was."""
        return self.intent == self.clip.intent


@dataclass(frozen=True, slots=True)
class Target:
    """What a figure should reach at least, or at most."""

    value: float
    at_least: bool = False

    def met_by(self, value: float) -> bool:
        """Whether `value` reaches it."""
        return value >= self.value if self.at_least else value <= self.value

    def __str__(self) -> str:
        return f"{'≥' if self.at_least else '≤'} {self.value:g}"


@dataclass(frozen=True, slots=True)
class Row:
    """A figure of one recogniser. Those of the same part and name stand in one line."""

    part: str
    name: str
    value: float
    text: str
    target: Target | None = None


_AT_LEAST = {
    "ten words": 96.0,
    "five words": 92.0,
    "five words: frightened": 88.0,
    "phrases clean": 99.0,
    "phrases 12 dB": 97.0,
    "phrases 6 dB": 93.5,
    '"no" at a question': 85.0,
}
"""What should be understood, in percent, by group or by group and voice."""
_AT_MOST = {
    "other words": 3.0,
    "noise among ten words": 0.0,
    "noise at a question": 0.0,
    "own prompts at a question": 0.0,
}
"""What may be taken for something, in percent."""
_FALSE_NO = Target(0.2)
_WAIT = Target(150)
_REAL_TIME = Target(0.05)
_PEOPLE, _VOICES, _NEITHER = "people", "synthetic voices kept out of training", "noise and Charley's own voice"
_PAIR = "pair "


def hear(listener: Listener, clips: Sequence[Heard], limits: Thresholds, name: str, console: Console) -> list[Outcome]:
    """Let a recogniser hear every clip."""
    outcomes = []
    for clip in track(clips, name, console=console, transient=True):
        begun = time.process_time()
        transcript, waited = listener.listen(clip.sound, clip.book.grammar(clip.intents))
        spent = time.process_time() - begun
        meaning = understand(transcript, clip.intents, clip.book, limits)
        intent = meaning.intent if isinstance(meaning, Understood) else ""
        outcomes.append(Outcome(clip, transcript, intent, waited, spent))
    return outcomes


def rows(outcomes: Sequence[Outcome]) -> list[Row]:
    """Every row: people, synthetic voices, and what nobody says, each by group; then what it costs."""
    parts = {part: [one for one in outcomes if _part(one.clip) == part] for part in (_PEOPLE, _VOICES, _NEITHER)}
    found = [row for part, mine in parts.items() for row in _of_part(part, mine)]
    return [*found, *_cost(outcomes)]


def _part(clip: Heard) -> str:
    if clip.people:
        return _PEOPLE
    return _NEITHER if clip.group in _AT_MOST else _VOICES


def _of_part(part: str, outcomes: Sequence[Outcome]) -> list[Row]:
    found: list[Row] = []
    groups = dict.fromkeys(one.clip.group for one in outcomes)
    for group in sorted(groups, key=lambda name: name.startswith(_PAIR)):
        mine = [one for one in outcomes if one.clip.group == group]
        found += _pair(part, group, mine) if group.startswith(_PAIR) else _group(part, group, mine)
    if part == _NEITHER:
        return found
    others = [one for one in outcomes if "no" in one.clip.intents and "no" not in _meanings(one.clip)]
    found += _share(part, 'heard as "no" and was not', others, lambda one: one.intent == "no", _FALSE_NO)
    dangers = [one for one in outcomes if is_danger(one.clip.intent)]
    found += _share(part, "danger, heard as nothing or as harmless", dangers, lambda one: not is_danger(one.intent))
    harmless = [one for one in outcomes if not any(map(is_danger, _meanings(one.clip)))]
    return [*found, *_share(part, "heard as danger and was not", harmless, lambda one: is_danger(one.intent))]


def _meanings(clip: Heard) -> set[str]:
    """What it may be taken for without a mistake: what is meant, and what its words mean there, as those of a pair's
    other side do, or "know", which sounds like "no"."""
    intent, _ = clip.book.meanings(clip.intents).get(spoken_form(clip.text), ("", ""))
    return {clip.intent, intent}


def _group(part: str, group: str, outcomes: Sequence[Outcome]) -> list[Row]:
    meant = [one for one in outcomes if one.clip.intent]
    if not meant:
        return _share(part, f"{group}: taken for something", outcomes, lambda one: one.intent != "", _most(group))
    found = _share(part, f"{group}: understood", meant, attrgetter("right"), _least(group))
    for voice in dict.fromkeys(one.clip.voice for one in meant if one.clip.voice):
        own = [one for one in meant if one.clip.voice == voice]
        found += _share(part, f"  {group}: {voice}", own, attrgetter("right"), _least(f"{group}: {voice}"))
    return [
        *found,
        *_share(part, f"{group}: taken for another", meant, lambda one: one.intent not in ("", one.clip.intent)),
    ]


def _pair(part: str, group: str, outcomes: Sequence[Outcome]) -> list[Row]:
    wanted = next((one.clip.intent for one in outcomes if one.clip.intent), group.removeprefix(_PAIR))
    said = [one for one in outcomes if one.clip.intent]
    found = _share(part, f"{group}: understood", said, attrgetter("right"))
    for text in dict.fromkeys(one.clip.text for one in outcomes if not one.clip.intent):
        others = [one for one in outcomes if one.clip.text == text and not one.clip.intent]
        name = f"  {text}, taken for {group.removeprefix(_PAIR)}"
        found += _share(part, name, others, lambda one: one.intent == wanted)
    return found


def _cost(outcomes: Sequence[Outcome]) -> list[Row]:
    waits = sorted(1000 * one.waited for one in outcomes)
    middle, late = waits[len(waits) // 2], waits[int(0.95 * (len(waits) - 1))]
    seconds = sum(len(one.clip.sound) for one in outcomes) / RATE
    factor = sum(one.spent for one in outcomes) / seconds
    part = "cost, in time of the processor"
    return [
        Row(part, "end of speech to result, p50, ms", middle, f"{middle:.0f}", _WAIT),
        Row(part, "end of speech to result, p95, ms", late, f"{late:.0f}", _WAIT),
        Row(part, f"real-time factor, over {seconds / 60:.0f} min", factor, f"{factor:.3f}", _REAL_TIME),
    ]


def _share(
    part: str,
    name: str,
    of: Iterable[Outcome],
    counts: Callable[[Outcome], bool],
    target: Target | None = None,
) -> list[Row]:
    """The share of those that count; no row for none at all."""
    chosen = list(of)
    if not chosen:
        return []
    hits = sum(map(counts, chosen))
    percent = 100 * hits / len(chosen)
    return [Row(part, name, percent, f"{percent:.1f} % ({hits} of {len(chosen)})", target)]


def _least(name: str) -> Target | None:
    return Target(_AT_LEAST[name], at_least=True) if name in _AT_LEAST else None


def _most(name: str) -> Target | None:
    return Target(_AT_MOST[name]) if name in _AT_MOST else None
