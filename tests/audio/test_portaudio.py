from __future__ import annotations

import os
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from voice_skill.audio import portaudio
from voice_skill.errors import AudioError


def have(monkeypatch: pytest.MonkeyPatch, devices: list[dict[str, Any]]) -> None:
    library = SimpleNamespace(query_devices=lambda: devices, PortAudioError=OSError)
    monkeypatch.setitem(sys.modules, "sounddevice", library)


@pytest.mark.parametrize(("user", "command"), [(0, "apt-get"), (1000, "sudo apt-get")])
def test_a_missing_library_is_an_error_that_says_how_to_install_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, user: int, command: str
) -> None:
    (tmp_path / "sounddevice.py").write_text("raise OSError('PortAudio library not found')")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, "sounddevice", raising=False)
    monkeypatch.setattr(os, "geteuid", lambda: user)
    with pytest.raises(AudioError, match="PortAudio") as caught:
        portaudio.load()
    assert caught.value.cure == f"{command} install -y --no-install-recommends libportaudio2"


def test_devices_are_listed_on_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    have(
        monkeypatch,
        [
            {"name": "USB", "max_input_channels": 1, "max_output_channels": 0},
            {"name": "default", "max_input_channels": 32, "max_output_channels": 32},
        ],
    )
    assert portaudio.describe_devices() == "0: USB (1 in, 0 out); 1: default (32 in, 32 out)"


def test_what_the_library_raises_becomes_one_line_and_a_cure(monkeypatch: pytest.MonkeyPatch) -> None:
    have(monkeypatch, [{"name": "USB", "max_input_channels": 1, "max_output_channels": 0}])
    error = portaudio.error_from(ValueError("No output device\n matching 'x'"))
    assert error.message == "the sound device cannot be used: No output device matching 'x'"
    assert "0: USB" in error.cure


def test_without_any_device_the_error_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    have(monkeypatch, [])
    error = portaudio.error_from(ValueError("Error querying device -1"))
    assert "no sound device" in error.message
    assert "plug" in error.cure


class Library:
    """PortAudio, of which the sound server is away for the first `away` starts."""

    PortAudioError = OSError

    def __init__(self, away: int) -> None:
        self.running = True
        self._away = away

    def _terminate(self) -> None:
        self._check()
        self.running = False

    def _initialize(self) -> None:
        self._away -= 1
        if self._away >= 0:
            raise OSError("Error initializing PortAudio")
        self.running = True

    def query_devices(self) -> list[dict[str, Any]]:
        self._check()
        return [{"name": "USB", "max_input_channels": 1, "max_output_channels": 0}]

    def _check(self) -> None:
        if not self.running:
            raise OSError("PortAudio not initialized")


def test_a_restart_that_failed_can_be_tried_again(monkeypatch: pytest.MonkeyPatch) -> None:
    library = Library(away=2)
    monkeypatch.setitem(sys.modules, "sounddevice", library)
    for _ in range(2):
        with pytest.raises(AudioError, match="no sound device"):
            portaudio.restart()
    portaudio.restart()
    assert library.running
    assert portaudio.device_names("input") == ("USB",)
