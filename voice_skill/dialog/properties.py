"""What must hold of every step of every conversation, one short function each (clinical.md 5.4, P1 to P32).

Each takes one `Transition` and the dialogs, and returns a sentence that says what is wrong, or "". They judge the
engine and the dialog files together, from outside: by what was heard, what the session became, and what is spoken.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import lru_cache
from itertools import pairwise

from voice_skill.dialog.actions import Listen, Note, Remember, Say, Sleep, StopSpeaking
from voice_skill.dialog.builtins import CONSENT
from voice_skill.dialog.care import carries, cold_is_for_later, needs, no_stretch_is_described
from voice_skill.dialog.events import Heard, NotUnderstood, TimePassed, Woken
from voice_skill.dialog.explore import Transition
from voice_skill.dialog.flow import BACK
from voice_skill.dialog.guessing import FORGOTTEN
from voice_skill.dialog.model import Answer, Dialogs, Hold, Level
from voice_skill.dialog.nets import ADVISED, OFTEN
from voice_skill.dialog.order import ORDER
from voice_skill.dialog.partial import most
from voice_skill.dialog.screen import MAX_ASKS
from voice_skill.dialog.session import Phase
from voice_skill.dialog.texts import fill

__all__ = ["PROPERTIES", "Property", "violations"]

Property = Callable[[Transition, Dialogs], str]

INJURY = "INJURY"
CLEAR = "red_flag_screen.clear"
MAX_HOLDS = 3
HOLD_SECONDS = 30.5
"""A stretch of thirty seconds, and half a second for the clock (P16)."""


def violations(transition: Transition, dialogs: Dialogs) -> Iterator[str]:
    """What is wrong with one step, each as "P5: sentence"."""
    for name, holds in PROPERTIES.items():
        if wrong := holds(transition, dialogs):
            yield f"{name}: {wrong}"


def only_a_plain_no_clears(step: Transition, dialogs: Dialogs) -> str:
    """P3, P4: a question becomes "no" only by a no to it, or by words that an edge calls its answer ("it's gone")."""
    if step.after.asleep or step.before.asleep:
        return ""
    for id, _, after in step.answered:
        if after != Answer.NO:
            continue
        if not isinstance(step.event, Heard):
            return f"{id} was cleared by {_what(step)}, and nobody said no"
        asking = step.before.at.asking
        plain = asking is not None and asking.id == id and step.event.intent == "no"
        edges = dialogs.state(step.before.at.state).on.get(step.event.intent, ())
        if not plain and not any(id in edge.answers for edge in edges):
            return f'{id} was cleared by "{step.event.intent}"'
    return ""


def level_never_falls(step: Transition, _: Dialogs) -> str:
    """P2, P14: only a no to the very question that raised it, when asked again, lowers the level."""
    if step.before.asleep or step.after.asleep or isinstance(step.event, Woken) or step.after.at_least(Level.E):
        return ""
    lowered = [id for id, _, now in step.answered if now in Answer.ALL and now not in Answer.YES]
    if not lowered or (len(lowered) == 1 and not step.before.answer_in(lowered[0], Answer.YES)):
        return ""
    if step.after.level >= step.before.level:
        return ""
    asking = step.before.at.asking
    corrected = asking is not None and step.before.answer_in(asking.id, Answer.YES)
    if corrected and isinstance(step.event, Heard) and step.event.intent == "no":
        return ""
    return f"the level fell from {step.before.level.name} to {step.after.level.name} by {_what(step)}"


def yes_keeps_its_level(step: Transition, dialogs: Dialogs) -> str:
    """P14: an answer that counts as yes leads to one of its question's levels, and to none below."""
    for id, _, after in step.answered:
        if after in Answer.YES and Level[after] < min(dialogs.questions[id].levels):
            return f"a yes to {id} leads to no more than level {after}, by {_what(step)}"
    return ""


def all_clear_is_earned(step: Transition, dialogs: Dialogs) -> str:
    """P5: the all-clear is spoken only when every night-core question was answered no, no level was reached, and cramps
    do not come often."""
    if not _speaks_first_of(step, dialogs, CLEAR):
        return ""
    core = (id for id, question in dialogs.questions.items() if question.core)
    doubtful = [id for id in core if not step.after.answer_in(id, {Answer.NO})]
    if not doubtful and step.after.level is Level.NONE:
        often = OFTEN in dialogs.slots and step.after.slot_in(OFTEN, {"yes"})
        return "the all-clear is spoken though cramps come often" if often else ""
    return f"the all-clear is spoken at level {step.after.level.name} with {', '.join(doubtful) or 'nothing'} not no"


