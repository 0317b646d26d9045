"""`voice-skill run`: the live night."""

from __future__ import annotations

import argparse
import contextlib
import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from voice_skill.echo import Passes
    from voice_skill.live import Onlooker

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
    parser.add_argument("--journal", type=Path, metavar="FILE", help="add to a journal, for `voice-skill journal`")


def run(args: argparse.Namespace) -> int:
    """Run until interrupted. Raises `CharleyError` for whatever keeps the night from beginning."""
    from voice_skill.audio.chatter import muted

    with muted(), contextlib.ExitStack() as night:
        _run(args, night)
    return 0


def _run(args: argparse.Namespace, night: contextlib.ExitStack) -> None:
    import os
    import time
    from datetime import datetime

    from voice_skill.asr.steady import SteadyRecogniser
    from voice_skill.asr.vosk import VoskRecogniser
    from voice_skill.audio.cancel import Reference, available
    from voice_skill.audio.microphone import MicrophoneSource
    from voice_skill.audio.source_watch import SourceWatch, pulse_source
    from voice_skill.audio.speaker import DeviceSpeaker
    from voice_skill.commands.parts import (
        build_calls,
        build_dialogs,
        build_ear,
        build_history,
        build_store,
        fresh_session,
        prepare_prompts,
    )
    from voice_skill.config import load_config
    from voice_skill.echo import EchoGate
    from voice_skill.journal.sessions import SessionJournal
    from voice_skill.journal.wakes import WakesFile
    from voice_skill.live import (
        DEAF,
        PUZZLED,
        UNSAID,
        Inbox,
        NightSpeaker,
        PuzzledWatch,
        Supervisor,
        run_live,
        without_fail,
    )
    from voice_skill.live.view import NightView
    from voice_skill.records import Recorder
    from voice_skill.runtime import NOT_FORGOTTEN, NOT_KEPT, Conversation
    from voice_skill.screen_view import json_lines, screen, transcript

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
    recogniser = SteadyRecogniser(lambda: VoskRecogniser(model))
    store = build_store(config)
    prepare_prompts(store, dialogs, config, *DEAF, *PUZZLED, *UNSAID, *NOT_FORGOTTEN, *NOT_KEPT)
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
    begun = clock()
    view = None
    console = screen()
    if sys.stdout.isatty() and not console.is_dumb_terminal and not args.json:
        view = NightView(console, dialogs, lambda: conversation.session, config.wake_phrase, begun)
    tell = _tell if view is None else view.tell
    speaker = NightSpeaker(
        device,
        store.get,
        tell,
        prepared_rate=config.rate,
        volume_db=lambda: config.gain_db(datetime.now().time()),
    )
    lines = json_lines(begun) if args.json else transcript(begun=begun)
    conversation = Conversation(
        dialogs,
        build_ear(dialogs, model, recogniser, reference if cancels else None),
        speaker,
        Recorder(lines if view is None else view.record),
        session,
        wake_phrase=config.wake_phrase,
        distress=config.distress_phrases,
        journal=journal and without_fail(journal, tell),
        history=None if config.journal is None else build_history(config.journal),
        calls=build_calls(config),
        tally=WakesFile(config.state_folder, datetime.now),
        gate=None if config.barge_in == "full" else EchoGate(_passes(config.barge_in, cancels=cancels)),
    )
    tell(NOTICE.format(number=dialogs.regions[config.region].emergency))
    while not inbox.empty():  # what was heard before anybody could know that Charley listens
        inbox.get()
    tell(f'listening. Say "{config.wake_phrase}, my leg is cramping". Ctrl-C ends it.')
    watch = SourceWatch(pulse_source, reference)
    supervisor = Supervisor(os.environ, lambda: conversation.session.asleep)
    onlookers: list[Onlooker] = [supervisor, PuzzledWatch(recogniser, speaker, conversation, tell)]
    if view is not None:
        onlookers.append(night.enter_context(view))
    supervisor.ready()
    night.callback(supervisor.stopping)
    run_live(conversation, inbox, microphone, speaker, clock, tell, watch=watch, onlookers=onlookers)


def _passes(barge_in: str, *, cancels: bool) -> Passes:
    from voice_skill.echo import Passes

    if cancels:
        return Passes.OTHERS
    return Passes.URGENT if barge_in == "words" else Passes.NOTHING


def _tell(text: str) -> None:
    print(f"charley: {text}", file=sys.stderr, flush=True)
