"""The live loop, with a clock, an inbox and devices that follow a script."""

from __future__ import annotations

from itertools import pairwise

import pytest

from tests.scripted_devices import ScriptedConversation, ScriptedMicrophone, ScriptedSpeaker, World, live
from voice_skill.audio.frame import FRAME_SECONDS, Frame
from voice_skill.audio.source_watch import SourceWatch
from voice_skill.dialog.actions import Action
from voice_skill.dialog.events import Event, SpeechFinished, TimePassed
from voice_skill.dialog.session import At, Phase, Session
from voice_skill.errors import StorageError
from voice_skill.live import DEAF, MICROPHONE_LOST, without_fail


def test_what_comes_in_reaches_the_conversation_with_its_own_time() -> None:
    world = World(2.0)
    conversation = ScriptedConversation(world)
    microphone = ScriptedMicrophone(world, [(0.0, 2.0)])
    live(world, conversation, microphone, items=[(0.52, (SpeechFinished(4), 0.5))])
    assert len(conversation.heard) > 55
    assert conversation.reported == [(SpeechFinished(4), 0.5)]
    assert world.told == []


def test_deadlines_fire_on_time_with_frames_and_without() -> None:
    deadlines = [0.5, 3.21, 3.22, 7.5]
    for spans in ([(0.0, 9.0)], []):
        world = World(8.0)
        conversation = ScriptedConversation(world, deadlines)
        live(world, conversation, ScriptedMicrophone(world, spans))
        assert conversation.ticks == pytest.approx(deadlines, abs=0.001 if not spans else FRAME_SECONDS)


def test_a_microphone_that_goes_is_told_once_and_opened_again() -> None:
    world = World(20.0)
    speaker = ScriptedSpeaker(world)
    conversation = ScriptedConversation(world)
    microphone = ScriptedMicrophone(world, [(0.0, 4.0), (12.0, 20.0)])
    live(world, conversation, microphone, speaker)
    assert world.texts() == ["the microphone is gone", "the microphone is back"]
    (gone, _), (back, _) = world.told
    assert 4.0 + MICROPHONE_LOST <= gone <= 4.0 + 2.5
    assert back == pytest.approx(12.0, abs=0.1)
    assert [(at, action.sentences) for at, action in speaker.said] == [(gone, DEAF[:1])]
    assert microphone.reopened[0] == gone
    assert 10 <= len(microphone.reopened) <= 13
    assert max(microphone.reopened) < 12.0


def test_nobody_is_woken_because_the_microphone_went() -> None:
    world = World(8.0)
    speaker = ScriptedSpeaker(world)
    live(world, ScriptedConversation(world, asleep=True), ScriptedMicrophone(world, [(0.0, 1.0)]), speaker)
    assert world.texts() == ["the microphone is gone"]
    assert speaker.said == []


def test_a_journal_that_fails_is_given_up_and_the_night_goes_on() -> None:
    written: list[float] = []

    def journal(_event: Event, now: float, _session: Session, _actions: tuple[Action, ...]) -> None:
        written.append(now)
        if now > 1:
            raise StorageError("the disk is full", "make room")

    world = World(9.0)
    write = without_fail(journal, world.tell)
    for now in (1.0, 2.0, 3.0):
        write(TimePassed(), now, Session(), ())
    assert written == [1.0, 2.0]
    assert len(world.told) == 1
    assert "the disk is full" in world.told[0][1]


def test_a_microphone_that_was_swapped_for_the_speaker_is_gone_and_what_it_hears_is_not_heard() -> None:
    world = World(10.0)
    speaker = ScriptedSpeaker(world)
    conversation = ScriptedConversation(world)
    microphone = ScriptedMicrophone(world, [(0.0, 10.0)])
    sources = {3.0: "mic", 6.0: "speaker.monitor", 10.0: "mic"}
    watch = SourceWatch(lambda: next(name for end, name in sources.items() if world.now <= end))
    live(world, conversation, microphone, speaker, watch=watch)
    assert world.texts() == ["the microphone is gone", "the microphone is back"]
    (gone, why), (back, _) = world.told
    assert "hears only itself" in why
    assert 3.0 < gone < 5.0
    assert 6.0 < back < 7.0
    assert [action.sentences for _, action in speaker.said] == [DEAF[:1]]
    assert not [frame for frame in conversation.heard if gone < frame.at < back - 0.1]
    assert microphone.reopened


def test_in_a_hold_one_is_told_that_it_goes_on() -> None:
    world = World(4.0)
    speaker = ScriptedSpeaker(world)
    conversation = ScriptedConversation(world)
    conversation.session = Session(stack=(At("acute_relief.hold", Phase.SETTLING),))
    live(world, conversation, ScriptedMicrophone(world, [(0.0, 1.0)]), speaker)
    assert [action.sentences for _, action in speaker.said] == [DEAF]


def test_an_onlooker_sees_every_turn_and_what_the_microphone_heard() -> None:
    class Looks:
        def __init__(self) -> None:
            self.heard: list[Frame] = []
            self.times: list[float] = []

        def look(self, now: float, frame: Frame | None) -> None:
            self.times.append(now)
            self.heard += [] if frame is None else [frame]

    world = World(6.0)
    conversation = ScriptedConversation(world)
    looks = Looks()
    live(world, conversation, ScriptedMicrophone(world, [(0.0, 3.0)]), onlookers=[looks])
    assert looks.heard == conversation.heard
    assert max(after - before for before, after in pairwise(looks.times)) <= 0.26
    assert looks.times[-1] > 5.7
