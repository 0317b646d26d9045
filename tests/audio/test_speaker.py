from __future__ import annotations

from collections.abc import Callable, Iterator
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from voice_skill.audio import portaudio
from voice_skill.audio.playlist import CueSkipped, PlaybackEvent, SentenceStarted
from voice_skill.audio.speaker import DeviceSpeaker, SampleClock, VirtualSpeaker
from voice_skill.dialog.actions import Manner, Say
from voice_skill.dialog.events import SpeechFinished, SpeechStarted
from voice_skill.errors import AudioError, SpeechError
from voice_skill.tts.fake import ScriptedVoice
from voice_skill.tts.store import PromptStore
from voice_skill.tts.tone import tone

PLAIN = Manner(rate=150, pause=0.25)
"""Every word takes 0.4 s."""


def a_store(**options: Any) -> PromptStore:
    return PromptStore(ScriptedVoice(**options), None)


def peak(pcm: bytes) -> int:
    return int(np.abs(np.frombuffer(pcm, "<i2").astype(int)).max(initial=0))


# -- the simulated speaker


def test_simulated_speech_has_exact_times() -> None:
    speaker = VirtualSpeaker(a_store(), start=100.0)
    speaker.advance(101.0)
    speaker.say(Say(1, ("Breathe out.", "Slowly."), PLAIN))
    events = speaker.advance(110.0)
    assert [event for _, event in events] == [
        SpeechStarted(1),
        SentenceStarted(1, "", 0, False, "Breathe out."),
        SentenceStarted(1, "", 1, True, "Slowly."),
        SpeechFinished(1),
    ]
    assert [at for at, _ in events] == pytest.approx([101.0, 101.0, 102.05, 102.45], abs=1e-4)


def test_a_cue_is_heard_on_its_second() -> None:
    speaker = VirtualSpeaker(a_store())
    speaker.say(Say(1, ("A remark that is far too long to end in time.",), PLAIN))
    speaker.say(Say(1, ("Five.",), PLAIN, at=2.0, cue="5"))
    events = speaker.advance(10.0)
    assert (2.0, SentenceStarted(1, "5", 0, True, "Five.")) in events
    assert (2.0, SpeechFinished(1)) in events


def test_a_cue_that_is_too_late_is_left_out_but_the_end_is_not() -> None:
    speaker = VirtualSpeaker(a_store())
    speaker.advance(40.0)
    speaker.say(Say(1, ("Halfway.",), PLAIN, at=15.0, cue="half"))
    speaker.say(Say(1, ("[tone]", "Let go."), PLAIN, at=30.0, cue="end"))
    events = [event for _, event in speaker.advance(50.0)]
    assert CueSkipped(1, "half") in events
    assert SentenceStarted(1, "end", 1, True, "Let go.") in events


def test_the_word_follows_its_tone_closely() -> None:
    speaker = VirtualSpeaker(a_store())
    speaker.say(Say(1, ("[tone]", "Hold."), Manner(150, pause=2.0), at=1.0, cue="start"))
    starts = [at for at, event in speaker.advance(10.0) if isinstance(event, SentenceStarted)]
    assert starts == pytest.approx([1.0, 1.24], abs=1e-4)


def test_stopping_leaves_no_end_to_report() -> None:
    speaker = VirtualSpeaker(a_store())
    speaker.say(Say(1, ("One two three four five.",), PLAIN))
    speaker.say(Say(2, ("Six.",), PLAIN))
    speaker.advance(0.5)
    speaker.stop()
    assert speaker.next_event_at() is None
    assert speaker.advance(10.0) == []
    last, pcm, rate = speaker.played[-1]
    audible = np.flatnonzero(np.frombuffer(pcm, "<i2"))
    assert 0.5 < last + audible[-1] / rate < 0.51


def test_what_was_played_is_kept_with_its_time_and_silence_is_not() -> None:
    speaker = VirtualSpeaker(a_store(), start=50.0)
    speaker.advance(1_000.0)
    speaker.say(Say(1, ("One.",), PLAIN))
    speaker.advance(2_000.0)
    ((at, pcm, rate),) = speaker.played
    assert (at, rate) == (1_000.0, 22_050)
    assert np.flatnonzero(np.frombuffer(pcm, "<i2"))[-1] / rate == pytest.approx(0.4, abs=1e-3)


