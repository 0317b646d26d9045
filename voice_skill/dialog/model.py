"""The dialogs as values: what the YAML files in `dialogs/` become once they are loaded.

Everything here is frozen plain data. There are no expressions and no callbacks, so one table serves the engine, the
drawing, the explorer that walks every conversation, and the person who reviews the content.

The words are VoiceXML's where it has them (prompt, noinput, nomatch, reprompt, barge-in). In short:

* a **state** says something and then does one thing: goes on, listens, asks screen questions, runs a hold, calls
  another dialog, waits, chooses, or ends;
* an **edge** leads out of a state: it may say something, change slots, and goes somewhere;
* a **question** is one red-flag check. Its wording makes *yes* the dangerous answer, always (clinical.md 2.3);
* a **lock** lists which answers must stand before a state may be entered (clinical.md decision 4);
* a **danger** is a set of phrases that leads to the emergency dialog from everywhere (clinical.md 2.6).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import IntEnum

__all__ = [
    "KINDS",
    "Answer",
    "Cue",
    "Danger",
    "Dialog",
    "Dialogs",
    "Edge",
    "Guard",
    "Hold",
    "Ladder",
    "Level",
    "Question",
    "Region",
    "State",
    "Step",
]


KINDS: Mapping[str, str] = {
    "stretch": "stretch",
    "movement": "movement",
    "massage": "massage",
    "heat": "thermal",
    "ice": "ice",
    "warm_or_cold": "leg_clear",
    "fluids": "",
    "standing": "",
    "bedtime": "",
}
"""What may be advised, and the lock that it then needs (clinical.md decision 4); empty for none."""


class Level(IntEnum):
    """How urgent what was heard is (clinical.md 2.2). It only rises within a session."""

    NONE = 0
    S = 1
    """See a clinician within days."""
    U = 2
    """Advice today, at night too."""
    E = 3
    """Emergency now."""


class Answer:
    """The states that a screen question can be in, as plain strings so that YAML guards can name them.

    A yes is kept with the level that it led to (`S`, `U`, `E`): the session's level is then simply the highest of
    them, and correcting an answer corrects the level.
    """

    OPEN = "open"
    ASKED_ONCE = "asked1"
    """Put once and left open, because relief could not wait for the answer."""
    ASKED_TWICE = "asked2"
    NO = "no"
    DECLINED = "declined"
    UNANSWERED = "unanswered"
    YES_S = "S"
    YES_U = "U"
    YES_E = "E"
    ALL = (OPEN, ASKED_ONCE, ASKED_TWICE, NO, DECLINED, UNANSWERED, YES_S, YES_U, YES_E)
    YES = (YES_S, YES_U, YES_E)
    SKIPPED = (DECLINED, UNANSWERED)
    UNASKED = (OPEN, ASKED_ONCE, ASKED_TWICE)
    UNSETTLED = (*UNASKED, *SKIPPED)


@dataclass(frozen=True, slots=True)
class Guard:
    """Conditions that must all hold: each names a slot, a question or a derived value, and the values allowed."""

    tests: tuple[tuple[str, frozenset[str]], ...] = ()


@dataclass(frozen=True, slots=True)
class Edge:
    """A way out of a state. Of several, the first whose guard holds is taken."""

    go: str
    """`state`, `dialog.state`, or one of `stay` (listen on), `again` (enter this state anew), `return`."""
    when: Guard = Guard()
    say: tuple[str, ...] = ()
    """Spoken before whatever the target says, in the same turn."""
    set: tuple[tuple[str, str], ...] = ()
    answers: tuple[str, ...] = ()
    """Questions that this edge answers with an explicit no ("it's gone" answers "is it still gripping?")."""
    raises: Level = Level.NONE
    flag: str = ""
    """The question that what was said is about: `{flag}` names it from here on."""
    call: str = ""
    """`dialog` or `dialog.state` to run first; it comes back to the very point it left (a hold goes on at that
    second)."""
    do: str = ""
    """A built-in: one of `builtins.BUILTINS`."""
    kinds: frozenset[str] = frozenset()
    """What `say` advises, of `KINDS`."""
    rows: tuple[int, ...] = ()
    """Rows of the seed matrix that `say` carries (clinical.md 1)."""


@dataclass(frozen=True, slots=True)
class Ladder:
    """What happens when nothing, or nothing known, is heard: rising prompts, then a default."""

    rungs: tuple[tuple[str, ...], ...]
    """The reprompts, in order; each replaces the prompt."""
    waits: tuple[float, ...]
    """Seconds of silence before each rung and before `then`: one more than there are rungs."""
    then: tuple[Edge, ...] = ()
    """Where it goes when the rungs are used up."""


@dataclass(frozen=True, slots=True)
class Cue:
    """Something spoken at a fixed second of a hold. It never delays the next one."""

    at: float
    """Seconds after the hold's zero at which its first sample sounds."""
    say: tuple[str, ...]
    name: str
    when: Guard = Guard()
    quiet: bool = True
    """Whether it is also spoken while someone sleeps next to the person (clinical.md 3.7)."""
    rows: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Hold:
    """A timed stretch, or timed breathing (clinical.md 3.2)."""

    kind: str
    """`stretch`, `breathing` or `exercise`; the stretch locks and limits apply to the first."""
    seconds: float
    settle: float
    """Silence between the end of the lead-in and the hold's zero."""
    cues: tuple[Cue, ...]
    """In order of time; the last one is named `end` and sits at `seconds`."""
    counts: str = ""
    """The slot that rises by one when the hold begins; empty for none."""
    complete: float = 20.0
    """Seconds from which a hold that is let go early still counts as done (clinical.md decision 5)."""


