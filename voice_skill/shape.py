"""Plain data into frozen dataclasses, strictly, with every fault reported at its line.

A `Shaper` knows dataclasses, `str`, `int`, `float`, `bool`, `X | None`, `Literal`, `tuple[X, ...]`, `frozenset[X]`,
`dict[str, X]` and `Annotated[X, check]`. Nothing is coerced: `"5"` is not 5, `1` is not `"1"`, `true` is not 1; only, a
whole number will do where a fraction may stand. What else a field may hold (a union, a shorthand) its caller teaches
it with a hook. A field `from_` is the key `from`. This is the only file that imports cattrs.
"""

from __future__ import annotations

import collections.abc
import dataclasses
import operator
from collections.abc import Callable, Iterable, Iterator, Mapping
from difflib import get_close_matches
from functools import partial
from typing import Annotated, Any, Literal, TypeVar, get_args, get_origin, get_type_hints

from cattrs import Converter
from cattrs.cols import list_structure_factory, mapping_structure_factory
from cattrs.errors import AttributeValidationNote, ForbiddenExtraKeysError, IterableValidationNote
from cattrs.gen import make_dict_structure_fn, override

from voice_skill.errors import DialogError
from voice_skill.strict_yaml import Data, Marks, Place

__all__ = ["Check", "Hook", "Shaper", "Structure", "Wrong", "between", "did_you_mean"]

T = TypeVar("T")
Check = Callable[[Any], str | None]
"""Looks at a value of the right type; says what was expected, or `None`. Used as `Annotated[int, check]`."""
Structure = Callable[[Any, Any], Any]
"""`structure(value, type)`, given to hooks: the same strict structuring, with each fault reported at its own place."""
Hook = Callable[[Any, Structure], Any]
"""Makes a value of the type that it stands for from plain data. Raises `Wrong` if it cannot."""


class Wrong(ValueError):
    """A value does not fit; the text says what was expected."""


class Shaper:
    """Structures plain data; make one and use it for many files, since learning a class takes a millisecond."""

    def __init__(self, hooks: Mapping[Any, Hook] | None = None) -> None:
        """`hooks` teaches further types; unions and generics such as `tuple[Edge, ...]` may be its keys too."""
        self._converter = converter = Converter()
        for kind, expected in _SCALARS.items():
            converter.register_structure_hook(kind, expected)
        converter.register_structure_hook_factory(_is(Literal), lambda kind: _literal(get_args(kind)))
        converter.register_structure_hook_factory(_is(tuple, frozenset), self._collection)
        converter.register_structure_hook_factory(_is(dict, collections.abc.Mapping), self._mapping)
        converter.register_structure_hook_factory(_is(Annotated), self._checked)
        converter.register_structure_hook_factory(dataclasses.is_dataclass, self._dataclass)
        for kind, hook in (hooks or {}).items():
            teach = partial(_by_hook, hook, converter.structure)
            if isinstance(kind, type):
                converter.register_structure_hook(kind, teach)
            else:
                converter.register_structure_hook_func(partial(operator.eq, kind), teach)

    def structure(self, data: Data, marks: Marks, kind: type[T], error: type[DialogError] = DialogError) -> T:
        """A `kind` made from `data`. Raises `error` with every fault found, in the order of their lines."""
        try:
            return self._converter.structure(data, kind)
        except Exception as fault:
            found = [(marks.line(place), marks.problem(place, text)) for place, text in _faults(fault, ())]
            raise error([problem for _, problem in sorted(found)]) from None

    def _collection(self, kind: Any) -> Callable[[Any, Any], Any]:
        items = list_structure_factory(kind, self._converter)
        return lambda value, _: get_origin(kind)(items(_expect(list, value, "a list"), kind))

    def _mapping(self, kind: Any) -> Callable[[Any, Any], Any]:
        entries = mapping_structure_factory(kind, self._converter)
        return lambda value, _: entries(_expect(dict, value, "a mapping"), kind)

    def _checked(self, kind: Any) -> Callable[[Any, Any], Any]:
        plain, *checks = get_args(kind)
        structure = self._converter.get_structure_hook(plain)

        def checked(value: Any, _: Any) -> Any:
            result = structure(value, plain)
            for check in checks:
                if problem := check(result):
                    raise Wrong(problem)
            return result

        return checked

    def _dataclass(self, kind: Any) -> Callable[[Any, Any], Any]:
        structure = self._converter.structure
        # cattrs' own look at a dataclass loses what `Annotated` adds
        hints = get_type_hints(kind, include_extras=True)
        keys: dict[str, Any] = {
            field.name: override(rename=_key(field.name), struct_hook=partial(_as, structure, hints[field.name]))
            for field in dataclasses.fields(kind)
        }
        fields = make_dict_structure_fn(kind, self._converter, _cattrs_forbid_extra_keys=True, **keys)
        return lambda value, _: fields(_expect(dict, value, "a mapping"), kind)


