"""The words of the model: Charley's phrases, what it hears beside them, `vocabulary.txt`, and what people say most."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from pathlib import Path

from scripts.train.errors import TrainingError
from scripts.train.phrases import all_phrases, dialog_phrases
from scripts.train.words import pronounce
from voice_skill.asr.kaldi.lexicon import Entry, Lexicon
from voice_skill.nlu.phrases import DECOYS, FILLERS
from voice_skill.wake.gate import RIVALS

__all__ = ["build_lexicon"]

_OWN = Path(__file__).with_name("vocabulary.txt")
_PRONUNCIATIONS = 3
"""At most this many ways to say a word; CMUdict's rarer ones cost more in mix-ups than they gain."""


def build_lexicon(transcripts: Iterable[str], size: int = 5_600) -> Lexicon:
    """Every word that Charley's users must be able to say, filled up to `size` with the commonest others.

    Raises `TrainingError` if a word that must be there has no pronunciation.
    """
    counts = Counter(word for text in transcripts for word in text.split())
    phrases = (*all_phrases(), *dialog_phrases(), *DECOYS, *FILLERS, *RIVALS)
    needed = {word for phrase in phrases for word in phrase.split()} | set(_OWN.read_text().split())
    silent = sorted(word for word in needed if not pronounce(word))
    if silent:
        raise TrainingError(f"no pronunciation for {', '.join(silent)}", "add it to pronunciations.txt")
    words = set(needed)
    for word, _ in counts.most_common():
        if len(words) >= size:
            break
        if pronounce(word):
            words.add(word)
    return {word: Entry(tuple(pronounce(word)[:_PRONUNCIATIONS]), counts[word]) for word in words}
