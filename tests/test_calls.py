"""Whole calls: a recorded caller in, the real pipeline through, the log of what happened and the state it ended in out.

Nothing is scripted here: the recogniser, the speech detector and the synthesiser are the real ones, on a simulated
clock. The recordings are made by `python -m scripts.recordings`.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from pathlib import Path

import pytest

from voice_skill.audio.files import FileSource
from voice_skill.audio.speaker import VirtualSpeaker
from voice_skill.commands.parts import build_dialogs, build_ear, fresh_session, with_silence
from voice_skill.config import Config
from voice_skill.dialog.model import Level
from voice_skill.dialog.session import Session
from voice_skill.records import Record, Recorder
from voice_skill.runtime import Conversation, replay
from voice_skill.tts.pyttsx3_voice import Pyttsx3Voice
from voice_skill.tts.store import PromptStore

CALLS = Path(__file__).parent / "recordings" / "calls"
SAMPLE = 1 / 22_050


@dataclass
class Call:
    """A call that was replayed."""

    session: Session
    records: list[Record]

    def of(self, kind: str) -> list[Record]:
        return [record for record in self.records if record.kind == kind]

    def answers(self) -> dict[str, str]:
        """Question → the last answer recorded for it."""
        return {str(r.fields["question"]): str(r.fields["answer"]) for r in self.of("screen_answer")}

    def said(self) -> list[str]:
        return [str(record.fields["text"]) for record in self.of("say")]

    def at(self, text: str) -> float:
        """When Charley first said something that holds `text`."""
        return next(record.at for record in self.of("say") if text in str(record.fields["text"]))


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> PromptStore:
    return PromptStore(Pyttsx3Voice(), tmp_path_factory.mktemp("prompts"))


@cache
def call(store: PromptStore, name: str, region: str) -> Call:
    config = Config(region=region)
    dialogs = build_dialogs(config, config.model_folder)
    speaker = VirtualSpeaker(store)
    records: list[Record] = []
    conversation = Conversation(
        dialogs,
        build_ear(dialogs, config.model_folder),
        speaker,
        Recorder(records.append),
        fresh_session(config, dialogs),
    )
    replay(conversation, speaker, with_silence(FileSource(CALLS / f"{name}.flac"), conversation, 5.0))
    times = [round(record.at, 6) for record in records]
    assert times == sorted(times)
    return Call(conversation.session, records)


def test_relief_works_and_every_check_is_no(store: PromptStore) -> None:
    night = call(store, "relief_works", "GB")
    assert night.records[0].kind == "wake"
    opening = night.of("heard")[0]
    assert (opening.fields["intent"], opening.fields["text"]) == ("start_cramp", "my leg is cramping")
    assert night.said()[0].startswith("I'm here. Breathe out.")
    assert set(night.answers().values()) == {"no"}
    assert len(night.answers()) == 13
    assert any("Nothing you told me sounds like an emergency." in text for text in night.said())
    assert night.of("finished")[0].fields["level"] == "NONE"
    assert night.session.asleep


def test_a_hold_of_thirty_seconds_lasts_thirty_seconds_to_the_sample(store: PromptStore) -> None:
    night = call(store, "relief_works", "GB")
    holds = night.of("hold_ended")
    assert holds
    assert all((hold.fields["seconds"], hold.fields["reason"]) == (30.0, "done") for hold in holds)
    starts = [record.at for record in night.of("hold_cue") if record.fields["cue"] == "start"]
    ends = [record.at for record in night.of("hold_cue") if record.fields["cue"] == "end"]
    assert [end - start for start, end in zip(starts, ends, strict=False)][: len(holds)] == pytest.approx(
        [30.0] * len(holds), abs=1.5 * SAMPLE
    )
    counts = [record.at for record in night.of("hold_cue") if record.fields["cue"] in ("5", "4", "3", "2", "1", "end")]
    steps = [later - earlier for earlier, later in pairwise(counts[:6])]
    assert steps == pytest.approx([1.0] * 5, abs=1.5 * SAMPLE)


def test_pain_in_the_hold_releases_at_once(store: PromptStore) -> None:
    night = call(store, "pain_in_the_hold", "US")
    hurt = next(record for record in night.of("heard") if record.fields["intent"] == "hurts")
    released = night.of("hold_ended")[0]
    assert released.fields["reason"] == "released"
    assert released.at == hurt.at
    assert night.at("Ease off. Rest that leg.") == pytest.approx(hurt.at, abs=0.05)
    counted = [
        r for r in night.of("hold_cue") if r.at > hurt.at and r.fields["cue"] in ("half", "5", "4", "3", "2", "1")
    ]
    again = [record.at for record in night.of("hold_started")[1:]]
    assert not [cue for cue in counted if not again or cue.at < again[0]]


def test_a_swollen_leg_goes_to_advice_today_and_is_never_stretched_or_cleared(store: PromptStore) -> None:
    night = call(store, "swollen_leg", "GB")
    assert night.answers()["SWELL"] == "yes"
    assert night.session.level is Level.U
    swollen = next(r.at for r in night.of("screen_answer") if r.fields["question"] == "SWELL")
    assert any("Please ring one one one now" in text for text in night.said())
    assert any("Don't rub it." in text for text in night.said())
    assert not [record for record in night.of("hold_started") if record.at > swollen]
    assert not any("Nothing you told me" in text for text in night.said())


def test_chest_pain_in_the_middle_of_a_hold_leaves_everything(store: PromptStore) -> None:
    night = call(store, "chest_pain_in_the_hold", "GB")
    danger = next(record for record in night.of("heard") if record.fields["intent"] == "danger.chest")
    assert danger.at - float(danger.fields["began"]) < 2.5
    assert night.of("hold_ended")[0].at == danger.at
    assert night.at("Call nine nine nine now.") == pytest.approx(danger.at, abs=0.05)
    assert night.session.level is Level.E
    assert not [record for record in night.of("hold_cue") if record.at > danger.at]
    assert any("Unlock the door" in text for text in night.said())


def test_nobody_answers_and_nothing_is_taken_for_a_no(store: PromptStore) -> None:
    night = call(store, "nobody_answers", "unknown")
    assert "no" not in night.answers().values()
    assert len(night.of("hold_started")) == 1
    assert night.session.level is Level.U
    assert any("It's been ten minutes." in text for text in night.said())
    assert any("call your local emergency number" in text for text in night.said())
    assert not any("Nothing you told me" in text for text in night.said())
    assert night.session.asleep


def test_i_do_not_know_to_everything_goes_to_help(store: PromptStore) -> None:
    night = call(store, "i_dont_know_to_everything", "NZ")
    assert night.answers()["CHEST"] == "unsure"
    assert night.session.level is Level.E
    assert any("Call one one one now." in text for text in night.said())


def test_hang_on_freezes_the_hold_and_go_on_continues_to_the_second(store: PromptStore) -> None:
    night = call(store, "hang_on_in_the_hold", "IE")
    paused = next(record for record in night.of("heard") if record.fields["intent"] == "pause")
    start = next(record.at for record in night.of("hold_cue") if record.fields["cue"] == "start")
    end = next(record.at for record in night.of("hold_cue") if record.fields["cue"] == "end")
    assert end - start > 30.0
    left = next(text for text in night.said() if text.endswith("seconds left."))
    elapsed = paused.at - start
    assert left == f"{_words(30 - elapsed)} seconds left."
    resumed = next(r.at for r in night.of("said") if str(r.fields.get("text")) == left) + 1.5
    assert end - resumed == pytest.approx(30.0 - elapsed, abs=0.01)


def test_a_night_of_doubt_and_darkness_ends_asleep_but_not_cleared(store: PromptStore) -> None:
    night = call(store, "example_night", "GB")
    assert {"partial", "unsure", "mixed", "decline"} <= {str(record.fields["intent"]) for record in night.of("heard")}
    assert night.answers() | {"SKIN": "no"} == dict.fromkeys(night.answers(), "no")
    assert night.answers()["SKIN"] == "declined"
    assert len(night.answers()) == 13
    assert len(night.of("hold_started")) > 1
    assert not any("Nothing you told me" in text or "ingertips" in text for text in night.said())
    skipped, net, rest = (
        night.at(text) for text in ("We skipped some checks.", "White or blue:", "Let the leg be heavy.")
    )
    assert skipped < rest
    assert net < rest
    assert night.of("finished")[0].fields["level"] == "NONE"
    assert night.session.asleep


def test_an_emergency_is_repeated_explained_and_left_only_when_help_is_called(store: PromptStore) -> None:
    night = call(store, "example_emergency", "GB")
    heard = [(str(record.fields["intent"]), record.at) for record in night.of("heard")]
    danger = heard.index(next(one for one in heard if one[0] == "danger.chest"))
    assert [intent for intent, _ in heard[danger:]] == ["danger.chest", "repeat", "called"]
    (_, hurt), (_, asked), (_, called) = heard[danger:]
    assert night.at("Call nine nine nine now.") == pytest.approx(hurt, abs=0.05)
    assert asked < night.at("Say: leg pain, and chest pain.") < called
    assert night.at("Unlock the door") > called
    assert not [record for record in night.of("hold_cue") if record.at > hurt]
    assert night.session.level is Level.E


def _words(seconds: float) -> str:
    from math import ceil

    from voice_skill.dialog.texts import in_words

    return in_words(str(ceil(seconds))).capitalize()
