"""Changes to sound that stand in for what the recordings lack: other speeds, rooms and noises."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import soundfile
import soxr
from numpy.typing import NDArray

from scripts.train.errors import TrainingError

__all__ = ["RATE", "Samples", "change_speed", "in_a_room", "made_noise", "read_sound"]

Samples = NDArray[np.float32]
RATE = 16000


def read_sound(path: Path) -> Samples:
    """The file's samples at 16 kHz, mono. Raises `TrainingError` for a file that is no sound."""
    try:
        samples, rate = soundfile.read(path, dtype="float32", always_2d=True)
    except (OSError, soundfile.SoundFileError) as error:
        raise TrainingError(f"{path}: not readable as sound: {error}", "unpack the audio archives again") from error
    mono = samples.mean(axis=1)
    return np.asarray(soxr.resample(mono, rate, RATE) if rate != RATE else mono, dtype=np.float32)


def change_speed(samples: Samples, factor: float) -> Samples:
    """Faster and higher for `factor` above 1, as from another speaker."""
    return np.asarray(soxr.resample(samples, RATE * factor, RATE, quality="MQ"), dtype=np.float32)


def in_a_room(samples: Samples, chance: np.random.Generator) -> Samples:
    """The sound as heard in a random room: a few early echoes, then a tail that dies away in 0.15 to 0.7 s."""
    dying = chance.uniform(0.15, 0.7)
    moments = np.arange(int(RATE * dying)) / RATE
    response = chance.standard_normal(len(moments)) * 10 ** (-3 * moments / dying)
    response[: int(RATE * 0.002)] = 0
    for _ in range(chance.integers(2, 7)):
        response[int(RATE * chance.uniform(0.001, 0.02))] += chance.uniform(-4, 4)
    tail_to_direct = 10 ** (chance.uniform(-18, 2) / 10)
    response *= np.sqrt(tail_to_direct / np.sum(response**2))
    response[0] = 1
    size = 1 << (len(samples) + len(response)).bit_length()
    heard = np.fft.irfft(np.fft.rfft(samples, size) * np.fft.rfft(response, size), size)
    return np.asarray(heard[: len(samples)], dtype=np.float32)


def made_noise(seconds: float, chance: np.random.Generator) -> Samples:
    """A bedroom's noises without a recording: hiss, hum, knocks, gusts of wind or breath, and rustling sheets."""
    length = int(RATE * seconds)
    moments = np.arange(length) / RATE
    hiss = _coloured(length, chance.uniform(0, 2.2), chance)
    match chance.integers(5):
        case 0:
            noise = hiss
        case 1:
            base = chance.choice([50, 60, 100, 120, chance.uniform(80, 400)])
            parts = [
                chance.uniform() * np.sin(2 * np.pi * base * order * moments + chance.uniform(0, 6))
                for order in range(1, 9)
            ]
            noise = np.sum(parts, axis=0) + 0.1 * hiss
        case 2:
            noise = 0.02 * hiss
            for _ in range(chance.integers(1, 5 + int(3 * seconds))):
                long = int(chance.integers(100, 2500))
                start = int(chance.integers(0, max(1, length - long)))
                knock = chance.standard_normal(long) * np.exp(-np.arange(long) / chance.uniform(20, 600))
                part = noise[start : start + long]
                part += knock[: len(part)] * chance.uniform(0.3, 1)
        case 3:
            noise = hiss * (0.05 + np.abs(np.sin(np.pi * chance.uniform(0.2, 3) * moments + chance.uniform(0, 6))))
        case _:
            gate = np.repeat(chance.uniform(0, 1, length // 400 + 1) ** 4, 400)[:length]
            noise = _coloured(length, chance.uniform(-0.5, 1), chance) * gate + 0.01 * hiss
    return np.asarray(noise / (np.max(np.abs(noise)) + 1e-9) * 0.5, dtype=np.float32)


def _coloured(length: int, slope: float, chance: np.random.Generator) -> NDArray[np.float64]:
    """Noise whose power falls with frequency to the power of `slope`: 0 white, 1 pink, 2 brown."""
    spectrum = np.fft.rfft(chance.standard_normal(length))
    frequency = np.maximum(np.arange(len(spectrum)), 1)
    noise = np.fft.irfft(spectrum / frequency ** (slope / 2), length)
    return np.asarray(noise / np.std(noise))
