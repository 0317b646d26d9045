"""`voice-skill run`: how the live night is put together and taken apart. What happens in between is `test_live`."""

from __future__ import annotations

import os
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from voice_skill import live
from voice_skill.audio import portaudio
from voice_skill.audio.cancel import available
from voice_skill.audio.frame import FRAME_SAMPLES
from voice_skill.cli import main
from voice_skill.commands import parts
from voice_skill.dialog.actions import Say
from voice_skill.echo import EchoGate, Passes
from voice_skill.tts.fake import ScriptedVoice
from voice_skill.tts.store import PromptStore


class SoundCard:
    """Streams that open, give one block, and can be closed."""

    PortAudioError = RuntimeError

    def __init__(self) -> None:
        self.open: list[str] = []

    def RawInputStream(self, **options: Any) -> Any:
        frame = bytes(2 * FRAME_SAMPLES)
        return self._stream(
            "microphone", lambda: options["callback"](frame, FRAME_SAMPLES, None, SimpleNamespace(input_overflow=False))
        )

    def RawOutputStream(self, **options: Any) -> Any:
        time = SimpleNamespace(currentTime=0.0, outputBufferDacTime=0.0)
        status = SimpleNamespace(output_underflow=False)
        return self._stream("speaker", lambda: options["callback"](memoryview(bytearray(512)), 256, time, status))

    def _stream(self, name: str, block: Any) -> Any:
        def start() -> None:
            os.write(2, b"ALSA lib confmisc.c: Unknown PCM cards.pcm.rear\n")
            self.open.append(name)
            block()

        return SimpleNamespace(start=start, close=lambda: self.open.remove(name), active=True)


class Loop:
    """Stands in for the loop: notes what it is given, and is interrupted."""

    def __init__(self, card: SoundCard) -> None:
        self.given: list[Any] = []
        self.open: list[str] = []
        self._card = card

    def __call__(self, *given: Any, watch: Any, onlookers: Any) -> None:  # noqa: ARG002
        self.given = list(given)
        self.open = list(self._card.open)
        raise KeyboardInterrupt


@pytest.fixture
def card(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> SoundCard:
    card = SoundCard()
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(portaudio, "load", lambda: card)
    return card


@pytest.fixture
def voice(monkeypatch: pytest.MonkeyPatch) -> ScriptedVoice:
    voice = ScriptedVoice()
    monkeypatch.setattr(parts, "build_store", lambda _config: PromptStore(voice, None))
    return voice


@pytest.fixture
def loop(monkeypatch: pytest.MonkeyPatch, card: SoundCard) -> Loop:
    loop = Loop(card)
    monkeypatch.setattr(live, "run_live", loop)
    return loop


@pytest.mark.usefixtures("voice")
def test_it_tells_what_it_is_listens_and_ends_at_once(
    card: SoundCard, loop: Loop, capfd: pytest.CaptureFixture[str]
) -> None:
    Path("charley.yaml").write_text("region: GB\nwake_phrase: hey leg\n")
    assert main(["run", "--json", "--journal", "night.jsonl"]) == 130
    out, err = capfd.readouterr()
    assert out == ""
    first, second = err.splitlines()  # and nothing of what C wrote
    assert "can't examine you" in first
    assert "call nine nine nine" in first
    assert 'Say "hey leg, my leg is cramping"' in second
    assert loop.open == ["microphone", "speaker"]
    assert card.open == []
    assert Path("night.jsonl").read_text().count("\n") == 1


@pytest.mark.usefixtures("voice")
def test_what_was_heard_before_it_listened_is_forgotten(loop: Loop) -> None:
    assert main(["run"]) == 130
    inbox = loop.given[1]
    assert inbox.empty()


@pytest.mark.usefixtures("card")
def test_even_that_it_is_deaf_is_rendered_beforehand(voice: ScriptedVoice, monkeypatch: pytest.MonkeyPatch) -> None:
    late: list[tuple[str, int]] = []

    def loop(*given: Any, watch: Any, onlookers: Any) -> None:  # noqa: ARG001
        before = len(voice.rendered)
        given[3].say(Say(1, live.DEAF))
        late.extend(voice.rendered[before:])
        raise KeyboardInterrupt

    monkeypatch.setattr(live, "run_live", loop)
    assert main(["run"]) == 130
    assert len(voice.rendered) > 300
    assert late == []


@pytest.mark.usefixtures("card", "voice")
@pytest.mark.parametrize(
    ("barge_in", "passes"),
    [("words", Passes.OTHERS if available() else Passes.URGENT), ("off", Passes.NOTHING), ("full", None)],
)
def test_what_may_interrupt(monkeypatch: pytest.MonkeyPatch, loop: Loop, barge_in: str, passes: Passes | None) -> None:
    made: list[Passes] = []

    class Gate(EchoGate):
        def __init__(self, passes: Passes) -> None:
            made.append(passes)
            super().__init__(passes)

    monkeypatch.setattr("voice_skill.echo.EchoGate", Gate)
    Path("charley.yaml").write_text(f'barge_in: "{barge_in}"\n')
    assert main(["run"]) == 130
    assert made == ([] if passes is None else [passes])
    assert loop.open
