"""What must come before what: the checks before all else, ten minutes before going on, often before goodnight
(clinical.md 5.4). Each function takes one step and the dialogs, and says what is wrong with it, or ""."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from voice_skill.dialog.builtins import CONSENT, OFF
from voice_skill.dialog.events import Heard, Woken
from voice_skill.dialog.explore import Transition
from voice_skill.dialog.flow import BACK, BEGIN
from voice_skill.dialog.guessing import FORGOTTEN
from voice_skill.dialog.model import Answer, Dialogs, Level
from voice_skill.dialog.nets import ADVISED, OFTEN

__all__ = ["ORDER"]

CRAMPING = ("acute_relief", "red_flag_screen", "wind_down")
"""The dialogs in which a leg may still cramp."""
SCREEN, HISTORY = "red_flag_screen", "history"
LESSER = ("red_flag_screen.soon", "prevention_coach.soon")
LATER = {
    "aftercare": Level.S,
    "bedtime_routine": Level.S,
    "prevention_coach": Level.S,
    HISTORY: Level.S,
    "warm_up": Level.NONE,
    "cool_down": Level.NONE,
    "strength": Level.NONE,
}
"""The dialogs for when the checks are over, each with the highest level at which it may be asked for."""
CLOSING = (
    "red_flag_screen.close",
    "red_flag_screen.verdict",
    "wind_down.goodnight",
    "wind_down.stop",
    "wind_down.frequent_stop",
)
"""Where a conversation comes to its end."""
SKIPPED = ("red_flag_screen.offer", "wind_down.skipped")
"""Where it is said that checks were skipped, and they are offered once more."""
PARTING = (
    "acute_relief.not_me",
    "bedtime_routine.plan",
    "cool_down.ending",
    "prevention_coach.parting",
    "red_flag_screen.unresolved",
    "strength.ending",
    "urgent_advice.restate",
    "warm_up.ending",
    "wind_down.net",
    "wind_down.stop_net",
)
"""Where Charley takes leave, or says that checks were skipped and leaves it at that."""
OFTEN_NAMED = ("history.frequent", "history.many", "history.told")
GRIP_ASKED = ("acute_relief.quiet_rest", "acute_relief.still_ask")
KEPT = ("history.consent", "history.recall")
"""Where keeping a record is talked about."""


def ten_minutes_come_first(step: Transition, _: Dialogs) -> str:
    """P17: once ten minutes are up, nothing more begins while a leg may cramp before the question about them is put."""
    for where in step.entered:
        if _dialog(where) in CRAMPING and not step.after.asleep and step.after.clock_in({"due"}):
            return f"{where} begins though ten minutes are up"
    return ""


def checks_come_first(step: Transition, dialogs: Dialogs) -> str:
    """P24: what may be said everywhere begins nothing for later while checks are open, nor at a level of help."""
    if not _said_everywhere(step, dialogs) or any(where in CLOSING for where in step.entered):
        return ""
    dialog = _dialog(step.after.at.state)
    if dialog not in LATER or any(_dialog(at.state) == dialog for at in step.before.stack):
        return ""
    if step.after.any_unsettled(dialogs.questions):
        return f"{dialog} begins with checks open"
    above = Level(LATER[dialog] + 1)
    return f"{dialog} begins at level {above.name}, or above" if step.after.at_least(above) else ""


def asking_gets_checks(step: Transition, dialogs: Dialogs) -> str:
    """P5: whoever asks to be checked comes to the checks, and who asks what is next while the cramp eases, too."""
    intent = step.event.intent if isinstance(step.event, Heard | Woken) else ""
    if intent not in ("check_me", "what_now") or not _said_everywhere(step, dialogs) or step.after.at_least(Level.U):
        return ""
    if intent == "what_now" and step.after.slot_in("ease", {"none", "same"}):
        return ""
    if intent == "what_now" and not step.after.any_unsettled(dialogs.questions):
        return ""
    comes = any(_dialog(at.state) in (SCREEN, dialogs.clock) for at in step.after.stack)
    return "" if comes else "the checks were asked for, and are not put"


def correction_is_heard(step: Transition, dialogs: Dialogs) -> str:
    """P2, P14: "no, I said no" at a level of help leads to the question about that very sign, and to nothing else."""
    if not isinstance(step.event, Heard) or step.event.intent != "correction" or not _said_everywhere(step, dialogs):
        return ""
    now_at = (at.state for at in step.after.stack if not at.state.startswith(FORGOTTEN))
    # one that has nothing to ask, as no sign was named, is entered and left in one step
    asked = any(dialogs.state(where).recheck for where in (*step.entered, *now_at))
    return "" if asked or not step.after.at_least(Level.U) else "a correction at a level of help is passed over"


def lesser_line_is_earned(step: Transition, dialogs: Dialogs) -> str:
    """P5: "it isn't an emergency" is spoken only when every night-core question was answered."""
    earned = LESSER[0] not in step.entered or not step.after.any_unsettled(dialogs.questions)
    return "" if earned else "no emergency, it is said, with questions that were not answered"


def lesser_level_is_told(step: Transition, _: Dialogs) -> str:
    """P5: after the questions of the day, level S is told as such."""
    where = step.after.at.state if not step.after.asleep else ""
    if "prevention_coach.verdict" not in step.entered or not step.after.at_least(Level.S):
        return ""
    return "" if where in LESSER or step.after.at_least(Level.U) else f"level S, but {where} follows"


def skipped_is_told(step: Transition, dialogs: Dialogs) -> str:
    """P1: where a conversation comes to its end, whoever has questions open is told so, or offered them once more."""
    points = [*step.entered, *([step.before.at.state] if step.since == BACK else [])]
    if step.after.asleep or not any(where in CLOSING for where in points) or step.after.at_least(Level.U):
        return ""
    where = step.after.at.state
    if where in (*SKIPPED, *PARTING) or _names_often(where, dialogs) or _dialog(where) in (HISTORY, dialogs.clock):
        return ""
    unsettled = step.after.any_unsettled(dialogs.questions)
    return f"{where} follows, with questions open and not a word of it" if unsettled else ""


def skipped_is_offered(step: Transition, dialogs: Dialogs) -> str:
    """P1: what was skipped is offered once more before the verdict."""
    if "red_flag_screen.close" not in step.entered or step.after.asleep or step.after.at_least(Level.U):
        return ""
    if step.after.at.state in SKIPPED or _dialog(step.after.at.state) == dialogs.clock:
        return ""
    return "what was skipped is not offered again" if step.after.any_unsettled(dialogs.questions) else ""


def nets_go_with_leave(step: Transition, dialogs: Dialogs) -> str:
    """P1: where Charley takes leave, or says that checks were skipped, what is open closes with its net, in that very
    turn; at a level of help too."""
    where = next((where for where in step.entered if where in PARTING), "")
    if not where or step.after.asleep or not step.after.any_open(dialogs.questions):
        return ""
    return f"{where} is spoken without the nets of what is open"


def advice_counts(step: Transition, _: Dialogs) -> str:
    """P26: whoever is told to see a doctor is at that level, so that no all-clear follows."""
    told = step.slots.get(ADVISED) == "yes"
    return "" if not told or step.after.asleep or step.after.at_least(Level.S) else "told to see a doctor below level S"


def often_is_named_first(step: Transition, dialogs: Dialogs) -> str:
    """P26: where a conversation comes to its end, or is about how often, cramps that come often are named first."""
    if not {OFTEN, ADVISED} <= dialogs.slots.keys() or step.after.asleep or step.after.at_least(Level.U):
        return ""
    where = step.after.at.state
    if _dialog(where) == dialogs.clock:
        return ""
    if "history.counted" in step.entered:
        untold = step.after.answer_in("OFTEN", Answer.YES)
    elif "history.start" in step.entered:
        untold = step.after.slot_in(OFTEN, {"yes"})
    elif any(point in CLOSING[1:4] for point in step.entered):
        untold = step.after.slot_in(OFTEN, {"yes"}) and step.after.slot_in(ADVISED, {"no"})
    else:
        return ""
    if untold == _names_often(where, dialogs):
        return ""
    return f"often is passed over for {where}" if untold else f"{where} names often, which is not so, or was named"


def grip_is_asked_once(step: Transition, _: Dialogs) -> str:
    """P17: after the checks the grip is asked about if that is open, and the screen is closed only if it is not."""
    if "acute_relief.still_early" not in step.entered or step.after.asleep or step.after.at_least(Level.U):
        return ""
    open_ = step.after.answer_in("STILL", Answer.UNASKED)
    asks = step.after.at.state in GRIP_ASKED
    if open_ and _dialog(step.after.at.state) == SCREEN:
        return "the screen is closed, and nobody has asked whether it still grips"
    return "it is asked whether it still grips, though that was answered" if asks and not open_ else ""


def clock_leaves_help_alone(step: Transition, dialogs: Dialogs) -> str:
    """P17: nobody who was sent to help is kept from it by the ten-minute question."""
    puts = not step.after.asleep and step.after.at.state == f"{dialogs.clock}.ask" and step.until == BEGIN
    return "ten minutes are asked about at a level of help" if puts and step.after.at_least(Level.U) else ""


def keeping_is_asked_once(step: Transition, dialogs: Dialogs) -> str:
    """P23: keeping is talked about only where something can be kept, is asked about once if nobody has brought it up,
    and what was kept is told only to who agreed to it."""
    if step.after.asleep or CONSENT not in dialogs.slots:
        return ""
    for where in _comes_to(step):
        if where in KEPT and step.after.slot_in(CONSENT, {OFF}):
            return "keeping is talked about where nothing can be kept"
        if where == KEPT[0] and not _said_everywhere(step, dialogs) and not step.after.slot_in(CONSENT, {"unasked"}):
            return "keeping is asked about again"
        tells = any("{week}" in text for text in dialogs.state(where).say)
        if tells and not step.after.slot_in(CONSENT, {"yes"}):
            return "what was kept is told without consent"
    return ""


def _comes_to(step: Transition) -> list[str]:
    """The states that a step comes to, the one included before which it is cut, but not the one after."""
    entered = step.entered[1:] if step.since == BEGIN else step.entered
    return [*entered, *([step.after.at.state] if step.until == BEGIN else [])]


def _dialog(where: str) -> str:
    return where.partition(".")[0]


def _names_often(where: str, dialogs: Dialogs) -> bool:
    """Whether a state names cramps that come often, or calls what does."""
    return where in OFTEN_NAMED or dialogs.state(where).call in OFTEN_NAMED


def _said_everywhere(step: Transition, dialogs: Dialogs) -> bool:
    """Whether something was said that counts everywhere, and of which the place itself makes nothing else."""
    if not isinstance(step.event, Heard | Woken) or step.after.asleep:
        return False
    where = dialogs.start if step.before.asleep else step.before.at.state
    return step.event.intent in dialogs.universal and step.event.intent not in dialogs.state(where).on


ORDER: Mapping[str, Callable[[Transition, Dialogs], str]] = {
    "P1b": skipped_is_told,
    "P1c": skipped_is_offered,
    "P1d": nets_go_with_leave,
    "P2b": correction_is_heard,
    "P5b": lesser_line_is_earned,
    "P5c": lesser_level_is_told,
    "P5d": asking_gets_checks,
    "P17b": ten_minutes_come_first,
    "P17c": grip_is_asked_once,
    "P17d": clock_leaves_help_alone,
    "P23b": keeping_is_asked_once,
    "P24b": checks_come_first,
    "P26b": advice_counts,
    "P26c": often_is_named_first,
}
