"""`voice-skill wake`: when the wake phrase is heard in recordings."""

from __future__ import annotations

import argparse
import time
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from voice_skill.commands.recordings import add_recordings, padded, show_each

if TYPE_CHECKING:
    from voice_skill.ear import Ear

__all__ = ["HELP", "add_arguments", "run"]

HELP = "Show when the wake phrase is heard in recordings."


@dataclass(frozen=True, slots=True)
class Woken:
    """Where one file wakes Charley."""

    file: str
    detections: tuple[float, ...]
    """Start of each wake phrase, in seconds."""
    audio_seconds: float
    compute_seconds: float


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    add_recordings(parser)
    parser.add_argument("--phrase", metavar="TEXT", help="the wake phrase; else the configured one")


def run(args: argparse.Namespace) -> int:
    """Go through every file as if asleep; one that cannot be read is reported, and the rest go on."""
    from voice_skill.asr.model import locate_model
    from voice_skill.commands.parts import build_ear
    from voice_skill.config import load_config
    from voice_skill.dialog.hearing import starts
    from voice_skill.loading import load_dialogs

    config = load_config(args.config)
    dialogs = load_dialogs(config.dialog_folder)
    ear = build_ear(dialogs, locate_model(args.model or config.model))
    ear.sleep(args.phrase or config.wake_phrase, starts(dialogs), distress=config.distress_phrases)
    return show_each(args, partial(_listen, ear), _line)


def _listen(ear: Ear, file: Path) -> Woken:
    from voice_skill.audio.files import FileSource
    from voice_skill.ear import WakeHeard

    began = time.perf_counter()
    source = FileSource(file)
    ear.reset()
    heard = [result for frame in padded(source) for result in ear.feed(frame)]
    return Woken(
        file=str(file),
        detections=tuple(round(max(0.0, result.began_at), 2) for result in heard if isinstance(result, WakeHeard)),
        audio_seconds=round(source.seconds, 3),
        compute_seconds=round(time.perf_counter() - began, 3),
    )


def _line(woken: Woken) -> str:
    times = ", ".join(f"{at:.2f} s" for at in woken.detections)
    return f"{woken.file}: {times or 'not once'}"
