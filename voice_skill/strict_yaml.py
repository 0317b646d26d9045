"""YAML as a person means it: plain data, no surprises, and the line of everything.

Ordinary YAML reads `no` as false, `1:30` as ninety, `010` as eight, an empty value as nothing, and keeps the last
of two equal keys without a word. In a dialog made of yes/no questions each of those is a trap. Here

* only `true` and `false` are truth values, and only `null` is nothing;
* only `12`, `-3` and `0.5` are numbers: every other plain word is text (`yes`, `off`, `22:00`, `000`);
* keys are text, and none appears twice;
* anchors, aliases, merge keys, tags and several documents in a file are refused.

Every fault found is reported, each as `file:line: text`; a fault in the syntax itself ends the search.
This is the only file that imports PyYAML; it uses its event stream alone, never its constructors.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import yaml

from voice_skill.errors import DialogError, StorageError

__all__ = ["Data", "Marks", "Place", "load", "read"]

Data = None | bool | int | float | str | list["Data"] | dict[str, "Data"]
Place = tuple[str | int, ...]
"""Where a value sits: keys and list positions from the top, such as `("states", "hold", "on", "pain")`."""

_MAX_DEPTH = 40
"""Levels of nesting: far more than a person writes, far fewer than Python's stack."""
# libyaml's parser is some forty times faster; a PyYAML built without it lacks the name.
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_INT = re.compile(r"-?(0|[1-9][0-9]{0,17})")
_FLOAT = re.compile(r"-?(0|[1-9][0-9]{0,17})\.[0-9]{1,17}")
# What YAML calls unprintable, and the line ends that YAML counts but an editor does not.
_CONTROL = re.compile(f"{yaml.reader.Reader.NON_PRINTABLE.pattern}|[\x85\u2028\u2029]")
_LOOKALIKE = re.compile(r"~|N(ull|ULL)|T(rue|RUE)|F(alse|ALSE)")


@dataclass(frozen=True, slots=True)
class Marks:
    """Which line of the file each value is on."""

    file: str
    lines: Mapping[Place, int]
    """Line of each value, counted from 1; for an entry of a mapping, the line of its key."""

    def line(self, place: Place) -> int:
        """The line of the value at `place`, or of the nearest thing around it that the file holds."""
        while place and place not in self.lines:
            place = place[:-1]
        return self.lines.get(place, 1)

    def problem(self, place: Place, text: str) -> str:
        """`file:line: states.hold.on[0]: text`."""
        path = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in place).removeprefix(".")
        return f"{self.file}:{self.line(place)}: {f'{path}: ' if path else ''}{text}"


def read(path: Path, error: type[DialogError] = DialogError) -> tuple[Data, Marks]:
    """Load the YAML file at `path`. Raises `StorageError` if it cannot be read, else as `load` does."""
    try:
        raw = path.read_bytes()
    except OSError as problem:
        raise StorageError(f"{path}: {problem.strerror}", "check the name and who may read it") from problem
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError as problem:
        line = raw.count(b"\n", 0, problem.start) + 1
        raise error([f"{path}:{line}: not UTF-8 text; save the file as UTF-8"]) from problem
    return load(text, str(path), error)


def load(text: str, file: str, error: type[DialogError] = DialogError) -> tuple[Data, Marks]:
    """Turn YAML text into plain data and the lines it came from; `None` for a file without content.

    `file` is the name that problems are reported under. Raises `error` with every problem found.
    """
    builder = _Builder(text)
    data = builder.build()
    if builder.problems:
        raise error([f"{file}:{line}: {problem}" for line, problem in sorted(builder.problems)])
    return data, Marks(file, builder.lines)


class _Stop(Exception):
    """What follows cannot be read."""


