"""The live night: one inbox, one loop. The sound card's threads only post; everything else happens here.

What breaks in the middle of a night must not end it. A microphone or speaker that is unplugged raises nothing, its
sound just stops: so the loop watches for that, says so once, lets a hold run on by the clock, and opens the device
again as soon as there is one. A sentence that cannot be rendered is left out, and the conversation goes on.
"""

from __future__ import annotations

import contextlib
import queue
from collections.abc import Callable
from dataclasses import replace
from typing import Protocol

from voice_skill.audio.frame import Frame
from voice_skill.audio.playlist import PlaybackEvent
from voice_skill.audio.source_watch import SourceWatch
from voice_skill.audio.speaker import Speaker
from voice_skill.dialog.actions import Action, Say
from voice_skill.dialog.events import Event
from voice_skill.dialog.session import Session
from voice_skill.errors import AudioError, SpeechError, StorageError
from voice_skill.journal.history import Facts, History
from voice_skill.runtime import NO_HISTORY, Conversation, Journal

__all__ = ["DEAF", "Inbox", "Microphone", "NightHistory", "NightSpeaker", "SpeakerDevice", "run_live", "without_fail"]

Inbox = queue.SimpleQueue[Frame | tuple[PlaybackEvent, float]]

MICROPHONE_LOST = 1.6
"""Seconds without a frame that mean the microphone is gone. An idle sound server may take over one to wake."""
RETRY_SECONDS = 0.5
LONGEST_WAIT = 0.25
"""Seconds between two looks at the devices when nothing happens."""
DEAF = ("I can't hear you now.", "Keep breathing.")
NO_TURN = -1


class Microphone(Protocol):
    """What the loop needs of `MicrophoneSource`."""

    def silent_for(self, now: float) -> float:
        """Seconds since the last frame arrived."""
        ...

    def reopen(self) -> None:
        """Open it again. Raises `AudioError` while it is still gone."""
        ...


class SpeakerDevice(Speaker, Protocol):
    """What the loop needs of `DeviceSpeaker`."""

    volume_db: float

    def revive(self) -> None:
        """Open it again if it has stopped. Raises `AudioError` while it is still gone."""
        ...


class NightSpeaker:
    """A speaker on which everything gets said, or is known not to be."""

    def __init__(
        self,
        device: SpeakerDevice,
        *,
        prepared_rate: int,
        volume_db: Callable[[], float],
        finished: Callable[[int], None],
        tell: Callable[[str], None],
    ) -> None:
        """`prepared_rate`: words per minute at which every prompt was rendered beforehand. `volume_db` is asked before
        each prompt, as a night begins at some volume and ends at another. `finished(turn)`: a turn that cannot be
        spoken counts as spoken, or the person would wait for it in silence."""
        self._device = device
        self._prepared_rate = prepared_rate
        self._volume_db = volume_db
        self._finished = finished
        self._tell = tell
        self._lost = False
        self._unsaid: list[Say] = []
        """What is to be said once the speaker is back."""
        self._look_at = 0.0

    def say(self, action: Say) -> None:
        """Speak; without a speaker, as soon as there is one. Raises nothing."""
        if self._lost:
            self._unsaid.append(action)
            return
        self._device.volume_db = self._volume_db()
        try:
            self._render(action)
        except AudioError as error:
            self._lose(error)
            self._unsaid.append(action)
        except SpeechError as error:
            self._tell(f"left out: {error}")
            if not action.cue:
                self._finished(action.turn)

    def stop(self) -> None:
        """Fall silent and forget everything that was to be said."""
        self._unsaid.clear()
        self._device.stop()

    def hush(self) -> None:
        """Hush, until `go_on`."""
        self._device.hush()

    def go_on(self) -> None:
        """Go on."""
        self._device.go_on()

    def close(self) -> None:
        """Let go of the device."""
        self._device.close()

    def look_after(self, now: float) -> None:
        """Open the device again if it has stopped; to be called often."""
        if now < self._look_at:
            return
        self._look_at = now + RETRY_SECONDS
        try:
            self._device.revive()
        except AudioError as error:
            self._lose(error)
            return
        if self._lost:
            self._lost = False
            self._tell("the speaker is back")
            unsaid, self._unsaid = self._unsaid, []
            for action in unsaid:
                self.say(action)

    def _render(self, action: Say) -> None:
        try:
            self._device.say(action)
        except SpeechError:
            if action.manner.rate == self._prepared_rate:
                raise
            self._device.say(replace(action, manner=replace(action.manner, rate=self._prepared_rate)))

    def _lose(self, error: AudioError) -> None:
        if not self._lost:
            self._tell(f"the speaker is gone: {error.message}. Trying to open it again")
        self._lost = True


