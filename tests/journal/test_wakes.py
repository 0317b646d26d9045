from __future__ import annotations

import json
from datetime import date, datetime, timedelta
from pathlib import Path

import pytest

from voice_skill.errors import StorageError
from voice_skill.journal.wakes import KEPT_NIGHTS, Wakes, WakesFile, night_of

NIGHT = date(2026, 11, 21)


class Clock:
    def __init__(self) -> None:
        self.now = datetime(2026, 11, 21, 23, 50)

    def __call__(self) -> datetime:
        return self.now


def test_wakes_are_counted_by_the_night_and_the_ones_for_nothing_are_the_rest(tmp_path: Path) -> None:
    clock = Clock()
    tally = WakesFile(tmp_path / "state", clock)
    assert tally.nights() == {}
    tally.woken()
    tally.understood()
    clock.now += timedelta(hours=3)
    tally.woken()
    assert tally.nights() == {NIGHT: Wakes(2, 1)}
    assert tally.nights()[NIGHT].false == 1
    clock.now += timedelta(hours=11)
    tally.woken()
    assert tally.nights() == {NIGHT: Wakes(2, 1), NIGHT + timedelta(1): Wakes(1, 0)}


def test_a_night_goes_from_noon_to_noon() -> None:
    assert night_of(datetime(2026, 11, 22, 11, 59)) == NIGHT
    assert night_of(datetime(2026, 11, 22, 12, 0)) == date(2026, 11, 22)


def test_two_processes_count_together_and_a_new_one_goes_on(tmp_path: Path) -> None:
    for _ in range(2):
        WakesFile(tmp_path, Clock()).woken()
    assert WakesFile(tmp_path, Clock()).nights() == {NIGHT: Wakes(2, 0)}


def test_only_two_numbers_a_night_are_kept_and_only_of_the_last_nights(tmp_path: Path) -> None:
    clock = Clock()
    tally = WakesFile(tmp_path, clock)
    for _ in range(KEPT_NIGHTS + 5):
        tally.woken()
        clock.now += timedelta(days=1)
    kept = json.loads((tmp_path / "wakes.json").read_text())
    assert next(iter(kept)) == "2026-11-26"
    assert len(kept) == KEPT_NIGHTS
    assert all(set(numbers) == {"wakes", "understood"} for numbers in kept.values())
    assert [path.name for path in tmp_path.iterdir()] == ["wakes.json"]


@pytest.mark.parametrize(
    "text", ["", "{", "[]", '{"today": {}}', '{"2026-11-21": 3}', '{"2026-11-21": {"wakes": "x"}}']
)
def test_a_damaged_count_is_told_and_left_alone(tmp_path: Path, text: str) -> None:
    (tmp_path / "wakes.json").write_text(text)
    with pytest.raises(StorageError, match=r"wakes\.json cannot be read"):
        WakesFile(tmp_path, Clock()).woken()
    assert (tmp_path / "wakes.json").read_text() == text


def test_a_folder_that_cannot_be_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StorageError, match="cannot be"):
        WakesFile(tmp_path / "file", Clock()).woken()