def between(low: float, high: float, unit: str = "") -> Check:
    """A check that a number lies in a range, ends included."""
    text = f"expected {low:g} to {high:g} {unit}".rstrip()
    return lambda value: None if low <= value <= high else f"{text}, found {value:g}"


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """`; did you mean "x"?`, or nothing when no known word is near."""
    near = get_close_matches(word, list(known), n=1)
    return f'; did you mean "{near[0]}"?' if near else ""


def _faults(fault: BaseException, place: Place) -> Iterator[tuple[Place, str]]:
    """Every leaf of what cattrs raised, as a place in the file and a text. Re-raises what is not the file's fault."""
    for note in getattr(fault, "__notes__", ()):
        if isinstance(note, AttributeValidationNote):
            place = (*place, _key(note.name))
        elif isinstance(note, IterableValidationNote):
            place = (*place, note.index)
    match fault:
        case BaseExceptionGroup():
            for part in fault.exceptions:
                yield from _faults(part, place)
        case ForbiddenExtraKeysError():
            known = [_key(field.name) for field in dataclasses.fields(fault.cl)]
            for key in fault.extra_fields:
                yield (*place, key), "unknown key" + (did_you_mean(key, known) or f"; known are {', '.join(known)}")
        case KeyError(args=(key,)) if place and key == place[-1]:
            yield place, "is missing"
        case ValueError():
            yield place, str(fault)
        case _:
            raise fault


def _expect(kind: type[T], value: Any, name: str) -> T:
    # bool is an int to Python, not to a reader
    if not isinstance(value, kind) or (isinstance(value, bool) and kind is not bool):
        quote = f'; write "{str(value).lower()}" in quotes' if kind is str and isinstance(value, int | float) else ""
        raise Wrong(f"expected {name}, found {_name(value)}{quote}")
    return value


def _number(value: Any, _: Any) -> float:
    return float(value) if type(value) is int else _expect(float, value, "a number")


_SCALARS: dict[type, Callable[[Any, Any], Any]] = {
    str: lambda value, _: _expect(str, value, "text"),
    int: lambda value, _: _expect(int, value, "a whole number"),
    bool: lambda value, _: _expect(bool, value, "true or false"),
    float: _number,
}


def _literal(allowed: tuple[Any, ...]) -> Callable[[Any, Any], Any]:
    def literal(value: Any, _: Any) -> Any:
        if not any(type(value) is type(one) and value == one for one in allowed):
            raise Wrong(f"expected one of {', '.join(map(str, allowed))}, found {_name(value)}")
        return value

    return literal


def _name(value: Any) -> str:
    """A value as its writer sees it."""
    match value:
        case None:
            return "null"
        case bool():
            return str(value).lower()
        case int() | float():
            return f"the number {value}"
        case str():
            return f'"{value}"' if len(value) <= 40 else f'"{value[:39]}…"'
        case list():
            return "a list"
        case _:
            return "a mapping"


def _by_hook(hook: Hook, structure: Structure, value: Any, _: Any) -> Any:
    return hook(value, structure)


def _as(structure: Structure, kind: Any, value: Any, _: Any) -> Any:
    return structure(value, kind)


def _is(*origins: Any) -> Callable[[Any], bool]:
    return lambda kind: get_origin(kind) in origins


def _key(field: str) -> str:
    return field.rstrip("_")
