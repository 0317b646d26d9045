"""The night on a terminal: the conversation line by line, and below it what goes on this moment.

Drawn by the loop itself, a few times a second, so that what is on the screen is what the loop knows; no thread of its
own. Where there is no terminal, `screen_view` prints plain lines instead.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from types import TracebackType
from typing import TYPE_CHECKING

from voice_skill.audio.frame import Frame
from voice_skill.audio.levels import FLOOR_DBFS, rms_dbfs
from voice_skill.dialog.model import Dialogs
from voice_skill.dialog.session import Phase, Session
from voice_skill.records import Record
from voice_skill.screen_view import transcript

if TYPE_CHECKING:
    from rich.console import Console
    from rich.text import Text

__all__ = ["NightView"]

DRAW_SECONDS = 0.25
"""Between two drawings: each costs 2 ms."""
METER_DBFS = (-70.0, -10.0)
"""From a quiet bedroom to a shout at the microphone."""
METER_WIDTH = 30
FADES_SECONDS = 20.0
"""How long what was heard last stays on."""

_DOING = {
    Phase.SPEAKING: "speaking",
    Phase.LISTENING: "listening",
    Phase.SETTLING: "holding",
    Phase.RELEASING: "letting go",
    Phase.WAITING: "waiting",
    Phase.PAUSED: "paused: say go on",
    Phase.CALLING: "speaking",
    Phase.ENTERING: "speaking",
}


class NightView:
    """Use it in a `with` block: the terminal is put right at the end, however it comes."""

    def __init__(
        self, console: Console, dialogs: Dialogs, session: Callable[[], Session], wake_phrase: str, begun: float
    ) -> None:
        """`session`: the conversation as it stands. `begun`: the time, in seconds, from which lines count theirs."""
        from rich.live import Live

        self._console = console
        self._dialogs = dialogs
        self._session = session
        self._wake_phrase = wake_phrase
        self._transcribe = transcript(console, begun)
        self._level = FLOOR_DBFS
        self._heard: tuple[float, str, str] | None = None
        """When it was heard, what, and in which style."""
        self._now = begun
        self._draw_at = begun
        self._live = Live(console=console, auto_refresh=False, transient=True)

    def __enter__(self) -> NightView:
        self._live.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        with contextlib.suppress(OSError):  # a terminal that was closed needs no putting right
            self._live.stop()

    def record(self, record: Record) -> None:
        """Something happened."""
        self._transcribe(record)
        if record.kind == "heard":
            self._heard = (record.at, f"heard       {record.fields['text']}", "bold green")
        elif record.kind == "not_understood":
            self._heard = (record.at, f"rejected    {_why(record)}", "green")

    def tell(self, text: str) -> None:
        """Something that the one who watches should know."""
        from rich.text import Text

        self._console.print(Text(f"charley: {text}", style="bold yellow"))

    def look(self, now: float, frame: Frame | None) -> None:
        """The loop has turned."""
        if frame is not None:
            self._level = max(self._level, rms_dbfs(frame.pcm))
        if now >= self._draw_at:
            self._now = now
            self._draw_at = now + DRAW_SECONDS
            self._live.update(self._picture(), refresh=True)
            self._level = FLOOR_DBFS

    def _picture(self) -> Text:
        from rich.text import Text

        return Text("\n", no_wrap=True, overflow="ellipsis").join([self._meter(), self._doing(), *self._last()])

    def _meter(self) -> Text:
        from rich.text import Text

        if self._level == FLOOR_DBFS:
            return Text("  microphone  no sound", style="red")
        low, high = METER_DBFS
        lit = round(METER_WIDTH * min(1.0, max(0.0, (self._level - low) / (high - low))))
        text = Text("  microphone  ")
        text.append("█" * lit, style="green" if self._level < high else "red")
        text.append("·" * (METER_WIDTH - lit))
        return text.append(f" {self._level:4.0f} dBFS")

    def _doing(self) -> Text:
        from rich.text import Text

        session = self._session()
        if session.asleep:
            return Text(f'  asleep      say "{self._wake_phrase}"', style="dim")
        text = Text("  ").append(f"{_DOING[session.at.phase]:12}", style="bold")
        text.append(session.at.state, style="dim")
        if (left := self._left(session)) is not None:
            text.append(f"   {left:.0f} s left", style="bold yellow")
        if session.level:
            text.append(f"   level {session.level.name}", style="bold red")
        return text

    def _left(self, session: Session) -> float | None:
        """Seconds that are left of the hold that runs."""
        at = session.at
        hold = self._dialogs.state(at.state).hold
        if hold is None or at.holding is None:
            return None
        held = at.holding.elapsed if at.holding.zero is None else self._now - at.holding.zero
        return min(hold.seconds, max(0.0, hold.seconds - held))

    def _last(self) -> list[Text]:
        from rich.text import Text

        if self._heard is None or self._now - self._heard[0] > FADES_SECONDS:
            return []
        return [Text(f"  {self._heard[1]}", style=self._heard[2])]


def _why(record: Record) -> str:
    """What was heard, and why it counts for nothing."""
    text, reason = record.fields["text"], record.fields["reason"]
    return f'"{text}": {reason}' if text else str(reason)
