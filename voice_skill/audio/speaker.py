"""What Charley says, made audible: on the sound card, or in a simulated night.

Both speakers turn `Say` into samples with the same `Playlist` and report the same events, each with the time at which
its sample is heard. The simulated one counts samples; the live one knows from PortAudio when a block will be heard.
"""

from __future__ import annotations

import math
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Protocol

from voice_skill.audio import portaudio
from voice_skill.audio.playlist import PlaybackEvent, Playlist, Sentence, Utterance
from voice_skill.dialog.actions import Say
from voice_skill.errors import AudioError
from voice_skill.tts.port import CLIP_RATE
from voice_skill.tts.store import PromptStore
from voice_skill.tts.tone import TONE

if TYPE_CHECKING:
    import sounddevice

__all__ = ["DeviceSpeaker", "SampleClock", "Speaker", "VirtualSpeaker"]

_TONE_PAUSE = 0.1
"""Seconds between the tone and the word that says what it means."""
_TONE_MOST_DB = -6.0
"""Gain that the tone never exceeds, however loud the voice: it peaks at -26 dBFS then, and startles nobody."""
_BLOCK_SAMPLES = 256
"""11.6 ms: how long a stop may go unnoticed."""
_LATENCY_SECONDS = 0.08
"""Sound handed over ahead: less stops sooner, more survives a busier machine."""
_STALLED_SECONDS = 2.0
"""Without a block for this long, the device is gone; an idle sound server may take over a second to wake."""


class Speaker(Protocol):
    """Carries out `Say` and `StopSpeaking`."""

    def say(self, action: Say) -> None:
        """Speak, now or at `action.at`. A sentence that is not in the store is rendered here, in some 30 ms.

        Raises `SpeechError` for one that cannot be rendered, and `AudioError` if the device is gone.
        """
        ...

    def stop(self) -> None:
        """Fall silent and forget everything queued."""
        ...

    def hush(self) -> None:
        """Hush in the middle of a sentence, until `go_on` or `stop`. Hold cues keep their time."""
        ...

    def go_on(self) -> None:
        """Say the sentence that was hushed again, from its beginning, and go on. Nothing if none was."""
        ...

    def close(self) -> None:
        """Let go of the device."""
        ...


class VirtualSpeaker:
    """A speaker in simulated time: nothing sounds, every event has its exact time, and what was played is kept."""

    def __init__(self, store: PromptStore, *, start: float = 0.0, volume_db: float = 0.0) -> None:
        """`start`: the time of the first sample, in seconds on the pipeline's clock. `volume_db`:
        loudness of what is said from now on, 0 being the clips' own."""
        self.volume_db = volume_db
        self.played: list[tuple[float, bytes, int]] = []
        """The blocks in which something sounded, in order: time of the first sample, int16 mono samples, rate."""
        self._store = store
        self._start = start
        self._playlist = Playlist()

    def say(self, action: Say) -> None:
        """Speak at the time reached by `advance`, or at `action.at`. Raises `SpeechError`."""
        start = None if action.at is None else round((action.at - self._start) * self._playlist.rate)
        utterance = _utterance(self._store, action, self.volume_db)
        self._playlist.add(utterance, start, skippable=_skippable(action))

    def stop(self) -> None:
        """Fall silent."""
        self._playlist.stop()

    def hush(self) -> None:
        """Hush."""
        self._playlist.hush()

    def go_on(self) -> None:
        """Go on."""
        self._playlist.go_on()

    def close(self) -> None:
        """Nothing to let go of."""

    def next_event_at(self) -> float | None:
        """When the next event is due, in seconds, if nothing is said or stopped before; `None` for never."""
        sample = self._playlist.next_event()
        return None if sample is None else self._time(sample)

    def advance(self, until: float) -> list[tuple[float, PlaybackEvent]]:
        """Play up to `until` seconds, and give what happened, that moment included, as (seconds, event)."""
        playlist = self._playlist
        # The first sample at or after `until`: what is said now must not begin before now. And a time that came out of
        # `_time` must find its own sample again, though 1 / 22,050 s is no round number.
        end = max(playlist.position, math.ceil((until - self._start) * playlist.rate - 1e-3))
        pulled = False
        while not pulled or playlist.position < end:
            at = self._time(playlist.position)
            pcm = playlist.pull(min(end - playlist.position, playlist.rate))
            if any(pcm):
                self.played.append((at, pcm, playlist.rate))
            pulled = True
        return [(self._time(sample), event) for sample, event in playlist.events()]

    def _time(self, sample: int) -> float:
        return self._start + sample / self._playlist.rate


