"""One run of `voice-skill run`, and somebody who talks with it through the sound card."""

from __future__ import annotations

import contextlib
import json
import os
import queue
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

import numpy as np
from numpy.typing import NDArray

from scripts.live.soundcard import RATE, Recorder, SoundCard
from voice_skill.audio.files import Resampler
from voice_skill.tts.port import CLIP_RATE
from voice_skill.tts.pyttsx3_voice import Pyttsx3Voice

__all__ = ["PERSON", "Happened", "Mouth", "Night", "TooLate", "said_till"]

ROOT = Path(__file__).parents[2]
PERSON = "gmw/en-us+f4"
"""Whose voice it is; the speech model was not trained on it."""
PEAK = 0.25
"""Of full scale: someone a metre from the microphone."""
VERBOSE = bool(os.environ.get("LIVE_VERBOSE"))
"""Whether to show everything that happens."""
READY_SECONDS = 300.0
"""The first time every prompt is rendered, which a slow machine takes minutes for."""
DENIAL = "not at all"
"""What is answered to a question that nothing else is said to: longer than "no", which is measured with the ears."""
SPOKEN = ("say", "said")
"""Records of what was heard from the speaker, and are told then."""
THINKS = 0.7
"""Seconds between the end of a question and the answer."""


class TooLate(Exception):
    """Something that had to happen did not."""


@dataclass(frozen=True, slots=True)
class Happened:
    """A line of what Charley tells, and when it came."""

    arrived: float
    """On the monotonic clock."""
    kind: str
    """The record's kind; `told` for a line on stderr."""
    fields: Mapping[str, object] = field(default_factory=dict)

    @property
    def text(self) -> str:
        """What was said, heard or told."""
        return str(self.fields.get("text", ""))


class Mouth:
    """Says things with the person's voice, rendered once."""

    def __init__(self, voice: str = PERSON) -> None:
        self.voice = voice
        self._renderer = Pyttsx3Voice(voice)
        self._said: dict[str, NDArray[np.int16]] = {}

    def __call__(self, text: str, level_db: float = 0.0) -> NDArray[np.int16]:
        """`text` as samples at 16 kHz, so much louder than usual."""
        if text not in self._said:
            clip = np.frombuffer(self._renderer.render(text, 155).pcm, "<i2")
            padded = np.pad(clip, (0, round(0.1 * CLIP_RATE)))  # what the resampler keeps back
            samples = Resampler(CLIP_RATE, RATE).process(padded).astype(np.float32)
            loud = np.flatnonzero(np.abs(samples) > np.abs(samples).max() * 0.01)
            samples = samples[loud[0] : loud[-1] + 1]
            self._said[text] = (samples / np.abs(samples).max() * PEAK * 32767).astype(np.int16)
        return (self._said[text] * 10 ** (level_db / 20)).clip(-32768, 32767).astype(np.int16)


