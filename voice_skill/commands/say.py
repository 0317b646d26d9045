"""`voice-skill say`: speak a sentence, or write it to a file."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from voice_skill.config import Config
    from voice_skill.tts.port import Voice

__all__ = ["HELP", "add_arguments", "run"]

HELP = "Speak a sentence as Charley would, or write it to a WAV file, which needs no sound card."

_PATIENCE_SECONDS = 5.0
"""Beyond the length of the speech itself, before the speaker is given up."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("text", nargs="+", metavar="TEXT", help='what to say; "[tone]" is the tone of a hold')
    parser.add_argument("--voice", help="an espeak-ng voice such as gmw/en-gb-x-rp; else the configured one")
    parser.add_argument("--rate", type=int, metavar="WPM", help="words per minute; else the configured rate")
    parser.add_argument("--out", type=Path, metavar="FILE.wav", help="write it there instead of playing it")


def run(args: argparse.Namespace) -> int:
    """Speak. Raises `SpeechError`, `AudioError` or `StorageError`."""
    from voice_skill.config import load_config
    from voice_skill.tts.pyttsx3_voice import Pyttsx3Voice

    config = load_config(args.config)
    text = " ".join(args.text)
    rate = config.rate if args.rate is None else args.rate
    voice = Pyttsx3Voice(args.voice or config.voice)
    try:
        if args.out is None:
            _play(voice, text, rate, config)
        else:
            _write(voice, text, rate, args.out)
    finally:
        voice.close()
    return 0


def _write(voice: Voice, text: str, rate: int, path: Path) -> None:
    from voice_skill.audio.files import write_wav
    from voice_skill.tts.store import PromptStore

    clip = PromptStore(voice, None).get(text, rate)
    write_wav(path, clip.pcm, clip.rate)
    print(f"{path}: {clip.seconds:.2f} s")


def _play(voice: Voice, text: str, rate: int, config: Config) -> None:
    import queue
    import time
    from datetime import datetime

    from voice_skill.audio.playlist import PlaybackEvent
    from voice_skill.audio.speaker import DeviceSpeaker
    from voice_skill.dialog.actions import Manner, Say
    from voice_skill.dialog.events import SpeechFinished
    from voice_skill.errors import AudioError
    from voice_skill.tts.store import PromptStore

    store = PromptStore(voice, None)
    patience = store.get(text, rate).seconds + _PATIENCE_SECONDS
    played: queue.SimpleQueue[PlaybackEvent] = queue.SimpleQueue()
    gain_db = config.gain_db(datetime.now().time())
    speaker = DeviceSpeaker(
        store, config.speaker, time.monotonic, lambda event, _at: played.put(event), volume_db=gain_db
    )
    try:
        speaker.open()
        speaker.say(Say(1, (text,), Manner(rate)))
        while not isinstance(played.get(timeout=patience), SpeechFinished):
            pass
    except queue.Empty:
        raise AudioError("the speaker stopped in the middle", "check that it is plugged in and switched on") from None
    finally:
        speaker.close()
