from __future__ import annotations

from dataclasses import fields, replace
from datetime import time
from pathlib import Path

import pytest

from voice_skill.config import Config, NightHours, bundled, find_config, load_config
from voice_skill.errors import ConfigError, StorageError
from voice_skill.strict_yaml import read

EXAMPLE = Path(__file__).parents[1] / "charley.example.yaml"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty working folder, and a home without settings."""
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "home"))
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    return tmp_path / "here"


def load(folder: Path, text: str) -> Config:
    (folder / "charley.yaml").write_text(text)
    return load_config()


def problems(folder: Path, text: str) -> list[str]:
    with pytest.raises(ConfigError) as caught:
        load(folder, text)
    return caught.value.problems


def test_the_example_shows_every_setting_with_its_default() -> None:
    assert load_config(EXAMPLE) == Config()
    data, _ = read(EXAMPLE)
    assert isinstance(data, dict)
    assert set(data) == {field.name for field in fields(Config)}
    assert isinstance(data["night_hours"], dict)
    assert set(data["night_hours"]) == {field.name.rstrip("_") for field in fields(NightHours)}


def test_without_a_file_or_with_an_empty_one_the_defaults_hold(folder: Path) -> None:
    assert find_config() is None
    assert load_config() == Config()
    assert load(folder, "# nothing yet\n") == Config()


def test_the_file_in_the_working_folder_goes_before_the_users_own(folder: Path) -> None:
    own = folder.parent / "home" / "charley" / "charley.yaml"
    own.parent.mkdir(parents=True)
    own.write_text("rate: 140\n")
    assert load_config().rate == 140
    assert find_config() == own
    assert load(folder, "rate: 130\n").rate == 130
    other = folder / "other.yaml"
    other.write_text("rate: 120\n")
    assert load_config(other).rate == 120


def test_a_file_asked_for_must_be_there(folder: Path) -> None:
    with pytest.raises(StorageError, match=r"none\.yaml"):
        load_config(folder / "none.yaml")


def test_settings_are_read(folder: Path) -> None:
    (folder / "voices").mkdir()
    text = """
wake_phrase: good old charley
region: NZ
voice: gmw/en-gb-x-rp
rate: 185
volume: 0
night_hours: {from: "01:30", to: "05:00"}
barge_in: off
microphone: USB
model: voices
journal: kept
"""
    assert load(folder, text) == Config(
        wake_phrase="good old charley",
        region="NZ",
        voice="gmw/en-gb-x-rp",
        rate=185,
        volume=0,
        night_hours=NightHours(time(1, 30), time(5, 0)),
        barge_in="off",
        microphone="USB",
        model=Path("voices"),
        journal=Path("kept"),
    )


def test_folders_are_meant_from_where_the_file_lies(folder: Path) -> None:
    away = folder.parent / "away"
    (away / "dialogs").mkdir(parents=True)
    (away / "c.yaml").write_text(f"dialogs: dialogs\ncache: ~/c\njournal: {folder}\n")
    config = load_config(away / "c.yaml")
    assert config.dialog_folder == away / "dialogs"
    assert config.cache_folder == Path.home() / "c"
    assert config.journal == folder


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("regoin: GB", 'regoin: unknown key; did you mean "region"?'),
        ("region: gb", "region: expected an ISO 3166 code of two capital letters"),
        ("region: UK", "region: expected GB for the United Kingdom"),
        ("region: no", "region: expected an ISO 3166 code"),
        ("region: 112", "region: expected text, found the number 112"),
        ("distress_phrases: help my leg", "distress_phrases: expected a list"),
        ("distress_phrases: [help my leg, help]", "distress_phrases[1]: expected two to five words"),
        ("wake_phrase: charley", "wake_phrase: expected two to five words"),
        ("wake_phrase: Hey Charley", "wake_phrase: expected two to five words in lower case"),
        ('voice: ""', "voice: expected a name"),
        ("rate: 114", "rate: expected 115 to 185 words per minute, found 114"),
        ("rate: 186", "rate: expected 115 to 185 words per minute, found 186"),
        ("rate: fast", "rate: expected a whole number"),
        ("volume: 101", "volume: expected 0 to 100, found 101"),
        ("volume: -1", "volume: expected 0 to 100, found -1"),
        ("night_hours: {volume: 101}", "night_hours.volume: expected 0 to 100, found 101"),
        ("night_hours: {from: 10pm}", "night_hours.from: expected a time"),
        ("night_hours: {to: 24:00}", "night_hours.to: expected a time"),
        ("night_hours: {from: 07:00}", "night_hours: from and to are the same"),
        ("barge_in: yes", "barge_in: expected one of off, words, full"),
        ("microphone: 3", "microphone: expected text"),
        ("model: nowhere", "model: there is no folder"),
        ("dialogs: charley.yaml", "dialogs: there is no folder"),
        ("cache: charley.yaml", "cache: charley.yaml is a file"),
        ("journal: charley.yaml", "journal: charley.yaml is a file"),
        ("journal: ~no.such.user/x", "journal: ~no.such.user/x: no such home folder"),
        ("journal:", "no value here"),
    ],
)
def test_a_wrong_setting_is_refused_with_what_is_allowed(folder: Path, text: str, told: str) -> None:
    (problem,) = problems(folder, text)
    assert problem.startswith(f"charley.yaml:1: {told}")


def test_every_wrong_setting_is_told_at_once(folder: Path) -> None:
    told = problems(folder, "rate: 9\nregion: gb\nnight_hours:\n  from: 1\n  till: 2\nvolume: x\n")
    assert [problem.split(": ")[0] for problem in told] == [f"charley.yaml:{line}" for line in (1, 2, 4, 5, 6)]


@pytest.mark.parametrize(
    ("hours", "at", "night"),
    [
        (NightHours(), time(21, 59), False),
        (NightHours(), time(22, 0), True),
        (NightHours(), time(3, 0), True),
        (NightHours(), time(6, 59), True),
        (NightHours(), time(7, 0), False),
        (NightHours(time(1), time(5)), time(0, 59), False),
        (NightHours(time(1), time(5)), time(1, 0), True),
        (NightHours(time(1), time(5)), time(5, 0), False),
    ],
)
def test_night_hours_may_pass_midnight(hours: NightHours, at: time, night: bool) -> None:
    assert (at in hours) is night


def test_loudness_follows_the_hour() -> None:
    config = Config(volume=100, night_hours=NightHours(volume=50))
    assert config.gain_db(time(12)) == 0
    assert config.gain_db(time(3)) == pytest.approx(-20)
    assert replace(config, night_hours=None).gain_db(time(3)) == 0


def test_bundled_folders_are_where_the_defaults_point() -> None:
    assert Config().model_folder == bundled("models") / "en"
    assert (Config().model_folder / "am" / "final.mdl").is_file()
    assert Config().dialog_folder.is_dir()


def test_the_cache_is_the_users_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", "/somewhere")
    assert Config().cache_folder == Path("/somewhere/charley")
    monkeypatch.setenv("XDG_CACHE_HOME", "relative")
    assert Config().cache_folder == Path.home() / ".cache" / "charley"
