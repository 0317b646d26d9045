"""`voice-skill run`: the live night."""

from __future__ import annotations

import argparse
from pathlib import Path

__all__ = ["HELP", "add_arguments", "run"]

HELP = (
    "Wait for the wake phrase at the microphone, and guide. Everything happens on this machine; nothing is recorded. "
    "Ctrl-C ends it at once."
)

NOTICE = (
    "Charley is a guide for leg cramps. It can't examine you, tell what's wrong, or call for help. Its content has not "
    "been reviewed by a clinician. In an emergency call {number} yourself."
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("--model", type=Path, metavar="DIR", help="a Vosk model instead of the configured one")
    parser.add_argument("--json", action="store_true", help="print one JSON object per event, and nothing else")
    parser.add_argument("--journal", type=Path, metavar="FILE", help="keep a journal, for `voice-skill journal`")


def run(args: argparse.Namespace) -> int:
    """Run until interrupted. Raises `CharleyError` for whatever keeps the night from beginning."""
    import sys
    import time
    from datetime import datetime

    from voice_skill.audio.microphone import MicrophoneSource
    from voice_skill.audio.speaker import DeviceSpeaker
    from voice_skill.commands.parts import (
        build_dialogs,
        build_ear,
        build_store,
        fresh_session,
        prepare_prompts,
        volume_db,
    )
    from voice_skill.config import load_config
    from voice_skill.echo import EchoGate
    from voice_skill.journal.sessions import SessionJournal
    from voice_skill.live import Inbox, run_live
    from voice_skill.records import Recorder
    from voice_skill.runtime import Conversation
    from voice_skill.screen_view import json_lines, transcript

    def tell(text: str) -> None:
        print(f"charley: {text}", file=sys.stderr, flush=True)

    config = load_config(args.config)
    model = args.model or config.model_folder
    dialogs = build_dialogs(config, model)
    session = fresh_session(config, dialogs)
    inbox: Inbox = Inbox()
    microphone = MicrophoneSource(config.microphone, time.monotonic, inbox.put)
    microphone.open()
    try:
        ear = build_ear(dialogs, model)
        store = build_store(config)
        prepare_prompts(store, dialogs, config)
        speaker = DeviceSpeaker(
            store,
            config.speaker,
            time.monotonic,
            lambda event, at: inbox.put((event, at)),
            volume_db=volume_db(config, datetime.now()),
        )
        speaker.open()
        try:
            begun = time.monotonic()
            show = json_lines(begun) if args.json else transcript(begun=begun)
            gate = None if config.barge_in == "full" else EchoGate(words=config.barge_in == "words")
            with SessionJournal.maybe(args.journal, dialogs, session) as journal:
                conversation = Conversation(
                    dialogs,
                    ear,
                    speaker,
                    Recorder(show),
                    session,
                    wake_phrase=config.wake_phrase,
                    journal=journal,
                    gate=gate,
                )
                tell(NOTICE.format(number=dialogs.regions[config.region].emergency))
                tell(f'listening. Say "{config.wake_phrase}, my leg is cramping". Ctrl-C ends it.')
                run_live(conversation, inbox, microphone, speaker.say, time.monotonic, tell)
        finally:
            speaker.close()
    finally:
        microphone.close()
    return 0
