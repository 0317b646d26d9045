"""The decoding graph, walked by hand and by stock Vosk."""

from __future__ import annotations

import json
import math
import shutil
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
import soxr

from voice_skill.asr.kaldi.fst import reachable_labels
from voice_skill.asr.kaldi.graph import UNKNOWN_WORD, Filler, build_graph, read_filler, write_filler, write_graph
from voice_skill.asr.kaldi.lexicon import Entry, Lexicon
from voice_skill.asr.kaldi.nnet import read_networks, write_model
from voice_skill.asr.kaldi.phones import (
    GRAPH_PHONES,
    PAUSE,
    PHONE_ID,
    PHONES,
    TRANSITION_IDS,
    Position,
    filler_arc,
    pause_arc,
    phone_arc,
    transition_tuples,
)
from voice_skill.asr.model import locate_model
from voice_skill.asr.vosk import VoskRecogniser
from voice_skill.errors import ModelError
from voice_skill.tts.pyttsx3_voice import Pyttsx3Voice

UNIFORM = Filler(((math.log(1 / 40),) * 40,) * 40)
LEXICON: Lexicon = {
    "stop": Entry((("S", "T", "AA", "P"),), 7),
    "stopped": Entry((("S", "T", "AA", "P", "T"),)),
    "a": Entry((("AH",), ("EY",)), 90),
    "louder": Entry((("L", "AW", "D", "ER"),)),
    "slower": Entry((("S", "L", "OW", "ER"),)),
}


