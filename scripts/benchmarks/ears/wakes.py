"""The wake phrase: how often it is missed, and how often it is heard in other speech, by threshold."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from rich.table import Table

from scripts.benchmarks.ears.clips import Heard
from scripts.benchmarks.ears.listeners import VoskListener
from scripts.train.corpora import Recording
from scripts.train.measure import padded, pcm
from scripts.train.sound import RATE, read_sound
from voice_skill.wake.gate import WakeGate

__all__ = ["PHRASES", "THRESHOLDS", "Wakes", "false_wakes", "misses", "table"]

PHRASES = ("hey charley", "hey charley my leg is cramping", "hey charley help me", "hey charley stop")
"""The wake phrase alone, and with something in the same breath."""
THRESHOLDS = (0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 1.0)
_MOST_SECONDS = 15
"""An utterance that goes on for longer is cut by the endpointer."""


@dataclass(frozen=True, slots=True)
class Wakes:
    """How sure each wake phrase was that was heard in one kind of sound; 0 where none was."""

    name: str
    scores: tuple[float, ...]
    hours: float

    def missed(self, threshold: float) -> float:
        """The share that was not heard, in percent."""
        return 100 * sum(score < threshold for score in self.scores) / max(1, len(self.scores))

    def an_hour(self, threshold: float) -> float:
        """How many were heard in an hour."""
        return sum(score >= threshold for score in self.scores) / self.hours


def misses(listener: VoskListener, name: str, clips: Iterable[Heard], starts: Sequence[str]) -> Wakes:
    """The wake phrase said, in each clip once."""
    gates = _gates(listener, starts)
    heard = [(_score(listener, gates, clip.sound.tobytes()), len(clip.sound)) for clip in clips]
    return Wakes(name, tuple(score for score, _ in heard), sum(length for _, length in heard) / RATE / 3600)


def false_wakes(listener: VoskListener, name: str, recordings: Iterable[Recording], starts: Sequence[str]) -> Wakes:
    """Speech in which nobody says it."""
    gates = _gates(listener, starts)
    scores: list[float] = []
    samples = 0
    for recording in recordings:
        sound = pcm(padded(read_sound(recording.path)))
        samples += len(sound)
        for start in range(0, len(sound), _MOST_SECONDS * RATE):
            scores.append(_score(listener, gates, sound[start : start + _MOST_SECONDS * RATE].tobytes()))
    return Wakes(name, tuple(scores), samples / RATE / 3600)


def table(said: Sequence[Wakes], other: Sequence[Wakes]) -> Table:
    """Misses and false wakes side by side, to choose a threshold from."""
    shown = Table(title='Wake phrase "hey charley" by threshold')
    for heading in ("threshold", *(f"missed, {one.name} ({len(one.scores)})" for one in said)):
        shown.add_column(heading, justify="right")
    for one in other:
        shown.add_column(f"false an hour, {one.name} ({one.hours:.1f} h)", justify="right")
    for threshold in THRESHOLDS:
        cells = [f"{one.missed(threshold):.1f} %" for one in said] + [f"{one.an_hour(threshold):.2f}" for one in other]
        shown.add_row(f"{threshold:g}", *cells)
    return shown


def _gates(listener: VoskListener, starts: Sequence[str]) -> list[WakeGate]:
    return [WakeGate("hey charley", listener.recogniser.knows, starts=starts, threshold=one) for one in THRESHOLDS]


def _score(listener: VoskListener, gates: Sequence[WakeGate], sound: bytes) -> float:
    """The highest threshold that still hears it."""
    decoding = listener.recogniser.decode(gates[0].grammar)
    decoding.feed(sound)
    transcript = decoding.finish()
    return max((THRESHOLDS[at] for at, gate in enumerate(gates) if gate.find(transcript)), default=0.0)
