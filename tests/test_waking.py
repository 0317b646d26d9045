"""What waking Charley does besides beginning: how softly it is answered, what else wakes it, and what is counted."""

from __future__ import annotations

import numpy as np
import pytest

from tests.scripted_night import WAKE, Night
from voice_skill.audio.frame import FRAME_SECONDS, Frame
from voice_skill.audio.loudness import Softness
from voice_skill.errors import StorageError


@pytest.mark.parametrize(("distress", "states"), [((), []), (("help my leg",), ["acute_relief.greet"])])
def test_a_cry_for_help_wakes_it_if_that_was_set(distress: tuple[str, ...], states: list[str]) -> None:
    night = Night(distress=distress)
    night.say("help my leg")
    night.live(4)
    assert [record.fields["state"] for record in night.kinds("state")] == states


def test_a_cry_for_help_wakes_it_after_a_conversation_too() -> None:
    night = Night(distress=("leg cramp",))
    night.say(WAKE)
    night.answer("stop", night.until("say"))
    night.until("finished")
    night.say("leg cramp")
    assert night.until("heard").fields["intent"] == "start_cramp"


class WhisperedCalls:
    """Every call is a whisper."""

    def __init__(self) -> None:
        self.heard: list[float] = []
        self.asked: list[tuple[float, float]] = []

    def hear(self, frame: Frame) -> None:
        self.heard.append(frame.at)

    def answer(self, began_at: float, ended_at: float) -> Softness:
        self.asked.append((began_at, ended_at))
        return Softness(-12.0, whispered=True)


def test_a_soft_call_is_answered_softly_and_an_emergency_is_not() -> None:
    calls = WhisperedCalls()
    night = Night(calls=calls)
    night.say(f"{WAKE} my leg is cramping")
    spoken = night.until("say")
    woken = night.kinds("wake")[0]
    (span,) = calls.asked
    assert span == pytest.approx((float(str(woken.fields["began"])), woken.at), abs=0.001)
    assert (woken.fields["softer_db"], woken.fields["whispered"]) == (-12.0, "yes")
    night.say("my chest hurts", after=1.0)
    line = night.until("say")
    night.until("said", turn=line.fields["turn"])
    assert loudest(night, spoken.at, spoken.at + 1) == pytest.approx(
        loudest(night, line.at, line.at + 1) * 10 ** (-12 / 20), rel=0.02
    )
    assert len(calls.heard) == round(night.now / FRAME_SECONDS)


def loudest(night: Night, start: float, end: float) -> int:
    """The loudest sample that began to sound between two times."""
    blocks = [pcm for at, pcm, _ in night.speaker.played if start <= at < end]
    return max(int(np.abs(np.frombuffer(pcm, "<i2").astype(int)).max()) for pcm in blocks)


class Counts:
    """Wakes, and those after which something was understood; on a full disk, none."""

    def __init__(self, *, full: bool = False) -> None:
        self.counted: list[str] = []
        self._full = full

    def woken(self) -> None:
        self._note("woken")

    def understood(self) -> None:
        self._note("understood")

    def _note(self, event: str) -> None:
        if self._full:
            raise StorageError("no space left", "make room")
        self.counted.append(event)


def test_wakes_are_counted_and_what_is_understood_after_each_once() -> None:
    counts = Counts()
    night = Night(tally=counts)
    night.say(f"{WAKE} my leg is cramping")
    night.answer("no", night.until("say"))
    night.until("screen_answer")
    assert counts.counted == ["woken", "understood"]
    night.say("stop", after=1.0)
    night.until("finished")
    night.say(f"{WAKE} my leg is cramping")
    night.until("heard", intent="start_cramp")
    assert counts.counted == ["woken", "understood"] * 2


def test_a_wake_after_which_nothing_is_understood_is_one_for_nothing() -> None:
    counts = Counts()
    night = Night(tally=counts)
    night.say(WAKE)
    night.answer("mumble", night.until("say"))
    night.until("not_understood")
    night.until("no_input")
    assert counts.counted == ["woken"]


def test_a_count_that_cannot_be_kept_ends_no_night() -> None:
    night = Night(tally=Counts(full=True))
    night.say(f"{WAKE} my leg is cramping")
    night.until("say")
    assert [trouble.fields["text"] for trouble in night.kinds("trouble")] == ["no space left (make room)"] * 2
