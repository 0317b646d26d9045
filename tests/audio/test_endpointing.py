from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from voice_skill.audio.endpointing import Endpointer, EndpointSettings, PreRoll, SpeechBegan, SpeechEnded
from voice_skill.audio.frame import FRAME_SECONDS, Frame

SETTINGS = EndpointSettings(on=0.5, off=0.3, onset=3 * FRAME_SECONDS, silence=4 * FRAME_SECONDS, max_utterance=1.0)


def events(
    probabilities: Sequence[float], endpointer: Endpointer | None = None, first: int = 0
) -> list[SpeechBegan | SpeechEnded]:
    endpointer = endpointer or Endpointer(SETTINGS)
    ends = ((index + 1) * FRAME_SECONDS for index in range(first, first + len(probabilities)))
    found = (endpointer.process(*pair) for pair in zip(probabilities, ends, strict=True))
    return [event for event in found if event]


def frames(count: int) -> Any:
    """Their length in seconds, give or take what adding floats costs."""
    return pytest.approx(count * FRAME_SECONDS)


@pytest.mark.parametrize(
    ("probabilities", "began"),
    [
        ([0.0, 0.9, 0.9, 0.9], 1),
        ([0.5, 0.5, 0.5], 0),
        ([0.0, 0.9, 0.4, 0.9, 0.9], 1),  # a dip that stays above `off` is still the same start
        ([0.9, 0.9, 0.1, 0.9, 0.9, 0.9], 3),  # a knock, then speech
    ],
)
def test_speech_begins_where_it_was_first_heard(probabilities: list[float], began: int) -> None:
    assert events(probabilities) == [SpeechBegan(frames(began))]


@pytest.mark.parametrize(
    "probabilities",
    [
        [0.0] * 50,
        [0.49] * 50,
        [0.9, 0.9, 0.2] * 20,  # knock, knock, knock
        [0.9, 0.9, 0.4, 0.4, 0.4],
    ],
)
def test_a_knock_is_not_speech(probabilities: list[float]) -> None:
    assert events(probabilities) == []


def test_speech_ends_after_the_silence_and_says_when_it_stopped() -> None:
    assert events([0.0, 0.9, 0.9, 0.9, 0.9, 0.0, 0.0, 0.0, 0.0])[1:] == [
        SpeechEnded(at=frames(9), speech_end=frames(5), voiced_seconds=frames(4))
    ]


def test_a_pause_shorter_than_the_silence_does_not_end_it_and_is_not_voiced() -> None:
    probabilities = [0.9] * 4 + [0.0] * 3 + [0.9] * 2 + [0.0] * 4
    assert events(probabilities)[1:] == [SpeechEnded(at=frames(13), speech_end=frames(9), voiced_seconds=frames(6))]


def test_a_voice_that_wavers_between_the_thresholds_goes_on() -> None:
    assert events([0.9] * 3 + [0.31] * 10) == [SpeechBegan(0)]
    assert len(events([0.9] * 3 + [0.29] * 10)) == 2


def test_the_silence_can_be_changed_while_someone_speaks() -> None:
    endpointer = Endpointer(SETTINGS)
    assert events([0.9] * 3 + [0.0] * 3, endpointer) == [SpeechBegan(0)]
    endpointer.set_silence(10 * FRAME_SECONDS)
    assert events([0.0] * 6, endpointer, first=6) == []
    endpointer.set_silence(5 * FRAME_SECONDS)
    assert [event.at for event in events([0.0], endpointer, first=12)] == [frames(13)]


def test_an_utterance_that_does_not_stop_is_cut_and_the_rest_is_the_next() -> None:
    found = events([0.9] * 40)
    assert found == [
        SpeechBegan(0),
        SpeechEnded(at=frames(32), speech_end=frames(32), voiced_seconds=frames(32), cut=True),
        SpeechBegan(frames(32)),
    ]


def test_frames_that_never_came_count_as_silence() -> None:
    endpointer = Endpointer(SETTINGS)
    events([0.9] * 3, endpointer)
    assert endpointer.process(0.0, 60.0) == SpeechEnded(60.0, frames(3), frames(3))


def test_a_second_utterance_is_counted_from_its_own_start() -> None:
    found = events([0.9] * 5 + [0.0] * 6 + [0.9] * 3 + [0.0] * 6)
    assert found[2:] == [SpeechBegan(frames(11)), SpeechEnded(frames(18), frames(14), voiced_seconds=frames(3))]


def test_reset_forgets_an_utterance_without_a_word() -> None:
    endpointer = Endpointer(SETTINGS)
    events([0.9] * 3, endpointer)
    endpointer.reset()
    assert events([0.0] * 10, endpointer, first=3) == []


def test_the_pre_roll_keeps_the_last_half_second_and_gives_each_frame_once() -> None:
    pre_roll = PreRoll(seconds=0.5)
    recorded = [Frame(at=index * FRAME_SECONDS, pcm=b"") for index in range(40)]
    for frame in recorded:
        pre_roll.push(frame)
    assert pre_roll.drain() == recorded[-16:]
    assert pre_roll.drain() == []
