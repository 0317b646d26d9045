"""From text with placeholders to sentences that can be spoken, and the list of all that may ever be spoken.

The values that a placeholder can take are finite, so every prompt can be rendered and verified before the night.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import lru_cache
from itertools import chain, product

from voice_skill.dialog.model import Dialogs, Edge, State

__all__ = ["ADVICE", "MINUTES", "PLACEHOLDERS", "SECONDS", "counted", "fill", "in_words", "names_flag", "sentences"]

ADVICE = "{advice}"
"""A sentence of its own: what the flagged question or danger adds."""
PLACEHOLDERS = ("E", "U", "flag", "seconds", "minutes", "advice")
"""What a text may hold in braces, besides the names of facts."""
SECONDS = range(2, 61)
"""The seconds that can be left in a hold."""
MINUTES = range(2, 21)
"""The minutes that can be left of a timer; for less there is a line of its own."""

_SMALL = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen "
    "eighteen nineteen"
).split()
_TENS = {2: "twenty", 3: "thirty", 4: "forty", 5: "fifty", 6: "sixty"}


def in_words(value: str) -> str:
    """A number from 0 to 69 in words, as a voice should say it; what is no number stays as it is."""
    if not value.isdigit():
        return value
    if int(value) < len(_SMALL):
        return _SMALL[int(value)]
    tens, units = divmod(int(value), 10)
    return _TENS[tens] + (f" {_SMALL[units]}" if units else "")


def counted(dialogs: Dialogs) -> dict[str, tuple[str, ...]]:
    """The placeholders that stand for a number or a fact, and all that each may stand for."""
    return {
        "seconds": tuple(map(str, SECONDS)),
        "minutes": tuple(map(str, MINUTES)),
        **{name: dialogs.slots[name] for name in dialogs.facts},
    }


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
def names_flag(texts: tuple[str, ...]) -> bool:
    """Whether what was heard matters to how `texts` are worded."""
    return any("{flag}" in text or text == ADVICE for text in texts)


@lru_cache(maxsize=8192)
def fill(
    dialogs: Dialogs,
    texts: tuple[str, ...],
    region: str,
    flag: str = "",
    values: tuple[tuple[str, str], ...] = (),
) -> tuple[str, ...]:
    """Sentences with every placeholder replaced. An unknown region gets the generic words (clinical.md 5.2).

    `values` is what placeholders like `{seconds}` stand for; numbers among it are put in words.
    """
    numbers = dialogs.regions.get(region, dialogs.regions["unknown"])
    known = {
        "E": numbers.emergency,
        "U": numbers.urgent,
        "flag": flag_words(dialogs, flag),
        **{name: in_words(value) for name, value in values},
    }
    whole = chain.from_iterable(advice(dialogs, flag) if text == ADVICE else (text,) for text in texts)
    return tuple(_upper(_replace(text, known)) for text in whole)


def _replace(text: str, values: dict[str, str]) -> str:
    for name, value in values.items():
        text = text.replace(f"{{{name}}}", value)
    return text


def _upper(text: str) -> str:
    return text[:1].upper() + text[1:]


def sentences(dialogs: Dialogs, region: str) -> list[str]:
    """Every sentence that may be spoken in `region`, sorted: what the prompt store renders ahead of time."""
    flags = ["", *dialogs.dangers, *dialogs.questions]
    spoken: set[str] = set()
    for text in _texts(dialogs):
        held = {name: values for name, values in counted(dialogs).items() if f"{{{name}}}" in text}
        for flag in flags if "{flag}" in text or text == ADVICE else ("",):
            for chosen in product(*held.values()):
                spoken.update(fill(dialogs, (text,), region, flag, tuple(zip(held, chosen, strict=True))))
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
