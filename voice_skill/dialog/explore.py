"""Every conversation that can happen: a breadth-first walk over all reachable sessions.

Time is abstracted to before and after each deadline: from every session the walk tries that the deadline has come and
that it has not, so whatever the clock does in life is among what was tried. Two sessions that differ only in times,
turn numbers, the region, and the wishes about the voice go on alike, and count as one.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache

from voice_skill.dialog.actions import Action
from voice_skill.dialog.builtins import VOICES
from voice_skill.dialog.engine import step
from voice_skill.dialog.events import Event, Heard, NotUnderstood, SpeechFinished, TimePassed, Woken
from voice_skill.dialog.hearing import intents
from voice_skill.dialog.model import Dialogs
from voice_skill.dialog.screen import CLASSES
from voice_skill.dialog.session import At, Holding, Phase, Session, Voice

__all__ = ["Transition", "Walk", "abstract", "explore", "possible_events"]


@dataclass(frozen=True, slots=True)
class Transition:
    """One step that can happen."""

    before: Session
    event: Event
    after: Session
    actions: tuple[Action, ...]


@dataclass(slots=True)
class Walk:
    """What was walked."""

    sessions: int = 0
    transitions: int = 0
    frontier: int = 0
    """Sessions found and not yet walked on from: 0 when the walk is complete."""
    states: frozenset[str] = frozenset()
    """The names of the states that were reached."""
    parents: dict[Session, tuple[Session, Event] | None] | None = None

    def path(self, session: Session) -> list[Event]:
        """The events of the shortest conversation that leads to `session`."""
        events: list[Event] = []
        assert self.parents is not None
        step_before = self.parents[session]
        while step_before is not None:
            session, event = step_before
            events.append(event)
            step_before = self.parents[session]
        return events[::-1]


def abstract(session: Session) -> Session:
    """The session without what makes no difference to its course: every pending time is 0, which is `now`."""
    at_rest = tuple(
        at._replace(holding=Holding(None if at.holding.zero is None else 0.0, 0.0, at.holding.cue))
        if at.holding is not None
        else at
        for at in session.stack
    )
    return session._replace(
        stack=at_rest,
        slots=tuple((name, "unknown" if name == "region" else value) for name, value in session.slots),
        turn=0,
        said=(),
        voice=Voice(),
        wait_until=None if session.wait_until is None else 0.0,
        clock_at=None if session.clock_at is None else 0.0,
    )


def possible_events(dialogs: Dialogs, session: Session) -> Iterator[tuple[Session, Event]]:
    """What can happen next, each with the session as it stands then (which deadline has come)."""
    if session.asleep:
        start = dialogs.state(dialogs.start)
        for intent in ("", *start.on, *dialogs.dangers):
            yield session, Woken(intent)
        return
    for intent in distinct_intents(dialogs, session.at):
        yield session, Heard(session.turn, intent, intent)
    if session.talking:
        yield session, SpeechFinished(session.turn)
    if session.at.phase is Phase.LISTENING:
        yield session, NotUnderstood(session.turn)
    if session.wait_until is not None and not session.talking:
        yield session._replace(clock_at=None if session.clock_at is None else 1.0), TimePassed()
    if session.clock_at is not None:
        yield session._replace(wait_until=None if session.wait_until is None else 1.0), TimePassed()


def distinct_intents(dialogs: Dialogs, at: At) -> tuple[str, ...]:
    """One intent for each different thing that can be said at a place.

    Left out: intents that lead along the very same edges as another, all danger words but one for each question that
    they flag, and changes of the voice, which no course depends on.
    """
    return _distinct(dialogs, at.state, intents(dialogs, at))


@lru_cache(maxsize=4096)
def _distinct(dialogs: Dialogs, where: str, allowed: tuple[str, ...]) -> tuple[str, ...]:
    own = dialogs.state(where).on
    kept: dict[object, str] = {}
    for intent in allowed:
        edges = own.get(intent) or (() if intent in CLASSES else dialogs.universal.get(intent, ()))
        if intent in dialogs.dangers:
            kept.setdefault(dialogs.dangers[intent].question, intent)
        elif not any(edge.do in VOICES for edge in edges):
            kept.setdefault(edges or intent, intent)
    return tuple(kept.values())


def explore(
    dialogs: Dialogs,
    *,
    visit: Callable[[Transition], None] | None = None,
    progress: Callable[[int, int], None] | None = None,
    limit: int | None = None,
) -> Walk:
    """Walk every session that can be reached, from asleep on. `visit` sees each transition.

    `progress` gets the number of sessions walked and found; `limit` stops the walk early, with `frontier` above 0.
    """
    first = abstract(Session.fresh(dialogs))
    parents: dict[Session, tuple[Session, Event] | None] = {first: None}
    frontier = deque([first])
    walk = Walk(parents=parents)
    states: set[str] = set()
    while frontier and (limit is None or walk.sessions < limit):
        session = frontier.popleft()
        walk.sessions += 1
        if not session.asleep:
            states.add(session.at.state)
        for standing, event in possible_events(dialogs, session):
            after, actions = step(dialogs, standing, event, 0.0)
            walk.transitions += 1
            after = abstract(after)
            if visit is not None:
                visit(Transition(session, event, after, actions))
            if after not in parents:
                parents[after] = (session, event)
                frontier.append(after)
        if progress is not None and walk.sessions % 1000 == 0:
            progress(walk.sessions, len(parents))
    walk.frontier = len(frontier)
    walk.states = frozenset(states)
    return walk
