"""From the shapes of the files to the model: text into sentences, short forms into long, defaults filled in.

Nothing is judged here. What cannot be expressed in the model (a key that does not fit its state) is `form`'s matter,
what the model means is `check`'s.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace

from voice_skill.dialog.hearing import ASK
from voice_skill.dialog.model import (
    Cue,
    Danger,
    Dialog,
    Dialogs,
    Edge,
    Guard,
    Hold,
    Ladder,
    Level,
    Question,
    Region,
    State,
    Step,
)
from voice_skill.dialog.screen import CLASSES
from voice_skill.loading.shapes import (
    AnswersFile,
    DialogFile,
    EdgeShape,
    EverywhereFile,
    GuardShape,
    HoldShape,
    PhrasesFile,
    QuestionsFile,
    QuestionShape,
    RegionsFile,
    StateShape,
)
from voice_skill.loading.templates import expand_all
from voice_skill.nlu.phrases import normalise

__all__ = ["WAIT", "build", "names", "sentences"]

WAIT = 5.0
"""Seconds of silence before each reprompt and before the default, where a state names none (clinical.md 3.4)."""

_SPLIT = re.compile(r"(\[\w*\]|\{advice\})|(?<=[.?!…])\s+")


def sentences(text: str) -> tuple[str, ...]:
    """A text cut after each `.`, `?`, `!` and `…` that space follows; `[tone]` and `{advice}` stand by themselves."""
    parts = (" ".join(part.split()) for part in _SPLIT.split(text.replace("\u2019", "'")) if part)
    return tuple(part for part in parts if part)


def names(key: str) -> tuple[str, ...]:
    """The intents that one key of `on` names: `yes, easing`."""
    return tuple(name.strip() for name in key.split(","))


def build(
    dialogs: Mapping[str, DialogFile],
    everywhere: EverywhereFile,
    questions: QuestionsFile,
    phrases: PhrasesFile,
    regions: RegionsFile,
    answers: AnswersFile,
    version: str = "",
) -> Dialogs:
    """The model. `dialogs` are the dialog files by their names, in the order that they are to be walked in. Raises
    ValueError for a phrase that is no template, which `templates.template_problems` tells beforehand."""
    locks = {name: tuple(map(_guard, lock)) for name, lock in questions.locks.items()}
    return Dialogs(
        dialogs={name: _dialog(name, file) for name, file in dialogs.items()},
        start=everywhere.start,
        emergency=everywhere.emergency,
        urgent=everywhere.urgent,
        clock=everywhere.clock.dialog,
        clock_seconds=everywhere.clock.seconds,
        questions={id: _question(id, question) for id, question in questions.questions.items()},
        locks=locks,
        slots={"region": tuple(regions.regions), **everywhere.slots},
        facts=everywhere.facts,
        universal={**_on(everywhere.universal), **_answers(answers, locks)},
        dangers={
            intent: Danger(intent, danger.flag, danger.question, sentences(danger.say), danger.rows)
            for intent, danger in everywhere.dangers.items()
        },
        phrases={intent: tuple(map(normalise, said)) for intent, said in expand_all(phrases.phrases).items()},
        lines={name: sentences(line) for name, line in everywhere.lines.items()},
        regions={code: Region(code, region.emergency, region.urgent) for code, region in regions.regions.items()},
        version=version,
    )


def _dialog(name: str, file: DialogFile) -> Dialog:
    on = _on(file.on)
    states = {state: _state(state, shape, on) for state, shape in file.states.items()}
    return Dialog(name, file.about, file.start, states, file.clock, file.answers)


def _answers(file: AnswersFile, locks: Mapping[str, tuple[Guard, ...]]) -> dict[str, tuple[Edge, ...]]:
    """Each question as what may be said everywhere: its answer under each way that the lock is open, or what is said
    instead."""
    edges: dict[str, tuple[Edge, ...]] = {}
    for name, shape in file.answers.items():
        answer = Edge("stay", say=sentences(shape.say), do="answer", kinds=frozenset(shape.is_), rows=shape.rows)
        open_ = [replace(answer, when=guard) for guard in locks.get(shape.lock, ())]
        closed = Edge("stay", say=sentences(shape.locked), do="answer")
        edges[f"{ASK}{name}"] = (*open_, closed) if shape.lock else (answer,)
    return edges


def _state(name: str, shape: StateShape, everywhere: Mapping[str, tuple[Edge, ...]]) -> State:
    """`everywhere` is what may be said in the whole dialog. It takes no answer away from a screen question."""
    inherited = {} if shape.end or shape.choose else dict(everywhere)
    if shape.screen:
        inherited = {intent: edges for intent, edges in inherited.items() if intent not in CLASSES}
    otherwise = _edges(shape.otherwise)
    noinput, nomatch = (
        Ladder(tuple(map(sentences, rungs)), shape.waits or (WAIT,) * (len(rungs) + 1), otherwise)
        if rungs is not None
        else None
        for rungs in (shape.noinput, shape.nomatch)
    )
    return State(
        name=name,
        say=sentences(shape.say),
        on={**inherited, **_on(shape.on)},
        then=_edges(shape.choose or shape.then),
        ask=sentences(shape.ask),
        noinput=noinput,
        nomatch=nomatch,
        screen=shape.screen,
        again=bool(shape.again),
        recheck=bool(shape.recheck),
        patient=shape.patient is not False,
        hold=_hold(shape.hold) if shape.hold else None,
        call=shape.call,
        wait=shape.wait if shape.timer is None else shape.timer,
        timer=shape.timer is not None,
        choose=bool(shape.choose),
        end=shape.end,
        lock=shape.lock,
        locked=_edges(shape.locked),
        nets=shape.nets,
        endpoint=shape.endpoint,
        rate=shape.rate,
        gain_db=shape.gain_db,
        loud=shape.loud,
        keep=shape.keep,
        kinds=frozenset(shape.is_),
        rows=shape.rows,
    )


def _on(on: Mapping[str, tuple[EdgeShape, ...]]) -> dict[str, tuple[Edge, ...]]:
    return {intent: _edges(edges) for key, edges in on.items() for intent in names(key) if intent}


def _edges(shapes: tuple[EdgeShape, ...]) -> tuple[Edge, ...]:
    return tuple(_edge(shape) for shape in shapes)


def _edge(shape: EdgeShape) -> Edge:
    return Edge(
        go=shape.go or ("stay" if shape.do or shape.call else ""),
        when=_guard(shape.when),
        say=sentences(shape.say),
        set=tuple(shape.set.items()),
        answers=shape.answers,
        raises=_level(shape.raise_),
        flag=shape.flag,
        call=shape.call,
        do=shape.do,
        kinds=frozenset(shape.is_),
        rows=shape.rows,
    )


def _guard(shape: GuardShape) -> Guard:
    return Guard(tuple((name, frozenset(allowed)) for name, allowed in shape.items()))


def _level(name: str | None) -> Level:
    return Level[name] if name else Level.NONE


def _hold(shape: HoldShape) -> Hold:
    cues = tuple(Cue(cue.at, sentences(cue.say), cue.name, _guard(cue.when), cue.quiet, cue.rows) for cue in shape.cues)
    return Hold(shape.kind, shape.seconds, shape.settle, cues, shape.counts, shape.complete)


def _question(id: str, shape: QuestionShape) -> Question:
    """A follow-up that names no level or no words of its own has the question's."""
    return Question(
        id=id,
        ask=sentences(shape.ask),
        other_words=sentences(shape.other_words),
        level=Level[shape.level],
        flag=shape.flag,
        on_yes=sentences(shape.on_yes),
        net=sentences(shape.net),
        assist=tuple(Step(sentences(step.ask), _level(step.level), sentences(step.on_yes)) for step in shape.assist),
        on_no=sentences(shape.on_no),
        followup=tuple(
            Step(sentences(step.ask), Level[step.level or shape.level], sentences(step.on_yes or shape.on_yes))
            for step in shape.followup
        ),
        otherwise=_level(shape.otherwise.level if shape.otherwise else None),
        otherwise_say=sentences(shape.otherwise.say) if shape.otherwise else (),
        core=shape.core,
        danger=shape.danger,
        source=shape.source,
        rows=shape.rows,
    )
