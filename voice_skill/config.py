"""`charley.yaml`: what may be set, what it is when it is not, and where it is looked for.

`charley.example.yaml` shows every key with its default. A file that holds anything else is refused, every fault at
once with its line: a misspelt `region` must not end in the wrong emergency number.
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from datetime import time
from pathlib import Path
from typing import Annotated, Any, Literal

from voice_skill.errors import ConfigError
from voice_skill.shape import Hook, Shaper, Structure, Wrong, between
from voice_skill.strict_yaml import Data, Marks, load, read

__all__ = [
    "UNKNOWN_REGION",
    "Config",
    "NightHours",
    "bundled",
    "data_folder",
    "find_config",
    "load_config",
    "own_config",
    "parse_config",
]

UNKNOWN_REGION = "unknown"
"""The region when nobody has set one: emergency lines then say "your local emergency number", never a guess."""

_FILE = "charley.yaml"
_DB_PER_STEP = 0.4


def _wake_phrase(text: str) -> str | None:
    if re.fullmatch(r"[a-z']+( [a-z']+){1,4}", text):
        return None
    # One short word is heard in ordinary talk many times a night.
    return f'expected two to five words in lower case, such as "hey charley", found "{text}"'


def _distress_phrase(text: str) -> str | None:
    if re.fullmatch(r"[a-z']+( [a-z']+){1,4}", text):
        return None
    return f'expected two to five words in lower case, such as "help my leg", found "{text}"'


def _region(text: str) -> str | None:
    if text == "UK":
        return "expected GB for the United Kingdom (ISO 3166), found UK"
    if text == UNKNOWN_REGION or re.fullmatch("[A-Z]{2}", text):
        return None
    return f'expected an ISO 3166 code of two capital letters, such as GB, or "{UNKNOWN_REGION}", found "{text}"'


def _filled(text: str) -> str | None:
    return None if text.strip() else "expected a name, found empty text"


def _there(folder: Path) -> str | None:
    return None if folder.is_dir() else f"there is no folder {folder}"


def _makeable(folder: Path) -> str | None:
    return f"{folder} is a file; a folder is needed" if folder.exists() and not folder.is_dir() else None


Volume = Annotated[int, between(0, 100)]
Name = Annotated[str, _filled]


@dataclass(frozen=True, slots=True)
class NightHours:
    """When Charley is quieter because others sleep."""

    from_: time = time(22, 0)
    to: time = time(7, 0)
    """The first minute that is day again; it may lie past midnight."""
    volume: Volume = 70
    """As `Config.volume`, during these hours."""
    whisper: bool = False
    """Whether everything is whispered during these hours, because somebody sleeps beside."""

    def __post_init__(self) -> None:
        if self.from_ == self.to:
            raise Wrong("from and to are the same; for no night at all, write night_hours: null")

    def __contains__(self, at: time) -> bool:
        if self.from_ < self.to:
            return self.from_ <= at < self.to
        return at >= self.from_ or at < self.to


@dataclass(frozen=True, slots=True)
class Config:
    """Everything that may be set."""

    wake_phrase: Annotated[str, _wake_phrase] = "hey charley"
    distress_phrases: tuple[Annotated[str, _distress_phrase], ...] = ()
    """What wakes Charley besides: cries for help. Each is one more thing that a television may say."""
    region: Annotated[str, _region] = UNKNOWN_REGION
    """ISO 3166 code of the country whose emergency number is spoken."""
    voice: Name = "gmw/en-us"
    """The synthesiser's name of the voice."""
    rate: Annotated[int, between(115, 185, "words per minute")] = 150
    """Words per minute of ordinary instructions (clinical.md 3.1: comfortable at about 150, floor 115, cap 185)."""
    volume: Volume = 90
    """Loudness by day: 100 is full scale, and each step below it is 0.4 dB softer. Never silent, not at 0."""
    night_hours: NightHours | None = NightHours()
    """`None`: the same volume at all hours."""
    answer_softly: bool = True
    """Whether a call that is softer than an ordinary voice is answered softer too, and a whisper in a whisper."""
    ordinary_voice: Annotated[int, between(-80, 0, "dBFS")] | None = None
    """How loud an ordinary voice from the bed is at the microphone; `None` where `setup` has not measured it."""
    barge_in: Literal["off", "words", "full"] = "words"
    """What interrupts Charley while it speaks: nothing, the words that may be said then, or any speech at all."""
    echo_cancellation: bool = True
    """Whether Charley's own voice is taken out of what the microphone hears, where `pywebrtc-audio` is installed."""
    microphone: Name | None = None
    """The device's name, or part of it; `None` for the system's default."""
    speaker: Name | None = None
    model: Annotated[Path, _there] | None = None
    """Folder of a Vosk model; `None` for the bundled one."""
    dialogs: Annotated[Path, _there] | None = None
    """Folder of dialog files; `None` for the bundled ones."""
    cache: Annotated[Path, _makeable] | None = None
    """Folder of rendered prompts; `None` for the user's cache folder."""
    journal: Annotated[Path, _makeable] | None = None
    """Folder of the history; `None` keeps nothing, and then nobody is asked for consent either."""

    def gain_db(self, at: time) -> float:
        """Gain for what is spoken at the local time `at`, in decibels; 0 is full scale."""
        night = self.night_hours is not None and at in self.night_hours
        volume = self.night_hours.volume if self.night_hours and night else self.volume
        return (volume - 100) * _DB_PER_STEP

    def whispers(self, at: time) -> bool:
        """Whether everything is whispered at the local time `at`."""
        return self.night_hours is not None and self.night_hours.whisper and at in self.night_hours

    @property
    def model_folder(self) -> Path:
        """The folder of the speech model to use."""
        return self.model or bundled("models") / "en"

    @property
    def dialog_folder(self) -> Path:
        """The folder of the dialogs to use."""
        return self.dialogs or bundled("dialogs")

    @property
    def state_folder(self) -> Path:
        """The folder of what Charley counts, such as false wakes."""
        return _xdg("XDG_STATE_HOME", ".local/state") / "charley"

    @property
    def cache_folder(self) -> Path:
        """The folder to keep rendered prompts in."""
        return self.cache or _xdg("XDG_CACHE_HOME", ".cache") / "charley"


