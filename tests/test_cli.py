from __future__ import annotations

import argparse
import subprocess
import sys
import types
from collections.abc import Callable
from importlib import import_module
from pathlib import Path

import pytest

from voice_skill import cli
from voice_skill.errors import CharleyError, DialogError

Run = Callable[[argparse.Namespace], int]


@pytest.fixture
def wake(monkeypatch: pytest.MonkeyPatch) -> Callable[[Run], None]:
    """Puts a stand-in behind `voice-skill wake`."""

    def install(run: Run) -> None:
        module = types.ModuleType("voice_skill.commands.wake")
        module.__dict__.update(HELP="A stand-in.", add_arguments=lambda p: p.add_argument("--loud"), run=run)
        monkeypatch.setitem(sys.modules, module.__name__, module)

    return install


@pytest.mark.parametrize("name", cli.COMMANDS)
def test_every_command_in_the_table_is_there(name: str) -> None:
    command = import_module(f"voice_skill.commands.{name}")
    assert command.HELP
    command.add_arguments(argparse.ArgumentParser())
    assert callable(command.run)


def test_help_lists_every_command_and_imports_none() -> None:
    done = subprocess.run(
        [sys.executable, "-X", "importtime", "-m", "voice_skill", "--help"], capture_output=True, text=True, check=True
    )
    assert all(f"\n  {name} " in done.stdout for name in cli.COMMANDS)
    imported = {line.rsplit("|", 1)[-1].strip() for line in done.stderr.splitlines()}
    assert "voice_skill.cli" in imported
    assert not imported & {"cattrs", "numpy", "rich", "sounddevice", "vosk", "yaml"}
    assert not {name for name in imported if name.startswith("voice_skill.commands")}


def test_command_gets_its_arguments_and_the_configuration_given_before_or_after_it(wake: Callable[[Run], None]) -> None:
    seen: list[argparse.Namespace] = []

    def run(args: argparse.Namespace) -> int:
        seen.append(args)
        return 7

    wake(run)
    assert cli.main(["--config", "a.yaml", "wake", "--loud", "very"]) == 7
    assert cli.main(["wake", "--config", "b.yaml"]) == 7
    assert cli.main(["wake"]) == 7
    assert [args.config for args in seen] == [Path("a.yaml"), Path("b.yaml"), None]
    assert seen[0].loud == "very"


def test_no_command_means_start(monkeypatch: pytest.MonkeyPatch) -> None:
    start = types.ModuleType("voice_skill.commands.start")
    start.__dict__.update(HELP="", add_arguments=lambda _: None, run=lambda _: 5)
    monkeypatch.setitem(sys.modules, start.__name__, start)
    assert cli.main([]) == 5


def test_what_can_be_put_right_is_told_without_a_traceback(
    wake: Callable[[Run], None], capsys: pytest.CaptureFixture[str]
) -> None:
    def fail(_: argparse.Namespace) -> int:
        raise CharleyError("no microphone", "plug one in")

    wake(fail)
    assert cli.main(["wake"]) == 2
    assert capsys.readouterr() == ("", "charley: no microphone\n         plug one in\n")


def test_several_problems_are_told_one_to_a_line(
    wake: Callable[[Run], None], capsys: pytest.CaptureFixture[str]
) -> None:
    def fail(_: argparse.Namespace) -> int:
        raise DialogError(["a.yaml:1: one", "a.yaml:2: two"])

    wake(fail)
    assert cli.main(["wake"]) == 2
    assert capsys.readouterr().err.split("\n") == [
        "charley: a.yaml:1: one",
        "         a.yaml:2: two",
        "         2 problems to mend",
        "",
    ]


def test_a_fault_of_charleys_own_keeps_its_traceback(wake: Callable[[Run], None]) -> None:
    wake(lambda _: 1 // 0)
    with pytest.raises(ZeroDivisionError):
        cli.main(["wake"])


def test_interrupting_is_quiet(wake: Callable[[Run], None], capsys: pytest.CaptureFixture[str]) -> None:
    def interrupted(_: argparse.Namespace) -> int:
        raise KeyboardInterrupt

    wake(interrupted)
    assert cli.main(["wake"]) == 130
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize(("typed", "hint"), [("replya", 'did you mean "replay"?'), ("qqqq", "--help")])
def test_unknown_command_is_refused_with_the_nearest(typed: str, hint: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main([typed]) == 2
    told = capsys.readouterr().err
    assert f'no command "{typed}"' in told
    assert hint in told


def test_unknown_option_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="2"):
        cli.main(["--confg", "x"])
    assert "--confg" in capsys.readouterr().err


def test_version(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["--version"]) == 0
    assert capsys.readouterr().out.startswith("voice-skill 0.")


def test_a_reader_that_stops_reading_is_no_error() -> None:
    stand_in = (
        "import sys, types; from voice_skill import cli; m = types.ModuleType('m'); m.HELP = ''\n"
        "m.add_arguments = print; m.run = lambda _: [print('x' * 80) for _ in range(9999)]\n"
        "sys.modules['voice_skill.commands.wake'] = m; sys.exit(cli.main(['wake']))"
    )
    with subprocess.Popen([sys.executable, "-c", stand_in], stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        assert process.stderr.read() == b""
        assert process.wait() == 141
