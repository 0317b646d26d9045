"""The thirty seconds: true to the clock, frozen and taken up to the second, let go of at a word."""

from __future__ import annotations

import pytest

from tests.dialog.support import Rehearsal, asked, shipped
from voice_skill.dialog.actions import Note, Say, StopSpeaking
from voice_skill.dialog.model import Answer
from voice_skill.dialog.session import CUE_LEAD, Phase

HOLD = shipped().state("acute_relief.hold").hold
assert HOLD is not None
CUES = [(cue.name, cue.at) for cue in HOLD.cues]


def in_hold(seconds: float = 0.0) -> Rehearsal:
    """A night in its first hold, so many seconds after its zero."""
    night = Rehearsal().wake("cramp").say("no", "bed").hear_out()
    zero(night)
    return night.wait(zero(night) + seconds - night.now)


def phase(night: Rehearsal) -> Phase:
    """What is going on."""
    return night.session.at.phase


def zero(night: Rehearsal) -> float:
    """When the count of the hold that runs began."""
    held = night.session.at.holding
    assert held is not None
    assert held.zero is not None
    return held.zero


def assert_on_time(night: Rehearsal, began: float) -> None:
    """Every cue sounds at its own second after the zero."""
    assert [name for name, _ in night.cues] == [name for name, _ in CUES]
    assert [at for _, at in night.cues] == pytest.approx([began + at for _, at in CUES])


def test_thirty_seconds_lie_between_the_first_cue_and_the_last() -> None:
    night = in_hold()
    began = zero(night)
    night.hold()
    assert_on_time(night, began)
    times = dict(night.cues)
    assert times["end"] - times["start"] == pytest.approx(30.0)
    assert night.notes("hold_started") == [{"seconds": 30.0}]
    assert night.notes("hold_ended") == [{"seconds": 30.0, "reason": "done", "complete": "yes"}]


def test_each_cue_is_handed_over_shortly_before_its_time() -> None:
    night = in_hold().hold()
    cues = [(now, action.at) for now, action in night.log if isinstance(action, Say) and action.cue]
    assert len(cues) == len(CUES)
    for now, at in cues:
        assert at is not None
        assert at - now == pytest.approx(CUE_LEAD)


def test_a_late_tick_moves_no_cue() -> None:
    night = in_hold()
    began = zero(night)
    night.now = began + 16.2  # the machine slept through four cues
    night.hold()
    assert_on_time(night, began)


def test_the_settling_silence_comes_before_zero() -> None:
    night = Rehearsal().wake("cramp").say("no", "bed")
    night.hear_out()
    assert zero(night) - night.now == pytest.approx(2.5)


@pytest.mark.parametrize("second", [0.5, 12.3, 24.95, 29.5])
def test_a_pause_freezes_and_going_on_counts_from_that_second(second: float) -> None:
    night = in_hold(second)
    before = len(night.cues)
    night.interrupt("hang on")
    assert StopSpeaking() in night.actions
    assert night.session.at.phase is Phase.PAUSED
    night.wait(15.0)
    assert len(night.cues) == before, "nothing is counted meanwhile"
    night.interrupt("go on").hear_out()
    assert night.now - zero(night) == pytest.approx(second - 1.5)
    night.hold()
    assert dict(night.cues)["end"] == pytest.approx(zero_of_end(night))


def zero_of_end(night: Rehearsal) -> float:
    """When the end cue was due, from the record."""
    return next(note.at for _, note in night.log if isinstance(note, Note) and note.kind == "hold_ended" and note.at)


def test_going_on_tells_how_much_is_left() -> None:
    night = in_hold(12.3).interrupt("hang on").hear_out().interrupt("go on")
    assert night.last == "Eighteen seconds left."


def test_a_pause_before_zero_begins_the_whole_hold() -> None:
    night = Rehearsal().wake("cramp").say("no", "bed").hear_out().wait(1.0)
    night.interrupt("hang on").hear_out().interrupt("okay").hear_out()
    began = zero(night)
    night.hold()
    assert_on_time(night, began)
    assert night.session.slot("holds") == "1"


def test_a_pause_in_the_lead_in_begins_the_lead_in_again() -> None:
    night = Rehearsal().wake("cramp").say("no", "bed")
    while night.state != "acute_relief.hold":
        night.wait(1.0)
    night.interrupt("hang on").hear_out().interrupt("ready")
    assert "Thirty seconds." in night.last
    assert night.hold().session.slot("holds") == "1"


def test_how_long_leaves_the_count_alone() -> None:
    night = in_hold(10.0)
    began = zero(night)
    night.interrupt("how long")
    assert night.last == "Twenty seconds left."
    assert zero(night) == began
    night.interrupt("say that again")
    assert night.last == "Twenty seconds left."
    night.interrupt("okay")
    assert night.actions == ()
    night.hold()
    assert_on_time(night, began)


