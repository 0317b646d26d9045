"""`voice-skill` without a command: the live night where there is a microphone, a recorded one where there is none."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

__all__ = ["HELP", "add_arguments", "run"]

HELP = (
    "With a microphone: wait for the wake phrase and guide, as `run` does. Without one: say so, and replay the bundled "
    "recording of a 3 a.m. call, as `replay` does, writing both voices to night.wav."
)

RECORDING = Path("tests/recordings/calls/relief_works.flac")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("--realtime", action="store_true", help="the replay takes as long as the call took")
    parser.add_argument("--json", action="store_true", help="print one JSON object per event, and nothing else")
    parser.add_argument(
        "--out", type=Path, default=Path("night.wav"), metavar="FILE.wav", help="where the replay writes both voices"
    )


def run(args: argparse.Namespace) -> int:
    """Run or replay. Raises `CharleyError` as they do."""
    from voice_skill.commands import replay
    from voice_skill.commands import run as live
    from voice_skill.commands.doctor import microphone_problem
    from voice_skill.config import load_config

    problem = microphone_problem(load_config(args.config))
    command, given = (live, []) if problem is None else (replay, [str(recording()), "--out", str(args.out)])
    if problem is not None:
        print(f"charley: replaying a recorded call, as there is no microphone: {problem}", file=sys.stderr)
        given += ["--realtime"] if args.realtime else []
    given += ["--json"] if args.json else []
    parser = argparse.ArgumentParser()
    command.add_arguments(parser)
    chosen = parser.parse_args(given)
    chosen.config = args.config
    code: int = command.run(chosen)
    return code


def recording() -> Path:
    """The bundled call. Raises `AudioError` where only the package is installed."""
    from voice_skill.errors import AudioError

    path = Path(__file__).parents[2] / RECORDING
    if not path.is_file():
        raise AudioError(f"{path} is missing", "it comes with a checkout; or name one: voice-skill replay FILE")
    return path
