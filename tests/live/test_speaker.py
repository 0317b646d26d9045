"""The night's speaker, on a device that goes and a voice that fails."""

from __future__ import annotations

import pytest

from tests.scripted_devices import ScriptedConversation, ScriptedMicrophone, ScriptedSpeaker, World, live, steady
from voice_skill.dialog.actions import TONE, Manner, Say
from voice_skill.live import UNSAID


def test_each_prompt_is_as_loud_as_its_hour_wants() -> None:
    world = World(9.0)
    device = ScriptedSpeaker(world)
    night = steady(world, device)
    night.say(Say(1, ("One.",)))
    world.now = 5.0
    night.say(Say(2, ("Two.",)))
    assert device.volumes == [0.0, -5.0]


def test_a_speaker_that_goes_is_told_once_and_what_was_to_be_said_is_said_when_it_is_back() -> None:
    world = World(12.0)
    device = ScriptedSpeaker(world)
    device.away = (2.0, 8.0)
    conversation = ScriptedConversation(world)
    microphone = ScriptedMicrophone(world, [(0.0, 12.0)])
    night = steady(world, device)
    for now in (1.0, 1.6, 2.0, 2.5):
        world.now = now
        night.look_after(now)
    night.say(Say(1, ("One.",)))
    night.say(Say(1, ("Two.",), at=30.0, cue="half"))
    for now in (5.0, 8.0, 8.6):
        world.now = now
        night.look_after(now)
    assert world.texts() == ["the speaker is gone", "the speaker is back"]
    assert [(at, action.sentences) for at, action in device.said] == [(8.0, ("One.",)), (8.0, ("Two.",))]
    # and the loop is what looks after it
    world = World(5.0)
    device = ScriptedSpeaker(world)
    device.away = (2.0, 3.0)
    live(world, conversation, microphone, device)
    assert [(round(at), text.partition(":")[0]) for at, text in world.told if "speaker" in text] == [
        (2, "the speaker is gone"),
        (3, "the speaker is back"),
    ]


def test_a_speaker_found_gone_by_speaking_keeps_what_it_was_to_say() -> None:
    world = World(9.0)
    device = ScriptedSpeaker(world)
    device.away = (0.0, 1.0)
    night = steady(world, device)
    night.say(Say(1, ("One.",)))
    world.now = 1.0
    night.look_after(1.0)
    assert world.texts() == ["the speaker is gone", "the speaker is back"]
    assert [action.sentences for _, action in device.said] == [("One.",)]


def test_what_was_called_off_while_the_speaker_was_away_is_not_said() -> None:
    world = World(9.0)
    device = ScriptedSpeaker(world)
    device.away = (0.0, 1.0)
    night = steady(world, device)
    night.say(Say(1, ("One.",)))
    night.stop()
    night.say(Say(2, ("Two.",)))
    world.now = 1.0
    night.look_after(1.0)
    assert [action.turn for _, action in device.said] == [2]
    assert device.stopped == [0.0]


def test_a_sentence_that_cannot_be_rendered_at_a_new_pace_is_said_at_the_prepared_one() -> None:
    world = World(9.0)
    device = ScriptedSpeaker(world)
    device.cannot = {130}
    steady(world, device).say(Say(3, ("Slower.",), Manner(rate=130, gain_db=-2.0)))
    assert [action for _, action in device.said] == [Say(3, ("Slower.",), Manner(rate=150, gain_db=-2.0))]
    assert world.told == []


def test_hushing_reaches_the_device() -> None:
    world = World(1.0)
    device = ScriptedSpeaker(world)
    night = steady(world, device)
    night.hush()
    night.go_on()
    assert device.hushes == ["hush", "go on"]


def test_a_sentence_that_cannot_be_rendered_is_a_tone_and_the_others_are_said() -> None:
    world = World(9.0)
    device = ScriptedSpeaker(world)
    device.cannot = {"Mumble."}
    steady(world, device).say(Say(3, ("Sit up.", "Mumble.", "Is it easing?"), Manner(rate=130)))
    (_, said), *more = device.said
    assert not more
    assert said.sentences == ("Sit up.", TONE, "Is it easing?")
    assert said.turn == 3
    assert world.texts() == ["cannot be said"]


@pytest.mark.parametrize(("spare", "said"), [(True, (TONE, *UNSAID)), (False, (TONE,))])
def test_a_turn_of_which_nothing_can_be_rendered_is_heard_to_be_missing(spare: bool, said: tuple[str, ...]) -> None:
    world = World(9.0)
    device = ScriptedSpeaker(world)
    device.cannot = {"Mumble.", "Mutter.", *(() if spare else UNSAID)}
    steady(world, device).say(Say(3, ("Mumble.", "Mutter.")))
    steady(world, device).say(Say(3, (TONE, "Mumble."), at=5.0, cue="end"))
    assert [action.sentences for _, action in device.said] == [said, said]
    assert device.said[1][1].at == 5.0
    assert device.said[1][1].cue == "end"
