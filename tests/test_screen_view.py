"""A conversation on a screen, and as JSON."""

from __future__ import annotations

import io
import json

import pytest
from rich.console import Console

from voice_skill.records import KINDS, Record, Recorder
from voice_skill.screen_view import json_lines, transcript

NIGHT = [
    Record(100.0, "wake", {"text": "hey charley", "confidence": 0.9, "began": 99.0}),
    Record(100.0, "heard", {"text": "my leg is cramping", "intent": "start_cramp"}),
    Record(100.0, "state", {"state": "acute_relief.greet"}),
    Record(100.4, "say", {"turn": 1, "text": "I'm here."}),
    Record(101.4, "said", {"turn": 1, "text": "I'm here."}),
    Record(104.0, "not_understood", {"text": "mumble", "reason": "unknown words"}),
    Record(105.0, "not_understood", {"text": "", "reason": "noise"}),
    Record(106.0, "no_input", {}),
    Record(110.0, "hold_started", {"seconds": 30.0}),
    Record(110.0, "hold_cue", {"cue": "start", "text": "[tone] Hold."}),
    Record(125.0, "hold_cue", {"cue": "half", "skipped": True}),
    Record(127.5, "hold_ended", {"seconds": 17.5, "reason": "released", "complete": "no"}),
    Record(140.0, "hold_ended", {"seconds": 30.0, "reason": "done", "complete": "yes"}),
    Record(150.0, "screen_answer", {"question": "CHEST", "answer": "yes"}),
    Record(150.0, "level", {"level": "E"}),
    Record(165.0, "finished", {"level": "NONE"}),
    Record(165.0, "trouble", {"text": "the history cannot be written"}),
]


def test_who_said_what_and_when() -> None:
    out = io.StringIO()
    tell = transcript(Console(file=out, width=200), begun=100.0)
    for record in NIGHT:
        tell(record)
    assert out.getvalue().splitlines() == [
        '  0:00.0           (woken by "hey charley")',
        "  0:00.0  you      my leg is cramping   (start_cramp)",
        "  0:00.4  charley  I'm here.",
        '  0:04.0  you      (not understood: "mumble")',
        "  0:05.0  you      (a sound)",
        "  0:06.0  you      (silence)",
        "  0:10.0  hold     30 seconds",
        "  0:10.0  hold     [tone] Hold.",
        "  0:25.0  hold     (half left out: too late)",
        "  0:27.5  hold     let go after 17.5 s",
        "  0:40.0  hold     done after 30.0 s",
        "  0:50.0  check    CHEST: yes",
        "  0:50.0  level    E: emergency now",
        "  1:05.0           (asleep again; no danger sign so far)",
        "  1:05.0           the history cannot be written",
    ]
    assert {record.kind for record in NIGHT} == set(KINDS)


def test_brackets_in_what_was_said_are_words_and_no_markup() -> None:
    out = io.StringIO()
    transcript(Console(file=out, width=200))(Record(0.0, "say", {"turn": 1, "text": "[bold]Hold[/bold]"}))
    assert "[bold]Hold[/bold]" in out.getvalue()


def test_a_line_of_json_for_every_record_with_all_its_times_from_the_beginning(
    capsys: pytest.CaptureFixture[str],
) -> None:
    tell = json_lines(begun=99.5)
    for record in (*NIGHT, Record(170.0, "say", {"turn": 2, "text": "…and slowly out."})):
        tell(record)
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == len(NIGHT) + 1
    assert json.loads(lines[0]) == {
        "at": 0.5,
        "kind": "wake",
        "text": "hey charley",
        "confidence": 0.9,
        "began": -0.5,
    }
    assert "…and slowly out." in lines[-1]


def test_facts_known_beforehand_are_told_in_their_time_or_not_at_all() -> None:
    told: list[Record] = []
    recorder = Recorder(told.append)
    recorder.add(5.0, "hold_cue", cue="start")
    recorder.add(3.0, "state", state="a")
    recorder.add(3.0, "level", level="S")
    recorder.add(9.0, "hold_cue", cue="half")
    recorder.flush(4.0)
    assert [record.kind for record in told] == ["state", "level"]
    recorder.flush(5.0)
    recorder.drop_after(6.0)
    recorder.flush(20.0)
    assert [(record.at, record.kind) for record in told] == [(3.0, "state"), (3.0, "level"), (5.0, "hold_cue")]
