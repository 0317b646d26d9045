"""A microphone and a speaker on a machine that has neither: PulseAudio with null sinks.

    person ──▶ feed ──▶ mic (the default source)          speaker (the default sink) ──▶ what is recorded
                ▲                                             │
                └──────────────── echo (if asked for) ────────┘

`person` is where somebody speaks; `feed` is the air in front of the microphone. A null sink that nothing reads falls
asleep and buffers seconds; the loopbacks and the recorders keep these awake.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import tempfile
import threading
import time
from ctypes.util import find_library
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

__all__ = ["RATE", "Recorder", "SoundCard", "missing"]

RATE = 16_000
"""Samples per second of all that is played and recorded here."""
_PROGRAMS = {"pulseaudio": "pulseaudio", "pactl": "pulseaudio-utils", "pacat": "pulseaudio-utils"}
"""What must be there, and the Debian package that it comes with."""
_PLUGIN = "*/alsa-lib/libasound_module_pcm_pulse.so"
_START_SECONDS = 10.0
_FIXED = "latency_msec=20 source_dont_move=1 sink_dont_move=1"
"""A loopback that stays where it is when devices come and go."""


def missing() -> list[str]:
    """The Debian packages that this machine lacks."""
    lacking = {package: None for program, package in _PROGRAMS.items() if shutil.which(program) is None}
    if not any(Path("/usr/lib").glob(_PLUGIN)):
        lacking["libasound2-plugins"] = None
    if find_library("portaudio") is None:
        lacking["libportaudio2"] = None
    return list(lacking)


class SoundCard:
    """A PulseAudio server of its own, in a folder of its own."""

    def __init__(self) -> None:
        self._folder = Path(tempfile.mkdtemp(prefix="charley-sound-"))
        self._process: subprocess.Popen[bytes] | None = None
        self._echo_db: float | None = None
        self._modules: dict[str, str] = {}
        self.env = {
            **os.environ,
            "HOME": str(self._folder),
            "XDG_RUNTIME_DIR": str(self._folder),
            "PULSE_SERVER": f"unix:{self._folder}/native",
        }

    def start(self) -> None:
        """Start the server, with microphone and speaker."""
        log = (self._folder / "log").open("ab")
        self._process = subprocess.Popen(
            [
                *("pulseaudio", "-n", "--daemonize=no", "--exit-idle-time=-1", "--use-pid-file=no"),
                *("-L", f"module-native-protocol-unix auth-anonymous=1 socket={self._folder}/native"),
                *("-L", "module-null-sink sink_name=speaker"),
                *("-L", "module-null-sink sink_name=feed"),
                *("-L", "module-null-sink sink_name=person"),
                *("-L", f"module-loopback source=person.monitor sink=feed {_FIXED}"),
            ],
            env=self.env,
            stdout=log,
            stderr=log,
        )
        log.close()
        until = time.monotonic() + _START_SECONDS
        while self._pactl("info", check=False) is None:
            if time.monotonic() > until:
                raise RuntimeError(f"PulseAudio does not start; see {self._folder}/log")
            time.sleep(0.05)  # it does not tell when it is ready: asked again until it answers, and given up in time
        self._modules = {}
        self.plug_in()
        self._pactl("set-default-sink", "speaker")
        self.echo(self._echo_db)

    def stop(self) -> None:
        """End the server, as a crash would."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None
        with contextlib.suppress(FileNotFoundError):
            (self._folder / "native").unlink()

    def close(self) -> None:
        """End the server and leave nothing."""
        self.stop()
        shutil.rmtree(self._folder, ignore_errors=True)

    def echo(self, level_db: float | None) -> None:
        """Have the microphone hear the speaker, at so many decibels; None for not at all."""
        self._echo_db = level_db
        self._unload("echo")
        if level_db is not None:
            # PulseAudio's volumes are cubic; a loopback begins at full volume and is turned down by its sink input.
            module = self._load(
                "echo",
                *("module-loopback", "source=speaker.monitor", "sink=feed", *_FIXED.split()),
                "sink_input_properties=media.name=echo",
            )
            inputs = self._pactl("list", "sink-inputs") or ""
            block = next(part for part in inputs.split("Sink Input #")[1:] if f"Owner Module: {module}" in part)
            self._pactl("set-sink-input-volume", block.split()[0], f"{level_db:.1f}dB")

    def unplug(self) -> None:
        """Take the microphone away. PulseAudio moves what listens to it to another source, without a word."""
        self._unload("mic")

    def plug_in(self) -> None:
        """Give the microphone (back)."""
        self._load("mic", "module-remap-source", "source_name=mic", "master=feed.monitor")
        self._pactl("set-default-source", "mic")

    def unplug_speaker(self) -> None:
        """Take the speaker away. PulseAudio moves what plays on it to another sink, without a word."""
        modules = self._pactl("list", "short", "modules") or ""
        self._pactl("unload-module", next(line.split()[0] for line in modules.splitlines() if "=speaker" in line))

    def plug_in_speaker(self) -> None:
        """Give the speaker back."""
        self._load("speaker", "module-null-sink", "sink_name=speaker")
        self._pactl("set-default-sink", "speaker")

    def default_source(self, name: str) -> None:
        """Choose what is recorded from by default."""
        self._pactl("set-default-source", name)

    def speak(self, samples: NDArray[np.int16]) -> subprocess.Popen[bytes]:
        """Somebody says `samples`, from now on."""
        process = subprocess.Popen(
            ["pacat", "-p", "-d", "person", "--format=s16le", f"--rate={RATE}", "--channels=1", "--latency-msec=30"],
            env=self.env,
            stdin=subprocess.PIPE,
        )

        def feed() -> None:
            assert process.stdin is not None
            with contextlib.suppress(BrokenPipeError):
                process.stdin.write(samples.tobytes())
                process.stdin.close()
            process.wait()

        threading.Thread(target=feed, daemon=True).start()
        return process

    def record(self, sink: str) -> Recorder:
        """Record what a sink plays, from now on."""
        return Recorder(sink, self.env)

    def _load(self, name: str, *module: str) -> str:
        self._unload(name)
        self._modules[name] = (self._pactl("load-module", *module) or "").strip()
        return self._modules[name]

    def _unload(self, name: str) -> None:
        if (module := self._modules.pop(name, None)) is not None:
            self._pactl("unload-module", module)

    def _pactl(self, *arguments: str, check: bool = True) -> str | None:
        done = subprocess.run(["pactl", *arguments], env=self.env, capture_output=True, text=True, check=False)
        if done.returncode and check:
            raise RuntimeError(f"pactl {' '.join(arguments)}: {done.stderr.strip()}")
        return None if done.returncode else done.stdout


