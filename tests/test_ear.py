"""The ear, scripted, second by second."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from voice_skill.asr.fake import ScriptedRecogniser, said
from voice_skill.asr.port import Transcript
from voice_skill.audio.files import silence
from voice_skill.audio.frame import FRAME_SECONDS, Frame
from voice_skill.audio.vad import ScriptedDetector
from voice_skill.ear import (
    Ear,
    EarSettings,
    Noise,
    PhraseHeard,
    Result,
    SpeechOpened,
    SpeechUnclear,
    SuspicionDismissed,
    UrgencySuspected,
    WakeHeard,
)
from voice_skill.nlu.phrases import PhraseBook

SPEECH = Path(__file__).parent / "data" / "speech"
BOOK = PhraseBook(
    {
        "danger.chest": ["chest pain", "my chest hurts"],
        "danger.numb": ["can't feel my leg"],
        "yes": ["yes", "yeah"],
        "no": ["no", "not at all"],
        "partial": ["kind of"],
        "soft_no": ["not really"],
        "unsure": ["i don't know"],
        "decline": ["stop asking"],
        "stop": ["stop"],
        "pause": ["hang on"],
        "pain": ["ow"],
        "start_cramp": ["my leg is cramping"],
    }
)
EARLY = ("danger.chest", "danger.numb", "stop", "pause", "pain")
ALL = (*EARLY, "yes", "no", "partial", "soft_no", "unsure", "decline")
QUIET = 1.2


def scripted(*heard: Transcript, spoken: list[tuple[float, float]]) -> tuple[Ear, ScriptedRecogniser]:
    """An ear that hears one of the transcripts in each span of speech. Their times count from the span's pre-roll."""
    recogniser = ScriptedRecogniser(heard)
    ear = Ear(recogniser, ScriptedDetector(spoken), BOOK)
    ear.listen(ALL, EARLY, turn=1, endpoint=QUIET)
    ear.question_began(0.0)
    return ear, recogniser


def near(seconds: float, frames: float = 2.0) -> object:
    """Equal but for the grid of frames."""
    return pytest.approx(seconds, abs=frames * FRAME_SECONDS)


def hear(ear: Ear, start: float, end: float) -> list[Result]:
    """Feed the frames that begin from `start` to `end`, on the grid of frames."""
    return [result for frame in silence(30.0, 0.0) if start <= frame.at < end for result in ear.feed(frame)]


def test_a_phrase_with_its_times_and_turn() -> None:
    ear, _ = scripted(said("yes", 0.9, start=0.5), spoken=[(2.0, 2.5)])
    opened, heard = hear(ear, 0, 10)
    assert isinstance(opened, SpeechOpened)
    assert isinstance(heard, PhraseHeard)
    assert (heard.turn, heard.text, heard.intent, heard.confidence) == (1, "yes", "yes", 0.9)
    assert opened.turn == 1
    assert opened.at == heard.began_at == near(2.0)
    assert heard.ended_at == near(2.5)
    assert heard.at == near(2.5 + QUIET)


def test_the_recogniser_is_given_the_phrases_and_what_sounds_like_no() -> None:
    ear, recogniser = scripted(said("yes"), said("stop"), spoken=[(1.0, 2.0), (6.0, 7.0)])
    hear(ear, 0, 5)
    ear.listen(EARLY, EARLY, turn=2, endpoint=QUIET)
    hear(ear, 5, 10)
    first, second = recogniser.grammars
    assert first is not None
    assert second is not None
    assert {"chest pain", "no", "i don't no", "now", "um"} <= set(first)
    assert "hey charlie" not in first
    assert {"chest pain", "um"} <= set(second)
    assert not {"no", "now"} & set(second)


class Deaf:
    """A recogniser that understands nothing and keeps what it is given; it is its own decoding."""

    def __init__(self, fed: list[bytes]) -> None:
        self._fed = fed

    def decode(self, _grammar: object) -> Deaf:
        return self

    def knows(self, _word: str) -> bool:
        return True

    def feed(self, pcm: bytes) -> None:
        self._fed.append(pcm)

    def partial(self) -> str:
        return ""

    def finish(self) -> Transcript:
        return Transcript()


