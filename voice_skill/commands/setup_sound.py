"""Microphone and speaker for `voice-skill setup`, and the wake phrase tried at them.

`RealSound` knows what to play and to hear, and `Devices` how: the sound card's are here, the tests' follow a script.
"""

from __future__ import annotations

import contextlib
import queue
import time
from collections.abc import Callable, Iterator, Sequence
from typing import Protocol

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

__all__ = ["Devices", "Microphone", "Mouth", "RealSound", "SoundCard"]

ROOM_SECONDS = 3.0
FIRST_FRAME_SECONDS = 2.5
"""An idle sound server may take over a second to wake."""
TRIAL_SECONDS = 8.0
LONGEST_SECONDS = 20.0
"""No sentence of the setup takes longer."""
TAIL_SECONDS = 0.3
"""What is played is heard a little later."""


class Microphone(Protocol):
    """An open microphone; what it hears waits until it is fetched."""

    def forget(self) -> None:
        """Let go of what waits."""
        ...

    def next(self, timeout: float) -> Frame | None:
        """The next frame; `None` if none comes within so many seconds."""
        ...

    def close(self) -> None:
        """Let go of the device."""
        ...


class Mouth(Protocol):
    """An open speaker."""

    volume_db: float

    def say(self, action: Say) -> None:
        """Begin to speak."""
        ...

    def next(self, timeout: float) -> PlaybackEvent | None:
        """What has happened next since then; `None` if nothing does within so many seconds."""
        ...

    def close(self) -> None:
        """Let go of the device."""
        ...


class Devices(Protocol):
    """What can be opened. All but `now` raise `AudioError`."""

    def names(self) -> tuple[Sequence[str], Sequence[str]]:
        """The names of microphones and speakers."""
        ...

    def microphone(self, name: str | None) -> Microphone:
        """Open it; `None` is the default one."""
        ...

    def speaker(self, name: str | None) -> Mouth:
        """Open it; `None` is the default one."""
        ...

    def now(self) -> float:
        """The time on the frames' clock, in seconds."""
        ...


class SoundCard:
    """PortAudio's devices."""

    def __init__(self, store: PromptStore) -> None:
        self._store = store

    def names(self) -> tuple[Sequence[str], Sequence[str]]:
        """The names of microphones and speakers."""
        return portaudio.device_names("input"), portaudio.device_names("output")

    def microphone(self, name: str | None) -> Microphone:
        """Open it. Raises `AudioError`."""
        return _CardMicrophone(name)

    def speaker(self, name: str | None) -> Mouth:
        """Open it. Raises `AudioError`."""
        return _CardSpeaker(self._store, name)

    def now(self) -> float:
        """The monotonic clock."""
        return time.monotonic()


class _CardMicrophone:
    def __init__(self, name: str | None) -> None:
        self._frames: queue.SimpleQueue[Frame] = queue.SimpleQueue()
        self._source = MicrophoneSource(name, time.monotonic, self._frames.put)
        self._source.open()

    def forget(self) -> None:
        while not self._frames.empty():
            self._frames.get()

    def next(self, timeout: float) -> Frame | None:
        try:
            return self._frames.get(timeout=timeout)
        except queue.Empty:
            return None

    def close(self) -> None:
        self._source.close()


class _CardSpeaker(DeviceSpeaker):
    def __init__(self, store: PromptStore, name: str | None) -> None:
        self._happened: queue.SimpleQueue[PlaybackEvent] = queue.SimpleQueue()
        super().__init__(store, name, time.monotonic, lambda event, _at: self._happened.put(event))
        self.open()

    def next(self, timeout: float) -> PlaybackEvent | None:
        try:
            return self._happened.get(timeout=timeout)
        except queue.Empty:
            return None


class RealSound:
    """Devices are opened when they are needed and stay open until `close`."""

    def __init__(
        self,
        devices: Devices,
        volume_db: Callable[[], float],
        ear: Callable[[], Ear],
        microphone: str | None,
        speaker: str | None,
    ) -> None:
        """`ear`: makes one; it is asked for when a wake phrase is to be heard."""
        self._devices = devices
        self._volume_db = volume_db
        self._make_ear = ear
        self._ear: Ear | None = None
        self._chosen = microphone, speaker
        self._open = contextlib.ExitStack()
        self._microphone: Microphone | None = None
        self._speaker: Mouth | None = None

    def close(self) -> None:
        """Let go of the devices."""
        self._open.close()
        self._microphone = self._speaker = None

    def devices(self) -> tuple[Sequence[str], Sequence[str]]:
        """The names of microphones and speakers."""
        return self._devices.names()

    def choose(self, microphone: str | None, speaker: str | None) -> None:
        """Use these from now on; both are opened."""
        self.close()
        self._chosen = microphone, speaker
        self._listen()
        self._mouth()

    def say(self, text: str) -> None:
        """Say it, and come back when it is said. Raises `AudioError` if it never is."""
        mouth = self._mouth()
        mouth.say(Say(1, (text,)))
        while not isinstance(event := mouth.next(LONGEST_SECONDS), SpeechFinished):
            if event is None:
                raise AudioError(
                    "the speaker was opened but plays nothing",
                    f"choose another one of {', '.join(self._devices.names()[1])}",
                )

    def room(self) -> float:
        """How loud the room is, in dBFS."""
        return rms_dbfs(b"".join(frame.pcm for frame in self._hear(ROOM_SECONDS)))

    def loopback(self, text: str) -> Call | None:
        """Say it, and hear it in the microphone."""
        meter = CallMeter()
        for frame in self._hear(1.0):
            meter.hear(frame)
        began = self._devices.now()
        self.say(text)
        for frame in self._hear(self._devices.now() - began + TAIL_SECONDS, waiting=True):
            meter.hear(frame)
        return meter.call(began, self._devices.now())

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

    def _listen(self) -> Microphone:
        if self._microphone is None:
            self._microphone = self._devices.microphone(self._chosen[0])
            self._open.callback(self._microphone.close)
        return self._microphone

    def _mouth(self) -> Mouth:
        if self._speaker is None:
            self._speaker = self._devices.speaker(self._chosen[1])
            self._open.callback(self._speaker.close)
        self._speaker.volume_db = self._volume_db()
        return self._speaker

    def _hear(self, seconds: float, *, waiting: bool = False) -> Iterator[Frame]:
        """So many seconds of sound from now on; `waiting`: from what waits already. Raises `AudioError` if none
        comes."""
        microphone = self._listen()
        if not waiting:
            microphone.forget()
        for _ in range(round(seconds / FRAME_SECONDS)):
            frame = microphone.next(FIRST_FRAME_SECONDS)
            if frame is None:
                raise AudioError(
                    "the microphone was opened, but no sound comes from it",
                    f"choose another one of {', '.join(self._devices.names()[0])}",
                )
            yield frame