@dataclass(frozen=True, slots=True)
class State:
    """One place in a dialog. Exactly one of the fields from `ask` to `end` says what it does after speaking."""

    name: str
    say: tuple[str, ...] = ()
    """Sentences spoken on entry."""
    on: Mapping[str, tuple[Edge, ...]] = field(default_factory=dict)
    """What may be said here, beyond what may be said everywhere: intent → edges."""
    then: tuple[Edge, ...] = ()
    """Where it goes when its one thing is done (speech, screen, hold, call, wait, choice)."""
    ask: tuple[str, ...] = ()
    """The question, spoken last; then it listens."""
    noinput: Ladder | None = None
    nomatch: Ladder | None = None
    screen: tuple[str, ...] = ()
    """The red-flag questions asked here: those of them that are still open."""
    again: bool = False
    """Whether the screen also asks anew what was declined or not answered."""
    recheck: bool = False
    """Whether the screen asks anew what was answered with yes: the way out of a false alarm."""
    patient: bool = True
    """False: a screen question that meets silence is left open at once, and relief goes on (clinical.md 4.3, A0)."""
    hold: Hold | None = None
    call: str = ""
    """`dialog` or `dialog.state` to run before `then`."""
    wait: float | None = None
    """Seconds of listening in silence before `then`."""
    timer: bool = False
    """Whether `wait` runs on the wall clock: nothing that is said, asked or paused meanwhile stops or restarts it."""
    choose: bool = False
    end: bool = False
    """The conversation is over; Charley sleeps until the wake phrase."""
    lock: str = ""
    """The lock that must be open to enter."""
    locked: tuple[Edge, ...] = ()
    """Where it goes instead."""
    nets: bool = False
    """Whether the safety net of every unsettled question is spoken on entry, which closes those questions."""
    endpoint: float = 1.2
    """Seconds of silence that end an utterance here."""
    rate: int | None = None
    """Words per minute at most, for calm speech; None means the session's own rate."""
    gain_db: float = 0.0
    """Softer (negative) than the session's own volume, for fading out."""
    loud: bool = False
    """Spoken at no less than normal volume, whatever the night settings (property P30)."""
    keep: bool = False
    """Ordinary speech does not cut this state's prompt; danger words and stop still do (clinical.md 3.6)."""
    kinds: frozenset[str] = frozenset()
    """What it advises, of `KINDS`: each has its lock and its words (properties P8, P9, P10, P12, P22)."""
    rows: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Dialog:
    """One conversation: one YAML file."""

    name: str
    about: str
    start: str
    states: Mapping[str, State]
    clock: bool = True
    """Whether the ten-minute question may come between its states."""
    answers: bool = True
    """Whether anything may be asked here: the intents whose edges `do: answer`."""


