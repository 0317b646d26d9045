"""What an edge can `do` besides going somewhere: pause, say again, change the voice, remember, begin anew."""

from __future__ import annotations

from collections.abc import Callable

from voice_skill.dialog import anew, holding
from voice_skill.dialog.actions import Forget, Remember
from voice_skill.dialog.move import Move
from voice_skill.dialog.session import Phase, Voice
from voice_skill.dialog.texts import MINUTES

__all__ = ["BUILTINS", "CONSENT", "CONSENTS", "KEPT", "OFF", "PAUSE_SECONDS", "VOICES", "do", "keep"]

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
        case "answer":
            holding.freeze(move)
            return False
        case "new_cramp":
            anew.for_new_cramp(move)
            return False
        case "remember" | "forget_tonight" | "forget_all" | "stop_remembering":
            consent(move, name)
            return False
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
    """Say how much of a hold or a timer is left, without touching it."""
    if move.at.until is not None:
        minutes = round((move.at.until - move.now) / 60)
        move.line("minutes_left" if minutes in MINUTES else "minute_left", minutes=str(minutes))
        return False
    hold = move.state.hold
    if hold is None or move.at.holding is None:
        return False
    if move.at.holding.zero is None:  # it stands still: going on says it, a pause does not
        if move.at.phase is Phase.PAUSED:
            move.line("seconds_left", seconds=str(holding.left(move, hold)))
        return False
    move.line("seconds_left", seconds=str(holding.left(move, hold)))
    move.aside()
    return True


def consent(move: Move, name: str) -> None:
    """What the person wants to be remembered, or not (clinical.md 3.9)."""
    if move.session.slot_in(CONSENT, {OFF}):
        return
    move.session = move.session.with_slot(CONSENT, "yes" if name == "remember" else "no")
    match name:
        case "remember":
            keep(move)
        case "forget_tonight":
            move.actions.append(Forget("tonight"))
        case "forget_all":
            move.actions.append(Forget("all"))
        case _:
            move.actions.append(Forget("consent"))


def keep(move: Move) -> None:
    """Have tonight remembered as it stands, if that was agreed to."""
    session = move.session
    slots = dict(session.slots)
    if CONSENT not in slots or not session.slot_in(CONSENT, {"yes"}):
        return
    grave = (f"{id}={answer}" for id, answer in session.yeses())
    kept = {name: slots[name] for name in KEPT if name in slots}
    fields = {"level": session.level.name, **kept, "answers": " ".join(grave)}
    move.actions.append(Remember(tuple(fields.items())))


def _slower(voice: Voice) -> Voice:
    return voice._replace(rate=max(RATE_FLOOR, round(voice.rate * RATE_STEP)))


def _faster(voice: Voice) -> Voice:
    return voice._replace(rate=min(RATE_CAP, round(voice.rate / RATE_STEP)))


def _louder(voice: Voice) -> Voice:
    return voice._replace(gain_db=min(GAIN_CAP, voice.gain_db + GAIN_STEP), whisper=False, whispered=False)


def _quieter(voice: Voice) -> Voice:
    return voice._replace(gain_db=max(GAIN_FLOOR, voice.gain_db - GAIN_STEP))


def _whisper(voice: Voice) -> Voice:
    return voice if voice.whisper else voice._replace(whisper=True, gain_db=max(GAIN_FLOOR, voice.gain_db + WHISPER_DB))


def _speak_up(voice: Voice) -> Voice:
    return voice._replace(whisper=False, gain_db=max(0.0, voice.gain_db), softer_db=0.0, whispered=False)


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

CONSENT = "consent"
"""The slot that holds whether tonight may be remembered: no or yes. Nothing but the built-ins changes it."""
OFF = "off"
"""The value of that slot where nothing can be remembered at all."""
CONSENTS = ("remember", "forget_tonight", "forget_all", "stop_remembering")
KEPT = ("ease", "holds", "leg", "place")
"""The slots that are remembered, as far as the dialogs have them."""

BUILTINS = (
    *("pause", "resume", "repeat", "how_long", "answer", "new_cramp", *CONSENTS),
    *(name for name in VOICES if name != "slow_one_step"),
)
"""The names that a dialog file may use."""
