from __future__ import annotations

from pathlib import Path

import pytest

from voice_skill.journal.files import write_whole


def test_a_file_is_replaced_with_its_rights_and_through_its_link(tmp_path: Path) -> None:
    path, link = tmp_path / "real", tmp_path / "link"
    write_whole(path, b"one")
    path.chmod(0o640)
    link.symlink_to(path)
    write_whole(link, b"two")
    assert path.read_bytes() == b"two"
    assert path.stat().st_mode & 0o777 == 0o640
    assert link.is_symlink()


def test_what_cannot_be_written_leaves_nothing(tmp_path: Path) -> None:
    folder = tmp_path / "folder"
    (folder / "full").mkdir(parents=True)
    with pytest.raises(OSError, match=r"folder"):
        write_whole(folder, b"x")
    assert [path.name for path in tmp_path.iterdir()] == ["folder"]
