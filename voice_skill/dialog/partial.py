"""A session that has forgotten its past, for the proof: it knows where it is, and guesses the rest when it is read.

`Partial` stands for every session that is at the same place, whatever was answered, counted or heard before. A value
that may be one of several is written with bars, "open|no". When the engine, or a property, asks something that such a
value does not settle, `Unread` is raised with the parts that it may be split into; the proof then tries the step with
each part. What is never asked cannot matter, so nothing is tried in vain: "was it a yes?" splits nine answers in two.

The level, and whether any question is open or unsettled, are asked of all questions at once, and guessed as such.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from functools import lru_cache
from typing import Any

from voice_skill.dialog.flow import BACK, BEGIN
from voice_skill.dialog.guessing import (
    CLOCK,
    FORGOTTEN,
    KINDS,
    LEAVE,
    NONE,
    SOME,
    Caller,
    Cut,
    Screen,
    Unread,
    changed,
    flags,
    narrowed,
    one_of,
    possible,
    reached,
    remade,
    values,
)
from voice_skill.dialog.model import Answer, Dialogs, Level, Question
from voice_skill.dialog.session import At, Session, Voice

__all__ = ["Partial", "forget", "most"]

_FIELDS = {name: index for index, name in enumerate(Session._fields)}
_SAID = ("…",)
"""The last turn, whatever it was."""


class Partial(Session):
    """A session of which only the place is known, and what has been guessed in this step."""

    dialogs: Dialogs
    most: Level
    """The highest level that may have been reached before this step, see `most`. That is property P12, which every step
    is held against, so before the next it may be taken for granted."""
    guessed: Mapping[str, str]
    """Level, open, unsettled, begun, skipped, flag and the like, as guessed."""
    begun_with: tuple[tuple[str, str], ...]
    """The screen as it was before this step."""
    settled: frozenset[str]
    """The questions that this step has answered."""
    changes: tuple[str, ...]
    """What this step has made of all the others, one after the other: "alarmed", "closed"."""
    rest: Level | None
    """The level of all that is not known; None while that is the level before this step."""
    cut: bool
    """Whether the step ends where it can be cut."""
    began_in: str
    """The dialog that it began in."""

    @classmethod
    def of(cls, dialogs: Dialogs, session: Session, guessed: Mapping[str, str] | None = None) -> Partial:
        """`session`, in which bars separate what is not known."""
        made = cls(*session)
        made.dialogs, made.most, made.guessed = dialogs, most(dialogs, session.stack), guessed or {}
        made.begun_with, made.rest = session.screen, None
        made.settled, made.changes, made.cut = frozenset(), (), False
        made.began_in = session.stack[-1].state.partition(".")[0] if session.stack else ""
        return made

    def _as(self, session: Session) -> Partial:
        """Another session of the same step."""
        made = tuple.__new__(Partial, session)
        made.__dict__.update(self.__dict__)
        return made

    def _replace(self, **changes: Any) -> Partial:
        fields: list[Any] = list(self)  # as in any named tuple, but this is the proof's innermost loop
        for name, value in changes.items():
            fields[_FIELDS[name]] = value
        made = tuple.__new__(Partial, fields)
        made.__dict__.update(self.__dict__)
        return made

    def knowing(self, name: str, part: str) -> Partial | None:
        """The session before the step, with one thing more known; None if that contradicts what is known."""
        guessed = self.guessed
        if name in self.dialogs.questions:
            screen: Screen | None = tuple((id, part if id == name else old) for id, old in self.screen)
        elif name in self.dialogs.slots:
            return self.again(self.with_slot(name, part), guessed)
        elif name == CLOCK:
            return self.again(super()._replace(clock=part), guessed)
        else:
            guessed = {**guessed, name: part}
            screen = narrowed(self.dialogs, self.screen, name, part)
        if screen is None or not all(answer for _, answer in screen):
            return None
        return self.again(super()._replace(screen=screen), guessed)

    def again(self, session: Session, guessed: Mapping[str, str]) -> Partial:
        """`session` before the same step."""
        made = self.of(self.dialogs, session, guessed)
        made.cut = self.cut
        return made

    def among(self, dialogs: Dialogs) -> Partial:
        """The same session with other dialogs, of which only the states may differ."""
        made = self._as(self)
        made.dialogs = dialogs
        return made

    def cut_short(self) -> Partial:
        """The session before a step that ends where it can be cut."""
        made = self._as(self)
        made.cut = True
        return made

    def cut_at(self, where: str, said: int) -> None:
        """The step may be cut here; it has to be where the place that called is not known."""
        unknown = where == BACK and len(self.stack) > 1 and Caller.of(self.stack[-2]) is not None
        state = self.dialogs.state(self.at.state)
        chooses = where == BEGIN and (state.choose or bool(state.call and not state.say))
        elsewhere = self.at.state.partition(".")[0] != self.began_in and self.most < Level.U
        whole = where == BACK or (chooses and not elsewhere)
        if unknown or (self.cut and not whole):
            raise Cut(self, where, min(said, 2))

    def _guess(self, name: str, parts: tuple[str, ...]) -> str:
        if name not in self.guessed:
            raise Unread(name, parts)
        return self.guessed[name]

    def called_by(self, caller: tuple[At, ...]) -> Partial:
        """The session with the place that called, in which `stack[0]` stands for it."""
        return self._as(super()._replace(stack=(*caller, *self.stack[1:])))

    # -- the stack

    def left(self) -> Session:
        """The session with what was called left for good."""
        if len(self.stack) == 2 and Caller.of(self.stack[0]) is not None:
            raise Unread(LEAVE, ())
        return super().left()

    def below(self, dialog: str) -> tuple[At, ...]:
        """The places that a call of `dialog` is put on. If it may run further down, it stands again on what called
        it."""
        caller = Caller.of(self.stack[0])
        known = {at.state.partition(".")[0] for at in self.stack[1:]}
        if caller is not None and dialog not in known and self._guess(f"{dialog} runs below", ("yes", "no")) == "yes":
            return (caller._replace(callee=dialog).at,)
        return super().below(dialog)

    # -- what is read one by one

    @property
    def flag(self) -> str:
        """What was heard last. A danger is as good as the question that it answers: only the wording differs."""
        flag = super().flag
        return self._guess(f"flag{flag}", ("", *flags(self.dialogs))) if flag.startswith(FORGOTTEN) else flag

    @property
    def named(self) -> str:
        """The flag, to be named aloud: which it is makes no difference but in the words."""
        flag = super().flag
        return self.guessed.get(f"flag{flag}", "") if flag.startswith(FORGOTTEN) else flag

    def is_about(self, question: str, dialogs: Dialogs) -> bool:
        """Whether what was heard last is, or answers, this question."""
        flag = super().flag
        if flag.startswith(FORGOTTEN) and f"flag{flag}" not in self.guessed:
            return self._guess(f"flag{flag} is {question}", ("yes", "no")) == "yes"
        return super().is_about(question, dialogs)

    def clock_in(self, among: Collection[str]) -> bool:
        """Whether the ten-minute clock stands at one of these."""
        return self._in(CLOCK, super().clock, among)

    def clock_again(self) -> Session:
        """The session in which the ten-minute question is put once more, if it was."""
        return self._replace(clock=one_of(values(super().clock) - {"asked"} or {"due"}))

    def risen(self, before: Session) -> Level | None:  # noqa: ARG002
        """The level, if it has changed: nothing but the record hangs on that."""
        return None

    def slot(self, name: str) -> str:
        """A slot's value."""
        return self._one(name, super().slot(name))

    def slot_in(self, name: str, among: Collection[str]) -> bool:
        """Whether a slot has one of these values."""
        return self._in(name, super().slot(name), among)

    def answer(self, question: str) -> str:
        """A screen question's answer."""
        return self._one(question, super().answer(question))

    def answer_in(self, question: str, among: Collection[str]) -> bool:
        """Whether a screen question has one of these answers."""
        return self._in(question, super().answer(question), among)

    def _one(self, name: str, known: str) -> str:
        if "|" in known:
            raise Unread(name, self._parts(name, known, values(known)) or tuple(sorted(values(known))))
        return known

    def _in(self, name: str, known: str, among: Collection[str]) -> bool:
        possible = values(known)
        inside = possible.intersection(among)
        if inside and len(inside) < len(possible):
            raise Unread(name, self._parts(name, known, inside) or (one_of(inside), one_of(possible - inside)))
        return bool(inside)

    def _parts(self, name: str, known: str, inside: frozenset[str]) -> tuple[str, ...]:
        """How to split what was before the step, where `known` has been made of it since; else nothing."""
        if not self.changes or name not in self.dialogs.questions:
            return ()
        question, before = self.dialogs.questions[name], values(dict(self.begun_with)[name])
        parts: dict[object, set[str]] = {}
        for old in before:
            now = changed(old, self.changes, core=question.core)
            parts.setdefault(now if inside == values(known) else now in inside, set()).add(old)
        return tuple(map(one_of, parts.values()))

    def asks(self, question: str) -> int:  # noqa: ARG002
        """The most often that a question can have been put and still be asked: a place does not tell."""
        return 2

    def with_answer(self, question: str, answer: str) -> Partial:
        """The session with one question answered. A yes that is taken back may lower the level."""
        rest = self.rest
        if answer not in Answer.YES and self.answer_in(question, Answer.YES):
            before, reached = Level[self.answer(question)], self.level
            if before is reached:
                lower = tuple(level.name for level in Level if level <= reached)
                rest = Level[self._guess(f"level without {question}", lower)]
        made = self._as(super().with_answer(question, answer))
        made.rest, made.settled = rest, self.settled | {question}
        return made

    # -- what is read as a whole

    @property
    def level(self) -> Level:
        """The level reached: that of what is known, or a higher one."""
        known = self._known()
        if known >= self.most or self.rest is not None:
            return max(known, self.rest or known)
        return max(known, Level[self._guess("level", tuple(level.name for level in Level if level <= self.most))])

    def at_least(self, level: Level) -> bool:
        """Whether so high a level was reached."""
        known = self._known()
        if known >= level:
            return True
        if self.rest is None and "level" not in self.guessed and self.most < level:
            return False
        return self.level >= level

    def _known(self) -> Level:
        return max(self.raised, reached(self.screen))

    def _any(self, kind: str) -> bool:
        """Whether the answer to any core question is among those of `kind`."""
        among, questions = KINDS[kind], self.dialogs.questions
        answers = [(id, values(answer)) for id, answer in self.screen if questions[id].core]
        if any(answer <= among for _, answer in answers):
            return True
        if not any(answer & among for _, answer in answers):
            return False
        return self._guess(self._untouched(kind), (SOME, NONE)) == SOME

    def _untouched(self, name: str) -> str:
        """A guess about the questions that this step has not answered."""
        return f"{' '.join((name, *self.changes))} but {one_of(self.settled)}"

    def any_unsettled(self, questions: Mapping[str, Question]) -> bool:  # noqa: ARG002
        """Whether a night-core question has neither a yes nor a no."""
        return self._any("unsettled")

    def any_open(self, questions: Mapping[str, Question]) -> bool:  # noqa: ARG002
        """Whether a night-core question was never put, or was left open."""
        return self._any("open")

    def begun(self, questions: Mapping[str, Question]) -> bool:  # noqa: ARG002
        """Whether a night-core question was put."""
        return self._any("begun")

    def skipped_often(self, times: int) -> bool:
        """Whether at least so many questions were declined or not answered."""
        return self._many("skipped", frozenset(Answer.SKIPPED), [answer for _, answer in self.screen], times)

    def unsettled_often(self, questions: Mapping[str, Question], times: int) -> bool:
        """Whether more than so many night-core questions have neither a yes nor a no."""
        core = [answer for id, answer in self.screen if questions[id].core]
        return self._many("unsettled_often", frozenset(Answer.UNSETTLED), core, times + 1)

    def _many(self, name: str, among: frozenset[str], answers: list[str], times: int) -> bool:
        if sum(values(answer) <= among for answer in answers) >= times:
            return True
        if sum(bool(values(answer) & among) for answer in answers) < times:
            return False
        return self._guess(self._untouched(name), ("yes", "no")) == "yes"

    def unsettled(self, questions: Mapping[str, Question]) -> tuple[str, ...]:
        """Those that are known to be, and any one of the others: what happens to it would happen to each."""
        core = [(id, values(answer)) for id, answer in self.screen if questions[id].core]
        known = [id for id, answer in core if answer <= frozenset(Answer.UNSETTLED)]
        doubtful = [id for id, answer in core if id not in known and answer & frozenset(Answer.UNSETTLED)]
        if not doubtful:
            return tuple(known)
        if (one := self._guess(self._untouched("one_unsettled"), ("", *doubtful))) in doubtful:
            known.append(one)
        return tuple(id for id, _ in core if id in known)

    def gravest(self) -> str:
        """The question whose yes leads highest."""
        return f"{FORGOTTEN}gravest"

    def reopened(self) -> Session:
        """The session with every screen question open again."""
        level = self.level
        screen = tuple((id, Answer.OPEN) for id, _ in self.screen)
        made = self._as(super()._replace(raised=level, screen=screen))
        made.rest = Level.NONE
        return made

    def alarmed(self) -> Session:
        """As `reopened`; an emergency stays answered, and what was forgotten may have been one."""
        return self._change("alarmed")

    def closed(self, questions: Mapping[str, Question]) -> Session:  # noqa: ARG002
        """The session with every core question that has no answer unanswered."""
        return self._change("closed")

    def _change(self, change: str) -> Partial:
        if self.changes[-1:] == (change,):  # which makes no difference a second time
            return self
        changing = self._replace(screen=remade(self.dialogs, self.screen, change))
        changing.changes = (*self.changes, change)
        return changing


