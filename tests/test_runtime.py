"""The loop: nights in which mouth, recogniser and voice follow a script, and the shipped dialogs do the talking."""

from __future__ import annotations

import contextlib
import math
import resource
from collections.abc import Iterator
from datetime import datetime
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from tests.scripted_night import PRE_ROLL, SAMPLE, WAKE, WORD, Night, shipped
from voice_skill.asr.fake import said
from voice_skill.audio.frame import FRAME_SECONDS
from voice_skill.audio.playlist import CueSkipped
from voice_skill.dialog.events import TimePassed, Woken
from voice_skill.dialog.model import Answer
from voice_skill.dialog.session import Session
from voice_skill.echo import EchoGate, Passes
from voice_skill.errors import StorageError
from voice_skill.journal.history import Facts, MemoryHistory, SqliteHistory
from voice_skill.journal.sessions import SessionJournal, verify
from voice_skill.records import Record
from voice_skill.runtime import NOT_FORGOTTEN, NOT_KEPT


def test_asleep_it_hears_its_name_and_what_follows_in_the_same_breath() -> None:
    night = Night()
    night.say("my leg is cramping")
    night.live(3)
    assert night.records == []
    night.say(f"{WAKE} my leg is cramping")
    spoken = night.until("say")
    woken, heard = night.kinds("wake", "heard")
    assert woken.fields["text"] == f"{WAKE} my leg is cramping"
    assert (heard.fields["text"], heard.fields["intent"]) == ("my leg is cramping", "start_cramp")
    assert night.kinds("state")[0].fields == {"state": "acute_relief.greet"}
    assert spoken.at - float(heard.fields["ended"]) < 1.0
    assert str(spoken.fields["text"]).startswith("I'm here.")


def test_its_name_alone_gets_a_question() -> None:
    night = Night()
    night.say(WAKE)
    night.until("say")
    assert not night.kinds("heard")
    assert night.kinds("state")[0].fields == {"state": "acute_relief.wake"}


def test_an_answer_counts_for_the_question_that_was_put() -> None:
    night = Night()
    night.say(f"{WAKE} my leg is cramping")
    first = night.until("say")
    night.answer("no", first)
    settled = night.until("screen_answer")
    assert settled.fields == {"question": "CHEST", "answer": "no"}
    assert night.kinds("heard")[-1].fields["turn"] == first.fields["turn"]


def test_an_answer_before_the_question_is_none() -> None:
    night = Night()
    night.say(f"{WAKE} my leg is cramping")
    night.until("say")
    night.say("no", after=0.1)  # while Charley still says that it is here
    night.until("said")
    assert not night.kinds("screen_answer")
    assert [record.fields["intent"] for record in night.kinds("heard")] == ["start_cramp"]


def sounding(night: Night, start: float, end: float) -> bool:
    """Whether the speaker sounded anywhere between two times."""
    return any(
        bool(np.frombuffer(pcm, "<i2")[max(0, round((start - at) * rate)) : max(0, round((end - at) * rate))].any())
        for at, pcm, rate in night.speaker.played
    )


def test_pain_cuts_speech_short() -> None:
    night = Night()
    night.say(f"{WAKE} my leg is cramping")
    prompt = night.until("say")
    night.say("that hurts", after=1.0)
    cut = night.until("said")
    assert cut.fields == {"turn": prompt.fields["turn"], "cut": True}
    heard = night.kinds("heard")[-1]
    assert heard.at - float(heard.fields["ended"]) < 0.5
    assert cut.at == heard.at
    reply = night.until("say")
    assert sounding(night, float(heard.fields["ended"]) - 0.1, float(heard.fields["ended"]))
    assert not sounding(night, cut.at + 0.011, reply.at)  # 10 ms of fade
    assert not [told for told in night.kinds("said") if told.fields.get("text") == prompt.fields["text"]]


def test_records_come_in_order_of_time_although_cues_are_known_beforehand() -> None:
    night = Night()
    night.to_the_hold()
    night.until("hold_ended")
    assert all(one.at <= other.at for one, other in pairwise(night.records))
    assert night.kinds("hold_started")[0].at < night.kinds("hold_cue")[0].at + SAMPLE


def test_every_cue_of_a_hold_sounds_on_its_second_to_the_sample() -> None:
    night = Night()
    zero = night.to_the_hold().at
    night.until("hold_ended")
    night.live(0.5)
    hold = shipped().state("acute_relief.hold").hold
    assert hold is not None
    told = {(str(cue.fields["cue"]), round(cue.at - zero)): cue.at - zero for cue in night.kinds("hold_cue")}
    due = {(cue.name, round(cue.at)): cue.at for cue in hold.cues}
    assert told == pytest.approx(due, abs=SAMPLE)
    for at in due.values():
        onset = zero + at
        assert not sounding(night, onset - 0.05, onset - 2 * SAMPLE)
        assert sounding(night, onset, onset + 0.01)


