from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from voice_skill.audio.gain import amplified
from voice_skill.audio.levels import rms_dbfs
from voice_skill.tts.port import CLIP_RATE
from voice_skill.tts.pyttsx3_voice import Pyttsx3Voice


@pytest.fixture(scope="module")
def spoken() -> NDArray[np.int16]:
    return np.frombuffer(Pyttsx3Voice().render("Keep that knee straight. Pull the foot up.", 150).pcm, "<i2")


def level(samples: NDArray[np.float32] | NDArray[np.int16]) -> float:
    return rms_dbfs(samples.round().astype("<i2").tobytes())


@pytest.mark.parametrize("gain_db", [-30.0, -18.0, -4.4, 0.0, 2.0])
def test_what_fits_is_louder_or_softer_to_the_tenth_of_a_decibel(spoken: NDArray[np.int16], gain_db: float) -> None:
    assert level(amplified(spoken, gain_db, CLIP_RATE)) - level(spoken) == pytest.approx(gain_db, abs=0.1)


def test_two_steps_louder_is_heard_though_the_peaks_do_not_fit(spoken: NDArray[np.int16]) -> None:
    """Turning the whole sentence down to what its peak allows, as a simple cap would, leaves 3 dB."""
    for gain_db, least in ((6.0, 5.0), (12.0, 7.0)):
        louder = amplified(spoken, gain_db, CLIP_RATE)
        assert level(louder) - level(spoken) >= least
        assert np.abs(louder).max() <= 32_767


def test_nothing_clips_and_peaks_are_turned_down_by_a_ramp() -> None:
    seconds = np.arange(CLIP_RATE) / CLIP_RATE
    tone = (20_000 * np.sin(2 * np.pi * 300 * seconds) * np.exp(-(((seconds - 0.5) / 0.05) ** 2))).astype(np.int16)
    louder = amplified(tone, 12.0, CLIP_RATE)
    clipped = (tone * 10 ** (12 / 20)).clip(-32_767, 32_767)
    assert 30_000 < np.abs(louder).max() <= 32_767

    def harmonics(samples: NDArray[np.float32]) -> float:
        """Energy at the third harmonic and above, which clipping adds, against all of it in dB."""
        power = np.abs(np.fft.rfft(samples)) ** 2
        return float(10 * np.log10(power[850:].sum() / power.sum()))

    assert harmonics(louder) < -40 < -20 < harmonics(clipped.astype(np.float32))


def test_nothing_is_nothing() -> None:
    assert amplified(np.zeros(0, np.int16), 12.0, CLIP_RATE).size == 0
    assert not amplified(np.zeros(50, np.int16), 12.0, CLIP_RATE).any()