def test_the_sound_before_speech_was_noticed_is_heard_too() -> None:
    fed: list[bytes] = []
    ear = Ear(Deaf(fed), ScriptedDetector([(2.0, 2.5)]), BOOK, EarSettings(pre_roll=0.5))
    ear.listen(ALL, ALL, turn=1, endpoint=QUIET)
    hear(ear, 0, 10)
    # half a second of pre-roll, of which a tenth is speech already, and all up to the end of the silence
    assert len(b"".join(fed)) / 32_000 == pytest.approx(0.4 + 0.5 + QUIET, abs=0.07)


def test_where_nobody_speaks_the_echo_is_muted_and_beside_a_voice_only_subtracted() -> None:
    fed: list[bytes] = []
    noticed: list[bytes] = []

    class Detector(ScriptedDetector):
        def probability(self, frame: Frame) -> float:
            noticed.append(frame.pcm)
            return super().probability(frame)

    settings = EarSettings(pre_roll=0.5, beside=0.2)
    ear = Ear(Deaf(fed), Detector([(2.0, 2.5)]), BOOK, settings, clean=lambda frame: Frame(frame.at, b"less", b"none"))
    ear.listen(ALL, ALL, turn=1, endpoint=QUIET)
    assert hear(ear, 0, 10)
    assert set(noticed) == {b"none"}
    assert set(fed) == {b"less", b"none"}
    begun, ended = fed.index(b"less"), len(fed) - fed[::-1].index(b"less")
    assert begun * FRAME_SECONDS == near(0.4 - 0.2, frames=2)
    assert (ended - begun) * FRAME_SECONDS == near(0.2 + 0.5 + 0.2, frames=2)
    assert b"none" not in fed[begun:ended]


@pytest.mark.parametrize(("began", "understood"), [(1.0, False), (3.0, True)])
def test_an_answer_counts_from_when_the_question_was_put(began: float, understood: bool) -> None:
    ear, recogniser = scripted(said("yes"), spoken=[(began, began + 0.5)])
    ear.listen(ALL, EARLY, turn=1, endpoint=QUIET)
    results = hear(ear, 0, 2)
    ear.question_began(2.0)
    results += hear(ear, 2, 10)
    assert isinstance(results[-1], PhraseHeard if understood else Noise)
    assert recogniser.grammars[0] is not None
    assert ("yes" in recogniser.grammars[0]) is understood


@pytest.mark.parametrize(("text", "turn"), [("yes", 1), ("no", 1), ("stop", 2), ("ow", 2), ("chest pain", 2)])
def test_speech_belongs_to_the_turn_in_which_it_began_but_urgent_words_to_the_one_that_is_open(
    text: str, turn: int
) -> None:
    ear, _ = scripted(said(text, start=0.5), spoken=[(1.0, 1.6)])
    results = hear(ear, 0, 1.2)
    ear.listen(("louder",), (), turn=2, endpoint=QUIET)
    results += hear(ear, 1.2, 10)
    assert [result.turn for result in results if isinstance(result, PhraseHeard)] == [turn]


def test_danger_acts_before_the_utterance_ends_and_once() -> None:
    ear, _ = scripted(said("my chest hurts no no no", start=0.4), spoken=[(1.0, 5.0)])
    results = hear(ear, 0, 10)
    _, heard = results
    assert isinstance(heard, PhraseHeard)
    assert heard.intent == "danger.chest"
    # its last word ends 0.3 s after the pre-roll's 1.0 s; three looks in a row take 0.3 s
    assert heard.at == pytest.approx(1.0 - 0.4 + 1.3 + 0.3, abs=0.15)


