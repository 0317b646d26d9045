"""Where the parts are chosen and put together, for every command that runs the pipeline."""

from __future__ import annotations

import errno
import sys
import tempfile
from collections.abc import Callable, Collection, Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from voice_skill.asr.port import Recogniser
    from voice_skill.audio.cancel import Reference
    from voice_skill.audio.frame import Frame, FrameSource
    from voice_skill.audio.loudness import CallListener
    from voice_skill.config import Config
    from voice_skill.dialog.model import Dialogs
    from voice_skill.dialog.session import Session
    from voice_skill.ear import Ear
    from voice_skill.journal.history import SqliteHistory
    from voice_skill.runtime import Conversation
    from voice_skill.tts.store import PromptStore

__all__ = [
    "build_calls",
    "build_dialogs",
    "build_ear",
    "build_history",
    "build_store",
    "check_writable",
    "fresh_session",
    "paced",
    "prepare_prompts",
    "progress_bar",
    "with_silence",
]


def build_dialogs(config: Config, model: Path) -> Dialogs:
    """The dialogs, every phrase of which the speech model knows. Raises `DialogError`, `StorageError`, `ModelError`."""
    from voice_skill.asr.model import vocabulary
    from voice_skill.loading import read_dialogs

    return read_dialogs(config.dialogs, vocabulary(model)).dialogs


def build_ear(
    dialogs: Dialogs, model: Path, recogniser: Recogniser | None = None, reference: Reference | None = None
) -> Ear:
    """An ear with the real speech detector, and `recogniser` or that of `model`; with `reference`, to which the speaker
    tells what it plays, the ear does not hear that. Raises `ModelError`."""
    from voice_skill.asr.model import read_settings
    from voice_skill.asr.vosk import VoskRecogniser
    from voice_skill.audio.subtract import EchoFree
    from voice_skill.audio.vad import SileroDetector
    from voice_skill.ear import Ear, EarSettings
    from voice_skill.nlu.phrases import PhraseBook
    from voice_skill.nlu.understanding import Thresholds

    settings = EarSettings(thresholds=Thresholds.of(read_settings(model).thresholds))
    clean = None if reference is None else EchoFree(reference).process
    recogniser = recogniser or VoskRecogniser(model)
    return Ear(recogniser, SileroDetector(), PhraseBook(dialogs.phrases), settings, clean=clean)


def build_store(config: Config) -> PromptStore:
    """The prompt store on the real synthesiser. Raises `SpeechError` and `StorageError`."""
    from voice_skill.tts.pyttsx3_voice import Pyttsx3Voice
    from voice_skill.tts.store import PromptStore

    return PromptStore(Pyttsx3Voice(config.voice), config.cache_folder)


def fresh_session(config: Config, dialogs: Dialogs, region: str | None = None) -> Session:
    """A session with the configured pace and region, or `region`. Raises `CharleyError` for one without numbers."""
    from voice_skill.dialog.session import Session, Voice
    from voice_skill.errors import CharleyError

    region = region or config.region
    if region not in dialogs.regions:
        known = ", ".join(sorted(dialogs.regions))
        raise CharleyError(
            f'no emergency number is known for the region "{region}"',
            f'the region is one of {known}; "unknown" says "your local emergency number"',
        )
    return Session.fresh(dialogs, region, Voice(rate=config.rate))


def build_calls(config: Config) -> CallListener:
    """What says how softly to answer."""
    from datetime import datetime

    from voice_skill.audio.loudness import CallListener

    return CallListener(
        config.ordinary_voice, follows=config.answer_softly, whispers=lambda: config.whispers(datetime.now().time())
    )


def build_history(folder: Path) -> SqliteHistory:
    """The history in `folder`. Raises `StorageError` for a file that cannot be used."""
    from datetime import datetime

    from voice_skill.journal.history import SqliteHistory

    return SqliteHistory(folder / "history.sqlite", datetime.now)


def check_writable(path: Path) -> None:
    """See that a file can be made at `path`, before the work that is to go into it. Raises `StorageError`."""
    from voice_skill.errors import StorageError

    try:
        if path.is_dir():
            raise IsADirectoryError(errno.EISDIR, "it is a folder")
        with tempfile.TemporaryFile(dir=path.parent):
            pass
    except OSError as error:
        raise StorageError(f"{path} cannot be written: {error.strerror}", "choose another file or folder") from error


def prepare_prompts(
    store: PromptStore, dialogs: Dialogs, config: Config, *more: str, rates: Collection[int] = ()
) -> int:
    """Render and check every prompt, and `more`, with a progress bar on a terminal. Returns how many.

    `rates`: words per minute of each, by default the configured pace.
    """
    from voice_skill.dialog.texts import sentences

    texts = (*sentences(dialogs, config.region), *more)
    wanted = [(text, rate) for text in texts for rate in rates or (config.rate,)]
    with progress_bar("Preparing prompts") as progress:
        store.prepare(wanted, progress)
    return len(wanted)


class progress_bar:
    """`with progress_bar("Doing") as report: report(done, total)`: drawn on stderr, and only on a terminal."""

    def __init__(self, title: str) -> None:
        from rich.console import Console
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

        self._title = title
        console = Console(stderr=True)
        self._progress = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeRemainingColumn(),
            console=console,
            transient=True,
            disable=not sys.stderr.isatty(),
        )

    def __enter__(self) -> Callable[[int, int], None]:
        self._progress.start()
        task = self._progress.add_task(self._title, total=None)
        return lambda done, total: self._progress.update(task, completed=done, total=total)

    def __exit__(self, *_: object) -> None:
        self._progress.stop()


def with_silence(source: FrameSource, conversation: Conversation, seconds: float) -> Iterator[Frame]:
    """A recording, then silence for as long as the conversation goes on, at most `seconds`."""
    from voice_skill.audio.files import silence

    end = 0.0
    for frame in source.frames():
        end = frame.end
        yield frame
    for frame in silence(seconds, end):
        if conversation.session.asleep:
            return
        yield frame


def paced(frames: Iterable[Frame], *, realtime: bool) -> Iterator[Frame]:
    """Frames as fast as they are taken, or each no sooner than its own time has come."""
    import time

    begun = time.monotonic()
    for frame in frames:
        if realtime:  # there is nothing to wait for but the time itself
            time.sleep(max(0.0, begun + frame.end - time.monotonic()))
        yield frame
