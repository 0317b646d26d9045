"""How the answer to a red-flag question is handled: one table, the same for every question (clinical.md 2.4).

`reply` takes what was heard and gives either the next way to ask (`Asking`) or the `Verdict`. The rules that matter:

* only an explicit, single-meaning no clears a question;
* a yes, a "kind of", and a doubt that one closer look did not dispel all count as yes;
* silence and words that were not understood are asked again twice, and then stay *unanswered*: never a no;
* no question is put more than three times; asking to hear it again does not count.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache

from voice_skill.dialog.model import Answer, Level, Question, Step
from voice_skill.dialog.session import Asking

__all__ = [
    "CLASSES",
    "MAX_ASKS",
    "MAX_REPEATS",
    "NOMATCH",
    "SILENCE",
    "Rules",
    "Verdict",
    "body",
    "reply",
    "ways",
    "wording",
]

CLASSES = ("no", "mixed", "soft_no", "partial", "chronic", "unsure", "yes", "decline", "repeat")
"""The classes of answer, as intents."""
SILENCE = "silence"
NOMATCH = "nomatch"
MAX_ASKS = 3
MAX_REPEATS = 3
MAX_WAYS = 5000
"""Ways in which one question can stand; more of them is a table without end."""

_DOUBTS = frozenset({"partial", "soft_no", "mixed", "unsure", "chronic"})


@dataclass(frozen=True, slots=True)
class Verdict:
    """A question is settled."""

    answer: str
    """One of `Answer`: no, declined, unanswered, or the level that a yes or a doubt leads to."""
    heard: str
    """For the record: yes, unsure, no, declined or unanswered."""
    say: tuple[str, ...] = ()
    """What belongs to this answer."""
    also: Level = Level.NONE
    """A level that is reached although the answer is no: "always" sends to a clinician within days."""


Rules = Callable[[Question, Asking, str], Asking | Verdict]
"""How an answer is handled: `reply`, or something like it."""


def reply(question: Question, asking: Asking, heard: str) -> Asking | Verdict:
    """Handle one answer. `heard` is one of `CLASSES`, "silence" or "nomatch"."""
    if heard == "decline" and asking.step != "followup":
        return Verdict(Answer.DECLINED, "declined", question.net)
    if heard == "repeat" and asking.repeats < MAX_REPEATS:
        return asking._replace(repeats=asking.repeats + 1)
    if heard in (SILENCE, NOMATCH, "repeat"):
        return _missed(question, asking)
    match asking.step:
        case "assist":
            return _assisted(question, asking, heard)
        case "followup":
            return _followed_up(question, asking, heard)
        case "different":
            return _compared(question, asking, heard)
        case _:
            return _answered(question, asking, heard)


def _answered(question: Question, asking: Asking, heard: str) -> Asking | Verdict:
    """An answer to the question itself, in whichever wording."""
    match heard:
        case "no":
            return Verdict(Answer.NO, "no", question.on_no)
        case "yes" | "partial":
            return _positive(question, asking, "yes")
        case "chronic":
            return asking._replace(step="different", doubt=True)
        case "soft_no" if asking.step == "ask" and asking.asks < MAX_ASKS:
            return asking._replace(step="plain", asks=asking.asks + 1, doubt=True)
        case "mixed" if not asking.mixed and asking.step != "plain" and asking.asks < MAX_ASKS:
            return asking._replace(step="mixed", asks=asking.asks + 1, doubt=True, mixed=True)
        case _:
            return _unsure(question, asking)


def _assisted(question: Question, asking: Asking, heard: str) -> Asking | Verdict:
    """An answer to "check by touch". A doubtful one gets one plain re-ask; then it counts as yes."""
    if heard == "no":
        if asking.part + 1 < len(question.assist):
            return asking._replace(part=asking.part + 1)
        return Verdict(Answer.NO, "no", question.on_no)
    if heard in ("soft_no", "mixed") and asking.asks < MAX_ASKS:
        step = "mixed" if asking.mixed else "plain"
        return asking._replace(step=step, asks=asking.asks + 1, assisted=True, mixed=asking.mixed or heard == "mixed")
    return _positive(question, asking, "yes" if heard in ("yes", "partial") else "unsure")


def _followed_up(question: Question, asking: Asking, heard: str) -> Asking | Verdict:
    """An answer to a follow-up: the answer is yes already, only its level is open. Anything but a no settles it."""
    if heard != "no":
        part = question.followup[asking.part]
        return Verdict(part.level.name, "yes" if heard in ("yes", "partial") else "unsure", part.on_yes)
    if asking.part + 1 < len(question.followup):
        return asking._replace(part=asking.part + 1, asks=1)
    return Verdict(question.otherwise.name, "yes", question.otherwise_say)


def _compared(question: Question, asking: Asking, heard: str) -> Asking | Verdict:
    """An answer to "Is it different tonight?"."""
    if heard == "no":
        return Verdict(Answer.NO, "no", question.on_no, also=Level.S)
    return _positive(question, asking, "yes" if heard in ("yes", "partial") else "unsure")


def _unsure(question: Question, asking: Asking) -> Asking | Verdict:
    if question.assist and not asking.assisted:
        return asking._replace(step="assist", part=0, doubt=True, assisted=True)
    return _positive(question, asking, "unsure")


def _positive(question: Question, asking: Asking, heard: str) -> Asking | Verdict:
    if question.followup:
        return Asking(asking.id, step="followup", doubt=True)
    return Verdict(question.level.name, heard, question.on_yes)


def _missed(question: Question, asking: Asking) -> Asking | Verdict:
    """Nothing, or nothing known, was heard."""
    if asking.asks < MAX_ASKS:
        return asking._replace(asks=asking.asks + 1)
    if asking.step == "followup":
        return _followed_up(question, asking, "unsure")
    if asking.doubt:
        return _positive(question, asking, "unsure")
    return Verdict(Answer.UNANSWERED, "unanswered", question.net)


def body(question: Question, asking: Asking, lines: Mapping[str, tuple[str, ...]]) -> tuple[str, ...]:
    """The bare question that stands."""
    match asking.step:
        case "mixed":
            return question.other_words
        case "assist":
            return _part(question.assist, asking)
        case "followup":
            return _part(question.followup, asking)
        case "different":
            return lines["different"]
        case _:
            return question.ask


def _part(steps: tuple[Step, ...], asking: Asking) -> tuple[str, ...]:
    return steps[asking.part].ask


def wording(
    question: Question, asking: Asking, heard: str, lines: Mapping[str, tuple[str, ...]], *, stepped: bool
) -> tuple[str, ...]:
    """How the question is put next, after `heard`; `stepped` tells whether it moved to another wording."""
    standing = body(question, asking, lines)
    if heard in (SILENCE, NOMATCH):
        rung = "first" if asking.asks == MAX_ASKS - 1 else "last"
        return lines[f"{heard}_{rung}"] + standing
    if heard == "repeat":
        return question.other_words if asking.repeats == MAX_REPEATS and asking.step == "ask" else standing
    if stepped and asking.step in ("plain", "mixed"):
        return lines[asking.step] + standing
    return standing


Pairs = tuple[tuple[Asking, str], ...]


@lru_cache(maxsize=256)
def ways(question: Question, rules: Rules) -> tuple[Pairs, Pairs]:
    """Every way in which a question can stand, with all that can be heard then; and one pair for each outcome."""
    waiting = [Asking(question.id, asks) for asks in range(1, MAX_ASKS + 1)]
    seen = set(waiting)
    every: list[tuple[Asking, str]] = []
    outcomes: dict[object, tuple[Asking, str]] = {}
    while waiting:
        asking = waiting.pop()
        for heard in (*CLASSES, SILENCE, NOMATCH):
            every.append((asking, heard))
            outcome = rules(question, asking, heard)
            outcomes.setdefault((outcome if isinstance(outcome, Verdict) else None, heard in CLASSES), every[-1])
            if isinstance(outcome, Asking) and outcome not in seen:
                if len(seen) > MAX_WAYS:
                    raise ValueError(f"{question.id} can be asked without end")
                seen.add(outcome)
                waiting.append(outcome)
    return tuple(every), tuple(outcomes.values())
