"""The wake phrase: how often it is missed, and how often it is heard in other speech.

Ours is heard as a sleeping Charley hears it: by the ear, with its speech detector, its grammar and its second look.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial

import numpy as np
from numpy.typing import NDArray
from rich.table import Table

from scripts.benchmarks.ears.clips import Heard, Speech
from scripts.benchmarks.ears.listeners import SphinxListener, VoskListener
from scripts.train.measure import padded, pcm
from scripts.train.sound import RATE, read_sound
from voice_skill.audio.frame import FRAME_SAMPLES, Frame
from voice_skill.audio.vad import SileroDetector
from voice_skill.dialog.hearing import starts
from voice_skill.dialog.model import Dialogs
from voice_skill.ear import Ear, EarSettings, WakeHeard
from voice_skill.nlu.phrases import PhraseBook
from voice_skill.nlu.understanding import Thresholds

__all__ = ["PHRASE", "SAID", "EarSpotter", "Spotter", "Wakes", "at_most", "false_wakes", "misses", "spotter", "table"]

PHRASE = "hey charley"
SAID = tuple(
    f"{PHRASE}{rest}"
    for rest in (
        *("", " my leg is cramping", " help me", " stop", " my calf", " i have a cramp", " help my leg", " it hurts"),
        *(" are you there", " my hamstring is cramping"),
    )
)
"""The wake phrase alone, and with something in the same breath."""
THRESHOLDS = (0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 1.0)
_SILENCE = np.zeros(int(1.2 * RATE), np.int16)
"""After each sound: enough to end an utterance."""

Spotter = Callable[[NDArray[np.int16]], list[float]]
"""How sure a recogniser was of each wake phrase that it heard in a sound."""


class EarSpotter:
    """Our ear, asleep."""

    def __init__(self, listener: VoskListener, dialogs: Dialogs) -> None:
        limits = Thresholds.of(listener.recogniser.settings.thresholds)
        book = PhraseBook(dialogs.phrases)
        detector = SileroDetector()
        self._ears = []
        for threshold in THRESHOLDS:
            settings = EarSettings(thresholds=replace(limits, wake=threshold))
            self._ears.append(Ear(listener.recogniser, detector, book, settings))
            self._ears[-1].sleep(PHRASE, starts(dialogs))

    def __call__(self, sound: NDArray[np.int16]) -> list[float]:
        """The highest of `THRESHOLDS` at which each wake phrase in `sound` is still heard, surest first."""
        frames = list(_frames(np.concatenate([sound, _SILENCE])))
        woken = [one.confidence for one in _woken(self._ears[0], frames)]
        if all(confidence >= THRESHOLDS[-1] for confidence in woken):  # the others would hear the same
            return sorted((max(one for one in THRESHOLDS if one <= confidence) for confidence in woken), reverse=True)
        counts = [len(woken), *(len(_woken(ear, frames)) for ear in self._ears[1:])]
        return [
            next(one for one, count in zip(THRESHOLDS[::-1], counts[::-1], strict=True) if count > rank)
            for rank in range(max(counts))
        ]


def spotter(listener: VoskListener | SphinxListener, dialogs: Dialogs) -> Spotter:
    """The way of each to hear the wake phrase."""
    return (
        EarSpotter(listener, dialogs) if isinstance(listener, VoskListener) else partial(listener.spot, phrase=PHRASE)
    )


@dataclass(frozen=True, slots=True)
class Wakes:
    """What was heard as the wake phrase in one kind of sound."""

    name: str
    scores: tuple[float, ...]
    """How sure each was; of the wake phrase itself one for each time that it was said, 0 where it was missed."""
    hours: float

    def missed(self, threshold: float) -> float:
        """The share that was not heard, in percent."""
        return 100 * sum(score < threshold for score in self.scores) / max(1, len(self.scores))

    def false(self, threshold: float) -> int:
        """How many were heard."""
        return sum(score >= threshold for score in self.scores)

    def threshold_for(self, an_hour: float) -> float:
        """The lowest threshold with at most so many an hour."""
        ranked = sorted(self.scores, reverse=True)
        allowed = math.floor(an_hour * self.hours)
        return math.nextafter(ranked[allowed] if len(ranked) > allowed else 0.0, math.inf)


def misses(spot: Spotter, name: str, clips: Iterable[Heard]) -> Wakes:
    """The wake phrase said, in each clip once."""
    heard = [(max(spot(clip.sound), default=0.0), len(clip.sound)) for clip in clips]
    return Wakes(name, tuple(score for score, _ in heard), sum(length for _, length in heard) / RATE / 3600)


def false_wakes(spot: Spotter, speech: Iterable[Speech]) -> list[Wakes]:
    """Speech in which nobody says it, by who speaks; and all of it, last."""
    scores: dict[str, list[float]] = {}
    samples: dict[str, int] = {}
    for one in speech:
        sound = pcm(padded(read_sound(one.path)))
        scores.setdefault(one.who, []).extend(spot(sound))
        samples[one.who] = samples.get(one.who, 0) + len(sound)
    found = [Wakes(who, tuple(scores[who]), samples[who] / RATE / 3600) for who in scores]
    return [
        *found,
        Wakes("all", tuple(score for one in found for score in one.scores), sum(one.hours for one in found)),
    ]


def at_most(count: int, hours: float) -> float:
    """How many an hour there are at most, being sure to 95 %, where `count` were seen in `hours`.

    The exact Poisson bound: with more than this an hour, so few would be seen in fewer than one trial of twenty.
    """
    low, high = 0.0, 20.0 + 3.0 * count
    for _ in range(60):
        middle = (low + high) / 2
        so_few = sum(math.exp(-middle + k * math.log(middle) - math.lgamma(k + 1)) for k in range(count + 1))
        low, high = (middle, high) if so_few > 0.05 else (low, middle)
    return high / hours


def table(name: str, said: Sequence[Wakes], other: Sequence[Wakes]) -> Table:
    """Misses and false wakes side by side, to choose a threshold from."""
    shown = Table(title=f'{name}: "{PHRASE}" by threshold', caption="≤: the bound of which one is sure to 95 %")
    for heading in ("threshold", *(f"missed, {one.name} ({len(one.scores)})" for one in said)):
        shown.add_column(heading, justify="right")
    for one in other:
        shown.add_column(f"false an hour, {one.name} ({one.hours:.2f} h)", justify="right")
    for threshold in THRESHOLDS:
        cells = [f"{one.missed(threshold):.1f} %" for one in said]
        shown.add_row(f"{threshold:g}", *cells, *(_rate(one.false(threshold), one.hours) for one in other))
    return shown


def _rate(count: int, hours: float) -> str:
    bound = f"≤ {at_most(count, hours):.2f}"
    return f"{bound} ({count} in {hours:.1f} h)" if count == 0 else f"{count / hours:.2f}, {bound}"


def _woken(ear: Ear, frames: Sequence[Frame]) -> list[WakeHeard]:
    ear.reset()
    return [result for frame in frames for result in ear.feed(frame) if isinstance(result, WakeHeard)]


def _frames(sound: NDArray[np.int16]) -> Iterator[Frame]:
    for start in range(0, len(sound) - FRAME_SAMPLES + 1, FRAME_SAMPLES):
        yield Frame(start / RATE, sound[start : start + FRAME_SAMPLES].tobytes())
