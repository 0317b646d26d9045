"""`voice-skill listen`: what an outside test harness sees."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from voice_skill.audio.files import read_pcm, write_wav
from voice_skill.cli import main

SPEECH = Path(__file__).parents[1] / "data" / "speech"


@pytest.fixture
def phrases(tmp_path: Path) -> Path:
    path = tmp_path / "phrases.txt"
    path.write_text("Yes\nno\nstop\n\nkind of\nI don't know\n")
    return path


def listen(capsys: pytest.CaptureFixture[str], *argv: str | Path) -> list[dict[str, Any]]:
    assert main(["listen", "--json", *map(str, argv)]) == 0
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def test_one_json_line_a_file(capsys: pytest.CaptureFixture[str], phrases: Path) -> None:
    names = ["yes.espeak-f4.ogg", "oov_the_train_to_boston_leaves_at_noon.flite-rms.ogg", "i_don-t_know.espeak-m6.ogg"]
    lines = listen(capsys, *(SPEECH / name for name in names), "--phrases", phrases)
    assert [line["file"] for line in lines] == [str(SPEECH / name) for name in names]
    assert [line["text"] for line in lines] == ["yes", "", "i don't know"]
    assert [line["accepted"] for line in lines] == [True, False, True]
    assert lines[0]["confidence"] > 0.5
    assert lines[1]["confidence"] == 0
    assert lines[0]["audio_seconds"] == pytest.approx(1.31, abs=0.02)
    assert set(lines[0]) == {"file", "text", "accepted", "confidence", "audio_seconds", "compute_seconds"}


@pytest.mark.parametrize("name", ["yes.espeak-f4", "no.festival-slt", "stop.espeak-f4"])
@pytest.mark.parametrize("gain", [1.0, 0.02])
def test_a_word_that_touches_both_ends_of_a_faint_clip(
    capsys: pytest.CaptureFixture[str], phrases: Path, tmp_path: Path, name: str, gain: float
) -> None:
    pcm = read_pcm(SPEECH / f"{name}.ogg")
    samples = [int.from_bytes(pcm[i : i + 2], "little", signed=True) for i in range(0, len(pcm), 2)]
    loud = [index for index, sample in enumerate(samples) if abs(sample) > 400]
    word = samples[loud[0] : loud[-1]]
    clip = tmp_path / "clip.wav"
    write_wav(clip, b"".join(int(sample * gain).to_bytes(2, "little", signed=True) for sample in word), 16_000)
    (line,) = listen(capsys, clip, "--phrases", phrases)
    assert line["text"] == name.split(".", maxsplit=1)[0]


def test_several_utterances_are_joined(capsys: pytest.CaptureFixture[str], phrases: Path, tmp_path: Path) -> None:
    clip = tmp_path / "night.wav"
    words = [read_pcm(SPEECH / name) for name in ("yes.espeak-f4.ogg", "stop.espeak-f4.ogg")]
    write_wav(clip, bytes(2 * 32_000).join(words), 16_000)
    (line,) = listen(capsys, clip, "--phrases", phrases)
    assert line["text"] == "yes | stop"


def test_silence_is_nothing(capsys: pytest.CaptureFixture[str], phrases: Path, tmp_path: Path) -> None:
    clip = tmp_path / "silence.wav"
    write_wav(clip, bytes(32_000), 16_000)
    (line,) = listen(capsys, clip, "--phrases", phrases)
    assert (line["text"], line["accepted"], line["confidence"]) == ("", False, 0.0)


def test_for_people(capsys: pytest.CaptureFixture[str], phrases: Path) -> None:
    oov = SPEECH / "oov_the_train_to_boston_leaves_at_noon.flite-rms.ogg"
    assert main(["listen", str(SPEECH / "yes.espeak-f4.ogg"), str(oov), "--phrases", str(phrases)]) == 0
    first, second = capsys.readouterr().out.splitlines()
    assert first.startswith(f'{SPEECH / "yes.espeak-f4.ogg"}: "yes" (')
    assert second == f"{oov}: nothing"


def test_a_damaged_file_is_reported_and_the_rest_go_on(
    capsys: pytest.CaptureFixture[str], phrases: Path, tmp_path: Path
) -> None:
    broken = tmp_path / "broken.wav"
    broken.write_bytes(b"rubbish")
    assert main(["listen", "--json", str(broken), str(SPEECH / "yes.espeak-f4.ogg"), "--phrases", str(phrases)]) == 2
    captured = capsys.readouterr()
    assert [json.loads(line)["text"] for line in captured.out.splitlines()] == ["yes"]
    assert f"charley: {broken} is not a WAV" in captured.err


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"\n ?\n", "is empty"),
        (b"\xff\xfe\xff", "cannot be read"),
        (b"xyzzy yes", "does not know: xyzzy"),
        (None, "cannot be read"),
    ],
)
def test_bad_lists_of_phrases(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, content: bytes | None, message: str
) -> None:
    path = tmp_path / "phrases.txt"
    if content is not None:
        path.write_bytes(content)
    assert main(["listen", str(SPEECH / "yes.espeak-f4.ogg"), "--phrases", str(path)]) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert message in captured.err


def test_an_unknown_state_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["listen", "x.wav", "--state", "acute_relief.eas"]) == 2
    assert 'did you mean "acute_relief.ease"?' in capsys.readouterr().err
