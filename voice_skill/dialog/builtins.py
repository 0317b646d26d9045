"""What an edge can `do` besides going somewhere: pause, say again, and change the voice."""

from __future__ import annotations

from collections.abc import Callable

from voice_skill.dialog import holding
from voice_skill.dialog.move import Move
from voice_skill.dialog.session import Phase, Voice

__all__ = ["BUILTINS", "PAUSE_SECONDS", "VOICES", "do"]

PAUSE_SECONDS = 20.0
"""Seconds of silent waiting before "Still here. Ready?" (clinical.md 2.4, WAIT)."""

RATE_FLOOR, RATE_CAP, RATE_STEP = 115, 185, 0.85
"""Words per minute (clinical.md 3.1)."""
GAIN_FLOOR, GAIN_CAP, GAIN_STEP = -18.0, 12.0, 6.0
WHISPER_DB = -4.4
"""Forty per cent less loud (clinical.md 3.7)."""


def do(move: Move, name: str) -> bool:
    """Carry out a built-in. Returns whether the session is at rest already, so that the edge goes nowhere."""
    if name in VOICES:
        change, line = VOICES[name]
        move.change(voice=change(move.session.voice))
        if line:
            move.line(line)
        return False
    match name:
        case "pause":
            return pause(move)
        case "repeat":
            return repeat(move)
        case "how_long":
            return how_long(move)
        case _:  # resume: going on is what `stay` does
            return False


def pause(move: Move) -> bool:
    """Wait in silence; a hold stands still meanwhile."""
    holding.freeze(move)
    move.place(reminders=0)
    move.line("paused")
    move.speak(Phase.PAUSED, remember=False)
    return True


def repeat(move: Move) -> bool:
    """Say the last turn again; in a hold, the time left."""
    if move.at.holding is not None:
        return how_long(move)
    if not move.session.said:
        return False
    move.speech += move.session.said
    move.speak()
    return True


def how_long(move: Move) -> bool:
    """Say how much of a hold is left, without touching it."""
    hold = move.state.hold
    if hold is None or move.at.holding is None:
        return False
    if move.at.holding.zero is None:  # it stands still: going on says it, a pause does not
        if move.at.phase is Phase.PAUSED:
            move.line("seconds_left", holding.left(move, hold))
        return False
    move.line("seconds_left", holding.left(move, hold))
    move.aside()
    return True


def _slower(voice: Voice) -> Voice:
    return voice._replace(rate=max(RATE_FLOOR, round(voice.rate * RATE_STEP)))


def _faster(voice: Voice) -> Voice:
    return voice._replace(rate=min(RATE_CAP, round(voice.rate / RATE_STEP)))


def _louder(voice: Voice) -> Voice:
    return voice._replace(gain_db=min(GAIN_CAP, voice.gain_db + GAIN_STEP), whisper=False)


def _quieter(voice: Voice) -> Voice:
    return voice._replace(gain_db=max(GAIN_FLOOR, voice.gain_db - GAIN_STEP))


def _whisper(voice: Voice) -> Voice:
    return voice if voice.whisper else voice._replace(whisper=True, gain_db=max(GAIN_FLOOR, voice.gain_db + WHISPER_DB))


def _speak_up(voice: Voice) -> Voice:
    return voice._replace(whisper=False, gain_db=max(0.0, voice.gain_db))


VOICES: dict[str, tuple[Callable[[Voice], Voice], str]] = {
    "slower": (_slower, "slower"),
    "slow_one_step": (_slower, ""),
    "faster": (_faster, "faster"),
    "louder": (_louder, "louder"),
    "quieter": (_quieter, "quieter"),
    "whisper": (_whisper, "whisper"),
    "speak_up": (_speak_up, "speak_up"),
}
"""Name → what it does to the voice, and the line that confirms it."""

BUILTINS = ("pause", "resume", "repeat", "how_long", *(name for name in VOICES if name != "slow_one_step"))
"""The names that a dialog file may use."""
