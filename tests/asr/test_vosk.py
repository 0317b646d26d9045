"""The real recogniser with the bundled model, on speech."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from voice_skill.asr.model import locate_model, read_settings
from voice_skill.asr.port import UNKNOWN
from voice_skill.asr.vosk import VoskRecogniser
from voice_skill.audio.files import read_pcm
from voice_skill.errors import ModelError

SPEECH = Path(__file__).parents[1] / "data" / "speech"
GRAMMAR = ("yes", "no", "stop", "kind of", "i don't no", "my chest hurts", "can't feel my leg", "hang on", "not really")


def spoken(path: Path) -> str:
    """What is said in a recording, in the spoken form of the phrase book."""
    return path.name.split(".")[0].replace("_", " ").replace("-", "'").replace("know", "no")


INSIDE = sorted(path for path in SPEECH.glob("*.ogg") if spoken(path) in GRAMMAR)


@pytest.fixture(scope="module")
def recogniser() -> VoskRecogniser:
    return VoskRecogniser(locate_model())


@pytest.mark.parametrize("path", INSIDE, ids=lambda path: path.stem)
def test_hears_what_is_in_the_grammar(recogniser: VoskRecogniser, path: Path) -> None:
    decoding = recogniser.decode(GRAMMAR)
    decoding.feed(read_pcm(path))
    transcript = decoding.finish()
    assert transcript.text == spoken(path)
    assert transcript.confidence > 0.4


@pytest.mark.parametrize("path", sorted(SPEECH.glob("oov_*.ogg")), ids=lambda path: path.stem)
def test_other_speech_is_unknown(recogniser: VoskRecogniser, path: Path) -> None:
    decoding = recogniser.decode(GRAMMAR)
    decoding.feed(read_pcm(path))
    assert UNKNOWN in decoding.finish().text.split()


def test_the_partial_result_grows_to_the_final_one_through_a_pause(recogniser: VoskRecogniser) -> None:
    # 3 s of silence in the middle: Vosk's own endpointer must not cut the utterance
    sound = read_pcm(SPEECH / "yes.espeak-f4.ogg") + bytes(3 * 32_000) + read_pcm(SPEECH / "stop.espeak-f4.ogg")
    decoding = recogniser.decode(GRAMMAR)
    partials: list[str] = []
    for start in range(0, len(sound), 3200):
        decoding.feed(sound[start : start + 3200])
        if not partials or partials[-1] != decoding.partial():
            partials.append(decoding.partial())
    assert partials[0] == ""
    assert "yes" in partials
    assert partials[-1] == decoding.finish().text == "yes stop"


def test_word_times_are_those_of_the_sound(recogniser: VoskRecogniser) -> None:
    # the recording has about 0.3 s before the word; 1 s more silence goes before it
    decoding = recogniser.decode(("yes",))
    decoding.feed(bytes(32_000) + read_pcm(SPEECH / "yes.espeak-f4.ogg"))
    (word,) = decoding.finish().words
    assert word.start == pytest.approx(1.26, abs=0.1)
    assert word.end == pytest.approx(1.80, abs=0.15)


def test_the_models_delay_is_taken_off(recogniser: VoskRecogniser, tmp_path: Path) -> None:
    delay = read_settings(locate_model()).word_delay
    assert delay > 0
    unknown = tmp_path / "en"
    shutil.copytree(locate_model(), unknown, ignore=shutil.ignore_patterns("charley.toml", "checksums.txt"))
    starts = []
    for each in (recogniser, VoskRecogniser(unknown)):
        decoding = each.decode(("yes",))
        decoding.feed(read_pcm(SPEECH / "yes.espeak-f4.ogg"))
        starts.append(decoding.finish().words[0].start)
    assert starts[1] - starts[0] == pytest.approx(delay)


def test_silence_is_no_words(recogniser: VoskRecogniser) -> None:
    decoding = recogniser.decode(("yes", "no"))
    decoding.feed(bytes(64_000))
    assert decoding.finish().words == ()
    assert recogniser.decode(("yes",)).finish().words == ()


def test_without_a_grammar_it_decodes_freely(recogniser: VoskRecogniser) -> None:
    decoding = recogniser.decode(None)
    decoding.feed(read_pcm(SPEECH / "yes.espeak-f4.ogg"))
    words = decoding.finish().text.split()
    assert words
    assert UNKNOWN not in words


def test_knows_words_and_no_symbols(recogniser: VoskRecogniser) -> None:
    assert recogniser.knows("yes")
    for word in ("xyzzy", UNKNOWN, "<eps>", ""):
        assert not recogniser.knows(word)


def test_a_word_that_the_model_does_not_know_is_an_error(recogniser: VoskRecogniser) -> None:
    # Vosk itself would drop it, and "xyzzy yes" would become "yes"
    with pytest.raises(ModelError, match="does not know: plugh, xyzzy"):
        recogniser.decode(("no", "xyzzy yes", "plugh"))
    recogniser.decode(("no", "yes"))


def test_a_model_that_vosk_cannot_load_is_one_clean_error(tmp_path: Path) -> None:
    broken = tmp_path / "en"
    shutil.copytree(locate_model(), broken, ignore=shutil.ignore_patterns("checksums.txt"))
    (broken / "conf" / "model.conf").write_text("--no-such-option=1\n")
    program = "import pathlib, sys, voice_skill.asr.vosk as v; v.VoskRecogniser(pathlib.Path(sys.argv[1]))"
    done = subprocess.run([sys.executable, "-c", program, broken], capture_output=True, text=True, check=False)
    assert "ModelError: Vosk cannot load the speech model" in done.stderr
    assert "no-such-option" in done.stderr.splitlines()[-1]


def test_loading_writes_nothing_to_standard_error(capfd: pytest.CaptureFixture[str]) -> None:
    VoskRecogniser(locate_model())
    assert capfd.readouterr().err == ""


def test_the_posteriors_of_all_hypotheses_come_to_one(recogniser: VoskRecogniser) -> None:
    decoding = recogniser.decode((*GRAMMAR, "nope", "yeah no", "note"))
    decoding.feed(read_pcm(SPEECH / "no.festival-slt.ogg"))
    transcript = decoding.finish()
    sure = [each.confidence for each in transcript.hypotheses]
    assert len(sure) > 1
    assert sure == sorted(sure, reverse=True)
    assert all(each.words for each in transcript.hypotheses)
    assert sum(sure) == pytest.approx(1)
    assert transcript.hypotheses[0].text == transcript.text


def test_a_word_is_as_sure_as_all_hypotheses_that_hold_it(recogniser: VoskRecogniser) -> None:
    decoding = recogniser.decode(("stop", "stop it", "no"))
    decoding.feed(read_pcm(SPEECH / "stop.espeak-f4.ogg"))
    transcript = decoding.finish()
    holding = [each.confidence for each in transcript.hypotheses if "stop" in each.text.split()]
    assert transcript.words[0].confidence == pytest.approx(sum(holding))


def test_nothing_is_heard_in_nothing(recogniser: VoskRecogniser) -> None:
    assert recogniser.decode(GRAMMAR).finish().words == ()
