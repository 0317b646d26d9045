"""The decoding graph: from a lexicon to `HCLr.fst`, `Gr.fst`, `words.txt` and the small files beside them.

`HCLr.fst` turns transition ids into words. All words are one tree of sounds that begins and ends in one state; a
word is written on the arc of its last sound, where it is certain. A phone is one state that may repeat itself, and
its first frame is on the arc that enters the state. Silence may come before, between and after words.

A phrase may be in the tree as one word ("hang_on"), with room for a pause between its words: `asr.wholes` says why.

`[unk]` is any word that the grammar does not hold. It is no sound of its own but a loop through all phones, weighed
by how phones follow one another, that competes with the grammar's words; so a word's confidence says how much
better it fits than "some other speech". Its cost per phone and per word (`Filler`) sets how easily a word is
accepted.
"""

from __future__ import annotations

import itertools
import json
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from voice_skill.asr.kaldi.fst import Arc, Fst, write_const, write_lookahead
from voice_skill.asr.kaldi.lexicon import Lexicon
from voice_skill.asr.kaldi.phones import (
    GRAPH_PHONES,
    PAUSE,
    PHONE_ID,
    PHONES,
    SILENCE,
    TRANSITION_IDS,
    Position,
    filler_arc,
    graph_phone,
    pause_arc,
    phone_arc,
)
from voice_skill.asr.wholes import ways_to_say, whole
from voice_skill.errors import ModelError

__all__ = ["UNKNOWN_WORD", "Filler", "build_graph", "read_filler", "write_filler", "write_graph"]

UNKNOWN_WORD = "[unk]"

_SILENCE_SHARE = 0.5
"""How likely silence is before the first word and after each."""
_SILENCE_COST = -math.log(_SILENCE_SHARE)
_NO_SILENCE_COST = -math.log(1 - _SILENCE_SHARE)
_STOP_SHARE = 0.1
"""How likely the default language model is to end after a word: its words are independent of one another."""
_POSITION_NAMES = {
    Position.BEGIN: "begin",
    Position.END: "end",
    Position.INTERNAL: "internal",
    Position.SINGLETON: "singleton",
}


@dataclass(frozen=True, slots=True)
class Filler:
    """How speech outside the grammar is weighed."""

    bigram: tuple[tuple[float, ...], ...]
    """The log of p(next phone | phone), natural; row and column 0 are the edge of a word."""
    phone_cost: float = -1.7
    """Added for every phone; negative makes `[unk]` likelier, the more so the longer the word."""
    word_cost: float = 2.0
    """Added for every `[unk]`."""


def write_filler(path: Path, filler: Filler) -> None:
    values = {
        "phone_cost": filler.phone_cost,
        "word_cost": filler.word_cost,
        "phones": " ".join(PHONES),
        "bigram": [[round(value, 3) for value in row] for row in filler.bigram],
    }
    path.write_text(json.dumps(values).replace("], [", "],\n[") + "\n", encoding="utf-8")


def read_filler(path: Path) -> Filler:
    """Raises `ModelError` for a file that `write_filler` did not write."""
    try:
        values = json.loads(path.read_text(encoding="utf-8"))
        bigram = tuple(tuple(float(value) for value in row) for row in values["bigram"])
        filler = Filler(bigram, float(values["phone_cost"]), float(values["word_cost"]))
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ModelError(f"{path}: not readable: {error}", "restore the model folder") from error
    if [len(row) for row in bigram] != [len(PHONES)] * len(PHONES):
        raise ModelError(f"{path}: bigram is not {len(PHONES)} by {len(PHONES)}", "restore the model folder")
    return filler


def write_graph(folder: Path, lexicon: Lexicon, filler: Filler, phrases: Iterable[str] = ()) -> None:
    """Write every file of a model's `graph` folder, which must exist. `phrases` are also heard as wholes."""
    fst, words = build_graph(lexicon, filler, phrases)
    write_lookahead(folder / "HCLr.fst", fst, final_label=len(words) + 1)
    write_const(folder / "Gr.fst", _independent_words(words, lexicon))
    (folder / "words.txt").write_text(
        "".join(f"{word} {label}\n" for label, word in enumerate(["<eps>", *words])), encoding="utf-8"
    )
    (folder / "disambig_tid.int").write_text(f"{TRANSITION_IDS + 1}\n")  # must not be empty; we need none
    (folder / "phones").mkdir(exist_ok=True)
    (folder / "phones" / "word_boundary.int").write_text(_word_boundaries())


def build_graph(lexicon: Lexicon, filler: Filler, phrases: Iterable[str] = ()) -> tuple[Fst, list[str]]:
    """The graph and the words in the order of their labels, which begin at 1. Raises `ModelError` for a phrase with a
    word that is not in the lexicon.

    Labels are given in the order of a walk through the tree, so that the words that can follow any sound are few
    intervals of labels: see `fst.py`.
    """
    builder = _Builder()
    labels = {UNKNOWN_WORD: 1}
    said = {word: entry.pronunciations for word, entry in lexicon.items()}
    ways = [(word, [sounds]) for word, each in said.items() for sounds in each]
    for phrase in sorted(set(phrases)):
        found = ways_to_say(phrase, said)
        if not found:
            raise ModelError(f'the lexicon lacks a word of "{phrase}"', 'add it: "voice-skill model add-words"')
        ways += [(whole(phrase), list(parts)) for parts in found if len(parts) > 1]
    numbered = [([[PHONE_ID[sound] for sound in part] for part in parts], word) for word, parts in ways]
    for parts, word in sorted(numbered, key=lambda one: (list(itertools.chain(*one[0])), one[1])):
        builder.add_word(parts, labels.setdefault(word, len(labels) + 1))
    builder.add_filler(filler, labels[UNKNOWN_WORD])
    return builder.fst, list(labels)