class Recorder:
    """Keeps what a sink plays, and when."""

    def __init__(self, sink: str, env: dict[str, str]) -> None:
        self._process = subprocess.Popen(
            [
                *("parec", "-d", f"{sink}.monitor", "--format=s16le", f"--rate={RATE}", "--channels=1"),
                "--latency-msec=10",
            ],
            env=env,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )
        self._blocks: list[bytes] = []
        self._samples = 0
        self._more = threading.Condition()
        self._start = float("inf")
        """When the first sample was heard: the earliest that any block says, for blocks come late and never early."""
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()

    def _read(self) -> None:
        assert self._process.stdout is not None
        descriptor = self._process.stdout.fileno()
        while block := os.read(descriptor, 4096):
            with self._more:
                self._blocks.append(block)
                self._samples += len(block) // 2
                self._start = min(self._start, time.monotonic() - self._samples / RATE)
                self._more.notify_all()

    @property
    def start(self) -> float:
        """When the first sample was heard, on the monotonic clock."""
        return self._start

    def stop(self) -> None:
        """End the recording."""
        self._process.terminate()
        self._process.wait()
        self._thread.join(timeout=2)

    def recorded(self, until: float) -> None:
        """Wait until everything that sounded before `until` is here. Raises RuntimeError if the recording stands."""
        with self._more:
            here = self._more.wait_for(
                lambda: self._start + self._samples / RATE >= until, max(0.0, until - time.monotonic()) + _LATE_SECONDS
            )
        if not here:
            raise RuntimeError(f"the recorder gives nothing more; {_LATE_SECONDS:g} s were waited for")

    @property
    def samples(self) -> NDArray[np.int16]:
        """All that was recorded so far."""
        data = b"".join(self._blocks)
        return np.frombuffer(data[: len(data) // 2 * 2], "<i2")

    def between(self, begin: float, end: float) -> NDArray[np.int16]:
        """What was heard between two times on the monotonic clock."""
        first = max(0, round((begin - self._start) * RATE))
        return self.samples[first : max(first, round((end - self._start) * RATE))]

    def ends_before(self, at: float) -> float | None:
        """When the last sound before `at` ended; None if there was none in the ten seconds before."""
        heard = self.between(at - 10, at)
        loud = np.flatnonzero(np.abs(heard.astype(np.int32)) > _AUDIBLE)
        return at - (len(heard) - loud[-1]) / RATE if loud.size else None


_AUDIBLE = 40
_LATE_SECONDS = 3.0
"""Later than this no block arrives from a sound server that lives."""
