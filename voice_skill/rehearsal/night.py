"""One night, typed: the loop that runs live nights and replays, fed with words and simulated time.

Nothing is scripted but the person. Charley's sentences take as long as their words at the chosen pace, and whatever is
due on the way happens at its time.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from voice_skill.asr.port import UNKNOWN, Transcript, Word
from voice_skill.attention import Attention, Result, Span, SpeechOpened
from voice_skill.audio.frame import Frame
from voice_skill.audio.playlist import PlaybackEvent, SentenceStarted
from voice_skill.audio.speaker import VirtualSpeaker
from voice_skill.dialog.actions import Action, Say
from voice_skill.dialog.events import Event, SpeechFinished, TimePassed
from voice_skill.dialog.model import Dialogs
from voice_skill.dialog.session import Phase, Session, Voice
from voice_skill.errors import CharleyError
from voice_skill.journal.history import History
from voice_skill.nlu.phrases import PhraseBook, normalise
from voice_skill.nlu.understanding import Thresholds
from voice_skill.records import Record, Recorder
from voice_skill.rehearsal.script import WAKE_PHRASE, Act
from voice_skill.runtime import Conversation, advance
from voice_skill.tts.port import CLIP_RATE, Clip
from voice_skill.tts.store import PromptStore
from voice_skill.tts.tone import TONE

__all__ = ["BEGIN", "Night", "RehearsalError", "Sounded"]

BEGIN = datetime(2026, 1, 15, 3, 0)
"""When every rehearsed night begins, by its own clock."""
BREATH = 4.0
"""Seconds of a silence that Charley keeps between two things to say, and nobody would think to fill."""
MOST_STEPS = 5_000
"""Things that can happen before Charley waits for someone; more means that it never will."""
MOST_QUESTIONS = 60


class RehearsalError(CharleyError):
    """What the script asks for cannot happen here."""


class Sounded(NamedTuple):
    """A sentence that began to sound."""

    at: float
    text: str


class Night:
    """A conversation that is typed."""

    def __init__(
        self,
        dialogs: Dialogs,
        *,
        region: str,
        rate: int = Voice().rate,
        wake_phrase: str = WAKE_PHRASE,
        history: Callable[[Callable[[], datetime]], History] | None = None,
        tell: Callable[[Record], None] = lambda _: None,
    ) -> None:
        """`rate`: Charley's words per minute. `history` is made with the night's clock, which begins at `BEGIN`; with
        none, Charley remembers nothing. `tell` gets every record, in order of time."""
        self.now = 0.0
        """Seconds since the night began."""
        self.sounded: list[Sounded] = []
        """Every sentence that began to sound, in order."""
        self.states: list[str] = []
        """Every state that was gone through, in order."""
        self._dialogs = dialogs
        self._fresh = Session.fresh(dialogs, region, Voice(rate=rate))
        self._wake_phrase = wake_phrase
        self._history = None if history is None else history(lambda: BEGIN + timedelta(seconds=self.now))
        self._recorder = Recorder(self._noting(tell))
        self._steps = 0
        self._start()

    @property
    def session(self) -> Session:
        """How the conversation stands."""
        return self._conversation.session

    # -- what the person does

    def do(self, act: Act) -> None:
        """One act. Raises `RehearsalError` if it cannot be done here."""
        match act.verb:
            case "user":
                self.hear_out()
                self.say(act.text)
            case "interrupt":
                self.begin()
                self.say(act.text)
            case "groan":
                self.hear_out()
                self._utter("")
            case "unclear":
                self.hear_out()
                self._utter(UNKNOWN)
            case "wait":
                self.hear_out()
                self._pass(self.now + act.number)
            case "silence":
                for _ in range(int(act.number)):
                    self._keep_silent()
            case "hold":
                self._keep_still()
            case "no_to_all":
                self._deny()
            case "clock":
                self._ten_minutes_are_up()
            case "restart":
                self._start()
            case "next":
                self._one_thing()
            case "region":
                self._move_to(act.text)
            case _:
                raise RehearsalError(f'":{act.verb}" is nothing that a person does', "leave it out")

    def say(self, text: str) -> None:
        """Words, now; if they can be no answer yet, as soon as they can."""
        words = " ".join(normalise(text).split()) or UNKNOWN
        if self._ear.too_early(words, self.now):
            turn = self.session.turn
            while self.session.talking and self.session.turn == turn and self._ear.too_early(words, self.now):
                self._step()
        self._utter(words)

    def begin(self) -> None:
        """Let what is due now happen: what Charley says begins to sound."""
        self._pass(self.now)

    def hear_out(self) -> None:
        """Until Charley waits for the person: it has asked, counts, keeps a long silence, or sleeps."""
        self.begin()
        for _ in range(MOST_STEPS):
            if not self._busy:
                return
            self._step()
        raise RehearsalError(f"Charley talks on and on in {self.where}", "a state must wait for the person")

    @property
    def where(self) -> str:
        """The state that the conversation is in; `asleep` when it is over or has not begun."""
        return "asleep" if self.session.asleep else self.session.at.state

    # -- within

    def _start(self) -> None:
        """Everything anew, as when the machine was switched off: only the wake phrase is listened for."""
        self._ear = _TypedEar(self._dialogs)
        self._speaker = _Speaker(self.now, self.sounded)
        self._stood = self._fresh
        self._conversation = Conversation(
            self._dialogs,
            self._ear,
            self._speaker,
            self._recorder,
            self._fresh,
            wake_phrase=self._wake_phrase,
            journal=self._count,
            history=self._history,
        )

    def _noting(self, tell: Callable[[Record], None]) -> Callable[[Record], None]:
        def note(record: Record) -> None:
            if record.kind == "state":
                self.states.append(str(record.fields["state"]))
            tell(record)

        return note

    def _count(self, event: Event, _now: float, session: Session, _actions: tuple[Action, ...]) -> None:
        """Count what moves the dialog besides the person."""
        talking, turn = self._stood.talking, self._stood.turn
        if isinstance(event, TimePassed) or (isinstance(event, SpeechFinished) and talking and event.turn == turn):
            self._steps += 1
        self._stood = session

    @property
    def _busy(self) -> bool:
        """Whether Charley has more to say before it waits for the person."""
        session = self.session
        if session.asleep:
            return self._speaker.next_event_at() is not None
        if session.talking or session.at.phase is Phase.RELEASING or self._speaker.remarking:
            return True
        if session.at.phase is not Phase.WAITING or session.wait_until is None:
            return False
        return session.wait_until - self.now <= BREATH

    @property
    def _holding(self) -> bool:
        return not self.session.asleep and self.session.at.holding is not None

    def _step(self) -> None:
        """Go on to the next thing that happens."""
        times = [self._speaker.next_event_at(), self._conversation.deadline]
        due = min((time for time in times if time is not None), default=None)
        if due is None:
            raise RehearsalError(f"nothing will ever happen in {self.where}", "say something")
        self._pass(due)

    def _pass(self, until: float) -> None:
        until = max(self.now, until)
        advance(self._conversation, self._speaker, self.now, until)
        self.now = until
        self._recorder.flush(until)

    def _utter(self, words: str) -> None:
        self._conversation.take(self._ear.hear(words, self.now), self.now)

    def _keep_silent(self) -> None:
        self.hear_out()
        if self.session.asleep:
            return
        if self._holding:
            self._keep_still()
            return
        steps = self._steps
        while self._steps == steps and not self.session.asleep:
            self._step()

    def _keep_still(self) -> None:
        self.hear_out()
        if not self._holding:
            raise RehearsalError(f"no hold runs in {self.where}", "look at what Charley said last")
        while self._holding:
            self._step()

    def _deny(self) -> None:
        for _ in range(MOST_QUESTIONS):
            self.hear_out()
            if self.session.asleep or self.session.at.asking is None:
                return
            self.say("no")
        raise RehearsalError(f"the questions never end in {self.where}", "a no must lead on")

    def _ten_minutes_are_up(self) -> None:
        if self.session.clock_at is None:
            raise RehearsalError("the ten minutes do not run here", "they run from the wake phrase until they are up")
        self._conversation.session = self.session._replace(clock_at=self.now)
        self._conversation.tick(self.now)

    def _one_thing(self) -> None:
        session = self.session
        if session.clock_at is not None:  # the clock comes when it is called for
            self._conversation.session = session._replace(clock_at=session.clock_at + 3600)
        steps = self._steps
        while self._steps == steps:
            self._step()

    def _move_to(self, region: str) -> None:
        if region not in self._dialogs.regions:
            known = ", ".join(sorted(self._dialogs.regions))
            raise RehearsalError(f'no emergency number is known for "{region}"', f"there are {known}")
        self._fresh = self._fresh.with_slot("region", region)
        if self.session.asleep:
            self._start()


class _TypedEar:
    """An ear for words that come without sound."""

    def __init__(self, dialogs: Dialogs) -> None:
        self.talked_over = False
        self._attention = Attention(PhraseBook(dialogs.phrases), Thresholds(), lambda _: True)

    def hear(self, words: str, now: float) -> list[Result]:
        """What `words`, each of them sure, mean now. None is a voice without words."""
        attending = self._attention.at(now)
        if attending is None:
            return []
        results = self._attention.judge(attending, _transcript(words), Span(now, now, now, now))
        return results if attending.gate is not None else [SpeechOpened(now, attending.turn), *results]

    def too_early(self, words: str, now: float) -> bool:
        """Whether `words` mean nothing only because the question is not put yet."""
        attending, later = self._attention.at(now), self._attention.now
        if attending is None or later is None or not attending.early:
            return False
        span = Span(now, now, now, now)
        return type(self._attention.understand(attending, _transcript(words), span)) is not type(
            self._attention.understand(later, _transcript(words), span)
        )

    def listen(self, intents: Sequence[str], early: Sequence[str], turn: int, endpoint: float) -> None:
        """`endpoint` means nothing: typed words end when they end."""
        del endpoint
        self._attention.listen(intents, early, turn)

    def question_began(self, at: float) -> None:
        self._attention.question_began(at)

    def sleep(self, phrase: str, intents: Sequence[str] = (), *, distress: Sequence[str] = (), turn: int = 0) -> None:
        self._attention.sleep(phrase, intents, distress=distress, turn=turn)

    def reset(self) -> None:
        """There is no sound to forget."""

    def forget_before(self, at: float) -> None:
        """As above."""
        del at

    def feed(self, frame: Frame) -> list[Result]:
        """Sound means nothing here."""
        del frame
        return []


def _transcript(words: str) -> Transcript:
    return Transcript(tuple(Word(word, 0.0, 0.0, 1.0) for word in words.split()))


class _Speaker(VirtualSpeaker):
    """A speaker that notes what began to sound."""

    def __init__(self, start: float, sounded: list[Sounded]) -> None:
        super().__init__(PromptStore(_PacedVoice(), None), start=start)
        self.remarking = False
        """Whether something that is no hold cue still sounds, or is to."""
        self._cue = ""
        self._sounded = sounded

    def say(self, action: Say) -> None:
        super().say(action)
        self.remarking = self.remarking or not action.cue

    def stop(self) -> None:
        super().stop()
        self.remarking = False

    def advance(self, until: float) -> list[tuple[float, PlaybackEvent]]:
        events = super().advance(until)
        for at, event in events:
            if isinstance(event, SentenceStarted):
                self._cue = event.cue
                if event.text != TONE:
                    self._sounded.append(Sounded(at, event.text))
            elif isinstance(event, SpeechFinished) and not self._cue:
                self.remarking = False
        return events


class _PacedVoice:
    """Takes the time that the words need, and makes no sound."""

    name = "paced"

    def render(self, text: str, rate_wpm: int) -> Clip:
        return Clip(bytes(2 * round(len(text.split()) * 60 / rate_wpm * CLIP_RATE)))
