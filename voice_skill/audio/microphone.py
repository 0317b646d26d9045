"""The live microphone.

The audio callback copies and posts, nothing else. It does not see the microphone go: when one is unplugged nothing
is raised and no flag is set, the callbacks just stop. So the loop asks `silent_for`, and calls `reopen`.
"""

from __future__ import annotations

import contextlib
from collections import deque
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from voice_skill.audio import portaudio
from voice_skill.audio.frame import FRAME_SAMPLES, FRAME_SECONDS, SAMPLE_RATE, Frame
from voice_skill.errors import AudioError

if TYPE_CHECKING:
    import sounddevice

__all__ = ["FrameClock", "MicrophoneSource"]


class FrameClock:
    """Gives frames their times: sample counting for the rhythm, the machine's clock for the truth.

    A frame arrives after its last sample, sometimes late, never early; so the smallest lateness seen lately is the
    best guess of where the frames really lie. Times follow it slowly, which evens out late callbacks and keeps up
    with a sound card whose second is not quite a second.
    """

    _RECENT = 32
    """Frames that "lately" means: one second."""
    _MAX_STEP = 0.0005
    """Seconds of correction per frame, either way: sixty times the drift that was measured, and never heard."""
    _LOST = 0.1
    """Seconds. When every recent frame was at least this late, and alike, the frames before them were lost."""

    def __init__(self) -> None:
        self._frames = 0
        self._start: float | None = None
        """When the first frame began, as far as is known now."""
        self._starts: deque[float] = deque(maxlen=self._RECENT)
        """When the first frame would have begun if the frame at hand had not been late."""

    def stamp(self, now: float) -> float:
        """Start of the next frame, in seconds on the clock of `now`, which is when it arrived."""
        begins = self._frames * FRAME_SECONDS
        self._frames += 1
        self._starts.append(now - FRAME_SECONDS - begins)
        earliest, latest = min(self._starts), max(self._starts)
        if self._start is None:
            self._start = earliest
        error = earliest - self._start
        lost = error > self._LOST > latest - earliest and len(self._starts) == self._RECENT
        self._start += error if lost else max(-self._MAX_STEP, min(error, self._MAX_STEP))
        return self._start + begins


class MicrophoneSource:
    """Posts 16 kHz mono frames as they come in, from PortAudio's thread."""

    def __init__(self, device: int | str | None, clock: Callable[[], float], post: Callable[[Frame], None]) -> None:
        """`device`: PortAudio's name (or part of it) or number, `None` for the default. `clock`: a monotonic clock,
        in seconds. `post` must be quick and must not block. Nothing is opened yet."""
        self._device = device
        self._clock = clock
        self._post = post
        self._stream: sounddevice.RawInputStream | None = None
        self._times = FrameClock()
        self._heard = clock()
        self.overflows = 0
        """How often PortAudio had to drop sound because it was not fetched in time."""

    def open(self) -> None:
        """Start listening. Raises `AudioError` if there is no PortAudio, no such device, or it refuses 16 kHz."""
        portaudio.register(self)
        try:
            self._start()
        except AudioError:
            portaudio.unregister(self)
            raise

    def close(self) -> None:
        """Stop listening. Does nothing if nothing is open."""
        portaudio.unregister(self)
        self.suspend()

    def reopen(self) -> None:
        """Open the microphone again after it fell silent. Raises `AudioError` while it is still gone."""
        self.close()
        portaudio.restart()
        self.open()

    def silent_for(self, now: float) -> float:
        """Seconds since the last frame arrived (or since the microphone was opened, if none has)."""
        return now - self._heard

    # -- as the owner of a stream

    def in_use(self) -> bool:
        """Nobody hears a microphone pause."""
        return False

    def suspend(self) -> None:
        """Close the stream."""
        stream, self._stream = self._stream, None
        if stream is not None:
            stream.close()

    def resume(self) -> None:
        """Open the stream again. If it does not come back, `silent_for` shows it: the speaker must not suffer."""
        with contextlib.suppress(AudioError):
            self._start()

    def _start(self) -> None:
        sounddevice = portaudio.load()
        self._times = FrameClock()
        try:
            self._stream = sounddevice.RawInputStream(
                samplerate=SAMPLE_RATE,
                blocksize=FRAME_SAMPLES,
                device=self._device,
                channels=1,
                dtype="int16",
                callback=self._take,
            )
            self._stream.start()
        except (sounddevice.PortAudioError, ValueError) as error:  # ValueError: no device of that name
            self.suspend()
            raise portaudio.error_from(error) from error
        self._heard = self._clock()

    def _take(self, samples: Any, _frames: int, _time: Any, status: sounddevice.CallbackFlags) -> None:
        self._heard = self._clock()
        self.overflows += status.input_overflow
        self._post(Frame(self._times.stamp(self._heard), bytes(samples)))
