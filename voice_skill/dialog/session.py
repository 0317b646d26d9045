"""The session: everything Charley remembers of one conversation.

A `Session` is a named tuple of finite parts, so it can be hashed, compared, written to a journal, and walked by the
explorer by the hundred thousand. Times in it are absolute, on the clock that `now` comes from; `deadline` is the next
one that matters.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from enum import StrEnum
from typing import NamedTuple

from voice_skill.dialog.model import Answer, Dialogs, Level, Question

__all__ = ["CUE_LEAD", "Asking", "At", "Holding", "Phase", "Session", "Voice", "alarmed", "closed"]

CUE_LEAD = 0.1
"""Seconds before its time at which a hold cue is handed to the speaker, so that its first sample can be on time."""


_LEVELS = ((Answer.YES_E, Level.E), (Answer.YES_U, Level.U), (Answer.YES_S, Level.S))
"""What each kind of yes leads to, the gravest first."""
_ASKS = {Answer.ASKED_ONCE: 1, Answer.ASKED_TWICE: 2}
"""How often a question was put that was left open."""


def alarmed(answer: str) -> str:
    """What an alarm leaves of an answer."""
    return answer if answer == Answer.YES_E else Answer.OPEN


def closed(answer: str, *, core: bool) -> str:
    """What becomes of an answer once the nets were spoken."""
    return Answer.UNANSWERED if core and answer in Answer.UNASKED else answer


def _find(pairs: tuple[tuple[str, str], ...], name: str) -> str:
    for key, value in pairs:
        if key == name:
            return value
    raise KeyError(name)


class Phase(StrEnum):
    """What is going on in the current state."""

    SPEAKING = "speaking"
    """The prompt plays; afterwards the state's one thing begins."""
    LISTENING = "listening"
    """The question was asked; an answer is awaited."""
    SETTLING = "settling"
    """Between a hold's lead-in and its zero, and while it runs."""
    RELEASING = "releasing"
    """The end cue of a hold plays."""
    WAITING = "waiting"
    """Silence that the state asked for."""
    PAUSED = "paused"
    """The person said "hang on"."""
    CALLING = "calling"
    """Another dialog runs on top of this state."""
    ENTERING = "entering"
    """Another dialog runs before this state is entered."""


class Asking(NamedTuple):
    """How far one screen question has got (clinical.md 2.4)."""

    id: str
    asks: int = 1
    """How often it has been put, the first time included; never more than three (property P18)."""
    step: str = "ask"
    """Which wording stands: ask, plain, mixed, assist, followup, different."""
    part: int = 0
    """Which of several assists or follow-ups."""
    doubt: bool = False
    """Something other than silence was heard: when the asking runs out it counts as unsure, not as unanswered."""
    mixed: bool = False
    """One mixed answer was heard."""
    assisted: bool = False
    """The closer look was offered."""
    repeats: int = 0
    """How often the person asked to hear it again; these are not askings."""


class Holding(NamedTuple):
    """How far a hold has got."""

    zero: float | None = None
    """When its count began, as if it had never been paused; None while it stands still."""
    elapsed: float = 0.0
    """Seconds held, while it stands still."""
    cue: int = 0
    """The next cue."""


class At(NamedTuple):
    """A place in a dialog. The session keeps a stack of them: the last is where it is, the others wait for it."""

    state: str
    """`dialog.state`."""
    phase: Phase = Phase.SPEAKING
    misses: int = 0
    """Silences and misunderstandings since the question was asked."""
    reminders: int = 0
    """How often "Still here. Ready?" was said in this pause."""
    position: int = 0
    """The position reached in the state's list of screen questions."""
    asking: Asking | None = None
    holding: Holding | None = None
    until: float | None = None
    """When the state's timer is over; None while it has none, or has not begun it."""


class Voice(NamedTuple):
    """How the person wants to be spoken to. Nothing in a dialog's course depends on it."""

    rate: int = 150
    """Words per minute (clinical.md 3.1: 115 to 185)."""
    gain_db: float = 0.0
    """What was asked for by "louder" and "quieter". It stays for later calls, as rate and whisper do."""
    whisper: bool = False
    softer_db: float = 0.0
    """How much softer this one call is answered because it was soft."""
    whispered: bool = False
    """Whether this one call was whispered."""

    @property
    def quiet(self) -> bool:
        """Whether somebody else sleeps: quiet mode (clinical.md 3.7)."""
        return self.whisper or self.whispered