def test_danger_that_a_closer_look_does_not_confirm_is_dropped_and_the_utterance_goes_on() -> None:
    doubtful, final = said("chest pain", 0.2, start=0.4), said("not really", start=0.4)
    ear, recogniser = scripted(doubtful, final, spoken=[(1.0, 3.0)])
    _, heard = hear(ear, 0, 10)
    assert isinstance(heard, PhraseHeard)
    assert heard.intent == "soft_no"
    assert heard.at == near(3.0 + QUIET)
    assert len(recogniser.grammars) == 2


@pytest.mark.parametrize(("text", "intent"), [("stop", "stop"), ("ow", "pain"), ("no hang on", "pause")])
def test_urgent_words_do_not_wait_for_the_long_silence(text: str, intent: str) -> None:
    ear, _ = scripted(
        said(text, start=0.5, seconds_per_word=0.2), said("my chest hurts", start=0.5), spoken=[(1.0, 1.4), (1.9, 3.0)]
    )
    first, stop, second, danger = hear(ear, 0, 10)
    assert isinstance(first, SpeechOpened)
    assert isinstance(second, SpeechOpened)
    assert isinstance(stop, PhraseHeard)
    assert isinstance(danger, PhraseHeard)
    assert (stop.intent, danger.intent) == (intent, "danger.chest")
    assert stop.at == pytest.approx(1.4 + 0.3, abs=0.15)


def test_what_is_said_over_charley_is_suspected_at_the_first_gap_and_heard_soon_after() -> None:
    ear, _ = scripted(said("stop", start=0.5), said("stop", start=0.5), spoken=[(2.0, 2.4)])
    ear.talked_over = True
    opened, suspected, heard = hear(ear, 0, 10)
    assert isinstance(opened, SpeechOpened)
    assert isinstance(suspected, UrgencySuspected)
    assert (suspected.intent, suspected.text, suspected.at) == ("stop", "stop", near(2.4 + 0.12))
    assert isinstance(heard, PhraseHeard)
    assert (heard.intent, heard.at) == ("stop", near(2.4 + 0.3))


def test_charley_hushes_before_anything_is_decoded_anew_and_nothing_is_if_no_more_follows() -> None:
    words = said("stop", start=0.5)
    ear, recogniser = scripted(words, words, spoken=[(2.0, 2.4)])
    ear.talked_over = True
    assert isinstance(hear(ear, 0, 10)[-1], PhraseHeard)
    assert len(recogniser.grammars) == 1


def test_a_suspicion_is_dismissed_when_more_follows() -> None:
    talk = said("stop asking", start=0.5, seconds_per_word=0.6)
    ear, _ = scripted(talk, talk, talk, spoken=[(2.0, 2.5), (2.7, 3.3)])
    ear.talked_over = True
    kinds = [type(result) for result in hear(ear, 0, 10)]
    assert kinds == [SpeechOpened, UrgencySuspected, SuspicionDismissed, PhraseHeard]


def test_nobody_looks_closely_while_charley_is_silent_or_at_what_is_not_urgent() -> None:
    ear, recogniser = scripted(said("stop", start=0.5), said("stop", start=0.5), spoken=[(2.0, 2.4)])
    assert not any(isinstance(result, UrgencySuspected) for result in hear(ear, 0, 10))
    ear, recogniser = scripted(said("yes", start=0.5), said("yes", start=0.5), spoken=[(2.0, 2.4)])
    ear.talked_over = True
    assert [type(result) for result in hear(ear, 0, 10)] == [SpeechOpened, PhraseHeard]
    assert len(recogniser.grammars) == 2


def test_sound_before_a_time_can_be_forgotten_without_losing_what_follows() -> None:
    ear, _ = scripted(said("yes yes yes", start=0.5), said("no", start=0.3), spoken=[(2.0, 3.4)])
    assert [type(result) for result in hear(ear, 0, 3.1)] == [SpeechOpened]
    ear.forget_before(3.0)
    opened, heard = hear(ear, 3.1, 10)
    assert isinstance(opened, SpeechOpened)
    assert isinstance(heard, PhraseHeard)
    assert (heard.intent, heard.began_at) == ("no", near(3.1))