def bundled(name: str) -> Path:
    """The folder `name` that comes with Charley: inside an installed package, or at the top of a checkout."""
    package = Path(__file__).parent
    installed = package / "data" / name
    return installed if installed.exists() else package.parent / name


def find_config(given: Path | None = None) -> Path | None:
    """The configuration file in force: `given`, else `./charley.yaml`, else the user's own; `None` if there is none."""
    if given is not None:
        return given
    places = (Path(_FILE), own_config())
    return next((place for place in places if place.is_file()), None)


def load_config(given: Path | None = None) -> Config:
    """Load the configuration in force (see `find_config`); the defaults where there is none.

    Raises `StorageError` if the file cannot be read and `ConfigError`, with every fault, if it is not right.
    """
    path = find_config(given)
    return Config() if path is None else _config(*read(path, ConfigError), path)


def parse_config(text: str, path: Path) -> Config:
    """The configuration that `text` is, as though it stood in the file `path`. Raises `ConfigError`."""
    return _config(*load(text, str(path), ConfigError), path)


def own_config() -> Path:
    """Where the user's own configuration file is, or would be."""
    return _xdg("XDG_CONFIG_HOME", ".config") / "charley" / _FILE


def data_folder() -> Path:
    """Where what the user has fetched is kept, such as other models."""
    return _xdg("XDG_DATA_HOME", ".local/share") / "charley"


def _config(data: Data, marks: Marks, path: Path) -> Config:
    shaper = Shaper({time: _time, Path: _folder_beside(path)})
    return Config() if data is None else shaper.structure(data, marks, Config, ConfigError)


def _time(value: Any, structure: Structure) -> time:
    text = structure(value, str)
    match = re.fullmatch(r"([01][0-9]|2[0-3]):([0-5][0-9])", text)
    if not match:
        raise Wrong(f'expected a time from "00:00" to "23:59", found "{text}"')
    return time(int(match[1]), int(match[2]))


def _folder_beside(config: Path) -> Hook:
    """A folder in the file is meant from where the file lies, not from where the command was typed."""

    def folder(value: Any, structure: Structure) -> Path:
        text = structure(value, Name)
        try:
            return config.parent / Path(text).expanduser()
        except RuntimeError as problem:
            raise Wrong(f"{text}: no such home folder") from problem

    return folder


def _xdg(variable: str, fallback: str) -> Path:
    """A base folder of the XDG specification, which ignores relative ones."""
    value = os.environ.get(variable, "")
    return Path(value) if value.startswith("/") else Path.home() / fallback
