"""What is heard while Charley speaks may be Charley.

*Without echo cancellation* the microphone hears the speaker. So while Charley speaks, and for a short tail after it,
only what must cut speech short gets through (danger, stop, "that hurts", "hang on"), and even that only if Charley is
not just saying those very words, and if it is louder than Charley's voice usually comes back. When the tail is over the
ear starts afresh, so that an answer is not glued to the end of the prompt it answers. The price: a word that overlaps
Charley's own is heard as one utterance with them and mostly lost; in the silence between two cues of a hold it is not.

*With echo cancellation* everything gets through but Charley's own words, should a rest of them be heard.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from enum import Enum

from voice_skill.audio.frame import Frame
from voice_skill.audio.levels import rms_dbfs
from voice_skill.dialog.hearing import URGENT
from voice_skill.ear import Noise, PhraseHeard, Result, SpeechOpened, SpeechUnclear, UrgencySuspected
from voice_skill.nlu.phrases import spoken_form
from voice_skill.nlu.understanding import is_danger

__all__ = ["AFTER_SECONDS", "TAIL_SECONDS", "EchoGate", "Passes"]

TAIL_SECONDS = 0.2
"""How long a room and the sound buffers keep a prompt alive after its last sample. Looped back without a room, the
speech detector heard it for 0.13 s. Longer would swallow the answers of quick people."""
AFTER_SECONDS = 0.06
"""Sound that begins so soon after Charley's last sample is taken for Charley's; what is later may be an answer."""
LOUDER_DB = 6.0
"""By so much whoever is heard over Charley must be louder than the softest of its last sentences came back: somebody
may have spoken over the others. From one sentence to the next an echo varies by 3 dB."""
INAUDIBLE_DBFS = -65.0
"""An echo softer than this is none: with headphones on, everybody is louder."""
_REMEMBERED = 12
"""Sentences that may still be in the air."""
_ECHOES = 8
"""Sentences that tell how loud Charley's voice comes back."""
_FEWEST = 15
"""Frames (half a second) that a sentence must last to be one of them."""
_LEVELS = 1_000
"""Frames (half a minute) whose loudness is remembered."""


class Passes(Enum):
    """What gets through while Charley speaks."""

    NOTHING = "nothing"
    URGENT = "danger words, and those that must not wait"
    OTHERS = "all but Charley's own words"


class EchoGate:
    """Knows what Charley says and when, and lets through only what cannot be an echo of it."""

    def __init__(self, passes: Passes) -> None:
        self._passes = passes
        self._spoken: deque[tuple[float, float, frozenset[str]]] = deque(maxlen=_REMEMBERED)
        self._open: tuple[float, frozenset[str]] | None = None
        self._reset_at: float | None = None
        self._levels: deque[tuple[float, float]] = deque(maxlen=_LEVELS)
        """When each frame began, and its loudness in dBFS."""
        self._echoes: deque[tuple[float, float]] = deque(maxlen=_ECHOES)
        """When each of the last sentences ended, and how loud it came back."""

    def hear(self, frame: Frame) -> None:
        """Take in what the microphone hears."""
        if self._passes is Passes.URGENT:
            self._levels.append((frame.at, rms_dbfs(frame.pcm)))

    def began(self, text: str, at: float) -> None:
        """A sentence began to sound."""
        self.ended(at)
        self._open = (at, frozenset(spoken_form(text)))
        self._reset_at = None

    def ended(self, at: float) -> None:
        """What sounded ended, or was stopped."""
        if self._open is not None:
            begun, words = self._open
            self._spoken.append((begun, at + TAIL_SECONDS, words))
            self._open = None
            if len(levels := self._between(begun, at)) >= _FEWEST:
                self._echoes.append((at, _loud(levels)))
            if self._passes is not Passes.OTHERS:
                self._reset_at = at + TAIL_SECONDS

    def forget_before(self, now: float) -> float | None:
        """Told once, when the tail of the last prompt has passed: the ear must forget the sound before this time."""
        if self._reset_at is None or now < self._reset_at:
            return None
        ended, self._reset_at = self._reset_at - TAIL_SECONDS, None
        return ended + AFTER_SECONDS

    def passes(self, result: Result) -> bool:
        """Whether a result can be what a person said."""
        if not isinstance(result, SpeechOpened | PhraseHeard | SpeechUnclear | Noise | UrgencySuspected):
            return True
        began = result.at if isinstance(result, SpeechOpened) else result.began_at
        spoken = self._spoken_during(began, result.at)
        if spoken is None:
            return True
        if not isinstance(result, PhraseHeard | UrgencySuspected):
            return self._passes is Passes.OTHERS
        if set(spoken_form(result.text)) <= spoken:
            return False
        urgent = result.intent in URGENT or is_danger(result.intent)
        if self._passes is Passes.URGENT:
            return urgent and not self._is_echo(began, result.at)
        return self._passes is Passes.OTHERS

    def _is_echo(self, begin: float, end: float) -> bool:
        """Whether what was heard in a span of time is no louder than Charley's voice, as it came back before; at the
        very first, when nothing had come back before, as it came back meanwhile."""
        echoes = [level for ended, level in self._echoes if ended <= begin]
        echoes = echoes or [level for ended, level in self._echoes if ended <= end]
        heard = self._between(begin, end)
        if not echoes or not heard:
            return False
        usual = min(echoes)
        return usual > INAUDIBLE_DBFS and _loud(heard) < usual + LOUDER_DB

    def _between(self, begin: float, end: float) -> list[float]:
        return [level for at, level in self._levels if begin <= at < end]

    def _spoken_during(self, begin: float, end: float) -> frozenset[str] | None:
        """The words that Charley said in a span of time; None if it was silent."""
        spans = [words for start, stop, words in self._spoken if start < end and begin < stop]
        if self._open is not None and self._open[0] < end:
            spans.append(self._open[1])
        return frozenset().union(*spans) if spans else None


def _loud(levels: Sequence[float]) -> float:
    """What a tenth of the levels exceed: the vowels."""
    return sorted(levels)[len(levels) * 9 // 10]
