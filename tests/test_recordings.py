"""Recorded audio through the real recogniser: phrases whose file name is their transcript, and whole calls."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from voice_skill.asr.vosk import VoskRecogniser
from voice_skill.audio.files import FileSource, silence
from voice_skill.audio.frame import Frame
from voice_skill.audio.vad import SileroDetector
from voice_skill.config import Config
from voice_skill.dialog.hearing import intents_of
from voice_skill.dialog.model import Dialogs
from voice_skill.ear import Ear, EarSettings, PhraseHeard
from voice_skill.loading import load_dialogs
from voice_skill.nlu.phrases import PhraseBook
from voice_skill.nlu.understanding import Thresholds, is_danger

FOLDER = Path(__file__).parent / "recordings"
PHRASES = sorted((FOLDER / "phrases").glob("*/*.flac"))
KNOWN = frozenset((FOLDER / "known_failures.txt").read_text().split())
"""Recordings that are not understood today. One that is understood again must leave the list."""


@pytest.fixture(scope="module")
def dialogs() -> Dialogs:
    return load_dialogs()


@pytest.fixture(scope="module")
def ear(dialogs: Dialogs) -> Ear:
    recogniser = VoskRecogniser(Config().model_folder)
    settings = EarSettings(thresholds=Thresholds.of(recogniser.settings.thresholds))
    return Ear(recogniser, SileroDetector(), PhraseBook(dialogs.phrases), settings)


def heard_in(ear: Ear, dialogs: Dialogs, file: Path) -> list[PhraseHeard]:
    """The phrases that are understood in a recording, in the state that its folder names."""
    if file not in _heard:
        _heard[file] = listen(ear, dialogs, file)
    return _heard[file]


_heard: dict[Path, list[PhraseHeard]] = {}


def listen(ear: Ear, dialogs: Dialogs, file: Path) -> list[PhraseHeard]:
    ear.reset()
    live = intents_of(dialogs, file.parent.name)
    ear.listen(live, live, turn=1, endpoint=0.8)
    ear.question_began(-10.0)
    return [result for frame in frames(file) for result in ear.feed(frame) if isinstance(result, PhraseHeard)]


def frames(file: Path) -> Iterator[Frame]:
    source = FileSource(file)
    yield from source.frames()
    yield from silence(1.0, start=source.seconds)


def name_of(file: Path) -> str:
    return f"{file.parent.name}/{file.stem}"


@pytest.mark.parametrize("file", PHRASES, ids=name_of)
def test_a_phrase_is_understood_as_its_file_name_says(ear: Ear, dialogs: Dialogs, file: Path) -> None:
    heard = heard_in(ear, dialogs, file)
    transcript = file.stem.partition("__")[2].replace("_", " ")
    if file.stem.startswith("oov_"):
        understood = not heard
    else:
        understood = [result.intent for result in heard] == [intent_of(dialogs, file.parent.name, transcript)]
    if name_of(file) in KNOWN:
        assert not understood, "it is understood now: take it off known_failures.txt"
    else:
        assert understood, [(result.intent, result.text, result.confidence) for result in heard]


@pytest.mark.parametrize("file", PHRASES, ids=name_of)
def test_nothing_but_no_is_ever_heard_as_no(ear: Ear, dialogs: Dialogs, file: Path) -> None:
    """The dangerous error: it has no list of known failures."""
    transcript = file.stem.partition("__")[2].replace("_", " ")
    if transcript not in dialogs.phrases["no"]:
        assert all(result.intent != "no" for result in heard_in(ear, dialogs, file))


def intent_of(dialogs: Dialogs, state: str, transcript: str) -> str:
    for intent in intents_of(dialogs, state):
        if transcript in dialogs.phrases.get(intent, ()):
            return intent
    raise AssertionError(f"{transcript!r} means nothing in {state}")


def test_the_known_failures_are_few_and_none_is_a_false_danger(ear: Ear, dialogs: Dialogs) -> None:
    assert len(KNOWN) <= len(PHRASES) // 5
    for file in PHRASES:
        if file.stem.startswith("oov_"):
            assert not any(is_danger(result.intent) for result in heard_in(ear, dialogs, file))
