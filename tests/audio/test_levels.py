from __future__ import annotations

import math
from array import array

import pytest

from voice_skill.audio.levels import FLOOR_DBFS, is_clipped, peak_dbfs, rms_dbfs


def pcm(*samples: int) -> bytes:
    return array("h", samples).tobytes()


SINE = pcm(*(round(32767 * math.sin(2 * math.pi * 100 * index / 16_000)) for index in range(1_600)))


def test_full_scale_reads_zero_and_a_sine_three_less() -> None:
    assert rms_dbfs(pcm(-32768, -32768)) == 0
    assert rms_dbfs(SINE) == pytest.approx(-3.01, abs=0.01)
    assert peak_dbfs(SINE) == pytest.approx(0, abs=0.01)


def test_half_the_amplitude_is_six_decibels_less() -> None:
    assert rms_dbfs(pcm(16384, -16384)) == pytest.approx(-6.02, abs=0.01)
    assert peak_dbfs(pcm(3, -16384, 5)) == pytest.approx(-6.02, abs=0.01)


@pytest.mark.parametrize("silent", [b"", pcm(0, 0, 0)])
def test_silence_reads_the_floor(silent: bytes) -> None:
    assert (rms_dbfs(silent), peak_dbfs(silent)) == (FLOOR_DBFS, FLOOR_DBFS)
    assert not is_clipped(silent)


@pytest.mark.parametrize("rail", [32767, -32768])
def test_only_a_run_at_full_scale_is_clipped(rail: int) -> None:
    assert is_clipped(pcm(5, rail, rail, rail, 5))
    assert not is_clipped(pcm(5, rail, rail, 5, rail, rail))
    assert not is_clipped(pcm(32766, 32766, 32766, 32766))
    assert not is_clipped(SINE)
