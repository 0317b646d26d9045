"""The recogniser's port: what the pipeline needs from any speech recogniser.

`Recogniser.decode(grammar)` opens a `Decoding` for one utterance; frames are fed into it as they arrive, its
partial text may be looked at meanwhile, and `finish()` gives the `Transcript`. The real one is `asr.vosk`, the
scripted fake is `asr.fake`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

__all__ = ["UNKNOWN", "Decoding", "Recogniser", "Transcript", "Word"]

UNKNOWN = "[unk]"
"""The word a recogniser puts where it heard speech that its grammar does not hold."""


@dataclass(frozen=True, slots=True)
class Word:
    """One recognised word."""

    text: str
    start: float
    """Seconds from the first sample fed."""
    end: float
    """Seconds from the first sample fed."""
    confidence: float
    """Lattice posterior, 0 to 1."""


@dataclass(frozen=True, slots=True)
class Transcript:
    """What one utterance was heard as. No words means that nothing was heard."""

    words: tuple[Word, ...] = ()
    n_best: tuple[Transcript, ...] = ()
    """What else it may have been, the likeliest first, `words` themselves among it. There each word's confidence is the
    posterior of the whole; together they come to 1. Empty where the recogniser knows but one."""

    @property
    def hypotheses(self) -> tuple[Transcript, ...]:
        """`n_best`, or this alone."""
        return self.n_best or (self,)

    @property
    def text(self) -> str:
        """The words, `[unk]` included, joined by single spaces."""
        return " ".join(word.text for word in self.words)

    @property
    def confidence(self) -> float:
        """The confidence of the least sure word; 0 when there is none."""
        return min((word.confidence for word in self.words), default=0.0)


class Decoding(Protocol):
    """One utterance being recognised."""

    def feed(self, pcm: bytes) -> None:
        """Take in more sound (int16 little-endian mono, 16 kHz, any length)."""
        ...

    def partial(self) -> str:
        """The best text so far; it may still change."""
        ...

    def finish(self) -> Transcript:
        """End the utterance and give its transcript. The decoding cannot be used afterwards."""
        ...


class Recogniser(Protocol):
    """Turns sound into words from a list of phrases."""

    def decode(self, grammar: Sequence[str] | None) -> Decoding:
        """Start an utterance. `grammar`: the phrases that may be said, lower case; `None` decodes freely.

        Raises `ModelError` if a phrase holds a word that the model does not know.
        """
        ...

    def knows(self, word: str) -> bool:
        """Whether `word` is in the model's vocabulary."""
        ...
