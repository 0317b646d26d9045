"""What the dialogs mean, checked: names that nothing bears, choices without an answer, holds and locks that cannot be.

The engine relies on what is proved here and does not check again: every target exists, every list of edges has an
open one, every line that it speaks is written. Each problem is one sentence with file and line; all are found at once.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import pairwise

from voice_skill.dialog.builtins import BUILTINS, CONSENT, CONSENTS
from voice_skill.dialog.model import Dialogs, Edge, Guard, Hold, State
from voice_skill.dialog.screen import CLASSES
from voice_skill.loading.advice import advice_problems
from voice_skill.loading.graph import DERIVED, full_name, graph_problems, values
from voice_skill.loading.phrases import phrase_problems, unheard_phrases
from voice_skill.loading.places import EVERYWHERE, QUESTIONS, REGIONS, Places, Problem, edges_of, said_everywhere
from voice_skill.loading.wording import URGENT_DIALOGS, wording_problems
from voice_skill.shape import did_you_mean
from voice_skill.strict_yaml import Place

__all__ = ["MAX_HOLD", "MAX_HOLDS", "REQUIRED_LINES", "find_problems"]

REQUIRED_LINES = (
    "called_done",
    "declined",
    "different",
    "doubtful",
    "faster",
    "flagged",
    "louder",
    "minute_left",
    "minutes_left",
    "mixed",
    "net",
    "nomatch_first",
    "nomatch_last",
    "often",
    "open",
    "paused",
    "plain",
    "quieter",
    "seconds_left",
    "silence_first",
    "silence_last",
    "slower",
    "speak_up",
    "still_here",
    "unanswered",
    "whisper",
)
"""The engine's own sentences: it cannot speak without them."""

GLANCE = 12
"""Names that can be listed in an error."""
MAX_HOLD = 60.0
"""Seconds that no hold may exceed (clinical.md 5.3, hazard 15)."""
MAX_HOLDS = 3
"""Stretch holds in one session (clinical.md decision 5)."""


def find_problems(dialogs: Dialogs, places: Places | None = None) -> list[str]:
    """Everything wrong with the meaning of the dialogs, as `file:line: path: text`, sorted."""
    return (places or Places()).show(problems(dialogs))


def problems(dialogs: Dialogs, absent: frozenset[str] = frozenset(), *, sound: bool = True) -> Iterator[Problem]:
    """As `find_problems`, in no order.

    `absent` names dialogs whose files could not be read; what others say about them is left unjudged. How the whole
    hangs together is judged only once every name is right and no fault is known already (`sound`): one misspelt
    target would make half of it seem out of reach.
    """
    references = [*_references(dialogs, absent)]
    yield from references
    yield from wording_problems(dialogs)
    yield from phrase_problems(dialogs)
    yield from advice_problems(dialogs)
    if sound and not absent and not references:
        yield from graph_problems(dialogs)
        yield from unheard_phrases(dialogs)


def _references(dialogs: Dialogs, absent: frozenset[str]) -> Iterator[Problem]:
    names = _Names(dialogs, absent)
    yield from names.entry_points()
    yield from names.locks_and_dangers()
    yield from _lines_and_regions(dialogs)
    for intent, edges in dialogs.universal.items():
        yield from names.edges(*said_everywhere(intent), edges)
        yield from _bare_targets(intent, edges)
    for dialog in dialogs.dialogs.values():
        for state in dialog.states.values():
            yield from names.state(dialog.name, state)
            yield from _own_intents(dialogs, dialog.name, state)
            if state.hold is not None:
                yield from _hold(dialogs, dialog.name, state, state.hold)


