"""Features on disk: one array of frames per store, and the list of the utterances in it."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from scripts.train.errors import TrainingError
from scripts.train.features import BINS
from scripts.train.files import whole_file

__all__ = ["Store", "Utterance", "exists", "open_store", "write_store"]


@dataclass(frozen=True, slots=True)
class Utterance:
    """One utterance of a store."""

    start: int
    frames: int
    words: tuple[str, ...]
    corpus: str


@dataclass(frozen=True, slots=True)
class Store:
    """Features of many utterances: log mel energies as [all frames, 40] half floats, mapped from disk."""

    name: str
    frames: NDArray[np.float16]
    utterances: tuple[Utterance, ...]

    def log_mel(self, utterance: Utterance) -> NDArray[np.float32]:
        """The utterance's own frames, as a copy."""
        part = self.frames[utterance.start : utterance.start + utterance.frames]
        return np.asarray(part, dtype=np.float32)

    @property
    def hours(self) -> float:
        return sum(utterance.frames for utterance in self.utterances) / 360_000


def exists(folder: Path, name: str) -> bool:
    """Whether the store was written to its end: the list is written last."""
    return (folder / f"{name}.json").is_file()


def write_store(folder: Path, name: str, parts: Iterable[tuple[NDArray[np.float32], str, str]]) -> None:
    """Write (log mel energies, text, corpus) of every utterance; nothing is left behind if `parts` fails."""
    utterances: list[tuple[int, int, str, str]] = []
    arrays: list[NDArray[np.float16]] = []
    start = 0
    for features, text, corpus in parts:
        utterances.append((start, len(features), text, corpus))
        arrays.append(features.astype(np.float16))
        start += len(features)
    everything = np.concatenate(arrays) if arrays else np.zeros((0, BINS), np.float16)
    with whole_file(folder / f"{name}.npy") as temporary, temporary.open("wb") as file:
        np.save(file, everything)
    with whole_file(folder / f"{name}.json") as temporary:
        temporary.write_text(json.dumps(utterances))


def open_store(folder: Path, name: str) -> Store:
    """Raises `TrainingError` if the store was never written."""
    if not exists(folder, name):
        raise TrainingError(f"{folder / name}: no such feature store", "run the prepare step first")
    listed = json.loads((folder / f"{name}.json").read_text())
    frames = np.load(folder / f"{name}.npy", mmap_mode="r")
    utterances = tuple(Utterance(start, count, tuple(text.split()), corpus) for start, count, text, corpus in listed)
    return Store(name, frames, utterances)
