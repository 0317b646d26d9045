"""The speech model on disk: where it is, whether it is whole, how it behaves.

A model is a folder as Vosk reads it. The bundled one brings three more files: `checksums.txt`, which tells a damaged
copy from a good one before Vosk, which would crash, opens it; `charley.toml`, what was measured with it; and a card.
"""

from __future__ import annotations

import hashlib
import os
import re
import tomllib
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path

from voice_skill.asr.wholes import GrammarWeights
from voice_skill.config import bundled
from voice_skill.errors import ModelError

__all__ = [
    "SETTINGS",
    "ModelSettings",
    "locate_model",
    "read_settings",
    "verify_model",
    "vocabulary",
    "write_checksums",
]

CHECKSUMS = "checksums.txt"
SETTINGS = "charley.toml"
"""What was measured with the model."""
_CARD = "README.md"
_WORDS = "graph/words.txt"
_REQUIRED = ("am/final.mdl", "conf/model.conf")
_GRAPHS = (("graph/HCLr.fst", "graph/Gr.fst"), ("graph/HCLG.fst",))
"""A model has a graph for phrases chosen at run time, or a fixed one."""
_SUM = re.compile(r"# (?P<bytes>\d+) bytes|(?P<digest>[0-9a-f]{64})  (?P<name>.+)")
_REINSTALL = 'install Charley again, or fetch another model with "voice-skill model get en-us"'


@dataclass(frozen=True, slots=True)
class ModelSettings:
    """What was measured with one model; the defaults are for a model that nothing is known about."""

    word_delay: float = 0.0
    """Seconds by which the model reports words too late, begin and end alike."""
    thresholds: Mapping[str, float] = field(default_factory=dict)
    """Confidences and durations for `nlu.understanding.Thresholds`, where they differ from its defaults."""
    grammar: GrammarWeights = field(default_factory=GrammarWeights)
    """What is offered to it beside the phrases that may be said."""


def locate_model(path: str | os.PathLike[str] | None = None) -> Path:
    """The folder of the model asked for, or of the bundled English one. Whether it is usable, `verify_model` says."""
    return bundled("models") / "en" if path is None else Path(path).expanduser()


def verify_model(path: Path) -> None:
    """Check that `path` is a whole Vosk model; with `checksums.txt`, that every file in it is unchanged.

    Raises `ModelError`.
    """
    _check_folder(path)
    graphs = [names for names in _GRAPHS if all((path / name).is_file() for name in names)]
    missing = [name for name in _REQUIRED if not (path / name).is_file()]
    if len(missing) == len(_REQUIRED) and not graphs:
        raise _not_a_model(path)
    if not graphs:
        missing += [name for name in _GRAPHS[0] if not (path / name).is_file()]
    if missing:
        raise ModelError(f"the speech model in {path} lacks {', '.join(missing)}", _REINSTALL)
    for name in (*_REQUIRED, *graphs[0]):
        if (path / name).stat().st_size == 0:
            raise ModelError(f"the speech model's file {path / name} is empty", _REINSTALL)
    if (path / CHECKSUMS).is_file():
        _check_sums(path)


def write_checksums(path: Path) -> None:
    """Write `checksums.txt` for the model in `path`: a line for `sha256sum -c` for each file but it and the card.

    Each size stands in a comment above, so that a file cut short can be told from one that was changed.
    """
    names = sorted(file.relative_to(path).as_posix() for file in path.rglob("*") if file.is_file())
    lines = [
        f"# {(path / name).stat().st_size} bytes\n{_sha256(path / name)}  {name}\n"
        for name in names
        if name not in (CHECKSUMS, _CARD)
    ]
    new = path / f"{CHECKSUMS}.new"
    new.write_text("".join(lines), encoding="utf-8")
    new.replace(path / CHECKSUMS)