class _Builder:
    """The graph while it grows."""

    def __init__(self) -> None:
        self.fst = Fst()
        self._start = self.fst.new_state()
        self._between = self.fst.new_state()
        self._silence = self.fst.new_state()
        self._enter_silence, stay = phone_arc(SILENCE, Position.SINGLETON)
        self.fst.start = self._start
        self.fst.finals[self._between] = 0.0
        self.fst.add(self._silence, Arc(stay, 0, 0.0, self._silence))
        self.fst.add(self._silence, Arc(0, 0, 0.0, self._between))
        self._leave(self._start)
        self._ends: dict[int, int] = {}
        self._tree: dict[tuple[int, int, Position], int] = {}
        self._branches: set[tuple[int, int]] = set()
        self._pauses: dict[int, int] = {}

    def add_word(self, parts: Sequence[Sequence[int]], label: int) -> None:
        """Add a word, or a phrase of several words (`parts`) that may have pauses between them."""
        sounds = [sound for part in parts for sound in part]
        breaks = set(itertools.accumulate(map(len, parts)))
        if len(sounds) == 1:
            enter, stay = phone_arc(sounds[0], Position.SINGLETON)
            self.fst.add(self._between, Arc(enter, label, 0.0, self._end(stay)))
            return
        states = [self._between]  # where the sounds so far lead to: with a pause after them, and without
        for index, sound in enumerate(sounds[:-1]):
            position = Position.INTERNAL if index else Position.BEGIN
            enter, stay = phone_arc(sound, position)
            branch = (states[0], sound, position)
            if branch not in self._tree:
                self._tree[branch] = self._repeating(stay)
            target = self._tree[branch]
            for state in states:
                self._branch(state, enter, target)
            states = [target, *([self._pause(target)] if index + 1 in breaks else [])]
        enter, stay = phone_arc(sounds[-1], Position.END)
        for state in states:
            self.fst.add(state, Arc(enter, label, 0.0, self._end(stay)))

    def add_filler(self, filler: Filler, label: int) -> None:
        phones = range(1, len(PHONES))
        inside = {
            (phone, position): self._repeating(filler_arc(phone, position)[1])
            for position in (Position.BEGIN, Position.INTERNAL)
            for phone in phones
        }
        last = {
            (phone, position): self._end(filler_arc(phone, position)[1])
            for position in (Position.END, Position.SINGLETON)
            for phone in phones
        }
        edge = filler.bigram[0]
        for phone in phones:
            after = filler.bigram[phone]
            begin = filler.word_cost + filler.phone_cost - edge[phone]
            single = begin - after[0]
            enter = {position: filler_arc(phone, position)[0] for position in Position}
            to_begin, to_single = inside[phone, Position.BEGIN], last[phone, Position.SINGLETON]
            self.fst.add(self._between, Arc(enter[Position.BEGIN], label, begin, to_begin))
            self.fst.add(self._between, Arc(enter[Position.SINGLETON], label, single, to_single))
            to_internal, to_end = inside[phone, Position.INTERNAL], last[phone, Position.END]
            for (before, _), state in inside.items():
                cost = filler.phone_cost - filler.bigram[before][phone]
                self.fst.add(state, Arc(enter[Position.INTERNAL], 0, cost, to_internal))
                self.fst.add(state, Arc(enter[Position.END], 0, cost - after[0], to_end))

    def _branch(self, state: int, enter: int, target: int) -> None:
        """An arc of the tree, once."""
        if (state, target) not in self._branches:
            self._branches.add((state, target))
            self.fst.add(state, Arc(enter, 0, 0.0, target))

    def _pause(self, state: int) -> int:
        """The silence that may follow `state` inside a phrase."""
        if state not in self._pauses:
            enter, stay = pause_arc()
            self._pauses[state] = self._repeating(stay)
            self.fst.add(state, Arc(enter, 0, _SILENCE_COST, self._pauses[state]))
        return self._pauses[state]

    def _repeating(self, stay: int) -> int:
        state = self.fst.new_state()
        self.fst.add(state, Arc(stay, 0, 0.0, state))
        return state

    def _end(self, stay: int) -> int:
        """The state of a word's last sound, shared by all words that end in it."""
        if stay not in self._ends:
            self._ends[stay] = self._repeating(stay)
            self._leave(self._ends[stay])
        return self._ends[stay]

    def _leave(self, state: int) -> None:
        self.fst.add(state, Arc(0, 0, _NO_SILENCE_COST, self._between))
        self.fst.add(state, Arc(self._enter_silence, 0, _SILENCE_COST, self._silence))


def _independent_words(words: Sequence[str], lexicon: Lexicon) -> Fst:
    """The language model for when no grammar is given: words as likely as they were frequent."""
    counts = {
        label: 0.5 + (lexicon[word].count if word in lexicon else 0)
        for label, word in enumerate(words, start=1)
        if word in lexicon or word == UNKNOWN_WORD
    }
    go_on = -math.log(1 - _STOP_SHARE)
    total = sum(counts.values())
    arcs = [Arc(label, label, go_on - math.log(count / total), 0) for label, count in counts.items()]
    return Fst(0, [arcs], {0: -math.log(_STOP_SHARE)})


def _word_boundaries() -> str:
    lines = ["1 nonword"]
    for phone in range(1, len(PHONES)):
        lines += [f"{graph_phone(phone, position)} {_POSITION_NAMES[position]}" for position in Position]
    lines += [f"{GRAPH_PHONES + 1 + position} {_POSITION_NAMES[position]}" for position in Position]
    lines.append(f"{PAUSE} {_POSITION_NAMES[Position.INTERNAL]}")
    return "\n".join(lines) + "\n"