def test_how_long_in_a_pause_tells_it_and_pauses_on() -> None:
    night = in_hold(10.0).interrupt("hang on").hear_out().interrupt("how long")
    assert night.last == "Twenty seconds left."
    assert night.session.at.phase is Phase.PAUSED


@pytest.mark.parametrize(
    ("text", "state"),
    [
        ("that hurts", "back_off"),
        ("ow", "back_off"),
        ("worse", "back_off"),
        ("stop", "ease"),
        ("gone", "ease"),
    ],
)
@pytest.mark.parametrize("second", [3.0, 26.5])
def test_letting_go_takes_one_step_and_nothing_is_counted_after_it(text: str, state: str, second: float) -> None:
    night = in_hold(second)
    cues = len(night.cues)
    night.interrupt(text)
    assert night.actions[0] == StopSpeaking()
    assert night.state == f"acute_relief.{state}"
    assert night.last.startswith("Ease off.")
    ended = night.notes("hold_ended")[-1]
    assert ended == {
        "seconds": pytest.approx(second),
        "reason": "released",
        "complete": "yes" if second > 20 else "no",
    }
    night.wait(8.0)
    assert [name for name, _ in night.cues[cues:] if name in ("half", "5", "4", "3", "2", "1", "end")] == []


def test_a_hold_left_from_a_pause_is_silent_too() -> None:
    night = in_hold(5.0).interrupt("hang on")
    night.interrupt("that hurts")
    assert [action for action in night.actions if isinstance(action, StopSpeaking)] == [StopSpeaking()]
    assert night.state == "acute_relief.back_off"


@pytest.mark.parametrize("text", ["slower", "say that again", "left leg", "okay", "how long", "go on", "hang on"])
def test_what_is_said_over_the_last_words_begins_no_second_hold(text: str) -> None:
    night = in_hold(30.0)
    assert phase(night) is Phase.RELEASING
    night.interrupt(text)
    if phase(night) is Phase.PAUSED:
        night.hear_out().interrupt("go on")
    night.hear_out()
    assert night.state in ("acute_relief.settle", "acute_relief.ease")
    assert night.session.slot("holds") == "1"
    assert len(night.notes("hold_started")) == 1


def test_a_pause_over_the_last_words_is_a_pause() -> None:
    night = in_hold(30.0).interrupt("hang on").hear_out()
    assert night.session.at.phase is Phase.PAUSED
    assert night.last.startswith("Paused.")


def test_help_in_a_hold_comes_back_to_its_second() -> None:
    night = in_hold(12.0).interrupt("help")
    assert night.state == "help.which"
    night.say("using you")
    while night.state.startswith("help"):
        night.wait(0.5)
    assert night.last == "Eighteen seconds left."
    night.hear_out()
    assert night.now - zero(night) == pytest.approx(12.0 - 1.5)


def test_whoever_stays_paused_is_reminded_and_then_let_go() -> None:
    night = in_hold(8.0).interrupt("hang on")
    night.silence(4)
    assert night.said.count("Still here.") == 3
    assert "Let's call that done." in night.said
    assert not any(at.holding for at in night.session.stack)


def test_quiet_counts_only_from_three_and_without_a_tone() -> None:
    night = Rehearsal().wake("cramp").say("whisper", "no", "bed").hear_out().hold()
    assert [name for name, _ in night.cues] == [name for name, _ in CUES if name not in ("5", "4")]
    assert "[tone]" not in night.said


def test_only_the_first_hold_carries_the_tip() -> None:
    night = hold_again(asked("INJURY").say("no"))
    tips = [name for name, _ in night.hold().cues if name == "tip"]
    assert len(tips) == 1


def hold_again(night: Rehearsal) -> Rehearsal:
    """Answer no to every check, and say yes to one more hold."""
    night.deny(lambda night: night.state == "acute_relief.offer_hold")
    return night.say("yes").hear_out()


def test_the_third_hold_is_the_last() -> None:
    night = hold_again(asked("INJURY")).hold().hear_out().say("better")
    night = hold_again(night).hold().hear_out().say("better")
    assert night.session.slot("holds") == "3"
    night.deny(lambda night: night.state.startswith(("red_flag", "wind_down")))
    assert "One more hold?" not in night.said[night.said.index("A few more checks.") :]
    assert len(night.notes("hold_started")) == 3


@pytest.mark.parametrize("answer", ["skip", "silence"])
def test_the_second_hold_stays_shut_until_injury_is_denied(answer: str) -> None:
    night = asked("INJURY")
    if answer == "silence":
        night.silence(3)
    else:
        night.say(answer).hear_out()
    assert night.session.answer("INJURY") in Answer.SKIPPED
    assert night.state == "acute_relief.breathe"
    assert "I'll leave out more stretching." in night.said
    night.deny(lambda night: night.state == "red_flag_screen.offer")
    assert len(night.notes("hold_started")) == 1


def test_the_second_hold_opens_with_a_no() -> None:
    night = hold_again(asked("INJURY"))
    assert night.state == "acute_relief.hold"
    assert night.hold().session.slot("holds") == "2"
