"""How softly somebody called, and how softly Charley answers: level in, gain out.

    frames → CallMeter ─Call(level, room, voicing)→ answer → Softness(gain, whispered)        (CallListener does it all)

An ordinary call is answered at the volume that was set, a softer one softer by as many decibels; a loud one no louder,
for a scream is no wish for more noise. How loud an ordinary voice is at this microphone, `setup` measures; until then
it is guessed from the room. A whisper has no pitch, and that tells it from a soft voice at any distance.

Nothing here decides whether something is heard: a whisper is quiet speech.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from voice_skill.audio.frame import FRAME_SAMPLES, FRAME_SECONDS, SAMPLE_RATE, Frame
from voice_skill.audio.levels import FLOOR_DBFS

__all__ = ["GUESSED_ORDINARY", "Call", "CallListener", "CallMeter", "Calls", "Softness", "answer"]

GUESSED_ORDINARY = -30.0
"""dBFS of an ordinary voice at a microphone that is set up for speech, where nobody has measured it."""
ORDINARY_ABOVE_ROOM = 30.0
"""Decibels by which an ordinary voice at a metre (60 dB SPL) stands above a bedroom at night (30 dB SPL)."""
STILLEST_ROOM = -75.0
"""dBFS. Below it the microphone has shut a gate of its own, which tells nothing about the room."""
SOFTEST_ANSWER = -18.0
"""dB. A whisper is about as much softer than a voice; what is softer still is not understood."""
MASKING_ROOM = -40.0
"""dBFS of a room in which a softer answer would be lost, so that none is given."""
WHISPER_DB = -4.4
"""How much softer a whisper is answered at the least: forty per cent less loud (clinical.md 3.7)."""
WHISPER_VOICING = 0.3
"""Share of voiced speech below which a call is a whisper. Of 220 recordings of people 95 in 100 had 0.5 or more; of the
same with their pitch taken out 95 in 100 had 0.25 or less, at 10 dB of rain, fan or hum as well."""
CLEAR_DB = 6.0
"""Speech that stands less than this above the room shows no pitch, whispered or not."""

_ROOM_SECONDS = 20.0
_CALL_SECONDS = 10.0
_ROOM_SHARE = 0.2
"""The room is as loud as the stillest fifth of what was heard: what is louder may be breath, a car, or speech."""
_SPEECH_SPAN = 20.0
"""dB below the loudest speech down to which it is speech still."""
_LAGS = np.arange(SAMPLE_RATE // 400, SAMPLE_RATE // 70)
"""Samples after which a voice of 70 to 400 Hz repeats itself."""
_PERIODIC = 0.5
"""How like itself, from 0 to 1, sound has to come again to have a pitch."""
_FEW_FRAMES = 4


@dataclass(frozen=True, slots=True)
class Call:
    """How somebody called."""

    level_dbfs: float
    """Of the speech, pauses left out."""
    room_dbfs: float
    voicing: float
    """Share of the speech that has a pitch, 0 to 1; ordinary speech has 0.5 or more, a whisper next to none."""


@dataclass(frozen=True, slots=True)
class Softness:
    """How an answer is given."""

    gain_db: float = 0.0
    """Against the volume that is set: 0, or less."""
    whispered: bool = False
    """Whether it answers a whisper."""


def answer(call: Call, ordinary_dbfs: float | None = None) -> Softness:
    """How to answer `call`. `ordinary_dbfs`: an ordinary voice at this microphone, as `Call.level_dbfs` has it."""
    if ordinary_dbfs is None:
        ordinary_dbfs = min(GUESSED_ORDINARY, max(call.room_dbfs, STILLEST_ROOM) + ORDINARY_ABOVE_ROOM)
    softer = call.level_dbfs - ordinary_dbfs
    clear = call.level_dbfs - call.room_dbfs >= CLEAR_DB
    whispered = softer < 0 and clear and call.voicing < WHISPER_VOICING
    if whispered:
        softer = min(softer, WHISPER_DB)
    lost_below = min(0.0, call.room_dbfs - MASKING_ROOM)
    return Softness(round(min(0.0, max(softer, SOFTEST_ANSWER, lost_below)), 1), whispered)


class CallMeter:
    """Listens to everything, to know afterwards how loud a call was and how still the room before it.

    It keeps the last ten seconds of sound, in memory and no longer.
    """

    def __init__(self) -> None:
        self._powers: deque[float] = deque(maxlen=round(_ROOM_SECONDS / FRAME_SECONDS))
        self._frames: deque[tuple[float, NDArray[np.float32]]] = deque(maxlen=round(_CALL_SECONDS / FRAME_SECONDS))

    def hear(self, frame: Frame) -> None:
        """Take in the next frame; under 0.1 ms of work."""
        samples = np.frombuffer(frame.pcm, "<i2").astype(np.float32) / np.float32(32768)
        self._frames.append((frame.at, samples))
        self._powers.append(float(np.mean(samples * samples)))

    def call(self, began_at: float, ended_at: float) -> Call | None:
        """The speech between two times, in seconds on the frames' clock; `None` if too little of it was heard."""
        spoken = [samples for at, samples in self._frames if began_at - FRAME_SECONDS < at < ended_at]
        if len(spoken) < _FEW_FRAMES:
            return None
        sound = np.stack(spoken)
        room = float(np.quantile(list(self._powers), _ROOM_SHARE))
        powers = np.mean(sound * sound, axis=1)
        loudest = float(np.quantile(powers, 0.95))
        speech = powers >= max(loudest * _ratio(-_SPEECH_SPAN), room * _ratio(CLEAR_DB))
        pairs = np.flatnonzero(speech[1:] & speech[:-1])
        if len(pairs) < _FEW_FRAMES:
            return None
        # A frame of 32 ms holds two periods of a low voice, and so shows none; two frames do.
        periodic = _periodicity(np.hstack((sound[pairs], sound[pairs + 1]))) >= _PERIODIC
        return Call(_dbfs(float(np.mean(powers[speech]))), _dbfs(room), voicing=float(np.mean(periodic)))


