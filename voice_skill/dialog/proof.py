"""The proof: every place that any conversation can come to, and every step from there, whatever was before.

A concrete session cannot be enumerated: thirteen questions alone can be answered in billions of ways. So the walk keeps
of a session only its *place* (the state, what is going on in it, which question stands, what called it) and forgets its
past: answers, counts, level, clock. What a step asks of the past is guessed, and every guess is tried
(`dialog.partial`). So each step of each real conversation is among the steps tried, with the same actions; and a
property that holds for all of these holds in every conversation. The price is that some of the pasts guessed may be
impossible; a property must then hold for them too.

More things are put together, each because nothing else in the engine looks at them:

* time is before or after each deadline, and every deadline may come first;
* how often something was missed or reminded of, or which cue of a hold is next: every number is tried where it counts;
* the answer to a question: at the first place where a question is put, every way of asking with every answer is tried;
  at other places one answer for each outcome, since `screen.reply` sees only the question;
* danger words, and what else leads away for good from wherever it is said, if its guards let it, or is but answered:
  tried once for each manner of leaving (which question, which kind of hold, whether Charley speaks, what called), since
  the engine asks no more of the place;
* a step is cut where a state begins, where a call is over, and where the next question is looked for: what follows asks
  nothing of what went before (it is not cut where a state of the same dialog only chooses, nor at a level of help, so
  that what is chosen is told the reason);
* a called dialog does not look at what called it until it comes back: it is walked once, and comes back to every place
  that called it; where it leaves for good, it leaves one caller of each kind;
* of several questions that are unsettled when the nets are spoken, each is tried alone.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field

from voice_skill.dialog.actions import Note
from voice_skill.dialog.engine import MAX_REMINDERS, take_step
from voice_skill.dialog.events import Event, Heard, NoiseHeard, NotUnderstood, SpeechFinished, TimePassed, Woken
from voice_skill.dialog.explore import Transition, distinct_facts, distinct_intents
from voice_skill.dialog.flow import BACK, CONTINUE
from voice_skill.dialog.guessing import LEAVE, Caller, Cut, Unread
from voice_skill.dialog.model import Dialogs, Edge
from voice_skill.dialog.move import Move
from voice_skill.dialog.partial import Partial, forget, most
from voice_skill.dialog.place import Place, bare, standing_at
from voice_skill.dialog.screen import CLASSES, NOMATCH, Rules, reply, ways
from voice_skill.dialog.session import At, Phase, Session

__all__ = ["Found", "Judge", "Proof", "Walk", "prove"]

PLAIN = ("", "answer", "repeat")
"""The built-ins of edges that stay, all of which are tried in each place by words that no guard holds back."""
Judge = Callable[[Transition], Iterable[str]]
Callers = tuple[At, ...]
"""A place that called: itself, on the caller that it has in turn, if any."""


@dataclass(frozen=True, slots=True)
class Found:
    """A step that breaks a property."""

    violation: str
    place: Place
    step: Transition


@dataclass(slots=True)
class Proof:
    """What was walked."""

    places: int = 0
    steps: int = 0
    """Steps tried, with every guess."""
    frontier: int = 0
    """Places found and not walked on from: 0 when the proof is complete."""
    states: frozenset[str] = frozenset()
    """The states that were entered."""
    found: list[Found] = field(default_factory=list)
    reached: dict[Place, tuple[Place, Transition] | None] = field(default_factory=dict)
    """Place → the place before it, and the step between them; None for the first."""
    before: dict[Place, set[Place]] = field(default_factory=dict)
    """Place → all the places from which a step leads to it."""

    def dead_ends(self) -> frozenset[Place]:
        """The places from which no way leads to sleep (clinical.md 5.4, P20)."""
        seen, waiting = {Place()}, [Place()]
        while waiting:
            new = self.before.get(waiting.pop(), set()) - seen
            seen |= new
            waiting += new
        return frozenset(self.reached.keys() - seen)

    def path(self, found: Found) -> list[Transition]:
        """The shortest way to a violation, step by step, that step included. The guesses along it need not agree."""
        way = [found.step]
        before = self.reached[found.place]
        while before is not None:
            way.append(before[1])
            before = self.reached[before[0]]
        return way[::-1]


def prove(
    dialogs: Dialogs,
    judge: Judge,
    rules: Rules = reply,
    *,
    progress: Callable[[int, int], None] | None = None,
    first: int | None = None,
) -> Proof:
    """Walk every place and try every step; `judge` says what is wrong with one.

    The walk goes breadth-first and ends when nothing is left, or after the `first` so many violations. `progress` gets
    the number of places walked, and of those known so far.
    """
    return Walk(dialogs, judge, rules).run(progress, first)


class Walk:
    """The walk under way."""

    def __init__(self, dialogs: Dialogs, judge: Judge, rules: Rules) -> None:
        self.dialogs = dialogs
        self.judge = judge
        self.rules = rules
        self.tables = {id: ways(question, rules) for id, question in dialogs.questions.items()}
        self.holds = {name: state.hold for name, state in dialogs.walk()}
        self.usual = next(iter(dialogs.dangers), "")
        """The danger words that are tried in every manner of leaving; the others, in fewer."""
        self.tabled: set[str] = set()
        """The questions that were put somewhere already."""
        self.left: set[tuple[object, str]] = set()
        """The manners of leaving that were tried, each with what was said."""
        self.proof = Proof()
        self.states: set[str] = set()
        self.told: set[str] = set()
        self.frontier: deque[Place] = deque()
        self.callers: dict[At, dict[Callers, None]] = {}
        self.kinds: dict[At, dict[object, Callers]] = {}
        """Caller → of each kind of place that called so, the first."""
        self.leaving: dict[At, list[tuple[Place, Event | None, Partial]]] = {}
        """The steps that leave a caller for good, to be tried with a kind that is found later too."""
        self.due: list[tuple[Place, Event | None, Partial]] = []
        self.returns: dict[At, dict[int, tuple[Place, Transition]]] = {}
        """Caller → how many sentences were said when it was come back to, and the step that did."""

    def begin(self) -> None:
        """Put into the frontier where the walk begins: asleep."""
        self.proof.reached[Place()] = None
        self.frontier.append(Place())

    def run(self, progress: Callable[[int, int], None] | None, first: int | None) -> Proof:
        """Walk from where it begins, as `prove` says."""
        self.begin()
        return self.go_on(progress, first)

    def go_on(self, progress: Callable[[int, int], None] | None, first: int | None) -> Proof:
        """Walk on from where the walk was left."""
        proof = self.proof
        while (self.frontier or self.due) and not (first is not None and len(proof.found) >= first):
            if self.due:
                before, left, session = self.due.pop()
                self.try_all(before, left, [session])
                continue
            place = self.frontier.popleft()
            proof.places += 1
            if place.cut:
                self.take(place, self.session(place), None)
            else:
                for session, event in self.events(self.session(place)):
                    self.take(place, session, event)
            if progress is not None and proof.places % 20 == 0:
                progress(proof.places, len(proof.reached))
        proof.frontier = len(self.frontier)
        proof.states = frozenset(self.states)
        return proof

    # -- what can happen

    def session(self, place: Place) -> Partial:
        """Any session at a place."""
        wait_until = None if place.cut else 0.0
        return forget(self.dialogs, Session(stack=place.stack, talking=place.talking, wait_until=wait_until))

    def events(self, place: Partial) -> Iterator[tuple[Partial, Event]]:
        """Each thing that can happen at a place, with the session as it may stand then."""
        if place.asleep:
            for facts in distinct_facts(self.dialogs):
                for intent in ("", *distinct_intents(self.dialogs, At(self.dialogs.start))):
                    yield place, Woken(intent, facts=facts)
            return
        at = place.at
        answering = at.asking is not None and at.phase is not Phase.PAUSED
        for intent in distinct_intents(self.dialogs, at):
            if not (answering and intent in CLASSES) and self.is_new(place, intent):
                yield place, Heard(0, intent, intent)
        yield place, NoiseHeard(0)
        yield place, Woken()
        if place.talking:
            yield place, SpeechFinished(0)
        yield standing_at(place, at, clock_first=True), TimePassed()
        if answering and at.phase in (Phase.LISTENING, Phase.SPEAKING):
            yield from self.answers(place, at)
        if not (answering and at.phase is Phase.LISTENING):
            for standing in self.waiting(at):
                yield standing_at(place, standing), TimePassed()
                if at.phase is Phase.LISTENING:
                    yield standing_at(place, standing), NotUnderstood(0)

    def is_new(self, place: Partial, intent: str) -> bool:
        """Whether something that may be said is still to be tried at a place: not if it would leave it for good or do
        what `PLAIN` words do, and was tried already where it is left alike."""
        at, state = place.at, self.dialogs.state(place.at.state)
        edges = () if intent in state.on else self.dialogs.universal.get(intent, ())
        guarded = any(_leaves(edge) or edge.when.tests for edge in edges)
        away = guarded and all(_leaves(edge) or _is_plain(edge) for edge in edges)
        if not away and intent not in self.dialogs.dangers:
            return True
        asked = at.asking.id if at.asking is not None else ""
        held = state.hold.kind if state.hold is not None and at.holding is not None else ""
        dialog = at.state.partition(".")[0]
        manner: object = dialog, asked, held, at.phase is Phase.PAUSED, place.talking, place.stack[:-1], place.most
        if intent in self.dialogs.dangers and intent != self.usual:
            asks_it = asked == self.dialogs.dangers[intent].question
            manner = asks_it, held, at.phase is Phase.PAUSED, place.talking, len(place.stack), place.most
        new = (manner, intent) not in self.left
        self.left.add((manner, intent))
        return new

    def answers(self, place: Partial, at: At) -> Iterator[tuple[Partial, Event]]:
        """What may be answered: all that can be at the first place where this is asked, else one for each outcome."""
        assert at.asking is not None
        every, one_each = self.tables[at.asking.id]
        first = at.phase is Phase.LISTENING and at.asking.id not in self.tabled and len(place.stack) == 1
        if first:
            self.tabled.add(at.asking.id)
        for asking, heard in every if first else one_each:
            standing = standing_at(place, at._replace(asking=asking))
            if heard in CLASSES:
                yield standing, Heard(0, heard, heard)
            elif at.phase is Phase.LISTENING:
                yield standing, NotUnderstood(0) if heard == NOMATCH else TimePassed()

    def waiting(self, at: At) -> Iterator[At]:
        """The place as it may be when its own deadline comes: before any cue, after few or many misses or reminders."""
        state = self.dialogs.state(at.state)
        if at.phase is Phase.SETTLING and at.holding is not None and state.hold is not None:
            yield from (at._replace(holding=at.holding._replace(cue=cue)) for cue in range(len(state.hold.cues)))
        elif at.phase is Phase.PAUSED:
            yield from (at._replace(reminders=reminders) for reminders in (0, MAX_REMINDERS))
        elif at.phase is Phase.LISTENING:
            rungs = [len(ladder.rungs) for ladder in (state.noinput, state.nomatch) if ladder is not None]
            yield from (at._replace(misses=misses) for misses in range(max(rungs) + 1))
        else:
            yield at

    # -- what becomes of it

    def take(self, place: Place, session: Partial, event: Event | None) -> None:
        """Try a step with every guess that it asks for. No event: a state begins."""
        whole = isinstance(event, Heard | Woken) and event.intent in self.dialogs.dangers
        holding = bool(session.stack) and session.at.holding is not None
        self.try_all(place, event, [session if whole or holding else session.cut_short()])

    def try_all(self, place: Place, event: Event | None, waiting: list[Partial]) -> None:
        """Try a step from each session, with every guess that it asks for."""
        while waiting:
            session = waiting.pop()
            try:
                self.try_one(place, session, event)
            except Unread as unread:
                if unread.name == LEAVE:
                    self.leaving.setdefault(session.stack[0], []).append((place, event, session))
                waiting += self.guesses(session, unread)

    def guesses(self, session: Partial, unread: Unread) -> list[Partial]:
        """The sessions that one may be in which something was read that it does not know."""
        if unread.name == LEAVE:
            return [session.called_by(at) for at in self.kinds[session.stack[0]].values()]
        guesses = (session.knowing(unread.name, part) for part in unread.parts)
        return [guess for guess in guesses if guess is not None]

    def carry_out(self, place: Place, session: Partial, event: Event | None) -> tuple[Session, str, int, Move]:
        """A step, as far as it is not cut: what the session becomes, where it is cut, after how many sentences, and the
        step itself. Raises `Unread` where that takes a guess."""
        move = Move(session.dialogs, session, 0.0, self.rules)
        try:
            if event is None:
                move.speech += place.said * ["…"]
                CONTINUE[place.cut](move)
            else:
                take_step(move, event)
        except Cut as at:
            return at.session, at.where, at.said, move
        return move.session, "", 0, move

    def try_one(self, place: Place, session: Partial, event: Event | None) -> None:
        """Try a step, as far as it is not cut. Raises `Unread` where that takes a guess."""
        after, cut, said, move = self.carry_out(place, session, event)
        transition = Transition(
            session, event or TimePassed(), after, tuple(move.actions), place.cut, cut, tuple(move.speech)
        )
        wrong = [*self.judge(transition)]
        self.proof.steps += 1
        for violation in wrong:
            if violation not in self.told:
                self.told.add(violation)
                self.proof.found.append(Found(violation, place, transition))
        for action in move.actions:
            if isinstance(action, Note) and action.kind == "state":
                self.states.update(str(name) for _, name in action.fields)
        if cut == BACK:
            self.come_back(place, transition, said)
        else:
            self.come_to(place, transition, cut, said)

    def kind(self, caller: Callers) -> object:
        """What a called dialog can leave: a question, a hold, or neither."""
        at = caller[-1]
        hold = self.holds[at.state]
        return at.asking is None, hold.kind if hold is not None and at.holding is not None else ""

    def come_to(self, before: Place, transition: Transition, cut: str, said: int) -> None:
        """A place was come to: walk on from there, if it is new."""
        after = transition.after
        stack = self.cut(tuple(map(bare, after.stack))) if after.stack else ()
        if stack and Caller.of(stack[0]) is not None and stack[0] not in self.callers:
            return  # it was guessed to run further down, but nothing has called it
        self.reach(Place(stack, after.talking, cut, said), before, transition)

    def reach(self, place: Place, before: Place, transition: Transition) -> None:
        self.proof.before.setdefault(place, set()).add(before)
        if place not in self.proof.reached:
            self.proof.reached[place] = (before, transition)
            self.frontier.append(place)

    def come_back(self, before: Place, transition: Transition, said: int) -> None:
        """A call is over: walk on from each place that may have called, those found later too."""
        caller = transition.after.stack[0]
        self.proof.before.setdefault(Place((caller,), cut=BACK, said=said), set()).add(before)
        ways = self.returns.setdefault(caller, {})
        if said not in ways:
            ways[said] = before, transition
            for at in self.callers[caller]:
                self.resume(caller, at, said)

    def resume(self, caller: At, at: Callers, said: int) -> None:
        """A place that called goes on. All ways back to it meet first in one that stands for whoever called."""
        place = Place(at, cut=BACK, said=said)
        self.reach(place, *self.returns[caller][said])
        self.proof.before[place].add(Place((caller,), cut=BACK, said=said))

    def cut(self, stack: tuple[At, ...]) -> tuple[At, ...]:
        """The last place of a stack, on what stands for its caller. Whoever called is written down as a caller."""
        caller = Caller.of(stack[0])
        known = 1 if caller is None else 2
        current, called = stack[:known], stack[known:]
        base = most(self.dialogs, stack).name
        for at in called:
            caller = Caller(base, at.state.partition(".")[0])
            self.write_down(caller.at, current)
            current = (caller.at, at)
        return current

    def write_down(self, caller: At, place: Callers) -> None:
        known = self.callers.setdefault(caller, {})
        if place not in known:
            known[place] = None
            kinds = self.kinds.setdefault(caller, {})
            if kinds.setdefault(self.kind(place), place[-1:]) == place[-1:]:  # what called that in turn is left alike
                left = self.leaving.get(caller, ())
                self.due += [(before, event, session.called_by(place[-1:])) for before, event, session in left]
            for said in self.returns.get(caller, {}):
                self.resume(caller, place, said)


def _leaves(edge: Edge) -> bool:
    """Whether an edge leads away for good."""
    return edge.go not in ("stay", "again", "return") and not edge.call


def _is_plain(edge: Edge) -> bool:
    """Whether an edge does no more at a place than what can be said there without any guard: an answer, "repeat"."""
    return edge == Edge("stay", edge.when, edge.say, do=edge.do, kinds=edge.kinds, rows=edge.rows) and edge.do in PLAIN