def no_stretch_after_doubt(step: Transition, dialogs: Dialogs) -> str:
    """P7: no stretch after a yes to injury, and none after the first without a plain no to it."""
    hold = _stretch_begun(step, dialogs)
    if hold is None or not hold.counts or INJURY not in dialogs.questions:
        return ""
    if step.after.answer_in(INJURY, Answer.YES):
        return "a stretch begins after a yes to INJURY"
    held = int(step.after.slot(hold.counts))
    if held > 1 and not step.after.answer_in(INJURY, {Answer.NO}):
        return f"stretch {held} begins without a no to INJURY"
    return ""


def danger_leads_to_help(step: Transition, dialogs: Dialogs) -> str:
    """P11: danger words lead to the emergency dialog in one step, wherever they are said."""
    intent = step.event.intent if isinstance(step.event, Heard | Woken) else ""
    if intent not in dialogs.dangers:
        return ""
    if step.after.asleep or step.after.at.state != dialogs.emergency or not step.after.at_least(Level.E):
        return f'"{intent}" led to {"sleep" if step.after.asleep else step.after.at.state}'
    return "" if any(isinstance(action, Say) for action in step.actions) else f'"{intent}" was met with silence'


def help_is_kept(step: Transition, dialogs: Dialogs) -> str:
    """P12, P14: at level E the conversation stays in the emergency dialog, and at level U with advice today or there,
    but for what is called on top of it. So no stretch, care, routine or all-clear follows."""
    after = step.after
    if after.asleep:
        return ""
    highest = most(dialogs, after.stack)
    for level in (Level.E, Level.U):
        if highest < level and after.at_least(level):
            return f"level {level.name}, but the conversation is in {after.stack[0].state.lstrip(FORGOTTEN)}"
    held = highest is Level.E and any(at.holding for at in after.stack) and after.at_least(Level.E)
    return f"a hold runs at level E in {after.at.state}" if held else ""


def urgent_advice_has_a_reason(step: Transition, dialogs: Dialogs) -> str:
    """P12: whoever is sent to advice today is at its level, so that nothing milder can follow."""
    urgent = dialogs.urgent.partition(".")[0]
    within = [bool(at.stack) and at.stack[0].state.partition(".")[0] == urgent for at in (step.before, step.after)]
    comes = within == [False, True] and not step.after.at_least(Level.U)
    return f"{step.after.stack[0].state} is come to below level U" if comes else ""


def emergency_names_the_number(step: Transition, dialogs: Dialogs) -> str:
    """P13: the emergency dialog names the region's number in its first sentence, after at most "Yes, a cold leg."."""
    first = dialogs.state(dialogs.emergency).say
    if not _speaks_first_of(step, dialogs, dialogs.emergency):
        return "" if not _enters(step, dialogs.emergency) else "the emergency dialog begins without its first sentence"
    line = fill(dialogs, first[:1], step.after.region, step.after.named)[0]
    number = dialogs.regions.get(step.after.region, dialogs.regions["unknown"]).emergency
    said = [text for say in step.said for text in say.sentences]
    if number.lower() not in line.lower():
        return f'the first sentence is "{line}", without "{number}"'
    return "" if line in said[:2] else f'"{line}" is only sentence {said.index(line) + 1} of what is said'


def letting_go_is_at_once(step: Transition, dialogs: Dialogs) -> str:
    """P15: "stop" or "that hurts" ends a stretch in one step: the count falls silent, and something else is said."""
    before = step.before
    if before.asleep or not isinstance(step.event, Heard) or step.event.intent not in ("stop", "hurts", "pain"):
        return ""
    hold = dialogs.state(before.at.state).hold
    if hold is None or hold.kind != "stretch" or before.at.holding is None:
        return ""
    if before.at.holding.zero is not None and StopSpeaking() not in step.actions:
        return f'"{step.event.intent}" in a hold does not stop what is being counted'
    if any(at.holding for at in step.after.stack) or any(say.cue for say in step.said):
        return f'"{step.event.intent}" in a hold leaves it running'
    return "" if step.after.asleep or step.said else f'"{step.event.intent}" in a hold is met with silence'


def at_most_three_holds(step: Transition, dialogs: Dialogs) -> str:
    """P16: each stretch is counted, there are never more than three, and none is longer than thirty seconds."""
    hold = _stretch_begun(step, dialogs)
    if hold is None:
        return ""
    if hold.seconds > HOLD_SECONDS or not hold.counts:
        return f"a stretch of {hold.seconds:g} seconds, {'counted' if hold.counts else 'not counted'}"
    before, after = (int(session.slot(hold.counts)) for session in (step.before, step.after))
    return "" if after == before + 1 <= MAX_HOLDS else f"stretch {before + 1} begins, counted as {after}"


