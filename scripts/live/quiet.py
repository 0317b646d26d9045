"""How loud Charley is: answers to calls of different loudness, wishes, and the first emergency sentence."""

from __future__ import annotations

import time

import numpy as np
from numpy.typing import NDArray

from scripts.live.checks import Row
from scripts.live.night import Happened, Mouth, Night, said_till
from scripts.live.soundcard import RATE, SoundCard

__all__ = ["quiet"]

ORDINARY = -28
"""dBFS of the person's voice at `Mouth`'s level."""
CALL = "hey charley"
ROOM = -66.0
"""dBFS of the room."""
WHISPERER = "gmw/en+whisper"
LISTENED = 1.4
"""Seconds of a prompt that are measured."""


def quiet(card: SoundCard, mouth: Mouth) -> list[Row]:
    """An ordinary call, a soft one, a whispered one; a wish; and danger words after the whisper."""
    card.echo(-20)
    whisperer = Mouth(WHISPERER)
    ordinary, quieter = answers(card, mouth, 0.0, mouth, "too loud")
    soft, louder = answers(card, mouth, -12.0, mouth, "speak up")
    whispered, emergency = answers(card, whisperer, -12.0, mouth, "my chest hurts")
    return [
        Row("answer to a call 12 dB softer, against an ordinary one", soft - ordinary, "dB", most=-10, least=-14),
        Row('after "too loud", against before', quieter - ordinary, "dB", most=-3, least=-9),
        Row('after "speak up", against before', louder - soft, "dB", most=9, least=3),
        Row("answer to a whisper 12 dB softer", whispered - ordinary, "dB", most=-9),
        Row("first emergency sentence after a whispered call", emergency - ordinary, "dB", least=0),
    ]


def answers(card: SoundCard, caller: Mouth, level_db: float, mouth: Mouth, then: str) -> tuple[float, float]:
    """The loudness of the first answer to a call, and of the one to `then` in an ordinary voice, in dBFS."""
    noise = np.random.default_rng(3).standard_normal(120 * RATE) * 10 ** (ROOM / 20)
    room = card.speak((noise * 32767).astype(np.int16))
    try:
        with Night(card, mouth, f"ordinary_voice: {ORDINARY}\n") as night:
            night.live_until(time.monotonic() + 3)  # so that the room was heard before the call
            said_till(night, lambda: card.speak(caller(CALL, level_db)), "wake")
            first = night.until("say")
            loudness = level(night, first)
            night.until("said", within=20)
            said_till(night, lambda: card.speak(mouth(then)), "heard")
            return loudness, level(night, night.until("say", within=8))
    finally:
        room.terminate()
        room.wait()


def level(night: Night, prompt: Happened) -> float:
    """How loud the beginning of a prompt is, in dBFS, pauses left out."""
    night.heard.recorded(prompt.arrived + LISTENED)
    heard: NDArray[np.float64] = night.heard.between(prompt.arrived, prompt.arrived + LISTENED) / 32768
    powers = (heard[: len(heard) // 320 * 320].reshape(-1, 320) ** 2).mean(axis=1)
    return float(10 * np.log10(powers[powers > powers.max() / 100].mean()))
