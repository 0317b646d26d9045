"""Model folders: whole ones, and every way in which one is not."""

from __future__ import annotations

import os
import shutil
import subprocess
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from voice_skill.asr.model import (
    ModelSettings,
    locate_model,
    read_settings,
    verify_model,
    vocabulary,
    write_checksums,
)
from voice_skill.asr.wholes import GrammarWeights
from voice_skill.errors import ModelError


@pytest.fixture
def model(tmp_path: Path) -> Path:
    """A small folder in the shape of a model, with checksums."""
    folder = tmp_path / "en"
    for name, content in {
        "am/final.mdl": b"\0B" + bytes(1000),
        "conf/model.conf": b"--beam=10\n",
        "graph/HCLr.fst": bytes(range(256)),
        "graph/Gr.fst": b"fst",
        "graph/words.txt": b"<eps> 0\nyes 1\nno 2\n[unk] 3\n#0 4\n",
        "README.md": b"card",
    }.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)
    write_checksums(folder)
    return folder


def test_the_bundled_model_is_whole() -> None:
    verify_model(locate_model())
    assert (locate_model() / "checksums.txt").is_file()
    assert {"yes", "no", "charley", "hamstring"} <= vocabulary(locate_model())


def test_locate() -> None:
    assert locate_model("some/where") == Path("some/where")
    assert locate_model(Path("~/m")) == Path.home() / "m"


def test_a_whole_model_passes_with_and_without_checksums(model: Path) -> None:
    verify_model(model)
    (model / "README.md").write_text("another card")
    verify_model(model)
    (model / "checksums.txt").unlink()
    (model / "am" / "final.mdl").write_bytes(b"another")
    verify_model(model)


def test_a_fixed_graph_will_do(model: Path) -> None:
    (model / "checksums.txt").unlink()
    (model / "graph" / "HCLr.fst").rename(model / "graph" / "HCLG.fst")
    verify_model(model)


def test_checksums_are_in_the_format_of_sha256sum(model: Path) -> None:
    done = subprocess.run(
        ["sha256sum", "--check", "--strict", "checksums.txt"], cwd=model, capture_output=True, check=False
    )
    assert done.returncode == 0
    assert done.stdout.count(b"OK") == 5


def without(name: str) -> Callable[[Path], object]:
    return lambda folder: (folder / name).unlink()


def cut(name: str, size: int) -> Callable[[Path], object]:
    return lambda folder: os.truncate(folder / name, size)


def flip(folder: Path) -> None:
    content = bytearray((folder / "am" / "final.mdl").read_bytes())
    content[500] ^= 1
    (folder / "am" / "final.mdl").write_bytes(content)


def no_checksums_and(change: Callable[[Path], object]) -> Callable[[Path], object]:
    def both(folder: Path) -> None:
        (folder / "checksums.txt").unlink()
        change(folder)

    return both


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (without("am/final.mdl"), "lacks am/final.mdl"),
        (without("graph/Gr.fst"), "lacks graph/Gr.fst"),
        (without("graph/words.txt"), "lacks graph/words.txt"),  # only the checksums name it
        (cut("am/final.mdl", 300), "final.mdl is cut short: 300 of 1002 bytes"),
        (flip, "final.mdl is damaged: its checksum is wrong"),
        (no_checksums_and(cut("graph/HCLr.fst", 0)), "HCLr.fst is empty"),
        (lambda folder: (folder / "checksums.txt").write_text("rubbish\n"), "checksums.txt:1: is no checksum"),
        (lambda folder: (folder / "checksums.txt").write_text("# no size\n"), "checksums.txt:1: is no checksum"),
    ],
)
def test_damage(model: Path, damage: Callable[[Path], object], message: str) -> None:
    damage(model)
    with pytest.raises(ModelError, match=message) as raised:
        verify_model(model)
    assert raised.value.cure


def test_what_is_no_model_at_all(tmp_path: Path, model: Path) -> None:
    zipped = tmp_path / "model.zip"
    with zipfile.ZipFile(zipped, "w") as archive:
        archive.write(model / "am" / "final.mdl")
    text = tmp_path / "text"
    text.write_text("hello")
    empty = tmp_path / "empty"
    empty.mkdir()
    parent = tmp_path / "parent"
    shutil.copytree(model, parent / "inner")
    with_zip = tmp_path / "with zip"
    with_zip.mkdir()
    shutil.copy(zipped, with_zip)
    for path, message, cure in [
        (tmp_path / "absent", "there is no speech model", "bundled"),
        (zipped, "is a zip file that was not unpacked", "unzip"),
        (text, "is a file; a speech model is a folder", "am/"),
        (empty, "is a folder, but not a Vosk model", "am/"),
        (parent, "holds a Vosk model, but is none itself", "inner"),
        (with_zip, "holds a zip file that was not unpacked", "model.zip"),
    ]:
        with pytest.raises(ModelError, match=message) as raised:
            verify_model(path)
        assert cure in raised.value.cure


def test_the_vocabulary_is_words_only(model: Path) -> None:
    assert vocabulary(model) == {"yes", "no"}
    with (model / "graph" / "words.txt").open("a") as words:
        words.write("hang_on 9\n")
    assert vocabulary(model) == {"yes", "no"}, "a phrase known as a whole is no word"
    (model / "graph" / "words.txt").unlink()
    with pytest.raises(ModelError, match="no list of words"):
        vocabulary(model)


def test_settings(model: Path) -> None:
    assert read_settings(model) == ModelSettings(0.0, {})
    (model / "charley.toml").write_text("word_delay = 0.09\n[thresholds]\nno = 0.8\n")
    assert read_settings(model) == ModelSettings(0.09, {"no": 0.8})
    (model / "charley.toml").write_text("[grammar]\ncopies = 3\nrivals = 0\nsingle = 0\n")
    assert read_settings(model).grammar == GrammarWeights(copies=3, rivals=0)


@pytest.mark.parametrize(
    "text",
    [
        "word_delay = ",
        "word_delay = 2.0",
        'word_delay = "x"',
        "delay = 0.1",
        "thresholds = 3",
        "[thresholds]\nno = true",
        "grammar = 3",
        "[grammar]\ncopies = 0",
        "[grammar]\ncopies = 1.5",
        "[grammar]\nrivals = -1",
        "[grammar]\nshare = 100",
        "[grammar]\nfriends = 1",
    ],
)
def test_broken_settings(model: Path, text: str) -> None:
    (model / "charley.toml").write_text(text)
    with pytest.raises(ModelError, match=r"charley\.toml"):
        read_settings(model)
