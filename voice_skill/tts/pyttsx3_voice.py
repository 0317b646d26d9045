"""The real voice: espeak-ng through pyttsx3, installed by pip alone.

pyttsx3 2.99 is used to render, never to play: its `say` returns before the sound and cannot be stopped. Rendering
needs care as well. A property set just before an utterance may be lost, so that the utterance comes out at the old
rate, or empty; nothing raises. Hence every render

1. sets voice and rate and waits until they read back;
2. waits for the utterance to end, and checks what came out: format, silence, a length that the text can have;
3. is done again until two in a row agree in length: a lost rate shows as a length that does not come twice.

espeak-ng can be initialised once per process and calls back from a thread of its own, so one thread owns the engine.
Linux takes library and voices from the `espeakng-loader` wheel; elsewhere an installed eSpeak NG is used.
"""

from __future__ import annotations

import io
import os
import queue
import sys
import threading
import time
import wave
from concurrent.futures import Future
from importlib import metadata
from pathlib import Path
from typing import Any

from voice_skill.errors import SpeechError
from voice_skill.tts.port import CLIP_RATE, Clip

__all__ = ["DEFAULT_VOICE", "MAX_RATE", "MIN_RATE", "Pyttsx3Voice"]

DEFAULT_VOICE = "gmw/en-us"
MIN_RATE, MAX_RATE = 80, 450
"""Words per minute that espeak-ng can speak; it clips others silently."""

_EXAMPLES = ("gmw/en-us", "gmw/en", "gmw/en-gb-x-rp", "gmw/en-us+f4")
_MAX_LENGTH = 1_000
"""Characters; a sentence has 60. The driver's time grows with the square of the length."""
_RETRIES = 5
_WAIT_SECONDS = 5.0
"""Longer than the longest text takes; only an utterance that was lost takes longer."""
_HUNG_SECONDS = 20.0
"""The slowest sentence under load took 2 s."""
_SAME = 0.02
"""Renders of one text at one rate differ by less than 0.1 % in length; at the rate before, by far more."""
_SETTLE_TRIES, _SETTLE_SECONDS = 50, 0.002
_NEAR_SILENCE = 32
"""Of 32,768 (-60 dB): quieter samples at the edges are espeak-ng's pauses, which vary with rate and punctuation."""
_LEAD_SECONDS, _TAIL_SECONDS = 0.01, 0.03
"""Silence left at the edges of a clip, so that a cue's sound begins where its clip does."""

_one_at_a_time = threading.Lock()  # all of a process's voices share espeak-ng's one engine


class Pyttsx3Voice:
    """An espeak-ng voice. The engine starts with the first render, so that prompts in a store cost nothing."""

    def __init__(self, voice: str = DEFAULT_VOICE) -> None:
        """`voice` is an espeak-ng voice, with or without a variant: `gmw/en-us`, `gmw/en-us+f4`."""
        self.name = f"{voice}, pyttsx3 {_version('pyttsx3')}, espeakng-loader {_version('espeakng-loader')}"
        """The voice, and the versions that render it."""
        self._voice = voice
        self._jobs: queue.SimpleQueue[tuple[str, int, Future[Clip]] | None] = queue.SimpleQueue()
        # A daemon, so that an engine that hangs cannot keep the process from ending.
        self._thread = threading.Thread(target=self._work, name="voice", daemon=True)
        self._thread.start()
        self._engine: Any = None
        self._finished = threading.Event()
        self._errors: list[str] = []

    def render(self, text: str, rate_wpm: int) -> Clip:
        """Speak `text` into a clip at 22,050 Hz, about 30 ms of work for a sentence. Silence at its edges is fixed.

        Raises `SpeechError` if there is no such voice, if the text holds nothing to say or the rate is out of range,
        and if what came out is wrong time and again.
        """
        result: Future[Clip] = Future()
        self._jobs.put((text, rate_wpm, result))
        try:
            return result.result(timeout=_HUNG_SECONDS)
        except TimeoutError:
            raise SpeechError(
                f"the synthesiser hangs at {text!r}", "start again; prompts in the cache are safe"
            ) from None

    def close(self) -> None:
        """End the thread. The voice cannot be used afterwards."""
        self._jobs.put(None)
        self._thread.join(timeout=_WAIT_SECONDS)

    # -- on the thread that owns the engine

    def _work(self) -> None:
        while job := self._jobs.get():
            text, rate, result = job
            try:
                result.set_result(self._render(text, rate))
            except SpeechError as error:
                result.set_exception(error)
            except Exception as error:  # whatever a driver raises: the thread must live, and the caller must know
                problem = SpeechError(f"the synthesiser failed at {text!r}: {error!r}", "start again")
                problem.__cause__ = error
                result.set_exception(problem)

    def _render(self, text: str, rate: int) -> Clip:
        _check(text, rate)
        with _one_at_a_time:
            if self._engine is None:
                self._engine = self._start()
            previous, fault = 0, ""
            for _ in range(1 + _RETRIES):
                try:
                    pcm = self._take(text, rate)
                    speech = _trim(pcm)
                    _check_length(text, rate, speech)
                except _BadTake as bad:
                    previous, fault = 0, str(bad)
                    continue
                if abs(len(pcm) - previous) <= _SAME * len(pcm):
                    return speech
                previous, fault = len(pcm), "no two renders agree in length"
        raise SpeechError(
            f"the voice {self._voice} cannot say {text!r} at {rate} words a minute: {fault}",
            "try again; if it stays, say it in other words or choose another voice",
        )

    def _start(self) -> Any:
        _preload_espeak()
        try:
            import pyttsx3
            from pyttsx3.drivers import _espeak, espeak

            engine = pyttsx3.init("espeak")
        except (ImportError, OSError, RuntimeError) as error:
            cure = "pip install espeakng-loader" if sys.platform == "linux" else "install eSpeak NG from its website"
            raise SpeechError(f"no speech synthesis: {' '.join(str(error).split())}", cure) from error
        # The driver prints "Audio saved to ..." from espeak-ng's thread, but stdout belongs to the command's output.
        espeak.print = lambda *_args, **_kwargs: None
        # The driver tells espeak-ng that the text is ten times as long, and espeak-ng copies that much: what lies
        # behind the text, which now and then is no memory at all.
        _espeak.Synth = lambda text, flags: _espeak.cSynth(
            text, len(text) + 1, 0, _espeak.POS_CHARACTER, 0, flags, None, None
        )
        engine.connect("finished-utterance", lambda **_: self._finished.set())
        engine.connect("error", lambda exception, **_: self._errors.append(str(exception)))
        # A new engine carries out nothing before its first loop, so until then nothing would read back.
        engine.runAndWait()
        return engine

    def _take(self, text: str, rate: int) -> bytes:
        """Render once, and give the samples, edges and all."""
        self._set_voice()
        for _ in range(_SETTLE_TRIES):
            self._engine.setProperty("rate", rate)
            if self._engine.getProperty("rate") == rate:
                break
            time.sleep(_SETTLE_SECONDS)
        time.sleep(_SETTLE_SECONDS)
        self._finished.clear()
        file = io.BytesIO()
        self._engine.save_to_file(text, file)
        self._engine.runAndWait()
        if not self._finished.wait(timeout=_WAIT_SECONDS):
            raise _BadTake("it never ends")
        return _pcm(file.getvalue())

    def _set_voice(self) -> None:
        """Choose the voice. An unknown one is reported as an event, an unknown variant not at all."""
        self._errors.clear()
        self._engine.setProperty("voice", self._voice)
        variant = self._voice.partition("+")[2].lower()
        current = self._engine.getProperty("voice") or ""
        if self._errors or current.partition("+")[2] != variant:
            raise SpeechError(f"there is no voice {self._voice!r}", f"choose one, for example {', '.join(_EXAMPLES)}")


