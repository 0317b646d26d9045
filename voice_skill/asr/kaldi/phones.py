"""The sounds of English, and how the decoding graph numbers them.

Three numberings meet in a Kaldi model, and all follow from `PHONES`:

* a *phone* is an index into `PHONES`; 0 is silence. The network has two outputs ("pdfs") per phone: one for its
  first frame (`2 * phone`) and one for every further frame (`2 * phone + 1`).
* a *graph phone* is what the decoder tells apart: silence is 1, and every other phone has four, one per position in
  the word, which share the phone's outputs. They cost nothing in the network and give good word times. Four more,
  then, belong to the filler that stands for words outside the grammar, and the last is a silence inside a
  phrase that counts as one word: see `graph.py`.
* a *transition id* is what the graph's arcs carry. Each graph phone owns one pair (further frame, first frame);
  a filler phone owns one pair for each real phone that it may sound like.
"""

from __future__ import annotations

from enum import IntEnum

__all__ = [
    "GRAPH_PHONES",
    "PAUSE",
    "PHONES",
    "PHONE_ID",
    "SILENCE",
    "TRANSITION_IDS",
    "Position",
    "filler_arc",
    "graph_phone",
    "pause_arc",
    "phone_arc",
    "transition_tuples",
]

PHONES = tuple(
    "SIL AA AE AH AO AW AY B CH D DH EH ER EY F G HH IH IY JH K L M N NG OW OY P R S SH T TH UH UW V W Y Z ZH".split()
)
"""Silence, then the 39 sounds of ARPAbet without stress marks."""

PHONE_ID = {name: index for index, name in enumerate(PHONES)}
SILENCE = 0

_SOUNDS = len(PHONES) - 1


class Position(IntEnum):
    """Where a phone stands in its word."""

    BEGIN = 0
    END = 1
    INTERNAL = 2
    SINGLETON = 3


GRAPH_PHONES = 1 + 4 * _SOUNDS
"""Silence and the four positions of every other phone; the four filler phones and the pause come after these."""

PAUSE = GRAPH_PHONES + 5
"""The graph phone of a silence inside a word, which the word's times must reach across."""

_TUPLES = GRAPH_PHONES + 4 * _SOUNDS + 1
TRANSITION_IDS = 2 * _TUPLES
"""The highest transition id; 1 is the lowest."""


def graph_phone(phone: int, position: Position) -> int:
    """The graph phone of a phone; silence has only one, whatever the position."""
    return 1 if phone == SILENCE else 2 + 4 * (phone - 1) + position


def phone_arc(phone: int, position: Position) -> tuple[int, int]:
    """The transition ids (first frame, further frames) of a phone at a position in a word."""
    tuple_index = graph_phone(phone, position) - 1
    return 2 * tuple_index + 2, 2 * tuple_index + 1


def filler_arc(phone: int, position: Position) -> tuple[int, int]:
    """The transition ids (first frame, further frames) of the filler where it sounds like `phone`."""
    tuple_index = GRAPH_PHONES + _SOUNDS * position + phone - 1
    return 2 * tuple_index + 2, 2 * tuple_index + 1


def pause_arc() -> tuple[int, int]:
    """The transition ids (first frame, further frames) of a silence inside a word."""
    return TRANSITION_IDS, TRANSITION_IDS - 1


def transition_tuples() -> list[tuple[int, int, int]]:
    """(graph phone, first-frame pdf, further-frame pdf) of every pair of transition ids, in order."""
    silence = [(1, 0, 1)]
    words = [
        (graph_phone(phone, position), 2 * phone, 2 * phone + 1)
        for phone in range(1, len(PHONES))
        for position in Position
    ]
    filler = [
        (GRAPH_PHONES + 1 + position, 2 * phone, 2 * phone + 1)
        for position in Position
        for phone in range(1, len(PHONES))
    ]
    return [*silence, *words, *filler, (PAUSE, 0, 1)]
