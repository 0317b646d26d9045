"""Single phrases for tests/recordings/phrases: one file each, named by state, voice, noise and transcript.

acute_relief.hold/f4_clean__that_hurts.flac      what must be understood in that state
acute_relief.hold/oov_gb__the_kettle_is_on.flac  what must give nothing there
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import soundfile
from numpy.typing import NDArray

from scripts.recordings.voices import VOICES, speak
from voice_skill.audio.frame import SAMPLE_RATE

__all__ = ["record_phrases"]

PHRASES = {
    "acute_relief.greet": (
        "yes, no, nope, kind of, a bit, i don't know, not really, skip, say that again, yeah no, my chest hurts, "
        "i can't breathe, help me, hang on, goodnight"
    ),
    "acute_relief.where": "in bed, sitting, standing, on the floor, lying down, i'm in bed",
    "acute_relief.hold": "that hurts, stop, hang on, how long, my chest hurts, i can't feel my leg, let go",
    "acute_relief.ease": "better, it's gone, the same, worse, kind of, yes, nearly gone",
    "emergency.waiting": "i called, false alarm, what was that, stop, they're coming",
    "wind_down.offer": "yes, no, goodnight, sleep",
}
OUTSIDE = (
    "the kettle is on the stove",
    "did you lock the garage door",
    "turn over darling you are snoring",
    "the match went into extra time",
    "tomorrow will be cloudy with some rain",
    "where did i leave my glasses",
)
SOUND_LIKE_NO = ("now", "numb")
"""Said at a safety question, in every voice: neither may be taken for "no" or "none"."""
NOISY = ("f4", "m6")
NOISE_SNR_DB = 12.0
LEAD_SECONDS = 0.4
TAIL_SECONDS = 1.2


def record_phrases(folder: Path) -> None:
    """Write every phrase in two of the voices, and once more with noise; every outside sentence in one, and what
    sounds like "no" in all."""
    turn = 0
    names = list(VOICES)
    for state, listed in PHRASES.items():
        (folder / state).mkdir(parents=True, exist_ok=True)
        for phrase in listed.split(", "):
            for voice in (names[turn % 6], names[(turn + 3) % 6]):
                _write(folder / state / f"{voice}_clean__{_file_name(phrase)}", _padded(speak(voice, phrase)))
            voice = NOISY[turn % 2]
            noisy = _noisy(_padded(speak(voice, phrase)), seed=turn)
            _write(folder / state / f"{voice}_noise__{_file_name(phrase)}", noisy)
            turn += 1
    states = list(PHRASES)
    for index, sentence in enumerate(OUTSIDE):
        voice = names[index % 6]
        for state in (states[index % len(states)], states[(index + 2) % len(states)]):
            _write(folder / state / f"oov_{voice}__{_file_name(sentence)}", _padded(speak(voice, sentence)))
    for word in SOUND_LIKE_NO:
        for voice in names:
            _write(folder / "acute_relief.greet" / f"oov_{voice}__{word}", _padded(speak(voice, word)))
    for state, sound in zip(states, _noises(), strict=False):
        _write(folder / state / f"oov_noise__{sound[0]}", sound[1])


def _noises() -> Iterator[tuple[str, NDArray[np.int16]]]:
    """What is no speech at all: a fan, a knock, a breath."""
    rng = np.random.default_rng(3)
    seconds = np.arange(3 * SAMPLE_RATE) / SAMPLE_RATE
    fan = rng.standard_normal(seconds.size) * 300 + 200 * np.sin(2 * np.pi * 118 * seconds)
    knock = sum(rng.standard_normal(seconds.size) * 6000 * np.exp(-np.abs(seconds - at) * 60) for at in (0.8, 1.1, 1.4))
    breath = rng.standard_normal(seconds.size) * 900 * np.clip(np.sin(2 * np.pi * seconds / 3), 0, 1)
    for name, sound in (("fan", fan), ("knock", knock), ("breath", breath)):
        yield name, np.clip(sound, -32768, 32767).astype(np.int16)


def _noisy(clean: NDArray[np.int16], seed: int) -> NDArray[np.int16]:
    """With pink noise, at `NOISE_SNR_DB` below the speech."""
    rng = np.random.default_rng(seed)
    spectrum = np.fft.rfft(rng.standard_normal(clean.size))
    spectrum /= np.sqrt(np.maximum(np.arange(spectrum.size), 1))
    noise = np.fft.irfft(spectrum, clean.size)
    voiced = clean[np.abs(clean) > 50].astype(np.float64)
    level = np.sqrt(np.mean(voiced**2)) * 10 ** (-NOISE_SNR_DB / 20)
    return np.asarray(np.clip(clean + noise / np.std(noise) * level, -32768, 32767), dtype=np.int16)


def _padded(speech: NDArray[np.int16]) -> NDArray[np.int16]:
    return np.pad(speech, (round(LEAD_SECONDS * SAMPLE_RATE), round(TAIL_SECONDS * SAMPLE_RATE)))


def _file_name(phrase: str) -> str:
    return phrase.replace(" ", "_") + ".flac" if not phrase.endswith(".flac") else phrase


def _write(path: Path, samples: NDArray[np.int16]) -> None:
    soundfile.write(path.with_suffix(".flac"), samples, SAMPLE_RATE, subtype="PCM_16", format="FLAC")