def test_pain_in_a_hold_calls_its_other_cues_off() -> None:
    night = Night()
    zero = night.to_the_hold().at
    night.until("hold_cue", cue="in")
    night.say("that hurts", after=1.0)
    ended = night.until("hold_ended")
    assert (ended.fields["reason"], ended.fields["complete"]) == ("released", "no")
    assert ended.fields["seconds"] == pytest.approx(ended.at - zero, abs=0.01)
    night.live(2)
    assert [cue.fields["cue"] for cue in night.kinds("hold_cue")] == ["start", "in"]


def test_pain_just_before_the_hold_begins_unsays_its_beginning() -> None:
    """The cue is handed over 0.1 s ahead, and its beginning noted for its own time."""
    night = Night()
    night.say(f"{WAKE} my leg is cramping")
    night.answer("no", night.until("say"))
    night.answer("in bed", night.until("say"))
    night.until("state", state="acute_relief.hold")
    zero = night.until("said").at + 2.5
    night.say("that hurts", after=zero - night.now - 0.98)
    cut = night.until("heard")
    assert zero - 0.1 < cut.at < zero
    night.live(1)
    assert not night.kinds("hold_started", "hold_cue")


def test_a_deadline_comes_at_its_own_time_and_before_the_frames_after_it() -> None:
    night = Night()
    night.say(WAKE)
    asked = night.until("said")
    night.until("no_input")
    state = shipped().state("acute_relief.wake")
    assert state.noinput is not None
    assert night.records[-1].at == pytest.approx(asked.at + state.noinput.waits[0], abs=SAMPLE)
    assert [at for at, _ in night.steps] == sorted(at for at, _ in night.steps)


def test_a_cue_that_was_left_out_is_told() -> None:
    night = Night()
    night.conversation.played(CueSkipped(3, "half"), 1.0)
    assert night.records == [Record(1.0, "hold_cue", {"cue": "half", "skipped": True})]


def test_what_is_told_does_not_wait_for_a_microphone_that_has_gone() -> None:
    night = Night()
    night.say(WAKE)
    asked = night.until("said")
    before = len(night.records)
    deadline = night.conversation.deadline
    assert deadline is not None
    night.conversation.tick(deadline)
    assert [record.kind for record in night.records[before:]][:1] == ["no_input"]
    assert night.records[before].at == deadline > asked.at


def asleep_again() -> Night:
    night = Night()
    night.say(WAKE)
    night.answer("stop", night.until("say"))
    night.until("finished")
    assert night.conversation.session.asleep
    return night


def test_after_goodnight_danger_is_heard_without_the_wake_phrase() -> None:
    night = asleep_again()
    night.say("my leg is cramping")
    night.live(3)
    assert night.conversation.session.asleep
    night.say("chest pain")
    night.until("level")
    assert night.kinds("heard")[-1].fields["intent"] == "danger.chest"
    assert night.kinds("level")[-1].fields == {"level": "E"}


def test_and_no_longer_when_the_watch_is_over() -> None:
    night = asleep_again()
    until = night.conversation.deadline
    assert until is not None
    assert until == pytest.approx(night.kinds("finished")[0].at + 600, abs=0.1)
    night.conversation.tick(until)
    assert night.conversation.deadline is None
    night.say("chest pain")
    night.live(3)
    assert night.conversation.session.asleep
    night.say(WAKE)
    night.until("wake")


def test_the_journal_of_a_night_comes_out_the_same(tmp_path: Path) -> None:
    path = tmp_path / "night.jsonl"
    with SessionJournal.maybe(path, shipped(), Session.fresh(shipped(), "GB")) as journal:
        night = Night(journal=journal)
        night.to_the_hold()
        night.say("that hurts", after=3.0)
        night.until("hold_ended")
    assert verify(path, shipped()) == len(night.steps) > 10
    assert any(isinstance(event, TimePassed) for _, event in night.steps)


def test_what_charley_says_itself_is_no_answer_but_after_it_the_same_words_are() -> None:
    night = Night(gate=EchoGate(Passes.URGENT))
    night.say(f"{WAKE} my leg is cramping")
    prompt = night.until("say")
    assert "chest pain" in str(prompt.fields["text"])
    night.say("chest pain", after=5.1)  # the echo
    done = night.until("said")
    night.live(1.0)
    assert "cut" not in done.fields
    assert not night.kinds("level", "not_understood")
    night.say("chest pain")
    assert night.until("level").fields == {"level": "E"}


def test_an_answer_is_not_glued_to_the_echo_of_its_question() -> None:
    night = Night(gate=EchoGate(Passes.URGENT))
    night.say(f"{WAKE} my leg is cramping")
    prompt = night.until("say")
    night.say("[unk] [unk]", after=6.6)  # the echo lasts a little longer than the prompt
    night.answer("no", prompt)
    assert night.until("screen_answer").fields["answer"] == "no"


def test_sound_after_a_gap_is_another_utterance() -> None:
    night = Night()
    night.say(WAKE)
    night.answer("is it", night.until("say"))
    night.live(0.9)
    night._frames += math.ceil(3 / FRAME_SECONDS)  # the microphone was away
    night.live(1.5)
    assert not night.kinds("not_understood")