class _Builder:
    """Builds plain data from the parser's events, noting lines and problems on the way."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.lines: dict[Place, int] = {(): 1}
        self.problems: list[tuple[int, str]] = []

    def build(self) -> Data:
        control = _CONTROL.search(self.text)
        if control:
            line = self.text.count("\n", 0, control.start()) + 1
            self.problems.append((line, f"a control character ({control.group()!r}) in the text; delete it"))
            return None
        data: Data = None
        events: Iterator[yaml.Event] = yaml.parse(self.text, Loader=_LOADER)
        documents = 0
        try:
            for event in events:
                if isinstance(event, yaml.DocumentStartEvent):
                    documents += 1
                    if documents > 1:
                        self.refuse(event, 'a second document begins here ("---"); keep one to a file')
                        break
                elif isinstance(event, yaml.NodeEvent):
                    data = self.value(event, events, ())
        except yaml.MarkedYAMLError as problem:
            self.problems.append(_plain_words(problem, self.text))
        except _Stop:
            pass
        return data

    def refuse(self, event: yaml.Event, problem: str) -> None:
        self.problems.append((_line(event), problem))

    def value(self, event: yaml.Event, events: Iterator[yaml.Event], place: Place) -> Data:
        """The value that begins with `event`; takes from `events` what belongs to it."""
        self.lines.setdefault(place, _line(event))
        if len(place) > _MAX_DEPTH:
            self.refuse(event, f"nested more than {_MAX_DEPTH} levels deep")
            raise _Stop
        if isinstance(event, yaml.AliasEvent):
            self.refuse(event, f"an alias (*{event.anchor}) is not allowed; write the value out, or quote the text")
            return None
        assert isinstance(event, yaml.ScalarEvent | yaml.CollectionStartEvent)
        if event.anchor is not None:
            self.refuse(event, f"an anchor (&{event.anchor}) is not allowed; delete it, or quote the text")
        if event.tag is not None:
            self.refuse(event, f"a tag ({event.tag}) is not allowed; delete it, or quote the text")
        if isinstance(event, yaml.ScalarEvent):
            return self.scalar(event)
        if isinstance(event, yaml.SequenceStartEvent):
            return self.sequence(events, place)
        return self.mapping(events, place)

    def sequence(self, events: Iterator[yaml.Event], place: Place) -> list[Data]:
        items: list[Data] = []
        while not isinstance(event := next(events), yaml.SequenceEndEvent):
            items.append(self.value(event, events, (*place, len(items))))
        return items

    def mapping(self, events: Iterator[yaml.Event], place: Place) -> dict[str, Data]:
        entries: dict[str, Data] = {}
        while not isinstance(event := next(events), yaml.MappingEndEvent):
            key = self.key(event, events, place)
            here = (*place, key)
            if key in entries:
                self.refuse(event, f'"{key}" is here a second time; the first is on line {self.lines[here]}')
            self.lines.setdefault(here, _line(event))
            entries[key] = self.value(next(events), events, here)
        return entries

    def key(self, event: yaml.Event, events: Iterator[yaml.Event], place: Place) -> str:
        """The key that begins with `event`; a refused one gets a name that no key can have twice."""
        if not isinstance(event, yaml.ScalarEvent) or event.tag or event.anchor:
            self.refuse(event, "a key must be plain text")
            self.value(event, events, (*place, "key"))
        elif event.value == "":
            self.refuse(event, "a key is empty")
        elif event.implicit[0] and event.value == "<<":
            self.refuse(event, 'a merge key ("<<") is not allowed; write the entries out')
        elif event.implicit[0] and not isinstance(_resolve(event.value), str):
            self.refuse(event, f'a key must be text; write "{event.value}" in quotes')
        else:
            return event.value
        return f"entry {len(self.problems)}"

    def scalar(self, event: yaml.ScalarEvent) -> Data:
        plain = event.implicit[0]
        if not plain:
            return event.value
        if event.value == "":
            self.refuse(event, 'no value here; write null (nothing) or "" (empty text)')
        elif _LOOKALIKE.fullmatch(event.value):
            self.refuse(event, f'{event.value} is unclear; write true, false or null, or "{event.value}" in quotes')
        return _resolve(event.value)


def _line(event: yaml.Event) -> int:
    assert event.start_mark is not None  # the stubs allow for events made by hand
    return event.start_mark.line + 1


def _resolve(plain: str) -> Data:
    """What a plain, unquoted word means."""
    if plain in ("true", "false"):
        return plain == "true"
    if plain == "null":
        return None
    if _INT.fullmatch(plain):
        return int(plain)
    if _FLOAT.fullmatch(plain):
        return float(plain)
    return plain


def _plain_words(error: yaml.MarkedYAMLError, text: str) -> tuple[int, str]:
    """The line and the likely meaning of a syntax error, for someone who does not know YAML's grammar."""
    at = error.problem_mark
    assert at is not None  # as above
    line = at.line + 1
    opened = error.context_mark.line + 1 if error.context_mark else line
    source = [*re.split(r"\r\n?|\n", text), ""][at.line]
    context, problem = error.context or "", error.problem or ""
    if "\t" in source[: len(source) - len(source.lstrip())]:
        return line, "a tab in the indentation; use spaces"
    if "flow sequence" in context:
        return opened, 'the list that "[" opens here is not closed with "]", or lacks a comma'
    if "flow mapping" in context:
        return opened, 'the mapping that "{" opens here is not closed with "}", or lacks a comma'
    if "escape" in problem:
        return line, "an unknown \\ escape in double quotes; use single quotes"
    if "quoted scalar" in context:
        return opened, "the quotation mark that opens here is never closed"
    if "mapping values" in problem:
        return line, 'a colon where none may be; put text that holds ": " in quotes, and look at the line above'
    if "expected ':'" in problem:
        return opened, "a key without a colon (and a space) after it"
    if "cannot start any token" in problem or "block node" in context:
        return line, f"text may not begin with {source[at.column : at.column + 1]}; put it in quotes"
    if "block" in context:
        return line, "this does not line up with the lines above it, or follows a closed quotation mark"
    return line, f"not readable as YAML: {problem}"
