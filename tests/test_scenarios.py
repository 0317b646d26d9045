"""Every night in `tests/scenarios/` goes as its file says."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import pytest

from voice_skill.dialog.model import Dialogs
from voice_skill.loading import load_dialogs
from voice_skill.rehearsal.scenario import play, read_scenario

FOLDER = Path(__file__).parent / "scenarios"
FILES = sorted(FOLDER.rglob("*.yaml"))


@cache
def shipped() -> Dialogs:
    return load_dialogs()


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(FOLDER).with_suffix("")))
def test_scenario(path: Path) -> None:
    outcome = play(read_scenario(path, shipped()), shipped())
    if outcome.problem:
        pytest.fail(f"\n{outcome}", pytrace=False)
