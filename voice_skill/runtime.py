"""The loop: what is heard goes into the dialog, and what the dialog orders goes to the speaker and the ear.

    frame → ear → event → step(dialogs, session, event, now) → actions → speaker, ear, record

One owner of the session, one way of data, no threads, no clock: time comes with the frames. `Conversation` is fed by
`replay` here, and by the live loop, which adds only a queue. If this file grows, logic has leaked into it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from typing import Protocol

from voice_skill.audio.frame import Frame
from voice_skill.audio.loudness import Calls, Softness
from voice_skill.audio.playlist import CueSkipped, PlaybackEvent, SentenceStarted
from voice_skill.audio.speaker import Speaker, VirtualSpeaker
from voice_skill.dialog.actions import Action, Forget, Listen, Note, Remember, Say, Sleep, StopSpeaking
from voice_skill.dialog.engine import step
from voice_skill.dialog.events import (
    Event,
    Heard,
    NoiseHeard,
    NotUnderstood,
    SpeechFinished,
    SpeechStarted,
    TimePassed,
    UserSpoke,
    Woken,
)
from voice_skill.dialog.hearing import starts
from voice_skill.dialog.model import Dialogs
from voice_skill.dialog.session import Session
from voice_skill.ear import (
    Noise,
    PhraseHeard,
    Result,
    SpeechOpened,
    SpeechUnclear,
    SuspicionDismissed,
    UrgencySuspected,
    WakeHeard,
)
from voice_skill.echo import EchoGate
from voice_skill.errors import StorageError
from voice_skill.journal.history import Facts, History
from voice_skill.journal.wakes import WakeTally
from voice_skill.records import Recorder

__all__ = [
    "NOT_FORGOTTEN",
    "NOT_KEPT",
    "NO_HISTORY",
    "Conversation",
    "Hearing",
    "Journal",
    "advance",
    "replay",
]

Journal = Callable[[Event, float, Session, tuple[Action, ...]], None]

NO_HISTORY: Facts = (("consent", "off"), ("often", "unknown"))
"""What is known where nothing may be kept, or nothing can be read."""
NOT_FORGOTTEN = ("I couldn't forget it.", "It's still on this device.", "Please ask me again by day.")
"""Said instead of "It's gone" when the file cannot be written."""
NOT_KEPT = ("But I can't write anything down now.",)
"""Said after "Okay, noted" when the file cannot be written."""
GAP_SECONDS = 0.5
"""Sound that is missing for longer was a microphone that had gone: what is heard after it is another utterance."""


class Hearing(Protocol):
    """What the loop needs of an ear; see `voice_skill.ear.Ear`."""

    talked_over: bool
    """Whether Charley speaks now."""

    def listen(self, intents: Sequence[str], early: Sequence[str], turn: int, endpoint: float) -> None:
        """From now on understand `early`, and `intents` from `question_began` on."""
        ...

    def question_began(self, at: float) -> None:
        """The last sentence of the turn began to sound at `at`."""
        ...

    def sleep(self, phrase: str, intents: Sequence[str] = (), *, distress: Sequence[str] = (), turn: int = 0) -> None:
        """From now on wait for the wake phrase, or a phrase of `distress`."""
        ...

    def reset(self) -> None:
        """Forget all sound so far."""
        ...

    def forget_before(self, at: float) -> None:
        """Forget the sound before `at`."""
        ...

    def feed(self, frame: Frame) -> list[Result]:
        """Take in the next frame; gives what became known with it."""
        ...


class Conversation:
    """One ear, one speaker, one session."""

    def __init__(
        self,
        dialogs: Dialogs,
        ear: Hearing,
        speaker: Speaker,
        recorder: Recorder,
        session: Session,
        *,
        wake_phrase: str = "hey charley",
        distress: Sequence[str] = (),
        journal: Journal | None = None,
        gate: EchoGate | None = None,
        history: History | None = None,
        calls: Calls | None = None,
        tally: WakeTally | None = None,
    ) -> None:
        """`distress`: what wakes like the wake phrase. `gate`: for a microphone that hears the speaker; a recording of
        the caller alone needs none. `history`: what is kept from night to night; without one nothing is, and nobody is
        asked. One that fails ends no night.
        `calls`: without it a soft call is answered like any other. `tally` counts wakes, and those for nothing."""
        self.session = session
        self._dialogs = dialogs
        self._ear = ear
        self._speaker = speaker
        self._recorder = recorder
        self._wake_phrase = wake_phrase
        self._distress = tuple(distress)
        self._journal = journal
        self._gate = gate
        self._history = history
        self._calls = calls
        self._tally = tally
        self._understood = False
        """Whether anything was since it woke."""
        self._starts = starts(dialogs)
        self._watch_until: float | None = None
        self._sounding: Say | None = None
        self._spoken: dict[tuple[int, str], Say] = {}
        self._heard_until = 0.0
        self._fall_asleep(watch=False)

    @property
    def deadline(self) -> float | None:
        """When `tick` is due at the latest, in seconds."""
        return self.session.deadline if not self.session.asleep else self._watch_until

    def hear(self, frame: Frame) -> None:
        """Take in a frame, all that happened before its end having been told."""
        if frame.at - self._heard_until > GAP_SECONDS:
            self._ear.reset()
            self._speaker.go_on()
        if self._gate is not None:
            self._gate.hear(frame)
            if (ours := self._gate.forget_before(frame.at)) is not None:
                self._ear.forget_before(ours)
                self._speaker.go_on()
        self._heard_until = frame.end
        if self._calls is not None:
            self._calls.hear(frame)
        self.take(self._ear.feed(frame), frame.end)

    def take(self, found: Sequence[Result], now: float) -> None:
        """Act on what became known at `now`."""
        results = [result for result in found if self._gate is None or self._gate.passes(result)]
        for index, result in enumerate(results):
            following = results[index + 1] if index + 1 < len(results) else None
            if not (isinstance(result, PhraseHeard) and index and isinstance(results[index - 1], WakeHeard)):
                self._heard(result, following, now)
        if not all(isinstance(result, SpeechOpened | UrgencySuspected) for result in found):
            self._speaker.go_on()  # if it was hushed, and what was said was no reason to stop
        self._recorder.flush(now)

    def tick(self, now: float) -> None:
        """A deadline has come."""
        if self.session.asleep:
            self._fall_asleep(watch=False)
        else:
            self._step(TimePassed(), now)
        self._recorder.flush(now)

    def played(self, event: PlaybackEvent, at: float) -> None:
        """The speaker reports something."""
        match event:
            case SentenceStarted():
                self._sentence(event, at)
            case SpeechFinished():
                if self._sounding is not None and not self._sounding.cue:
                    self._recorder.add(at, "said", turn=event.turn, text=" ".join(self._sounding.sentences))
                self._sounding = None
                self._silent(at)
                self._step(event, at)
            case SpeechStarted():
                self._step(event, at)
            case CueSkipped():
                self._recorder.add(at, "hold_cue", cue=event.cue, skipped=True)
        self._recorder.flush(at)

    # -- in

    def _heard(self, result: Result, following: Result | None, now: float) -> None:
        add = self._recorder.add
        match result:
            case WakeHeard():
                softness = Softness() if self._calls is None else self._calls.answer(result.began_at, now)
                add(
                    now,
                    "wake",
                    text=result.text,
                    confidence=round(result.confidence, 3),
                    began=round(result.began_at, 3),
                    softer_db=softness.gain_db,
                    whispered="yes" if softness.whispered else "no",
                )
                self._count(lambda tally: tally.woken())
                self._understood = False
                intent = text = ""
                if isinstance(following, PhraseHeard):
                    self._note_heard(following, now)
                    intent, text = following.intent, following.text
                self._step(Woken(intent, text, self._facts(), softness.gain_db, softness.whispered), now)
            case PhraseHeard():
                self._note_heard(result, now)
                self._step(Heard(result.turn, result.intent, result.text), now)
            case UrgencySuspected():
                self._speaker.hush()
            case SuspicionDismissed():
                pass  # `take` lets the speaker go on
            case SpeechOpened():
                self._step(UserSpoke(result.turn), now)
            case SpeechUnclear():
                add(now, "not_understood", text=result.text, reason=str(result.reason.value))
                self._step(NotUnderstood(result.turn), now)
            case Noise():
                add(now, "not_understood", text=result.text, reason="noise")
                self._step(NoiseHeard(result.turn), now)

    def _count(self, event: Callable[[WakeTally], None]) -> None:
        """Count something, if anything is counted. A count that cannot be kept ends no night."""
        if self._tally is not None:
            try:
                event(self._tally)
            except StorageError as error:
                self._recorder.add(self._heard_until, "trouble", text=str(error))

    def _facts(self) -> Facts:
        """What is known from other nights. A number above what the dialogs can say is the highest that they can."""
        known = NO_HISTORY
        if self._history is not None:
            try:
                known = self._history.woken()
            except StorageError as error:
                self._recorder.add(self._heard_until, "trouble", text=str(error))
        highest = {name: values[-1] for name, values in self._dialogs.slots.items() if values[-1].isdigit()}
        return tuple(
            (name, highest[name] if name in highest and int(value) > int(highest[name]) else value)
            for name, value in known
        )

    def _note_heard(self, result: PhraseHeard, now: float) -> None:
        if not self._understood:
            self._understood = True
            self._count(lambda tally: tally.understood())
        self._recorder.add(
            now,
            "heard",
            text=result.text,
            intent=result.intent,
            confidence=round(result.confidence, 3),
            turn=result.turn,
            began=round(result.began_at, 3),
            ended=round(result.ended_at, 3),
        )

    def _sentence(self, event: SentenceStarted, at: float) -> None:
        say = self._spoken.get((event.turn, event.cue))
        if event.index == 0 and say is not None:
            self._sounding = say
            text = " ".join(say.sentences)
            if say.cue:
                self._recorder.add(at, "hold_cue", cue=say.cue, text=text)
            else:
                self._recorder.add(at, "say", turn=say.turn, text=text)
        self._ear.talked_over = True
        if self._gate is not None:
            self._gate.began(event.text, at)
        if event.last and event.turn == self.session.turn:
            self._ear.question_began(at)

    def _silent(self, at: float) -> None:
        self._ear.talked_over = False
        if self._gate is not None:
            self._gate.ended(at)

    # -- through

    def _step(self, event: Event, now: float) -> None:
        self.session, actions = step(self._dialogs, self.session, event, now)
        if self._journal is not None:
            self._journal(event, now, self.session, actions)
        speaking = {action.turn for action in actions if isinstance(action, Say)}
        for action in self._store(actions, now):
            self._carry_out(action, now, speaking)

    def _store(self, actions: Sequence[Action], now: float) -> Sequence[Action]:
        """Keep and forget, before anybody hears that it is done; if it is not, that is what they hear."""
        if self._history is None:
            return actions
        for order in actions:
            try:
                if isinstance(order, Remember):
                    self._history.remember(order.fields)
                elif isinstance(order, Forget):
                    self._history.forget(order.what)
            except StorageError as error:
                self._recorder.add(now, "trouble", text=str(error))
                actions = [_owning_up(order, action) for action in actions]
        return actions

    # -- out

    def _carry_out(self, action: Action, now: float, speaking: set[int]) -> None:
        match action:
            case Say():
                self._spoken = {key: say for key, say in self._spoken.items() if key[0] >= action.turn - 1}
                self._spoken[action.turn, action.cue] = action
                self._speaker.say(action)
            case StopSpeaking():
                self._speaker.stop()
                self._recorder.drop_after(now)
                if self._sounding is not None and not self._sounding.cue:
                    self._recorder.add(now, "said", turn=self._sounding.turn, cut=True)
                self._sounding = None
                self._silent(now)
            case Listen():
                self._ear.listen(action.intents, action.early, action.turn, action.endpoint)
                if action.turn not in speaking:
                    self._ear.question_began(now)
            case Note():
                self._recorder.add(now if action.at is None else action.at, action.kind, **dict(action.fields))
            case Remember() | Forget():
                pass  # `_store` has done it
            case Sleep():
                self._watch_until = now + action.watch
                self._fall_asleep(watch=True)
                self._recorder.add(now, "finished", level=self.session.level.name)

    def _fall_asleep(self, *, watch: bool) -> None:
        """Wait for the wake phrase; for a while after a conversation, for danger words too."""
        if not watch:
            self._watch_until = None
        distress = list(self._distress)
        if watch:
            distress += [phrase for danger in self._dialogs.dangers for phrase in self._dialogs.phrases[danger]]
        self._ear.sleep(self._wake_phrase, self._starts, distress=distress, turn=self.session.turn)


def _owning_up(failed: Action, action: Action) -> Action:
    """What is done instead of `action` when an order of the same moment has failed."""
    if not isinstance(action, Say) or failed == Forget("consent"):  # tonight nothing more is kept all the same
        return action
    return replace(action, sentences=NOT_FORGOTTEN if isinstance(failed, Forget) else action.sentences + NOT_KEPT)


def replay(conversation: Conversation, speaker: VirtualSpeaker, frames: Iterable[Frame]) -> None:
    """Run a recording through: every event at its own time, as fast as the machine can."""
    for frame in frames:
        advance(conversation, speaker, frame.at, frame.end)
        conversation.hear(frame)


def advance(conversation: Conversation, speaker: VirtualSpeaker, now: float, until: float) -> None:
    """Let time pass from `now` to `until`: deadlines and what the speaker reports, in order."""
    while True:
        due = conversation.deadline
        event_at = speaker.next_event_at()
        if event_at is not None and event_at <= until and (due is None or event_at <= due):
            now = event_at
        elif due is not None and due <= until:
            now = max(due, now)
            event_at = None
        else:
            break
        for at, event in speaker.advance(now):
            conversation.played(event, at)
        if event_at is None:
            conversation.tick(now)
    for at, event in speaker.advance(until):
        conversation.played(event, at)
