"""The soft low tone that marks the start and the end of a hold.

Woken sleepers hear low tones best, and older ears lose the high ones first; so 440 Hz, short, soft, and a pure sine
whose edges rise and fall like a cosine, which leaves nothing above 2 kHz (clinical.md 3.1).
"""

from __future__ import annotations

import functools
import math
import struct

from voice_skill.dialog.actions import TONE
from voice_skill.tts.port import CLIP_RATE, Clip

__all__ = ["TONE", "tone"]

_HERTZ = 440.0
_SECONDS = 0.14
_EDGE_SECONDS = 0.04
_PEAK = 3_300
"""Of 32,768 (-20 dB): the voice peaks at about -3 dB."""


@functools.cache
def tone() -> Clip:
    """The tone: 440 Hz for 140 ms, at 22,050 Hz."""
    count = round(_SECONDS * CLIP_RATE)
    edge = _EDGE_SECONDS * CLIP_RATE
    samples = []
    for index in range(count):
        nearness = min(1.0, index / edge, (count - 1 - index) / edge)
        envelope = (1 - math.cos(math.pi * nearness)) / 2
        samples.append(round(_PEAK * envelope * math.sin(2 * math.pi * _HERTZ * index / CLIP_RATE)))
    return Clip(struct.pack(f"<{count}h", *samples))
