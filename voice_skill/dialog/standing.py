"""What must hold of the dialog files as they stand, before anybody speaks (clinical.md 5.4).

Each function takes the dialogs and returns a sentence that says what is wrong, or "". Those that are held against each
step of a conversation are in `properties`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from voice_skill.dialog.model import Dialogs

__all__ = ["STANDING", "standing_violations"]

FIRST = "CHEST"
ACUTE = ("acute_relief", "red_flag_screen", "urgent_advice")
"""The dialogs that put red-flag questions of their own accord while a leg cramps."""
WHOLE = ("acute_relief.rest_checks", "red_flag_screen.all")
"""Where all checks are put that are still open."""
LAST = "red_flag_screen.remaining"
"""Where what was skipped is put once more."""


def standing_violations(dialogs: Dialogs) -> Iterator[str]:
    """What is wrong with the dialogs, each as "P6: sentence"."""
    for name, holds in STANDING.items():
        if wrong := holds(dialogs):
            yield f"{name}: {wrong}"


def chest_comes_first(dialogs: Dialogs) -> str:
    """P6: whoever has a cramp is asked about the chest before anything else; only a sign that was named comes first."""
    if FIRST not in dialogs.questions:
        return ""
    for where, state in dialogs.walk():
        if where.partition(".")[0] in ACUTE and state.screen and state.screen[0] not in (FIRST, "{flag}"):
            return f"{where} asks {state.screen[0]} before {FIRST}"
    return ""


def yes_is_the_danger(dialogs: Dialogs) -> str:
    """P21: of every question, yes is the dangerous answer."""
    return next(
        (
            f"a {question.danger} to {id} is the danger"
            for id, question in dialogs.questions.items()
            if question.danger != "yes"
        ),
        "",
    )


def every_question_is_put(dialogs: Dialogs) -> str:
    """P1: the lists that close the screen hold every question of the night, but for the one that the clock puts."""
    by_clock = {id for where, state in dialogs.walk() if where.startswith(f"{dialogs.clock}.") for id in state.screen}
    core = {id for id, question in dialogs.questions.items() if question.core}
    states = dict(dialogs.walk())
    for where, wanted in {LAST: core, **dict.fromkeys(WHOLE, core - by_clock)}.items():
        if where in states and (missing := wanted.difference(states[where].screen)):
            return f"{where} does not ask {', '.join(sorted(missing))}"
    return ""


STANDING: Mapping[str, Callable[[Dialogs], str]] = {
    "P1": every_question_is_put,
    "P6": chest_comes_first,
    "P21": yes_is_the_danger,
}