def test_a_short_danger_word_waits_for_a_short_silence_as_talk_may_go_on() -> None:
    book = PhraseBook({"danger.confused": ["seizure"]})
    for text, spoken, expected in [
        ("seizure", (1.0, 1.4), [(SpeechOpened, 1.0), (PhraseHeard, 1.4 + 0.3)]),
        ("seizure [unk] [unk] [unk]", (1.0, 3.0), [(SpeechOpened, 1.0), (SpeechUnclear, 3.0 + QUIET)]),
    ]:
        ear = Ear(ScriptedRecogniser([said(text, start=0.4)]), ScriptedDetector([spoken]), book)
        ear.listen(("danger.confused",), (), turn=1, endpoint=QUIET)
        ear.question_began(0.0)
        assert [(type(result), result.at) for result in hear(ear, 0, 10)] == [
            (kind, near(at, frames=5)) for kind, at in expected
        ]


def test_a_doubted_danger_is_looked_at_once_in_an_utterance() -> None:
    # each look decodes all of it anew
    talk = said("[unk] chest pain " + "[unk] " * 20, 0.2, start=0.4)
    ear, recogniser = scripted(talk, talk, spoken=[(1.0, 8.0)])
    assert [type(result) for result in hear(ear, 0, 10)] == [SpeechOpened, SpeechUnclear]
    assert len(recogniser.grammars) == 2


def test_stop_asking_is_not_stop() -> None:
    ear, _ = scripted(said("stop asking", start=0.4), spoken=[(1.0, 1.7)])
    _, heard = hear(ear, 0, 10)
    assert isinstance(heard, PhraseHeard)
    assert heard.intent == "decline"


@pytest.mark.parametrize(
    ("text", "spoken", "kind"),
    [("[unk]", 1.0, SpeechUnclear), ("[unk]", 0.15, Noise), ("", 1.0, Noise), ("yes [unk]", 0.5, SpeechUnclear)],
)
def test_speech_that_means_nothing_and_sounds_that_are_no_speech(text: str, spoken: float, kind: type) -> None:
    ear, _ = scripted(said(text), spoken=[(1.0, 1.0 + spoken)])
    opened, result = hear(ear, 0, 10)
    assert isinstance(opened, SpeechOpened)
    assert type(result) is kind


def test_talk_without_an_end_is_cut() -> None:
    ear, recogniser = scripted(said("[unk]"), said("[unk]"), spoken=[(1.0, 20.0)])
    results = hear(ear, 0, 30)
    assert [type(result) for result in results] == [SpeechOpened, SpeechUnclear] * 2
    assert results[1].at == near(1.0 + 15.0)
    assert len(recogniser.grammars) == 2


def test_it_is_deaf_until_told_what_to_listen_for() -> None:
    recogniser = ScriptedRecogniser([said("stop")])
    ear = Ear(recogniser, ScriptedDetector([(1.0, 2.0)]), BOOK)
    assert hear(ear, 0, 10) == []
    assert recogniser.grammars == []


def asleep(*heard: Transcript, spoken: list[tuple[float, float]]) -> tuple[Ear, ScriptedRecogniser]:
    ear, recogniser = scripted(*heard, spoken=spoken)
    ear.sleep("hey charley", ("danger.chest", "start_cramp"), distress=("help me",), turn=7)
    return ear, recogniser


def test_wakes_at_the_start_of_the_phrase() -> None:
    ear, recogniser = asleep(said("[unk] hey charlie", 0.9, start=0.2), spoken=[(2.0, 3.0)])
    (wake,) = hear(ear, 0, 10)
    # the transcript's zero is 0.4 s before speech was noticed to begin
    assert isinstance(wake, WakeHeard)
    assert (wake.confidence, wake.text) == (0.9, "[unk] hey charlie")
    assert wake.at == near(3.0 + 0.8)
    assert wake.began_at == near(2.0 - 0.4 + 0.2 + 0.3)
    grammar, again = recogniser.grammars
    assert grammar is not None
    assert again is not None
    assert grammar.count("hey charlie") > again.count("hey charlie") == 1
    assert "no" not in grammar


