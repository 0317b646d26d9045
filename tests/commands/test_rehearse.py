"""`voice-skill rehearse` and `voice-skill sources`, from the command line."""

from __future__ import annotations

import io
import os
import pty
import select
import signal
import sys
import time
from contextlib import suppress
from pathlib import Path

import pytest

from voice_skill.cli import main

NIGHT = "hey charley my leg is cramping\nno\nin bed\n:hold\n:quit\nbed\n"


def test_a_script_is_played_with_its_times(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    script = tmp_path / "night.txt"
    script.write_text(NIGHT, encoding="utf-8")
    assert main(["rehearse", str(script), "--region", "GB"]) == 0
    out = capsys.readouterr().out.splitlines()
    assert out[2].startswith("[t=0.0s] charley: I'm here. Breathe out. ")
    half, end = (next(line for line in out if line.endswith(text)) for text in ("Halfway.", "And ease off. Slowly."))
    assert float(end.split("s]")[0][3:]) - float(half.split("s]")[0][3:]) == pytest.approx(15.0, abs=0.11)
    assert out[-1].endswith("charley: Is it easing?")  # what follows :quit was not said


def test_lines_may_be_piped_in(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO("hey charley my chest hurts\n"))
    assert main(["rehearse", "--region", "US"]) == 0
    assert "Call nine one one now." in capsys.readouterr().out


def test_bad_lines_and_what_cannot_happen_are_told_with_their_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    script = tmp_path / "night.txt"
    script.write_text("hey charley\n:wiat 3\n", encoding="utf-8")
    assert main(["rehearse", str(script)]) == 2
    assert f'{script}:2: there is no ":wiat"; did you mean "wait"?' in capsys.readouterr().err
    script.write_text("hey charley\n:hold\n", encoding="utf-8")
    assert main(["rehearse", str(script)]) == 2
    assert f"{script}:2: no hold runs" in capsys.readouterr().err
    assert main(["rehearse", str(tmp_path / "none.txt")]) == 2
    assert main(["rehearse", str(script), "--region", "XX"]) == 2


def test_a_scenario_says_what_did_not_come_true(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    scenario = tmp_path / "night.yaml"
    scenario.write_text("about: A.\nsteps:\n  - user: hey charley\n    expect: Is it a cramp?\n", encoding="utf-8")
    assert main(["rehearse", str(scenario)]) == 0
    scenario.write_text("about: A.\nsteps:\n  - user: hey charley\n    expect: Goodbye\n", encoding="utf-8")
    assert main(["rehearse", str(scenario)]) == 1
    captured = capsys.readouterr()
    assert f'{scenario}:4: steps[0].expect: "Goodbye" was not said' in captured.err
    assert "Is it a cramp?" in captured.out


def _terminal(*lines: str, last: bytes) -> tuple[str, int, float]:
    """Type into a real terminal, `last` at the end: what it showed to the lines, the exit code, and how long the end
    took."""
    child, terminal = pty.fork()
    if child == 0:
        signal.signal(signal.SIGINT, signal.default_int_handler)  # it may be ignored where tests are run
        os.execv(sys.executable, [sys.executable, "-m", "voice_skill", "rehearse", "--region", "GB"])
    shown = ""

    def until(text: str) -> None:
        nonlocal shown
        while text not in shown:
            shown += os.read(terminal, 4096).decode(errors="replace")

    try:
        until("> ")
        for line in lines:
            shown = ""
            os.write(terminal, line.encode() + b"\n")
            until("> ")
        begun = time.monotonic()
        ended = status = 0
        while not ended:
            # typed again: a Ctrl-C between the prompt and Python's wait for a key is lost by its readline
            os.write(terminal, last)
            if select.select([terminal], [], [], 0.3)[0]:
                with suppress(OSError):  # it ended
                    os.read(terminal, 4096)
            ended, status = os.waitpid(child, 0 if last.endswith(b"\n") else os.WNOHANG)
        return shown, os.waitstatus_to_exitcode(status), time.monotonic() - begun
    finally:
        os.close(terminal)


def test_in_a_terminal_one_types_and_reads() -> None:
    shown, code, _ = _terminal("hey charley my leg is cramping", ":wiat 3", "no", last=b":quit\n")
    assert "Lying, sitting, or standing?" in shown
    assert code == 0


def test_ctrl_c_ends_it_at_once() -> None:
    _, code, seconds = _terminal("hey charley", last=b"\x03")
    assert code == 130
    assert seconds < 2


def test_help_lists_what_may_be_typed(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["rehearse", "--help"])
    out = capsys.readouterr().out
    assert ":silence [N]" in out
    assert ":interrupt TEXT" in out


def test_sources_tells_where_a_line_comes_from(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["sources", "eight", "glasses"]) == 0
    out = capsys.readouterr().out
    assert "answers.yaml:" in out
    assert "row 48, S1: " in out
    assert "C3: " in out
    assert "S1: Hamstring cramps when bending the knee" in out
    assert main(["sources", "zebra"]) == 2
    assert 'nothing that is said speaks of "zebra"' in capsys.readouterr().err
