from __future__ import annotations

from pathlib import Path

import pytest

import voice_skill.dialog.texts
import voice_skill.loading
from voice_skill.cli import main


@pytest.fixture(autouse=True)
def _two_prompts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(voice_skill.loading, "load_dialogs", lambda folder: folder)
    monkeypatch.setattr(voice_skill.dialog.texts, "sentences", lambda *_: ["Hold.", "Let go.", "[tone]"])


def test_every_prompt_is_rendered_at_the_usual_and_the_quiet_rate(capsys: pytest.CaptureFixture[str]) -> None:
    Path("charley.yaml").write_text("cache: kept\nrate: 160\n")
    assert main(["prepare"]) == 0
    assert capsys.readouterr().out == "every prompt is ready in kept, at 130 and 160 words a minute\n"
    files = sorted(Path("kept").iterdir())
    assert len(files) == 4

    before = [path.stat().st_mtime_ns for path in files]
    assert main(["prepare"]) == 0
    assert [path.stat().st_mtime_ns for path in files] == before


def test_an_unknown_voice_is_found_out(capsys: pytest.CaptureFixture[str]) -> None:
    Path("charley.yaml").write_text("cache: kept\nvoice: nobody\n")
    assert main(["prepare"]) == 2
    assert "there is no voice 'nobody'" in capsys.readouterr().err