@pytest.mark.parametrize(
    ("after", "intent"), [("my leg is cramping", "start_cramp"), ("chest pain", "danger.chest"), ("[unk]", None)]
)
def test_what_was_said_in_the_same_breath_follows(after: str, intent: str | None) -> None:
    ear, _ = asleep(said(f"hey charlie {after}"), spoken=[(2.0, 4.0)])
    wake, *rest = hear(ear, 0, 10)
    assert isinstance(wake, WakeHeard)
    assert [(result.intent, result.turn) for result in rest if isinstance(result, PhraseHeard)] == (
        [(intent, 7)] if intent else []
    )
    assert len(rest) == bool(intent)


def test_other_talk_does_not_wake() -> None:
    ear, _ = asleep(
        said("my leg is cramping"), said("[unk]"), said("hey charlie", 0.3), spoken=[(1, 2), (4, 5), (8, 9)]
    )
    assert hear(ear, 0, 15) == []


def test_wakes_although_a_television_talks_on() -> None:
    ear, _ = asleep(said("[unk] hey charlie [unk] [unk] [unk] [unk] [unk] [unk]", start=0.5), spoken=[(1.0, 14.0)])
    (wake,) = hear(ear, 0, 13)
    assert isinstance(wake, WakeHeard)
    assert wake.at == pytest.approx(1.0 - 0.4 + 1.4 + 2.0, abs=0.2)


def test_a_wake_phrase_across_a_cut_is_heard() -> None:
    ear, _ = asleep(Transcript(), said("hey charlie", start=1.0), spoken=[(1.0, 17.0)])
    (wake,) = hear(ear, 0, 25)
    assert isinstance(wake, WakeHeard)
    assert wake.began_at == near(16.0 - 1.5 + 1.0)


@pytest.mark.parametrize(("again", "wakes"), [("hey charlie", True), ("[unk]", False)])
def test_a_wake_phrase_must_be_heard_again_by_itself(again: str, wakes: bool) -> None:
    def heard(grammar: Sequence[str] | None) -> Transcript:
        first = grammar is not None and grammar.count("hey charlie") > 1
        return said("hey charlie my say" if first else again, start=0.4)

    book = PhraseBook({"ask.number": [f"the number {number}" for number in range(200)]})
    ear = Ear(ScriptedRecogniser([heard]), ScriptedDetector([(2.0, 4.0)]), book)
    ear.sleep("hey charley", ["ask.number"])
    assert [type(result) for result in hear(ear, 0, 10)] == ([WakeHeard] if wakes else [])


def test_a_call_that_is_repeated_at_once_wakes_once() -> None:
    ear, _ = asleep(*[said("hey charlie", start=0.4)] * 3, spoken=[(2.0, 2.2), (3.2, 3.4), (6.0, 6.5)])
    assert [round(wake.began_at) for wake in hear(ear, 0, 12) if isinstance(wake, WakeHeard)] == [2, 6]


def test_after_a_reset_the_same_moment_may_wake_again() -> None:
    ear, _ = asleep(*[said("hey charlie", start=0.4)] * 2, spoken=[(2.0, 2.5)])
    woken = hear(ear, 0, 5)
    ear.reset()
    assert len([*woken, *hear(ear, 0, 5)]) == 2


def test_reset_forgets_an_utterance_under_way() -> None:
    ear, recogniser = scripted(said("yes"), said("no"), spoken=[(1.0, 2.0), (4.0, 4.5)])
    hear(ear, 0, 1.5)
    ear.reset()
    results = hear(ear, 2.0, 10)
    assert [result.intent for result in results if isinstance(result, PhraseHeard)] == ["no"]
    assert len(recogniser.grammars) == 2