class Night:
    """A running Charley. Use it in a `with` block."""

    def __init__(
        self, card: SoundCard, mouth: Mouth, settings: str = "", environment: Mapping[str, str] | None = None
    ) -> None:
        """`settings`: lines of charley.yaml. `environment`: more of it."""
        self._begun = time.monotonic()
        self.happened: list[Happened] = []
        self._card = card
        self._mouth = mouth
        self._new: queue.SimpleQueue[Happened] = queue.SimpleQueue()
        self._folder = tempfile.TemporaryDirectory(prefix="charley-night-")
        folder = Path(self._folder.name)
        self.folder = folder
        (folder / "charley.yaml").write_text(f"region: GB\nnight_hours: null\nvolume: 85\n{settings}")
        self.process = subprocess.Popen(
            [sys.executable, "-m", "voice_skill", "run", "--json"],
            cwd=folder,
            env={
                **card.env,
                **(environment or {}),
                "HOME": str(Path.home()),
                "XDG_STATE_HOME": str(folder / "state"),
                "PYTHONPATH": str(ROOT),
                "PYTHONUNBUFFERED": "1",
            },
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        assert self.process.stdout is not None and self.process.stderr is not None
        for stream, parse in ((self.process.stdout, _record), (self.process.stderr, _told)):
            threading.Thread(target=self._read, args=(stream, parse), daemon=True).start()
        self.heard: Recorder = card.record("speaker")
        self.person: Recorder = card.record("person")

    def __enter__(self) -> Night:
        try:
            self.until("told", lambda line: "listening" in line.text, within=READY_SECONDS)
        except TooLate:
            self.end()
            raise
        self.heard.recorded(time.monotonic())
        self.person.recorded(time.monotonic())
        return self

    def __exit__(self, *_: object) -> None:
        self.end()

    def end(self) -> int:
        """Press Ctrl-C; gives the exit code."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
            try:
                self.process.wait(timeout=5)
            except subprocess.TimeoutExpired:
                self.process.kill()
        self.heard.stop()
        self.person.stop()
        self._folder.cleanup()
        return self.process.wait()

    def renew_recorders(self) -> None:
        """Record anew, the sound server having been away."""
        self.heard.stop()
        self.person.stop()
        self.heard, self.person = self._card.record("speaker"), self._card.record("person")

    # -- what happens

    def next(self, within: float) -> Happened | None:
        """The next thing that happens; None if nothing does."""
        try:
            event = self._new.get(timeout=max(0.0, within))
        except queue.Empty:
            return None
        self.happened.append(event)
        if VERBOSE:
            print(
                f"  {event.arrived - self._begun:7.2f} {event.kind} {dict(event.fields)}", file=sys.stderr, flush=True
            )
        return event

    def until(
        self, kind: str, matches: Callable[[Happened], bool] = lambda _: True, *, within: float = 20.0
    ) -> Happened:
        """Wait for something of a kind. Raises `TooLate`."""
        end = time.monotonic() + within
        while (event := self.next(end - time.monotonic())) is not None:
            if event.kind == kind and matches(event):
                return event
        last = [f"{event.kind} {event.text}" for event in self.happened[-4:]]
        raise TooLate(f"no {kind} within {within:g} s; the last were {last}")

    def next_of(self, *kinds: str, within: float) -> Happened:
        """Wait for something of one of the kinds. Raises `TooLate`."""
        end = time.monotonic() + within
        while (event := self.next(end - time.monotonic())) is not None:
            if event.kind in kinds:
                return event
        raise TooLate(f"none of {', '.join(kinds)} within {within:g} s")

    def all_of(self, kind: str, since: float = 0.0) -> list[Happened]:
        """Everything of a kind so far."""
        while self.next(0.0) is not None:
            pass
        return [event for event in self.happened if event.kind == kind and event.arrived >= since]

    def when(self, event: Happened) -> float:
        """When something was, on the monotonic clock, by its own time: some are told late, and none before it was."""
        zero = min(other.arrived - float(str(other.fields["at"])) for other in self.happened if other.kind in SPOKEN)
        return zero + float(str(event.fields["at"]))

    def live_until(self, at: float) -> None:
        """Take down what happens until `at`: a night runs in real time, and the person acts at a second of it.

        Raises `TooLate` if Charley ends before.
        """
        while (left := at - time.monotonic()) > 0:
            if self.next(left) is None and self.process.poll() is not None:
                raise TooLate(f"Charley ended with exit code {self.process.returncode}")

    # -- the person

    def say(self, text: str, mouth: Mouth | None = None) -> tuple[float, float]:
        """Say something, with the usual mouth or another, and wait until it is out. Gives when it began and ended, as
        was recorded."""
        begun = time.monotonic()
        samples = (mouth or self._mouth)(text)
        process = self._card.speak(samples)
        process.wait()
        self.person.recorded(time.monotonic())
        end = self.person.ends_before(time.monotonic())
        if end is None or end < begun:
            raise TooLate(f'"{text}" did not come out of the sound server')
        return end - len(samples) / RATE, end

    def converse(
        self,
        answers: Mapping[str, str],
        *,
        stop: Callable[[Happened], bool],
        within: float = 240.0,
    ) -> Happened:
        """Answer questions until something happens for which `stop` holds, and give that.

        `answers`: by the name of a state, or a part of it; `DENIAL` for all others. Raises `TooLate`.
        """
        end = time.monotonic() + within
        state, asked = "", ""
        while (left := end - time.monotonic()) > 0:
            event = self.next(min(THINKS, left) if asked else left)
            if event is None:
                if asked:
                    self.say(next((answer for key, answer in answers.items() if key in state), DENIAL))
                    asked = ""
                continue
            if stop(event):
                return event
            if event.kind == "state":
                state = str(event.fields["state"])
            if event.kind in ("say", "hold_started", "state"):
                asked = ""
            if event.kind == "said" and "cut" not in event.fields and event.text.rsplit(". ", 1)[-1].endswith("?"):
                asked = event.text
        raise TooLate(f"the conversation was not over within {within:g} s; it stood at {state}")

    def _read(self, stream: IO[str], parse: Callable[[str], tuple[str, Mapping[str, object]]]) -> None:
        for line in stream:
            kind, fields = parse(line)
            self._new.put(Happened(time.monotonic(), kind, fields))


def said_till(night: Night, speak: Callable[[], object], kind: str, *, within: float = 7.0) -> Happened:
    """Say something till it is heard, and give that: where it is not the recogniser that is measured.

    Raises `TooLate` if even the third time it is not.
    """
    for _ in range(2):
        speak()
        with contextlib.suppress(TooLate):
            return night.until(kind, within=within)
    speak()
    return night.until(kind, within=within)


def _record(line: str) -> tuple[str, Mapping[str, object]]:
    record = json.loads(line)
    return str(record.pop("kind")), record


def _told(line: str) -> tuple[str, Mapping[str, object]]:
    return "told", {"text": line.strip()}
