"""`voice-skill replay`: run a recording through everything, faster than real time."""

from __future__ import annotations

import argparse
from pathlib import Path

__all__ = ["HELP", "add_arguments", "run"]

HELP = (
    "Run a recording of a caller through the whole pipeline on a simulated clock: speech detector, recogniser, dialog, "
    "synthesiser. Prints the conversation as it happens and can write both voices to one file."
)

_AFTERWARDS = 60.0


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("file", type=Path, metavar="FILE", help="WAV, FLAC or OGG, 8 kHz or more")
    parser.add_argument("--out", type=Path, metavar="FILE.wav", help="write both voices there, each in its time")
    parser.add_argument("--json", action="store_true", help="print one JSON object per event, and nothing else")
    parser.add_argument("--realtime", action="store_true", help="take as long as the call took")
    parser.add_argument("--journal", type=Path, metavar="FILE", help="add to a journal, for `voice-skill journal`")
    parser.add_argument("--model", type=Path, metavar="DIR", help="a Vosk model instead of the configured one")
    parser.add_argument(
        "--after",
        type=float,
        default=_AFTERWARDS,
        metavar="SECONDS",
        help="silence that follows the recording if the conversation is not over (default: %(default)s)",
    )


def run(args: argparse.Namespace) -> int:
    """Replay. Raises `CharleyError` for whatever is wrong with the file, the model, the dialogs or the voice."""
    from voice_skill.audio.files import FileSource, mix_to_wav
    from voice_skill.audio.speaker import VirtualSpeaker
    from voice_skill.commands.parts import (
        build_dialogs,
        build_ear,
        build_store,
        check_writable,
        fresh_session,
        paced,
        prepare_prompts,
        with_silence,
    )
    from voice_skill.config import load_config
    from voice_skill.journal.sessions import SessionJournal
    from voice_skill.records import Recorder
    from voice_skill.runtime import Conversation, replay
    from voice_skill.screen_view import json_lines, transcript
    from voice_skill.tts.port import CLIP_RATE

    config = load_config(args.config)
    model = args.model or config.model_folder
    source = FileSource(args.file)
    if args.out is not None:
        check_writable(args.out)
    dialogs = build_dialogs(config, model)
    ear = build_ear(dialogs, model)
    store = build_store(config)
    prepare_prompts(store, dialogs, config)
    speaker = VirtualSpeaker(store)
    tell = json_lines() if args.json else transcript()
    recorder = Recorder(tell)
    session = fresh_session(config, dialogs)
    with SessionJournal.maybe(args.journal, dialogs, session) as journal:
        conversation = Conversation(
            dialogs,
            ear,
            speaker,
            recorder,
            session,
            wake_phrase=config.wake_phrase,
            distress=config.distress_phrases,
            journal=journal,
        )
        heard = paced(with_silence(source, conversation, args.after), realtime=args.realtime)
        replay(conversation, speaker, heard)
    if args.out is not None:
        caller = ((frame.at, frame.pcm, 16_000) for frame in source.frames())
        mix_to_wav(args.out, [caller, speaker.played], CLIP_RATE)
        if not args.json:
            print(f"\nBoth voices are in {args.out}.")
    return 0