def test_a_sentence_that_cannot_be_rendered_is_an_error_and_nothing_is_said() -> None:
    speaker = VirtualSpeaker(a_store(fails_on={"Two."}))
    with pytest.raises(SpeechError):
        speaker.say(Say(1, ("One.", "Two."), PLAIN))
    assert speaker.advance(5.0) == []


@pytest.mark.parametrize(
    ("volume_db", "manner", "expected"),
    [
        (0.0, Manner(), 8_000),
        (-12.0, Manner(), 2_010),
        (-12.0, Manner(gain_db=6.0), 4_010),
        (-12.0, Manner(gain_db=-4.4, loud=True), 8_000),
        (-3.0, Manner(gain_db=6.0, loud=True), 11_300),
    ],
)
def test_loudness_is_volume_and_gain_and_what_is_loud_is_never_below_the_clip(
    volume_db: float, manner: Manner, expected: int
) -> None:
    speaker = VirtualSpeaker(a_store(), volume_db=volume_db)
    speaker.say(Say(1, ("Call.",), manner))
    speaker.advance(1.0)
    assert peak(speaker.played[0][1]) == pytest.approx(expected, rel=0.01)


@pytest.mark.parametrize(("gain_db", "expected_db"), [(-18.0, -18.0), (0.0, -6.0), (12.0, -6.0)])
def test_the_tone_gets_no_louder_than_its_cap(gain_db: float, expected_db: float) -> None:
    speaker = VirtualSpeaker(a_store())
    speaker.say(Say(1, ("[tone]",), Manner(gain_db=gain_db, loud=gain_db > 0)))
    speaker.advance(1.0)
    assert peak(speaker.played[0][1]) == pytest.approx(peak(tone().pcm) * 10 ** (expected_db / 20), rel=0.02)


@settings(deadline=None)
@given(st.floats(0, 1e6), st.lists(st.tuples(st.floats(0, 3), st.integers(1, 3)), max_size=8))
def test_the_next_event_happens_when_it_was_announced(start: float, says: list[tuple[float, int]]) -> None:
    speaker = VirtualSpeaker(a_store(), start=start)
    for turn, (after, words) in enumerate(says):
        speaker.say(Say(turn, ("word " * words,), PLAIN, at=start + after if turn % 2 else None))
    for _ in range(4 * len(says)):
        due = speaker.next_event_at()
        if due is None:
            break
        events = speaker.advance(due)
        assert events
        assert all(at == due for at, _ in events)
    assert speaker.next_event_at() is None


# -- samples and seconds


def test_the_clock_follows_drift_and_evens_out_wobble() -> None:
    clock = SampleClock(1_000)
    schedule = 0
    for block in range(20_000):
        wobble = 0.002 if block % 2 else -0.002
        schedule += clock.observe(block * 10, 5.0 + block * 0.01 * 1.0003 + wobble)
    assert clock.time_of(200_000) == pytest.approx(5.0 + 200 * 1.0003, abs=0.001)
    assert schedule == pytest.approx(-60, abs=6)
    assert clock.sample_at(5.0 + 200 * 1.0003) == pytest.approx(200_000, abs=6)


def test_after_a_stall_the_schedule_moves_at_once() -> None:
    clock = SampleClock(1_000)
    assert clock.observe(0, 5.0) == 0
    assert clock.observe(10, 5.01) == 0
    assert clock.observe(20, 6.02) == -1_000
    assert clock.time_of(30) == pytest.approx(6.03)


# -- the sound card, played by the test


