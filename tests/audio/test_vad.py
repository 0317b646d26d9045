"""The real detector on real synthetic speech, and what it must not take for speech."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from voice_skill.audio.endpointing import Endpointer, EndpointSettings, PreRoll, SpeechBegan, SpeechEnded
from voice_skill.audio.files import FileSource, mix_to_wav
from voice_skill.audio.frame import FRAME_SAMPLES, FRAME_SECONDS, SAMPLE_RATE, Frame
from voice_skill.audio.vad import ScriptedDetector, SileroDetector
from voice_skill.tts.pyttsx3_voice import Pyttsx3Voice


@pytest.fixture(scope="module")
def detector() -> SileroDetector:
    return SileroDetector()


@pytest.fixture(scope="module")
def voice() -> Iterator[Pyttsx3Voice]:
    voice = Pyttsx3Voice()
    yield voice
    voice.close()


def framed(samples: NDArray[np.float64]) -> list[Frame]:
    pcm = samples.clip(-32768, 32767).astype("<i2").tobytes()
    size = 2 * FRAME_SAMPLES
    return [Frame(start / 2 / SAMPLE_RATE, pcm[start : start + size]) for start in range(0, len(pcm) - size + 1, size)]


@pytest.mark.parametrize("said", ["hey charley my leg is cramping", "yes", "no", "stop", "it hurts"])
def test_a_phrase_is_one_utterance_and_its_first_sound_is_in_the_pre_roll(
    tmp_path: Path, detector: SileroDetector, voice: Pyttsx3Voice, said: str
) -> None:
    clip = voice.render(said, 150)
    starts, stops = 1.5, 1.5 + clip.seconds
    mix_to_wav(tmp_path / "a.wav", [[(starts, clip.pcm, clip.rate), (stops + 1.5, bytes(2), clip.rate)]], SAMPLE_RATE)

    detector.reset()
    endpointer, pre_roll = Endpointer(EndpointSettings(silence=0.6)), PreRoll()
    events, fed_from = [], []
    for frame in FileSource(tmp_path / "a.wav").frames():
        pre_roll.push(frame)
        event = endpointer.process(detector.probability(frame), frame.end)
        if isinstance(event, SpeechBegan):
            fed_from.append(pre_roll.drain()[0].at)
        if event:
            events.append(event)

    match events:
        case [SpeechBegan(began), SpeechEnded() as ended]:
            assert began == pytest.approx(starts, abs=0.15)
            assert fed_from[0] < starts - 0.1
            assert ended.speech_end == pytest.approx(stops, abs=0.25)
            assert ended.at == pytest.approx(ended.speech_end + 0.6, abs=FRAME_SECONDS)
            assert 0.15 < ended.voiced_seconds < clip.seconds + 0.25
        case _:
            pytest.fail(f"expected one utterance, found {events}")


def noises() -> dict[str, NDArray[np.float64]]:
    """Four seconds each, at a level that an energy gate takes for speech."""
    rng, count = np.random.default_rng(7), 4 * SAMPLE_RATE
    white = rng.normal(0, 3_000, count)
    spectrum = np.fft.rfft(white)
    pink = np.fft.irfft(spectrum / np.sqrt(np.arange(1, len(spectrum) + 1)), count)
    seconds = np.arange(count) / SAMPLE_RATE
    knocks = np.exp(-((seconds % 0.7) * 60)) * rng.normal(0, 20_000, count)
    breath = white * (1 + np.sin(2 * np.pi * 0.25 * seconds)) / 2
    hum = 6_000 * np.sin(2 * np.pi * 50 * seconds)
    return {"white": white, "pink": pink / pink.std() * 3_000, "knocks": knocks, "breath": breath, "hum": hum}


@pytest.mark.parametrize("name", sorted(noises()))
def test_noise_is_not_speech(detector: SileroDetector, name: str) -> None:
    detector.reset()
    endpointer = Endpointer(EndpointSettings())
    frames = framed(noises()[name])
    assert not any(endpointer.process(detector.probability(frame), frame.end) for frame in frames)


def test_reset_makes_a_recording_answer_as_it_did_the_first_time(
    detector: SileroDetector, voice: Pyttsx3Voice, tmp_path: Path
) -> None:
    clip = voice.render("yes", 150)
    mix_to_wav(tmp_path / "a.wav", [[(0.1, clip.pcm, clip.rate)]], SAMPLE_RATE)
    frames = list(FileSource(tmp_path / "a.wav").frames())
    detector.reset()
    first = [detector.probability(frame) for frame in frames]
    carried_on = [detector.probability(frame) for frame in frames]
    detector.reset()
    assert [detector.probability(frame) for frame in frames] == first
    assert carried_on != first


def test_the_script_speaks_in_its_spans_only() -> None:
    scripted = ScriptedDetector([(1.0, 2.0), (3.0, 3.5)])
    heard = {at: scripted.probability(Frame(at, b"")) for at in (0.9, 1.0, 1.9, 2.0, 3.2, 3.5)}
    assert heard == {0.9: 0.0, 1.0: 1.0, 1.9: 1.0, 2.0: 0.0, 3.2: 1.0, 3.5: 0.0}
