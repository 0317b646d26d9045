"""`scripts/bench ears`: what is counted, which targets are met, and how the wake phrase is judged."""

from __future__ import annotations

import io
import json
import re
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from rich.console import Console

from scripts.benchmarks.ears.clips import Heard, Material, Speech
from scripts.benchmarks.ears.listeners import SphinxListener, VoskListener
from scripts.benchmarks.ears.report import main
from scripts.benchmarks.ears.results import Outcome, Row, hear, rows
from scripts.benchmarks.ears.wakes import EarSpotter, Wakes, at_most, false_wakes, misses, table
from scripts.train.prepare import Sources
from tests.small_pack import SPEECH, Pack, small_pack
from voice_skill.asr.model import locate_model
from voice_skill.asr.port import UNKNOWN, Transcript
from voice_skill.audio.files import read_pcm
from voice_skill.loading import load_dialogs
from voice_skill.nlu.phrases import PhraseBook
from voice_skill.nlu.understanding import Thresholds

BOOK = PhraseBook({"danger.chest": ["chest pain"], "yes": ["yes"], "no": ["no"]})
INTENTS = ("danger.chest", "yes", "no")
WORDS = ("yes", "stop", "no")


def outcome(
    group: str,
    meant: str,
    understood: str,
    *,
    text: str = "",
    voice: str = "",
    people: bool = True,
    waited: float = 0.1,
) -> Outcome:
    clip = Heard(group, np.zeros(16_000, np.int16), BOOK, INTENTS, meant, text, voice, people)
    return Outcome(clip, Transcript(), understood, waited, 0.02)


def told(outcomes: Sequence[Outcome]) -> dict[str, str]:
    return {row.name.strip(): verdict(row) for row in rows(outcomes)}


def verdict(row: Row) -> str:
    if row.target is None:
        return row.text
    return f"{row.text} {'met' if row.target.met_by(row.value) else 'not met'}"


def sound(name: str) -> np.ndarray[tuple[int], np.dtype[np.int16]]:
    return np.frombuffer(read_pcm(SPEECH / name), np.int16)


def test_words_are_counted_by_voice_and_against_the_target() -> None:
    found = told(
        [
            *[outcome("ten words", "yes", "yes", voice="low voices")] * 24,
            outcome("ten words", "yes", "no", voice="high voices"),
            *[outcome("other words", "", "")] * 31,
            outcome("other words", "", "yes"),
        ]
    )
    assert found["ten words: understood"] == "96.0 % (24 of 25) met"
    assert found["ten words: low voices"] == "100.0 % (24 of 24)"
    assert found["ten words: high voices"] == "0.0 % (0 of 1)"
    assert found["ten words: taken for another"] == "4.0 % (1 of 25)"
    assert found["other words: taken for something"] == "3.1 % (1 of 32) not met"


def test_the_dangerous_mistakes() -> None:
    found = told(
        [
            outcome("talk at a question", "", "no"),
            outcome("talk at a question", "", "danger.chest"),
            outcome("pair no", "", "no", text="know"),  # sounds the same, so it is no mistake
            outcome("pair go", "", "no", text="no"),  # is a no, if not the "go" of that pair
            outcome("answers at a question", "no", "no"),
            outcome("answers at a question", "danger.chest", "danger.chest"),
            outcome("answers at a question", "danger.chest", "yes"),
        ]
    )
    assert found['heard as "no" and was not'] == "25.0 % (1 of 4) not met"
    assert found["heard as danger and was not"] == "20.0 % (1 of 5)"
    assert found["danger, heard as nothing or as harmless"] == "50.0 % (1 of 2)"


def test_people_and_synthetic_voices_are_separate_parts() -> None:
    found = rows([outcome("five words", "yes", "yes"), outcome("five words", "yes", "", people=False)])
    parts = {row.part: row.text for row in found if row.name == "five words: understood"}
    assert sorted(parts.values()) == ["0.0 % (0 of 1)", "100.0 % (1 of 1)"]