class FakeSoundDevice:
    """Stands in for the library. `plays` says whether a stream that was started asks for sound."""

    class PortAudioError(Exception):
        pass

    latency = 0.05

    def __init__(self, clock: Callable[[], float]) -> None:
        self.clock = clock
        self.plays = True
        self.refusal: Exception | None = None
        self.log: list[str] = []
        self.options: dict[str, Any] = {}
        self.active = False
        self.heard = b""

    def RawOutputStream(self, **options: Any) -> FakeSoundDevice:
        self.log.append("open")
        if self.refusal:
            raise self.refusal
        self.options = options
        return self

    def query_devices(self) -> list[dict[str, Any]]:
        return [{"name": "USB", "max_input_channels": 0, "max_output_channels": 2}]

    def start(self) -> None:
        self.active = True
        if self.plays:
            self.ask()

    def close(self) -> None:
        self.log.append("close")
        self.active = False

    def _terminate(self) -> None:
        self.log.append("terminate")

    def _initialize(self) -> None:
        self.log.append("initialize")

    def ask(self, count: int = 256, underflow: bool = False) -> None:
        """Ask for a block, which is heard 0.05 s from now."""
        block = bytearray(2 * count)
        time = SimpleNamespace(currentTime=7.0, outputBufferDacTime=7.0 + self.latency)
        self.options["callback"](memoryview(block), count, time, SimpleNamespace(output_underflow=underflow))
        self.heard += block


class Rig:
    """A speaker on the fake library, what it posted, and the time."""

    def __init__(self) -> None:
        self.now = 1_000.0
        self.posted: list[tuple[PlaybackEvent, float]] = []
        self.card = FakeSoundDevice(lambda: self.now)
        self.speaker = DeviceSpeaker(
            a_store(), "USB", lambda: self.now, lambda event, at: self.posted.append((event, at))
        )

    def play(self, seconds: float, underflow: bool = False) -> None:
        """Let the sound card run."""
        for _ in range(round(seconds * 22_050 / 256)):
            self.now += 256 / 22_050
            self.card.ask(underflow=underflow)

    def at(self, kind: type[PlaybackEvent]) -> float:
        (at,) = [at for event, at in self.posted if isinstance(event, kind)]
        return at


@pytest.fixture
def rig(monkeypatch: pytest.MonkeyPatch) -> Iterator[Rig]:
    rig = Rig()
    monkeypatch.setattr(portaudio, "load", lambda: rig.card)
    monkeypatch.setattr(portaudio, "_owners", [])
    yield rig
    rig.speaker.close()


def test_events_carry_the_time_at_which_they_are_heard(rig: Rig) -> None:
    rig.speaker.open()
    rig.speaker.say(Say(1, ("One.",), PLAIN))
    rig.play(1.0)
    first = 1_000.0 + 256 / 22_050 + 0.05
    assert rig.at(SpeechStarted) == pytest.approx(first, abs=1e-6)
    assert rig.at(SpeechFinished) == pytest.approx(first + 0.4, abs=1e-3)
    wanted = {"device": "USB", "samplerate": 22_050, "channels": 1, "dtype": "int16"}
    assert wanted.items() <= rig.card.options.items()
    assert rig.card.options["blocksize"] / 22_050 <= 0.020


def test_no_event_is_posted_before_it_is_heard(rig: Rig) -> None:
    rig.speaker.open()
    rig.speaker.say(Say(1, ("One.",), PLAIN))
    seen = 0
    for _ in range(60):
        rig.play(256 / 22_050)
        new, seen = rig.posted[seen:], len(rig.posted)
        assert all(rig.now - 0.02 < at <= rig.now for _, at in new)
    assert seen == 3


def test_a_cue_is_heard_on_its_second_by_the_clock(rig: Rig) -> None:
    rig.speaker.open()
    rig.play(2.0)
    rig.speaker.say(Say(1, ("Five.",), PLAIN, at=1_003.0, cue="5"))
    rig.play(2.0)
    assert rig.at(SpeechStarted) == pytest.approx(1_003.0, abs=1e-3)


def test_a_device_that_stands_still_does_not_shift_the_count(rig: Rig) -> None:
    rig.speaker.open()
    rig.speaker.say(Say(1, ("Five.",), PLAIN, at=1_004.0, cue="5"))
    rig.play(1.0)
    rig.now += 1.5
    rig.play(2.0)
    assert rig.at(SpeechStarted) == pytest.approx(1_004.0, abs=1e-3)


