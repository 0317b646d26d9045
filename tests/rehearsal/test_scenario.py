"""Scenario files: what is wrong in them is told with its line, and so is what does not come true."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import pytest

from voice_skill.dialog.model import Dialogs
from voice_skill.errors import DialogError
from voice_skill.loading import load_dialogs
from voice_skill.rehearsal.scenario import Outcome, play, read_scenario

STEPS = """\
about: A start.
steps:
  - user: hey charley my leg is cramping
    expect: [Breathe out, "Any chest pain, or trouble breathing?"]
    within: 6
    absent: call
  - user: no
    answers: {CHEST: no}
    state: acute_relief.where
    level: none
"""


@cache
def shipped() -> Dialogs:
    return load_dialogs()


def outcome(tmp_path: Path, text: str) -> Outcome:
    path = tmp_path / "night.yaml"
    path.write_text(text, encoding="utf-8")
    return play(read_scenario(path, shipped()), shipped())


def test_what_comes_true_is_no_problem(tmp_path: Path) -> None:
    went = outcome(tmp_path, STEPS)
    assert went.problem == ""
    assert went.conversation[-1].endswith("charley: Good. Lying, sitting, or standing?")


@pytest.mark.parametrize(
    ("old", "new", "line", "problem"),
    [
        # what does not come true
        ("Breathe out", "Breathe in", 4, '"Breathe in" was not said; said was: I\'m here. Breathe out.'),
        ("[Breathe out, ", '["Any chest pain", Breathe out, ', 4, '"Breathe out" was not said'),
        ("within: 6", "within: 1", 5, "it was said after 4."),
        ("absent: call", "absent: straighten", 6, '"straighten" was said'),
        ("{CHEST: no}", "{CHEST: E}", 8, "is no, not E"),
        ("acute_relief.where", "acute_relief.bed", 9, "is acute_relief.where, not acute_relief.bed"),
        ("level: none", "level: U", 10, "is none, not U"),
        ("about: A start.", "about: A start.\nlevel: S", 2, "the night ends at none, not S"),
        ("about: A start.", "about: A start.\nnever: lying", 2, '"lying" was said'),
        ("about: A start.", "about: A start.\nvisits: acute_relief.bed", 2, "the night never came to acute_relief.bed"),
        ("about: A start.", "about: A start.\navoids: acute_relief.where", 2, "the night came to acute_relief.where"),
        # what cannot be meant
        ("  - user: no\n", "  - usre: no\n", 7, 'unknown key; did you mean "user"?'),
        ("  - user: no\n", "  - {user: no, wait: 3}\n  - user: no\n", 7, "does user and wait; a step does one of"),
        ("    expect: [", "    within: 6\n  - user: ow\n    expect: [", 4, "has no effect without expect"),
        ("state: acute_relief.where", "state: acute_relief.were", 9, 'there is no state "acute_relief.were"'),
        ("{CHEST: no}", "{CHST: no}", 8, 'there is no such name among the answers; did you mean "CHEST"?'),
        ("level: none", "level: X", 10, "expected one of none, S, U, E"),
        ("about: A start.", "about: A start.\nregion: UK", 2, 'there is no region "UK"'),
        ("absent: call", 'absent: "…"', 6, "holds no words"),
        ("    expect: [", "    expcet: [", 4, "unknown key"),
    ],
)
def test_what_is_wrong_is_told_with_its_line(tmp_path: Path, old: str, new: str, line: int, problem: str) -> None:
    try:
        found = [outcome(tmp_path, STEPS.replace(old, new)).problem]
    except DialogError as error:
        found = error.problems
    here = f"{tmp_path / 'night.yaml'}:{line}: "
    assert any(told.startswith(here) and problem in told for told in found), found


def test_the_conversation_is_kept_up_to_what_did_not_come_true(tmp_path: Path) -> None:
    went = outcome(tmp_path, STEPS.replace("absent: call", "absent: straighten"))
    assert str(went).endswith(went.problem)
    assert any("Any chest pain" in spoken for spoken in went.conversation)


def test_what_is_talked_over_is_not_waited_for(tmp_path: Path) -> None:
    text = STEPS + "  - user: in bed\n    absent: Thirty seconds\n  - interrupt: my chest hurts\n    level: E\n"
    assert outcome(tmp_path, text).problem == ""


def test_cramps_of_other_nights_are_known(tmp_path: Path) -> None:
    text = "about: Often.\nhistory: [1, 2, 3]\nsteps:\n  - user: hey charley\n    slots: {often: yes, consent: yes}\n"
    assert outcome(tmp_path, text).problem == ""
    assert "is unknown" in outcome(tmp_path, text.replace("[1, 2, 3]", "[]")).problem
