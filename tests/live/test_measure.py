"""What the live checks read from recorded sound."""

from __future__ import annotations

import numpy as np
import pytest

from scripts.live.measure import sounds_for
from scripts.live.soundcard import RATE


def test_a_pause_between_two_sentences_is_no_silence_yet() -> None:
    heard = np.zeros(2 * RATE, np.int16)
    heard[: RATE // 10] = 500
    heard[RATE // 2 : RATE] = -500
    assert sounds_for(heard) == pytest.approx(1.0)
    assert sounds_for(heard[RATE:]) == 0.0
    assert sounds_for(heard[:0]) == 0.0
