"""Word to the supervisor that keeps the night up: "ready", and that it is still alive (sd_notify(3)).

A night that hangs is worse than one that ended, for nothing begins it anew. So systemd is given a sign of life only
while the loop turns and the microphone gives sound. A microphone that stays away ends in a restart, but never in the
middle of a conversation, whose hold must run to its end: then that the loop turns is enough, for a conversation that
nobody answers ends by itself.
"""

from __future__ import annotations

import contextlib
import os
import socket
from collections.abc import Callable, Mapping

from voice_skill.audio.frame import Frame

__all__ = ["Supervisor"]


class Supervisor:
    """systemd, or whoever speaks its protocol. Without a `NOTIFY_SOCKET` it does nothing."""

    def __init__(self, environment: Mapping[str, str], asleep: Callable[[], bool]) -> None:
        """`environment`: the process's own. `asleep`: whether no conversation goes on."""
        self._asleep = asleep
        address = environment.get("NOTIFY_SOCKET", "")
        self._address = "\0" + address[1:] if address.startswith("@") else address
        meant = environment.get("WATCHDOG_PID", str(os.getpid())) == str(os.getpid())
        period = environment.get("WATCHDOG_USEC", "") if meant else ""
        self._period = int(period) / 1e6 / 2 if period.isdigit() else None
        """Seconds between two signs of life: half of what is waited for, as sd_watchdog_enabled(3) advises."""
        self._due = 0.0

    def ready(self) -> None:
        """Charley listens."""
        self._send("READY=1\nSTATUS=listening")

    def stopping(self) -> None:
        """Charley ends because it was told to."""
        self._send("STOPPING=1")

    def look(self, now: float, frame: Frame | None) -> None:
        """The loop has turned, and `frame` came in: give a sign of life if one is due."""
        if self._period is not None and now >= self._due and (frame is not None or not self._asleep()):
            self._due = now + self._period
            self._send("WATCHDOG=1")

    def _send(self, message: str) -> None:
        if not self._address:
            return
        # A supervisor that is gone or does not read must not end or hold up the night.
        with contextlib.suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sender:
            sender.setblocking(False)
            sender.sendto(message.encode(), self._address)
