"""Speech recognition by Vosk. The only file that imports it.

What Vosk does, and what is done about it here:

* it drops grammar words that it does not know, without an error: each word is looked up first;
* `SetGrammar` on a running recogniser leaves the old state behind: every utterance has a recogniser of its own, which
  takes 30 ms to make for a thousand phrases;
* its own endpointer is ignored: `audio.endpointing` decides where an utterance ends, and Vosk goes on decoding until
  it is asked for the final result;
* it tells how sure it is of each word, but not of what is meant: "no" 0.5 and "nope" 0.5 is a sure no. So it is asked
  for its n best hypotheses, whose scores are turned into posteriors here;
* a grammar is no closed list: any sequence of its words may come back. `asr.wholes` makes phrases of words into words,
  where the model knows them so, and `nlu.understanding` demands whole phrases.
"""

from __future__ import annotations

import contextlib
import json
import math
import os
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from voice_skill.asr.kaldi.lexicon import read_lexicon
from voice_skill.asr.model import ModelSettings, read_settings, verify_model
from voice_skill.asr.port import Transcript, Word
from voice_skill.asr.wholes import GrammarWeights, Offer, spaced, taken_apart
from voice_skill.audio.frame import SAMPLE_RATE
from voice_skill.errors import ModelError

if TYPE_CHECKING:
    import vosk

__all__ = ["VoskDecoding", "VoskRecogniser"]

_NO_WORDS = ("<", "[", "#", "!")
"""Entries of Vosk's word table that begin so are symbols, not words."""
_LEXICON = "lexicon.txt"
_HYPOTHESES = 20
"""More are found seldom: the lattice ends where the score is 3 below the best."""
_LISTS_KEPT = 16
"""A list of a thousand phrases and as many rivals takes about 100 kB."""


class VoskDecoding:
    """One utterance in Vosk. See `asr.port.Decoding`."""

    def __init__(self, recogniser: vosk.KaldiRecognizer, word_delay: float) -> None:
        self._recogniser = recogniser
        self._word_delay = word_delay

    def feed(self, pcm: bytes) -> None:
        """Take in more sound (int16 little-endian mono, 16 kHz)."""
        self._recogniser.AcceptWaveform(pcm)

    def partial(self) -> str:
        """The best text so far. It follows the sound by about 0.3 s."""
        return spaced(str(json.loads(self._recogniser.PartialResult())["partial"]))

    def finish(self) -> Transcript:
        """The transcript, with word times from the first sample fed."""
        found = json.loads(self._recogniser.FinalResult())["alternatives"]
        weights = [math.exp(one["confidence"] - found[0]["confidence"]) for one in found]
        return _best_of(
            [
                Transcript(tuple(self._word(word, weight / sum(weights)) for word in one.get("result", ())))
                for one, weight in zip(found, weights, strict=True)
            ]
        )

    def _word(self, word: dict[str, str | float], confidence: float) -> Word:
        start, end = (max(0.0, float(word[key]) - self._word_delay) for key in ("start", "end"))
        return Word(str(word["word"]), start, end, confidence)


class VoskRecogniser:
    """A loaded Vosk model. See `asr.port.Recogniser`."""

    def __init__(self, path: Path, weights: GrammarWeights | None = None) -> None:
        """Verify and load the model in `path`. `weights` are used instead of its own. Raises `ModelError`."""
        verify_model(path)
        self.settings: ModelSettings = read_settings(path)
        """What was measured with this model."""
        self._path = path
        self._model = _load(path)
        self._offer = self._make_offer(path, weights or self.settings.grammar)
        self._lists: dict[tuple[str, ...], str] = {}

    def decode(self, grammar: Sequence[str] | None) -> VoskDecoding:
        """Start an utterance. Raises `ModelError` if a phrase holds a word that the model does not know."""
        import vosk

        if grammar is None:
            recogniser = vosk.KaldiRecognizer(self._model, SAMPLE_RATE)
        else:
            recogniser = vosk.KaldiRecognizer(self._model, SAMPLE_RATE, self._list(tuple(grammar)))
        recogniser.SetWords(True)
        recogniser.SetMaxAlternatives(_HYPOTHESES)
        return VoskDecoding(recogniser, self.settings.word_delay)

    def knows(self, word: str) -> bool:
        """Whether `word` is in the model's vocabulary."""
        return not word.startswith(_NO_WORDS) and self._model.vosk_model_find_word(word) >= 0

    def _list(self, grammar: tuple[str, ...]) -> str:
        """What Vosk is given for `grammar`. The last few lists are kept, as one utterance is decoded more than once."""
        if grammar not in self._lists:
            self._check(grammar)
            if len(self._lists) == _LISTS_KEPT:
                del self._lists[next(iter(self._lists))]
            self._lists[grammar] = json.dumps(self._offer.entries(grammar))
        return self._lists[grammar]

    def _make_offer(self, path: Path, weights: GrammarWeights) -> Offer:
        lexicon = read_lexicon(path / _LEXICON) if (path / _LEXICON).is_file() else {}
        common = sorted((word for word in lexicon if self.knows(word)), key=lambda word: -lexicon[word].count)
        sounds = {word: entry.pronunciations for word, entry in lexicon.items()}
        return Offer(weights, self.knows, sounds, common)

    def _check(self, grammar: Sequence[str]) -> None:
        unknown = sorted({word for phrase in grammar for word in phrase.split() if not self.knows(word)})
        if unknown:
            raise ModelError(
                f"the speech model in {self._path} does not know: {', '.join(unknown)}",
                "use other words, or a model that knows these",
            )


def _best_of(hypotheses: Sequence[Transcript]) -> Transcript:
    """The best one, each word as likely as it is in all of them together."""

    def posterior(word: Word) -> float:
        holding = (next((one for one in each.words if _same(one, word)), None) for each in hypotheses)
        return min(1.0, sum(one.confidence for one in holding if one))

    words = tuple(replace(word, confidence=posterior(word)) for word in hypotheses[0].words)
    return taken_apart(Transcript(words, tuple(map(taken_apart, hypotheses))))


def _same(one: Word, other: Word) -> bool:
    """Whether it is the same word at about the same moment."""
    return one.text == other.text and one.start < other.end and other.start < one.end


def _load(path: Path) -> vosk.Model:
    try:
        import vosk
    except (ImportError, OSError) as error:
        raise ModelError(f"the speech recogniser Vosk cannot be loaded: {error}", "pip install vosk==0.3.45") from error
    vosk.SetLogLevel(-2)  # errors only
    with tempfile.TemporaryFile() as said:
        try:
            with _stderr_to(said):
                return vosk.Model(str(path))
        except Exception as error:  # Vosk raises nothing more specific
            said.seek(0)
            last = (said.read().decode(errors="replace").strip().splitlines() or [str(error)])[-1]
            raise ModelError(
                f"Vosk cannot load the speech model in {path}: {last}",
                "unpack or install the model again",
            ) from error


@contextlib.contextmanager
def _stderr_to(file: BinaryIO) -> Iterator[None]:
    """Send what C code writes to standard error into `file`."""
    kept = os.dup(2)
    try:
        os.dup2(file.fileno(), 2)
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)
