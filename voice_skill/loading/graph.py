"""Where the dialogs can lead: states that nothing reaches, that nothing leaves, and circles in which nobody speaks.

A circle is looked for exactly, not by the shape of the graph alone. While nothing is spoken or waited for, no answer
arrives, so the slots and questions keep their values: a circle can be gone round only if the guards along it can all
hold at once. The search therefore carries, for each slot and question, the values it may still have.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

from voice_skill.dialog.model import Answer, Dialogs, Edge, Guard, Level, State
from voice_skill.loading.places import Problem, edges_of

__all__ = ["DERIVED", "graph_problems", "values"]

DERIVED: Mapping[str, tuple[str, ...]] = {
    "level": ("none", "S", "U", "E"),
    "unsettled": ("none", "some"),
    "open": ("none", "some"),
    "clock": ("before", "due", "asked"),
}
"""What a guard may name besides slots and questions, and the values it can have."""

Domains = dict[str, frozenset[str]]
"""Slot, question or derived value → what it may still be."""


def values(dialogs: Dialogs) -> Mapping[str, tuple[str, ...]]:
    """Everything that a guard may name, and the values it can have."""
    return {**DERIVED, **dict.fromkeys(dialogs.questions, Answer.ALL), **dialogs.slots}


def graph_problems(dialogs: Dialogs) -> Iterator[Problem]:
    """Everything wrong with the way the dialogs hang together. Targets that do not exist are passed over."""
    graph = _Graph(dialogs)
    yield from graph.unreachable()
    yield from graph.no_exit()
    yield from graph.lost_returns()
    yield from _Silence(dialogs).circles()


def _problem(where: str, *place: str | int, text: str) -> Problem:
    dialog, _, state = where.partition(".")
    return Problem(dialog, ("states", state, *place), text)


def full_name(where: str, target: str) -> str:
    """`dialog.state` for a target named in the state `where`."""
    return target if "." in target else f"{where.partition('.')[0]}.{target}"


class _Graph:
    """The states, and which leads where, whatever the guards."""

    def __init__(self, dialogs: Dialogs) -> None:
        self.dialogs = dialogs
        self.states = dict(dialogs.walk())
        universal = [edge for edges in dialogs.universal.values() for edge in edges]
        self.entries = {dialogs.start, dialogs.emergency, dialogs.urgent, *(edge.go for edge in universal)}
        self.called = {dialogs.begins(one) for one in (dialogs.clock, *(edge.call for edge in universal)) if one}

    def targets(self, where: str, *, calls: bool) -> set[str]:
        """The states that `where` leads to by itself; with `calls`, also those it borrows."""
        found: set[str] = set()
        state = self.states[where]
        for _, edges in edges_of(state):
            for edge in edges:
                if calls and edge.call:
                    found.add(self.dialogs.begins(edge.call))
                if edge.go not in ("stay", "again", "return"):
                    found.add(full_name(where, edge.go))
        if calls and state.call:
            found.add(self.dialogs.begins(state.call))
        return found & set(self.states)

    def reach(self, roots: Iterable[str], *, calls: bool) -> set[str]:
        """Every state that can be come to from `roots`."""
        found: set[str] = set()
        waiting = [root for root in roots if root in self.states]
        while waiting:
            where = waiting.pop()
            if where not in found:
                found.add(where)
                waiting += self.targets(where, calls=calls)
        return found

    def unreachable(self) -> Iterator[Problem]:
        """States that no conversation can come to."""
        reached = self.reach(self.entries | self.called, calls=True)
        for dialog in self.dialogs.dialogs.values():
            names = [f"{dialog.name}.{state}" for state in dialog.states]
            if not reached.intersection(names):
                yield Problem(dialog.name, ("dialog",), "nothing leads to this dialog")
                continue
            for where in names:
                if where not in reached:
                    yield _problem(where, text="nothing leads to this state")

    def no_exit(self) -> Iterator[Problem]:
        """States from which neither the end nor a return to the caller can be come to."""
        leading: dict[str, set[str]] = {where: set() for where in self.states}
        for where in self.states:
            for target in self.targets(where, calls=False):
                leading[target].add(where)
        safe: set[str] = set()
        waiting = [where for where, state in self.states.items() if state.end or _returns(state)]
        while waiting:
            where = waiting.pop()
            if where not in safe:
                safe.add(where)
                waiting += leading[where]
        for where in self.states:
            if where not in safe:
                alone = not self.targets(where, calls=False) - {where}
                yield _problem(where, text="no way out" if alone else "no way from here to an end or a return")

    def lost_returns(self) -> Iterator[Problem]:
        """Returns that can be come to although nothing called."""
        for where in sorted(self.reach(self.entries, calls=False)):
            for place, edges in edges_of(self.states[where]):
                for number, edge in enumerate(edges):
                    if edge.go == "return":
                        text = "nothing to return to: a conversation can come here by go, without a call"
                        yield _problem(where, *place, number, "go", text=text)


def _returns(state: State) -> bool:
    return any(edge.go == "return" for _, edges in edges_of(state) for edge in edges)


class _Node(NamedTuple):
    """One moment of silent going on."""

    where: str
    callers: tuple[str, ...]
    domains: frozenset[tuple[str, frozenset[str]]]


class _Silence:
    """The search for circles of states that are passed without a word, a question, or a wait."""

    def __init__(self, dialogs: Dialogs) -> None:
        self.dialogs = dialogs
        self.states = dict(dialogs.walk())
        self.any: Domains = {name: frozenset(known) for name, known in values(dialogs).items()}
        self.done: set[_Node] = set()
        self.found: dict[frozenset[str], tuple[str, ...]] = {}

    def circles(self) -> Iterator[Problem]:
        """One problem for each circle, at its first state."""
        for where in self.states:
            self.visit(_Node(where, (), frozenset(self.any.items())), [])
        for circle in self.found.values():
            text = f"goes round without ever speaking or listening: {' → '.join((*circle, circle[0]))}"
            yield _problem(circle[0], text=text)

    def visit(self, node: _Node, path: list[_Node]) -> None:
        """Follow every silent way on from `node`."""
        if node in path:
            circle = tuple(step.where for step in path[path.index(node) :])
            if self.possible(dict(node.domains)):
                self.found.setdefault(frozenset(circle), circle)
            return
        if node in self.done:
            return
        for following in self.onward(node):
            self.visit(following, [*path, node])
        self.done.add(node)

    def onward(self, node: _Node) -> Iterator[_Node]:
        """Where the session may be next, if nothing at all is spoken, asked or waited for at `node`."""
        state = self.states[node.where]
        domains = dict(node.domains)
        opened = [domains]
        if state.lock in self.dialogs.locks:
            lock = self.dialogs.locks[state.lock]
            closed = [domains]
            for guard in lock:
                closed = [after for before in closed for after in self.refuse(before, guard)]
            for shut in closed:
                yield from self.along(state.locked, node, shut)
            opened = [left for guard in lock if (left := self.demand(domains, guard)) is not None]
        if state.say or state.ask or state.hold or state.wait is not None or state.end:
            return
        if state.screen and state.recheck:
            return
        for before in opened:
            left = self.demand(before, self.nothing_to_say(state))
            if left is not None and state.call:
                yield from self.into(state.call, node, left)
            elif left is not None:
                yield from self.along(state.then, node, left)

    def nothing_to_say(self, state: State) -> Guard:
        """When a state's screen asks nothing and its nets stay silent.

        A screen that does not ask again may pass over any question, once enough were skipped.
        """
        settled = frozenset(Answer.ALL) - {*Answer.UNSETTLED}
        asked = [id for id in state.screen if id in self.dialogs.questions] if state.again else []
        nets = [("unsettled", frozenset({"none"}))] if state.nets else []
        return Guard((*((id, settled) for id in asked), *nets))

    def along(self, edges: Iterable[Edge], node: _Node, domains: Domains) -> Iterator[_Node]:
        """The silent edges among `edges`, each under the condition that it is the one taken."""
        still = [domains]
        for edge in edges:
            for before in still:
                taken = self.demand(before, edge.when)
                if taken is not None and not edge.say:
                    yield from self.take(edge, node, taken)
            still = [after for before in still for after in self.refuse(before, edge.when)]

    def take(self, edge: Edge, node: _Node, domains: Domains) -> Iterator[_Node]:
        changed = {**domains, **{name: frozenset({value}) for name, value in edge.set if name in domains}}
        changed.update((question, frozenset({Answer.NO})) for question in edge.answers if question in domains)
        if edge.raises:
            changed["level"] = frozenset(max(Level[name.upper()], edge.raises).name for name in domains["level"])
        if edge.call:
            yield from self.into(edge.call, node, changed)
        elif edge.go == "return":
            if node.callers:
                caller = _Node(node.callers[-1], node.callers[:-1], node.domains)
                yield from self.along(self.states[caller.where].then, caller, changed)
        else:
            target = node.where if edge.go in ("stay", "again") else full_name(node.where, edge.go)
            if target in self.states:
                yield _Node(target, node.callers, frozenset(changed.items()))

    def into(self, target: str, node: _Node, domains: Domains) -> Iterator[_Node]:
        """Into a called dialog. One that calls itself in silence never comes to rest either."""
        start = self.dialogs.begins(target)
        if node.where in node.callers:
            circle = node.callers[node.callers.index(node.where) :]
            self.found.setdefault(frozenset(circle), circle)
        elif start in self.states:
            yield _Node(start, (*node.callers, node.where), frozenset(domains.items()))

    def demand(self, domains: Domains, guard: Guard) -> Domains | None:
        """The values left when `guard` holds; None if it cannot."""
        left = dict(domains)
        for name, allowed in guard.tests:
            left[name] = left.get(name, allowed) & allowed
            if not left[name]:
                return None
        return left

    def refuse(self, domains: Domains, guard: Guard) -> Iterator[Domains]:
        """The values left when `guard` does not hold: one case for each of its tests that may be the one to fail."""
        left = dict(domains)
        for name, allowed in guard.tests:
            known = left.get(name, allowed)
            if known - allowed:
                yield {**left, name: known - allowed}
            left[name] = known & allowed
            if not left[name]:
                return

    def possible(self, domains: Domains) -> bool:
        """Whether `open` and `unsettled` fit the answers that they are derived from."""
        core = [domains[id] for id, question in self.dialogs.questions.items() if question.core]
        for name, answers in (("open", {*Answer.UNASKED}), ("unsettled", {*Answer.UNSETTLED})):
            some = any(known & answers for known in core)
            none = all(known - answers for known in core)
            if not ((some and "some" in domains[name]) or (none and "none" in domains[name])):
                return False
        return True