class _Names:
    """Whether what is named is there."""

    def __init__(self, dialogs: Dialogs, absent: frozenset[str]) -> None:
        self.dialogs = dialogs
        self.absent = absent
        self.states = dict(dialogs.walk())
        self.values = values(dialogs)

    def entry_points(self) -> Iterator[Problem]:
        """The entry points, and the dialog of the ten-minute question."""
        for key in ("start", "emergency", "urgent"):
            target = getattr(self.dialogs, key)
            if "." not in target:
                yield Problem(EVERYWHERE, (key,), f'"{target}" is no target; write dialog.state')
            else:
                yield from self.target(EVERYWHERE, (key,), target)
        yield from self.dialog(EVERYWHERE, ("clock", "dialog"), self.dialogs.clock)

    def locks_and_dangers(self) -> Iterator[Problem]:
        """What locks test, and which question a danger answers."""
        for name, lock in self.dialogs.locks.items():
            if not lock:
                yield Problem(QUESTIONS, ("locks", name), "has no condition, so it never opens")
            for number, guard in enumerate(lock):
                yield from self.guard(QUESTIONS, ("locks", name, number), guard)
        for intent, danger in self.dialogs.dangers.items():
            place = ("dangers", intent)
            yield from self.known(EVERYWHERE, (*place, "question"), "question", danger.question, self.dialogs.questions)
            if not intent.startswith("danger."):
                yield Problem(EVERYWHERE, place, 'the name of danger words must begin with "danger."')
        for name, known in self.dialogs.slots.items():
            if not known:
                yield Problem(EVERYWHERE, ("slots", name), "has no values")
            if name in self.dialogs.questions or name in DERIVED:
                yield Problem(EVERYWHERE, ("slots", name), "is the name of a question or a derived value already")
        for number, name in enumerate(self.dialogs.facts):
            yield from self.known(EVERYWHERE, ("facts", number), "slot", name, self.dialogs.slots)

    def state(self, file: str, state: State) -> Iterator[Problem]:
        """Everything that a state names."""
        place: Place = ("states", state.name)
        for suffix, edges in edges_of(state):
            yield from self.edges(file, (*place, *suffix), edges)
        for number, id in enumerate(state.screen):
            if id != "{flag}":
                yield from self.known(file, (*place, "screen", number), "question", id, self.dialogs.questions)
        if state.call:
            yield from self.called(file, (*place, "call"), state.call)
        if state.lock:
            yield from self.known(file, (*place, "lock"), "lock", state.lock, self.dialogs.locks)
        for number, cue in enumerate(state.hold.cues if state.hold else ()):
            yield from self.guard(file, (*place, "hold", "cues", number, "when"), cue.when)
        if state.hold and state.hold.counts:
            yield from self.known(file, (*place, "hold", "counts"), "slot", state.hold.counts, self.dialogs.slots)

    def edges(self, file: str, place: Place, edges: tuple[Edge, ...]) -> Iterator[Problem]:
        """Everything that a list of edges names, and whether one of them is always open."""
        for number, edge in enumerate(edges):
            here = (*place, number)
            listening = place[0] in ("universal", "answers") or "on" in place or place[-1] == "otherwise"
            yield from self.edge(file, here, edge, listening=listening)
            last = number == len(edges) - 1
            if last and edge.when.tests:
                text = "the last way must be open always: leave out its when, or add one more without"
                yield Problem(file, (*here, "when"), text)
            elif not last and not edge.when.tests:
                text = "is always taken, so the ways below it never are; give it a when, or move it down"
                yield Problem(file, here, text)

    def edge(self, file: str, place: Place, edge: Edge, *, listening: bool) -> Iterator[Problem]:
        """Everything that an edge names."""
        if not edge.go:
            yield Problem(file, place, "says nowhere to go; give it a go")
        elif edge.go == "stay" and not listening:
            yield Problem(file, (*place, "go"), "there is nothing to stay for here; name a state")
        elif edge.go not in ("stay", "again", "return") and not (place[0] == "universal" and "." not in edge.go):
            yield from self.target(file, (*place, "go"), edge.go)
        if edge.call:
            yield from self.called(file, (*place, "call"), edge.call)
            if edge.go != "stay":
                yield Problem(file, (*place, "go"), "what is called comes back to where it was called; take this out")
        if edge.call and edge.do:
            yield Problem(file, place, "does call and do; an edge does one of them")
        if edge.do:
            yield from self.known(file, (*place, "do"), "built-in", edge.do, BUILTINS)
        if edge.do in CONSENTS and not {"no", "yes"} <= {*self.dialogs.slots.get(CONSENT, ())}:
            yield Problem(file, (*place, "do"), f"needs a slot {CONSENT} with the values no and yes")
        if edge.do == "remember" and (file in URGENT_DIALOGS or place[0] == "universal"):
            text = "nobody is asked for consent in pain or danger; do this after relief (P23)"
            yield Problem(file, (*place, "do"), text)
        if CONSENT in dict(edge.set):
            text = f"only do: {' or '.join(CONSENTS)} may change {CONSENT}; use one of them"
            yield Problem(file, (*place, "set", CONSENT), text)
        if place[0] != "answers":  # those are the guards of its lock, and told there
            yield from self.guard(file, (*place, "when"), edge.when)
        for name, value in edge.set:
            found = list(self.known(file, (*place, "set", name), "slot", name, self.dialogs.slots))
            yield from found or self.known(
                file, (*place, "set", name), f"value of {name}", value, self.dialogs.slots.get(name, ())
            )
        if edge.flag:
            yield from self.known(file, (*place, "flag"), "question", edge.flag, self.dialogs.questions)
        for number, id in enumerate(edge.answers):
            yield from self.known(file, (*place, "answers", number), "question", id, self.dialogs.questions)

    def guard(self, file: str, place: Place, guard: Guard) -> Iterator[Problem]:
        """Everything that a guard names."""
        for name, allowed in guard.tests:
            here = (*place, name)
            found = list(self.known(file, here, "slot, question or derived value", name, self.values))
            yield from found
            if not allowed:
                yield Problem(file, here, "allows no value, so it never holds")
            for value in () if found else sorted(allowed):
                yield from self.known(file, here, f"value of {name}", value, self.values[name])

    def target(self, file: str, place: Place, target: str) -> Iterator[Problem]:
        """A state, here or elsewhere."""
        name = full_name(f"{file}.", target)
        dialog, _, state = name.partition(".")
        if dialog not in self.dialogs.dialogs:
            yield from self.dialog(file, place, dialog)
        elif name not in self.states:
            near = did_you_mean(state, self.dialogs.dialogs[dialog].states)
            yield Problem(file, place, f'there is no state "{state}" in {dialog}{near}')

    def called(self, file: str, place: Place, target: str) -> Iterator[Problem]:
        """A dialog, or a state of one, to call."""
        if "." in target:
            yield from self.target(file, place, target)
        else:
            yield from self.dialog(file, place, target)

    def dialog(self, file: str, place: Place, dialog: str) -> Iterator[Problem]:
        """A dialog."""
        if dialog not in self.absent:
            yield from self.known(file, place, "dialog", dialog, self.dialogs.dialogs)

    def known(self, file: str, place: Place, kind: str, name: str, known: Iterable[str]) -> Iterator[Problem]:
        """Something that must be among `known`."""
        known = tuple(known)
        if name not in known:
            near = did_you_mean(name, known)
            if not near and 0 < len(known) <= GLANCE:
                near = f"; there are {', '.join(known)}"
            yield Problem(file, place, f'there is no {kind} "{name}"{near}')


