"""What is said about a recogniser that fails."""

from __future__ import annotations

import pytest

from tests.scripted_devices import ScriptedConversation, ScriptedMicrophone, ScriptedSpeaker, World, live, steady
from voice_skill.live import PUZZLED, PuzzledWatch


class Failing:
    """A recogniser whose failures in a row are given, second by second."""

    problem = "out of memory"

    def __init__(self, world: World, failures: list[int]) -> None:
        self._world = world
        self._failures = failures

    @property
    def failures(self) -> int:
        return self._failures[int(self._world.now)]


@pytest.mark.parametrize(
    ("failures", "told", "said"),
    [([0, 1, 1, 0, 1, 0], 2, 0), ([0, 1, 2, 3, 4, 5], 5, 1), ([3, 0, 1, 3, 3, 3], 3, 2)],
)
@pytest.mark.parametrize("asleep", [False, True])
def test_a_failure_is_told_and_several_in_a_row_are_said_once_to_somebody_awake(
    failures: list[int], told: int, said: int, asleep: bool
) -> None:
    world = World(5.9)
    device = ScriptedSpeaker(world)
    conversation = ScriptedConversation(world, asleep=asleep)
    watch = PuzzledWatch(Failing(world, failures), steady(world, device), conversation, world.tell)
    live(world, conversation, ScriptedMicrophone(world, [(0.0, 6.0)]), device, onlookers=[watch])
    assert len(world.told) == told
    assert all("out of memory" in text for _, text in world.told)
    assert [action.sentences for _, action in device.said] == ([] if asleep else [PUZZLED] * said)
