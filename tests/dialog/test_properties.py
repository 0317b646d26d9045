"""Nights that nobody would think of: any words, any silences, at any times."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.dialog.support import Rehearsal, asked, shipped
from voice_skill.dialog.actions import Action, Listen, Manner, Note, Remember, Say, Sleep
from voice_skill.dialog.engine import step
from voice_skill.dialog.events import (
    Event,
    Heard,
    NoiseHeard,
    NotUnderstood,
    SpeechFinished,
    SpeechStarted,
    TimePassed,
    UserSpoke,
    Woken,
)
from voice_skill.dialog.explore import Transition
from voice_skill.dialog.hearing import intents
from voice_skill.dialog.model import Answer, Dialogs, Edge, Guard, Level
from voice_skill.dialog.properties import PROPERTIES, violations
from voice_skill.dialog.screen import Verdict
from voice_skill.dialog.session import Asking, At, Phase, Session

LIGHT = settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow], derandomize=True)

MOVES = st.one_of(
    st.tuples(st.just("say"), st.integers(0, 500)),
    st.tuples(st.just("interrupt"), st.integers(0, 500)),
    st.tuples(st.just("silence"), st.integers(1, 4)),
    st.tuples(st.just("hold"), st.just(0)),
    st.tuples(st.just("wait"), st.integers(0, 900)),
    st.tuples(st.just("groan"), st.just(0)),
    st.tuples(st.just("mumble"), st.just(0)),
)


def play(night: Rehearsal, moves: list[tuple[str, int]]) -> Rehearsal:
    """Carry out moves; every step of them is held against the properties by the rehearsal itself."""
    for kind, number in moves:
        if night.session.asleep:
            night.wake(("cramp", "", "i pulled my hamstring")[number % 3])
            continue
        match kind:
            case "say" | "interrupt":
                if kind == "say":
                    night.hear_out()
                if not night.session.asleep:
                    live = [intent for intent in intents(shipped(), night.session.at) if intent in shipped().phrases]
                    live = [intent for intent in live if not intent.startswith("danger.") or number > 450]
                    night.send(Heard(night.session.turn, live[number % len(live)], ""))
            case "silence":
                for _ in range(number):
                    if not night.session.asleep:
                        night.silence()
            case "hold":
                night.hear_out()
                if night.state and night.session.at.holding is not None:
                    night.hold()
            case "wait":
                night.wait(float(number))
            case "groan":
                night.groan()
            case _:
                night.interrupt("purple elephants")
        assert (night.session.deadline is not None) if night.state else not night.session.talking
    return night


@LIGHT
@given(st.lists(MOVES, max_size=40))
def test_whatever_is_said_every_property_holds_and_silence_ends_it(moves: list[tuple[str, int]]) -> None:
    night = play(Rehearsal().wake("cramp"), moves)
    night.wait(3000.0)
    assert night.state == "" or night.state.startswith("emergency."), f"silence goes on for ever in {night.state}"


@LIGHT
@given(st.lists(MOVES, max_size=25))
def test_goodnight_ends_every_night_that_is_no_emergency(moves: list[tuple[str, int]]) -> None:
    night = play(Rehearsal().wake("cramp"), moves)
    for _ in range(8):
        if not night.state or night.session.level is Level.E:
            return
        night.interrupt("goodnight").hear_out()
        if night.state and night.session.at.holding is not None:
            night.hold()
    assert night.state == ""


def events() -> st.SearchStrategy[Event]:
    """Any event, whether it makes sense or not, with turns that are long over or never were."""
    turns = st.integers(-1, 40)
    words = st.sampled_from([*shipped().phrases, "nothing of the kind"])
    kinds = (UserSpoke, NotUnderstood, NoiseHeard, SpeechStarted, SpeechFinished)
    return st.one_of(
        st.builds(Heard, turns, words, st.just("")),
        st.just(TimePassed()),
        st.builds(Woken, words),
        *(st.builds(kind, turns) for kind in kinds),
    )


@LIGHT
@given(st.lists(st.tuples(events(), st.floats(0.0, 30.0)), max_size=60))
def test_events_that_make_no_sense_do_no_harm(sequence: list[tuple[Event, float]]) -> None:
    session, now = Session.fresh(shipped()), 0.0
    session, _ = step(shipped(), session, Woken("start_cramp"), now)
    for event, passed in sequence:
        now += passed
        after, actions = step(shipped(), session, event, now)
        if not (isinstance(event, Woken) and not session.asleep):
            assert not list(violations(Transition(session, event, after, actions), shipped()))
        assert all(say.sentences for say in actions if isinstance(say, Say))
        session = after


# -- a broken guard is found (P32): each mutant, and a night in which it shows


def changed(where: str, **fields: Any) -> Dialogs:
    """The shipped dialogs with one state changed."""
    name, _, state = where.partition(".")
    dialog = shipped().dialogs[name]
    states = {**dialog.states, state: replace(dialog.states[state], **fields)}
    return with_fields(dialogs={**shipped().dialogs, name: replace(dialog, states=states)})


def with_fields(**fields: Any) -> Dialogs:
    """The shipped dialogs with some of their tables changed."""
    return Dialogs(**{**vars(shipped()), **fields})


def found(prefix: str, dialogs: Dialogs, *texts: str, wait: float = 0.0) -> None:
    """In this night the property is violated."""
    with pytest.raises(AssertionError, match=f"{prefix}: "):
        Rehearsal(dialogs=dialogs).wake("cramp").say(*texts).wait(wait)


def test_a_doubt_that_clears_is_found() -> None:
    with pytest.raises(AssertionError, match="P3: "):
        Rehearsal(rules=lambda *_: Verdict(Answer.NO, "no")).wake("cramp").say("not sure")


def test_an_all_clear_that_was_not_earned_is_found() -> None:
    early = changed("wind_down.goodnight", then=(Edge("red_flag_screen.clear"),))
    found("P5", replace_lock(early, "all_clear"), "goodnight")


def test_a_lock_that_is_never_shut_is_found() -> None:
    open_ = replace_lock(changed("acute_relief.after_hold", then=(Edge("hold"),)))
    found("P7b", open_, "no", "bed", wait=200.0)


def replace_lock(dialogs: Dialogs, lock: str = "stretch") -> Dialogs:
    """With a lock open always."""
    return Dialogs(**{**vars(dialogs), "locks": {**dialogs.locks, lock: (Guard(),)}})


def test_an_emergency_that_is_left_is_found() -> None:
    found("P12", changed("emergency.start", then=(Edge("acute_relief.where"),)), "chest pain", wait=30.0)


def test_an_emergency_line_without_its_number_is_found() -> None:
    found("P13", changed("emergency.start", say=("That needs help.", "Call {E}.")), "chest pain")


def test_a_hold_that_does_not_let_go_is_found() -> None:
    on = {**shipped().state("acute_relief.hold").on, "stop": (Edge("stay"),)}
    night = Rehearsal(dialogs=changed("acute_relief.hold", on=on)).wake("cramp").say("no", "bed").hear_out().wait(9.0)
    with pytest.raises(AssertionError, match="P15: "):
        night.interrupt("stop")


def test_a_hold_too_long_is_found() -> None:
    hold = shipped().state("acute_relief.hold").hold
    assert hold is not None
    too_long = changed("acute_relief.hold", hold=replace(hold, seconds=40.0))
    found("P16", too_long, "no", "bed", wait=30.0)


def test_a_fourth_hold_is_found() -> None:
    begun = changed("acute_relief.after_hold", then=(Edge("hold"),))
    night = Rehearsal(dialogs=replace_lock(begun)).wake("cramp").say("no", "bed").hold().hear_out()
    night.session = night.session.with_slot("holds", "3").with_answer("INJURY", Answer.NO)
    with pytest.raises(AssertionError, match="P16: "):
        night.say("same").hear_out()


def test_ten_minutes_without_a_consequence_are_found() -> None:
    found("P17", changed("clock_check.settle", then=(Edge("return"),)), wait=900.0)


def test_a_silent_turn_is_found() -> None:
    found("P19", with_fields(lines={**shipped().lines, "paused": ()}), "hang on")


# -- each of the others finds the step that it forbids


def awake() -> Session:
    """In the middle of the night screen."""
    return asked("COLD").hear_out().session


def entering(kind: str, *sentences: str) -> tuple[Action, ...]:
    """A state of a kind is entered, and this is said."""
    where = next(name for name, state in shipped().walk() if kind in state.kinds and state.say)
    return Note("state", (("state", where),)), *([Say(1, sentences)] if sentences else [])


def cleared(session: Session) -> Session:
    """Every question answered no."""
    for id in shipped().questions:
        session = session.with_answer(id, Answer.NO)
    return session


def asleep(session: Session) -> Session:
    """The same, fallen asleep."""
    return session._replace(stack=(), wait_until=None, talking=False)


def heard(intent: str) -> Heard:
    return Heard(awake().turn, intent, "")


def by_way_of(where: str, to: str, session: Session, event: Event | None = None, **fields: Any) -> Transition:
    """From the middle of the screen through one state to another."""
    after = session.with_at(At(to)) if to else session
    entered = (Note("state", (("state", where),)),) if where else ()
    return Transition(awake(), event or TimePassed(), after, entered, **fields)


def answering(intent: str) -> Transition:
    """A question is answered with checks open, in the words for those whose leg is clear."""
    say = shipped().universal[intent][0].say
    return Transition(awake(), heard(intent), awake(), (Say(1, say),))


def soft_emergency() -> Transition:
    """The emergency line, whispered."""
    night = Rehearsal().wake("cramp").interrupt("chest pain")
    whispered = (replace(act, manner=Manner(whisper=True)) if isinstance(act, Say) else act for act in night.actions)
    return Transition(awake(), heard("danger.chest"), night.session, tuple(whispered))


def moved(place: At) -> At:
    return place._replace(state="acute_relief.where")


def stretch_after_injury() -> Transition:
    """A hold begins although something snapped."""
    night = Rehearsal().wake("cramp").say("no", "bed").hear_out()
    after = night.session.with_answer("INJURY", Answer.YES_U)
    before = after.with_at(after.at._replace(phase=Phase.SPEAKING, holding=None))
    return Transition(before, SpeechFinished(before.turn), after, ())


FORBIDDEN: dict[str, Callable[[], Transition]] = {
    "P1": lambda: Transition(awake(), TimePassed(), asleep(awake()), (Sleep(),)),
    "P2": lambda: Transition(
        awake().with_answer("SWELL", Answer.YES_U),
        heard("decline"),
        awake().with_answer("SWELL", Answer.DECLINED),
        (),
    ),
    "P7": stretch_after_injury,
    "P7b": lambda: Transition(awake(), TimePassed(), awake().with_answer("INJURY", Answer.YES_U), entering("stretch")),
    "P12b": lambda: by_way_of(shipped().urgent, shipped().urgent, awake()),
    "P8": lambda: Transition(awake(), TimePassed(), awake(), entering("massage")),
    "P9": lambda: Transition(awake(), TimePassed(), awake(), entering("heat")),
    "P9b": lambda: Transition(awake(), TimePassed(), awake(), entering("ice")),
    "P9c": lambda: Transition(awake(), TimePassed(), cleared(awake()).with_slot("ease", "same"), entering("ice")),
    "P10": lambda: Transition(awake(), TimePassed(), awake(), entering("fluids", "Drink a lot.")),
    "P11": lambda: Transition(awake(), heard("danger.chest"), awake(), ()),
    "P11b": lambda: Transition(awake(), TimePassed(), awake(), (Listen(1, ("no",), ("no",)),)),
    "P14": lambda: Transition(awake(), heard("yes"), awake().with_answer("COLD", Answer.YES_S), ()),
    "P18b": lambda: Transition(awake(), NotUnderstood(awake().turn), awake(), ()),
    "P18": lambda: Transition(
        awake(), TimePassed(), awake().with_at(awake().at._replace(asking=Asking("COLD", asks=4))), ()
    ),
    "P22": lambda: Transition(awake(), TimePassed(), awake(), entering("standing", "Stand up.")),
    "P23": lambda: Transition(awake(), TimePassed(), awake(), (Remember((("level", "NONE"),)),)),
    "P24": lambda: Transition(awake(), TimePassed(), awake().with_at(moved(awake().at)), (), since="back"),
    "P25": lambda: Transition(asleep(awake()), Woken(), awake().with_answer("COLD", Answer.NO), ()),
    "P26": lambda: Transition(awake(), TimePassed(), asleep(cleared(awake())).with_slot("often", "yes"), (Sleep(),)),
    "P30": soft_emergency,
    "P1b": lambda: by_way_of("wind_down.stop", "wind_down.close", awake()),
    "P1c": lambda: by_way_of("red_flag_screen.close", "red_flag_screen.unresolved", awake()),
    "P1d": lambda: by_way_of("wind_down.net", "wind_down.net", awake()),
    "P2b": lambda: by_way_of("", "", awake().with_answer("SWELL", Answer.YES_U), heard("correction")),
    "P5b": lambda: by_way_of("red_flag_screen.soon", "red_flag_screen.soon", awake()),
    "P5c": lambda: by_way_of(
        "prevention_coach.verdict", "prevention_coach.parting", awake().with_answer("OFTEN", Answer.YES_S)
    ),
    "P5d": lambda: by_way_of("", "", awake(), heard("check_me")),
    "P7c": lambda: Transition(awake(), TimePassed(), awake(), entering("movement")),
    "P9d": lambda: answering("ask.heat"),
    "P17b": lambda: by_way_of("acute_relief.where", "acute_relief.where", awake()._replace(clock="due")),
    "P17c": lambda: by_way_of("acute_relief.still_early", "red_flag_screen.close", awake()),
    "P17d": lambda: by_way_of("", "clock_check.ask", awake().with_answer("SWELL", Answer.YES_U), until="begin"),
    "P23b": lambda: by_way_of("history.recall", "history.nothing_kept", awake().with_slot("consent", "off")),
    "P24b": lambda: by_way_of("", "history.unknown", awake(), heard("count_cramps")),
    "P26b": lambda: by_way_of("", "", awake().with_slot("advised", "yes")),
    "P26c": lambda: by_way_of("wind_down.goodnight", "wind_down.body", cleared(awake()).with_slot("often", "yes")),
}


@pytest.mark.parametrize("name", FORBIDDEN)
def test_a_forbidden_step_is_found(name: str) -> None:
    found = {wrong.partition(":")[0] for wrong in violations(FORBIDDEN[name](), shipped())}
    assert name in found


@pytest.mark.parametrize(("intent", "name"), [("ask.rub", "P8"), ("ask.bath", "P9d"), ("ask.ice_time", "P9d")])
def test_what_an_answer_says_is_held_too(intent: str, name: str) -> None:
    assert name in {wrong.partition(":")[0] for wrong in violations(answering(intent), shipped())}


def test_advice_today_is_not_left_for_care() -> None:
    left = by_way_of("", "aftercare.more", awake().with_answer("SWELL", Answer.YES_U))
    assert "P12: level U, but the conversation is in aftercare.more" in violations(left, shipped())


def test_every_property_has_its_mutant() -> None:
    here = Path(__file__).read_text(encoding="utf-8")
    assert [name for name in PROPERTIES if f'"{name}"' not in here and f'"{name}: ' not in here] == []
