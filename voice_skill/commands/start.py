"""`voice-skill start`, and `voice-skill` alone: guide if there is a microphone, else show on a recording how it would.

Someone who tries Charley on a machine without sound still sees a whole night.
"""

from __future__ import annotations

import argparse
import sys
import time
from importlib import import_module

from voice_skill.config import bundled, load_config
from voice_skill.errors import AudioError

__all__ = ["HELP", "add_arguments", "run"]

HELP = """Wait for the wake phrase and guide. Where no microphone can be used, say why and replay a recorded night
instead; what was said is then in night.wav."""

_NIGHT = "tests/recordings/calls/relief_works.flac"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """None of its own; `run` and `replay` have theirs."""
    del parser


def run(args: argparse.Namespace) -> int:
    """Run live or replay. Raises `AudioError` where there is neither a microphone nor the recording."""
    night = bundled(_NIGHT)
    try:
        _try_microphone(load_config(args.config).microphone)
    except AudioError as error:
        if not night.exists():
            raise
        print(f"charley: {error}; replaying a recorded night into night.wav instead", file=sys.stderr)
        return _hand_over("replay", [str(night), "--out", "night.wav"], args)
    return _hand_over("run", [], args)


def _try_microphone(device: str | None) -> None:
    """Open the microphone and close it again. Raises `AudioError` if that cannot be done."""
    from voice_skill.audio.microphone import MicrophoneSource

    microphone = MicrophoneSource(device, time.monotonic, lambda _: None)
    microphone.open()
    microphone.close()


def _hand_over(name: str, words: list[str], args: argparse.Namespace) -> int:
    """Run another command as if it had been typed."""
    command = import_module(f"voice_skill.commands.{name}")
    parser = argparse.ArgumentParser(prog=f"voice-skill {name}")
    command.add_arguments(parser)
    code: int = command.run(parser.parse_args(words, argparse.Namespace(config=args.config)))
    return code
