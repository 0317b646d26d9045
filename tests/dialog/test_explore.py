"""The walk through all conversations: complete where that can be, and honest where it cannot."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.dialog.support import Rehearsal, asked, shipped
from voice_skill.dialog.engine import step
from voice_skill.dialog.events import Event, Heard, TimePassed, Woken
from voice_skill.dialog.explore import Transition, abstract, explore, possible_events
from voice_skill.dialog.model import Answer, Dialogs
from voice_skill.dialog.properties import violations
from voice_skill.dialog.session import Session
from voice_skill.loading import load_dialogs

WALK = 1500
"""Sessions of the shipped dialogs that are walked here: seconds, and most states."""

SMALL = {
    "everywhere": """\
slots:
  ease: [none, bit]
start: talk.greet
emergency: emergency.start
urgent: emergency.start
clock: {dialog: ticking, seconds: 600}
universal:
  stop: talk.bye
dangers:
  danger.chest: {flag: chest pain, question: CHEST}
lines:
""",
    "questions": """\
questions:
  CHEST:
    ask: Any chest pain?
    other_words: Does your chest hurt?
    danger: yes
    level: E
    flag: chest pain
    on_yes: Leave the leg.
    net: If your chest hurts, call {E}.
locks: {}
""",
    "regions": "regions: {unknown: {emergency: your local emergency number, urgent: your doctor}}\n",
    "talk": """\
dialog: talk
about: The smallest talk.
start: greet
states:
  greet:
    say: I'm here.
    screen: [CHEST]
    then: ask
  ask:
    ask: Is it easing?
    on: {"yes": {set: {ease: bit}, go: bye}}
    noinput: ["Is it easing?", "Say yes."]
    nomatch: ["Sorry?", "Say yes."]
    otherwise: bye
  bye:
    say: Goodbye.
    then: asleep
  asleep:
    end: true
""",
    "emergency": """\
dialog: emergency
about: Help.
start: start
clock: false
states:
  start:
    say: Call {E} now.
    loud: true
    on: {stop: asleep}
    then: asleep
  asleep:
    on: {stop: asleep}
    end: true
""",
    "ticking": """\
dialog: ticking
about: Ten minutes.
start: start
clock: false
states:
  start:
    say: Ten minutes.
    then: return
