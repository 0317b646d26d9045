"""A conversation in simulated time, with the shipped dialogs and somebody who speaks by a script."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence
from functools import cache

from voice_skill.asr.fake import ScriptedRecogniser, said
from voice_skill.asr.port import Transcript
from voice_skill.audio.frame import FRAME_SAMPLES, FRAME_SECONDS, SAMPLE_RATE, Frame
from voice_skill.audio.loudness import Calls
from voice_skill.audio.speaker import VirtualSpeaker
from voice_skill.dialog.actions import Action
from voice_skill.dialog.events import Event
from voice_skill.dialog.model import Dialogs
from voice_skill.dialog.session import Session
from voice_skill.ear import Ear
from voice_skill.echo import EchoGate
from voice_skill.journal.history import History
from voice_skill.journal.sessions import SessionJournal
from voice_skill.journal.wakes import WakeTally
from voice_skill.loading import load_dialogs
from voice_skill.nlu.phrases import PhraseBook
from voice_skill.records import Record, Recorder
from voice_skill.runtime import Conversation, replay
from voice_skill.tts.fake import ScriptedVoice
from voice_skill.tts.port import CLIP_RATE
from voice_skill.tts.store import PromptStore

WAKE = "hey charley"
WORD = 0.3
"""Seconds that a spoken word takes here."""
PRE_ROLL = 0.5
"""What the ear feeds ahead of the first sound: a transcript's times count from there."""
SAMPLE = 1 / CLIP_RATE


@cache
def shipped() -> Dialogs:
    return load_dialogs()


class Night:
    """A conversation in simulated time, and someone who speaks in it."""

    def __init__(
        self,
        *,
        distress: Sequence[str] = (),
        gate: EchoGate | None = None,
        journal: SessionJournal | None = None,
        history: History | None = None,
        calls: Calls | None = None,
        tally: WakeTally | None = None,
    ) -> None:
        dialogs = shipped()
        self.records: list[Record] = []
        self.steps: list[tuple[float, Event]] = []
        self.now = 0.0
        self.speaker = VirtualSpeaker(PromptStore(ScriptedVoice(), None))
        self._journal = journal
        self._speech: list[tuple[float, float]] = []
        self._words: deque[Transcript] = deque()
        self._frames = 0
        recogniser = ScriptedRecogniser(self._heard())
        self.conversation = Conversation(
            dialogs,
            Ear(recogniser, self, PhraseBook(dialogs.phrases)),
            self.speaker,
            Recorder(self.records.append),
            Session.fresh(dialogs, "GB"),
            journal=self._note,
            distress=distress,
            gate=gate,
            history=history,
            calls=calls,
            tally=tally,
        )

    def _note(self, event: Event, now: float, session: Session, actions: tuple[Action, ...]) -> None:
        self.steps.append((now, event))
        if self._journal is not None:
            self._journal(event, now, session, actions)

    def _heard(self) -> Iterator[Transcript]:
        while True:
            yield self._words.popleft() if self._words else Transcript()

    # -- the detector

    def probability(self, frame: Frame) -> float:
        return float(any(start <= frame.at < end for start, end in self._speech))

    def reset(self) -> None:
        pass

    # -- the person

    def say(self, text: str, after: float = 0.5) -> None:
        """Begin to say `text` in `after` seconds."""
        start = self.now + after
        self._speech.append((start, start + WORD * len(text.split())))
        self._words.append(said(text, start=PRE_ROLL, seconds_per_word=WORD))

    def live(self, seconds: float) -> None:
        replay(self.conversation, self.speaker, self._sound(seconds))

    def until(self, kind: str, **fields: object) -> Record:
        """Live on until something new of that kind is told, and give it."""
        known = len(self.records)
        for _ in range(3_000):
            for record in self.records[known:]:
                if record.kind == kind and fields.items() <= record.fields.items():
                    return record
            known = len(self.records)
            self.live(FRAME_SECONDS)
        raise AssertionError(f"no {kind} {fields} came")

    def answer(self, text: str, turn_of: Record) -> None:
        """Hear the prompt that began with `turn_of` out, and answer."""
        self.until("said", turn=turn_of.fields["turn"])
        self.say(text)

    def to_the_hold(self) -> Record:
        """Go on to the zero of the first hold."""
        self.say(f"{WAKE} my leg is cramping")
        self.answer("no", self.until("say"))
        self.answer("in bed", self.until("say"))
        return self.until("hold_started")

    def kinds(self, *kinds: str) -> list[Record]:
        return [record for record in self.records if record.kind in kinds]

    def _sound(self, seconds: float) -> Iterator[Frame]:
        for _ in range(max(1, round(seconds / FRAME_SECONDS))):
            frame = Frame(self._frames * FRAME_SAMPLES / SAMPLE_RATE, bytes(2 * FRAME_SAMPLES))
            self._frames += 1
            self.now = frame.end
            yield frame
