"""A speaker on which everything gets said, or is heard to be missing."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Protocol

from voice_skill.audio.speaker import Speaker
from voice_skill.dialog.actions import TONE, Say
from voice_skill.errors import AudioError, SpeechError
from voice_skill.tts.port import Clip

__all__ = ["NO_TURN", "UNSAID", "NightSpeaker", "SpeakerDevice"]

NO_TURN = -1
"""The turn of what Charley says about itself: no answer belongs to it."""
RETRY_SECONDS = 0.5
UNSAID = ("I can't say that now.",)
"""Said in place of a turn of which nothing can be rendered."""


class SpeakerDevice(Speaker, Protocol):
    """What is needed of `DeviceSpeaker`."""

    volume_db: float

    def revive(self) -> None:
        """Open it again if it has stopped. Raises `AudioError` while it is still gone."""
        ...


class NightSpeaker:
    """Keeps what is to be said while the device is gone, and puts a tone where a sentence cannot be rendered."""

    def __init__(
        self,
        device: SpeakerDevice,
        clip: Callable[[str, int], Clip],
        tell: Callable[[str], None],
        *,
        prepared_rate: int,
        volume_db: Callable[[], float],
    ) -> None:
        """`clip(text, words per minute)` is where the device gets its clips from; it raises `SpeechError`.
        `prepared_rate`: that at which every prompt was rendered beforehand. `volume_db` is asked before each prompt, as
        a night begins at some volume and ends at another."""
        self._device = device
        self._clip = clip
        self._tell = tell
        self._prepared_rate = prepared_rate
        self._volume_db = volume_db
        self._lost = False
        self._unsaid: list[Say] = []
        """What is to be said once the device is back."""
        self._look_at = 0.0

    def say(self, action: Say) -> None:
        """Speak; without a device, as soon as there is one. Raises nothing."""
        if self._lost:
            self._unsaid.append(action)
            return
        self._device.volume_db = self._volume_db()
        try:
            self._device.say(self._sayable(action))
        except AudioError as error:
            self._lose(error)
            self._unsaid.append(action)

    def stop(self) -> None:
        """Fall silent and forget everything that was to be said."""
        self._unsaid.clear()
        self._device.stop()

    def hush(self) -> None:
        """Hush, until `go_on`."""
        self._device.hush()

    def go_on(self) -> None:
        """Go on."""
        self._device.go_on()

    def close(self) -> None:
        """Let go of the device."""
        self._device.close()

    def look_after(self, now: float) -> None:
        """Open the device again if it has stopped; to be called often."""
        if now < self._look_at:
            return
        self._look_at = now + RETRY_SECONDS
        try:
            self._device.revive()
        except AudioError as error:
            self._lose(error)
            return
        if self._lost:
            self._lost = False
            self._tell("the speaker is back")
            unsaid, self._unsaid = self._unsaid, []
            for action in unsaid:
                self.say(action)

    def _sayable(self, action: Say) -> Say:
        """`action` as it can be rendered: at its own pace, else at the prepared one, else with tones for what is
        missing."""
        if self._unrenderable(action):
            action = replace(action, manner=replace(action.manner, rate=self._prepared_rate))
        missing = self._unrenderable(action)
        if not missing:
            return action
        self._tell(f"cannot be said: {' '.join(missing)}")
        if set(action.sentences) - {TONE} <= set(missing):
            spare = replace(action, sentences=(TONE, *UNSAID))
            return spare if not self._unrenderable(spare) else replace(action, sentences=(TONE,))
        return replace(action, sentences=tuple(TONE if text in missing else text for text in action.sentences))

    def _unrenderable(self, action: Say) -> list[str]:
        """The sentences that cannot be rendered at the pace of `action`."""
        missing = []
        for text in action.sentences:
            try:
                self._clip(text, action.manner.rate)
            except SpeechError:
                missing.append(text)
        return missing

    def _lose(self, error: AudioError) -> None:
        if not self._lost:
            self._tell(f"the speaker is gone: {error.message}. Trying to open it again")
        self._lost = True