class Calls(Protocol):
    """What a conversation needs to answer as softly as it was called."""

    def hear(self, frame: Frame) -> None:
        """Take in the next frame."""
        ...

    def answer(self, began_at: float, ended_at: float) -> Softness:
        """How to answer who spoke between two times, in seconds on the frames' clock."""
        ...


class CallListener:
    """Says of every call how to answer it."""

    def __init__(self, ordinary_dbfs: float | None, *, follows: bool, whispers: Callable[[], bool]) -> None:
        """`ordinary_dbfs` as in `answer`. `follows`: whether calls are answered as softly as they are. `whispers`:
        whether everything is to be whispered now."""
        self._ordinary_dbfs = ordinary_dbfs
        self._follows = follows
        self._whispers = whispers
        self._meter = CallMeter()

    def hear(self, frame: Frame) -> None:
        """Take in the next frame."""
        self._meter.hear(frame)

    def answer(self, began_at: float, ended_at: float) -> Softness:
        """How to answer who spoke between two times, in seconds on the frames' clock."""
        call = self._meter.call(began_at, ended_at) if self._follows else None
        softness = Softness() if call is None else answer(call, self._ordinary_dbfs)
        return Softness(min(softness.gain_db, WHISPER_DB), whispered=True) if self._whispers() else softness


def _periodicity(pieces: NDArray[np.float32]) -> NDArray[np.float64]:
    """How like itself each piece [N, samples] is one period later, at the pitch where it is most so: -1 to 1, [N]."""
    pieces = pieces - pieces.mean(axis=1, keepdims=True)
    spectrum = np.fft.rfft(pieces, 4 * FRAME_SAMPLES)
    products = np.fft.irfft(spectrum * spectrum.conj())[:, _LAGS]
    energy = np.cumsum(pieces.astype(np.float64) ** 2, axis=1)
    early, late = energy[:, -1 - _LAGS], energy[:, -1:] - energy[:, _LAGS - 1]
    return np.asarray(np.max(products / np.sqrt(np.maximum(early * late, 1e-12)), axis=1))


def _ratio(db: float) -> float:
    return float(10 ** (db / 10))


def _dbfs(power: float) -> float:
    return max(FLOOR_DBFS, 10 * float(np.log10(power))) if power > 0 else FLOOR_DBFS
