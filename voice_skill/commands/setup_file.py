"""Changes settings in `charley.yaml` and leaves everything else in it as it is: order, comments, other settings.

Only the lines of what changes are written anew. The result is read before it is kept: it must be the old settings with
the new values in them, and nothing else. The file is replaced as a whole or not at all.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path

from voice_skill.config import parse_config
from voice_skill.errors import ConfigError, StorageError
from voice_skill.journal.files import write_whole
from voice_skill.strict_yaml import Data, Marks, load

__all__ = ["Changes", "change_file", "changed", "text_of"]

Changes = Mapping[tuple[str, ...], Data]
"""Setting → its new value: `("region",)`, or `("night_hours", "whisper")` for one inside another."""

_PLAIN = re.compile(r"[A-Za-z][A-Za-z0-9 /+_-]*[A-Za-z0-9]")
_COMMENT = re.compile(r"\s+#.*")


def change_file(path: Path, changes: Changes) -> None:
    """Make `changes` in the file, which need not exist yet.

    Raises `StorageError` if it cannot be read or written, and `ConfigError` if it is wrong already, or if a value is;
    the file is then as it was.
    """
    _replace(path, changed(text_of(path), path, changes))


def text_of(path: Path) -> str:
    """What stands in a settings file, which need not exist yet. Raises `StorageError` if it cannot be read."""
    try:
        return path.read_bytes().decode() if path.exists() else ""
    except (OSError, UnicodeDecodeError) as error:
        raise StorageError(f"{path} cannot be read: {error}", "check the name and who may read it") from error


def changed(text: str, path: Path, changes: Changes) -> str:
    """The text of a settings file with `changes` made in it. Raises `ConfigError`; `path` is named in it."""
    parse_config(text, path)
    for place, value in changes.items():
        data, marks = load(text, str(path), ConfigError)
        wanted = _with(data, place, value)
        if wanted != data:
            text = _edited(text, marks, data, place, value)
            if load(text, str(path), ConfigError)[0] != wanted:
                name = ".".join(place)
                raise ConfigError([marks.problem(place, f"{name} is written in a way that cannot be changed here")])
    parse_config(text, path)
    return text


def _with(data: Data, place: tuple[str, ...], value: Data) -> Data:
    """`data` with `value` at `place`."""
    inside = data if isinstance(data, dict) else {}
    return {**inside, place[0]: value if len(place) == 1 else _with(inside.get(place[0]), place[1:], value)}


def _edited(text: str, marks: Marks, data: Data, place: tuple[str, ...], value: Data) -> str:
    lines = text.splitlines()
    old = data if isinstance(data, dict) else {}
    for depth in range(1, len(place)):
        inner = old.get(place[depth - 1])
        if not isinstance(inner, dict) or marks.lines.get((*place[:depth], *list(inner)[:1])) == marks.line(
            place[:depth]
        ):
            # Not there, null, or in braces on one line: that line is written anew as a whole.
            place, value = place[:depth], _with(inner, place[depth:], value)
            break
        old = inner
    name = place[-1]
    if place in marks.lines:
        at = marks.lines[place] - 1
        indent = lines[at][: len(lines[at]) - len(lines[at].lstrip())]
        comment = "" if isinstance(old.get(name), str) else "".join(_COMMENT.findall(lines[at])[:1])
        lines[at] = f"{indent}{name}: {_written(value)}{comment}"
    elif len(place) > 1:
        first = marks.lines[(*place[:-1], next(iter(old)))] - 1
        indent = lines[first][: len(lines[first]) - len(lines[first].lstrip())]
        lines.insert(first, f"{indent}{name}: {_written(value)}")
    else:
        lines.append(f"{name}: {_written(value)}")
    return "\n".join(lines) + "\n"


def _written(value: Data) -> str:
    """A value as YAML on one line."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key}: {_written(inner)}" for key, inner in value.items()) + "}"
    if isinstance(value, str) and _PLAIN.fullmatch(value) and value not in ("null", "true", "false"):
        return value
    return json.dumps(value, ensure_ascii=False)


def _replace(path: Path, text: str) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write_whole(path, text.encode())
    except OSError as error:
        raise StorageError(
            f"{path} cannot be written: {error.strerror}", "make room or give the right to write there"
        ) from error
