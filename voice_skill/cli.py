"""`voice-skill`: picks a command, and turns what a person can put right into two lines instead of a traceback.

Each command is a module of `voice_skill.commands` with `HELP`, `add_arguments(parser)` and `run(args) -> int`. Only
the one that is called is imported, so `voice-skill --help` answers at once.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from difflib import get_close_matches
from importlib import import_module
from pathlib import Path
from typing import Protocol, cast

from voice_skill.errors import CharleyError

__all__ = ["COMMANDS", "Command", "main"]

COMMANDS = {
    "start": "wait for the wake phrase, or replay a recorded night where there is no microphone (the default)",
    "run": "wait for the wake phrase and guide",
    "replay": "run a recording through everything, faster than real time",
    "listen": "show what is heard, without answering",
    "wake": "show when the wake phrase is heard, and measure it",
    "check": "check dialog files, and prove that the safety rules hold in them",
    "rehearse": "type a night instead of speaking it, in simulated time",
    "draw": "draw a dialog",
    "sources": "show where a spoken line comes from",
    "say": "speak a sentence, or write it to a file",
    "setup": "choose devices, measure levels, set the region, try the wake phrase",
    "doctor": "look at everything that Charley needs, and say what is missing",
    "prepare": "render every prompt beforehand",
    "model": "look at the speech model, and add words to it",
    "journal": "check that a journal comes out the same",
}
"""Name of each command, which is its module's too, and what it does in a line."""
_DEFAULT = "start"
_INTERRUPTED = 130
_PIPE_CLOSED = 141


class Command(Protocol):
    """What a module of `voice_skill.commands` offers."""

    HELP: str
    """What the command does, for its `--help`."""

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        """Declare the command's own arguments; `--config` is there already."""
        ...

    def run(self, args: argparse.Namespace) -> int:
        """Do it; gives the exit code. `args.config` is the configuration file asked for, or `None`."""
        ...


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line `argv` (by default the process's own) and give its exit code."""
    try:
        try:
            return _dispatch(sys.argv[1:] if argv is None else argv)
        finally:
            sys.stdout.flush()
    except CharleyError as error:
        _report(error)
        return error.exit_code
    except KeyboardInterrupt:
        return _INTERRUPTED
    except BrokenPipeError:
        # `voice-skill ... | head`: nobody reads on; the interpreter's own flush at exit must find nowhere to fail
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return _PIPE_CLOSED


def _dispatch(argv: Sequence[str]) -> int:
    config = argparse.ArgumentParser(add_help=False, argument_default=argparse.SUPPRESS)
    config.add_argument("--config", type=Path, metavar="FILE", help="settings to use instead of charley.yaml")
    top = argparse.ArgumentParser(
        prog="voice-skill",
        usage="%(prog)s [--config FILE] [command] ...",
        description="Charley, an offline voice guide for hamstring cramps.",
        epilog="commands:\n" + "\n".join(f"  {name:10}{text}" for name, text in COMMANDS.items()),
        formatter_class=argparse.RawDescriptionHelpFormatter,
        parents=[config],
        allow_abbrev=False,
    )
    top.add_argument("--version", action="store_true", help="show the version and exit")
    top.add_argument("command", nargs="?", default=_DEFAULT, help=argparse.SUPPRESS)
    top.add_argument("rest", nargs=argparse.REMAINDER, help=argparse.SUPPRESS)
    asked = top.parse_args(argv)
    if asked.version:
        from importlib.metadata import version

        print(f"voice-skill {version('charley-voice-skill')}")
        return 0
    if asked.command not in COMMANDS:
        near = get_close_matches(asked.command, COMMANDS, n=1)
        hint = f'did you mean "{near[0]}"?' if near else '"voice-skill --help" lists the commands'
        raise CharleyError(f'there is no command "{asked.command}"', hint)

    command = cast(Command, import_module(f"voice_skill.commands.{asked.command}"))
    parser = argparse.ArgumentParser(
        prog=f"voice-skill {asked.command}", description=command.HELP, parents=[config], allow_abbrev=False
    )
    command.add_arguments(parser)
    args = parser.parse_args(asked.rest)
    args.config = getattr(args, "config", getattr(asked, "config", None))
    return command.run(args)


def _report(error: CharleyError) -> None:
    lines = [*error.message.splitlines(), error.cure]
    print("charley: " + "\n         ".join(line for line in lines if line), file=sys.stderr)