@dataclass(frozen=True, slots=True)
class Step:
    """One closer question: an assist when the person is unsure, or a follow-up to a yes."""

    ask: tuple[str, ...]
    level: Level = Level.NONE
    """The level that a yes or a doubt leads to; NONE means the question's own."""
    on_yes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Question:
    """One red-flag check. Yes is the dangerous answer; only an explicit no clears it (clinical.md 2.3-2.5)."""

    id: str
    ask: tuple[str, ...]
    other_words: tuple[str, ...]
    """The same question put differently, for a mixed answer."""
    level: Level
    flag: str
    """What a yes means, in words that fit "Yes, {flag}." and "Say: leg pain, and {flag}."."""
    on_yes: tuple[str, ...]
    net: tuple[str, ...]
    """The conditional safety net, spoken when it stays unanswered."""
    assist: tuple[Step, ...] = ()
    """Ways to check by touch. A no to one leads to the next; a no to the last clears the question."""
    on_no: tuple[str, ...] = ()
    followup: tuple[Step, ...] = ()
    """Asked after a yes, to find its level: the first yes or doubt among them settles it."""
    otherwise: Level = Level.NONE
    """The level when every follow-up was answered no."""
    otherwise_say: tuple[str, ...] = ()
    core: bool = True
    """Whether it belongs to the night core, without which no all-clear is spoken."""
    danger: str = "yes"
    """The answer that means danger. Always "yes"; written out so that a reviewer can check each wording (P21)."""
    source: str = ""
    """Where the check comes from."""
    rows: tuple[int, ...] = ()

    @property
    def levels(self) -> frozenset[Level]:
        """The levels that a yes, or a doubt, can lead to."""
        if not self.followup:
            return frozenset({self.level})
        return frozenset({self.otherwise, *(step.level for step in self.followup)})


@dataclass(frozen=True, slots=True)
class Danger:
    """Words that lead to the emergency dialog from anywhere (clinical.md 2.6)."""

    intent: str
    flag: str
    """What was heard, in words that fit "Say: leg pain, and {flag}."."""
    question: str
    """The screen question that it answers with yes, and that a false alarm has to answer with no."""
    say: tuple[str, ...] = ()
    """Something to add to the emergency line."""
    rows: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Region:
    """Whom to call where (clinical.md 5.2)."""

    code: str
    emergency: str
    """As spoken: digits one by one, or "your local emergency number"."""
    urgent: str
    """As spoken: "one one one", "your doctor's out of hours line" …"""


@dataclass(frozen=True, eq=False)
class Dialogs:
    """All that Charley can say and understand. One is made per load, and told from others by identity."""

    dialogs: Mapping[str, Dialog]
    start: str
    """`dialog.state` that a wake phrase leads to."""
    emergency: str
    """`dialog.state` that danger leads to."""
    urgent: str
    """`dialog.state` that a same-day answer leads to."""
    clock: str
    """Name of the dialog that asks the ten-minute question."""
    clock_seconds: float
    questions: Mapping[str, Question]
    """In asking order."""
    locks: Mapping[str, tuple[Guard, ...]]
    """A lock is open when any of its guards holds."""
    slots: Mapping[str, tuple[str, ...]]
    """Slot → its allowed values; the first is the initial one."""
    universal: Mapping[str, tuple[Edge, ...]]
    """What may be said everywhere: intent → edges. Those named `ask.…` answer a question (`answers.yaml`)."""
    dangers: Mapping[str, Danger]
    """By intent, all named `danger.…`."""
    phrases: Mapping[str, tuple[str, ...]]
    """Intent → what people say."""
    lines: Mapping[str, tuple[str, ...]]
    """The engine's own sentences ("Just yes or no.", "Paused.")."""
    regions: Mapping[str, Region]
    facts: tuple[str, ...] = ()
    """The slots that the history sets when Charley wakes."""
    version: str = ""

    def state(self, where: str) -> State:
        """The state named `dialog.state`. Raises KeyError if there is none."""
        dialog, _, state = where.partition(".")
        return self.dialogs[dialog].states[state]

    def begins(self, target: str) -> str:
        """The state that a call of `dialog`, or of `dialog.state`, begins in. Raises KeyError for no dialog."""
        return target if "." in target else f"{target}.{self.dialogs[target].start}"

    def walk(self) -> Iterator[tuple[str, State]]:
        """Every state with its full name, in file order."""
        for dialog in self.dialogs.values():
            for state in dialog.states.values():
                yield f"{dialog.name}.{state.name}", state
