"""From text with placeholders to sentences that can be spoken, and the list of all that may ever be spoken.

The values that a placeholder can take are finite, so every prompt can be rendered and verified before the night.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import lru_cache
from itertools import chain

from voice_skill.dialog.model import Dialogs, Edge, State

__all__ = ["ADVICE", "PLACEHOLDERS", "SECONDS", "fill", "number", "sentences"]

ADVICE = "{advice}"
"""A sentence of its own: what the flagged question or danger adds."""
PLACEHOLDERS = ("E", "U", "flag", "seconds", "advice")
SECONDS = range(2, 61)
"""The seconds that can be left in a hold."""

_SMALL = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen "
    "eighteen nineteen"
).split()
_TENS = {2: "twenty", 3: "thirty", 4: "forty", 5: "fifty", 6: "sixty"}


def number(value: int) -> str:
    """0 to 69 in words, as a voice should say it."""
    if value < len(_SMALL):
        return _SMALL[value]
    tens, units = divmod(value, 10)
    return _TENS[tens] + (f" {_SMALL[units]}" if units else "")


def advice(dialogs: Dialogs, flag: str) -> tuple[str, ...]:
    """What the flagged danger or question adds to the emergency line."""
    if flag in dialogs.dangers:
        return dialogs.dangers[flag].say
    return dialogs.questions[flag].on_yes if flag in dialogs.questions else ()


def flag_words(dialogs: Dialogs, flag: str) -> str:
    """The flag as words that fit "Say: leg pain, and …"."""
    if flag in dialogs.dangers:
        return dialogs.dangers[flag].flag
    return dialogs.questions[flag].flag if flag in dialogs.questions else "it isn't easing"


@lru_cache(maxsize=8192)
def fill(
    dialogs: Dialogs, texts: tuple[str, ...], region: str, flag: str = "", seconds: int | None = None
) -> tuple[str, ...]:
    """Sentences with every placeholder replaced. An unknown region gets the generic words (clinical.md 5.2)."""
    numbers = dialogs.regions.get(region, dialogs.regions["unknown"])
    values = {
        "{E}": numbers.emergency,
        "{U}": numbers.urgent,
        "{flag}": flag_words(dialogs, flag),
        "{seconds}": number(seconds) if seconds is not None else "",
    }
    whole = chain.from_iterable(advice(dialogs, flag) if text == ADVICE else (text,) for text in texts)
    return tuple(_upper(_replace(text, values)) for text in whole)


def _replace(text: str, values: dict[str, str]) -> str:
    for placeholder, value in values.items():
        text = text.replace(placeholder, value)
    return text


def _upper(text: str) -> str:
    return text[:1].upper() + text[1:]


def sentences(dialogs: Dialogs, region: str) -> list[str]:
    """Every sentence that may be spoken in `region`, sorted: what the prompt store renders ahead of time."""
    flags = ["", *dialogs.dangers, *dialogs.questions]
    spoken: set[str] = set()
    for text in _texts(dialogs):
        if "{seconds}" in text:
            spoken.update(*(fill(dialogs, (text,), region, seconds=left) for left in SECONDS))
        elif "{flag}" in text or text == ADVICE:
            spoken.update(*(fill(dialogs, (text,), region, flag) for flag in flags))
        else:
            spoken.update(fill(dialogs, (text,), region))
    return sorted(spoken)


def _texts(dialogs: Dialogs) -> Iterator[str]:
    """Every text in the dialogs, placeholders and all."""
    for lines in dialogs.lines.values():
        yield from lines
    for danger in dialogs.dangers.values():
        yield from danger.say
    for question in dialogs.questions.values():
        for group in (question.ask, question.other_words, question.on_yes, question.net, question.on_no):
            yield from group
        yield from question.otherwise_say
        for part in (*question.assist, *question.followup):
            yield from part.ask
            yield from part.on_yes
    for edges in dialogs.universal.values():
        yield from _edge_texts(edges)
    for _, state in dialogs.walk():
        yield from _state_texts(state)


def _state_texts(state: State) -> Iterator[str]:
    yield from state.say
    yield from state.ask
    for edges in (*state.on.values(), state.then, state.locked):
        yield from _edge_texts(edges)
    for ladder in (state.noinput, state.nomatch):
        if ladder is not None:
            yield from chain.from_iterable(ladder.rungs)
            yield from _edge_texts(ladder.then)
    if state.hold is not None:
        for cue in state.hold.cues:
            yield from cue.say


def _edge_texts(edges: Iterable[Edge]) -> Iterator[str]:
    for edge in edges:
        yield from edge.say
