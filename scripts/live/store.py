"""Every prompt in the store through the air in simulated time: none may be taken for somebody who speaks, and "stop"
must be heard over them.

What would take a night live takes minutes so. The air is a loudspeaker, a small room and a microphone with the noise of
a bedroom; what hears is what hears in a night: echo canceller, detector, recogniser, and the gate for Charley's own
voice. What may be said meanwhile is all that may be said while a safety question stands open.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from rich.progress import track

from scripts.live.measure import Row, percentile
from scripts.live.night import Mouth
from scripts.live.soundcard import SoundCard
from voice_skill.audio.cancel import Reference
from voice_skill.audio.files import Resampler
from voice_skill.audio.frame import FRAME_SAMPLES, FRAME_SECONDS, SAMPLE_RATE, Frame
from voice_skill.commands.parts import build_dialogs, build_ear, build_store
from voice_skill.config import Config
from voice_skill.dialog.hearing import intents_of
from voice_skill.dialog.texts import sentences
from voice_skill.ear import PhraseHeard, UrgencySuspected
from voice_skill.echo import EchoGate, Passes
from voice_skill.tts.port import CLIP_RATE

__all__ = ["own_voice", "stop_everywhere"]

Samples = NDArray[np.float64]

GAIN_DB = -6.0
"""Of what is played: the volume of the live checks."""
ROOM_DBFS = -66.0
DELAY_SECONDS = 0.02
"""From loudspeaker to microphone, the sound card's part included."""
DECAY_SECONDS = 0.05
AHEAD_SECONDS = 0.08
"""By so much the device is given sound before it is heard."""
BEFORE, AFTER = 0.6, 1.6
"""Seconds of quiet around a prompt: those after it end every utterance."""
SHORTEST = 1.5
"""Seconds of a prompt that one can say "stop" into."""
PART = 100
"""Prompts that are said one after the other in one air."""
SAMPLE = int(os.environ.get("LIVE_SAMPLE", "8"))
"""Each so manieth prompt is tried: 1 for all of them, which takes an hour of processor time."""


@dataclass(frozen=True, slots=True)
class Setting:
    """One way to listen."""

    echo_db: float
    cancels: bool

    def __str__(self) -> str:
        return f"{self.echo_db:.0f} dB {'with' if self.cancels else 'without'} cancellation"


@dataclass(frozen=True, slots=True)
class Trial:
    """What was heard while one prompt was said."""

    prompt: str
    heard: tuple[str, ...]
    """Intents and words that passed for somebody's."""
    hushed: bool
    """Whether something urgent was suspected."""
    stopped: float | None
    """Seconds from the end of "stop" until Charley hushed, if somebody said it and was heard."""


SETTINGS = [Setting(echo_db, cancels) for cancels in (True, False) for echo_db in (-20.0, -10.0)]


def own_voice(card: SoundCard, mouth: Mouth) -> Iterator[Row]:  # noqa: ARG001
    """Nobody speaks but Charley: nothing it says may pass for an answer or a command."""
    for setting, trials in _trials(SETTINGS, word=""):
        wrong = [trial for trial in trials if trial.heard]
        note = "; ".join(f"{trial.prompt} → {', '.join(trial.heard)}" for trial in wrong[:3])
        hushed = sum(trial.hushed for trial in trials)
        yield Row(
            f"{setting}: prompts of {len(trials)} that were taken for somebody's words",
            len(wrong),
            most=0,
            note=f"hushed for a moment: {hushed}. {note}",
        )


def stop_everywhere(card: SoundCard, mouth: Mouth) -> Iterator[Row]:  # noqa: ARG001
    """Somebody says "stop" in the middle of every second prompt, at -20 dB of echo."""
    for setting, trials in _trials([setting for setting in SETTINGS if setting.echo_db == SETTINGS[0].echo_db], "stop"):
        stopped = [1000 * trial.stopped for trial in trials if trial.stopped is not None]
        yield Row(
            f'{setting}: "stop" missed, of {len(trials)} prompts',
            100 * (1 - len(stopped) / max(1, len(trials))),
            "%",
            most=5 if setting.cancels else None,
            note="" if setting.cancels else "half duplex: what overlaps Charley's own words is mostly lost",
        )
        yield Row(
            f"{setting}: silence after the word's end, p95",
            percentile(stopped, 0.95),
            "ms",
            most=500 if setting.cancels else None,
        )


