"""A recogniser that hears what a script says, for tests of everything above it."""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable, Sequence
from dataclasses import replace

from voice_skill.asr.port import UNKNOWN, Transcript, Word
from voice_skill.audio.frame import SAMPLE_RATE
from voice_skill.errors import ModelError

__all__ = ["ScriptedDecoding", "ScriptedRecogniser", "said"]

Script = Transcript | Callable[[Sequence[str] | None], Transcript]
"""What an utterance is heard as, or a function of the grammar it is decoded with."""

_BYTES_PER_SECOND = 2 * SAMPLE_RATE


def said(text: str, confidence: float = 1.0, start: float = 0.0, seconds_per_word: float = 0.3) -> Transcript:
    """A transcript of evenly spoken words, the first beginning at `start` seconds."""
    return Transcript(
        tuple(
            Word(word, start + index * seconds_per_word, start + (index + 1) * seconds_per_word, confidence)
            for index, word in enumerate(text.split())
        )
    )


class ScriptedDecoding:
    """Its partial result holds the words that had ended by the sound fed so far."""

    def __init__(self, transcript: Transcript) -> None:
        self._transcript = transcript
        self._seconds = 0.0

    def feed(self, pcm: bytes) -> None:
        """Count the seconds."""
        self._seconds += len(pcm) / _BYTES_PER_SECOND

    def partial(self) -> str:
        """The words so far."""
        return Transcript(tuple(word for word in self._transcript.words if word.end <= self._seconds)).text

    def finish(self) -> Transcript:
        """The words that the sound fed so far covers."""
        return Transcript(tuple(word for word in self._transcript.words if word.start < self._seconds))


class ScriptedRecogniser:
    """Hears the transcripts of a script, one an utterance; nothing when they are used up.

    A second look, for the same phrases of which some are no longer listed several times, hears the same again, from the
    first word on.
    """

    def __init__(self, script: Iterable[Script] = (), vocabulary: Container[str] | None = None) -> None:
        """`vocabulary`: the words it knows; `None` for every word."""
        self._script = iter(script)
        self._last: Script = Transcript()
        self._vocabulary = vocabulary
        self.grammars: list[tuple[str, ...] | None] = []
        """The grammar of each utterance decoded so far."""

    def decode(self, grammar: Sequence[str] | None) -> ScriptedDecoding:
        """Start the next utterance of the script. Raises `ModelError` as a real recogniser does."""
        unknown = [word for phrase in grammar or () for word in phrase.split() if not self.knows(word)]
        if unknown:
            raise ModelError(f"the speech model does not know: {', '.join(unknown)}", "use other words")
        before = self.grammars[-1] if self.grammars else None
        self.grammars.append(None if grammar is None else tuple(grammar))
        again = before and grammar and len(grammar) < len(before) and set(grammar) == set(before)
        if not again:
            self._last = next(self._script, Transcript())
        heard = self._last if isinstance(self._last, Transcript) else self._last(grammar)
        return ScriptedDecoding(_from_the_first_word(heard) if again else heard)

    def knows(self, word: str) -> bool:
        """Whether `word` is in its vocabulary."""
        return word != UNKNOWN and (self._vocabulary is None or word in self._vocabulary)


def _from_the_first_word(transcript: Transcript) -> Transcript:
    silence = min((word.start for word in transcript.words), default=0.0)
    words = (replace(word, start=word.start - silence, end=word.end - silence) for word in transcript.words)
    return Transcript(tuple(words))