def most(dialogs: Dialogs, stack: tuple[At, ...]) -> Level:
    """The highest level that may have been reached at a place (P12): an emergency only in the emergency dialog, and
    advice today only there, in its own dialog, and where a sign is asked about once more."""
    if not stack:
        return Level.NONE
    if (caller := Caller.of(stack[0])) is not None:
        return Level[caller.base]
    base = stack[0].state.partition(".")[0]
    if base == dialogs.emergency.partition(".")[0]:
        return Level.E
    urgent = base == dialogs.urgent.partition(".")[0] or dialogs.state(stack[0].state).recheck
    return Level.U if urgent else Level.S


def forget(dialogs: Dialogs, session: Session) -> Partial:
    """`session` with nothing but its place: every answer, count, level and clock forgotten."""
    if not session.stack:
        return Partial.of(dialogs, Session.fresh(dialogs))
    highest = most(dialogs, session.stack)
    return Partial.of(
        dialogs,
        Session(
            stack=session.stack,
            slots=_any_slots(dialogs),
            screen=tuple((id, possible(question, highest)) for id, question in dialogs.questions.items()),
            flag=FORGOTTEN,
            clock="before|due|asked",
            clock_at=0.0,
            wait_until=session.wait_until,
            talking=session.talking,
            said=_SAID,
            voice=Voice(),
        ),
    )


@lru_cache(maxsize=16)
def _any_slots(dialogs: Dialogs) -> tuple[tuple[str, str], ...]:
    kept = {"region": "unknown"}
    return tuple((name, kept.get(name, one_of(possible))) for name, possible in dialogs.slots.items())
