"""New words for a model: there afterwards, said as asked, and never half there."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from voice_skill.asr.kaldi.addwords import add_words, read_phrases, set_phrases
from voice_skill.asr.kaldi.graph import Filler, write_filler, write_graph
from voice_skill.asr.kaldi.lexicon import Entry, read_lexicon, write_lexicon
from voice_skill.asr.kaldi.nnet import Layer, write_model
from voice_skill.asr.kaldi.pronounce import arpabet_from_ipa
from voice_skill.asr.model import verify_model, vocabulary, write_checksums
from voice_skill.asr.vosk import VoskRecogniser
from voice_skill.errors import ModelError

ROOT = Path(__file__).parents[3]
SIOBHAN = ("SH", "AH", "V", "AO", "N")


@pytest.fixture
def model(tmp_path: Path) -> Path:
    """A whole model of one word, whose network hears nothing."""
    folder = tmp_path / "model"
    for part in ("am", "conf", "graph"):
        (folder / part).mkdir(parents=True)
    (folder / "conf" / "model.conf").write_text("--frame-subsampling-factor=3\n")
    (folder / "conf" / "mfcc.conf").write_text("--num-ceps=40\n--num-mel-bins=40\n--use-energy=false\n")
    silent = Layer((0,), np.zeros((80, 40), np.float32), np.zeros(80, np.float32), bits=32)
    write_model(folder / "am" / "final.mdl", [silent])
    lexicon = {"leg": Entry((("L", "EH", "G"),), 3)}
    filler = Filler(((-3.0,) * 40,) * 40)
    write_lexicon(folder / "lexicon.txt", lexicon)
    write_filler(folder / "filler.json", filler)
    write_graph(folder / "graph", lexicon, filler)
    write_checksums(folder)
    return folder


def contents(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_a_word_with_its_sounds(model: Path) -> None:
    added = add_words(model, [], {"Siobhan": [SIOBHAN]})
    assert added == {"siobhan": Entry((SIOBHAN,), 0)}
    assert vocabulary(model) == {"leg", "siobhan"}
    assert read_lexicon(model / "lexicon.txt")["leg"] == Entry((("L", "EH", "G"),), 3)
    verify_model(model)
    assert VoskRecogniser(model).knows("siobhan")
    assert [path.name for path in model.parent.iterdir()] == ["model"]


def test_the_first_model_may_stay_as_it_is(model: Path, tmp_path: Path) -> None:
    before = contents(model)
    add_words(model, ["leg"], {"siobhan": [SIOBHAN]}, out=tmp_path / "new" / "en")
    assert contents(model) == before
    assert vocabulary(tmp_path / "new" / "en") == {"leg", "siobhan"}
    verify_model(tmp_path / "new" / "en")


def test_a_known_word_keeps_its_sounds_and_gains_others(model: Path) -> None:
    assert add_words(model, ["leg"])["leg"].pronunciations == (("L", "EH", "G"),)
    added = add_words(model, [], {"leg": [("L", "EY", "G")]})
    assert added["leg"] == Entry((("L", "EH", "G"), ("L", "EY", "G")), 3)


@pytest.mark.parametrize(
    ("words", "sounds", "fault"),
    [
        (["two words"], {}, "no single word"),
        (["9am"], {}, "no single word"),
        ([""], {}, "no single word"),
        (["leg"], {"calf": [("K", "AE1", "F")]}, "'AE1' is no sound"),
        ([], {"calf": [()]}, "no sounds are given"),
    ],
)
def test_bad_input_changes_nothing(
    model: Path, words: list[str], sounds: dict[str, list[tuple[str, ...]]], fault: str
) -> None:
    before = contents(model)
    with pytest.raises(ModelError, match=fault):
        add_words(model, words, sounds)
    assert contents(model) == before
    assert [path.name for path in model.parent.iterdir()] == ["model"]


def test_a_failure_while_writing_changes_nothing(model: Path) -> None:
    (model / "filler.json").write_text("{}")
    write_checksums(model)
    before = contents(model)
    with pytest.raises(ModelError, match=r"filler\.json"):
        add_words(model, [], {"siobhan": [SIOBHAN]})
    assert contents(model) == before
    assert [path.name for path in model.parent.iterdir()] == ["model"]


def test_a_folder_that_is_there_is_not_overwritten(model: Path, tmp_path: Path) -> None:
    (tmp_path / "new").mkdir()
    with pytest.raises(ModelError, match="is there already"):
        add_words(model, ["leg"], out=tmp_path / "new")


def test_a_model_without_a_lexicon_is_refused(model: Path) -> None:
    (model / "lexicon.txt").unlink()
    write_checksums(model)
    with pytest.raises(ModelError, match=r"lexicon\.txt"):
        add_words(model, [], {"siobhan": [SIOBHAN]})


def test_phrases_are_known_as_wholes_until_others_are(model: Path) -> None:
    add_words(model, [], {"my": [("M", "AY")]})
    assert set_phrases(model, ["my  leg", "leg", "leg leg"]) == ["leg leg", "my leg"]
    verify_model(model)
    assert VoskRecogniser(model).knows("my_leg")
    assert vocabulary(model) == {"leg", "my"}
    add_words(model, [], {"siobhan": [SIOBHAN]})
    assert read_phrases(model) == ["leg leg", "my leg"], "a new word must not cost the phrases"
    set_phrases(model, ["leg my"])
    recogniser = VoskRecogniser(model)
    assert (recogniser.knows("leg_my"), recogniser.knows("my_leg")) == (True, False)


def test_a_phrase_with_an_unknown_word_changes_nothing(model: Path) -> None:
    before = contents(model)
    with pytest.raises(ModelError, match='lacks a word of "my leg"'):
        set_phrases(model, ["my leg"])
    assert contents(model) == before


def test_an_older_network_learns_of_the_pause(model: Path) -> None:
    """A graph that uses sounds which the network's file does not list would end the process."""
    network = model / "am" / "final.mdl"
    data = network.read_bytes()
    network.write_bytes(b"\0B<TransitionModel> of long ago </TransitionModel> " + data[data.index(b"<Nnet3> ") :])
    write_checksums(model)
    set_phrases(model, ["leg leg"])
    assert network.read_bytes() == data


def test_the_command_guesses_how_a_new_word_is_said(model: Path) -> None:
    """In a process of its own, as always: espeak-ng can be set up once per process."""
    code = (
        "import argparse; from voice_skill.commands.model_words import *; p = argparse.ArgumentParser();"
        "add_arguments(p); raise SystemExit(run(p.parse_args()))"
    )
    command = [sys.executable, "-c", code, "hamstring", "--say", "siobhan=sh ah v ao n", "--model", str(model)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False, cwd=ROOT)
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[:2] == ["hamstring: HH AE M S T R IH NG", "siobhan: SH AH V AO N"]
    assert vocabulary(model) == {"hamstring", "leg", "siobhan"}


@pytest.mark.parametrize(
    ("ipa", "sounds"),
    [
        ("tʃˈɑːɹli", "CH AA R L IY"),
        ("ˈʌŋkəl", "AH NG K AH L"),
        ("kwˈɑːdɹɪsˌɛps", "K W AA D R IH S EH P S"),
        ("ʁ", ""),
    ],
)
def test_ipa_becomes_arpabet(ipa: str, sounds: str) -> None:
    assert arpabet_from_ipa(ipa) == tuple(sounds.split())