def run_live(
    conversation: Conversation,
    inbox: Inbox,
    microphone: Microphone,
    speaker: NightSpeaker,
    clock: Callable[[], float],
    tell: Callable[[str], None],
    *,
    clean: Callable[[Frame], Frame] | None = None,
    watch: SourceWatch | None = None,
) -> None:
    """Go on until interrupted. `clock`: the monotonic one, in seconds; `tell` gets what the one who watches should
    know; `clean` takes the speaker's echo out of a frame; `watch` notices when the microphone is no microphone."""
    deaf = False
    retry_at = 0.0
    while True:
        deadline = conversation.deadline
        wait = LONGEST_WAIT if deadline is None else max(0.0, min(deadline - clock(), LONGEST_WAIT))
        try:
            item = inbox.get(timeout=wait)
        except queue.Empty:
            item = None
        if isinstance(item, Frame):
            if watch is not None:
                watch.take(item)
            if watch is None or not watch.wrong:
                conversation.hear(item if clean is None else clean(item))
                if deaf:
                    tell("the microphone is back")
                deaf = False
        elif item is not None:
            conversation.played(*item)
        now = clock()
        deadline = conversation.deadline
        if deadline is not None and deadline <= now:
            conversation.tick(now)
        speaker.look_after(now)
        wrong = watch is not None and watch.wrong
        if not wrong and microphone.silent_for(now) < MICROPHONE_LOST:
            continue
        if not deaf:
            how = "Charley hears only itself" if wrong else "no sound comes from it"
            tell(f"the microphone is gone: {how}. Trying to open it again")
            if not conversation.session.asleep:
                speaker.say(Say(NO_TURN, DEAF))
        deaf = True
        if now >= retry_at:
            retry_at = now + RETRY_SECONDS
            with contextlib.suppress(AudioError):
                microphone.reopen()


def without_fail(journal: Journal, tell: Callable[[str], None]) -> Journal:
    """A journal that is given up, with one line, when it cannot be written any more: a full disk ends no night."""
    failed = False

    def write(event: Event, now: float, session: Session, actions: tuple[Action, ...]) -> None:
        nonlocal failed
        if not failed:
            try:
                journal(event, now, session, actions)
            except StorageError as error:
                failed = True
                tell(f"{error}. The night goes on without a journal")

    return write


class NightHistory:
    """A history that ends no night when its file fails: it is then as though there were none."""

    def __init__(self, history: History, tell: Callable[[str], None]) -> None:
        self._history = history
        self._tell = tell

    def woken(self) -> Facts:
        """See `History`."""
        try:
            return self._history.woken()
        except StorageError as error:
            self._tell(f"{error}. The night goes on without a history")
            return NO_HISTORY

    def remember(self, fields: Facts) -> None:
        """See `History`."""
        try:
            self._history.remember(fields)
        except StorageError as error:
            self._tell(f"not remembered: {error}")

    def forget(self, what: str) -> None:
        """See `History`."""
        try:
            self._history.forget(what)
        except StorageError as error:
            self._tell(f"NOT FORGOTTEN: {error}")
