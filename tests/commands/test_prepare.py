"""`voice-skill prepare`, with the real synthesiser and the smallest dialogs."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.loading.conftest import Folder
from voice_skill.cli import main
from voice_skill.dialog.actions import TONE
from voice_skill.dialog.texts import sentences
from voice_skill.loading import load_dialogs


@pytest.fixture
def config(tmp_path: Path) -> Path:
    """A configuration with dialogs and a cache of its own."""
    folder = tmp_path / "dialogs"
    folder.mkdir()
    Folder(folder)
    path = tmp_path / "charley.yaml"
    path.write_text("dialogs: dialogs\ncache: kept\nrate: 160\n", encoding="utf-8")
    return path


def test_every_prompt_is_rendered_once_at_the_usual_and_the_quiet_rate(
    config: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    kept = config.parent / "kept"
    assert main(["--config", str(config), "prepare"]) == 0
    assert capsys.readouterr().out == f"every prompt is ready in {kept}, at 130 and 160 words a minute\n"
    spoken = set(sentences(load_dialogs(config.parent / "dialogs"), "unknown")) - {TONE}
    before = {path: path.stat().st_mtime_ns for path in kept.iterdir()}
    assert len(before) == 2 * len(spoken)

    assert main(["--config", str(config), "prepare"]) == 0
    assert {path: path.stat().st_mtime_ns for path in kept.iterdir()} == before


def test_an_unknown_voice_is_found_out(config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    config.write_text(config.read_text(encoding="utf-8") + "voice: nobody\n", encoding="utf-8")
    assert main(["--config", str(config), "prepare"]) == 2
    assert "there is no voice 'nobody'" in capsys.readouterr().err
