"""What several tests of the dialogs start from."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.dialog.support import shipped
from tests.dialog.test_explore import write_small
from voice_skill.cli import main


@pytest.fixture
def check(tmp_path: Path) -> Callable[..., int]:
    """`voice-skill check` on the small dialogs, with a model that knows their words."""
    folder = tmp_path / "dialogs"
    folder.mkdir()
    write_small(folder)
    model = tmp_path / "model" / "graph"
    model.mkdir(parents=True)
    words = {word for said in shipped().phrases.values() for phrase in said for word in phrase.split()}
    lines = ["<eps> 0", *(f"{word} {number}" for number, word in enumerate(sorted(words), 1))]
    (model / "words.txt").write_text("\n".join(lines), encoding="utf-8")

    def run(*options: str, **changes: str) -> int:
        for name, text in changes.items():
            (folder / f"{name}.yaml").write_text(text, encoding="utf-8")
        return main(["check", str(folder), "--model", str(model.parent), *options])

    return run
