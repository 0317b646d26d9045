"""The recognisers that are measured: ours, by the product's own code, and PocketSphinx beside it."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from scripts.train.errors import TrainingError
from scripts.train.words import pronounce
from voice_skill.asr.kaldi.phones import PHONES
from voice_skill.asr.port import UNKNOWN, Transcript, Word
from voice_skill.asr.vosk import VoskRecogniser
from voice_skill.asr.wholes import GrammarWeights
from voice_skill.nlu.phrases import DECOYS, FILLERS

__all__ = ["Listener", "SphinxListener", "VoskListener"]

_GARBAGE = 1e-14
"""How likely each single sound of PocketSphinx's garbage loop is. Of an eighth of people's ten words and other words,
1e-6 heard 42 % right and took 3 % for one of the ten, 1e-10 67 and 11, 1e-14 76 and 28, 1e-18 79 and 45, 1e-24 79 and
60 %; without the loop it is 79 and 100. Below 1e-14 little is gained."""
_SEARCHES_KEPT = 32
_SPOTTING = "spotting"
_FAINTEST = 1e-60
"""The threshold from which PocketSphinx's keyphrase search reports a wake phrase, however unsure."""


class Listener(Protocol):
    """A recogniser to be measured."""

    load_seconds: float
    """How long the processor took to load it: what else runs on the machine does not count."""

    size: int
    """What it takes on disk, in bytes."""

    def listen(self, sound: NDArray[np.int16], grammar: tuple[str, ...]) -> tuple[Transcript, float]:
        """What was heard, and for how long the processor still had to work after the last sound, in seconds."""
        ...


class VoskListener:
    """A Vosk model, as the ear uses it."""

    def __init__(self, model: Path, weights: GrammarWeights | None = None) -> None:
        """`weights`: instead of the model's own. Raises `ModelError`."""
        begun = time.process_time()
        self.recogniser = VoskRecogniser(model, weights)
        self.load_seconds = time.process_time() - begun
        self.size = _bytes_in(model)
        self._fillers = tuple(word for word in sorted(FILLERS) if self.recogniser.knows(word))
        self._decoys = tuple(word for word in DECOYS if self.recogniser.knows(word))

    def listen(self, sound: NDArray[np.int16], grammar: tuple[str, ...]) -> tuple[Transcript, float]:
        decoys = self._decoys if "no" in grammar else ()
        decoding = self.recogniser.decode((*grammar, *self._fillers, *decoys))
        decoding.feed(sound.tobytes())
        begun = time.process_time()
        return decoding.finish(), time.process_time() - begun


class SphinxListener:
    """PocketSphinx 5 with its own English model: any of the phrases, or a loop of single sounds, which is `[unk]`.

    The phrases are given as a tree that shares their beginnings, made once for each list: from a JSGF rule PocketSphinx
    takes a minute to make the search for the thousand phrases of one state, from the tree 0.3 s. Its lattice is left
    out (`bestpath`), as that of the loop is huge, and so is its second pass, which only its word lists have.
    """

    def __init__(self) -> None:
        """Raises `TrainingError` if PocketSphinx is not installed."""
        if not find_spec("pocketsphinx"):
            raise TrainingError("PocketSphinx is not installed", "pip install '.[bench]', or --without-pocketsphinx")
        import pocketsphinx

        begun = time.process_time()
        plain = {"lw": 1.0, "wip": 1.0, "pip": 1.0}  # the costs in the tree are all there are
        self._decoder = pocketsphinx.Decoder(lm=None, loglevel="FATAL", bestpath=False, fwdflat=False, **plain)
        self.load_seconds = time.process_time() - begun
        model = Path(pocketsphinx.get_model_path()) / "en-us"
        self.size = _bytes_in(model / "en-us") + (model / "cmudict-en-us.dict").stat().st_size
        self._searches: dict[tuple[str, ...], str] = {}
        self._made = 0
        for sound in PHONES[1:]:
            self._decoder.add_word(_sound_word(sound), sound, False)

    def listen(self, sound: NDArray[np.int16], grammar: tuple[str, ...]) -> tuple[Transcript, float]:
        self._decoder.activate_search(self._search(grammar))
        self._decoder.start_utt()
        self._decoder.process_raw(sound.tobytes(), full_utt=True)
        begun = time.process_time()
        self._decoder.end_utt()
        best = self._decoder.hyp()
        waited = time.process_time() - begun
        texts = [UNKNOWN if word.startswith("zz") else word for word in best.hypstr.split()] if best else []
        return Transcript(tuple(Word(text, 0.0, 0.0, 1.0) for text in texts)), waited

    def spot(self, sound: NDArray[np.int16], phrase: str) -> list[float]:
        """How sure it is of each time that its keyphrase search finds `phrase`; on no particular scale."""
        self._learn(phrase.split())
        with tempfile.TemporaryDirectory() as folder:
            listed = Path(folder) / "phrases"
            listed.write_text(f"{phrase} /{_FAINTEST:g}/\n", encoding="utf-8")
            self._decoder.add_kws(_SPOTTING, str(listed))
        self._decoder.activate_search(_SPOTTING)
        self._decoder.start_utt()
        self._decoder.process_raw(sound.tobytes(), full_utt=True)
        self._decoder.end_utt()
        return [float(found.prob) for found in self._decoder.seg() or ()]

    def _search(self, grammar: tuple[str, ...]) -> str:
        if grammar not in self._searches:
            if len(self._searches) >= _SEARCHES_KEPT:
                oldest = next(iter(self._searches))
                self._decoder.remove_search(self._searches.pop(oldest))
            self._learn(sorted({word for phrase in grammar for word in phrase.split()}))
            self._made += 1
            name = f"grammar{self._made}"
            self._decoder.add_fsg(name, self._decoder.create_fsg(name, _START, _END, _tree(grammar)))
            self._searches[grammar] = name
        return self._searches[grammar]

    def _learn(self, words: Sequence[str]) -> None:
        for word in words:
            if self._decoder.lookup_word(word) is None:
                self._decoder.add_word(word, " ".join(pronounce(word)[0]), False)


_START, _END, _LOOP = 0, 1, 2


def _tree(grammar: Sequence[str]) -> list[tuple[int, int, float, str]]:
    """Steps (from, to, probability, word) through the phrases, and through the loop of single sounds."""
    steps: dict[tuple[int, str, bool], int] = {}
    for phrase in grammar:
        *before, last = phrase.split()
        place = _START
        for word in before:
            place = steps.setdefault((place, word, False), len(steps) + _LOOP + 1)
        steps[place, last, True] = _END
    loop = [
        (place, next_place, _GARBAGE, _sound_word(sound))
        for sound in PHONES[1:]
        for place, next_place in ((_START, _LOOP), (_LOOP, _LOOP), (_LOOP, _END))
    ]
    return [*((place, next_place, 1.0, word) for (place, word, _), next_place in steps.items()), *loop]


def _sound_word(sound: str) -> str:
    return f"zz{sound.lower()}"


def _bytes_in(folder: Path) -> int:
    return sum(file.stat().st_size for file in folder.rglob("*") if file.is_file())
