"""Every conversation that can happen: a walk over all reachable sessions, nearest first.

Time is abstracted to before and after each deadline: from every session the walk tries that the deadline has come and
that it has not, so whatever the clock does in life is among what was tried. Two sessions that differ only in times,
turn numbers, the region, and the wishes about the voice go on alike, and count as one. So do all that are asleep: the
wake phrase begins anew.

A small set of dialogs is walked to its end. A large one is not, in any time: thirteen questions alone can be answered
in billions of ways. A walk with a limit therefore goes round the places of the dialogs, nearest first in each, so that
it comes everywhere soon; its `frontier` tells what it has not seen.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property, lru_cache
from itertools import product

from voice_skill.dialog.actions import Action, Note, Say
from voice_skill.dialog.builtins import VOICES
from voice_skill.dialog.engine import step
from voice_skill.dialog.events import Event, Heard, NotUnderstood, SpeechFinished, TimePassed, Woken
from voice_skill.dialog.hearing import intents
from voice_skill.dialog.model import Dialogs, Edge
from voice_skill.dialog.screen import CLASSES
from voice_skill.dialog.session import At, Holding, Phase, Session, Voice

__all__ = [
    "Transition",
    "Walk",
    "abstract",
    "at_rest",
    "distinct_facts",
    "distinct_intents",
    "explore",
    "possible_events",
]


@dataclass(frozen=True)
class Transition:
    """One step that can happen."""

    before: Session
    event: Event
    after: Session
    actions: tuple[Action, ...]
    since: str = ""
    """Where the step was cut that this goes on with, one of `flow.CONTINUE`; empty if it began with the event."""
    until: str = ""
    """Where it is cut itself; empty if it came to rest."""
    pending: tuple[str, ...] = ()
    """What is still to be spoken where it is cut."""

    @cached_property
    def answered(self) -> tuple[tuple[str, str, str], ...]:
        """The questions whose answer changes: id, what it was, what it is."""
        if self.before.screen is self.after.screen:
            return ()
        pairs = zip(self.before.screen, self.after.screen, strict=False)  # asleep, there is none
        return tuple((id, was, now) for (id, was), (_, now) in pairs if was != now)

    @cached_property
    def entered(self) -> tuple[str, ...]:
        """The states that it enters, those included that only choose."""
        return tuple(_entered(self.actions))

    @cached_property
    def said(self) -> tuple[Say, ...]:
        """What is spoken."""
        return tuple(action for action in self.actions if isinstance(action, Say))

    @cached_property
    def words(self) -> frozenset[str]:
        """The sentences that are spoken, those included that are still to be."""
        return frozenset((*self.pending, *(text for say in self.said for text in say.sentences)))

    @cached_property
    def slots(self) -> Mapping[str, str]:
        """The slots that it sets anew, with their values."""
        pairs = zip(self.before.slots, self.after.slots, strict=False)
        return {name: now for (name, was), (_, now) in pairs if was != now}


@dataclass(slots=True)
class Walk:
    """What was walked."""

    sessions: int = 0
    transitions: int = 0
    frontier: int = 0
    """Sessions found and not yet walked on from: 0 when the walk is complete."""
    states: frozenset[str] = frozenset()
    """The names of the states that were reached."""
    parents: dict[Session, tuple[Session, Event] | None] = field(default_factory=dict)
    """Session → the one before it as it stood when the event happened, and the event; None for the first."""

    def path(self, session: Session) -> list[tuple[Session, Event]]:
        """The shortest conversation found that leads to `session`: each session as it stood, and what happened then.

        `step` at time 0 on any of them gives, once `abstract`, the next. It is the shortest of all if the walk had no
        limit. Raises KeyError for a session that was not found.
        """
        steps: list[tuple[Session, Event]] = []
        before = self.parents[abstract(session)]
        while before is not None:
            steps.append(before)
            before = self.parents[abstract(before[0])]
        return steps[::-1]


def abstract(session: Session) -> Session:
    """The session without what makes no difference to its course: every pending time is 0, which is `now`."""
    slots = tuple((name, "unknown" if name == "region" else value) for name, value in session.slots)
    if session.asleep:
        return Session(slots=tuple((name, value) for name, value in slots if name == "region"))
    return session._replace(
        stack=tuple(map(at_rest, session.stack)),
        slots=slots,
        turn=0,
        said=(),
        voice=_VOICE,
        wait_until=None if session.wait_until is None else 0.0,
        clock_at=None if session.clock_at is None else 0.0,
    )


_VOICE = Voice()


def at_rest(at: At) -> At:
    """A place without its times."""
    held = at.holding
    holding = None if held is None else Holding(None if held.zero is None else 0.0, 0.0, held.cue)
    return at._replace(holding=holding, until=None if at.until is None else 0.0)


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

    Left out: intents that lead along the same edges as another but for what is said on the way and the country that is
    set, all danger words but one for each question that they flag, and changes of the voice, which no course depends
    on.
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
            kept.setdefault(tuple(map(_course, edges)) or intent, intent)
    return tuple(kept.values())


def _course(edge: Edge) -> Edge:
    """An edge without its words, of which only it matters whether there are any, and without the country."""
    changed = tuple((name, value) for name, value in edge.set if name != "region")
    return replace(edge, say=edge.say[:1] and ("…",), set=changed, rows=())


def explore(
    dialogs: Dialogs,
    *,
    visit: Callable[[Transition], None] | None = None,
    progress: Callable[[int, int], None] | None = None,
    limit: int | None = None,
) -> Walk:
    """Walk every session that can be reached, from asleep on. `visit` sees each transition.

    Without a `limit` the walk is breadth-first and ends when nothing is left. With one it ends after so many sessions,
    takes the places of the dialogs in turn, and leaves a `frontier`. `progress` gets the number of sessions walked, and
    of those to walk as far as is known. Raises what `step` raises, which is nothing if the dialogs are sound.
    """
    first = abstract(Session.fresh(dialogs))
    walk = Walk(parents={first: None})
    frontier = _Frontier(in_turn=limit is not None)
    frontier.add(first)
    states: set[str] = set()
    while frontier.size and (limit is None or walk.sessions < limit):
        session = frontier.take()
        walk.sessions += 1
        for standing, event in possible_events(dialogs, session):
            after, actions = step(dialogs, standing, event, 0.0)
            walk.transitions += 1
            states.update(_entered(actions))
            rest = abstract(after)
            if rest not in walk.parents:
                walk.parents[rest] = (standing, event)
                frontier.add(rest)
            if visit is not None:
                visit(Transition(standing, event, after, actions))
        if progress is not None and walk.sessions % 100 == 0:
            known = walk.sessions + frontier.size
            progress(walk.sessions, known if limit is None else min(known, limit))
    walk.frontier = frontier.size
    walk.states = frozenset(states)
    return walk


def _entered(actions: Iterable[Action]) -> Iterator[str]:
    """The states that a step went through, those included that only choose."""
    for action in actions:
        if isinstance(action, Note) and action.kind == "state":
            yield from (str(name) for _, name in action.fields)


class _Frontier:
    """The sessions to walk on from: nearest first, or, `in_turn`, nearest first in each place of the dialogs."""

    def __init__(self, *, in_turn: bool) -> None:
        self.size = 0
        self._in_turn = in_turn
        self._queues: dict[object, deque[Session]] = {}
        self._turns: deque[object] = deque()

    def add(self, session: Session) -> None:
        """Put a session last in its queue."""
        place = _place(session) if self._in_turn else None
        if not (queue := self._queues.setdefault(place, deque())):
            self._turns.append(place)
        queue.append(session)
        self.size += 1

    def take(self) -> Session:
        """The next session, and the turn to the next place."""
        place = self._turns.popleft()
        session = self._queues[place].popleft()
        if self._queues[place]:
            self._turns.append(place)
        self.size -= 1
        return session


def _place(session: Session) -> object:
    """State, phase, and how far its questions and cues have got."""
    if session.asleep:
        return None
    at = session.at
    return at.state, at.phase, at.position, at.holding.cue if at.holding is not None else -1


def distinct_facts(dialogs: Dialogs) -> Iterator[tuple[tuple[str, str], ...]]:
    """What the history may tell: of values that no guard tells apart, one."""
    guards = [edge.when for edges in _all_edges(dialogs) for edge in edges]
    guards += [guard for lock in dialogs.locks.values() for guard in lock]
    tests = [test for guard in guards for test in guard.tests]
    kinds = []
    for name in dialogs.facts:
        sets = [allowed for test, allowed in tests if test == name]
        apart = {tuple(value in allowed for allowed in sets): value for value in dialogs.slots[name]}
        kinds.append([(name, value) for value in apart.values()])
    yield from product(*kinds)


def _all_edges(dialogs: Dialogs) -> Iterator[tuple[Edge, ...]]:
    yield from dialogs.universal.values()
    for _, state in dialogs.walk():
        yield from state.on.values()
        yield from (state.then, state.locked)