def never_asked_four_times(step: Transition, _: Dialogs) -> str:
    """P18: no question is put more than three times in a row."""
    asked = () if step.after.asleep else (at.asking for at in step.after.stack if at.asking is not None)
    return next((f"{asking.id} is put {asking.asks} times" for asking in asked if asking.asks > MAX_ASKS), "")


def silence_is_counted(step: Transition, _: Dialogs) -> str:
    """P18: a silence, or words that were not understood, never leave a question as it stood: it would have no end."""
    asking = None if step.before.asleep or step.before.at.phase is not Phase.LISTENING else step.before.at.asking
    missed = step.event == NotUnderstood(step.before.turn) or Note("no_input") in step.actions
    stands = asking is not None and missed and not step.after.asleep and step.after.at.asking == asking
    return f"{asking.id} stands as it stood after {_what(step)}" if asking is not None and stands else ""


def always_a_next(step: Transition, _: Dialogs) -> str:
    """P19, P20: who is awake is waited for, for a limited time; who is asleep was told to the world; no silent turn."""
    if any(not say.sentences for say in step.said):
        return f"a turn without a sentence after {_what(step)}"
    sound = [action for action in step.actions if isinstance(action, Say | StopSpeaking)]
    if any(first == second == StopSpeaking() for first, second in pairwise(sound)):
        return f"told to stop speaking twice by {_what(step)}"
    if step.after.asleep:
        fell = not step.before.asleep
        return "" if not fell or any(isinstance(action, Sleep) for action in step.actions) else "asleep, untold"
    if step.until:
        return ""
    return "" if step.after.wait_until is not None else f"nothing is waited for in {step.after.at.state}"


def always_heard(step: Transition, dialogs: Dialogs) -> str:
    """P11, P19: whenever Charley listens, danger words are among what is listened for, early too."""
    for action in step.actions:
        if not isinstance(action, Listen):
            continue
        if not (dialogs.dangers.keys() <= set(action.early) and dialogs.dangers.keys() <= set(action.intents)):
            return f"not all danger words are heard in {step.after.at.state}"
    return ""


def ten_minutes_are_not_forgotten(step: Transition, dialogs: Dialogs) -> str:
    """P17: the ten-minute question, left without a plain no, leads at least to advice today."""
    before = step.before
    if before.asleep or before.at.state.partition(".")[0] != dialogs.clock or "STILL" not in dialogs.questions:
        return ""
    if isinstance(step.event, Woken):
        return ""
    stays = not step.after.asleep and step.after.at.state.partition(".")[0] == dialogs.clock
    if step.after.asleep or (stays and step.until != BACK):
        return ""
    spoken = isinstance(step.event, Heard) and step.event.intent in (*dialogs.universal, *dialogs.dangers)
    if spoken or step.after.answer_in("STILL", {Answer.NO}) or step.after.at_least(Level.U):
        return ""
    return f"the ten-minute question was left at level {step.after.level.name} by {_what(step)}"


def closed_before_sleep(step: Transition, dialogs: Dialogs) -> str:
    """P1: nobody is left to sleep with a screen that was begun and not closed: each question is answered, or its net
    was spoken. Whoever was sent to help has heard what is graver."""
    after = step.after
    if not any(isinstance(action, Sleep) for action in step.actions):
        return ""
    left = after.any_open(dialogs.questions) and after.begun(dialogs.questions) and not after.at_least(Level.U)
    return "asleep with questions open and no net spoken" if left else ""


def often_is_told(step: Transition, dialogs: Dialogs) -> str:
    """P26: cramps that come often are named as a reason to see a doctor, before the conversation ends."""
    if not {OFTEN, ADVISED} <= dialogs.slots.keys() or not any(isinstance(action, Sleep) for action in step.actions):
        return ""
    untold = step.after.slot_in(OFTEN, {"yes"}) and step.after.slot_in(ADVISED, {"no"})
    return "asleep, and often was not named" if untold and not step.after.at_least(Level.U) else ""


def nothing_is_answered_by_waking(step: Transition, dialogs: Dialogs) -> str:
    """P25: a new conversation, after a crash too, begins with no question answered; only danger words answer one."""
    if not isinstance(step.event, Woken):
        return ""
    said = dialogs.dangers[step.event.intent].question if step.event.intent in dialogs.dangers else ""
    answered = (Answer.NO, *Answer.YES)
    wrong = [id for id in dialogs.questions if id != said and step.after.answer_in(id, answered)]
    return f"waking leaves {', '.join(wrong)} answered" if wrong and not step.after.asleep else ""


def memory_is_agreed_to(step: Transition, dialogs: Dialogs) -> str:
    """P23: nothing is kept without a yes to keeping it, and nobody is asked while help is what counts."""
    if any(isinstance(action, Remember) for action in step.actions) and not step.after.slot_in(CONSENT, {"yes"}):
        return "something is kept without consent"
    asks = any(where in _consents(dialogs) for where in step.entered)
    return "keeping is asked about at a level of help" if asks and step.after.at_least(Level.U) else ""


