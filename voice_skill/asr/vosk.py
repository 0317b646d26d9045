"""Speech recognition by Vosk. The only file that imports it.

What Vosk does, and what is done about it here:

* it drops grammar words that it does not know, without an error: each word is looked up first;
* `SetGrammar` on a running recogniser leaves the old state behind: every utterance has a recogniser of its own, which
  takes less than a millisecond to make;
* its own endpointer is ignored: `audio.endpointing` decides where an utterance ends, and Vosk goes on decoding until
  it is asked for the final result;
* a grammar is no closed list: any sequence of its words may come back. `asr.wholes` makes phrases of words into words,
  where the model knows them so, and `nlu.understanding` demands whole phrases.
"""

from __future__ import annotations

import contextlib
import json
import os
import tempfile
from collections.abc import Iterator, Sequence
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
        words = json.loads(self._recogniser.FinalResult()).get("result", [])
        return taken_apart(Transcript(tuple(self._word(word) for word in words)))

    def _word(self, word: dict[str, str | float]) -> Word:
        start, end = (max(0.0, float(word[key]) - self._word_delay) for key in ("start", "end"))
        return Word(str(word["word"]), start, end, min(1.0, float(word["conf"])))


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
