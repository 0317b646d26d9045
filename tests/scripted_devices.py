"""A live night by a script: a clock that only waiting moves, an inbox, and devices that come and go."""

from __future__ import annotations

import queue
from collections.abc import Iterable, Sequence
from typing import cast

import pytest

from voice_skill.audio.frame import FRAME_SAMPLES, FRAME_SECONDS, Frame
from voice_skill.audio.playlist import PlaybackEvent
from voice_skill.audio.source_watch import SourceWatch
from voice_skill.dialog.actions import TONE, Say
from voice_skill.dialog.session import At, Session
from voice_skill.errors import AudioError, SpeechError
from voice_skill.live import Inbox, NightSpeaker, Onlooker, run_live
from voice_skill.runtime import Conversation
from voice_skill.tts.port import Clip

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
        for text in action.sentences:
            self.clip(text, action.manner.rate)
        self.said.append((self._world.now, action))
        self.volumes.append(self.volume_db)

    def clip(self, text: str, rate: int) -> Clip:
        if text != TONE and self.cannot & {text, rate}:
            raise SpeechError("no voice", "try again")
        return Clip(bytes(2))

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
        self.session = Session() if asleep else Session(stack=(At("somewhere"),))
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
    *,
    watch: SourceWatch | None = None,
    onlookers: Sequence[Onlooker] = (),
) -> None:
    """Run until the world ends."""
    inbox = ScriptedInbox()
    inbox.world = world
    inbox.items = sorted([*microphone.frames(), *items], key=lambda entry: entry[0])
    night = steady(world, speaker or ScriptedSpeaker(world))
    heard = cast(Conversation, conversation)
    with pytest.raises(KeyboardInterrupt):
        run_live(heard, inbox, microphone, night, world.clock, world.tell, watch=watch, onlookers=onlookers)


def steady(world: World, device: ScriptedSpeaker) -> NightSpeaker:
    """A speaker on that device, louder at second 0 than later."""
    return NightSpeaker(device, device.clip, world.tell, prepared_rate=150, volume_db=lambda: -world.now)