def test_a_stop_is_silent_after_one_block_and_one_fade(rig: Rig) -> None:
    rig.speaker.open()
    rig.speaker.say(Say(1, ("One two three four five.",), PLAIN))
    rig.play(0.5)
    before = len(rig.card.heard)
    rig.speaker.stop()
    rig.play(3.0)
    assert peak(rig.card.heard[before - 512 : before]) == 8_000
    assert peak(rig.card.heard[before + 2 * 221 :]) == 0
    assert SpeechFinished not in {type(event) for event, _ in rig.posted}


def test_an_end_that_was_handed_over_but_not_heard_is_not_posted_after_a_stop(rig: Rig) -> None:
    rig.speaker.open()
    rig.speaker.say(Say(1, ("One.",), PLAIN))
    rig.play(0.42)
    rig.speaker.stop()
    rig.play(1.0)
    assert [type(event) for event, _ in rig.posted] == [SpeechStarted, SentenceStarted]


def test_underflows_are_counted(rig: Rig) -> None:
    rig.speaker.open()
    rig.play(256 / 22_050, underflow=True)
    assert rig.speaker.underflows == 1


def test_a_device_that_went_away_is_opened_again_and_speech_goes_on(rig: Rig) -> None:
    rig.speaker.open()
    rig.speaker.say(Say(1, ("One two three.",), PLAIN))
    rig.play(0.5)
    rig.now += 3.0
    rig.speaker.say(Say(2, ("Four.",), PLAIN))
    assert rig.card.log == ["open", "close", "open"]
    rig.play(2.0)
    assert [event.turn for event, _ in rig.posted if isinstance(event, SpeechFinished)] == [1, 2]


def test_a_device_that_is_there_is_left_alone(rig: Rig) -> None:
    rig.speaker.open()
    for _ in range(10):
        rig.play(1.0)
        rig.speaker.revive()
    assert rig.card.log == ["open"]


def test_a_device_that_stays_away_is_an_error_each_time(rig: Rig) -> None:
    rig.speaker.open()
    rig.card.active = False
    rig.card.refusal = rig.card.PortAudioError("Device unavailable")
    for _ in range(2):
        with pytest.raises(AudioError, match="Device unavailable") as caught:
            rig.speaker.say(Say(1, ("One.",), PLAIN))
        assert "0: USB" in caught.value.cure


@pytest.mark.parametrize("refusal", [FakeSoundDevice.PortAudioError("busy"), ValueError("No output device")])
def test_a_device_that_cannot_be_opened_is_an_error(rig: Rig, refusal: Exception) -> None:
    rig.card.refusal = refusal
    with pytest.raises(AudioError, match=str(refusal)):
        rig.speaker.open()
    rig.card.log.clear()
    portaudio.restart()
    assert rig.card.log == ["terminate", "initialize"]


def test_a_device_that_never_asks_for_sound_is_an_error(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("voice_skill.audio.speaker._STALLED_SECONDS", 0.01)
    rig.card.plays = False
    with pytest.raises(AudioError, match="plays nothing"):
        rig.speaker.open()
    assert rig.card.log == ["open", "close"]


def test_when_portaudio_is_restarted_the_speaker_comes_back(rig: Rig) -> None:
    rig.speaker.open()
    rig.play(1.0)
    portaudio.restart()
    assert rig.card.log == ["open", "close", "terminate", "initialize", "open"]


def test_portaudio_is_not_restarted_in_the_middle_of_a_word(rig: Rig) -> None:
    rig.speaker.open()
    rig.speaker.say(Say(1, ("One.",), PLAIN))
    rig.play(0.2)
    portaudio.restart()
    assert rig.card.log == ["open"]
    rig.play(1.0)
    portaudio.restart()
    assert rig.card.log[-1] == "open"
    assert "terminate" in rig.card.log


def test_a_closed_speaker_is_forgotten(rig: Rig) -> None:
    rig.speaker.open()
    rig.speaker.close()
    portaudio.restart()
    assert rig.card.log == ["open", "close", "terminate", "initialize"]
