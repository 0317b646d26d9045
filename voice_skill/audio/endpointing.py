"""Where an utterance begins and ends.

Pure: speech probabilities go in, one per frame, and events come out; no sound, no clock. The states are

    Quiet ──above `on`───▶ Starting ──for `onset` seconds──▶ Speaking ──`silence` seconds of quiet──▶ Quiet
                              └───────below `off`────────▶ Quiet     └──`max_utterance` reached─────▶ Quiet

Two thresholds keep a voice that wavers from flickering: it takes `on` to begin and less than `off` to stop.
"""

from __future__ import annotations

import math
from collections import deque
from dataclasses import dataclass, replace

from voice_skill.audio.frame import FRAME_SECONDS, Frame

__all__ = ["EndpointSettings", "Endpointer", "PreRoll", "SpeechBegan", "SpeechEnded"]


@dataclass(frozen=True, slots=True)
class EndpointSettings:
    """How speech is told from a knock, and a pause from the end."""

    on: float = 0.3
    """Speech probability at which speech begins. At the usual 0.5 twice as many whispered words are missed; white and
    pink noise reach neither."""
    off: float = 0.25
    """Speech probability below which a frame is quiet."""
    onset: float = 0.096
    """Seconds of speech before it counts: a click is shorter."""
    silence: float = 1.2
    """Seconds of quiet that end an utterance, until `set_silence`: older people pause (clinical.md 3.1)."""
    max_utterance: float = 15.0
    """Seconds after which an utterance is cut, whatever goes on."""


@dataclass(frozen=True, slots=True)
class SpeechBegan:
    """Someone began to speak."""

    at: float
    """Start of the first frame of speech, in seconds on the frames' clock. The first sound is often softer and
    earlier: feed the recogniser from the pre-roll."""


@dataclass(frozen=True, slots=True)
class SpeechEnded:
    """The utterance is over."""

    at: float
    """When that became certain: the end of the frame that decided it, in seconds."""
    speech_end: float
    """End of the last frame of speech, in seconds."""
    voiced_seconds: float
    """How much of the utterance was speech, pauses left out."""
    cut: bool = False
    """It reached the maximum length; whatever follows will be an utterance of its own."""


@dataclass(frozen=True, slots=True)
class _Quiet:
    pass


@dataclass(frozen=True, slots=True)
class _Starting:
    began: float
    voiced_frames: int = 0


@dataclass(frozen=True, slots=True)
class _Speaking:
    began: float
    voiced_frames: int
    speech_end: float


class Endpointer:
    """Follows the speech probability frame by frame."""

    def __init__(self, settings: EndpointSettings) -> None:
        self._settings = settings
        self._silence = settings.silence
        self._state: _Quiet | _Starting | _Speaking = _Quiet()

    def set_silence(self, seconds: float) -> None:
        """From now on, end an utterance after so much quiet; this holds for one under way, too."""
        self._silence = seconds

    def reset(self) -> None:
        """Forget an utterance under way, without an event."""
        self._state = _Quiet()

    def process(self, probability: float, frame_end: float) -> SpeechBegan | SpeechEnded | None:
        """Take in one frame's speech probability; `frame_end` is the time just after it, in seconds."""
        match self._state:
            case _Quiet():
                return self._start(_Starting(began=frame_end - FRAME_SECONDS), probability, frame_end)
            case _Starting() as starting:
                return self._start(starting, probability, frame_end)
            case _Speaking() as speaking:
                return self._go_on(speaking, probability, frame_end)

    def _start(self, starting: _Starting, probability: float, frame_end: float) -> SpeechBegan | None:
        if probability >= self._settings.on:
            voiced_frames = starting.voiced_frames + 1
            if voiced_frames * FRAME_SECONDS >= self._settings.onset:
                self._state = _Speaking(starting.began, voiced_frames, frame_end)
                return SpeechBegan(starting.began)
            self._state = replace(starting, voiced_frames=voiced_frames)
        elif probability < self._settings.off:
            self._state = _Quiet()
        return None

    def _go_on(self, speaking: _Speaking, probability: float, frame_end: float) -> SpeechEnded | None:
        if probability >= self._settings.off:
            speaking = replace(speaking, voiced_frames=speaking.voiced_frames + 1, speech_end=frame_end)
        quiet = frame_end - speaking.speech_end >= self._silence
        cut = not quiet and frame_end - speaking.began >= self._settings.max_utterance
        if not (quiet or cut):
            self._state = speaking
            return None
        self._state = _Quiet()
        return SpeechEnded(frame_end, speaking.speech_end, speaking.voiced_frames * FRAME_SECONDS, cut)


class PreRoll:
    """The last frames before speech is noticed, so that the "hey" of "hey charley" is not lost.

    Push frames while nobody speaks; at `SpeechBegan`, drain it into the recogniser.
    """

    def __init__(self, seconds: float = 0.5) -> None:
        self._frames: deque[Frame] = deque(maxlen=math.ceil(seconds / FRAME_SECONDS))

    def push(self, frame: Frame) -> None:
        """Keep `frame`, and let go of the oldest if there are too many."""
        self._frames.append(frame)

    def drain(self) -> list[Frame]:
        """The kept frames, oldest first. None is kept, so that no frame is ever part of two utterances."""
        frames = list(self._frames)
        self._frames.clear()
        return frames
