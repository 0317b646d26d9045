"""`voice-skill model`: info, verify, get."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from voice_skill.asr.download import OFFICIAL, OfficialModel
from voice_skill.asr.model import locate_model
from voice_skill.cli import main


def test_info(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["model", "info"]) == 0
    out = capsys.readouterr().out
    assert str(locate_model()) in out
    assert "chosen at run time" in out


def test_verify(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert main(["model", "verify"]) == 0
    assert "every checksum is right" in capsys.readouterr().out
    copy = tmp_path / "en"
    shutil.copytree(locate_model(), copy)
    (copy / "graph" / "words.txt").write_text("<eps> 0\n")
    assert main(["model", "verify", str(copy)]) == 2
    captured = capsys.readouterr()
    assert "words.txt is cut short" in captured.err
    assert captured.out == ""


def test_get_puts_the_model_in_the_users_data_folder(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    asked: list[tuple[OfficialModel, Path]] = []

    def fetch(model: OfficialModel, into: Path, _progress: object) -> Path:
        asked.append((model, into))
        return into / model.folder

    monkeypatch.setattr("voice_skill.asr.download.fetch_model", fetch)
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    assert main(["model", "get", "en-us"]) == 0
    assert main(["model", "get", "en-us", "--to", "here"]) == 0
    assert asked == [(OFFICIAL["en-us"], tmp_path / "charley" / "models"), (OFFICIAL["en-us"], Path("here"))]
    assert f"--model {tmp_path}/charley/models/vosk-model-small-en-us-0.15" in capsys.readouterr().out


def test_get_without_a_network_says_so(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert main(["model", "get", "en-us", "--to", str(tmp_path)]) == 2  # the tests have none
    captured = capsys.readouterr()
    assert "cannot be reached" in captured.err
    assert captured.out == ""
    assert not list(tmp_path.iterdir())
