"""The working copy of a session during one step: what it becomes, and the actions ordered on the way.

A `Move` lives for one call of `step` and never leaves it. `flow` and `holding` act through it; nothing else does.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from voice_skill.dialog.actions import Action, Listen, Manner, Note, Say, StopSpeaking
from voice_skill.dialog.hearing import early_intents, endpoint, intents
from voice_skill.dialog.model import Dialogs, Edge, Guard, Level, State
from voice_skill.dialog.screen import Rules
from voice_skill.dialog.session import At, Phase, Session
from voice_skill.dialog.texts import fill, names_flag

__all__ = ["SPEECH_WATCHDOG", "Move"]

SCREEN_WAITS = (8.0, 8.0, 12.0)
"""Seconds of silence before each re-ask of a screen question, and before it counts as unanswered (clinical.md 3.4)."""
QUIET_RATE = 130
"""Words per minute while someone sleeps next to the person (clinical.md 3.7)."""
SPEECH_WATCHDOG = 60.0
"""Seconds after which a prompt whose end was never reported counts as over: no lost event may leave a person stuck."""


class Move:
    """One step in the making."""

    def __init__(self, dialogs: Dialogs, session: Session, now: float, rules: Rules) -> None:
        self.dialogs = dialogs
        self.session = session
        self.now = now
        self.rules = rules
        self.actions: list[Action] = []
        self.speech: list[str] = []
        """What will be spoken next, in one turn."""

    # -- looking

    @property
    def at(self) -> At:
        """Where the session is."""
        return self.session.at

    @property
    def state(self) -> State:
        """The state it is in."""
        return self.dialogs.state(self.at.state)

    def meets(self, name: str, allowed: frozenset[str]) -> bool:
        """Whether one test of a guard is met: of a slot, a question, or a value derived from the session."""
        session, questions = self.session, self.dialogs.questions
        match name:
            case "level":
                return session.level.name.replace("NONE", "none") in allowed
            case "unsettled":
                return len(allowed) > 1 or session.any_unsettled(questions) == ("some" in allowed)
            case "open":
                return len(allowed) > 1 or session.any_open(questions) == ("some" in allowed)
            case "clock":
                return session.clock_in(allowed)
            case _ if name in self.dialogs.slots:
                return session.slot_in(name, allowed)
            case _:
                return session.answer_in(name, allowed)

    def holds(self, guard: Guard) -> bool:
        """Whether every test of a guard is met."""
        return all(self.meets(name, allowed) for name, allowed in guard.tests)

    def unlocked(self, lock: str) -> bool:
        """Whether a lock is open."""
        return any(self.holds(guard) for guard in self.dialogs.locks[lock])

    def choose(self, edges: Iterable[Edge]) -> Edge:
        """The first edge whose guard holds. The loader has proved that there is one."""
        return next(edge for edge in edges if self.holds(edge.when))

    def full_name(self, target: str) -> str:
        """`state` made `dialog.state` by the dialog that the session is in."""
        return target if "." in target else f"{self.at.state.partition('.')[0]}.{target}"

    def patience(self) -> float:
        """Seconds of silence that are waited for here, before the next re-ask."""
        state, at = self.state, self.at
        if at.asking is not None:
            return SCREEN_WAITS[at.asking.asks - 1]
        assert state.noinput is not None
        return state.noinput.waits[min(at.misses, len(state.noinput.waits) - 1)]

    def screen_ids(self) -> tuple[str, ...]:
        """The questions of a screen state, with "{flag}" replaced by the question of what was heard."""
        screen = self.state.screen
        if "{flag}" not in screen:
            return screen
        flag = self.session.danger_question(self.dialogs) or self.session.flag
        ids = (flag if id == "{flag}" else id for id in screen)
        return tuple(id for id in dict.fromkeys(ids) if id in self.dialogs.questions)

    # -- changing

    def place(self, **changes: Any) -> None:
        """Change the place the session is in."""
        self.session = self.session.with_at(self.at._replace(**changes))

    def change(self, **changes: Any) -> None:
        """Change the session."""
        self.session = self.session._replace(**changes)

    def note(self, kind: str, at: float | None = None, **fields: str | float) -> None:
        """Put something on the record."""
        self.actions.append(Note(kind, tuple(fields.items()), at))

    def answer(self, question: str, answer: str, heard: str) -> None:
        """Settle a screen question, and report the level if that moved it."""
        before = self.session
        self.session = before.with_answer(question, answer)
        self.note("screen_answer", question=question, answer=heard)
        self.report_level(before)

    def raise_level(self, level: Level) -> None:
        """Raise the level for a reason other than a screen answer."""
        before = self.session
        self.change(raised=max(self.session.raised, level))
        self.report_level(before)

    def report_level(self, before: Session) -> None:
        """Record a level that has changed."""
        if (level := self.session.risen(before)) is not None:
            self.note("level", level=level.name)

    # -- speaking and listening

    def say(self, texts: tuple[str, ...], **values: str) -> None:
        """Add to what will be spoken in this turn. `values` is what further placeholders stand for."""
        if texts:
            session = self.session
            flag = session.named if names_flag(texts) else ""
            known = session.facts(self.dialogs) if any("{" in text for text in texts) else ()
            self.speech += fill(self.dialogs, texts, session.region, flag, (*known, *values.items()))

    def line(self, name: str, **values: str) -> None:
        """Add one of the engine's own lines."""
        self.say(self.dialogs.lines[name], **values)

    def speak(self, phase: Phase = Phase.SPEAKING, *, remember: bool = True) -> None:
        """Speak what was gathered, as a new turn, and listen meanwhile. What still plays is cut off.

        `remember` keeps it for "say that again".
        """
        self.hush()
        spoken = tuple(self.speech)
        self.speech.clear()
        self.place(phase=phase)
        self.change(turn=self.session.turn + 1, talking=True, wait_until=self.now + SPEECH_WATCHDOG)
        if remember:
            self.change(said=spoken)
        self.actions.append(Say(self.session.turn, spoken, self.manner()))
        self.listen()

    def open_turn(self) -> None:
        """Begin a turn in which nothing is said."""
        self.change(turn=self.session.turn + 1, talking=False)
        self.listen()

    def aside(self, at: float | None = None, cue: str = "") -> None:
        """Speak what was gathered without opening a new turn: a cue, or a remark during a hold."""
        spoken = tuple(self.speech)
        self.speech.clear()
        if spoken:
            self.actions.append(Say(self.session.turn, spoken, self.manner(), at, cue))

    def hush(self, *, cues: bool = False) -> None:
        """Fall silent, if anything is being spoken. `cues`: a hold runs, so that a cue may sound or be queued."""
        if self.session.talking or (cues and StopSpeaking() not in self.actions):
            self.actions.append(StopSpeaking())
            self.change(talking=False)

    def listen(self) -> None:
        """Listen for what may be said in this state."""
        allowed = intents(self.dialogs, self.at)
        early = early_intents(self.dialogs, self.at)
        self.actions.append(Listen(self.session.turn, allowed, early, endpoint(self.state, self.at)))

    def manner(self) -> Manner:
        """How to speak here: the person's wishes, the state's calm, and never a whispered first emergency line."""
        voice = self.session.voice
        state = self.state
        rate = min(voice.rate, state.rate or voice.rate)
        if voice.quiet and not state.loud:
            rate = min(rate, QUIET_RATE)
        gain = max(voice.gain_db, 0.0) if state.loud else voice.gain_db + voice.softer_db + state.gain_db
        return Manner(rate=rate, gain_db=gain, whisper=voice.quiet and not state.loud, loud=state.loud)
