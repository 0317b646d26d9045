"""Whether the proof finds what is broken in a mutant, without walking again where nothing has changed."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal, TypeVar

from voice_skill.dialog.events import Event, Heard, Woken
from voice_skill.dialog.explore import Transition, distinct_facts, distinct_intents
from voice_skill.dialog.flow import BEGIN
from voice_skill.dialog.guessing import Unread
from voice_skill.dialog.hearing import intents
from voice_skill.dialog.model import Dialogs
from voice_skill.dialog.move import Move
from voice_skill.dialog.mutants import Mutant
from voice_skill.dialog.partial import Partial
from voice_skill.dialog.place import Place
from voice_skill.dialog.proof import Judge, Proof, Walk, prove
from voice_skill.dialog.properties import violations
from voice_skill.dialog.screen import reply
from voice_skill.dialog.session import At, Session
from voice_skill.dialog.standing import standing_violations

__all__ = ["Outcome", "Trials"]

Value = TypeVar("Value")
Readers = Mapping[str, Mapping[Place, Collection[Event | None]]]
"""A part of the dialogs, as in `Mutant.touched` → the places and events whose steps read it."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What the proof says of a mutant."""

    kind: Literal["killed", "same", "cautious", "survives"]
    """Killed: it finds a violation. Same: from no place, after no past, does the mutant do anything but what the sound
    dialogs do. Cautious: it differs, no property is violated, and the fault is of those that can only take somebody for
    one in doubt (`Mutant.cautious`)."""
    violation: str = ""


class Trials:
    """The proof of the sound dialogs, and what it says of mutants.

    That proof is kept, with the parts of the dialogs that each of its steps has read. A mutant needs only those steps
    again that read what differs in it, and what follows from them: any other step is what it was, and nothing was
    wrong with it. So whoever survives would survive the whole proof. A violation is believed only if each step
    on the way to it is what it was, or was tried anew; else the whole proof is run.
    """

    def __init__(self, dialogs: Dialogs, progress: Callable[[int, int], None] | None = None) -> None:
        self._sound = _Reading(dialogs)
        self.sound: Proof = self._sound.run(progress, None)

    def try_on(self, mutant: Mutant) -> Outcome:
        """What comes of a mutant."""
        if standing := next(standing_violations(mutant.dialogs), ""):
            return Outcome("killed", standing)
        if not mutant.touched:
            violation = self._whole(mutant)
            return Outcome("killed" if violation else "survives", violation)
        walk = _Again(mutant, self._sound)
        walk.begin()
        while len(walk.go_on(None, len(walk.proof.found) + 1).found) > (known := walk.judged):
            walk.judged += 1
            found = walk.proof.found[known]
            if walk.is_reached(found.place):
                return Outcome("killed", found.violation)
            walk.told.discard(found.violation)  # another step may show it, and be reached
        if (walk.judged or mutant.elsewhere) and (violation := self._whole(mutant)):
            return Outcome("killed", violation)
        if not mutant.elsewhere and walk.is_same():
            return Outcome("same")
        return Outcome("cautious" if mutant.cautious else "survives")

    def _whole(self, mutant: Mutant) -> str:
        """The first violation that a proof from the very beginning finds; empty if there is none."""
        try:
            found = prove(mutant.dialogs, _judge(mutant.dialogs), mutant.rules, first=1).found
        except ValueError as error:  # a question that is put without end is refused before the walk
            return str(error)
        return found[0].violation if found else ""


class _Reading(Walk):
    """The walk of the sound dialogs, which writes down what each step has read."""

    def __init__(self, dialogs: Dialogs) -> None:
        self.readers: dict[str, dict[Place, set[Event | None]]] = {}
        self.read: set[str] = set()
        super().__init__(_noting(dialogs, self.read.add), _judge(dialogs), reply)

    def take(self, place: Place, session: Partial, event: Event | None) -> None:
        """Try a step, and write it down."""
        super().take(place, session, event)
        for part in self.read:
            self.readers.setdefault(part, {}).setdefault(place, set()).add(event)
        self.read.clear()


