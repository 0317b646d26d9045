"""The live loop, with a clock, an inbox and devices that follow a script."""

from __future__ import annotations

import queue
from collections.abc import Iterable
from typing import cast

import pytest

from voice_skill.audio.frame import FRAME_SAMPLES, FRAME_SECONDS, Frame
from voice_skill.audio.playlist import PlaybackEvent
from voice_skill.audio.source_watch import SourceWatch
from voice_skill.dialog.actions import Action, Manner, Say
from voice_skill.dialog.events import Event, SpeechFinished, TimePassed
from voice_skill.dialog.session import Session
from voice_skill.errors import AudioError, SpeechError, StorageError
from voice_skill.journal.history import Facts
from voice_skill.live import DEAF, MICROPHONE_LOST, Inbox, NightHistory, NightSpeaker, run_live, without_fail
from voice_skill.runtime import Conversation

Item = Frame | tuple[PlaybackEvent, float]


class World:
    """A clock that only waiting moves, and what happens in it."""

    def __init__(self, end: float) -> None:
        self.now = 0.0
        self.end = end
        self.told: list[tuple[float, str]] = []

    def clock(self) -> float:
        return self.now

    def tell(self, text: str) -> None:
        self.told.append((self.now, text))

    def texts(self) -> list[str]:
        return [text.partition(":")[0] for _, text in self.told]


class ScriptedInbox(Inbox):
    """Gives every item at its time, and lets time pass in between; ends by interrupting, as Ctrl-C does."""

    world: World
    items: list[tuple[float, Item]]

    def get(self, block: bool = True, timeout: float | None = None) -> Item:
        assert block
        assert timeout is not None
        if self.world.now >= self.world.end:
            raise KeyboardInterrupt
        until = self.world.now + timeout
        if self.items and self.items[0][0] <= until:
            at, item = self.items.pop(0)
            self.world.now = max(self.world.now, at)
            return item
        self.world.now = until
        raise queue.Empty


class ScriptedMicrophone:
    """Sound in the given spans of time; when it is away, opening it again fails."""

    def __init__(self, world: World, spans: Iterable[tuple[float, float]]) -> None:
        self.spans = tuple(spans)
        self.reopened: list[float] = []
        self._world = world

    def frames(self) -> list[tuple[float, Item]]:
        """Every frame, and when it arrives."""
        times = [start + n * FRAME_SECONDS for start, end in self.spans for n in range(int((end - start) * 31))]
        return [(at + FRAME_SECONDS, Frame(at, bytes(2 * FRAME_SAMPLES))) for at in times]

    def silent_for(self, now: float) -> float:
        return now - max((min(now, end) for start, end in self.spans if start <= now), default=0.0)

    def reopen(self) -> None:
        self.reopened.append(self._world.now)
        if self.silent_for(self._world.now):
            raise AudioError("no such device", "plug it in")


class ScriptedSpeaker:
    """Notes what it is to say; it can be away, and unable to say some texts or to speak at some rates."""

    def __init__(self, world: World) -> None:
        self.volume_db = 0.0
        self.said: list[tuple[float, Say]] = []
        self.volumes: list[float] = []
        self.stopped: list[float] = []
        self.hushes: list[str] = []
        self.away: tuple[float, float] = (-1.0, -1.0)
        self.cannot: set[str | int] = set()
        self._world = world

    def say(self, action: Say) -> None:
        self.revive()
        if self.cannot & {*action.sentences, action.manner.rate}:
            raise SpeechError("no voice", "try again")
        self.said.append((self._world.now, action))
        self.volumes.append(self.volume_db)

    def stop(self) -> None:
        self.stopped.append(self._world.now)

    def hush(self) -> None:
        self.hushes.append("hush")

    def go_on(self) -> None:
        self.hushes.append("go on")

    def close(self) -> None:
        pass

    def revive(self) -> None:
        if self.away[0] <= self._world.now < self.away[1]:
            raise AudioError("the sound device cannot be used", "plug it in")


class ScriptedConversation:
    """Notes what reaches it; its deadlines are given."""

    def __init__(self, world: World, deadlines: Iterable[float] = (), *, asleep: bool = False) -> None:
        self.session = Session() if asleep else Session(stack=cast("tuple[()]", ("somewhere",)))
        self.heard: list[Frame] = []
        self.reported: list[tuple[PlaybackEvent, float]] = []
        self.ticks: list[float] = []
        self._world = world
        self._deadlines = sorted(deadlines)

    @property
    def deadline(self) -> float | None:
        return self._deadlines[0] if self._deadlines else None

    def hear(self, frame: Frame) -> None:
        self.heard.append(frame)

    def played(self, event: PlaybackEvent, at: float) -> None:
        self.reported.append((event, at))

    def tick(self, now: float) -> None:
        self._deadlines.pop(0)
        self.ticks.append(now)


