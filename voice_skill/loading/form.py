"""Which keys may stand together in a file: the rules of `dialogs/README.md` that types alone cannot say."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from voice_skill.loading.build import names
from voice_skill.loading.places import ANSWERS, EVERYWHERE, QUESTIONS, REGIONS, Problem
from voice_skill.loading.shapes import AnswersFile, DialogFile, EverywhereFile, QuestionsFile, StateShape
from voice_skill.shape import did_you_mean

__all__ = ["answers_form", "dialog_form", "everywhere_form", "questions_form"]

MAX_RUNGS = 2
"""Times that a question is put again (clinical.md 3.4, property P18); then comes the default."""

NEEDS = {
    "noinput": "ask",
    "nomatch": "ask",
    "otherwise": "ask",
    "waits": "ask",
    "again": "screen",
    "recheck": "screen",
    "patient": "screen",
    "locked": "lock",
    "lock": "locked",
}
"""Key → the key without which it means nothing."""


def dialog_form(name: str, file: DialogFile) -> Iterator[Problem]:
    """What does not fit together in a dialog file called `name`."""
    if file.dialog != name:
        yield Problem(name, ("dialog",), f'this file is named "{name}"; the dialog must be named the same')
    if file.start not in file.states:
        yield Problem(name, ("start",), f'there is no state "{file.start}"')
    for problem in _keys(file.on):
        yield Problem(name, ("on", *problem.place), problem.text)
    for state, shape in file.states.items():
        if "." in state or state in ("stay", "again", "return"):
            yield Problem(name, ("states", state), "a state may not be named so; choose another name")
        for problem in _state(shape):
            yield Problem(name, ("states", state, *problem.place), problem.text)


def _state(shape: StateShape) -> Iterator[Problem]:
    things = {
        "ask": bool(shape.ask),
        "screen": bool(shape.screen),
        "hold": shape.hold is not None,
        "call": bool(shape.call),
        "wait": shape.wait is not None,
        "timer": shape.timer is not None,
        "choose": bool(shape.choose),
        "end": shape.end,
    }
    does = [thing for thing, done in things.items() if done]
    if len(does) > 1:
        yield Problem("", (does[1],), f"a state does one thing; this one does {' and '.join(does)}")
    elif not does and not shape.then:
        yield Problem("", (), "does nothing and goes nowhere; give it a then")
    elif does and does[0] in ("screen", "hold", "call", "wait", "timer") and not shape.then:
        yield Problem("", (does[0],), f"goes nowhere after its {does[0]}; give it a then")
    if shape.then and set(does) & {"ask", "choose", "end"}:
        cure = {"ask": "say where it goes by otherwise", "choose": "choose says it", "end": "the conversation is over"}
        yield Problem("", ("then",), f"has no effect here: {cure[(set(does) & set(cure)).pop()]}")
    for key, other in NEEDS.items():
        given = getattr(shape, key)
        if given not in (None, (), "") and not getattr(shape, other):
            text = "needs locked: where to go instead" if key == "lock" else f"has no effect without {other}"
            yield Problem("", (key,), text)
    if shape.ask:
        yield from _ask(shape)
    for problem in _keys(shape.on):
        yield Problem("", ("on", *problem.place), problem.text)


def _ask(shape: StateShape) -> Iterator[Problem]:
    if not shape.on:
        yield Problem("", ("ask",), "no answer is understood; give it an on")
    for key in ("noinput", "nomatch"):
        rungs = getattr(shape, key)
        if rungs is None:
            yield Problem("", ("ask",), f"needs {key}: up to {MAX_RUNGS} texts that ask again")
        elif len(rungs) > MAX_RUNGS:
            yield Problem("", (key,), f"asks again at most {MAX_RUNGS} times, found {len(rungs)} texts")
    if not shape.otherwise:
        yield Problem("", ("ask",), "needs otherwise: where to go when no answer comes")
    waits = len(shape.noinput or ()) + 1
    if shape.waits is not None and len(shape.waits) != waits:
        text = f"needs {waits} numbers of seconds, one before each noinput text and one before otherwise"
        yield Problem("", ("waits",), f"{text}, found {len(shape.waits)}")


def everywhere_form(file: EverywhereFile) -> Iterator[Problem]:
    """What does not fit together in what holds everywhere."""
    if "region" in file.slots:
        text = f"is a slot already, with every region of {REGIONS}.yaml for its values; take it out"
        yield Problem(EVERYWHERE, ("slots", "region"), text)
    for problem in _keys(file.universal):
        yield Problem(EVERYWHERE, ("universal", *problem.place), problem.text)


def _keys(on: Iterable[str]) -> Iterator[Problem]:
    """Keys that name no intent, or one that another key has named."""
    seen: dict[str, str] = {}
    for key in on:
        for intent in names(key):
            if not intent:
                yield Problem("", (key,), "an intent has no name; look at the commas")
            elif intent in seen:
                yield Problem("", (key,), f'"{intent}" is here a second time; it is in "{seen[intent]}" already')
            seen.setdefault(intent, key)


def questions_form(file: QuestionsFile) -> Iterator[Problem]:
    """What does not fit together in the questions."""
    for id, question in file.questions.items():
        place = ("questions", id)
        if question.danger != "yes":
            text = f'"{question.danger}" may not mean danger: word the question so that yes is the dangerous answer'
            yield Problem(QUESTIONS, (*place, "danger"), text)
        for key in ("ask", "other_words", "flag", "on_yes", "net"):
            if not getattr(question, key).strip():
                yield Problem(QUESTIONS, (*place, key), "is empty")
        if question.followup and question.otherwise is None:
            text = "needs otherwise: the level when every follow-up was answered no"
            yield Problem(QUESTIONS, (*place, "followup"), text)
        if question.otherwise and not question.followup:
            yield Problem(QUESTIONS, (*place, "otherwise"), "has no effect without followup")


def answers_form(file: AnswersFile, questions: QuestionsFile) -> Iterator[Problem]:
    """What does not fit together in the answers."""
    for name, answer in file.answers.items():
        place = ("answers", name)
        if not answer.say.strip():
            yield Problem(ANSWERS, (*place, "say"), "is empty")
        if bool(answer.lock) != bool(answer.locked.strip()):
            text = "needs locked: what is said instead" if answer.lock else "has no effect without lock"
            yield Problem(ANSWERS, (*place, "lock" if answer.lock else "locked"), text)
        if answer.lock and answer.lock not in questions.locks:
            near = did_you_mean(answer.lock, questions.locks)
            yield Problem(ANSWERS, (*place, "lock"), f'there is no lock "{answer.lock}"{near}')
