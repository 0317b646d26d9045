"""First step: recordings and synthetic speech to feature stores.

Every recording is stored several times: as it is, slower and lower, faster and higher, and in a room. Words and short
phrases are cut out of sentences (`pieces.py`), voices made frightened, shouting, whispering or half asleep
(`moods.py`), and short ones put into a bedroom (`bedroom.py`). Noise, gain and the rest are mixed in while training
(`perturb.py`), differently every time.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from scripts.train.bedroom import bedrooms, heard
from scripts.train.corpora import Recording, read_manifest
from scripts.train.features import log_mel
from scripts.train.moods import MOODS, in_moods
from scripts.train.phrases import all_phrases, dialog_phrases, own_prompts, short_phrases
from scripts.train.pieces import COMMAND_WORDS, Spoken, align, cut, cuts
from scripts.train.sound import RATE, Samples, change_speed, in_a_room, made_noise, read_sound
from scripts.train.store import exists, write_store
from scripts.train.voices import HELD_OUT, MORE, OWN_VOICE, TRAINING, Clip, clips_for, synthesise

__all__ = ["Sources", "noise_recordings", "prepare"]

_SHORT = 3.0
"""Seconds; what is no longer may be a command or an answer."""
_LONGEST = 17.5
"""Seconds; longer recordings would make batches uneven."""


@dataclass(frozen=True, slots=True)
class Sources:
    """Where training data is."""

    manifest: Path
    audio: Path
    work: Path
    """The folder for synthetic speech, feature stores and checkpoints."""
    aligner: Path
    """A Vosk model, an earlier one, that finds where the words of a sentence are."""

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
_ROOMS = 120

Change = Callable[[Samples, np.random.Generator], Samples]


@dataclass(frozen=True, slots=True)
class _Item:
    """One sound file and what to make of it."""

    path: Path
    text: str
    corpus: str
    changes: tuple[Change, ...] = ()
    moods: int = 0
    """How many of `MOODS`, drawn by lot, to put it in."""
    words: tuple[Spoken, ...] = ()
    """Where its words are, to be cut into pieces."""


def prepare(sources: Sources, processes: int = 2, report: Callable[[str], None] = print) -> None:
    """Make what is missing of the synthetic speech and the feature stores; `report` is told of each store."""
    recordings = [one for one in read_manifest(sources.manifest, sources.audio) if one.seconds <= _LONGEST]
    synthetic = clips_for(TRAINING, all_phrases(), sources.synthetic / "training")
    short = list(dict.fromkeys([*short_phrases(), *sorted(COMMAND_WORDS)]))
    wild = clips_for(TRAINING, short, sources.synthetic / "wild", wild=True, share=0.6)
    dialogs = clips_for(MORE, dialog_phrases(), sources.synthetic / "dialogs")
    prompts = clips_for([OWN_VOICE], own_prompts(), sources.synthetic / "prompts")
    synthesise(
        [*synthetic, *wild, *dialogs, *prompts, *clips_for(HELD_OUT, all_phrases(), sources.synthetic / "held-out")]
    )

    speech = [one for one in recordings if one.training and one.text]
    people = [_Item(one.path, one.text, one.corpus, _PEOPLE) for one in speech]
    robots = [
        _Item(clip.path, clip.text, "synthetic", _ROBOTS[index % len(_ROBOTS)]) for index, clip in enumerate(synthetic)
    ]
    jobs = {
        "people-1": people[0::_SLICES],
        "robots": robots,
        "dev": [_Item(one.path, one.text, one.corpus, (_as_it_is,)) for one in recordings if _measures(one)],
        **{f"people-{part + 1}": people[part::_SLICES] for part in range(1, _SLICES)},
        "wild": [
            _Item(one.path, one.text, "synthetic", (_as_it_is,), moods=index % 2) for index, one in enumerate(wild)
        ],
        "dialogs": [
            _Item(one.path, one.text, "dialogs", (_PEOPLE[index % len(_PEOPLE)],)) for index, one in enumerate(dialogs)
        ],
        "moods-people": [_Item(one.path, one.text, "moods", moods=2) for one in speech if _in_moods(one)],
        "moods-robots": [_Item(one.path, one.text, "moods", moods=1) for one in synthetic[::5]],
    }
    with ProcessPoolExecutor(processes) as pool:
        running = {}
        if not exists(sources.features, "noise"):
            running[pool.submit(_write_noise, sources.features, recordings)] = "noise"
        if not exists(sources.features, "bedroom"):
            said = [(one.path, one.text) for one in speech if one.seconds < _SHORT]
            said += [(one.path, one.text) for one in dialogs[::3]]
            running[pool.submit(_write_bedroom, sources.features, said, prompts)] = "bedroom"
        if not exists(sources.features, "pieces"):
            sentences = [one for one in speech if len(one.text.split()) > 1]
            running[pool.submit(_write_pieces, sources, sentences)] = "pieces"
        for name, items in jobs.items():
            if not exists(sources.features, name):
                running[pool.submit(_write, sources.features, name, items)] = name
        for task in as_completed(running):
            task.result()
            report(f"features/{running[task]} is ready")


def _measures(recording: Recording) -> bool:
    return bool(recording.text) and not recording.training


def _in_moods(recording: Recording) -> bool:
    """Whether it is short enough to be a command or an answer; of the single words every third."""
    words = len(recording.text.split())
    return recording.seconds < _SHORT and (words > 1 or zlib.crc32(recording.path.name.encode()) % 3 == 0)


def noise_recordings(recordings: list[Recording], *, training: bool) -> list[Recording]:
    """The noise clips that train, or those that only measure."""
    return [one for one in recordings if one.noise and one.training == training]


def _write(folder: Path, name: str, items: list[_Item]) -> None:
    def features() -> Iterator[tuple[NDArray[np.float32], str, str]]:
        for item in items:
            for sound, text in _sounds(item):
                energies = log_mel(sound)
                if len(energies) >= 20:
                    yield energies, text, item.corpus

    write_store(folder, name, features())


def _sounds(item: _Item) -> Iterator[tuple[Samples, str]]:
    chance = np.random.default_rng(zlib.crc32(str(item.path.name).encode()))
    sound = read_sound(item.path)
    for change in item.changes:
        yield change(sound, chance), item.text
    for changed in in_moods(sound, _draw_moods(item.moods, chance), chance):
        yield changed, item.text
    for piece in cuts(item.words, chance):
        part = cut(sound, piece)
        yield part, piece.text
        if piece.text in COMMAND_WORDS:
            yield _roomy(part, chance), piece.text
            for changed in in_moods(part, _draw_moods(1, chance), chance):
                yield changed, piece.text


def _draw_moods(count: int, chance: np.random.Generator) -> list[str]:
    return [str(mood) for mood in chance.choice(sorted(MOODS), count, replace=False)]


def _write_bedroom(folder: Path, said: list[tuple[Path, str]], prompts: list[Clip]) -> None:
    chance = np.random.default_rng(11)
    rooms = bedrooms(_ROOMS, chance)
    own = [read_sound(clip.path) for clip in prompts]

    def features() -> Iterator[tuple[NDArray[np.float32], str, str]]:
        for path, text in said:
            room = rooms[chance.integers(len(rooms))]
            sound = np.pad(read_sound(path), (0, RATE // 10))
            yield log_mel(heard(sound, room, own, chance)), text, "bedroom"

    write_store(folder, "bedroom", features())


def _write_pieces(sources: Sources, sentences: list[Recording]) -> None:
    aligned = align(sources.aligner, sentences, sources.work / "words.jsonl")
    items = [_Item(one.path, one.text, "pieces", words=tuple(words)) for one, words in aligned]
    _write(sources.features, "pieces", items)


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
