from __future__ import annotations

from pathlib import Path

import pytest

from voice_skill.commands.setup_file import Changes, change_file, changed
from voice_skill.config import Config, load_config
from voice_skill.errors import CharleyError, ConfigError, StorageError
from voice_skill.strict_yaml import Data

FILE = Path("charley.yaml")
WHISPER = ("night_hours", "whisper")


@pytest.mark.parametrize(
    ("before", "place", "value", "after"),
    [
        ("", ("region",), "GB", "region: GB\n"),
        ("rate: 140\n", ("region",), "GB", "rate: 140\nregion: GB\n"),
        ("rate: 140", ("region",), "GB", "rate: 140\nregion: GB\n"),
        ("# mine\nregion: US\n\nrate: 140 # slow\n", ("region",), "GB", "# mine\nregion: GB\n\nrate: 140 # slow\n"),
        ("rate: 140 # slow\n", ("rate",), 150, "rate: 150 # slow\n"),
        ("microphone: null\n", ("microphone",), 'a "USB" mic #2', 'microphone: "a \\"USB\\" mic #2"\n'),
        ('microphone: "one # two"\n', ("microphone",), None, "microphone: null\n"),
        ("speaker: null\n", ("speaker",), "null", 'speaker: "null"\n'),
        ("night_hours:\n    from: 23:00\n", WHISPER, True, "night_hours:\n    whisper: true\n    from: 23:00\n"),
        (
            "night_hours: # late\n  whisper: false\n  to: 06:00\n",
            WHISPER,
            True,
            "night_hours: # late\n  whisper: true\n  to: 06:00\n",
        ),
        ("night_hours: {volume: 60}\n", WHISPER, True, "night_hours: {volume: 60, whisper: true}\n"),
        ('night_hours: {from: "23:00"}\n', WHISPER, True, 'night_hours: {from: "23:00", whisper: true}\n'),
        ("night_hours: null\n", WHISPER, True, "night_hours: {whisper: true}\n"),
        ("rate: 140\n", WHISPER, True, "rate: 140\nnight_hours: {whisper: true}\n"),
    ],
)
def test_one_setting_changes_and_the_rest_stays(before: str, place: tuple[str, ...], value: Data, after: str) -> None:
    assert changed(before, FILE, {place: value}) == after


def test_what_is_set_already_changes_nothing() -> None:
    text = "region:   GB   # home\n"
    assert changed(text, FILE, {("region",): "GB"}) == text


def test_several_changes_are_made_together() -> None:
    changes: Changes = {("region",): "NZ", ("ordinary_voice",): -31, WHISPER: True}
    text = changed("# kept\nregion: GB\nvolume: 80\n", FILE, changes)
    assert text == "# kept\nregion: NZ\nvolume: 80\nordinary_voice: -31\nnight_hours: {whisper: true}\n"


@pytest.mark.parametrize(
    ("before", "changes", "told"),
    [
        ("regoin: GB\n", {("region",): "GB"}, "regoin: unknown key"),
        ("region: GB\n", {("region",): "UK"}, "expected GB for the United Kingdom"),
        ("region: GB\n", {("wake_phrase",): "charley"}, "expected two to five words"),
        ("{region: GB, rate: 140}\n", {("region",): "NZ"}, "region is written in a way that cannot be changed here"),
        ('wake_phrase: "hey\n  charley"\n', {("wake_phrase",): "hello charley"}, "charley.yaml:1: "),
    ],
)
def test_what_is_wrong_or_cannot_be_changed_is_refused_and_the_file_stays(
    tmp_path: Path, before: str, changes: Changes, told: str
) -> None:
    path = tmp_path / "charley.yaml"
    path.write_text(before)
    with pytest.raises(ConfigError, match=told):
        change_file(path, changes)
    assert path.read_text() == before
    assert list(tmp_path.iterdir()) == [path]


def test_a_file_is_made_with_its_folder_and_keeps_its_rights(tmp_path: Path) -> None:
    path = tmp_path / "config" / "charley" / "charley.yaml"
    change_file(path, {("region",): "GB"})
    assert load_config(path) == Config(region="GB")
    path.chmod(0o640)
    change_file(path, {("region",): "IE"})
    assert load_config(path).region == "IE"
    assert path.stat().st_mode & 0o777 == 0o640


def test_a_folder_that_cannot_be_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StorageError, match="cannot be written"):
        change_file(tmp_path / "file" / "charley.yaml", {("region",): "GB"})
    with pytest.raises(CharleyError, match="cannot be read"):
        change_file(tmp_path, {("region",): "GB"})
