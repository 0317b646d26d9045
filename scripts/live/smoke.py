"""The shortest live night: for every change, on any machine. What takes long on a busy one is tried again."""

from __future__ import annotations

import time

import numpy as np

from scripts.live.checks import OPENING
from scripts.live.measure import QUIET, Row
from scripts.live.night import Mouth, Night, said_till
from scripts.live.soundcard import SoundCard

__all__ = ["smoke"]

WITHIN = 12.0
"""Seconds for what takes one or two on a machine that does nothing else."""


def smoke(card: SoundCard, mouth: Mouth) -> list[Row]:
    """Wake, answer aloud, stop at a word, notice that the microphone has gone and is back, end at Ctrl-C."""
    card.echo(-20)
    with Night(card, mouth) as night:
        said_till(night, lambda: night.say(OPENING), "wake", within=WITHIN)
        prompt = night.until("say")
        night.heard.recorded(prompt.arrived + 2)
        aloud = np.abs(night.heard.between(prompt.arrived, prompt.arrived + 2).astype(np.int32)) > QUIET
        stopped = said_till(night, lambda: night.say("stop"), "heard", within=WITHIN)
        card.unplug()
        gone = time.monotonic()
        noticed = night.until("told", lambda line: "microphone is gone" in line.text, within=WITHIN)
        card.plug_in()
        plugged = time.monotonic()
        back = night.until("told", lambda line: "microphone is back" in line.text, within=WITHIN)
        exit_code = night.end()
    return [
        Row("answers aloud", float(aloud.any()), least=1),
        Row("stops at a word", float(stopped.fields["intent"] == "stop"), least=1, note=stopped.text),
        Row("microphone gone: noticed", noticed.arrived - gone, "s", most=2),
        Row("microphone back: listens again", back.arrived - plugged, "s", most=5),
        Row("exit code at Ctrl-C", exit_code, least=130, most=130),
    ]