def test_transition_ids_are_numbered_as_kaldi_numbers_them() -> None:
    tuples = transition_tuples()
    assert tuples == sorted(tuples)
    assert 2 * len(tuples) == TRANSITION_IDS
    phone = PHONE_ID["K"]
    for enter, stay in (phone_arc(phone, Position.END), filler_arc(phone, Position.END)):
        assert enter == stay + 1
        assert tuples[(stay - 1) // 2][1:] == (2 * phone, 2 * phone + 1)
    assert tuples[-1] == (PAUSE, 0, 1)
    assert tuples[-2][0] == GRAPH_PHONES + 4
    assert pause_arc()[0] == TRANSITION_IDS


def heard_as(sounds: list[str]) -> list[list[str]]:
    """Every row of words that the graph writes for these sounds, each two frames long, without silence."""
    fst, words = build_graph(LEXICON, UNIFORM)
    positions = [Position.BEGIN, *[Position.INTERNAL] * (len(sounds) - 2), Position.END]
    if len(sounds) == 1:
        positions = [Position.SINGLETON]
    frames = [id for sound, place in zip(sounds, positions, strict=True) for id in phone_arc(PHONE_ID[sound], place)]
    paths: list[tuple[int, int, list[str]]] = [(fst.start, 0, [])]
    found = []
    while paths:
        state, done, written = paths.pop()
        if done == len(frames) and state in fst.finals:
            found.append(written)
        for arc in fst.arcs[state]:
            fits = not arc.heard or (done < len(frames) and frames[done] == arc.heard)
            if fits and len(written) < 3:
                label = [words[arc.written - 1]] if arc.written else []
                paths.append((arc.target, done + bool(arc.heard), written + label))
    return found


@pytest.mark.parametrize(
    ("sounds", "word"),
    [("S T AA P", "stop"), ("S T AA P T", "stopped"), ("EY", "a"), ("AH", "a"), ("L AW D ER", "louder")],
)
def test_a_word_is_written_for_its_sounds(sounds: str, word: str) -> None:
    assert heard_as(sounds.split()) == [[word]]


def test_a_part_of_a_word_is_no_word() -> None:
    assert heard_as(["S", "T", "AA"]) == []


def test_a_phrase_is_one_word_with_room_for_a_pause() -> None:
    fst, words = build_graph(LEXICON, UNIFORM, ["a stop"])
    label = words.index("a_stop") + 1
    sounds = [("AH", Position.BEGIN), *[(sound, Position.INTERNAL) for sound in ("S", "T", "AA")], ("P", Position.END)]
    plain = [phone_arc(PHONE_ID[sound], position)[0] for sound, position in sounds]
    for heard in (plain, [plain[0], *pause_arc(), *plain[1:]]):
        states = {fst.start}
        written: set[int] = set()
        for frame in heard:
            for _ in range(2):  # through the arcs that hear nothing
                states |= {arc.target for state in states for arc in fst.arcs[state] if not arc.heard}
            arcs = [arc for state in states for arc in fst.arcs[state] if arc.heard == frame]
            states = {arc.target for arc in arcs}
            written = {arc.written for arc in arcs}
        assert label in written


def test_a_phrase_with_an_unknown_word_is_refused() -> None:
    with pytest.raises(ModelError, match='lacks a word of "stop it"'):
        build_graph(LEXICON, UNIFORM, ["stop it"])


def test_what_can_follow_any_sound_is_few_intervals() -> None:
    """Labels follow the tree: else the decoder's look-ahead would be slow and the file large."""
    chance = np.random.default_rng(2)
    many = {f"w{index}": Entry((tuple(chance.choice(PHONES[1:], 4)),)) for index in range(500)}
    fst, words = build_graph(many, UNIFORM)
    table = reachable_labels(fst, len(words) + 1)
    assert sum(map(len, table)) / len(table) < 1.1
    assert all(first[1] < second[0] for row in table for first, second in pairwise(row))


def test_the_filler_costs_what_it_is_told() -> None:
    def cheapest(filler: Filler) -> float:
        fst, words = build_graph(LEXICON, filler)
        return min(arc.cost for arcs in fst.arcs for arc in arcs if arc.written == words.index(UNKNOWN_WORD) + 1)

    edge = math.log(40)
    assert cheapest(Filler(UNIFORM.bigram, phone_cost=-1.0, word_cost=0.5)) == pytest.approx(edge - 1.0 + 0.5)


def test_a_filler_reads_back_equal(tmp_path: Path) -> None:
    write_filler(tmp_path / "filler.json", Filler(((-3.5,) * 40,) * 40, -1.25, 3.0))
    assert read_filler(tmp_path / "filler.json") == Filler(((-3.5,) * 40,) * 40, -1.25, 3.0)


@pytest.mark.parametrize("text", ["", "{}", '{"bigram": [[1]], "phone_cost": 0, "word_cost": 0}', '{"bigram": 3}'])
def test_a_broken_filler_is_named(tmp_path: Path, text: str) -> None:
    (tmp_path / "filler.json").write_text(text)
    with pytest.raises(ModelError, match=r"filler\.json"):
        read_filler(tmp_path / "filler.json")


@pytest.fixture(scope="module")
def recogniser(tmp_path_factory: pytest.TempPathFactory) -> VoskRecogniser:
    """The bundled network with a graph of five words."""
    model = tmp_path_factory.mktemp("model") / "en"
    shutil.copytree(locate_model(), model, ignore=shutil.ignore_patterns("checksums.txt", "graph"))
    (model / "graph").mkdir()
    write_graph(model / "graph", LEXICON, read_filler(locate_model() / "filler.json"))
    return VoskRecogniser(model)


@pytest.fixture(scope="module")
def said() -> dict[str, bytes]:
    """Words by the real synthesiser, at the recogniser's rate, with a little silence around."""
    voice = Pyttsx3Voice("gmw/en-us")
    sounds = {}
    for text in ("stop", "slower", "my grandmother's kitchen"):
        clip = voice.render(text, 150)
        samples = np.frombuffer(clip.pcm, np.int16).astype(np.float32) / 32768
        sound = np.pad(soxr.resample(samples, clip.rate, 16000), 4000)
        sounds[text] = (sound * 32767).astype(np.int16).tobytes()
    voice.close()
    return sounds


@pytest.mark.parametrize("word", ["stop", "slower"])
@pytest.mark.parametrize("grammar", [["stop", "slower", "louder"], None])
def test_stock_vosk_hears_the_words(
    recogniser: VoskRecogniser, said: dict[str, bytes], word: str, grammar: list[str] | None
) -> None:
    decoding = recogniser.decode(grammar)
    decoding.feed(said[word])
    transcript = decoding.finish()
    assert transcript.text == word
    assert 0.15 < transcript.words[0].start < transcript.words[0].end < len(said[word]) / 32000


def test_stock_vosk_hears_other_speech_as_unknown(recogniser: VoskRecogniser, said: dict[str, bytes]) -> None:
    decoding = recogniser.decode(["stop", "slower", "louder"])
    decoding.feed(said["my grandmother's kitchen"])
    transcript = decoding.finish()
    assert set(transcript.text.split()) == {"[unk]"}, json.dumps(transcript.text)


def test_stock_vosk_takes_the_mean_of_several_networks(tmp_path: Path, said: dict[str, bytes]) -> None:
    """Beside one that always says nothing, scores are halved: the same as an acoustic scale of one half."""
    beside, halved = tmp_path / "beside", tmp_path / "halved"
    for model in (beside, halved):
        shutil.copytree(locate_model(), model, ignore=shutil.ignore_patterns("checksums.txt"))
    network = read_networks(beside / "am" / "final.mdl")[0]
    *hidden, last = network
    silent = replace(last, weights=0 * last.weights, bias=0 * last.bias)
    write_model(beside / "am" / "final.mdl", network, [*hidden, silent])
    write_model(halved / "am" / "final.mdl", network)
    settings = halved / "conf" / "model.conf"
    settings.write_text(settings.read_text().replace("--acoustic-scale=1.0", "--acoustic-scale=0.5"))
    sound = said["my grandmother's kitchen"]
    wanted, found = (_words(VoskRecogniser(model), sound) for model in (halved, beside))
    assert list(found) == list(wanted)
    assert [*found.values()] == pytest.approx([*wanted.values()], abs=0.01)
    settings.write_text(settings.read_text().replace("--acoustic-scale=0.5", "--acoustic-scale=1.0"))
    assert [*_words(VoskRecogniser(halved), sound).values()] != pytest.approx([*wanted.values()], abs=0.01)


def _words(recogniser: VoskRecogniser, sound: bytes) -> dict[str, float]:
    """Word → its confidence."""
    decoding = recogniser.decode(["my mother", "kitchen", "grand", "mothers"])
    decoding.feed(sound)
    return {word.text: word.confidence for word in decoding.finish().words}
