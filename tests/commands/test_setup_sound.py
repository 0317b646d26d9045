"""What the setup plays and hears, with devices that follow a script."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest

from voice_skill.asr.fake import ScriptedRecogniser, said
from voice_skill.audio.frame import FRAME_SAMPLES, FRAME_SECONDS, SAMPLE_RATE, Frame
from voice_skill.audio.playlist import PlaybackEvent
from voice_skill.audio.vad import ScriptedDetector
from voice_skill.commands.setup_sound import Microphone, Mouth, RealSound
from voice_skill.dialog.actions import Say
from voice_skill.dialog.events import SpeechFinished, SpeechStarted
from voice_skill.ear import Ear
from voice_skill.errors import AudioError
from voice_skill.nlu.phrases import PhraseBook

ROOM = 16.0
"""Mean square root of the room, of 32,768: -66 dBFS."""
VOICE = 3_000.0
"""Amplitude of somebody's voice, or of Charley's."""
SPEAKS = 2.0
"""Seconds that Charley speaks."""


class Card:
    """A microphone and a speaker on a clock that only listening and speaking move."""

    def __init__(self, *, echo: float = 0.0, voice: tuple[float, float] = (0.0, 0.0)) -> None:
        """`echo`: how much of Charley comes back. `voice`: when somebody speaks."""
        self.time = 100.0
        self.deaf = self.mute = False
        self.open: list[str] = []
        self.volumes: list[float] = []
        self._echo = echo
        self._voice = voice
        self._spoken = (0.0, 0.0)
        self._heard = self.time
        self._random = np.random.default_rng(3)

    def names(self) -> tuple[Sequence[str], Sequence[str]]:
        return ("webcam", "USB mic"), ("soundbar",)

    def now(self) -> float:
        return self.time

    def microphone(self, name: str | None) -> Microphone:
        return Mic(self, name or "default mic")

    def speaker(self, name: str | None) -> Mouth:
        return Loudspeaker(self, name or "default speaker")

    def say(self) -> None:
        self._spoken = self.time, self.time + SPEAKS

    def said(self) -> None:
        self.time = self._spoken[1]

    def forget(self) -> None:
        self._heard = self.time

    def hear(self) -> Frame:
        at = self._heard
        t = at + np.arange(FRAME_SAMPLES) / SAMPLE_RATE
        sound = self._random.standard_normal(FRAME_SAMPLES) * ROOM
        for (begin, end), gain in ((self._spoken, self._echo), (self._voice, 1.0)):
            buzz = sum(np.sin(2 * np.pi * 125 * number * t) / number for number in range(1, 12))
            sound += gain * VOICE * buzz * ((begin <= t) & (t < end))
        self._heard += FRAME_SECONDS
        self.time = max(self.time, self._heard)
        return Frame(at, sound.astype("<i2").tobytes())


class Mic:
    def __init__(self, card: Card, name: str) -> None:
        self._card, self._name = card, name
        card.open.append(name)

    def forget(self) -> None:
        self._card.forget()

    def next(self, timeout: float) -> Frame | None:
        assert timeout > 1
        return None if self._card.deaf else self._card.hear()

    def close(self) -> None:
        self._card.open.remove(self._name)


class Loudspeaker:
    def __init__(self, card: Card, name: str) -> None:
        self.volume_db = 0.0
        self._card, self._name = card, name
        self._events: list[PlaybackEvent] = []
        card.open.append(name)

    def say(self, action: Say) -> None:
        self._card.volumes.append(self.volume_db)
        self._card.say()
        self._events = [] if self._card.mute else [SpeechStarted(action.turn), SpeechFinished(action.turn)]

    def next(self, timeout: float) -> PlaybackEvent | None:
        assert timeout > SPEAKS
        if len(self._events) == 1:
            self._card.said()
        return self._events.pop(0) if self._events else None

    def close(self) -> None:
        self._card.open.remove(self._name)


def sound(card: Card, *heard: str, spoken: Sequence[tuple[float, float]] = (), volume_db: float = -3.0) -> RealSound:
    """The setup's sound, and an ear that hears `heard`."""

    def ear() -> Ear:
        return Ear(ScriptedRecogniser([said(text) for text in heard]), ScriptedDetector(spoken), PhraseBook({}))

    return RealSound(card, lambda: volume_db, ear, None, None)


def test_the_room_is_as_loud_as_it_is() -> None:
    assert sound(Card()).room() == pytest.approx(20 * np.log10(ROOM / 32768), abs=0.5)


def test_charley_is_heard_in_the_microphone_at_the_volume_that_is_set() -> None:
    soft, loud = (sound(Card(echo=echo)).loopback("One, two, three.") for echo in (0.05, 0.1))
    assert soft is not None
    assert loud is not None
    assert loud.level_dbfs - soft.level_dbfs == pytest.approx(6, abs=0.5)
    assert loud.room_dbfs == pytest.approx(20 * np.log10(ROOM / 32768), abs=2)
    card = Card()
    sound(card, volume_db=-7.0).loopback("One, two, three.")
    assert card.volumes == [-7.0]


def test_a_microphone_that_does_not_hear_charley_gives_nothing() -> None:
    assert sound(Card()).loopback("One, two, three.") is None


def test_a_wake_phrase_is_heard_with_its_loudness() -> None:
    spoken = (101.0, 102.5)
    tried = sound(Card(voice=spoken), "hey charley", spoken=[spoken])
    tried.expect("hey charley")
    result = tried.trial()
    assert result.heard
    assert result.call is not None
    assert result.call.level_dbfs > -35


def test_another_phrase_is_heard_to_be_none_but_how_loud_it_was_is_told() -> None:
    spoken = (101.0, 102.5)
    tried = sound(Card(voice=spoken), "my leg", spoken=[spoken])
    tried.expect("hey charley")
    result = tried.trial()
    assert not result.heard
    assert result.call is not None


def test_nobody_speaks() -> None:
    tried = sound(Card())
    tried.expect("hey charley")
    assert tried.trial() == (False, None)


def test_a_trial_without_a_phrase_is_a_mistake() -> None:
    with pytest.raises(ValueError, match="expect"):
        sound(Card()).trial()


def test_a_microphone_without_sound_is_told_with_those_that_there_are() -> None:
    card = Card()
    card.deaf = True
    with pytest.raises(AudioError, match="no sound comes from it") as caught:
        sound(card).room()
    assert "webcam, USB mic" in str(caught.value)


def test_a_speaker_that_plays_nothing_is_told_with_those_that_there_are() -> None:
    card = Card()
    card.mute = True
    with pytest.raises(AudioError, match="plays nothing") as caught:
        sound(card).say("Hello.")
    assert "soundbar" in str(caught.value)


def test_devices_are_opened_once_and_let_go_when_others_are_chosen_and_at_the_end() -> None:
    card = Card()
    tried = sound(card)
    tried.room()
    tried.say("Hello.")
    tried.room()
    assert card.open == ["default mic", "default speaker"]
    tried.choose("USB mic", "soundbar")
    assert card.open == ["USB mic", "soundbar"]
    tried.close()
    assert card.open == []