def test_what_only_began_like_stop_hushes_charley_and_the_sentence_is_said_again() -> None:
    night = Night()
    night.say(f"{WAKE} my leg is cramping")
    prompt = night.until("say")
    night.live(1.0)
    night._speech += [(night.now + 0.5, night.now + 0.8), (night.now + 1.0, night.now + 2.0)]
    more = said("stop [unk] [unk] [unk]", start=PRE_ROLL)
    night._words += [said("stop", start=PRE_ROLL), more, more]
    night.live(1.4)
    assert night.speaker.next_event_at() is None  # hushed, and nothing follows by itself
    night.until("said", turn=prompt.fields["turn"])
    assert not [record for record in night.kinds("said") if "cut" in record.fields]


def test_stop_said_over_a_prompt_hushes_at_once_and_stops_soon_after() -> None:
    night = Night()
    night.say(f"{WAKE} my leg is cramping")
    night.until("say")
    night.live(1.0)
    night._words.append(said("stop", start=PRE_ROLL))
    night.say("stop", after=0.5)
    ended = night.now + 0.5 + WORD
    cut = night.until("said", cut=True)
    assert cut.at - ended < 0.4
    sounded = [at for at, _, _ in night.speaker.played if at < cut.at]
    assert max(sounded) - ended < 0.25


def facts_of(night: Night) -> tuple[tuple[str, str], ...]:
    return next(event.facts for _, event in night.steps if isinstance(event, Woken))


def test_what_the_history_knows_comes_with_the_waking_and_what_is_to_be_kept_goes_there() -> None:
    history = MemoryHistory(
        lambda: datetime(2026, 3, 14, 3), [datetime(2026, 3, day, 3) for day in (11, 12, 13)], "yes"
    )
    night = Night(history=history)
    night.say(f"{WAKE} my leg is cramping")
    prompt = night.until("say")
    assert {("consent", "yes"), ("often", "yes"), ("week", "3")} <= set(facts_of(night))
    night.answer("goodnight", prompt)
    night.live(200)  # the wind-down
    assert night.kinds("finished")
    assert len(history.cramps) == 4
    assert dict(history.cramps[datetime(2026, 3, 14, 3)])["ease"] == "none"
    night = Night()
    night.say(WAKE)
    night.until("say")
    assert ("consent", "off") in facts_of(night)  # where nothing can be kept nobody is asked


THREE_O_CLOCK = datetime(2026, 3, 14, 3)


@contextlib.contextmanager
def full_disk() -> Iterator[None]:
    """Meanwhile no file of this process can grow: to SQLite, a disk that is full."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def tonight(history: SqliteHistory) -> str:
    return dict(history.woken())["tonight"]


def test_what_could_not_be_forgotten_is_not_said_to_be_gone(tmp_path: Path) -> None:
    history = SqliteHistory(tmp_path / "history.sqlite", lambda: THREE_O_CLOCK)
    history.woken()
    history.remember((("ease", "none"),))
    for full in (True, False):
        night = Night(history=history)
        night.say(f"{WAKE} my leg is cramping")
        prompt = night.until("say")
        with full_disk() if full else contextlib.nullcontext():
            night.answer("forget tonight", prompt)
            answer = night.until("say")
        assert (answer.fields["text"] == " ".join(NOT_FORGOTTEN)) is full
        assert ("Tonight is forgotten." in str(answer.fields["text"])) is not full
        assert [str(record.fields["text"])[:11] for record in night.kinds("trouble")] == ["the history"] * full
        night.until("said", turn=answer.fields["turn"])  # and the conversation goes on
        assert tonight(history) == ("1" if full else "0")


class Failing:
    """A history on a disk that has failed."""

    def __init__(self, consent: str) -> None:
        self._consent = consent

    def woken(self) -> Facts:
        if not self._consent:
            raise StorageError("the disk failed", "replace it")
        return (("consent", self._consent), ("often", "no"), ("week", "1"))

    def remember(self, fields: Facts) -> None:  # noqa: ARG002
        raise StorageError("the disk failed", "replace it")

    def forget(self, what: str) -> None:  # noqa: ARG002
        raise StorageError("the disk failed", "replace it")


def test_what_cannot_be_noted_is_said() -> None:
    night = Night(history=Failing("unasked"))
    night.say(f"{WAKE} my leg is cramping")
    prompt = night.until("say")
    session = night.conversation.session
    night.conversation.session = session._replace(screen=tuple((id, Answer.NO) for id, _ in session.screen))
    night.answer("remember it", prompt)
    night.answer("yes", night.until("say"))
    answer = night.until("say")
    assert str(answer.fields["text"]).endswith(NOT_KEPT[0])
    assert night.kinds("trouble")


def test_what_cannot_be_read_is_as_if_nothing_were_kept() -> None:
    night = Night(history=Failing(""))
    night.say(WAKE)
    night.until("say")
    assert ("consent", "off") in facts_of(night)
    assert [record.fields["text"] for record in night.kinds("trouble")] == ["the disk failed (replace it)"]
