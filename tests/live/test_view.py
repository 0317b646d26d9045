"""The night on a terminal, driven with what happens and read as a person would read it."""

from __future__ import annotations

import io
import re
from array import array
from collections.abc import Iterator

import pytest
from rich.console import Console

from voice_skill.audio.frame import FRAME_SAMPLES, Frame
from voice_skill.dialog.model import Dialogs, Level
from voice_skill.dialog.session import At, Holding, Phase, Session
from voice_skill.live.view import NightView
from voice_skill.loading import load_dialogs
from voice_skill.records import Record

BEGUN = 100.0


def sound(amplitude: int) -> Frame:
    return Frame(BEGUN, array("h", [amplitude, -amplitude] * (FRAME_SAMPLES // 2)).tobytes())


class Terminal:
    """A view on a terminal that is written down."""

    def __init__(self, dialogs: Dialogs) -> None:
        self.file = io.StringIO()
        self.session = Session()
        console = Console(file=self.file, force_terminal=True, width=90, color_system=None, _environ={"TERM": "xterm"})
        self.view = NightView(console, dialogs, lambda: self.session, "hey charley", BEGUN)

    def drawn(self, now: float, frame: Frame | None = None) -> str:
        """What is written by one look."""
        before = len(self.file.getvalue())
        self.view.look(now, frame)
        return re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]", "", self.file.getvalue()[before:]).replace("\r", "")


@pytest.fixture
def terminal() -> Iterator[Terminal]:
    terminal = Terminal(load_dialogs())
    with terminal.view:
        yield terminal


def test_asleep_it_shows_how_to_wake_it(terminal: Terminal) -> None:
    assert 'asleep      say "hey charley"' in terminal.drawn(BEGUN, sound(100))


def test_the_meter_follows_the_loudest_frame_since_it_was_drawn_last(terminal: Terminal) -> None:
    bars = []
    for number, amplitude in enumerate((3, 100, 3000, 32000)):
        now = BEGUN + number
        terminal.drawn(now)
        terminal.view.look(now + 0.1, sound(amplitude))
        terminal.view.look(now + 0.2, sound(1))
        bars.append(terminal.drawn(now + 0.3).count("█"))
    assert bars == sorted(set(bars))
    assert bars[-1] == 30
    assert "no sound" in terminal.drawn(BEGUN + 9)
    assert "-30 dBFS" in terminal.drawn(BEGUN + 10, sound(1036))


def test_it_is_drawn_a_few_times_a_second(terminal: Terminal) -> None:
    drawn = [bool(terminal.drawn(BEGUN + frame * 0.032, sound(100))) for frame in range(312)]
    assert 30 <= sum(drawn) <= 40


def test_the_state_and_what_is_left_of_a_hold(terminal: Terminal) -> None:
    terminal.session = Session(stack=(At("acute_relief.hold", Phase.SETTLING, holding=Holding(zero=BEGUN + 1)),))
    assert "holding     acute_relief.hold   30 s left" in terminal.drawn(BEGUN)
    assert "18 s left" in terminal.drawn(BEGUN + 13)
    paused = At("acute_relief.hold", Phase.PAUSED, holding=Holding(elapsed=20.0))
    terminal.session = Session(stack=(paused,), raised=Level.U)
    line = terminal.drawn(BEGUN + 60)
    assert "paused" in line
    assert "10 s left" in line
    assert "level U" in line
    terminal.session = Session(stack=(At("acute_relief.greet", Phase.LISTENING),))
    line = terminal.drawn(BEGUN + 61)
    assert "listening   acute_relief.greet" in line
    assert "left" not in line


@pytest.mark.parametrize(
    ("kind", "fields", "shown"),
    [
        ("heard", {"text": "in bed", "intent": "bed"}, "heard       in bed"),
        ("not_understood", {"text": "[unk] no", "reason": "unknown words"}, 'rejected    "[unk] no": unknown words'),
        ("not_understood", {"text": "", "reason": "noise"}, "rejected    noise"),
    ],
)
def test_what_was_heard_or_rejected_last_and_why_for_a_while(
    terminal: Terminal, kind: str, fields: dict[str, str | int | float | bool], shown: str
) -> None:
    terminal.view.record(Record(BEGUN + 1, kind, fields))
    assert shown in terminal.drawn(BEGUN + 2)
    assert shown not in terminal.drawn(BEGUN + 30)


def test_the_conversation_stays_above_it(terminal: Terminal) -> None:
    terminal.drawn(BEGUN)
    terminal.view.record(Record(BEGUN + 61, "say", {"turn": 1, "text": "I'm here. [tone]"}))
    terminal.view.tell("the microphone is gone")
    written = terminal.file.getvalue()
    assert "1:01.0  charley  I'm here. [tone]" in re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]", "", written)
    assert "charley: the microphone is gone" in written


def interrupted(terminal: Terminal) -> None:
    with terminal.view:
        terminal.view.look(BEGUN, None)
        raise KeyboardInterrupt


def test_the_cursor_is_back_however_it_ends() -> None:
    terminal = Terminal(load_dialogs())
    with pytest.raises(KeyboardInterrupt):
        interrupted(terminal)
    written = terminal.file.getvalue()
    assert written.rindex("\x1b[?25h") > written.rindex("\x1b[?25l")
