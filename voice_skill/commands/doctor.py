"""`voice-skill doctor`: look at everything that Charley needs, one line each, with what to do about it."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from voice_skill.audio.chatter import muted

if TYPE_CHECKING:
    import queue

    from voice_skill.audio.frame import Frame
    from voice_skill.config import Config
    from voice_skill.errors import AudioError
    from voice_skill.journal.wakes import WakesFile
    from voice_skill.tts.store import PromptStore

__all__ = ["HELP", "Finding", "add_arguments", "examine", "microphone_problem", "run"]

HELP = (
    "Look at everything that Charley needs: settings, dialogs, speech model and its words, every prompt, microphone, "
    "its level, and whether the speaker is heard by the microphone. One line each. Exit code 2 if something is wrong."
)

DEFAULT = "the system's default"
LISTEN_SECONDS = 1.5
QUIET_DBFS = -75.0
"""A microphone that hears less than this is muted or not a microphone: the quietest bedroom is above it."""
NOISY_DBFS = -35.0
"""Above this a whisper is lost."""
LOOPBACK_TEXT = "Testing. One, two, three."
LOOPBACK_RISE_DB = 6.0
"""How much louder the microphone must become while the speaker speaks."""
NIGHTS = 7
FIRST_FRAME_SECONDS = 2.5
"""An idle sound server may take over a second to wake."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of the examination."""

    what: str
    verdict: str
    """`ok`, `note` or `bad`."""
    text: str
    cure: str = ""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("--model", type=Path, metavar="DIR", help="a Vosk model instead of the configured one")
    parser.add_argument("--no-sound", action="store_true", help="leave out microphone and speaker")


def run(args: argparse.Namespace) -> int:
    """Examine, and print. Gives 0 if all is well, else 2."""
    from rich.console import Console
    from rich.text import Text

    screen = Console(highlight=False, soft_wrap=True)
    marks = {"ok": ("ok  ", "green"), "note": ("note", "yellow"), "bad": ("BAD ", "bold red")}
    bad = 0
    for finding in examine(args.config, args.model, sound=not args.no_sound):
        bad += finding.verdict == "bad"
        mark, style = marks[finding.verdict]
        line = Text(f"{mark} ", style=style)
        line.append(f"{finding.what}: {finding.text}", style="default")
        screen.print(line)
        if finding.cure:
            screen.print(Text(f"       → {finding.cure}", style="dim"))
    print("all is well" if not bad else f"{bad} thing{'s' if bad > 1 else ''} to put right")
    return 2 if bad else 0


def examine(config_path: Path | None, model: Path | None, *, sound: bool) -> Iterator[Finding]:
    """Every finding, as soon as it is made."""
    from datetime import datetime

    from voice_skill.config import Config, find_config, load_config
    from voice_skill.errors import CharleyError
    from voice_skill.journal.wakes import WakesFile

    def finding(what: str, look: Callable[[], str]) -> Finding:
        try:
            return Finding(what, "ok", look())
        except CharleyError as error:
            return Finding(what, "bad", error.message, error.cure)

    config = Config()
    try:
        config = load_config(config_path)
        yield Finding("settings", "ok", str(find_config(config_path) or "none set, all defaults"))
    except CharleyError as error:
        yield Finding("settings", "bad", error.message, error.cure)
    if config.region == "unknown":
        yield Finding(
            "region", "note", "not set: help is called by no number", "set region in charley.yaml, such as GB"
        )
    yield _wakes(WakesFile(config.state_folder, datetime.now))
    folder = model or config.model_folder
    yield finding("speech model", lambda: _model(folder))
    yield finding("dialogs and vocabulary", lambda: _dialogs(config, folder))
    yield finding("voice and prompts", lambda: _prompts(config))
    if sound:
        with muted():
            yield from _sound(config)


def microphone_problem(config: Config) -> AudioError | None:
    """Why there is no usable microphone, and the cure; None if there is one: it was opened and gave sound."""
    from voice_skill.errors import AudioError

    try:
        with muted():
            frames = _listen(config, FIRST_FRAME_SECONDS, enough=1)
    except AudioError as error:
        return error
    if not frames:
        return AudioError("it was opened, but no sound comes from it", "choose another: microphone in charley.yaml")
    return None


def _sound(config: Config) -> Iterator[Finding]:
    problem = microphone_problem(config)
    if problem is None:
        yield Finding("microphone", "ok", config.microphone or DEFAULT)
        yield _level(config)
    else:
        yield Finding("microphone", "bad", problem.message, problem.cure)
    yield _speaker(config, heard=problem is None)


def _wakes(file: WakesFile) -> Finding:
    """How often it woke for nothing, in the nights that were counted last."""
    from voice_skill.errors import CharleyError

    what = "false wakes"
    try:
        nights = list(file.nights().values())[-NIGHTS:]
    except CharleyError as error:
        return Finding(what, "note", error.message, error.cure)
    if not nights:
        return Finding(what, "ok", "no night was counted yet")
    last, false = nights[-1], sum(night.false for night in nights)
    text = f"{last.false} of {last.wakes} wakes in the last night"
    if len(nights) > 1:
        text += f", {false} of {sum(night.wakes for night in nights)} in the last {len(nights)} with any"
    if false > len(nights):
        return Finding(what, "note", text, "choose a longer wake phrase, or move the microphone from the television")
    return Finding(what, "ok", text)


