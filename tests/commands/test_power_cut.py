"""The process is killed in the middle of the safety questions, as by a power cut, and started again."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
CALL = ROOT / "tests" / "recordings" / "calls" / "relief_works.flac"


def start(folder: Path, journal: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "voice_skill", "replay", str(CALL), "--json", "--journal", journal],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        text=True,
    )


def settled(process: subprocess.Popen[str], most: int) -> list[tuple[str, str]]:
    """The safety questions that are settled, in order, with their answers; so many of them."""
    assert process.stdout is not None
    found: list[tuple[str, str]] = []
    for record in map(json.loads, process.stdout):
        if record["kind"] == "screen_answer":
            found.append((record["question"], record["answer"]))
            if len(found) == most:
                break
    return found


def test_every_question_is_open_again_after_a_kill_in_the_middle_of_them(tmp_path: Path) -> None:
    (tmp_path / "charley.yaml").write_text("region: GB\njournal: history\n")
    with start(tmp_path, "cut.jsonl") as killed:
        before = settled(killed, 2)
        killed.kill()
    assert killed.returncode == -9
    assert {answer for _, answer in before} == {"no"}
    assert "Sleep" not in (tmp_path / "cut.jsonl").read_text()  # it was in the middle
    with start(tmp_path, "whole.jsonl") as again:
        after = settled(again, 3)
        again.kill()
    assert after[:2] == before  # put again, not taken for answered
    assert len(after) == 3