def live(
    world: World,
    conversation: ScriptedConversation,
    microphone: ScriptedMicrophone,
    speaker: ScriptedSpeaker | None = None,
    items: Iterable[tuple[float, Item]] = (),
) -> None:
    """Run until the world ends."""
    inbox = ScriptedInbox()
    inbox.world = world
    inbox.items = sorted([*microphone.frames(), *items], key=lambda entry: entry[0])
    night = steady(world, speaker or ScriptedSpeaker(world))
    with pytest.raises(KeyboardInterrupt):
        run_live(cast(Conversation, conversation), inbox, microphone, night, world.clock, world.tell)


def steady(world: World, device: ScriptedSpeaker, finished: list[int] | None = None) -> NightSpeaker:
    done = [] if finished is None else finished
    return NightSpeaker(device, prepared_rate=150, volume_db=lambda: -world.now, finished=done.append, tell=world.tell)


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
    assert [(at, action.sentences) for at, action in speaker.said] == [(gone, DEAF)]
    assert microphone.reopened[0] == gone
    assert 10 <= len(microphone.reopened) <= 13
    assert max(microphone.reopened) < 12.0


def test_nobody_is_woken_because_the_microphone_went() -> None:
    world = World(8.0)
    speaker = ScriptedSpeaker(world)
    live(world, ScriptedConversation(world, asleep=True), ScriptedMicrophone(world, [(0.0, 1.0)]), speaker)
    assert world.texts() == ["the microphone is gone"]
    assert speaker.said == []


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
    finished: list[int] = []
    steady(world, device, finished).say(Say(3, ("Slower.",), Manner(rate=130, gain_db=-2.0)))
    assert [action for _, action in device.said] == [Say(3, ("Slower.",), Manner(rate=150, gain_db=-2.0))]
    assert world.told == []
    assert finished == []


@pytest.mark.parametrize("rate", [130, 150])
def test_one_that_cannot_be_rendered_at_all_is_left_out_and_its_turn_is_over(rate: int) -> None:
    world = World(9.0)
    device = ScriptedSpeaker(world)
    device.cannot = {"Mumble."}
    finished: list[int] = []
    night = steady(world, device, finished)
    night.say(Say(3, ("Mumble.",), Manner(rate=rate)))
    night.say(Say(3, ("Mumble.",), Manner(rate=rate), at=5.0, cue="half"))  # a cue ends no turn
    night.say(Say(4, ("Go on.",)))
    assert finished == [3]
    assert world.texts() == ["left out", "left out"]
    assert [action.turn for _, action in device.said] == [4]


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
    inbox = ScriptedInbox()
    inbox.world = world
    inbox.items = sorted(microphone.frames(), key=lambda entry: entry[0])
    night = steady(world, speaker)
    with pytest.raises(KeyboardInterrupt):
        run_live(cast(Conversation, conversation), inbox, microphone, night, world.clock, world.tell, watch=watch)
    assert world.texts() == ["the microphone is gone", "the microphone is back"]
    (gone, why), (back, _) = world.told
    assert "hears only itself" in why
    assert 3.0 < gone < 5.0
    assert 6.0 < back < 7.0
    assert [action.sentences for _, action in speaker.said] == [DEAF]
    assert not [frame for frame in conversation.heard if gone < frame.at < back - 0.1]
    assert microphone.reopened


def test_a_frame_is_heard_without_the_echo() -> None:
    world = World(1.0)
    conversation = ScriptedConversation(world)
    microphone = ScriptedMicrophone(world, [(0.0, 1.0)])
    inbox = ScriptedInbox()
    inbox.world = world
    inbox.items = sorted(microphone.frames(), key=lambda entry: entry[0])
    clean = Frame(99.0, bytes(2 * FRAME_SAMPLES))
    with pytest.raises(KeyboardInterrupt):
        run_live(
            cast(Conversation, conversation),
            inbox,
            microphone,
            steady(world, ScriptedSpeaker(world)),
            world.clock,
            world.tell,
            clean=lambda _: clean,
        )
    assert set(conversation.heard) == {clean}


def test_hushing_reaches_the_device() -> None:
    world = World(1.0)
    device = ScriptedSpeaker(world)
    night = steady(world, device)
    night.hush()
    night.go_on()
    assert device.hushes == ["hush", "go on"]


class BrokenHistory:
    """A history on a disk that is full."""

    def woken(self) -> Facts:
        raise StorageError("the disk is full", "make room")

    def remember(self, fields: Facts) -> None:  # noqa: ARG002
        raise StorageError("the disk is full", "make room")

    def forget(self, what: str) -> None:  # noqa: ARG002
        raise StorageError("the disk is full", "make room")


def test_a_history_that_fails_ends_no_night_and_a_forgetting_that_failed_is_told() -> None:
    world = World(1.0)
    history = NightHistory(BrokenHistory(), world.tell)
    assert dict(history.woken())["consent"] == "off"
    history.remember(())
    history.forget("all")
    assert len(world.told) == 3
    assert "NOT FORGOTTEN" in world.told[2][1]
