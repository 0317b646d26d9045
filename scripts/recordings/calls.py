"""Whole calls: a synthetic caller talks with the real pipeline, and what the caller's microphone heard is kept.

The caller waits for Charley to finish, thinks for a moment, and answers the question that was put; so the recording
has every word where it belongs in time, and a replay meets the very same conversation.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import soundfile
from numpy.typing import NDArray

from scripts.recordings.voices import speak
from voice_skill.audio.frame import FRAME_SAMPLES, FRAME_SECONDS, SAMPLE_RATE, Frame
from voice_skill.audio.speaker import VirtualSpeaker
from voice_skill.commands.parts import build_dialogs, build_ear, build_store, fresh_session
from voice_skill.config import Config
from voice_skill.dialog.session import Phase
from voice_skill.records import Record, Recorder
from voice_skill.runtime import Conversation, replay
from voice_skill.screen_view import transcript

__all__ = ["Interjection", "Script", "record_call"]

THINK_SECONDS = 0.9
"""Between the end of a prompt and the answer."""
LONGEST_CALL = 900.0


@dataclass(frozen=True, slots=True)
class Interjection:
    """Something said unasked, once."""

    say: str
    when: str
    """`hold`: seconds into a hold. `prompt`: into a prompt. `waiting`: into a silence that Charley keeps."""
    after: float


@dataclass(frozen=True, slots=True)
class Script:
    """What a caller says."""

    voice: str
    region: str
    opening: str
    answers: dict[str, list[str]] = field(default_factory=dict)
    """By question id or state: one answer after the other, the last one again and again. "otherwise" for the rest.
    An empty answer is silence."""
    interjections: list[Interjection] = field(default_factory=list)
    tail: float = 75.0
    """Seconds of silence after the last word, if Charley still talks then."""


class Caller:
    """Speaks a script at the right moments."""

    def __init__(self, script: Script) -> None:
        self._script = script
        self._answers = {key: list(texts) for key, texts in script.answers.items()}
        self._interjections = list(script.interjections)
        self._sound: NDArray[np.int16] = np.zeros(0, np.int16)
        self._answered = -1
        """The turn that was answered last."""
        self.conversation: Conversation | None = None
        self.heard: list[bytes] = []

    def frames(self) -> Iterator[Frame]:
        """The caller's microphone, until the conversation has ended or nothing more is to be said."""
        now, ready_since, quiet_since = 0.0, 0.0, 0.0
        opened = False
        while now < LONGEST_CALL and now - quiet_since < self._script.tail:
            conversation = self.conversation
            assert conversation is not None
            if opened and conversation.session.asleep and not self._sound.size and now - quiet_since > 3.0:
                return
            if not self._sound.size:
                text = self._interjection(now)
                if not text and not opened and now >= 1.0:
                    text, opened = self._script.opening, True
                if not text:
                    if not self._asked():
                        ready_since = now
                    elif now - ready_since >= THINK_SECONDS:
                        text = self._answer()
                if text:
                    self._sound = speak(self._script.voice, text)
            pcm = np.zeros(FRAME_SAMPLES, np.int16)
            count = min(FRAME_SAMPLES, self._sound.size)
            pcm[:count] = self._sound[:count]
            self._sound = self._sound[count:]
            if count:
                quiet_since = now
            self.heard.append(pcm.tobytes())
            yield Frame(now, pcm.tobytes())
            now = len(self.heard) * FRAME_SECONDS

    def _asked(self) -> bool:
        """Whether Charley waits for an answer that was not given yet."""
        assert self.conversation is not None
        session = self.conversation.session
        waits = not session.asleep and session.at.phase in (Phase.LISTENING, Phase.PAUSED) and not session.talking
        return waits and session.turn != self._answered

    def _answer(self) -> str:
        assert self.conversation is not None
        session = self.conversation.session
        self._answered = session.turn
        at = session.at
        keys = (at.phase.value, at.asking.id if at.asking else "", at.state, at.state.partition(".")[2], "otherwise")
        texts = next((self._answers[key] for key in keys if key in self._answers), [""])
        return texts.pop(0) if len(texts) > 1 else texts[0]

    def _interjection(self, now: float) -> str:
        """What is to be said unasked now."""
        assert self.conversation is not None
        session = self.conversation.session
        if not self._interjections or session.asleep:
            return ""
        planned = self._interjections[0]
        held = session.at.holding
        if planned.when == "hold":
            due = held is not None and held.zero is not None and now >= held.zero + planned.after
        elif planned.when == "waiting":
            due = session.at.phase is Phase.WAITING and session.turn != self._answered
        else:
            due = session.talking
        if not due:
            return ""
        self._interjections.pop(0)
        self._answered = session.turn
        return planned.say


def record_call(path: Path, script: Script) -> list[Record]:
    """Act a call, show it, and write what the microphone heard to `path` (FLAC). Returns what happened."""
    config = Config(region=script.region)
    dialogs = build_dialogs(config, config.model_folder)
    speaker = VirtualSpeaker(build_store(config))
    records: list[Record] = []
    show = transcript()

    def tell(record: Record) -> None:
        records.append(record)
        show(record)

    caller = Caller(script)
    caller.conversation = Conversation(
        dialogs, build_ear(dialogs, config.model_folder), speaker, Recorder(tell), fresh_session(config, dialogs)
    )
    replay(caller.conversation, speaker, caller.frames())
    pcm = np.frombuffer(b"".join(caller.heard), np.int16)
    soundfile.write(path, pcm, SAMPLE_RATE, subtype="PCM_16", format="FLAC")
    return records
