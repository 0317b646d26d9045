"""A typed rehearsal of a night: words in, words out, in time that is only a number."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

from voice_skill.dialog.actions import Action, Listen, Note, Say, Sleep, StopSpeaking
from voice_skill.dialog.engine import step
from voice_skill.dialog.events import (
    Event,
    Heard,
    NoiseHeard,
    NotUnderstood,
    SpeechFinished,
    TimePassed,
    UserSpoke,
    Woken,
)
from voice_skill.dialog.explore import Transition
from voice_skill.dialog.hearing import intents
from voice_skill.dialog.model import Dialogs
from voice_skill.dialog.properties import violations
from voice_skill.dialog.screen import Rules, reply
from voice_skill.dialog.session import Phase, Session
from voice_skill.loading import load_dialogs
from voice_skill.nlu.phrases import PhraseBook, spoken_form

__all__ = ["Rehearsal", "asked", "shipped"]

SENTENCE = 2.0
"""Seconds that a sentence takes to say here."""


@cache
def shipped() -> Dialogs:
    """The shipped dialogs."""
    return load_dialogs()


@cache
def _book() -> PhraseBook:
    return PhraseBook(shipped().phrases)


class Rehearsal:
    """One session, driven by text. Every step is held against the safety properties."""

    def __init__(
        self, region: str = "GB", *, sentence: float = SENTENCE, dialogs: Dialogs | None = None, rules: Rules = reply
    ) -> None:
        self.dialogs = dialogs or shipped()
        self._rules = rules
        self.session = Session.fresh(self.dialogs, region)
        self.now = 0.0
        self.actions: tuple[Action, ...] = ()
        """Those of the last step."""
        self.log: list[tuple[float, Action]] = []
        self._sentence = sentence
        self._speech: tuple[float, int] | None = None
        """When the last sample of what is being spoken sounds, and of which turn."""

    # -- what happens

    def send(self, event: Event) -> Rehearsal:
        """One event, now."""
        before = self.session
        self.session, self.actions = step(self.dialogs, before, event, self.now, self._rules)
        found = list(violations(Transition(before, event, self.session, self.actions), self.dialogs))
        assert not found, found
        for action in self.actions:
            self.log.append((self.now, action))
            if isinstance(action, StopSpeaking):
                self._speech = None
            elif isinstance(action, Say):
                starts = max(self.now, action.at or 0.0)
                self._speech = (starts + len(action.sentences) * self._sentence, action.turn)
        return self

    def wake(self, text: str = "") -> Rehearsal:
        """The wake phrase, and what is said in the same breath."""
        dialogs = self.dialogs
        intent = self._meaning(text, (*dialogs.dangers, *dialogs.state(dialogs.start).on)) if text else ""
        return self.send(Woken(intent, text))

    def say(self, *texts: str) -> Rehearsal:
        """Each said once Charley has spoken and waits."""
        for text in texts:
            self.hear_out()
            self.interrupt(text)
        return self

    def interrupt(self, text: str) -> Rehearsal:
        """Said now, whatever is going on. What means nothing here is not understood."""
        if intent := self._meaning(text, intents(self.dialogs, self.session.at)):
            return self.send(Heard(self.session.turn, intent, text))
        return self.send(NotUnderstood(self.session.turn))

    def groan(self) -> Rehearsal:
        """A sound that is no word."""
        return self.send(UserSpoke(self.session.turn)).send(NoiseHeard(self.session.turn))

    def hear_out(self) -> Rehearsal:
        """Until Charley waits for the person: asks, pauses, keeps silent, counts, or sleeps."""
        while not self.session.asleep and (self.session.talking or self._passing):
            self._next()
        return self

    def silence(self, times: int = 1) -> Rehearsal:
        """Say nothing till Charley has had enough of it so often."""
        for _ in range(times):
            if self.hear_out().session.asleep:
                break
            assert self.session.wait_until is not None
            self.wait(self.session.wait_until - self.now)
        return self.hear_out()

    def hold(self) -> Rehearsal:
        """Keep still till the running hold has ended, and what belongs to it was said."""
        self.hear_out()
        assert self.session.at.holding is not None
        while not self.session.asleep and self.session.at.holding is not None:
            self._next()
        return self

    def wait(self, seconds: float) -> Rehearsal:
        """Let time pass."""
        until = self.now + seconds
        while (due := self._due()) is not None and due <= until + 1e-9:
            self._next()
        self.now = max(self.now, until)
        return self

    def deny(self, until: Callable[[Rehearsal], bool]) -> Rehearsal:
        """Answer no to everything, and do all that is asked for."""
        for _ in range(60):
            self.hear_out()
            if until(self):
                return self
            if self.session.at.holding is not None:
                self.hold()
            else:
                self.interrupt("done" if self.session.at.phase is Phase.WAITING else "no")
        raise AssertionError(f"the night never comes there; it is in {self.state}")

    # -- what came of it

    @property
    def state(self) -> str:
        """Where the session is; empty when it sleeps."""
        return "" if self.session.asleep else self.session.at.state

    @property
    def asking(self) -> str:
        """The red-flag question that stands, if one does."""
        asking = None if self.session.asleep else self.session.at.asking
        return "" if asking is None else asking.id

    @property
    def said(self) -> list[str]:
        """Every sentence ordered so far."""
        return [text for _, action in self.log if isinstance(action, Say) for text in action.sentences]

    @property
    def last(self) -> str:
        """The last turn that was spoken."""
        return " ".join(next(action for _, action in reversed(self.log) if isinstance(action, Say)).sentences)

    @property
    def cues(self) -> list[tuple[str, float]]:
        """The hold cues handed over so far, with the times at which they sound."""
        says = (action for _, action in self.log if isinstance(action, Say) and action.cue)
        return [(say.cue, say.at) for say in says if say.at is not None]

    @property
    def listening(self) -> Listen:
        """What is listened for."""
        return next(action for _, action in reversed(self.log) if isinstance(action, Listen))

    def notes(self, kind: str) -> list[dict[str, str | float]]:
        """What was put on the record."""
        notes = (action for _, action in self.log if isinstance(action, Note))
        return [dict(note.fields) for note in notes if note.kind == kind]

    @property
    def slept(self) -> bool:
        """Whether the conversation was ended."""
        return any(isinstance(action, Sleep) for _, action in self.log)

    # -- within

    @property
    def _passing(self) -> bool:
        """Whether Charley only keeps a short silence between two things to say."""
        return self.session.at.phase is Phase.WAITING and self.state == "acute_relief.settle"

    def _meaning(self, text: str, allowed: tuple[str, ...]) -> str:
        return _book().meanings(allowed).get(spoken_form(text), ("", ""))[0]

    def _due(self) -> float | None:
        if self.session.asleep:
            return None
        ends = [self._speech[0]] if self._speech is not None else []
        return min([*ends, *([self.session.deadline] if self.session.deadline is not None else [])], default=None)

    def _next(self) -> None:
        due = self._due()
        assert due is not None, f"nothing will ever happen in {self.state}"
        self.now = max(self.now, due)
        if self._speech is not None and self._speech[0] <= self.now:
            (_, turn), self._speech = self._speech, None
            self.send(SpeechFinished(turn))
        else:
            self.send(TimePassed())


def asked(question: str, region: str = "GB") -> Rehearsal:
    """A rehearsal in which this night-core question has just been put, all before it being answered no."""
    night = Rehearsal(region).wake("cramp").hear_out()
    if question == "CHEST":
        return night
    night.say("no", "bed").hold().hear_out().say("easing")
    return night.deny(lambda night: night.asking == question)
