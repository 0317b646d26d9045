"""PortAudio, imported in one place and only when a device is really opened: a replay and the tests need none.

PortAudio looks for devices only when it starts. To see one that was plugged in later it must be restarted, and that
ends every open stream of the process; so whoever holds one registers here, and is told before and after.
"""

from __future__ import annotations

import contextlib
import os
from typing import Any, Literal, Protocol

from voice_skill.errors import AudioError

__all__ = ["StreamOwner", "describe_devices", "device_names", "error_from", "load", "register", "restart", "unregister"]


class StreamOwner(Protocol):
    """Something with an open stream that has to survive a restart."""

    def in_use(self) -> bool:
        """Whether an interruption would be heard now."""
        ...

    def suspend(self) -> None:
        """Close the stream."""
        ...

    def resume(self) -> None:
        """Open it again. Raises `AudioError`."""
        ...


_owners: list[StreamOwner] = []


def load() -> Any:
    """The `sounddevice` module. Raises `AudioError` where the PortAudio library is missing."""
    try:
        import sounddevice
    except OSError as error:
        as_root = "" if not hasattr(os, "geteuid") or os.geteuid() == 0 else "sudo "
        raise AudioError(
            "microphone and speaker need the PortAudio library, which is not installed",
            f"{as_root}apt-get install -y --no-install-recommends libportaudio2",
        ) from error
    return sounddevice


def describe_devices() -> str:
    """The devices that exist, on one line: number, name, and how many channels go in and out."""
    devices = load().query_devices()
    return "; ".join(
        f"{number}: {device['name']} ({device['max_input_channels']} in, {device['max_output_channels']} out)"
        for number, device in enumerate(devices)
    )


def device_names(way: Literal["input", "output"]) -> tuple[str, ...]:
    """The names of the devices that sound can come from, or go to. Raises `AudioError` without PortAudio."""
    devices = load().query_devices()
    return tuple(dict.fromkeys(str(device["name"]) for device in devices if device[f"max_{way}_channels"]))


def error_from(error: Exception) -> AudioError:
    """What sounddevice raised, as an error that says which devices there are."""
    text = " ".join(str(error).split())
    devices = ""
    with contextlib.suppress(load().PortAudioError):  # not even that, while PortAudio does not run
        devices = describe_devices()
    if devices:
        return AudioError(f"the sound device cannot be used: {text}", f"choose one of {devices}")
    return AudioError(
        f"there is no sound device: {text}",
        "plug one in; on a desktop, check that PulseAudio or PipeWire runs for this user",
    )


def register(owner: StreamOwner) -> None:
    """Have `owner` told of restarts."""
    _owners.append(owner)


def unregister(owner: StreamOwner) -> None:
    """No longer tell `owner`."""
    if owner in _owners:
        _owners.remove(owner)


def restart() -> None:
    """Look for devices anew, unless that would cut off something that is being heard: then do nothing.

    The caller closes its own stream first. Raises `AudioError` if PortAudio does not come back; it may be called again.
    """
    sounddevice = load()
    if any(owner.in_use() for owner in _owners):
        return
    for owner in _owners:
        owner.suspend()
    with contextlib.suppress(sounddevice.PortAudioError):  # it does not run if it did not come back the last time
        sounddevice._terminate()
    try:
        sounddevice._initialize()
    except sounddevice.PortAudioError as error:
        raise error_from(error) from error
    for owner in _owners:
        with contextlib.suppress(AudioError):  # each owner sees for itself that its stream is not back
            owner.resume()