def test_cost_is_of_the_processor() -> None:
    found = told([outcome("ten words", "yes", "yes", waited=0.001 * number) for number in range(1, 202)])
    assert found["end of speech to result, p50, ms"] == "101 met"
    assert found["end of speech to result, p95, ms"] == "191 not met"
    assert found["real-time factor, over 3 min"] == "0.020 met"


@pytest.fixture(scope="module")
def ours() -> VoskListener:
    return VoskListener(locate_model())


def test_our_recogniser_hears_a_clip(ours: VoskListener) -> None:
    book = PhraseBook({word: [word] for word in WORDS})
    clips = [
        Heard("ten words", sound("stop.espeak-f4.ogg"), book, WORDS, "stop"),
        Heard("other words", sound("oov_the_train_to_boston_leaves_at_noon.flite-rms.ogg"), book, WORDS),
    ]
    stop, other = hear(ours, clips, Thresholds(), "ours", Console(quiet=True))
    assert (stop.intent, other.intent) == ("stop", "")
    assert 0 < stop.waited < stop.spent


def test_pocketsphinx_hears_a_phrase_and_refuses_others() -> None:
    pytest.importorskip("pocketsphinx")
    listener = SphinxListener()
    grammar = ("my chest hurts", "my chest", "stop")
    heard, _ = listener.listen(sound("my_chest_hurts.festival-slt.ogg"), grammar)
    assert heard.text == "my chest hurts"
    other, _ = listener.listen(sound("oov_the_train_to_boston_leaves_at_noon.flite-rms.ogg"), grammar)
    assert set(other.text.split()) == {UNKNOWN}
    found = listener.spot(sound("hey_charley_my_leg_is_cramping.flite-rms.ogg"), "hey charley")
    assert len(found) == 1
    assert listener.spot(sound("kind_of.espeak-f4.ogg"), "hey charley") == []
    assert listener.listen(sound("stop.espeak-f4.ogg"), grammar)[0].text == "stop"


def test_the_wake_phrase_is_heard_by_the_ear(ours: VoskListener) -> None:
    spot = EarSpotter(ours, load_dialogs())
    said = [
        Heard("wake", sound(name), BOOK, ())
        for name in (
            "hey_charley.festival-ked.ogg",
            "hey_charley_my_leg_is_cramping.flite-rms.ogg",
            "yes.espeak-f4.ogg",
        )
    ]
    missed = misses(spot, "clean", said)
    assert missed.scores[0] >= 0.5
    assert missed.scores[1] >= 0.5
    assert missed.scores[2] == 0
    assert missed.missed(0.5) == pytest.approx(100 / 3)
    train = SPEECH / "oov_the_train_to_boston_leaves_at_noon.flite-rms.ogg"
    speech = [Speech("people", train, 3.0), Speech("voices", SPEECH / "hey_charley.festival-ked.ogg", 1.0)]
    people, voices, everyone = false_wakes(spot, speech)
    assert (people.false(0.3), voices.false(0.3), everyone.false(0.3)) == (0, 1, 1)
    assert everyone.hours == pytest.approx(people.hours + voices.hours)


def test_how_many_false_wakes_there_may_be() -> None:
    assert at_most(0, 30) == pytest.approx(0.0999, abs=1e-4)  # the rule of three
    assert at_most(5, 1) == pytest.approx(10.513, abs=1e-3)  # half of chi-square 0.95, 12 degrees of freedom


def test_the_threshold_for_so_many_an_hour() -> None:
    other = Wakes("all", (0.3, 0.5, 0.9, 0.6), hours=10.0)
    said = Wakes("clean", (0.0, 0.5, 0.6, 0.9, 1.0), hours=0.1)
    assert said.missed(other.threshold_for(0.0)) == 80.0
    assert said.missed(other.threshold_for(0.1)) == 60.0
    assert said.missed(other.threshold_for(1.0)) == 20.0, "all may be heard, but what was not heard is missed"
    assert said.missed(Wakes("all", (), 1.0).threshold_for(0.1)) == 20.0


