"""Manifest, stores and features: what is read is what was meant, and faults are named."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from scripts.train.corpora import read_manifest
from scripts.train.errors import TrainingError
from scripts.train.features import CEPSTRA, FLOOR, log_mel
from scripts.train.perturb import Perturber
from scripts.train.phrases import dialog_phrases, read_phrases
from scripts.train.store import exists, open_store, write_store
from scripts.train.vocabulary import build_lexicon
from scripts.train.words import read_pronunciations

HEADER = "path\tcorpus\tspeaker\tduration\ttranscript\tlicence\tsplit"
GOOD = "a.flac\tan4\tx\t1.5\tGo On-ward\tBSD\ttrain"


def manifest(folder: Path, *lines: str) -> Path:
    (folder / "a.flac").touch()
    path = folder / "manifest.tsv"
    path.write_text("\n".join(lines) + "\n")
    return path


def test_a_recording(tmp_path: Path) -> None:
    (one,) = read_manifest(manifest(tmp_path, HEADER, GOOD), tmp_path)
    assert (one.text, one.seconds, one.training, one.noise) == ("go on ward", 1.5, True, False)


@pytest.mark.parametrize(
    ("lines", "fault"),
    [
        (["path\ttext"], "manifest.tsv:1: the columns are not"),
        ([HEADER, GOOD, "a.flac\tan4"], "manifest.tsv:3: 2 fields instead of 7"),
        ([HEADER, GOOD.replace("1.5", "long")], "manifest.tsv:2: duration is 'long'"),
        ([HEADER, GOOD.replace("train", "test")], "manifest.tsv:2: split is 'test'"),
        ([HEADER, GOOD.replace("a.flac", "b.flac")], "manifest.tsv:2: .*b.flac is missing"),
    ],
)
def test_a_bad_manifest_is_named_with_its_line(tmp_path: Path, lines: list[str], fault: str) -> None:
    with pytest.raises(TrainingError, match=fault):
        read_manifest(manifest(tmp_path, *lines), tmp_path)


def test_a_missing_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(TrainingError, match="nowhere: no such folder"):
        read_manifest(manifest(tmp_path, HEADER), tmp_path / "nowhere")


def test_a_store_reads_back_equal(tmp_path: Path) -> None:
    chance = np.random.default_rng(1)
    one, two = chance.normal(10, 5, (30, 40)).astype(np.float32), chance.normal(10, 5, (7, 40)).astype(np.float32)
    write_store(tmp_path, "some", [(one, "go on", "an4"), (two, "", "made")])
    store = open_store(tmp_path, "some")
    assert [utterance.words for utterance in store.utterances] == [("go", "on"), ()]
    np.testing.assert_allclose(store.log_mel(store.utterances[1]), two, atol=0.02)


def test_an_interrupted_store_is_not_there(tmp_path: Path) -> None:
    def broken() -> Iterator[tuple[np.ndarray, str, str]]:
        yield np.zeros((5, 40), np.float32), "go", "an4"
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write_store(tmp_path, "some", broken())
    assert not exists(tmp_path, "some")
    assert list(tmp_path.iterdir()) == []


def test_features_are_kaldis() -> None:
    knf = pytest.importorskip("kaldi_native_fbank")
    options = knf.MfccOptions()
    options.frame_opts.dither = 0
    options.use_energy = False
    options.num_ceps = options.mel_opts.num_bins = 40
    options.mel_opts.low_freq, options.mel_opts.high_freq = 20, -400
    sound = (0.1 * np.random.default_rng(1).standard_normal(16000)).astype(np.float32)
    sound[:4000] = 0
    extractor = knf.OnlineMfcc(options)
    extractor.accept_waveform(16000, sound * 32767)
    extractor.input_finished()
    expected = np.stack([extractor.get_frame(index) for index in range(extractor.num_frames_ready)])
    np.testing.assert_allclose(log_mel(sound) @ CEPSTRA, expected, atol=2e-3)


def test_silence_is_at_the_floor() -> None:
    assert np.allclose(log_mel(np.zeros(1600, np.float32)), FLOOR, atol=1e-5)
    assert log_mel(np.zeros(399, np.float32)).shape == (0, 40)


def test_every_look_at_an_utterance_differs_and_is_sound(tmp_path: Path) -> None:
    chance = np.random.default_rng(5)
    hiss = log_mel((0.01 * chance.standard_normal(32000)).astype(np.float32))
    write_store(tmp_path, "noise", [(hiss, "", "made")])
    perturber = Perturber(open_store(tmp_path, "noise"), chance)
    tone = log_mel((0.3 * np.sin(np.arange(16000) / 8)).astype(np.float32))
    looks = [perturber.speech(tone) for _ in range(20)]
    assert all(np.isfinite(look).all() and look.shape[1] == 40 for look in looks)
    assert all(0.8 * len(tone) < len(look) < 1.3 * len(tone) + 120 for look in looks)
    assert min(map(len, looks)) < len(tone)
    assert not np.allclose(looks[0][:90], looks[1][:90])


def test_speech_through_a_wall_keeps_only_its_low_part(tmp_path: Path) -> None:
    chance = np.random.default_rng(5)
    hiss = log_mel((0.01 * chance.standard_normal(32000)).astype(np.float32))
    write_store(tmp_path, "noise", [(hiss, "", "made")])
    perturber = Perturber(open_store(tmp_path, "noise"), chance)
    flat = np.full((200, 40), 20, np.float32)
    low, high = zip(
        *((look[:, :4].mean(), look[:, -8:].mean()) for look in map(perturber.muffled, [flat] * 50)), strict=True
    )
    assert np.median(np.subtract(low, high)) > 9, "40 dB"


def test_phrases_are_checked(tmp_path: Path) -> None:
    (tmp_path / "phrases.txt").write_text("[yes]\nyeah\nOh, yes!\n")
    with pytest.raises(TrainingError, match=r"phrases\.txt:3: not a phrase"):
        read_phrases(tmp_path / "phrases.txt")
    assert "my leg is cramping" in read_phrases()["wake"]


def test_pronunciations_are_checked(tmp_path: Path) -> None:
    (tmp_path / "own.txt").write_text("# ours\nphew F Y UW\nshh SHH\n")
    with pytest.raises(TrainingError, match=r"own\.txt:3: shh has no sound SHH"):
        read_pronunciations(tmp_path / "own.txt")


def test_the_lexicon_holds_every_word_that_the_dialogs_listen_for() -> None:
    lexicon = build_lexicon(["some words that people read", "some more"])
    heard = {word for phrase in dialog_phrases() for word in phrase.split()}
    assert heard <= lexicon.keys()
    assert {"cool", "numb", "please", "some"} <= lexicon.keys()
