"""`voice-skill listen`: what is heard in recordings, one JSON line or one line of text for each."""

from __future__ import annotations

import argparse
import time
from collections.abc import Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from voice_skill.commands.recordings import add_recordings, padded, show_each
from voice_skill.errors import CharleyError, StorageError

if TYPE_CHECKING:
    from voice_skill.config import Config
    from voice_skill.ear import Ear
    from voice_skill.nlu.phrases import PhraseBook

__all__ = ["HELP", "add_arguments", "run"]

HELP = "Show what is heard in recordings: the phrases that may be said, or nothing."

_ENDPOINT = 0.8
"""Seconds of silence between two utterances in a file."""
_SHORT_SECONDS = 5.0
"""A recording up to this length is taken to hold something, even where the speech detector finds no one speaking."""


@dataclass(frozen=True, slots=True)
class Heard:
    """What one file holds."""

    file: str
    text: str
    """The accepted phrases, joined by " | "; empty if there was none."""
    accepted: bool
    confidence: float
    """That of the least sure word of what was accepted; 0 if nothing was."""
    audio_seconds: float
    compute_seconds: float


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    add_recordings(parser)
    what = parser.add_mutually_exclusive_group()
    what.add_argument("--phrases", type=Path, metavar="LIST", help="what may be said: one phrase a line")
    what.add_argument("--state", metavar="NAME", help='what may be said in this state, such as "acute_relief.ease"')


def run(args: argparse.Namespace) -> int:
    """Listen to every file; one that cannot be read is reported, and the rest go on."""
    from voice_skill.asr.model import locate_model
    from voice_skill.asr.vosk import VoskRecogniser
    from voice_skill.audio.vad import SileroDetector
    from voice_skill.config import load_config
    from voice_skill.ear import Ear, EarSettings
    from voice_skill.nlu.understanding import Thresholds

    config = load_config(args.config)
    book, intents = _vocabulary(args, config)
    recogniser = VoskRecogniser(locate_model(args.model or config.model))
    settings = EarSettings(thresholds=Thresholds.of(recogniser.settings.thresholds))
    ear = Ear(recogniser, SileroDetector(), book, settings)
    return show_each(args, partial(_listen, ear, intents), _line)


def _vocabulary(args: argparse.Namespace, config: Config) -> tuple[PhraseBook, tuple[str, ...]]:
    """What may be said, and the intents to listen for."""
    from voice_skill.nlu.phrases import PhraseBook

    if args.phrases is not None:
        # names that no dialog uses, so that "no" and "stop" are phrases like any other
        phrases = {f"phrase {number}": (text,) for number, text in enumerate(_read_phrases(args.phrases), 1)}
        return PhraseBook(phrases), tuple(phrases)

    from voice_skill.dialog.hearing import intents_of
    from voice_skill.loading import load_dialogs

    dialogs = load_dialogs(config.dialog_folder)
    book = PhraseBook(dialogs.phrases)
    if args.state is None:
        return book, tuple(dict.fromkeys((*dialogs.dangers, *dialogs.phrases)))
    names = [name for name, _ in dialogs.walk()]
    if args.state not in names:
        near = get_close_matches(args.state, names, n=1)
        hint = f'did you mean "{near[0]}"?' if near else '"voice-skill draw" shows them'
        raise CharleyError(f'there is no state "{args.state}"', hint)
    return book, intents_of(dialogs, args.state)


def _read_phrases(path: Path) -> list[str]:
    from voice_skill.nlu.phrases import normalise

    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise StorageError(
            f"the list of phrases {path} cannot be read: {error}", "give a text file, in UTF-8"
        ) from error
    phrases = [phrase for line in lines if (phrase := normalise(line))]
    if not phrases:
        raise StorageError(f"the list of phrases {path} is empty", "write one phrase a line")
    return phrases


def _listen(ear: Ear, intents: Sequence[str], file: Path) -> Heard:
    from voice_skill.audio.files import FileSource
    from voice_skill.ear import PhraseHeard

    began = time.perf_counter()
    source = FileSource(file)
    ear.reset()
    ear.listen(intents, intents, turn=0, endpoint=_ENDPOINT)
    heard = [result for frame in padded(source) for result in ear.feed(frame)]
    if not heard and source.seconds <= _SHORT_SECONDS:  # one faint word that the speech detector missed
        heard = [ear.judge(padded(source))]
    phrases = [result for result in heard if isinstance(result, PhraseHeard)]
    return Heard(
        file=str(file),
        text=" | ".join(phrase.text for phrase in phrases),
        accepted=bool(phrases),
        confidence=round(min((phrase.confidence for phrase in phrases), default=0.0), 3),
        audio_seconds=round(source.seconds, 3),
        compute_seconds=round(time.perf_counter() - began, 3),
    )


def _line(heard: Heard) -> str:
    said = f'"{heard.text}" ({heard.confidence:.2f})' if heard.accepted else "nothing"
    return f"{heard.file}: {said}"
