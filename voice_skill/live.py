"""The live night: one inbox, one loop. The sound card's threads only post; everything else happens here.

A microphone that is unplugged raises nothing: its frames just stop. So the loop watches for that, says so once, lets
a hold run on by the clock, and opens the microphone again as soon as there is one.
"""

from __future__ import annotations

import queue
from collections.abc import Callable

from voice_skill.audio.frame import Frame
from voice_skill.audio.microphone import MicrophoneSource
from voice_skill.audio.playlist import PlaybackEvent
from voice_skill.dialog.actions import Say
from voice_skill.errors import AudioError
from voice_skill.runtime import Conversation

__all__ = ["Inbox", "run_live"]

Inbox = queue.SimpleQueue[Frame | tuple[PlaybackEvent, float]]

MICROPHONE_LOST = 2.0
"""Seconds without a frame that mean the microphone is gone. An idle sound server may take over one to wake."""
RETRY_SECONDS = 0.5
LONGEST_WAIT = 0.25
"""Seconds between two looks at the microphone when nothing happens."""
DEAF = ("I can't hear you now.", "Keep breathing.")
NO_TURN = -1


def run_live(
    conversation: Conversation,
    inbox: Inbox,
    microphone: MicrophoneSource,
    speak: Callable[[Say], None],
    clock: Callable[[], float],
    tell: Callable[[str], None],
) -> None:
    """Go on until interrupted. `speak` is the speaker's own; `tell` gets what the one who watches should know."""
    lost_since: float | None = None
    retry_at = 0.0
    while True:
        now = clock()
        deadline = conversation.deadline
        wait = LONGEST_WAIT if deadline is None else max(0.0, min(deadline - now, LONGEST_WAIT))
        try:
            item = inbox.get(timeout=wait)
        except queue.Empty:
            item = None
        if isinstance(item, Frame):
            conversation.hear(item)
        elif item is not None:
            event, at = item
            conversation.played(event, at)
        now = clock()
        deadline = conversation.deadline
        if deadline is not None and deadline <= now:
            conversation.tick(now)
        if microphone.silent_for(now) < MICROPHONE_LOST:
            if lost_since is not None:
                tell("the microphone is back")
            lost_since = None
        elif lost_since is None:
            lost_since = now
            tell("the microphone is gone: no sound comes from it. Trying to open it again")
            if not conversation.session.asleep:
                speak(Say(NO_TURN, DEAF))
        elif now >= retry_at:
            retry_at = now + RETRY_SECONDS
            try:
                microphone.reopen()
            except AudioError:
                continue