class SampleClock:
    """Sample index to seconds and back, for a device whose second is not quite a second and which may stall."""

    _FOLLOW = 0.02
    """Share of each observation that is believed: it wobbles by some milliseconds, the drift is far slower."""
    _JUMP = 0.05
    """Seconds. More is no wobble: the device stood still, or was opened again."""
    _SLIP = 0.005
    """Seconds by which the schedule may be off before it is moved."""

    def __init__(self, rate: int) -> None:
        self._rate = rate
        self._zero: float | None = None
        """When sample 0 was heard, as far as is known now."""
        self._scheduled_zero = 0.0
        """The same, as the schedule has it."""

    def observe(self, sample: int, at: float) -> int:
        """Take in that `sample` is heard at `at`. Returns by how many samples the schedule has to move."""
        zero = at - sample / self._rate
        if self._zero is None:
            self._zero = self._scheduled_zero = zero
            return 0
        error = zero - self._zero
        self._zero += error if abs(error) > self._JUMP else error * self._FOLLOW
        slip = self._zero - self._scheduled_zero
        if abs(slip) <= self._SLIP:
            return 0
        self._scheduled_zero = self._zero
        return -round(slip * self._rate)

    def time_of(self, sample: int) -> float:
        """When `sample` is heard, in seconds. Only after the first `observe`."""
        assert self._zero is not None
        return self._zero + sample / self._rate

    def sample_at(self, at: float) -> int:
        """The sample that is heard at `at` seconds, for the schedule."""
        return round((at - self._scheduled_zero) * self._rate)


