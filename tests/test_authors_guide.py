"""The worked example of `docs/authors-guide.md`: its files are what the guide shows, and they do what it promises."""

from __future__ import annotations

import shutil
from functools import cache
from pathlib import Path

import pytest

from voice_skill.cli import main
from voice_skill.config import bundled
from voice_skill.loading import load_dialogs
from voice_skill.rehearsal.scenario import play, read_scenario

DOCS = Path(__file__).parents[1] / "docs"
EXAMPLE = DOCS / "examples" / "shoulder"
CHANGES = sorted(EXAMPLE.glob("*.yaml"))
SCENARIOS = sorted((EXAMPLE / "scenarios").glob("*.yaml"))


def insert(text: str, change: str) -> str:
    """`text` with a change in it: keys that are there already say where, and what follows comes below them."""
    lines = text.splitlines()
    at = 0
    for line in change.splitlines():
        if line.endswith(":") and line in lines[at:]:
            at = lines.index(line, at) + 1
        else:
            lines.insert(at, line)
            at += 1
    return "\n".join((*lines, ""))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The shipped dialogs with the example in them, as the guide says to put it there."""
    made = tmp_path_factory.mktemp("guide") / "dialogs"
    shutil.copytree(bundled("dialogs"), made)
    for change in CHANGES:
        there = made / change.name
        before = there.read_text(encoding="utf-8") if there.exists() else ""
        there.write_text(insert(before, change.read_text(encoding="utf-8")), encoding="utf-8")
    return made


@cache
def guide() -> str:
    return (DOCS / "authors-guide.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("path", [*CHANGES, *SCENARIOS], ids=lambda path: path.name)
def test_the_guide_shows_the_file_as_it_is(path: Path) -> None:
    assert f"```yaml\n{path.read_text(encoding='utf-8')}```\n" in guide()


def test_every_block_of_yaml_in_the_guide_is_a_tested_file() -> None:
    files = {path.read_text(encoding="utf-8") for path in (*CHANGES, *SCENARIOS)}
    assert {block.partition("```")[0] for block in guide().split("```yaml\n")[1:]} == files


def test_check_finds_nothing_to_complain_of(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = len(load_dialogs().dialogs)
    assert main(["check", str(folder), "--quick"]) == 0
    assert f"dialogs   {before + 1:6}" in capsys.readouterr().out


@pytest.mark.parametrize("path", SCENARIOS, ids=lambda path: path.stem)
def test_it_goes_as_the_scenario_says(folder: Path, path: Path) -> None:
    dialogs = load_dialogs(folder)
    outcome = play(read_scenario(path, dialogs), dialogs)
    if outcome.problem:
        pytest.fail(f"\n{outcome}", pytrace=False)