class Session(NamedTuple):
    """One conversation."""

    stack: tuple[At, ...] = ()
    """Empty when asleep."""
    turn: int = 0
    slots: tuple[tuple[str, str], ...] = ()
    screen: tuple[tuple[str, str], ...] = ()
    """Question id → `Answer`, in asking order."""
    raised: Level = Level.NONE
    """The level reached by something other than a screen answer."""
    flag: str = ""
    """The danger intent or question id that was heard last."""
    clock: str = "before"
    """The ten-minute clock: before, due, asked."""
    clock_at: float | None = None
    """When ten minutes are up; None when that no longer matters."""
    wait_until: float | None = None
    """When the current silence, pause or settling is over."""
    talking: bool = False
    """Whether the last turn is still being spoken."""
    said: tuple[str, ...] = ()
    """The last turn, for "say that again"."""
    voice: Voice = Voice()

    @property
    def asleep(self) -> bool:
        """Whether only the wake phrase is listened for."""
        return not self.stack

    @property
    def at(self) -> At:
        """Where the session is. Raises IndexError when asleep."""
        return self.stack[-1]

    @property
    def deadline(self) -> float | None:
        """When `TimePassed` must be sent at the latest, in seconds on the clock that `now` comes from."""
        times = [time for time in (self.wait_until, self.clock_at) if time is not None]
        return min(times, default=None)

    @property
    def region(self) -> str:
        """The region whose numbers are spoken."""
        return self.slot("region")

    def slot(self, name: str) -> str:
        """A slot's value. Raises KeyError if there is no such slot."""
        return _find(self.slots, name)

    def answer(self, question: str) -> str:
        """A screen question's `Answer`. Raises KeyError if there is no such question."""
        return _find(self.screen, question)

    def slot_in(self, name: str, among: Collection[str]) -> bool:
        """Whether a slot has one of these values. Raises KeyError if there is no such slot."""
        return self.slot(name) in among

    def answer_in(self, question: str, among: Collection[str]) -> bool:
        """Whether a screen question has one of these answers. Raises KeyError if there is no such question."""
        return self.answer(question) in among

    def clock_in(self, among: Collection[str]) -> bool:
        """Whether the ten-minute clock stands at one of these."""
        return self.clock in among

    def at_least(self, level: Level) -> bool:
        """Whether so high a level was reached."""
        return self.level >= level

    def asks(self, question: str) -> int:
        """How often a question was put and left open."""
        return _ASKS.get(self.answer(question), 0)

    @property
    def named(self) -> str:
        """The flag, to be named aloud."""
        return self.flag

    def is_about(self, question: str, dialogs: Dialogs) -> bool:
        """Whether what was heard last is, or answers, this question."""
        return question in (self.flag, self.danger_question(dialogs))

    def danger_question(self, dialogs: Dialogs) -> str:
        """The question that the danger words heard last have answered; empty if none were."""
        danger = dialogs.dangers.get(self.flag)
        return danger.question if danger is not None else ""

    def yeses(self) -> tuple[tuple[str, str], ...]:
        """The questions that were answered with yes, each with its answer."""
        return tuple((id, answer) for id, answer in self.screen if answer in Answer.YES)

    def risen(self, before: Session) -> Level | None:
        """The level, if it has changed: for the record."""
        return self.level if self.level is not before.level else None

    def clock_again(self) -> Session:
        """The session in which the ten-minute question is put once more, if it was."""
        return self._replace(clock="due") if self.clock == "asked" else self

    def facts(self, dialogs: Dialogs) -> tuple[tuple[str, str], ...]:
        """The slots that the history sets, with their values."""
        return tuple(pair for pair in self.slots if pair[0] in dialogs.facts)

    @property
    def level(self) -> Level:
        """The highest level reached: it falls only when the very answer that raised it is corrected."""
        answers = {answer for _, answer in self.screen}
        return max(self.raised, next((level for answer, level in _LEVELS if answer in answers), Level.NONE))

    def unsettled(self, questions: Mapping[str, Question]) -> tuple[str, ...]:
        """The night-core questions that have neither a yes nor a no."""
        return tuple(id for id, answer in self.screen if answer in Answer.UNSETTLED and questions[id].core)

    def any_unsettled(self, questions: Mapping[str, Question]) -> bool:
        """Whether a night-core question has neither a yes nor a no."""
        return bool(self.unsettled(questions))

    def any_open(self, questions: Mapping[str, Question]) -> bool:
        """Whether a night-core question was never put, or was left open."""
        return any(answer in Answer.UNASKED and questions[id].core for id, answer in self.screen)

    def begun(self, questions: Mapping[str, Question]) -> bool:
        """Whether a night-core question was put."""
        return any(answer != Answer.OPEN and questions[id].core for id, answer in self.screen)

    def is_due(self, question: str, *, again: bool, most: int) -> bool:
        """Whether a question is still to be put: it is open, and fewer than `most` were skipped; or, `again`, it was
        skipped itself."""
        if again:
            return self.answer_in(question, Answer.UNSETTLED)
        return not self.skipped_often(most) and self.answer_in(question, Answer.UNASKED)

    def skipped_often(self, times: int) -> bool:
        """Whether at least so many questions were declined or not answered."""
        return sum(answer in Answer.SKIPPED for _, answer in self.screen) >= times

    def unsettled_often(self, questions: Mapping[str, Question], times: int) -> bool:
        """Whether more than so many night-core questions have neither a yes nor a no."""
        return len(self.unsettled(questions)) > times

    def gravest(self) -> str:
        """The question whose yes leads highest; empty if none was answered with yes."""
        return max(self.yeses(), key=lambda pair: Level[pair[1]], default=("", ""))[0]

    def returned(self) -> Session:
        """The session back at the place that called."""
        return self._replace(stack=self.stack[:-1])

    def cut_at(self, where: str, said: int) -> None:
        """A step has come, after so many sentences, to a point from which on nothing matters that was in it before.
        Only the proof takes note, and makes two steps of it."""

    def left(self) -> Session:
        """The session with what was called left for good."""
        return self._replace(stack=self.stack[:-1])

    def below(self, dialog: str) -> tuple[At, ...]:
        """The places that a call of `dialog` is put on: all there are; but one that runs already is begun anew, and
        what it called is left."""
        names = [at.state.partition(".")[0] for at in self.stack]
        return self.stack[: names.index(dialog, 1)] if dialog in names[1:] else self.stack

    def with_slot(self, name: str, value: str) -> Session:
        """The session with one slot changed."""
        return self._replace(slots=tuple((key, value if key == name else old) for key, old in self.slots))

    def with_answer(self, question: str, answer: str) -> Session:
        """The session with one screen question answered."""
        return self._replace(screen=tuple((id, answer if id == question else old) for id, old in self.screen))

    def reopened(self) -> Session:
        """The session with every screen question open again. The level that was reached stays."""
        return self._replace(raised=self.level, screen=tuple((id, Answer.OPEN) for id, _ in self.screen))

    def alarmed(self) -> Session:
        """As `reopened`, but what was answered with an emergency stays answered, and only the level below is kept apart
        from it: so a false alarm that is taken back leaves the level that was reached before."""
        below = (Level[answer] for _, answer in self.screen if answer in (Answer.YES_S, Answer.YES_U))
        screen = tuple((id, alarmed(answer)) for id, answer in self.screen)
        return self._replace(raised=max(self.raised, *below, Level.NONE), screen=screen)

    def closed(self, questions: Mapping[str, Question]) -> Session:
        """The session with every core question that has no answer unanswered: its net was spoken."""
        return self._replace(screen=tuple((id, closed(answer, core=questions[id].core)) for id, answer in self.screen))

    def with_at(self, at: At) -> Session:
        """The session with its current place replaced."""
        return self._replace(stack=(*self.stack[:-1], at))

    @classmethod
    def fresh(
        cls,
        dialogs: Dialogs,
        region: str = "unknown",
        voice: Voice | None = None,
        turn: int = 0,
        facts: Mapping[str, str] | None = None,
    ) -> Session:
        """A session in which nothing has been said: asleep, every question open. `facts` is what the history knows;
        slots and values that the dialogs do not have are passed over."""
        slots = {name: values[0] for name, values in dialogs.slots.items()}
        for name, value in (facts or {}).items():
            if name in dialogs.facts and value in dialogs.slots[name]:
                slots[name] = value
        return cls(
            turn=turn,
            slots=tuple({**slots, "region": region}.items()),
            screen=tuple((id, Answer.OPEN) for id in dialogs.questions),
            voice=voice or Voice(),
        )
