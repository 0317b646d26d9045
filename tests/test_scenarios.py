"""Every night in `tests/scenarios/` goes as its file says."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import pytest

from voice_skill.dialog.model import Dialogs, Level
from voice_skill.loading import load_dialogs
from voice_skill.rehearsal.night import Night
from voice_skill.rehearsal.scenario import play, read_scenario
from voice_skill.rehearsal.script import Act

FOLDER = Path(__file__).parent / "scenarios"
FILES = sorted(FOLDER.rglob("*.yaml"))

ENDS = {"emergency": "E", "same_day": "U", "clinician": "S", "self_care": "none"}
"""Folder → the level that each of its nights ends with."""


@cache
def shipped() -> Dialogs:
    return load_dialogs()


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(FOLDER).with_suffix("")))
def test_scenario(path: Path) -> None:
    outcome = play(read_scenario(path, shipped()), shipped())
    if outcome.problem:
        pytest.fail(f"\n{outcome}", pytrace=False)


def test_every_night_of_a_folder_ends_as_the_folder_is_named() -> None:
    for folder, level in ENDS.items():
        for path in (FOLDER / folder).iterdir():
            assert read_scenario(path, shipped()).file.level == level, path


def test_the_four_ends_have_equally_many_nights_and_the_rest_is_awkward() -> None:
    counts = {folder: len(list((FOLDER / folder).iterdir())) for folder in ENDS}
    assert len(set(counts.values())) == 1, counts
    assert min(counts.values()) >= 20
    awkward = [path for path in FILES if path.parent.name == "awkward"]
    assert len(awkward) == len(FILES) - sum(counts.values()) >= 40


@pytest.mark.parametrize("intent", [i for i in shipped().universal if i != "stop" and not i.startswith("ask.")])
def test_whatever_may_be_said_everywhere_an_emergency_stays_one(intent: str) -> None:
    """Nothing else is talked about then, but for how to use Charley and which country this is."""
    night = Night(shipped(), region="GB")
    for act in (Act("user", "hey charley my chest hurts"), Act("user", shipped().phrases[intent][0])):
        night.do(act)
        night.hear_out()
    assert night.session.level is Level.E
    expected = intent if intent in ("help", "settings") else "emergency"
    assert night.where.partition(".")[0] == expected
