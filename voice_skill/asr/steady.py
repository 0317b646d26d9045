"""A recogniser that a night can rely on: when the one inside fails, the utterance is lost and nothing else.

A decoder is C++ behind a thin wrapper: it can run out of memory, and its model's files can vanish. Whatever it raises,
the utterance under way comes out as `[unk]`, speech that means nothing, so that Charley asks again. It never comes out
shortened: the rest of "I have no feeling" must not become a "no". The recogniser is made anew for the next one.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from voice_skill.asr.port import UNKNOWN, Decoding, Recogniser, Transcript, Word

__all__ = ["SteadyDecoding", "SteadyRecogniser"]

_LOST = Transcript((Word(UNKNOWN, 0.0, 0.0, 0.0),))


class SteadyRecogniser:
    """Any recogniser, made anew whenever it fails. See `asr.port.Recogniser`."""

    def __init__(self, make: Callable[[], Recogniser]) -> None:
        """`make` loads a recogniser; what it raises now is raised, later it counts as one more failure."""
        self.failures = 0
        """Utterances in a row that were lost; 0 as soon as one is heard out."""
        self.problem = ""
        """What the last failure was."""
        self._make = make
        self._recogniser = make()

    def decode(self, grammar: Sequence[str] | None) -> SteadyDecoding:
        """Start an utterance. Raises nothing: with a word that the model does not know the utterance is lost."""
        try:
            return SteadyDecoding(self, self._recogniser.decode(grammar))
        except Exception as error:  # whatever it is, it ends no night
            self.failed(error)
            return SteadyDecoding(self, None)

    def knows(self, word: str) -> bool:
        """Whether `word` is in the model's vocabulary."""
        return self._recogniser.knows(word)

    def failed(self, error: Exception) -> None:
        """An utterance was lost: load the recogniser again. If that fails too, the next utterance tries the old one."""
        self.failures += 1
        self.problem = " ".join(f"{type(error).__name__}: {error}".split())
        try:
            self._recogniser = self._make()
        except Exception as again:  # the model's files may be away; the loaded one may still work
            self.problem += f"; and it cannot be loaded again: {again}"

    def succeeded(self) -> None:
        """An utterance was heard out."""
        self.failures = 0


class SteadyDecoding:
    """One utterance; once it has failed it stays lost. See `asr.port.Decoding`."""

    def __init__(self, owner: SteadyRecogniser, decoding: Decoding | None) -> None:
        self._owner = owner
        self._decoding = decoding

    def feed(self, pcm: bytes) -> None:
        """Take in more sound, unless the utterance is lost."""
        if self._decoding is not None:
            try:
                self._decoding.feed(pcm)
            except Exception as error:  # as in `decode`
                self._lose(error)

    def partial(self) -> str:
        """The best text so far; nothing once it is lost."""
        if self._decoding is not None:
            try:
                return self._decoding.partial()
            except Exception as error:  # as in `decode`
                self._lose(error)
        return ""

    def finish(self) -> Transcript:
        """The transcript; `[unk]` if it is lost."""
        if self._decoding is not None:
            try:
                transcript = self._decoding.finish()
            except Exception as error:  # as in `decode`
                self._lose(error)
            else:
                self._owner.succeeded()
                return transcript
        return _LOST

    def _lose(self, error: Exception) -> None:
        self._decoding = None
        self._owner.failed(error)
