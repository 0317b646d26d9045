"""A recogniser that a night can rely on: when the one inside fails, the utterance is lost and nothing else.

A decoder is C++ behind a thin wrapper: it can run out of memory, and its model's files can vanish. Whatever it raises,
the utterance under way comes out as `[unk]`, speech that means nothing, so that Charley asks again. It never comes out
shortened: the rest of "I have no feeling" must not become a "no". The recogniser is made anew for the next one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TypeVar

from voice_skill.asr.port import UNKNOWN, Decoding, Recogniser, Transcript, Word
from voice_skill.errors import CharleyError

__all__ = ["SteadyDecoding", "SteadyRecogniser"]

Used = TypeVar("Used")

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
        with self.attempt():
            return SteadyDecoding(self, self._recogniser.decode(grammar))
        return SteadyDecoding(self, None)

    @contextmanager
    def attempt(self) -> Iterator[None]:
        """Within it nothing that fails ends the night: it is counted, and told as `problem`."""
        try:
            yield
        except Exception as error:  # Vosk raises bare exceptions: no narrower type would let the hold go on
            self.failed(error)

    def knows(self, word: str) -> bool:
        """Whether `word` is in the model's vocabulary."""
        return self._recogniser.knows(word)

    def failed(self, error: Exception) -> None:
        """An utterance was lost: load the recogniser again. If that fails too, the next utterance tries the old one."""
        self.failures += 1
        self.problem = " ".join(f"{type(error).__name__}: {error}".split())
        try:
            self._recogniser = self._make()
        except (CharleyError, OSError, MemoryError) as again:  # its files may be away; the loaded one may still work
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
        self._use(lambda decoding: decoding.feed(pcm), None)

    def partial(self) -> str:
        """The best text so far; nothing once it is lost."""
        return self._use(lambda decoding: decoding.partial(), "")

    def finish(self) -> Transcript:
        """The transcript; `[unk]` if it is lost."""
        transcript = self._use(lambda decoding: decoding.finish(), None)
        if transcript is None:
            return _LOST
        self._owner.succeeded()
        return transcript

    def _use(self, use: Callable[[Decoding], Used], lost: Used) -> Used:
        """What `use` makes of the utterance; `lost` if that fails, and ever after."""
        decoding, self._decoding = self._decoding, None
        if decoding is not None:
            with self._owner.attempt():
                used = use(decoding)
                self._decoding = decoding
                return used
        return lost
