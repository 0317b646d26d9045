"""`voice-skill wake`: when the wake phrase is heard in recordings."""

from __future__ import annotations

import argparse
import json
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from voice_skill.commands.recordings import for_each, padded

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
    parser.add_argument("files", nargs="+", type=Path, metavar="FILE", help="a WAV, FLAC or OGG recording")
    parser.add_argument("--json", action="store_true", help="print one JSON object a line")
    parser.add_argument("--phrase", metavar="TEXT", help="the wake phrase; else the configured one")
    parser.add_argument("--model", type=Path, metavar="DIR", help="a Vosk model instead of the bundled one")


def run(args: argparse.Namespace) -> int:
    """Go through every file as if asleep; one that cannot be read is reported, and the rest go on."""
    from voice_skill.asr.model import locate_model
    from voice_skill.asr.vosk import VoskRecogniser
    from voice_skill.audio.vad import SileroDetector
    from voice_skill.config import load_config
    from voice_skill.dialog.hearing import intents_of
    from voice_skill.ear import Ear, EarSettings
    from voice_skill.loading import load_dialogs
    from voice_skill.nlu.phrases import PhraseBook
    from voice_skill.nlu.understanding import Thresholds

    config = load_config(args.config)
    dialogs = load_dialogs(config.dialog_folder)
    recogniser = VoskRecogniser(locate_model(args.model or config.model))
    settings = EarSettings(thresholds=Thresholds.of(recogniser.settings.thresholds))
    ear = Ear(recogniser, SileroDetector(), PhraseBook(dialogs.phrases), settings)
    phrase = args.phrase or config.wake_phrase
    ear.sleep(phrase, intents_of(dialogs, dialogs.start), distress=config.distress_phrases)

    def show(file: Path) -> None:
        woken = _listen(file, ear)
        print(json.dumps(asdict(woken)) if args.json else _line(woken), flush=True)

    return for_each(args.files, show)


def _listen(file: Path, ear: Ear) -> Woken:
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
