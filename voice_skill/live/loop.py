"""The loop of the live night."""

from __future__ import annotations

import contextlib
import queue
from collections.abc import Callable, Sequence
from typing import Protocol

from voice_skill.audio.frame import Frame
from voice_skill.audio.playlist import PlaybackEvent
from voice_skill.audio.source_watch import SourceWatch
from voice_skill.dialog.actions import Action
from voice_skill.dialog.events import Event
from voice_skill.dialog.session import Phase, Session
from voice_skill.errors import AudioError, StorageError
from voice_skill.live.speaker import RETRY_SECONDS, NightSpeaker
from voice_skill.live.troubles import DEAF, aloud
from voice_skill.runtime import Conversation, Journal

__all__ = ["MICROPHONE_LOST", "Inbox", "Microphone", "Onlooker", "run_live", "without_fail"]

Inbox = queue.SimpleQueue[Frame | tuple[PlaybackEvent, float]]

MICROPHONE_LOST = 1.6
"""Seconds without a frame that mean the microphone is gone. An idle sound server may take over one to wake."""
LONGEST_WAIT = 0.25
"""Seconds between two looks at the devices when nothing happens."""


class Microphone(Protocol):
    """What the loop needs of `MicrophoneSource`."""

    def silent_for(self, now: float) -> float:
        """Seconds since the last frame arrived."""
        ...

    def reopen(self) -> None:
        """Open it again. Raises `AudioError` while it is still gone."""
        ...


class Onlooker(Protocol):
    """Somebody who looks on while the loop turns."""

    def look(self, now: float, frame: Frame | None) -> None:
        """Called in every turn, `LONGEST_WAIT` apart or less. `frame`: what came in, if a microphone heard it."""
        ...


def run_live(
    conversation: Conversation,
    inbox: Inbox,
    microphone: Microphone,
    speaker: NightSpeaker,
    clock: Callable[[], float],
    tell: Callable[[str], None],
    *,
    watch: SourceWatch | None = None,
    onlookers: Sequence[Onlooker] = (),
) -> None:
    """Go on until interrupted. `clock`: the monotonic one, in seconds; `tell` gets what the one who watches should
    know; `watch` notices when the microphone is no microphone."""
    deaf = False
    retry_at = 0.0
    while True:
        deadline = conversation.deadline
        wait = LONGEST_WAIT if deadline is None else max(0.0, min(deadline - clock(), LONGEST_WAIT))
        try:
            item = inbox.get(timeout=wait)
        except queue.Empty:
            item = None
        heard: Frame | None = None
        if isinstance(item, Frame):
            if watch is not None:
                watch.take(item)
            if watch is None or not watch.wrong:
                heard = item
                conversation.hear(item)
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
        for onlooker in onlookers:
            onlooker.look(now, heard)
        wrong = watch is not None and watch.wrong
        if not wrong and microphone.silent_for(now) < MICROPHONE_LOST:
            continue
        if not deaf:
            how = "Charley hears only itself" if wrong else "no sound comes from it"
            tell(f"the microphone is gone: {how}. Trying to open it again")
            aloud(speaker, conversation, DEAF if _holding(conversation.session) else DEAF[:1])
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


def _holding(session: Session) -> bool:
    """Whether a hold runs."""
    return not session.asleep and session.at.phase is Phase.SETTLING
