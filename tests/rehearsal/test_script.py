"""What may be typed, and how a conversation that the walk found becomes something that can be typed."""

from __future__ import annotations

from functools import cache

import pytest

from voice_skill.dialog.engine import step
from voice_skill.dialog.events import Event, Heard, NotUnderstood, SpeechFinished, TimePassed, Woken
from voice_skill.dialog.explore import explore
from voice_skill.dialog.model import Dialogs
from voice_skill.dialog.session import Session
from voice_skill.errors import DialogError
from voice_skill.loading import load_dialogs
from voice_skill.rehearsal.night import Night
from voice_skill.rehearsal.script import Act, from_path, parse, read_lines
from voice_skill.shape import Wrong


@cache
def shipped() -> Dialogs:
    return load_dialogs()


@pytest.mark.parametrize(
    ("line", "acts"),
    [
        ("in bed", [Act("user", "in bed")]),
        ("  in bed   # lying", [Act("user", "in bed")]),
        ("# a comment", []),
        ("", []),
        (":wait 2.5", [Act("wait", number=2.5)]),
        (":silence", [Act("silence", number=1)]),
        (":silence 3", [Act("silence", number=3)]),
        (":region US", [Act("region", "US")]),
        (
            "in bed :interrupt my chest hurts :groan",
            [Act("user", "in bed"), Act("interrupt", "my chest hurts"), Act("groan")],
        ),
    ],
)
def test_a_line_becomes_acts(line: str, acts: list[Act]) -> None:
    assert parse(line) == acts


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        (":wiat 3", 'there is no ":wiat"; did you mean "wait"?'),
        (":wait", '":wait" needs a number of seconds, found ""'),
        (":wait long", '":wait" needs a number of seconds, found "long"'),
        (":silence 0", '":silence" takes how often, 1 to 99, found "0"'),
        (":groan loudly", '":groan" takes nothing, found "loudly"'),
        (":interrupt", '":interrupt" needs the words that are said'),
    ],
)
def test_a_line_that_means_nothing_is_refused(line: str, problem: str) -> None:
    with pytest.raises(Wrong) as error:
        parse(line)
    assert str(error.value) == problem


def test_every_bad_line_of_a_script_is_told_with_its_number() -> None:
    with pytest.raises(DialogError) as error:
        read_lines(["hey charley", ":xyzzy", "", ":wait soon"], "night.txt")
    assert [problem.split(": ")[0] for problem in error.value.problems] == ["night.txt:2", "night.txt:4"]


def test_a_walked_conversation_becomes_a_script_that_leads_to_the_same_place() -> None:
    """For three hundred sessions of the walk: typing the script ends where the walk was."""
    walk = explore(shipped(), limit=300)
    went = 0
    for session in list(walk.parents)[1:300:3]:
        if session.asleep:
            continue
        night = Night(shipped(), region="GB")
        for _, act in read_lines(from_path(shipped(), walk.path(session)), "walk"):
            night.do(act)
        assert night.where == session.at.state, from_path(shipped(), walk.path(session))
        assert night.session.screen == session.screen
        assert night.session.level == session.level
        went += 1
    assert went > 50


def test_each_event_has_its_line() -> None:
    dialogs = shipped()
    asleep = Session.fresh(dialogs)
    awake, _ = step(dialogs, asleep, Woken("start_cramp"), 0.0)
    asked, _ = step(dialogs, awake, SpeechFinished(awake.turn), 0.0)
    clock_due = asked._replace(wait_until=5.0, clock_at=1.0)
    path: list[tuple[Session, Event]] = [
        (asleep, Woken("start_cramp")),
        (awake, SpeechFinished(awake.turn)),
        (asked, Heard(asked.turn, "no", "no")),
        (asked, NotUnderstood(asked.turn)),
        (asked, TimePassed()),
        (clock_due, TimePassed()),
        (awake, Heard(awake.turn, "danger.chest", "")),
    ]
    first = dialogs.phrases["start_cramp"][0]
    assert from_path(dialogs, path)[0] == f"hey charley {first}"
    assert from_path(dialogs, path)[1:6] == [":next", "no", ":unclear", ":next", ":clock"]
    assert from_path(dialogs, path)[6].startswith(":interrupt ")