def calls_come_back(step: Transition, dialogs: Dialogs) -> str:
    """P24: what was called comes back to the very place: state, question, and the second of a hold."""
    if step.since != BACK or step.until or step.after.asleep:
        return ""
    before, after = step.before.at, step.after.at
    if before.phase in (Phase.CALLING, Phase.ENTERING) or len(step.after.stack) != len(step.before.stack):
        return ""
    state = dialogs.state(before.state)
    moves_on = not (state.ask or state.screen or state.hold or state.wait) or before.phase is Phase.RELEASING
    if moves_on:
        return ""
    kept = (before.state, before.asking and before.asking.id, before.holding and before.holding.elapsed)
    found = (after.state, after.asking and after.asking.id, after.holding and after.holding.elapsed)
    return "" if kept == found else f"a call from {before.state} comes back to {after.state}, not to its very point"


def emergency_is_loud(step: Transition, dialogs: Dialogs) -> str:
    """P30: the first emergency sentence is never whispered, nor softer than normal."""
    if not _speaks_first_of(step, dialogs, dialogs.emergency):
        return ""
    soft = any(say.manner.whisper or say.manner.gain_db < 0 or not say.manner.loud for say in step.said)
    return "the emergency is spoken softly" if soft else ""


PROPERTIES: Mapping[str, Property] = {
    "P1": closed_before_sleep,
    "P2": level_never_falls,
    "P14": yes_keeps_its_level,
    "P3": only_a_plain_no_clears,
    "P5": all_clear_is_earned,
    "P7": no_stretch_after_doubt,
    "P7b": no_stretch_is_described,
    "P7c": needs("movement", "INJURY", "bending the leg"),
    "P8": needs("massage", "CHEST SWELL SKIN INJURY COLD NUMB", "massage"),
    "P9": needs("heat", "CHEST NUMB COLD SWELL SKIN INJURY FEELING", "heat"),
    "P9b": needs("ice", "CHEST NUMB COLD SKIN FEELING", "ice"),
    "P9c": cold_is_for_later,
    "P9d": needs("warm_or_cold", "CHEST NUMB COLD SWELL SKIN INJURY", "warmth or cold"),
    "P10": carries("fluids", "kidney"),
    "P11": danger_leads_to_help,
    "P11b": always_heard,
    "P12": help_is_kept,
    "P12b": urgent_advice_has_a_reason,
    "P13": emergency_names_the_number,
    "P15": letting_go_is_at_once,
    "P16": at_most_three_holds,
    "P17": ten_minutes_are_not_forgotten,
    "P18": never_asked_four_times,
    "P18b": silence_is_counted,
    "P19": always_a_next,
    "P22": carries("standing", "hold", "light"),
    "P23": memory_is_agreed_to,
    "P24": calls_come_back,
    "P25": nothing_is_answered_by_waking,
    "P26": often_is_told,
    "P30": emergency_is_loud,
    **ORDER,
}
"""By the numbers of clinical.md 5.4: P3 stands for P4 too, P2 and P12 for P14 too."""


@lru_cache(maxsize=16)
def _consents(dialogs: Dialogs) -> frozenset[str]:
    """The states in which keeping is asked about."""
    asking = ((name, edges) for name, state in dialogs.walk() if state.ask for edges in state.on.values())
    return frozenset(name for name, edges in asking if any(edge.do == "remember" for edge in edges))


def _enters(step: Transition, where: str) -> bool:
    return any(isinstance(action, Note) and ("state", where) in action.fields for action in step.actions)


def _speaks_first_of(step: Transition, dialogs: Dialogs, where: str) -> bool:
    """Whether a state is entered and its first sentence spoken. Dialogs without that state never do."""
    if not _enters(step, where):
        return False
    line = fill(dialogs, dialogs.state(where).say[:1], step.after.region, step.after.named)
    return any(set(line) & set(say.sentences) for say in step.said)


def _stretch_begun(step: Transition, dialogs: Dialogs) -> Hold | None:
    """The stretch that begins with this step; None where none does. One that goes on after a pause does not begin."""
    if step.before.asleep or step.after.asleep or step.after.at.phase is not Phase.SETTLING:
        return None
    hold = dialogs.state(step.after.at.state).hold
    begins = step.before.at.holding is None and hold is not None and hold.kind == "stretch"
    return hold if begins else None


def _what(step: Transition) -> str:
    """What happened, in words."""
    if isinstance(step.event, Heard):
        return f'"{step.event.intent}"'
    return "the passing of time" if isinstance(step.event, TimePassed) else type(step.event).__name__
