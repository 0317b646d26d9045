"""Phrases written short: `{my|the} leg [really] hurts` is four phrases.

Braces hold alternatives, one of which is said; brackets hold what may be left out. They may stand in each other.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from itertools import chain, product

from voice_skill.loading.places import PHRASES, Problem
from voice_skill.strict_yaml import Marks, Place

__all__ = ["expand", "expand_all", "renumber", "template_problems"]

MAX_PHRASES = 200
"""Phrases that one template may stand for: more is a slip of the pen, and slows every recognition."""

_MARK = re.compile(r"[{}|\[\]]")
_PAIRS = {"{": "}", "[": "]"}


def expand(template: str) -> tuple[str, ...]:
    """The phrases that a template stands for, in order, each once. Raises ValueError if its brackets do not match."""
    parts = [part for part in re.split(r"([{}|\[\]])", template) if part]
    said, rest = _alternatives(parts, "")
    assert not rest
    return tuple(dict.fromkeys(" ".join(text.split()) for text in said))


def _alternatives(parts: list[str], closing: str) -> tuple[list[str], list[str]]:
    """All that may be said up to `closing`, and the parts after it."""
    found: list[str] = []
    current = [""]
    while parts:
        part, *parts = parts
        if part in _PAIRS:
            inner, parts = _alternatives(parts, _PAIRS[part])
            choices = [*inner, ""] if part == "[" else inner
            current = [before + choice for before, choice in product(current, choices)]
        elif part == "|" and closing == "}":
            found += current
            current = [""]
        elif _MARK.fullmatch(part):
            if part != closing:
                raise ValueError(f'"{part}" has no partner')
            return found + current, parts
        else:
            current = [before + part for before in current]
    if closing:
        raise ValueError(f'"{closing}" is missing')
    return found + current, parts


def template_problems(phrases: Mapping[str, Iterable[str]]) -> Iterator[Problem]:
    """Templates that stand for nothing that can be said, or for far too much."""
    for intent, listed in phrases.items():
        for number, text in enumerate(listed):
            place: Place = ("phrases", intent, number)
            try:
                count = len(expand(text))
            except ValueError as error:
                yield Problem(PHRASES, place, f'"{text}" is no phrase: {error}')
                continue
            if count > MAX_PHRASES:
                yield Problem(
                    PHRASES, place, f'"{text}" stands for {count} phrases; at most {MAX_PHRASES} may be meant'
                )


def expand_all(phrases: Mapping[str, Iterable[str]]) -> dict[str, tuple[str, ...]]:
    """Every template expanded. Raises ValueError as `expand` does."""
    return {intent: tuple(chain.from_iterable(map(expand, listed))) for intent, listed in phrases.items()}


def renumber(phrases: Mapping[str, Iterable[str]], marks: Marks) -> Marks:
    """The lines of the expanded phrases, by their new numbers."""
    lines: dict[Place, int] = {place: line for place, line in marks.lines.items() if len(place) < 3}
    for intent, listed in phrases.items():
        made = 0
        for number, text in enumerate(listed):
            for _ in expand(text):
                lines["phrases", intent, made] = marks.line(("phrases", intent, number))
                made += 1
    return Marks(marks.file, lines)