def _bare_targets(intent: str, edges: Iterable[Edge]) -> Iterator[Problem]:
    """What may be said everywhere has no dialog of its own, and nobody who called it."""
    for number, edge in enumerate(edges):
        place = ("universal", intent, number, "go")
        if edge.go == "return":
            yield Problem(EVERYWHERE, place, "there may be nothing to return to; name a state as dialog.state, or stay")
        elif edge.go and "." not in edge.go and edge.go not in ("stay", "again"):
            yield Problem(EVERYWHERE, place, f'"{edge.go}" is no target here; write dialog.state')


def _lines_and_regions(dialogs: Dialogs) -> Iterator[Problem]:
    for name in REQUIRED_LINES:
        if not dialogs.lines.get(name):
            near = did_you_mean(name, [line for line in dialogs.lines if line not in REQUIRED_LINES])
            text = f'the engine needs the line "{name}" and cannot speak without it{near}'
            yield Problem(EVERYWHERE, ("lines", name), text)
    if "unknown" not in dialogs.regions:
        text = 'needs a region "unknown": what is said when nobody knows where the person is'
        yield Problem(REGIONS, ("regions",), text)
    for code, region in dialogs.regions.items():
        for key in ("emergency", "urgent"):
            if not getattr(region, key).strip():
                yield Problem(REGIONS, ("regions", code, key), "is empty")


def _own_intents(dialogs: Dialogs, file: str, state: State) -> Iterator[Problem]:
    """Intents that a state may not take for itself."""
    for intent in state.on:
        place = ("states", state.name, "on", intent)
        if intent in dialogs.dangers or intent.startswith("danger."):
            yield Problem(file, place, "danger words lead to the emergency dialog from everywhere; take this out")
        elif state.screen and intent in CLASSES:
            text = f'"{intent}" answers the screen question here, and nothing may take that answer away; take this out'
            yield Problem(file, place, text)


def _hold(dialogs: Dialogs, file: str, state: State, hold: Hold) -> Iterator[Problem]:
    place: Place = ("states", state.name, "hold")
    if hold.seconds > MAX_HOLD:
        yield Problem(file, (*place, "seconds"), f"no hold may last longer than {MAX_HOLD:g} seconds")
    for number, (before, cue) in enumerate(pairwise(hold.cues), start=1):
        if cue.at <= before.at:
            text = f"the cues are out of order: {cue.name} at {cue.at:g} comes after {before.name} at {before.at:g}"
            yield Problem(file, (*place, "cues", number), text)
    end = hold.cues[-1] if hold.cues else None
    if end is None or end.name != "end" or end.at != hold.seconds:
        here = (*place, "cues", len(hold.cues) - 1) if hold.cues else (*place, "cues")
        yield Problem(file, here, f"the last cue must be named end and come at {hold.seconds:g} seconds")
    if hold.kind == "stretch":
        yield from _stretch(dialogs, file, state, hold)


def _stretch(dialogs: Dialogs, file: str, state: State, hold: Hold) -> Iterator[Problem]:
    """The locks and limits of a stretch (clinical.md decisions 4 and 5, property P16)."""
    place: Place = ("states", state.name, "hold")
    if not state.lock:
        yield Problem(file, place, "a stretch needs a lock: the answers without which it may not begin")
    counted = dialogs.slots.get(hold.counts, ())
    if not hold.counts:
        text = f"a stretch needs counts: a slot that counts it, so that there are never more than {MAX_HOLDS}"
        yield Problem(file, place, text)
    elif counted and counted != tuple(map(str, range(len(counted)))):
        yield Problem(file, (*place, "counts"), f'the values of {hold.counts} must count from "0" without a gap')
    elif len(counted) > MAX_HOLDS + 1:
        text = f"{hold.counts} counts up to {counted[-1]}; no more than {MAX_HOLDS} stretches may be held"
        yield Problem(file, (*place, "counts"), text)
