"""The ear on recordings, with the real recogniser and detector."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.audio.test_subtract import echo, noise, overheard, recorded
from tests.test_ear import ALL, BOOK, EARLY
from voice_skill.asr.model import locate_model
from voice_skill.asr.vosk import VoskRecogniser
from voice_skill.audio.cancel import Reference, available
from voice_skill.audio.files import FileSource, silence
from voice_skill.audio.frame import FRAME_SECONDS, SAMPLE_RATE, Frame
from voice_skill.audio.vad import SileroDetector
from voice_skill.commands.parts import build_ear
from voice_skill.ear import Ear, PhraseHeard, Result, SpeechOpened, WakeHeard
from voice_skill.loading import load_dialogs

SPEECH = Path(__file__).parent / "data" / "speech"


@pytest.fixture(scope="module")
def real() -> Ear:
    return Ear(VoskRecogniser(locate_model()), SileroDetector(), BOOK)


def play(ear: Ear, path: Path) -> Iterator[Result]:
    """Feed a recording between two pieces of silence; its first sample is at 1.024 s."""
    ear.reset()
    sound = [*silence(1.0, 0.0), *FileSource(path).frames(), *silence(2.0, 0.0)]
    for index, frame in enumerate(sound):
        yield from ear.feed(Frame(index * FRAME_SECONDS, frame.pcm))


@pytest.mark.parametrize(
    ("recording", "intent"),
    [
        ("yes.espeak-f4", "yes"),
        ("no.festival-slt", "no"),
        ("kind_of.espeak-f4", "partial"),
        ("i_don-t_know.espeak-m6", "unsure"),
        ("stop.espeak-f4", "stop"),
        ("my_chest_hurts.festival-slt", "danger.chest"),
        ("can-t_feel_my_leg.flite-rms", "danger.numb"),
    ],
)
def test_real_answers(real: Ear, recording: str, intent: str) -> None:
    real.listen(ALL, EARLY, turn=1, endpoint=0.8)
    real.question_began(0.0)
    opened, heard = play(real, SPEECH / f"{recording}.ogg")
    assert isinstance(opened, SpeechOpened)
    assert isinstance(heard, PhraseHeard)
    assert heard.intent == intent


@pytest.mark.parametrize("recording", sorted(SPEECH.glob("oov_*.ogg")), ids=lambda path: path.stem)
def test_real_talk_is_no_answer_and_does_not_wake(real: Ear, recording: Path) -> None:
    real.listen(ALL, ALL, turn=1, endpoint=0.8)
    assert not [result for result in play(real, recording) if isinstance(result, PhraseHeard)]
    real.sleep("hey charley", ("start_cramp",))
    assert not list(play(real, recording))


@pytest.mark.parametrize("recording", sorted(SPEECH.glob("hey_charley*.ogg")), ids=lambda path: path.stem)
def test_real_wake_phrases(real: Ear, recording: Path) -> None:
    real.sleep("hey charley", ("start_cramp", "danger.chest"))
    wake, *rest = play(real, recording)
    assert isinstance(wake, WakeHeard)
    assert wake.began_at == pytest.approx(1.25, abs=0.2)
    expected = ["start_cramp"] if "cramping" in recording.name else []
    assert [result.intent for result in rest if isinstance(result, PhraseHeard)] == expected


@pytest.mark.skipif(not available(), reason="pywebrtc-audio is not installed")
def test_who_talks_over_charley_is_understood_and_charley_is_not() -> None:
    reference = Reference()
    ear = build_ear(load_dialogs(), locate_model(), reference=reference)
    ear.listen(ALL, ALL, turn=1, endpoint=0.8)
    ear.question_began(0.0)
    heard = echo(0.1)
    heard += noise(len(heard))
    stop = recorded("stop.espeak-f4.ogg")
    at = round(7.0 * SAMPLE_RATE)
    heard[at : at + len(stop)] += stop
    results = [result for frame in overheard(heard, reference) for result in ear.feed(frame)]
    opened, said = results
    assert isinstance(opened, SpeechOpened)
    assert isinstance(said, PhraseHeard)
    assert said.intent == "stop"
    assert 7.0 < said.began_at < said.ended_at < 7.0 + len(stop) / SAMPLE_RATE + 0.2
