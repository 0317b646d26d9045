"""A recogniser that fails and is made anew: a scripted one that raises, with the real one to go on with."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from voice_skill.asr.fake import ScriptedRecogniser, said
from voice_skill.asr.model import locate_model
from voice_skill.asr.port import UNKNOWN, Decoding, Recogniser, Transcript
from voice_skill.asr.steady import SteadyRecogniser
from voice_skill.asr.vosk import VoskRecogniser
from voice_skill.audio.files import FileSource, silence
from voice_skill.audio.frame import FRAME_SAMPLES
from voice_skill.audio.vad import ScriptedDetector, SileroDetector
from voice_skill.ear import Ear, PhraseHeard, SpeechUnclear
from voice_skill.errors import ModelError
from voice_skill.nlu.phrases import PhraseBook

SPEECH = Path(__file__).parents[1] / "data" / "speech"
PCM = bytes(2 * FRAME_SAMPLES)
STEPS = ("decode", "feed", "partial", "finish")


class Breaking:
    """A recogniser that raises at one step of every utterance."""

    def __init__(self, at: str, *, frames: int = 0) -> None:
        """`frames`: after so many frames of the utterance."""
        self._at = at
        self._left = frames

    def decode(self, grammar: Sequence[str] | None) -> Decoding:  # noqa: ARG002
        self._break("decode")
        return self

    def knows(self, word: str) -> bool:
        return word in {"yes", "no", "chest", "pain"}

    def feed(self, pcm: bytes) -> None:  # noqa: ARG002
        self._left -= 1
        self._break("feed")

    def partial(self) -> str:
        self._break("partial")
        return ""

    def finish(self) -> Transcript:
        self._break("finish")
        return said("no")

    def _break(self, step: str) -> None:
        if step == self._at and self._left <= 0:
            raise RuntimeError("out of\nmemory")


def made(*recognisers: Recogniser) -> tuple[Callable[[], Recogniser], list[Recogniser]]:
    """A function that gives one after the other, then fails as if the files were away; and those that are left."""
    left = list(recognisers)

    def make() -> Recogniser:
        if not left:
            raise ModelError("the model is away", "put it back")
        return left.pop(0)

    return make, left


@pytest.mark.parametrize("step", STEPS)
def test_an_utterance_that_fails_anywhere_is_lost_whole_and_the_next_one_is_heard(step: str) -> None:
    make, left = made(Breaking(step), ScriptedRecogniser([said("no", 0.9)]))
    recogniser = SteadyRecogniser(make)
    lost = recogniser.decode(["yes", "no"])
    lost.feed(PCM)
    lost.partial()
    for _ in range(40):
        lost.feed(PCM)
    assert lost.partial() == ""
    assert lost.finish().text == UNKNOWN
    assert recogniser.failures == 1
    assert recogniser.problem == "RuntimeError: out of memory"
    assert left == []
    heard = recogniser.decode(["yes", "no"])
    for _ in range(40):
        heard.feed(PCM)
    assert heard.finish().text == "no"
    assert recogniser.failures == 0


def test_failures_in_a_row_are_counted_and_one_that_cannot_be_loaded_again_is_kept() -> None:
    make, _ = made(Breaking("feed"))
    recogniser = SteadyRecogniser(make)
    for count in (1, 2, 3):
        lost = recogniser.decode(None)
        lost.feed(PCM)
        assert lost.finish().text == UNKNOWN
        assert recogniser.failures == count
        assert "cannot be loaded again" in recogniser.problem
    assert recogniser.knows("yes")


def test_what_keeps_the_first_one_from_loading_is_told() -> None:
    with pytest.raises(ModelError):
        SteadyRecogniser(lambda: VoskRecogniser(Path("nowhere")))


def spoken(recogniser: Recogniser, names: Sequence[str]) -> list[PhraseHeard | SpeechUnclear]:
    """What an ear makes of recordings, one after the other, as answers to a red-flag question."""
    ear = Ear(recogniser, SileroDetector(), PhraseBook({"yes": ["yes"], "no": ["no"], "danger.x": ["chest pain"]}))
    results = []
    for name in names:
        ear.reset()
        ear.listen(("danger.x", "yes", "no"), ("danger.x",), turn=1, endpoint=0.6)
        ear.question_began(0.0)
        frames = list(FileSource(SPEECH / name).frames())
        results += [result for frame in (*frames, *silence(1.5, frames[-1].end)) for result in ear.feed(frame)]
    return [result for result in results if isinstance(result, PhraseHeard | SpeechUnclear)]


@pytest.mark.parametrize("step", STEPS)
def test_the_real_one_takes_over_in_the_middle_of_a_conversation(step: str) -> None:
    (name, *_) = sorted(path.name for path in SPEECH.glob("yes*.ogg"))
    make, left = made(Breaking(step, frames=0 if step == "decode" else 10), VoskRecogniser(locate_model()))
    heard = spoken(SteadyRecogniser(make), [name, name])
    assert left == []
    assert isinstance(heard[-1], PhraseHeard)
    assert heard[-1].intent == "yes"
    assert not [one for one in heard[:-1] if isinstance(one, PhraseHeard)]


def test_what_was_lost_in_the_middle_is_asked_again_and_its_end_is_no_answer() -> None:
    make, _ = made(Breaking("feed", frames=30), ScriptedRecogniser([said("no", start=0.0)]))
    ear = Ear(SteadyRecogniser(make), ScriptedDetector([(2.0, 4.0)]), PhraseBook({"yes": ["yes"], "no": ["no"]}))
    ear.listen(("yes", "no"), (), turn=7, endpoint=0.6)
    ear.question_began(0.0)
    results = [result for frame in silence(8.0, 0.0) for result in ear.feed(frame)]
    (unclear,) = (result for result in results if isinstance(result, SpeechUnclear))
    assert unclear.turn == 7
    assert not [result for result in results if isinstance(result, PhraseHeard)]
