"""A microphone that is none gives itself away by silence, or by repeating what is played."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from voice_skill.audio.cancel import Reference
from voice_skill.audio.frame import FRAME_SAMPLES, SAMPLE_RATE, Frame
from voice_skill.audio.source_watch import SourceWatch
from voice_skill.tts.port import CLIP_RATE

SECONDS = 3.0


class Server:
    """Answers, and counts how often it was asked."""

    def __init__(self, name: str | None) -> None:
        self.name = name
        self.asked = 0

    def __call__(self) -> str | None:
        self.asked += 1
        return self.name


def noise(rate: int, seed: int = 1) -> NDArray[np.float64]:
    """The same slow noise at every rate."""
    generator = np.random.default_rng(seed)
    coarse = generator.normal(0, 3_000, round(SECONDS * 2_000))
    return np.interp(np.arange(round(SECONDS * rate)) / rate, np.arange(len(coarse)) / 2_000, coarse)


def feed(watch: SourceWatch, sound: NDArray[np.float64]) -> None:
    pcm = sound.clip(-32768, 32767).astype("<i2")
    for index in range(0, len(pcm) - FRAME_SAMPLES, FRAME_SAMPLES):
        watch.take(Frame(index / SAMPLE_RATE, pcm[index : index + FRAME_SAMPLES].tobytes()))


def played() -> Reference:
    reference = Reference()
    reference.played(noise(CLIP_RATE).astype("<i2").tobytes(), 0.0)
    return reference


def test_a_room_is_never_asked_about() -> None:
    server = Server("speaker.monitor")
    watch = SourceWatch(server, played())
    feed(watch, noise(SAMPLE_RATE, seed=2) * 0.01)
    assert (server.asked, watch.wrong) == (0, False)


@pytest.mark.parametrize(("name", "wrong"), [("speaker.monitor", True), ("mic", False), (None, False)])
def test_digital_silence_is_asked_about_now_and_then(name: str | None, wrong: bool) -> None:
    server = Server(name)
    watch = SourceWatch(server)
    feed(watch, np.zeros(round(SECONDS * SAMPLE_RATE)))
    assert watch.wrong is wrong
    assert 3 <= server.asked <= 6


def test_what_is_wrong_is_asked_about_until_it_is_right_again() -> None:
    server = Server("speaker.monitor")
    watch = SourceWatch(server)
    feed(watch, np.zeros(SAMPLE_RATE))
    assert watch.wrong
    server.name = "mic"
    feed(SourceWatch(server), np.ones(SAMPLE_RATE))
    for number in range(40):
        watch.take(Frame(5.0 + number * 0.032, b"\1" * 2 * FRAME_SAMPLES))
    assert not watch.wrong


@pytest.mark.parametrize(
    ("gain", "room", "late", "wrong"),
    [
        (1.0, 0, 0.05, True),
        (1.0, 0, -0.006, True),
        (0.9, 0.05, 0.05, True),
        (0.2, 0, 0.05, False),
        (0.9, 0.6, 0.05, False),
    ],
    ids=["a copy", "a copy ahead of the clock", "nearly one", "an echo that is soft", "a room that adds its own"],
)
def test_a_copy_of_what_is_played_is_no_microphone_even_if_nobody_can_be_asked(
    gain: float, room: float, late: float, wrong: bool
) -> None:
    watch = SourceWatch(Server(None), played())
    heard = np.roll(noise(SAMPLE_RATE), round(late * SAMPLE_RATE)) * gain + noise(SAMPLE_RATE, seed=3) * room
    feed(watch, heard[: 2 * SAMPLE_RATE])
    assert watch.wrong is wrong


def test_a_copy_that_begins_at_any_moment_is_seen_within_two_seconds() -> None:
    for begins in (0.1, 0.4, 0.7):
        watch = SourceWatch(Server(None), played())
        heard = noise(SAMPLE_RATE)
        heard[: round(begins * SAMPLE_RATE)] = noise(SAMPLE_RATE, seed=2)[: round(begins * SAMPLE_RATE)]
        feed(watch, heard[: round((begins + 1.6) * SAMPLE_RATE)])
        assert watch.wrong