def read_settings(path: Path) -> ModelSettings:
    """What the model's `charley.toml` says; the defaults where there is none. Raises `ModelError` if it is broken."""
    file = path / SETTINGS
    if not file.is_file():
        return ModelSettings()
    cure = f"put the file right, or delete it to use {file.parent} as a model that nothing is known about"
    try:
        data = tomllib.loads(file.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ModelError(f"{file}: {error}", cure) from error
    thresholds = data.pop("thresholds", {})
    delay = data.pop("word_delay", 0.0)
    grammar = data.pop("grammar", {})
    if data or not isinstance(thresholds, dict) or not isinstance(grammar, dict):
        raise ModelError(f"{file}: word_delay, [thresholds] and [grammar] are all it may hold", cure)
    for name, value in grammar.items():
        if name not in {one.name for one in fields(GrammarWeights)}:
            raise ModelError(f"{file}: [grammar] has no {name}", cure)
        least, most = (0, 99) if name == "share" else (0 if name in {"rivals", "single"} else 1, 100_000)
        if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
            raise ModelError(f"{file}: {name} must be a whole number from {least} to {most}, and is {value!r}", cure)
    for name, value in {"word_delay": delay, **thresholds}.items():
        if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= 1:
            raise ModelError(f"{file}: {name} must be a number from 0 to 1, and is {value!r}", cure)
    limits = {name: float(value) for name, value in thresholds.items()}
    return ModelSettings(float(delay), limits, GrammarWeights(**grammar))


def vocabulary(path: Path) -> frozenset[str]:
    """Every word that the model knows, from `graph/words.txt`; not the phrases that it knows as wholes.

    Raises `ModelError` where there is no such list: some Vosk models keep it inside another file, and only the loaded
    recogniser can tell whether they know a word.
    """
    try:
        lines = (path / _WORDS).read_text(encoding="utf-8").splitlines()
    except OSError as error:
        raise ModelError(f"the speech model in {path} has no list of words, {_WORDS}", _REINSTALL) from error
    words = (line.split(" ")[0] for line in lines)
    return frozenset(word for word in words if word and word[0] not in "<[#!" and "_" not in word)


def _check_folder(path: Path) -> None:
    """Raise `ModelError`, with the most likely cause, if `path` is no folder."""
    if not path.exists():
        raise ModelError(f"there is no speech model {path}", "check the name, or leave it out for the bundled model")
    if path.is_dir():
        return
    if zipfile.is_zipfile(path):
        raise ModelError(f"{path} is a zip file that was not unpacked", f"unzip it, and name the folder: unzip {path}")
    raise ModelError(f"{path} is a file; a speech model is a folder", "name the folder that holds am/ and graph/")


def _not_a_model(path: Path) -> ModelError:
    inside = sorted(file.parent.parent for file in path.glob("*/am/final.mdl"))
    if inside:
        return ModelError(f"{path} holds a Vosk model, but is none itself", f"name the model's own folder: {inside[0]}")
    zips = sorted(path.glob("*.zip"))
    if zips:
        return ModelError(f"{path} holds a zip file that was not unpacked", f"unzip it there: unzip {zips[0]}")
    return ModelError(f"{path} is a folder, but not a Vosk model", "name the folder that holds am/ and graph/")


def _check_sums(path: Path) -> None:
    promised: int | None = None
    for number, line in enumerate((path / CHECKSUMS).read_text(encoding="utf-8").splitlines(), 1):
        match = _SUM.fullmatch(line)
        if match is None:
            raise ModelError(f"{path / CHECKSUMS}:{number}: is no checksum: {line}", _REINSTALL)
        if match["bytes"]:
            promised = int(match["bytes"])
            continue
        digest, name = match["digest"], match["name"]
        file = path / name
        if not file.is_file():
            raise ModelError(f"the speech model in {path} lacks {name}", _REINSTALL)
        size = file.stat().st_size
        if promised is not None and size < promised:
            raise ModelError(f"the speech model's file {file} is cut short: {size} of {promised} bytes", _REINSTALL)
        if _sha256(file) != digest:
            raise ModelError(f"the speech model's file {file} is damaged: its checksum is wrong", _REINSTALL)
        promised = None


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