def test_nothing_heard_is_no_proof_of_never() -> None:
    console = Console(width=160, file=io.StringIO())
    with console.capture() as shown:
        console.print(table("ours", [Wakes("clean", (1.0, 0.0), 0.1)], [Wakes("people", (), 2.0)]))
    assert "≤ 1.50 (0 in 2.0 h)" in shown.get()


@pytest.fixture
def pack(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Pack:
    made = small_pack(tmp_path)
    monkeypatch.setenv("PATH", made.search_path)
    return made


def test_where_each_recording_belongs(pack: Pack) -> None:
    dialogs = load_dialogs()
    sources = Sources(pack.folder / "manifest.tsv", pack.folder, pack.work, locate_model())
    material = Material(sources, dialogs, every=400, people=1)
    words = [(clip.group, clip.intent, clip.people) for clip in material.words()]
    assert words == [("ten words", "stop", True), ("other words", "", True), ("ten words", "no", True)]
    assert {clip.voice for clip in material.words() if clip.intent == "stop"} == {"high voices"}
    assert {clip.voice for clip in material.words() if clip.intent == "no"} == {"low voices"}
    talk = [(clip.group, clip.intent) for clip in material.talk()]
    assert ("answers at a question", "no") in talk
    assert ("talk at a question", "") in talk
    phrases = list(material.phrases((None, 6.0)))
    assert {clip.group for clip in phrases} == {"phrases clean", "phrases 6 dB"}
    assert all(clip.intent in clip.intents for clip in phrases)
    assert not {clip.text for clip in phrases} & {clip.text for clip in material.phrases((None,), offset=1)}
    assert [one.who for one in material.other_speech(1.0, pack.work / "reading")] == ["people"]


def test_the_whole_table(capsys: pytest.CaptureFixture[str], pack: Pack) -> None:
    """Every voice says "yes" here, so a phrase is hardly ever understood; the people's recordings are real."""
    pytest.importorskip("pyworld")
    mistakes = pack.work / "mistakes"
    few = ["--every", "4000", "--people", "4", "--hours", "0.001", "--list", str(mistakes)]
    assert main([str(pack.folder), "--work", str(pack.work), "--without-pocketsphinx", *few]) == 0
    out = capsys.readouterr().out
    lines = {cells[1].strip(): cells[2:-1] for line in out.splitlines() if len(cells := line.split("│")) > 3}
    assert [cell.strip() for cell in lines["ten words: understood"]] == ["≥ 96", "100.0 % (1 of 1), met"]
    for name in ("phrases 6 dB: understood", "peak memory, MB", "end of speech to result, p95, ms"):
        assert re.search(r", (not )?met", lines[name][1]), name
    assert any(name.startswith("missed, 10 dB, at 0.1 false an hour") for name in lines)
    said = [json.loads(line) for line in (mistakes / "en.jsonl").read_text().splitlines()]
    wrong = [one for one in said if one["group"].startswith("phrases")]
    assert wrong
    assert all(one["meant"] != one["understood"] for one in wrong)


def test_as_many_as_none_is_refused(pack: Pack) -> None:
    with pytest.raises(SystemExit):
        main([str(pack.folder), "--hours", "0"])


@pytest.mark.parametrize(
    ("arguments", "fault"),
    [
        (["nowhere"], "manifest.tsv: no such file"),
        (["{pack}", "--model", "nowhere"], "no speech model"),
        (["{pack}", "--audio", "nowhere"], "nowhere: no such folder"),
    ],
)
def test_what_is_not_there_is_said(
    capsys: pytest.CaptureFixture[str], pack: Pack, arguments: list[str], fault: str
) -> None:
    given = [one.format(pack=pack.folder) for one in arguments]
    assert main([*given, "--work", str(pack.work), "--without-pocketsphinx"]) == 2
    assert fault in re.sub(r"\s+", " ", capsys.readouterr().out)