class _BadTake(Exception):
    """A render that came out wrong; the next may be right."""


def _version(distribution: str) -> str:
    try:
        return metadata.version(distribution)
    except metadata.PackageNotFoundError:
        return "none"


def _preload_espeak() -> None:
    """Load the wheel's espeak-ng, so that pyttsx3, which asks for it by its soname, gets this one."""
    if sys.platform != "linux":
        return
    try:
        import espeakng_loader
    except ImportError:
        return  # a system espeak-ng will do
    import ctypes

    folder = Path(espeakng_loader.__file__).parent
    data = folder / "espeak-ng-data"
    # Without these espeak-ng calls exit(1): the process would end without a word.
    missing = [name for name in ("phontab", "phonindex", "phondata", "en_dict") if not (data / name).is_file()]
    if missing:
        raise SpeechError(f"{data} lacks {', '.join(missing)}", "pip install --force-reinstall espeakng-loader")
    os.environ["ESPEAK_DATA_PATH"] = str(data)
    try:
        ctypes.CDLL(espeakng_loader.get_library_path())
    except OSError as error:
        raise SpeechError(
            f"espeak-ng cannot be loaded: {error}", "pip install --force-reinstall espeakng-loader"
        ) from error


def _check(text: str, rate: int) -> None:
    try:
        text.encode()
    except UnicodeEncodeError as error:
        raise SpeechError(f"{text!r} is not text", "write it in UTF-8") from error
    if not any(character.isalnum() for character in text):
        raise SpeechError(f"there is nothing to say in {text!r}", "write at least one word")
    if len(text) > _MAX_LENGTH:
        raise SpeechError(f"{len(text)} characters are too many to say at once", f"say at most {_MAX_LENGTH}")
    if not MIN_RATE <= rate <= MAX_RATE:
        raise SpeechError(f"{rate} words a minute cannot be spoken", f"choose a rate between {MIN_RATE} and {MAX_RATE}")


def _pcm(wav: bytes) -> bytes:
    try:
        with wave.open(io.BytesIO(wav)) as file:
            form = (file.getnchannels(), file.getsampwidth(), file.getframerate())
            pcm: bytes = file.readframes(file.getnframes())
    except (wave.Error, EOFError) as error:
        raise _BadTake("nothing came out") from error
    if form != (1, 2, CLIP_RATE):
        raise _BadTake(f"it came out as {form[0]} channels of {8 * form[1]} bits at {form[2]} Hz")
    return pcm


def _trim(pcm: bytes) -> Clip:
    import numpy as np

    samples = np.frombuffer(pcm, "<i2")
    loud = np.flatnonzero(np.abs(samples.astype(np.int32)) > _NEAR_SILENCE)
    if not loud.size:
        raise _BadTake("only silence came out")
    first, end = int(loud[0]), int(loud[-1]) + 1
    lead, tail = round(_LEAD_SECONDS * CLIP_RATE), round(_TAIL_SECONDS * CLIP_RATE)
    return Clip(np.pad(samples[first:end], (lead, tail)).tobytes(), CLIP_RATE)


def _check_length(text: str, rate: int, clip: Clip) -> None:
    """A rough check. espeak-ng speaks a letter in about 10 / rate seconds, a digit or a foreign sign in up to 120."""
    characters = sum(character.isalnum() for character in text)
    low, high = 3 / rate * characters, 1 + 200 / rate * characters
    if not low < clip.seconds < high:
        raise _BadTake(f"{clip.seconds:.2f} s came out")