def _trials(settings: Sequence[Setting], word: str) -> Iterator[tuple[Setting, list[Trial]]]:
    config = Config(region="GB")
    prompts = sentences(build_dialogs(config, config.model_folder), "GB")[::SAMPLE]
    workers = len(os.sched_getaffinity(0))
    count = max(workers, len(prompts) // PART)
    with multiprocessing.get_context("spawn").Pool(workers, signal.signal, (signal.SIGINT, signal.SIG_IGN)) as pool:
        for setting in settings:
            parts = [(setting, prompts[number::count], word) for number in range(count)]
            found = track(pool.imap_unordered(_try_all, parts), str(setting), count, transient=True)
            yield setting, [trial for trials in found for trial in trials]


def _try_all(part: tuple[Setting, Sequence[str], str]) -> list[Trial]:
    return _try(*part)


def _try(setting: Setting, prompts: Sequence[str], word: str) -> list[Trial]:
    """Say `prompts` one after the other, and hear."""
    config = Config(region="GB")
    dialogs = build_dialogs(config, config.model_folder)
    screen = next(name for name, state in dialogs.walk() if state.screen and name.startswith("red_flag_screen"))
    intents = intents_of(dialogs, screen)
    air = _Air(setting.echo_db)
    ear = build_ear(dialogs, config.model_folder, reference=air.reference if setting.cancels else None)
    gate = EchoGate(Passes.OTHERS if setting.cancels else Passes.URGENT)
    store = build_store(config)
    said = np.zeros(0) if not word else Mouth()(word).astype(np.float64)
    trials = []
    for number, prompt in enumerate(prompts):
        clip = np.frombuffer(store.get(prompt, config.rate).pcm, "<i2") * 10 ** (GAIN_DB / 20)
        if word and len(clip) < SHORTEST * CLIP_RATE:
            continue
        ear.listen(intents, intents, number, 0.8)
        ear.question_began(0.0)
        began = air.now + BEFORE
        ended = began + len(clip) / CLIP_RATE
        over = bool(word) and number % 2 == 1  # the others tell how loud Charley is
        spoken = began + (ended - began) * 0.4 if over else None
        heard: list[str] = []
        hushed: list[float] = []
        sounding = False
        for frame in air.frames(clip.astype(np.int16), (said, spoken)):
            if not sounding and began <= frame.at < ended:
                sounding = True
                gate.began(prompt, began)
            elif sounding and frame.at >= ended:
                sounding = False
                gate.ended(ended)
            ear.talked_over = sounding
            gate.hear(frame)
            if (ours := gate.forget_before(frame.at)) is not None:
                ear.forget_before(ours)
            for result in filter(gate.passes, ear.feed(frame)):
                if isinstance(result, PhraseHeard):
                    heard.append(f"{result.intent} ({result.text})")
                if isinstance(result, PhraseHeard | UrgencySuspected):
                    hushed.append(frame.end)
        ear.reset()
        done = spoken is not None and any(intent.startswith("stop") for intent in heard)
        end = 0.0 if spoken is None else spoken + len(said) / SAMPLE_RATE
        stopped = next((max(0.0, at - end) for at in hushed if spoken is not None and at > spoken), None)
        if over or not word:
            trials.append(Trial(prompt, tuple(heard), bool(hushed), stopped if done else None))
    return trials


class _Air:
    """Loudspeaker, room and microphone, on one clock that runs through all prompts."""

    def __init__(self, echo_db: float) -> None:
        self.now = 0.0
        self.reference = Reference()
        """What is played."""
        self._random = np.random.default_rng(11)
        tail = self._random.standard_normal(round(3 * DECAY_SECONDS * SAMPLE_RATE))
        tail *= 0.3 * np.exp(-np.arange(len(tail)) / (DECAY_SECONDS * SAMPLE_RATE))
        tail[0] = 1.0
        room = np.concatenate((np.zeros(round(DELAY_SECONDS * SAMPLE_RATE)), tail))
        self._room = room / np.sqrt((room**2).sum()) * 10 ** (echo_db / 20)
        self._played = 0

    def frames(self, clip: NDArray[np.int16], person: tuple[Samples, float | None]) -> Iterator[Frame]:
        """What the microphone hears while `clip` is played `BEFORE` seconds from now. `person`: what somebody says, and
        when; `None` for never."""
        count = -(-round((BEFORE + AFTER) * SAMPLE_RATE + len(clip) * SAMPLE_RATE / CLIP_RATE) // FRAME_SAMPLES)
        begun = self.now
        padded = np.pad(clip, (round(BEFORE * CLIP_RATE), round((AFTER + 1) * CLIP_RATE)))
        played = Resampler(CLIP_RATE, SAMPLE_RATE).process(padded).astype(np.float64)[: count * FRAME_SAMPLES]
        noise = self._random.standard_normal(len(played)) * 10 ** (ROOM_DBFS / 20) * 32768
        length = 1 << (len(played) + len(self._room)).bit_length()
        echo = np.fft.irfft(np.fft.rfft(played, length) * np.fft.rfft(self._room, length), length)[: len(played)]
        near = echo + noise
        said, at = person
        if at is not None:
            first = round((at - begun) * SAMPLE_RATE)
            near[first : first + len(said)] += said[: len(near) - first]
        pcm = near.clip(-32768, 32767).astype("<i2")
        for number in range(count):
            self.now = begun + (number + 1) * FRAME_SECONDS
            self._play(padded, begun)
            yield Frame(
                begun + number * FRAME_SECONDS, pcm[number * FRAME_SAMPLES : (number + 1) * FRAME_SAMPLES].tobytes()
            )

    def _play(self, padded: NDArray[np.int16], begun: float) -> None:
        """Tell what is played up to now, and ahead of it."""
        until = round((self.now + AHEAD_SECONDS) * CLIP_RATE)
        first = self._played - round(begun * CLIP_RATE)
        self.reference.played(padded[first : first + until - self._played].tobytes(), self._played / CLIP_RATE)
        self._played = until