def _model(folder: Path) -> str:
    from voice_skill.asr.model import verify_model
    from voice_skill.asr.vosk import VoskRecogniser

    verify_model(folder)
    VoskRecogniser(folder)
    return f"{folder} is whole and loads"


def _dialogs(config: Config, model: Path) -> str:
    from voice_skill.commands.parts import build_dialogs

    dialogs = build_dialogs(config, model)
    phrases = sum(map(len, dialogs.phrases.values()))
    return f"{len(dialogs.dialogs)} dialogs, {phrases} phrases, every word known to the model"


def _prompts(config: Config) -> str:
    from voice_skill.commands.parts import build_store, prepare_prompts
    from voice_skill.loading import load_dialogs

    store: PromptStore = build_store(config)
    count = prepare_prompts(store, load_dialogs(config.dialogs), config)
    return f"{count} prompts rendered and checked with {config.voice}, in {config.cache_folder}"


def _level(config: Config) -> Finding:
    from voice_skill.audio.levels import is_clipped, rms_dbfs

    pcm = b"".join(frame.pcm for frame in _listen(config, LISTEN_SECONDS + FIRST_FRAME_SECONDS, seconds=LISTEN_SECONDS))
    level = rms_dbfs(pcm)
    text = f"the room is at {level:.0f} dBFS"
    if is_clipped(pcm):
        return Finding("microphone level", "bad", f"{text}, and overloads", "turn the microphone down")
    if level < QUIET_DBFS:
        return Finding("microphone level", "bad", f"{text}: too quiet to be a room", "unmute it, or turn it up")
    if level > NOISY_DBFS:
        return Finding("microphone level", "note", f"{text}: too noisy to hear a whisper", "move it nearer to the bed")
    return Finding("microphone level", "ok", text)


def _speaker(config: Config, *, heard: bool) -> Finding:
    """Speak, and hear whether the microphone, if there is one, hears it."""
    import contextlib
    import queue
    import time
    from datetime import datetime

    from voice_skill.audio.levels import rms_dbfs
    from voice_skill.audio.microphone import MicrophoneSource
    from voice_skill.audio.speaker import DeviceSpeaker
    from voice_skill.commands.parts import build_store
    from voice_skill.dialog.actions import Say
    from voice_skill.errors import CharleyError

    frames: queue.SimpleQueue[Frame] = queue.SimpleQueue()
    try:
        with contextlib.ExitStack() as devices:
            gain_db = config.gain_db(datetime.now().time())
            speaker = DeviceSpeaker(
                build_store(config), config.speaker, time.monotonic, lambda _event, _at: None, volume_db=gain_db
            )
            devices.callback(speaker.close)
            speaker.open()
            if not heard:
                return Finding("speaker", "ok", f"{config.speaker or DEFAULT} opens")
            microphone = MicrophoneSource(config.microphone, time.monotonic, frames.put)
            devices.callback(microphone.close)
            microphone.open()
            before = _gather(frames, 1.0)
            speaker.say(Say(1, (LOOPBACK_TEXT,)))
            rise = rms_dbfs(_gather(frames, 2.0)) - rms_dbfs(before)
    except CharleyError as error:
        return Finding("speaker", "bad", error.message, error.cure)
    if rise < LOOPBACK_RISE_DB:
        cure = "turn the speaker up, or check that both are in this room; with headphones on, this is right"
        return Finding("speaker", "note", f"the microphone does not hear it ({rise:+.0f} dB)", cure)
    return Finding("speaker", "ok", f"the microphone hears it ({rise:+.0f} dB)")


def _gather(frames: queue.SimpleQueue[Frame], seconds: float) -> bytes:
    import queue

    from voice_skill.audio.frame import FRAME_SECONDS

    pcm = b""
    try:
        for _ in range(round(seconds / FRAME_SECONDS)):
            pcm += frames.get(timeout=FIRST_FRAME_SECONDS).pcm
    except queue.Empty:
        pass
    return pcm


def _listen(config: Config, patience: float, *, enough: int = 0, seconds: float = 0.0) -> list[Frame]:
    """Frames from the microphone: so many, or so many seconds, within `patience`. Raises `AudioError`."""
    import queue
    import time

    from voice_skill.audio.frame import FRAME_SECONDS
    from voice_skill.audio.microphone import MicrophoneSource

    wanted = enough or round(seconds / FRAME_SECONDS)
    frames: queue.SimpleQueue[Frame] = queue.SimpleQueue()
    microphone = MicrophoneSource(config.microphone, time.monotonic, frames.put)
    microphone.open()
    until = time.monotonic() + patience
    heard: list[Frame] = []
    try:
        while len(heard) < wanted and (left := until - time.monotonic()) > 0:
            heard.append(frames.get(timeout=left))
    except queue.Empty:
        pass
    finally:
        microphone.close()
    return heard
