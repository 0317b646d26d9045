from __future__ import annotations

import argparse
import sys
import types
from pathlib import Path

import pytest

from voice_skill import cli, commands
from voice_skill.commands import start

Called = list[tuple[str, dict[str, object]]]


class Machine:
    """Stand-ins for the commands that `start` chooses from, which note how they were called, and for the microphone."""

    def __init__(self) -> None:
        self.called: Called = []
        self.microphones: list[str | None] = []
        self.problem: str | None = None

    def microphone_problem(self, config: object) -> str | None:
        self.microphones.append(getattr(config, "microphone", None))
        return self.problem

    def command(self, name: str, *arguments: str) -> types.ModuleType:
        def add_arguments(parser: argparse.ArgumentParser) -> None:
            parser.add_argument("--json", action="store_true")
            for argument in arguments:
                parser.add_argument(argument)

        def run(args: argparse.Namespace) -> int:
            self.called.append((name, vars(args)))
            return 3

        module = types.ModuleType(f"voice_skill.commands.{name}")
        module.__dict__.update(HELP="", add_arguments=add_arguments, run=run)
        return module


@pytest.fixture
def machine(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Machine:
    machine = Machine()
    doctor = types.ModuleType("voice_skill.commands.doctor")
    doctor.__dict__.update(microphone_problem=machine.microphone_problem)
    for module in (machine.command("run"), machine.command("replay", "recording", "--out"), doctor):
        monkeypatch.setitem(sys.modules, module.__name__, module)
        monkeypatch.setattr(commands, module.__name__.rpartition(".")[2], module, raising=False)
    monkeypatch.setattr(start, "RECORDING", tmp_path / "night.flac")
    (tmp_path / "night.flac").touch()
    return machine


def test_with_a_microphone_it_guides(machine: Machine, tmp_path: Path) -> None:
    config = tmp_path / "c.yaml"
    config.write_text("microphone: USB\n")
    assert cli.main(["--config", str(config), "start"]) == 3
    assert machine.called == [("run", {"json": False, "config": config})]
    assert machine.microphones == ["USB"]


def test_without_one_it_says_so_and_replays_the_recorded_night(
    machine: Machine, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    machine.problem = "there is no sound device"
    assert cli.main(["start", "--json", "--out", "b.wav"]) == 3
    night = {"json": True, "config": None, "recording": str(tmp_path / "night.flac"), "out": "b.wav"}
    assert machine.called == [("replay", night)]
    assert "no microphone: there is no sound device" in capsys.readouterr().err


def test_with_neither_it_names_what_is_missing(
    machine: Machine, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    machine.problem = "there is no sound device"
    (tmp_path / "night.flac").unlink()
    assert cli.main(["start"]) == 2
    assert "night.flac is missing" in capsys.readouterr().err
    assert machine.called == []
