"""`voice-skill run`: the live night."""

from __future__ import annotations

import argparse
import contextlib
import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from voice_skill.echo import Passes

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
    from voice_skill.audio.chatter import muted

    with muted(), contextlib.ExitStack() as night:
        _run(args, night)
    return 0


def _run(args: argparse.Namespace, night: contextlib.ExitStack) -> None:
    import time
    from datetime import datetime

    from voice_skill.audio.cancel import EchoCancelling, Reference, WebRtcCanceller, available
    from voice_skill.audio.microphone import MicrophoneSource
    from voice_skill.audio.source_watch import SourceWatch, pulse_source
    from voice_skill.audio.speaker import DeviceSpeaker
    from voice_skill.commands.parts import (
        build_dialogs,
        build_ear,
        build_history,
        build_store,
        fresh_session,
        prepare_prompts,
    )
    from voice_skill.config import load_config
    from voice_skill.dialog.events import SpeechFinished
    from voice_skill.echo import EchoGate
    from voice_skill.journal.sessions import SessionJournal
    from voice_skill.live import DEAF, Inbox, NightHistory, NightSpeaker, run_live, without_fail
    from voice_skill.records import Recorder
    from voice_skill.runtime import Conversation
    from voice_skill.screen_view import json_lines, transcript

    clock = time.monotonic
    config = load_config(args.config)
    model = args.model or config.model_folder
    dialogs = build_dialogs(config, model)
    session = fresh_session(config, dialogs)
    journal = night.enter_context(SessionJournal.maybe(args.journal, dialogs, session))
    inbox: Inbox = Inbox()
    microphone = MicrophoneSource(config.microphone, clock, inbox.put)
    night.callback(microphone.close)
    microphone.open()
    ear = build_ear(dialogs, model)
    store = build_store(config)
    prepare_prompts(store, dialogs, config, *DEAF)
    cancels = config.echo_cancellation and available() and config.barge_in == "words"
    reference = Reference()
    device = DeviceSpeaker(
        store,
        config.speaker,
        clock,
        lambda event, at: inbox.put((event, at)),
        played=reference.played,
    )
    night.callback(device.close)
    device.open()
    speaker = NightSpeaker(
        device,
        prepared_rate=config.rate,
        volume_db=lambda: config.gain_db(datetime.now().time()),
        finished=lambda turn: inbox.put((SpeechFinished(turn), clock())),
        tell=_tell,
    )
    begun = clock()
    conversation = Conversation(
        dialogs,
        ear,
        speaker,
        Recorder(json_lines(begun) if args.json else transcript(begun=begun)),
        session,
        wake_phrase=config.wake_phrase,
        journal=journal and without_fail(journal, _tell),
        history=None if config.journal is None else NightHistory(build_history(config.journal), _tell),
        gate=None if config.barge_in == "full" else EchoGate(_passes(config.barge_in, cancels=cancels)),
    )
    _tell(NOTICE.format(number=dialogs.regions[config.region].emergency))
    while not inbox.empty():  # what was heard before anybody could know that Charley listens
        inbox.get()
    _tell(f'listening. Say "{config.wake_phrase}, my leg is cramping". Ctrl-C ends it.')
    clean = EchoCancelling(reference, WebRtcCanceller()).process if cancels else None
    watch = SourceWatch(pulse_source, reference)
    run_live(conversation, inbox, microphone, speaker, clock, _tell, clean=clean, watch=watch)


def _passes(barge_in: str, *, cancels: bool) -> Passes:
    from voice_skill.echo import Passes

    if cancels:
        return Passes.OTHERS
    return Passes.URGENT if barge_in == "words" else Passes.NOTHING


def _tell(text: str) -> None:
    print(f"charley: {text}", file=sys.stderr, flush=True)