""",
}


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Dialogs:
    """A set of dialogs that can be walked to its end."""
    return load_dialogs(write_small(tmp_path_factory.mktemp("dialogs")))


def write_small(folder: Path) -> Path:
    """The files of the small dialogs, with the phrases and lines of the shipped ones."""
    answers = ("yes", "no", "partial", "soft_no", "chronic", "unsure", "mixed", "decline", "repeat")
    intents = (*answers, "stop", "resume", "ready", "pain", "hurts", "danger.chest")
    phrases = {intent: shipped().phrases[intent][0] for intent in intents}
    for name, text in SMALL.items():
        lines = [f'  {name}: "{" ".join(said)}"\n' for name, said in shipped().lines.items()]
        (folder / f"{name}.yaml").write_text(text + "".join(lines if name == "everywhere" else ()), encoding="utf-8")
    listed = "".join(f'  "{intent}": ["{phrase}"]\n' for intent, phrase in phrases.items())
    (folder / "phrases.yaml").write_text(f"phrases:\n{listed}", encoding="utf-8")
    return folder


def test_a_small_set_is_walked_to_its_end(small: Dialogs) -> None:
    steps: list[Transition] = []
    walk = explore(small, visit=steps.append)
    assert walk.frontier == 0
    assert walk.sessions == len(walk.parents)
    assert walk.transitions == len(steps)
    assert walk.states == {name for name, _ in small.walk()}
    assert not [wrong for step in steps for wrong in violations(step, small)]
    for session in walk.parents:
        for standing, event in possible_events(small, session):
            assert abstract(step(small, standing, event, 0.0)[0]) in walk.parents


def test_the_path_to_a_session_can_be_walked_again(small: Dialogs) -> None:
    walk = explore(small)
    for session in walk.parents:
        reached = abstract(Session.fresh(small))
        for standing, event in walk.path(session):
            assert abstract(standing) == reached
            reached = abstract(step(small, standing, event, 0.0)[0])
        assert reached == session


def test_the_path_is_the_shortest(small: Dialogs) -> None:
    walk = explore(small)
    eased = [session for session in walk.parents if not session.asleep and session.slot("ease") == "bit"]
    shortest = min((walk.path(session) for session in eased), key=len)
    assert [type(event) for _, event in shortest] == [Woken, Heard, Heard]
    assert [event.intent for _, event in shortest if isinstance(event, Heard)] == ["no", "yes"]


def test_a_limit_leaves_a_frontier(small: Dialogs) -> None:
    progress: list[tuple[int, int]] = []
    walk = explore(small, limit=10, progress=lambda done, total: progress.append((done, total)))
    assert walk.sessions == 10
    assert walk.frontier == len(walk.parents) - 10 > 0
    whole = explore(small, progress=lambda done, total: progress.append((done, total)))
    assert len(progress) == whole.sessions // 100 > 0


def test_no_time_turn_or_voice_tells_sessions_apart() -> None:
    night, later = asked("COLD"), Rehearsal("NZ").wait(77.0).wake("cramp").say("slower", "no", "bed").hold()
    later.hear_out().say("easing").hear_out()
    assert night.session != later.session
    assert abstract(night.session) == abstract(later.session)
    assert abstract(night.say("no").session) != abstract(later.session)


def test_both_deadlines_are_tried() -> None:
    session = abstract(asked("COLD").session)
    due = [standing for standing, event in possible_events(shipped(), session) if isinstance(event, TimePassed)]
    assert [(standing.wait_until, standing.clock_at) for standing in due] == [(0.0, 1.0), (1.0, 0.0)]


@pytest.fixture(scope="module")
def reached() -> frozenset[str]:
    """The states that a limited walk through the shipped dialogs comes to, every step held against the properties."""
    found: dict[str, tuple[Session, Event]] = {}

    def visit(step: Transition) -> None:
        for wrong in violations(step, shipped()):
            found.setdefault(wrong, (step.before, step.event))

    walk = explore(shipped(), visit=visit, limit=WALK)
    assert found == {}
    assert walk.sessions == WALK
    assert walk.frontier > 0, "the shipped dialogs cannot be walked to their end"
    return walk.states


def after_two_holds() -> Rehearsal:
    """The checks after the second hold."""
    night = asked("INJURY").deny(lambda night: night.state == "acute_relief.offer_hold")
    return night.say("yes").hold().hear_out().say("better")


def still_there() -> Rehearsal:
    """It grips on after all the checks."""
    night = asked("INJURY").deny(lambda night: night.state == "acute_relief.still_ask")
    return night.say("still there").hear_out()


def all_clear() -> Rehearsal:
    """Every check was answered no, and care is offered."""
    return asked("COLD").deny(lambda night: night.state == "aftercare.offer")


def remembered(intent: str, **facts: str) -> Rehearsal:
    """Woken by `intent`, with what the store knows; a cramp goes on until care is offered."""
    night = Rehearsal().send(Woken(intent, "", facts=tuple(facts.items()))).hear_out()
    if intent != "start_cramp":
        return night
    night.say("no", "bed").hold().hear_out().say("easing")
    return night.deny(lambda night: night.state == "aftercare.offer")


def asleep(night: Rehearsal) -> bool:
    """The night is over."""
    return night.session.asleep


FAR: dict[str, Callable[[], Rehearsal]] = {
    "skin checks": after_two_holds,
    "still": still_there,
    "nobody answers": lambda: Rehearsal().wake("cramp").wait(1500.0),
    "nobody calls": lambda: Rehearsal().wake("chest pain").wait(300.0),
    "all clear": all_clear,
    "warmth": lambda: all_clear().say("yes", "no").hear_out().wait(910.0).say("no").silence(),
    "ice": lambda: all_clear().say("ice", "no", "yes").hear_out().wait(1850.0),
    "rubbing": lambda: all_clear().say("rub").hear_out().wait(20.0).say("move it").hear_out(),
    "warmth or ice": lambda: all_clear().say("drink").hear_out().say("heat or ice"),
    "forgetting": lambda: all_clear().say("forget everything").silence(2),
    "remembering": lambda: all_clear().say("what do you remember"),
    "no more care": lambda: remembered("start_cramp", consent="no").say("no", "no"),
    "many": lambda: remembered("count_cramps", consent="yes", often="yes", week="3"),
    "few": lambda: remembered("count_cramps", consent="yes", often="no", week="1"),
    "what is kept": lambda: remembered("start_cramp", consent="yes").say("what do you remember"),
    "a new habit": lambda: Rehearsal().wake("tips for cramps").say("at night", "first", "yes", "yes").deny(asleep),
    "warm up": lambda: Rehearsal().wake("warm up").say("no").wait(900.0),
    "cool down": lambda: Rehearsal().wake("cool down").say("no").wait(900.0),
    "this week": lambda: asked("COLD").say("always").deny(lambda night: night.state == "aftercare.offer"),
}
"""Nights that lead to what a short walk does not come to."""


def test_every_state_can_be_come_to(reached: frozenset[str]) -> None:
    far = {str(note["state"]) for rehearse in FAR.values() for note in rehearse().notes("state")}
    states = {name for name, _ in shipped().walk()}
    assert states - reached - far == set()
    assert len(reached) > 0.75 * len(states)


def test_an_answer_always_that_is_no_different_tonight_is_for_the_week() -> None:
    night = FAR["this week"]()
    assert night.session.answer("COLD") == Answer.NO
    assert "That's worth a visit this week." in night.said
