"""The recorded speech: `manifest.tsv` and the audio files that it names."""

from __future__ import annotations

import csv
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from scripts.train.errors import TrainingError

__all__ = ["Recording", "read_manifest"]

_COLUMNS = ["path", "corpus", "speaker", "duration", "transcript", "licence", "split"]
_NOISE_CORPUS = "esc10_noise"


@dataclass(frozen=True, slots=True)
class Recording:
    """One audio file with what is said in it; no words for noise."""

    path: Path
    corpus: str
    seconds: float
    text: str
    training: bool
    """False for the recordings that only measure."""

    @property
    def noise(self) -> bool:
        return self.corpus == _NOISE_CORPUS


def read_manifest(manifest: Path, audio: Path) -> list[Recording]:
    """Every recording that `manifest` lists, with its file looked up below `audio`.

    The noise corpus has no split of its own: a quarter of its clips, chosen by their names, only measure.
    Raises `TrainingError`, naming the line, for a missing file, a bad field or an unknown split.
    """
    if not manifest.is_file():
        raise TrainingError(f"{manifest}: no such file", "give the folder that holds manifest.tsv with --speech")
    if not audio.is_dir():
        raise TrainingError(f"{audio}: no such folder", "unpack the audio archives and give their folder with --audio")
    return list(_rows(manifest, audio))


def _rows(manifest: Path, audio: Path) -> Iterator[Recording]:
    with manifest.open(encoding="utf-8", newline="") as lines:
        reader = csv.reader(lines, delimiter="\t", quoting=csv.QUOTE_NONE)
        if next(reader, None) != _COLUMNS:
            raise TrainingError(f"{manifest}:1: the columns are not {' '.join(_COLUMNS)}", "restore the manifest")
        for number, fields in enumerate(reader, start=2):
            where = f"{manifest}:{number}"
            if len(fields) != len(_COLUMNS):
                raise TrainingError(f"{where}: {len(fields)} fields instead of {len(_COLUMNS)}", "mend that line")
            name, corpus, _speaker, seconds, text, _licence, split = fields
            path = audio / name
            if split not in {"train", "dev"}:
                raise TrainingError(f"{where}: split is {split!r}", "write train or dev")
            if not seconds.replace(".", "", 1).isdigit():
                raise TrainingError(f"{where}: duration is {seconds!r}", "write seconds, such as 1.25")
            if not path.is_file():
                raise TrainingError(f"{where}: {path} is missing", "unpack the audio archives again")
            training = split == "train" and not (corpus == _NOISE_CORPUS and zlib.crc32(name.encode()) % 4 == 0)
            text = "" if corpus == _NOISE_CORPUS else text.lower().replace("-", " ").strip()
            yield Recording(path, corpus, float(seconds), text, training)
