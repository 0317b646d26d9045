"""A bedroom: what a small device beside the bed hears of somebody in it.

Rooms are simulated by image sources (pyroomacoustics; Allen and Berkley 1979): somebody lies or stands somewhere, the
device stands at the wall or on the bedside table, and speaks its own prompts from where it stands. Its microphone may
be narrow, and clip when somebody shouts beside it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from scripts.train.sound import RATE, Samples

__all__ = ["Bedroom", "bedrooms", "heard"]

_SMALLEST, _LARGEST = (2.2, 2.4, 2.2), (6.0, 5.0, 3.0)
"""Metres: length, width, height."""
_LIVELIEST, _DEADEST = 0.75, 0.15
"""Seconds until an echo has died away by 60 dB: bare walls; curtains, carpet and a bed."""
_DISTANCES = (0.4, 3.0)
"""Metres from the person to the device."""
_REFLECTIONS = 12
"""How often a sound may bounce; later ones are too weak to matter here."""


@dataclass(frozen=True, slots=True)
class Bedroom:
    """How sound gets to the device in one room."""

    from_person: Samples
    """Impulse response at 16 kHz, its direct part at 1."""
    from_device: Samples
    """The same from the device's own speaker, a hand's breadth from its microphone."""


def bedrooms(count: int, chance: np.random.Generator) -> list[Bedroom]:
    """Different rooms; takes about 0.1 s each."""
    return [_bedroom(chance) for _ in range(count)]


def heard(speech: Samples, room: Bedroom, prompts: Sequence[Samples], chance: np.random.Generator) -> Samples:
    """`speech` at the device's microphone; by lot with a prompt of its own below it, narrow, or clipped."""
    sound = _through(speech, room.from_person)
    if prompts and chance.random() < 0.5:
        prompt = prompts[int(chance.integers(len(prompts)))]
        own = np.resize(np.roll(_through(prompt, room.from_device), int(chance.integers(len(prompt)))), len(sound))
        below = 10 ** (-chance.uniform(6, 30) / 20)
        sound = sound + own * (below * _loud(sound) / (_loud(own) + 1e-9))
    if chance.random() < 0.3:
        sound = _narrow(sound, chance.uniform(80, 400), chance.uniform(3000, 6500))
    if chance.random() < 0.2:
        highest = float(np.abs(sound).max()) * chance.uniform(0.15, 0.7)
        sound = np.clip(sound, -highest, highest)
    return np.asarray(sound * (0.9 / (np.abs(sound).max() + 1e-9)), dtype=np.float32)


def _bedroom(chance: np.random.Generator) -> Bedroom:
    import pyroomacoustics

    size = chance.uniform(_SMALLEST, _LARGEST)
    absorption, _ = pyroomacoustics.inverse_sabine(_liveliness(size, chance), size)
    room = pyroomacoustics.ShoeBox(
        size, fs=RATE, materials=pyroomacoustics.Material(absorption), max_order=_REFLECTIONS
    )
    device = chance.uniform((0.2, 0.2, 0.4), size - (0.4, 0.2, 0.8))
    away = chance.normal(0, 1, 3) * (1, 1, 0.4)
    away *= chance.uniform(*_DISTANCES) / np.linalg.norm(away)
    person = np.clip(device + away, 0.3, size - 0.3)
    room.add_microphone(device)
    room.add_source(person)
    room.add_source(np.add(device, (0.1, 0, 0)))
    room.compute_rir()
    person_response, device_response = room.rir[0]
    return Bedroom(_from_direct(person_response), _from_direct(device_response))


def _liveliness(size: np.ndarray[tuple[int], np.dtype[np.float64]], chance: np.random.Generator) -> float:
    """A reverberation time that walls of such a room can have: those of a large one can't swallow enough for less."""
    volume, walls = np.prod(size), 2 * (size[0] * size[1] + size[0] * size[2] + size[1] * size[2])
    least = 0.161 * volume / walls / 0.95
    return float(chance.uniform(max(_DEADEST, least), _LIVELIEST))


def _from_direct(response: np.ndarray[tuple[int], np.dtype[np.float64]]) -> Samples:
    """Begins with the direct sound and is scaled by it, so that speech keeps its moment and level."""
    direct = int(np.argmax(np.abs(response) > 0.5 * np.abs(response).max()))
    return np.asarray(response[direct:] / response[direct], dtype=np.float32)


def _through(sound: Samples, response: Samples) -> Samples:
    size = 1 << (len(sound) + len(response)).bit_length()
    result = np.fft.irfft(np.fft.rfft(sound, size) * np.fft.rfft(response, size), size)
    return np.asarray(result[: len(sound)], dtype=np.float32)


def _narrow(sound: Samples, lowest: float, highest: float) -> Samples:
    """Weaker outside a band in hertz, by 24 dB an octave."""
    spectrum = np.fft.rfft(sound)
    hertz = np.maximum(np.fft.rfftfreq(len(sound), 1 / RATE), 1)
    gain = np.minimum(1, hertz / lowest) ** 4 * np.minimum(1, highest / hertz) ** 4
    return np.asarray(np.fft.irfft(spectrum * gain, len(sound)), dtype=np.float32)


def _loud(sound: Samples) -> float:
    """The root mean square of its loud part."""
    strong = np.abs(sound) > 0.02 * np.abs(sound).max()
    return float(np.sqrt(np.mean(sound[strong] ** 2))) if strong.any() else 0.0
