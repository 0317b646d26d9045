from __future__ import annotations

import wave
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from voice_skill.audio import portaudio
from voice_skill.cli import main


@pytest.fixture(autouse=True)
def _no_config_of_this_machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def test_words_go_to_a_file_without_a_sound_card(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    def no_portaudio() -> None:
        raise AssertionError("writing a file needs no sound card")

    monkeypatch.setattr(portaudio, "load", no_portaudio)
    assert main(["say", "And", "let go.", "--rate", "115", "--out", "slow.wav"]) == 0
    assert main(["say", "And let go.", "--rate", "185", "--voice", "gmw/en", "--out", "fast.wav"]) == 0
    seconds = {}
    for name in ("slow", "fast"):
        with wave.open(str(tmp_path / f"{name}.wav")) as file:
            assert (file.getnchannels(), file.getsampwidth(), file.getframerate()) == (1, 2, 22_050)
            seconds[name] = file.getnframes() / 22_050
    assert 1.8 > seconds["slow"] > 1.4 * seconds["fast"] > 0.5
    out, err = capfd.readouterr()
    assert out == f"slow.wav: {seconds['slow']:.2f} s\nfast.wav: {seconds['fast']:.2f} s\n"
    assert err == ""


@pytest.mark.parametrize(
    ("argv", "message"),
    [
        (["Hello.", "--voice", "nobody"], "there is no voice 'nobody'"),
        (["Hello.", "--rate", "900"], "900 words a minute"),
        (["…"], "nothing to say"),
        (["Hello.", "--out", "no/such/folder.wav"], "no/such/folder.wav"),
    ],
)
def test_what_cannot_be_done_is_two_lines_and_exit_code_2(
    argv: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["say", *argv, *([] if "--out" in argv else ["--out", "a.wav"])]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert message in err
    assert err.count("\n") == 2
    assert not Path("a.wav").exists()


class SoundCard:
    """A card that plays as fast as it can."""

    PortAudioError = RuntimeError
    active = True

    def RawOutputStream(self, **options: Any) -> SoundCard:
        self._options = options
        self.peak = 0
        return self

    def start(self) -> None:
        import threading

        self._closed = threading.Event()
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    def _run(self) -> None:
        time = SimpleNamespace(currentTime=0.0, outputBufferDacTime=0.0)
        status = SimpleNamespace(output_underflow=False)
        while not self._closed.wait(0.001):
            block = bytearray(8_192)
            self._options["callback"](memoryview(block), 4_096, time, status)
            self.peak = max(self.peak, *block)

    def close(self) -> None:
        self._closed.set()
        self._thread.join()


@pytest.fixture
def card(monkeypatch: pytest.MonkeyPatch) -> SoundCard:
    card = SoundCard()
    monkeypatch.setattr(portaudio, "load", lambda: card)
    return card


def test_words_are_played_to_their_end(card: SoundCard, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["say", "Halfway."]) == 0
    assert card.peak > 0
    assert card._closed.is_set()
    assert capsys.readouterr() == ("", "")


def test_without_a_sound_card_the_error_says_so(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def refuse(**_: Any) -> None:
        raise ValueError("Error querying device -1")

    library = SimpleNamespace(PortAudioError=RuntimeError, RawOutputStream=refuse, query_devices=list)
    monkeypatch.setattr(portaudio, "load", lambda: library)
    assert main(["say", "Halfway."]) == 2
    assert "no sound device" in capsys.readouterr().err