class DeviceSpeaker:
    """The sound card. PortAudio's thread pulls samples from the playlist and posts what they began and ended."""

    def __init__(
        self,
        store: PromptStore,
        device: int | str | None,
        clock: Callable[[], float],
        post: Callable[[PlaybackEvent, float], None],
        *,
        volume_db: float = 0.0,
        played: Callable[[bytes, float], None] | None = None,
    ) -> None:
        """`device`: PortAudio's name (or part of it) or number, `None` for the default. `clock`: a monotonic clock,
        in seconds. `post(event, at)` must be quick and must not block; it is called within a block of `at`, when
        the sample was heard. `volume_db`: loudness of what is said from now on, 0 being the clips' own. `played(pcm,
        at)` gets every block that is played, silence too, before it is heard at `at`: an echo canceller's reference.
        Nothing is opened yet."""
        self.volume_db = volume_db
        self.underflows = 0
        """How often PortAudio had to play silence because it was not given sound in time."""
        self._store = store
        self._device = device
        self._clock = clock
        self._post = post
        self._played = played
        self._playlist = Playlist()
        self._times = SampleClock(self._playlist.rate)
        self._ahead: list[tuple[PlaybackEvent, float]] = []  # the device has the sound, but it is not heard yet
        self._lock = threading.Lock()  # around the playlist, its times and what is ahead
        self._stream: sounddevice.RawOutputStream | None = None
        self._first_block = threading.Event()
        self._last_block = 0.0

    def open(self) -> None:
        """Open the device. Raises `AudioError` if there is no PortAudio, no such device, or it plays nothing."""
        portaudio.register(self)
        try:
            self.resume()
        except AudioError:
            portaudio.unregister(self)
            raise

    def say(self, action: Say) -> None:
        """Speak, now or at `action.at`. A device that has gone is opened again first.

        Raises `SpeechError`, and `AudioError` if the device does not come back.
        """
        utterance = _utterance(self._store, action, self.volume_db)
        self.revive()
        with self._lock:
            start = None if action.at is None else self._times.sample_at(action.at)
            self._playlist.add(utterance, start, skippable=_skippable(action))

    def stop(self) -> None:
        """Fall silent: one block, one fade, and what the device already has."""
        with self._lock:
            self._playlist.stop()
            self._ahead.clear()

    def hush(self) -> None:
        """Hush, as quickly as `stop`."""
        with self._lock:
            self._playlist.hush()

    def go_on(self) -> None:
        """Go on."""
        with self._lock:
            self._playlist.go_on()

    def close(self) -> None:
        """Close the device."""
        portaudio.unregister(self)
        self.suspend()

    def revive(self) -> None:
        """Open the device again if it stopped asking for sound, which is all that unplugging it shows.

        Speech goes on where it stood. Raises `AudioError` if there is no device.
        """
        if self._stalled():
            self.suspend()
            self.resume()

    # -- as the owner of a stream

    def in_use(self) -> bool:
        """Whether something sounds."""
        return not self._stalled() and self._playlist.now_playing is not None

    def suspend(self) -> None:
        """Close the stream; the playlist waits."""
        stream, self._stream = self._stream, None
        if stream is not None:
            stream.close()

    def resume(self) -> None:
        """Open the stream and wait until it asks for sound. Raises `AudioError`."""
        sounddevice = portaudio.load()
        self._first_block.clear()
        try:
            self._stream = sounddevice.RawOutputStream(
                samplerate=CLIP_RATE,
                blocksize=_BLOCK_SAMPLES,
                device=self._device,
                channels=1,
                dtype="int16",
                latency=_LATENCY_SECONDS,
                callback=self._fill,
            )
            self._stream.start()
        except (sounddevice.PortAudioError, ValueError) as error:  # ValueError: no device of that name
            self.suspend()
            raise portaudio.error_from(error) from error
        if not self._first_block.wait(_STALLED_SECONDS):
            self.suspend()
            raise AudioError(
                "the speaker was opened but plays nothing", f"choose one of {portaudio.describe_devices()}"
            )

    def _stalled(self) -> bool:
        stream = self._stream
        return stream is None or not stream.active or self._clock() - self._last_block > _STALLED_SECONDS

    def _fill(self, block: Any, count: int, time: Any, status: sounddevice.CallbackFlags) -> None:
        now = self._clock()
        ahead = time.outputBufferDacTime - time.currentTime
        with self._lock:
            self._playlist.shift(self._times.observe(self._playlist.position, now + ahead))
            heard_at = self._times.time_of(self._playlist.position)
            pcm = self._playlist.pull(count)
            block[:] = pcm
            self._ahead += [(event, self._times.time_of(sample)) for sample, event in self._playlist.events()]
            heard = [entry for entry in self._ahead if entry[1] <= now]
            del self._ahead[: len(heard)]
        if self._played is not None:
            self._played(pcm, heard_at)
        for event, at in heard:
            self._post(event, at)
        self.underflows += bool(status.output_underflow)
        self._last_block = now
        self._first_block.set()


def _utterance(store: PromptStore, action: Say, volume_db: float) -> Utterance:
    """The clips of a `Say`, laid out. Whispering is the ordinary voice, soft: espeak-ng's whisper is hard to follow."""
    manner = action.manner
    gain_db = volume_db + manner.gain_db
    if manner.loud:
        gain_db = max(0.0, gain_db)
    sentences = []
    for text in action.sentences:
        pcm = store.get(text, manner.rate).pcm
        if text == TONE:
            sentences.append(Sentence(text, pcm, min(_TONE_PAUSE, manner.pause), min(gain_db, _TONE_MOST_DB)))
        else:
            sentences.append(Sentence(text, pcm, manner.pause, gain_db))
    return Utterance.build(action.turn, sentences, cue=action.cue)


def _skippable(action: Say) -> bool:
    """Hold cues may be left out when late; the one that lets go may not."""
    return action.cue not in ("", "end")
