from __future__ import annotations

import numpy as np

from voice_skill.tts.tone import tone

SAMPLES = np.frombuffer(tone().pcm, "<i2").astype(float)


def test_the_tone_is_low_and_has_nothing_above_two_kilohertz() -> None:
    spectrum = np.abs(np.fft.rfft(SAMPLES, 1 << 16)) ** 2
    hertz = np.fft.rfftfreq(1 << 16, 1 / tone().rate)
    assert 300 <= hertz[spectrum.argmax()] <= 600
    assert spectrum[hertz > 2000].sum() < 1e-6 * spectrum.sum()


def test_the_tone_is_short_and_soft_and_has_no_edges() -> None:
    assert tone().seconds <= 0.150
    assert 1_000 < np.abs(SAMPLES).max() < 3_500  # the voice peaks above 20,000
    assert np.abs(np.diff(SAMPLES, prepend=0, append=0)).max() < 3_500 * 2 * np.pi * 600 / tone().rate
    assert np.abs(SAMPLES[[*range(20), *range(-20, 0)]]).max() < 10
