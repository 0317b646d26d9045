"""The committed pictures are those of the running model."""

from __future__ import annotations

from pathlib import Path

from voice_skill.commands.draw import pages
from voice_skill.loading import load_dialogs

DOCS = Path(__file__).parents[2] / "docs" / "dialogs"


def test_the_committed_pictures_are_up_to_date() -> None:
    """To bring them up to date: voice-skill draw --folder docs/dialogs."""
    committed = {path.name: path.read_text(encoding="utf-8") for path in DOCS.glob("*.md")}
    assert committed == pages(load_dialogs())