class _Again(Walk):
    """The walk of a mutant, since that of the sound dialogs."""

    def __init__(self, mutant: Mutant, sound: _Reading) -> None:
        super().__init__(mutant.dialogs, _judge(mutant.dialogs), mutant.rules)
        self.known = sound.proof.reached
        self.sound = sound
        self.readers: Readers = {part: sound.readers.get(part, {}) for part in mutant.touched}
        self.said = [part.removeprefix("said ") for part in mutant.touched if part.startswith("said ")]
        """What may be said everywhere that differs."""
        self.met: set[tuple[Place, Place]] = set()
        """The places that were come to in this walk, each with the one before."""
        self.comparing = False
        """Whether the walk is over, and what was walked is compared."""
        self.judged = 0
        """Of the violations, how many were looked at: are they reached?"""

    def begin(self) -> None:
        """Begin with every place from which a step reads what differs, the fault itself first."""
        self.proof.reached |= self.known
        self.callers |= {caller: dict(places) for caller, places in self.sound.callers.items()}
        self.kinds |= {caller: dict(kinds) for caller, kinds in self.sound.kinds.items()}
        self.returns |= {caller: dict(ways) for caller, ways in self.sound.returns.items()}
        for caller, left in self.sound.leaving.items():
            self.leaving[caller] = [(place, event, session.among(self.dialogs)) for place, event, session in left]
        self.frontier.extend(sorted(filter(self.reads, self.known), key=lambda place: not self.is_in(place)))

    def reads(self, place: Place) -> bool:
        """Whether a step from a place may read what differs."""
        if self.said:
            return not place.cut
        return any(place in steps for steps in self.readers.values())

    def events(self, place: Partial) -> Iterator[tuple[Partial, Event]]:
        """What can happen at a place: all; but where nothing differs but what may be said everywhere, only that.

        Of several words that lead along the same edges a walk tries one, and in some places none. Which these are may
        differ too; so whatever may have changed is said by itself.
        """
        if not self.said or Place(place.stack, place.talking) not in self.known:
            yield from super().events(place)
            if not place.asleep and place.at.state in self.readers:
                here = self.dialogs.state(place.at.state).on
                merged = [intent for intent in here if intent not in distinct_intents(self.dialogs, place.at)]
                yield from ((place, Heard(0, intent, intent)) for intent in merged)
            return
        at = At(self.dialogs.start) if place.asleep else place.at
        for intent in self.said:
            if intent in self.dialogs.state(at.state).on or intent not in intents(self.dialogs, at):
                continue
            if place.asleep:
                yield from ((place, Woken(intent, facts=facts)) for facts in distinct_facts(self.dialogs))
            elif self.is_new(place, intent):
                yield place, Heard(0, intent, intent)

    def take(self, place: Place, session: Partial, event: Event | None) -> None:
        """Try a step that is new, or may have read what differs."""
        if place not in self.known or self.is_in(place) or self.parts(place, event) or self.is_said(event):
            super().take(place, session, event)

    def reach(self, place: Place, before: Place, transition: Transition) -> None:
        """Come to a place."""
        self.met.add((before, place))
        super().reach(place, before, transition)

    def is_in(self, place: Place) -> bool:
        """Whether a place is in a state that differs."""
        return bool(place.stack) and place.stack[-1].state in self.readers

    def parts(self, place: Place, event: Event | None) -> set[str]:
        """What a step of the sound dialogs read, of what differs."""
        return {part for part, steps in self.readers.items() if event in steps.get(place, ())}

    def is_same(self) -> bool:
        """Whether every step that reads what differs does the same as that of the sound dialogs, to its very end."""
        if self.proof.reached.keys() != self.known.keys():
            return False
        self.comparing = True
        return all(
            self.do_the_same(place, *step) for place in filter(self.reads, self.known) for step in self.reading(place)
        )

    def reading(self, place: Place) -> Iterator[tuple[Partial, Event | None]]:
        """The steps from a place that read what differs."""
        every = [(self.session(place), None)] if place.cut else self.events(self.session(place))
        is_in = self.is_in(place)
        return (step for step in every if is_in or self.parts(place, step[1]) or self.is_said(step[1]))

    def is_said(self, event: Event | None) -> bool:
        """Whether something is said that differs."""
        return isinstance(event, Heard | Woken) and event.intent in self.said

    def is_new(self, place: Partial, intent: str) -> bool:
        """As in any walk; but each step is compared, not only the first of its manner."""
        return self.comparing or super().is_new(place, intent)

    def do_the_same(self, place: Place, session: Partial, event: Event | None) -> bool:
        """Whether a step does with both dialogs the same, whatever was before."""
        waiting = [session]
        while waiting:
            session = waiting.pop()
            try:
                mine = _outcome(self.carry_out(place, session, event))
                theirs = _outcome(self.carry_out(place, session.among(self.sound.dialogs), event))
            except Unread as unread:
                waiting += self.guesses(session, unread)
                continue
            if mine != theirs:
                return False
        return True

    def is_reached(self, place: Place) -> bool:
        """Whether the way to a place takes no step of the sound dialogs but those that lead there still."""
        while (step := self.proof.reached[place]) is not None:
            before, transition = step
            if self.known.get(place) == step and self.differs(before, transition) and (before, place) not in self.met:
                return False
            place = before
        return True

    def differs(self, place: Place, step: Transition) -> bool:
        """Whether a step of the sound dialogs may differ. Of a state that it only comes to, it has used nothing yet."""
        arrives = {step.after.at.state} if step.until == BEGIN else set()
        return self.is_in(place) or bool(self.parts(place, None if place.cut else step.event) - arrives)


def _outcome(step: tuple[Session, str, int, Move]) -> tuple[object, ...]:
    """All that a step has done, and is known after it."""
    after, cut, said, move = step
    known = (
        {name: value for name, value in vars(after).items() if name != "dialogs"} if isinstance(after, Partial) else {}
    )
    return tuple(after), cut, said, tuple(move.actions), tuple(move.speech), known


def _judge(dialogs: Dialogs) -> Judge:
    return lambda step: violations(step, dialogs)


class _Noted(dict[str, Value]):
    """A mapping that tells what is looked up in it."""

    def __init__(self, values: Mapping[str, Value], note: Callable[[str], None], name: str) -> None:
        super().__init__(values)
        self._note = note
        self._name = name

    def __getitem__(self, key: str) -> Value:
        self._note(self._name + key)
        return super().__getitem__(key)

    def get(self, key: str, default: Any = None) -> Any:
        """As in any mapping."""
        self._note(self._name + key)
        return super().get(key, default)


def _noting(dialogs: Dialogs, note: Callable[[str], None]) -> Dialogs:
    """The same dialogs, which tell what is read of them, in the words of `Mutant.touched`."""
    noting = {
        name: replace(dialog, states=_Noted(dialog.states, note, f"{name}."))
        for name, dialog in dialogs.dialogs.items()
    }
    locks, universal = _Noted(dialogs.locks, note, "lock "), _Noted(dialogs.universal, note, "said ")
    return Dialogs(**{**vars(dialogs), "dialogs": noting, "locks": locks, "universal": universal})
