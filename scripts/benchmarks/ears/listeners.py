"""The recognisers that are measured: ours, by the product's own code, and PocketSphinx beside it."""

from __future__ import annotations

import math
import time
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


class Listener(Protocol):
    """A recogniser to be measured."""

    load_seconds: float
    """How long it took to load."""

    most_phrases: float
    """Grammars of more phrases than this are not for it."""

    def listen(self, sound: NDArray[np.int16], grammar: tuple[str, ...]) -> tuple[Transcript, float]:
        """What was heard, and for how long one waited for it after the last sound, in seconds."""
        ...


class VoskListener:
    """A Vosk model, as the ear uses it."""

    most_phrases: float = math.inf

    def __init__(self, model: Path, weights: GrammarWeights | None = None) -> None:
        """`weights`: instead of the model's own."""
        begun = time.perf_counter()
        self.recogniser = VoskRecogniser(model, weights)
        self.load_seconds = time.perf_counter() - begun
        self._fillers = tuple(word for word in sorted(FILLERS) if self.recogniser.knows(word))
        self._decoys = tuple(word for word in DECOYS if self.recogniser.knows(word))

    def listen(self, sound: NDArray[np.int16], grammar: tuple[str, ...]) -> tuple[Transcript, float]:
        decoys = self._decoys if "no" in grammar else ()
        decoding = self.recogniser.decode((*grammar, *self._fillers, *decoys))
        decoding.feed(sound.tobytes())
        begun = time.perf_counter()
        return decoding.finish(), time.perf_counter() - begun


class SphinxListener:
    """PocketSphinx 5 with its own English model and a grammar of the phrases.

    It has no `[unk]`; so that it can refuse at all, each of its grammars also allows a loop of single sounds.
    """

    most_phrases: float = 40
    """It takes about a minute to make ready what may be said in one state, which is over a thousand phrases."""

    def __init__(self) -> None:
        """Raises `TrainingError` if PocketSphinx is not installed."""
        if not find_spec("pocketsphinx"):
            raise TrainingError("PocketSphinx is not installed", "pip install '.[bench]', or --without-pocketsphinx")
        import pocketsphinx

        begun = time.perf_counter()
        self._decoder = pocketsphinx.Decoder(lm=None, loglevel="FATAL", bestpath=False)  # its lattice of a loop is huge
        self.load_seconds = time.perf_counter() - begun
        self._searches: dict[tuple[str, ...], str] = {}
        for sound in PHONES[1:]:
            self._decoder.add_word(_sound_word(sound), sound, False)

    def listen(self, sound: NDArray[np.int16], grammar: tuple[str, ...]) -> tuple[Transcript, float]:
        self._decoder.activate_search(self._search(grammar))
        self._decoder.start_utt()
        self._decoder.process_raw(sound.tobytes(), full_utt=True)
        begun = time.perf_counter()
        self._decoder.end_utt()
        best = self._decoder.hyp()
        waited = time.perf_counter() - begun
        texts = [UNKNOWN if word.startswith("zz") else word for word in best.hypstr.split()] if best else []
        return Transcript(tuple(Word(text, 0.0, 0.0, 1.0) for text in texts)), waited

    def _search(self, grammar: tuple[str, ...]) -> str:
        if grammar not in self._searches:
            for word in {word for phrase in grammar for word in phrase.split()}:
                if self._decoder.lookup_word(word) is None:
                    self._decoder.add_word(word, " ".join(pronounce(word)[0]), False)
            name = f"grammar{len(self._searches)}"
            loop = " | ".join(map(_sound_word, PHONES[1:]))
            rule = f"public <heard> = {' | '.join(grammar)} | /1e-10/ ({loop})+;"
            self._decoder.add_jsgf_string(name, f"#JSGF V1.0; grammar {name}; {rule}")
            self._searches[grammar] = name
        return self._searches[grammar]


def _sound_word(sound: str) -> str:
    return f"zz{sound.lower()}"
