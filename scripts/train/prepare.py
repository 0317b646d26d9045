"""First step: recordings and synthetic speech to feature stores.

Every recording is stored several times: as it is, slower and lower, faster and higher, and in a room. Noise, gain
and the rest are mixed in while training (`perturb.py`), differently every time.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from scripts.train.corpora import Recording, read_manifest
from scripts.train.features import log_mel
from scripts.train.phrases import all_phrases
from scripts.train.sound import Samples, change_speed, in_a_room, made_noise, read_sound
from scripts.train.store import exists, write_store
from scripts.train.voices import HELD_OUT, TRAINING, clips_for, synthesise

__all__ = ["Sources", "noise_recordings", "prepare"]

_LONGEST = 17.5
"""Seconds; longer recordings would make batches uneven."""


@dataclass(frozen=True, slots=True)
class Sources:
    """Where training data is."""

    manifest: Path
    audio: Path
    work: Path
    """The folder for synthetic speech, feature stores and checkpoints."""

    @property
    def synthetic(self) -> Path:
        return self.work / "synthetic"

    @property
    def features(self) -> Path:
        return self.work / "features"


def _as_it_is(samples: Samples, _: np.random.Generator) -> Samples:
    return samples


def _slower(samples: Samples, chance: np.random.Generator) -> Samples:
    return change_speed(samples, chance.uniform(0.84, 0.97))


def _faster(samples: Samples, chance: np.random.Generator) -> Samples:
    return change_speed(samples, chance.uniform(1.03, 1.18))


def _roomy(samples: Samples, chance: np.random.Generator) -> Samples:
    return in_a_room(change_speed(samples, chance.uniform(0.9, 1.12)), chance)


_PEOPLE = (_as_it_is, _slower, _faster, _roomy)
_ROBOTS = ((_as_it_is, _roomy), (_slower, _roomy), (_as_it_is, _faster))
"""What is stored of a synthetic clip: the pairs take turns."""
_SLICES = 4

Change = Callable[[Samples, np.random.Generator], Samples]
Job = list[tuple[Recording, tuple[Change, ...]]]


def prepare(sources: Sources, processes: int = 2, report: Callable[[str], None] = print) -> None:
    """Make what is missing of the synthetic speech and the feature stores; `report` is told of each store."""
    recordings = [one for one in read_manifest(sources.manifest, sources.audio) if one.seconds <= _LONGEST]
    synthetic = clips_for(TRAINING, all_phrases(), sources.synthetic / "training")
    synthesise(synthetic)
    synthesise(clips_for(HELD_OUT, all_phrases(), sources.synthetic / "held-out"))

    people: Job = [(one, _PEOPLE) for one in recordings if one.training and one.text]
    robots: Job = [
        (Recording(clip.path, "synthetic", 0.0, clip.text, training=True), _ROBOTS[index % len(_ROBOTS)])
        for index, clip in enumerate(synthetic)
    ]
    dev: Job = [(one, (_as_it_is,)) for one in recordings if not one.training and one.text]
    jobs = {"people-1": people[0::_SLICES], "robots": robots, "dev": dev}
    jobs |= {f"people-{part + 1}": people[part::_SLICES] for part in range(1, _SLICES)}
    with ProcessPoolExecutor(processes) as pool:
        running = {}
        if not exists(sources.features, "noise"):
            running[pool.submit(_write_noise, sources.features, recordings)] = "noise"
        for name, job in jobs.items():
            if not exists(sources.features, name):
                running[pool.submit(_write, sources.features, name, job)] = name
        for task in as_completed(running):
            task.result()
            report(f"features/{running[task]} is ready")


def noise_recordings(recordings: list[Recording], *, training: bool) -> list[Recording]:
    """The noise clips that train, or those that only measure."""
    return [one for one in recordings if one.noise and one.training == training]


def _write(folder: Path, name: str, job: Job) -> None:
    def features() -> Iterator[tuple[NDArray[np.float32], str, str]]:
        for recording, changes in job:
            chance = np.random.default_rng(zlib.crc32(str(recording.path.name).encode()))
            sound = read_sound(recording.path)
            for change in changes:
                energies = log_mel(change(sound, chance))
                if len(energies) >= 20:
                    yield energies, recording.text, recording.corpus

    write_store(folder, name, features())


def _write_noise(folder: Path, recordings: list[Recording]) -> None:
    """Recorded noise, made noise and babble. Babble has a corpus of its own: it is only ever mixed into speech."""
    chance = np.random.default_rng(7)
    talkers = [one for one in recordings if one.training and one.corpus in {"minilibri", "kathleen_arctic"}]

    def features() -> Iterator[tuple[NDArray[np.float32], str, str]]:
        for recording in noise_recordings(recordings, training=True):
            sound = read_sound(recording.path)
            for factor in (1.0, chance.uniform(0.7, 0.95), chance.uniform(1.05, 1.4)):
                yield log_mel(change_speed(sound, factor)), "", "recorded"
        for _ in range(600):
            yield log_mel(made_noise(chance.uniform(2, 6), chance)), "", "made"
        for _ in range(300):
            several = chance.choice(len(talkers), chance.integers(1, 7), replace=False)
            voices = [np.resize(read_sound(talkers[index].path), 16000 * 6) for index in several]
            yield log_mel(np.asarray(sum(voices) / len(voices), dtype=np.float32)), "", "babble"

    write_store(folder, "noise", features())
