from __future__ import annotations

import struct
from collections.abc import Sequence

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from voice_skill.audio.playlist import CueSkipped, PlaybackEvent, Playlist, Sentence, SentenceStarted, Utterance
from voice_skill.dialog.events import SpeechFinished, SpeechStarted

RATE = 1_000
"""One sample is a millisecond, so a fade takes 10 samples, and an edge 2."""
FADE = 10


def sound(samples: int, level: int = 1_000) -> bytes:
    return struct.pack("<h", level) * samples


def words(turn: int, *texts: str, each: int = 100, pause: float = 0.05, cue: str = "", level: int = 1_000) -> Utterance:
    return Utterance.build(turn, [Sentence(text, sound(each, level), pause) for text in texts], cue=cue, rate=RATE)


def pulled(playlist: Playlist, *counts: int) -> NDArray[np.int16]:
    return np.frombuffer(b"".join(playlist.pull(count) for count in counts), "<i2")


def test_sentences_are_played_one_after_another_with_their_pauses() -> None:
    playlist = Playlist(RATE)
    playlist.add(words(7, "Breathe out.", "Slowly."))
    samples = pulled(playlist, 300)
    assert playlist.events() == [
        (0, SpeechStarted(7)),
        (0, SentenceStarted(7, "", 0, False, "Breathe out.")),
        (150, SentenceStarted(7, "", 1, True, "Slowly.")),
        (250, SpeechFinished(7)),
    ]
    assert np.flatnonzero(samples).tolist() == [*range(1, 99), *range(151, 249)]
    assert set(samples[2:98]) == {1_000}
    assert playlist.events() == []


def test_what_is_said_meanwhile_waits_its_turn() -> None:
    playlist = Playlist(RATE)
    playlist.add(words(1, "One."))
    pulled(playlist, 30)
    playlist.add(words(2, "Two."))
    pulled(playlist, 300)
    starts = [(sample, event.turn) for sample, event in playlist.events() if isinstance(event, SpeechStarted)]
    assert starts == [(0, 1), (100, 2)]


def test_a_cue_begins_on_its_sample_and_what_sounds_then_is_faded_out() -> None:
    playlist = Playlist(RATE)
    playlist.add(words(1, "A long remark.", each=500))
    playlist.add(words(2, "Five.", cue="5", level=3_000), start=200)
    samples = pulled(playlist, 400)
    assert [entry for entry in playlist.events() if entry[0] == 200] == [
        (200, SpeechFinished(1)),
        (200, SpeechStarted(2)),
        (200, SentenceStarted(2, "5", 0, True, "Five.")),
    ]
    assert set(samples[2:200]) == {1_000}
    assert samples[203] > 3_000  # the remark still fades under the cue
    assert set(samples[200 + FADE : 298]) == {3_000}
    assert not samples[300:].any()


def test_cues_play_in_the_order_of_their_times_and_around_other_speech() -> None:
    playlist = Playlist(RATE)
    playlist.add(words(2, "Four.", cue="4"), start=400)
    playlist.add(words(2, "Five.", cue="5"), start=200)
    playlist.add(words(1, "Knee straight."))
    pulled(playlist, 600)
    texts = [(sample, event.text) for sample, event in playlist.events() if isinstance(event, SentenceStarted)]
    assert texts == [(0, "Knee straight."), (200, "Five."), (400, "Four.")]


def test_a_late_cue_is_left_out_and_the_end_is_not() -> None:
    playlist = Playlist(RATE)
    pulled(playlist, 10_000)
    playlist.add(words(1, "Halfway.", cue="half"), start=9_499, skippable=True)
    playlist.add(words(1, "Let go.", cue="end"), start=5_000)
    playlist.add(words(1, "Five.", cue="5"), start=9_500, skippable=True)
    pulled(playlist, 200)
    events = playlist.events()
    assert (10_000, CueSkipped(1, "half")) in events
    started = [event.text for _, event in events if isinstance(event, SentenceStarted)]
    assert started == ["Let go.", "Five."]


