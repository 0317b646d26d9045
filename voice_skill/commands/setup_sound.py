"""Microphone and speaker for `voice-skill setup`, and the wake phrase tried at them."""

from __future__ import annotations

import contextlib
import queue
import time
from collections.abc import Callable, Iterator, Sequence

from voice_skill.audio import portaudio
from voice_skill.audio.frame import FRAME_SECONDS, Frame
from voice_skill.audio.levels import rms_dbfs
from voice_skill.audio.loudness import Call, CallMeter
from voice_skill.audio.microphone import MicrophoneSource
from voice_skill.audio.playlist import PlaybackEvent
from voice_skill.audio.speaker import DeviceSpeaker
from voice_skill.commands.setup_steps import Tried
from voice_skill.dialog.actions import Say
from voice_skill.dialog.events import SpeechFinished
from voice_skill.ear import Ear, WakeHeard
from voice_skill.errors import AudioError
from voice_skill.tts.store import PromptStore

__all__ = ["RealSound"]

ROOM_SECONDS = 3.0
FIRST_FRAME_SECONDS = 2.5
"""An idle sound server may take over a second to wake."""
TRIAL_SECONDS = 8.0
LONGEST_SECONDS = 20.0
"""No sentence of the setup takes longer."""
TAIL_SECONDS = 0.3
"""What is played is heard a little later."""


class RealSound:
    """The sound card. Devices are opened when they are needed and stay open until `close`."""

    def __init__(
        self,
        store: PromptStore,
        volume_db: Callable[[], float],
        ear: Callable[[], Ear],
        microphone: str | None,
        speaker: str | None,
    ) -> None:
        """`ear`: makes one; it is asked for when a wake phrase is to be heard."""
        self._store = store
        self._volume_db = volume_db
        self._make_ear = ear
        self._ear: Ear | None = None
        self._devices = microphone, speaker
        self._open = contextlib.ExitStack()
        self._microphone: MicrophoneSource | None = None
        self._speaker: DeviceSpeaker | None = None
        self._frames: queue.SimpleQueue[Frame] = queue.SimpleQueue()
        self._played: queue.SimpleQueue[tuple[PlaybackEvent, float]] = queue.SimpleQueue()

    def close(self) -> None:
        """Let go of the devices."""
        self._open.close()
        self._microphone = self._speaker = None

    def devices(self) -> tuple[Sequence[str], Sequence[str]]:
        """The names of microphones and speakers."""
        return portaudio.device_names("input"), portaudio.device_names("output")

    def choose(self, microphone: str | None, speaker: str | None) -> None:
        """Use these from now on; both are opened."""
        self.close()
        self._devices = microphone, speaker
        self._listen()
        self._mouth()

    def say(self, text: str) -> None:
        """Say it, and come back when it is said."""
        for _ in self._speaking(text):
            pass

    def room(self) -> float:
        """How loud the room is, in dBFS."""
        return rms_dbfs(b"".join(frame.pcm for frame in self._hear(ROOM_SECONDS)))

    def loopback(self, text: str) -> Call | None:
        """Say it, and hear it in the microphone."""
        meter = CallMeter()
        for frame in self._hear(1.0):
            meter.hear(frame)
        began = time.monotonic()
        for _ in self._speaking(text):
            pass
        for frame in self._hear(time.monotonic() - began + TAIL_SECONDS, waiting=True):
            meter.hear(frame)
        return meter.call(began, time.monotonic())

    def expect(self, phrase: str) -> None:
        """Get ready to hear the wake phrase."""
        self._ear = self._ear or self._make_ear()
        self._ear.sleep(phrase)

    def trial(self) -> Tried:
        """Listen for it."""
        if self._ear is None:
            raise ValueError("trial needs `expect` first")
        self._ear.reset()
        meter = CallMeter()
        began = None
        for frame in self._hear(TRIAL_SECONDS):
            began = frame.at if began is None else began
            meter.hear(frame)
            for result in self._ear.feed(frame):
                if isinstance(result, WakeHeard):
                    return Tried(True, meter.call(result.began_at, frame.end))
        return Tried(False, None if began is None else meter.call(began, began + TRIAL_SECONDS))

    def _listen(self) -> None:
        if self._microphone is None:
            microphone = MicrophoneSource(self._devices[0], time.monotonic, self._frames.put)
            microphone.open()
            self._open.callback(microphone.close)
            self._microphone = microphone

    def _mouth(self) -> DeviceSpeaker:
        if self._speaker is None:
            speaker = DeviceSpeaker(
                self._store, self._devices[1], time.monotonic, lambda event, at: self._played.put((event, at))
            )
            speaker.open()
            self._open.callback(speaker.close)
            self._speaker = speaker
        self._speaker.volume_db = self._volume_db()
        return self._speaker

    def _hear(self, seconds: float, *, waiting: bool = False) -> Iterator[Frame]:
        """So many seconds of sound from now on; `waiting`: from what waits already. Raises `AudioError` if none
        comes."""
        self._listen()
        if not waiting:
            while not self._frames.empty():
                self._frames.get()
        for _ in range(round(seconds / FRAME_SECONDS)):
            try:
                yield self._frames.get(timeout=FIRST_FRAME_SECONDS)
            except queue.Empty:
                raise AudioError(
                    "the microphone was opened, but no sound comes from it",
                    f"choose another one of {portaudio.describe_devices()}",
                ) from None

    def _speaking(self, text: str) -> Iterator[PlaybackEvent]:
        """Say it; gives what happens until it is said. Raises `AudioError` if it never is."""
        speaker = self._mouth()
        while not self._played.empty():
            self._played.get()
        speaker.say(Say(1, (text,)))
        event: PlaybackEvent | None = None
        while not isinstance(event, SpeechFinished):
            try:
                event, _ = self._played.get(timeout=LONGEST_SECONDS)
            except queue.Empty:
                raise AudioError(
                    "the speaker was opened but plays nothing", f"choose one of {portaudio.describe_devices()}"
                ) from None
            yield event