def test_the_schedule_can_be_moved() -> None:
    playlist = Playlist(RATE)
    playlist.add(words(1, "Five.", cue="5"), start=200)
    playlist.shift(-50)
    pulled(playlist, 400)
    assert playlist.events()[0] == (150, SpeechStarted(1))


def test_now_playing_is_the_sentence_that_sounds() -> None:
    playlist = Playlist(RATE)
    playlist.add(words(4, "Breathe in.", "And out."))
    assert playlist.now_playing is None
    pulled(playlist, 10)
    assert playlist.now_playing == (4, "Breathe in.")
    pulled(playlist, 150)
    assert playlist.now_playing == (4, "And out.")
    pulled(playlist, 100)
    assert playlist.now_playing is None


def test_a_hush_and_going_on_says_the_sentence_again() -> None:
    playlist = Playlist(RATE)
    playlist.add(words(1, "One.", "Two."))
    playlist.add(words(2, "Three."))
    pulled(playlist, 200)  # into the second sentence
    playlist.events()
    playlist.hush()
    assert not pulled(playlist, 500)[FADE:].any()
    assert (playlist.events(), playlist.next_event()) == ([], None)
    playlist.go_on()
    samples = pulled(playlist, 300)
    assert playlist.events() == [
        (700, SentenceStarted(1, "", 1, True, "Two.")),
        (800, SpeechFinished(1)),
        (800, SpeechStarted(2)),
        (800, SentenceStarted(2, "", 0, True, "Three.")),
        (900, SpeechFinished(2)),
    ]
    assert samples[50] == samples[150] == 1_000


def test_a_cue_does_not_wait_for_the_end_of_a_pause() -> None:
    playlist = Playlist(RATE)
    playlist.add(words(1, "A long remark.", each=500))
    pulled(playlist, 100)
    playlist.hush()
    playlist.add(words(2, "Five.", cue="5"), start=200)
    playlist.events()
    pulled(playlist, 400)
    assert playlist.events()[:2] == [(200, SpeechFinished(1)), (200, SpeechStarted(2))]
    playlist.go_on()
    assert playlist.next_event() is None


def test_a_stop_ends_a_pause_too() -> None:
    playlist = Playlist(RATE)
    playlist.add(words(1, "One."))
    pulled(playlist, 50)
    playlist.hush()
    playlist.stop()
    playlist.go_on()
    assert playlist.next_event() is None


def test_an_utterance_without_sentences_begins_and_ends_at_once() -> None:
    playlist = Playlist(RATE)
    playlist.add(words(3))
    pulled(playlist, 0)
    assert playlist.events() == [(0, SpeechStarted(3)), (0, SpeechFinished(3))]


def test_gain_is_applied_and_never_overloads() -> None:
    loud = Utterance.build(1, [Sentence("a", sound(100, -20_000), gain_db=6.0)], rate=RATE).samples
    soft = Utterance.build(1, [Sentence("a", sound(100, 20_000), gain_db=-6.0206)], rate=RATE).samples
    assert loud.min() == -32_767
    assert soft.max() == 10_000


def test_the_edges_of_a_sentence_are_soft() -> None:
    samples = Utterance.build(1, [Sentence("a", sound(22_050, 20_000))], rate=22_050).samples.astype(int)
    assert np.abs(np.diff(samples, prepend=0, append=0)).max() < 20_000 / 40


def test_a_stop_fades_and_does_not_click() -> None:
    playlist = Playlist(RATE)
    playlist.add(words(1, "Breathe in."))
    pulled(playlist, 50)
    playlist.stop()
    steps = np.diff(pulled(playlist, 20).astype(int), prepend=1_000)
    assert steps.min() >= -120
    assert steps.sum() == -1_000


# -- whatever is said and stopped, and however many samples are pulled at a time

STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("pull"), st.integers(0, 400)),
        st.tuples(st.just("say"), st.integers(0, 3)),
        st.tuples(st.just("cue"), st.integers(-800, 800)),
        st.tuples(st.just("stop"), st.just(0)),
    ),
    max_size=30,
)


def play(steps: Sequence[tuple[str, int]]) -> tuple[NDArray[np.int16], list[tuple[int, PlaybackEvent]], Playlist]:
    """Carry out the steps, then pull until all is over. Turns are numbered as they are said."""
    playlist = Playlist(RATE)
    blocks = []
    for turn, (step, number) in enumerate(steps):
        if step == "pull":
            blocks.append(pulled(playlist, number))
            assert len(blocks[-1]) == number
        elif step == "say":
            playlist.add(words(turn, *"abc"[:number]))
        elif step == "cue":
            playlist.add(words(turn, "x", cue="5"), start=playlist.position + number, skippable=True)
        else:
            playlist.stop()
    blocks.append(pulled(playlist, 20_000))
    return np.concatenate(blocks), playlist.events(), playlist


@settings(deadline=None)
@given(STEPS)
def test_every_sample_is_counted_and_events_come_in_order(steps: Sequence[tuple[str, int]]) -> None:
    samples, events, playlist = play(steps)
    assert len(samples) == playlist.position == sum(n for step, n in steps if step == "pull") + 20_000
    assert [sample for sample, _ in events] == sorted(sample for sample, _ in events)
    assert playlist.next_event() is None
    for turn, (step, number) in enumerate(steps):
        mine = [event for _, event in events if event.turn == turn]
        if mine and not isinstance(mine[0], CueSkipped):
            assert mine[0] == SpeechStarted(turn)
            indices = [event.index for event in mine if isinstance(event, SentenceStarted)]
            assert indices == list(range(len(indices)))
            assert len(indices) <= (number if step == "say" else 1)
            assert SpeechFinished(turn) not in mine[:-1]


@settings(deadline=None)
@given(STEPS)
def test_what_is_not_stopped_begins_and_ends_and_a_cue_begins_on_its_sample(steps: Sequence[tuple[str, int]]) -> None:
    kept = [step for step in steps if step[0] != "stop"]
    _, events, _ = play(kept)
    position = 0
    for turn, (step, number) in enumerate(kept):
        mine = {type(event): sample for sample, event in events if event.turn == turn}
        if step == "pull":
            position += number
            continue
        if step == "cue" and number < -500:
            assert mine == {CueSkipped: position}
            continue
        assert {SpeechStarted, SpeechFinished} <= mine.keys()
        if step == "cue":
            assert mine[SpeechStarted] == position + max(0, number)


@settings(deadline=None)
@given(STEPS, st.integers(0, 300))
def test_after_a_stop_there_is_silence_within_one_fade_and_no_word_of_an_end(
    steps: Sequence[tuple[str, int]], more: int
) -> None:
    playlist = Playlist(RATE)
    for turn, (step, number) in enumerate(steps):
        if step == "pull":
            pulled(playlist, number)
        elif step == "say":
            playlist.add(words(turn, *"abc"[:number]))
        else:
            playlist.add(words(turn, "x", cue="5"), start=playlist.position + number)
    pulled(playlist, more)
    playlist.events()
    playlist.stop()
    after = pulled(playlist, 2_000)
    assert not after[FADE:].any()
    assert playlist.events() == []


@settings(deadline=None)
@given(STEPS, st.integers(1, 97))
def test_the_size_of_the_blocks_changes_nothing(steps: Sequence[tuple[str, int]], size: int) -> None:
    script: list[tuple[str, int]] = []
    for step, number in steps:
        if step == "pull":
            script += [("pull", size)] * (number // size) + [("pull", number % size)]
        else:
            script.append((step, number))
    whole, events, _ = play(steps)
    parts, same_events, _ = play(script)
    assert (whole == parts).all()
    kinds = [(sample, type(event)) for sample, event in events]
    assert kinds == [(sample, type(event)) for sample, event in same_events]
