"""Every prompt rendered once: sentences become clips, kept in memory and as WAV files.

Rendering ahead proves at set-up that each prompt can be spoken, and takes the synthesiser out of the night. A file is
named by a hash of voice, rate and text, is written under another name and renamed when whole, and is checked on
reading: one that is cut short or of another kind is rendered again, not trusted.
"""

from __future__ import annotations

import hashlib
import io
import logging
import tempfile
import wave
from collections.abc import Callable, Iterable
from pathlib import Path

from voice_skill.errors import StorageError
from voice_skill.journal.files import write_whole
from voice_skill.tts.port import CLIP_RATE, Clip, Voice
from voice_skill.tts.tone import TONE, tone

__all__ = ["PromptStore"]

_log = logging.getLogger(__name__)


class PromptStore:
    """Gives the clip of any sentence, rendering it only if it has to."""

    def __init__(self, voice: Voice, folder: Path | None) -> None:
        """`folder` is created if need be; `None` keeps clips in memory only.

        Raises `StorageError` if the folder cannot be written.
        """
        self._voice = voice
        self._folder = folder
        self._clips: dict[tuple[str, int], Clip] = {}
        if folder is not None:
            try:
                folder.mkdir(parents=True, exist_ok=True)
                with tempfile.TemporaryFile(dir=folder):
                    pass
            except OSError as error:
                raise _unwritable(folder, error) from error

    def get(self, text: str, rate_wpm: int) -> Clip:
        """The clip of a sentence; `[tone]` is the soft low tone. Raises `SpeechError` if it cannot be rendered.

        A folder that fails now is given up with one warning: someone is waiting for the words.
        """
        if text == TONE:
            return tone()
        key = (text, rate_wpm)
        if key not in self._clips:
            clip = self._filed(key)
            if clip is None:
                clip = self._voice.render(text, rate_wpm)
                try:
                    self._file(key, clip)
                except StorageError as error:
                    _log.warning("%s; until then prompts stay in memory", error)
                    self._folder = None
            self._clips[key] = clip
        return self._clips[key]

    def prepare(self, prompts: Iterable[tuple[str, int]], progress: Callable[[int, int], None]) -> None:
        """Render, check and keep every (text, words per minute). `progress` gets how many are done, of how many.

        Raises `SpeechError` for one that cannot be spoken, and `StorageError` if the folder cannot be written.
        """
        wanted = [prompt for prompt in dict.fromkeys(prompts) if prompt[0] != TONE]
        progress(0, len(wanted))
        for done, key in enumerate(wanted, start=1):
            if self._filed(key) is None:
                self._file(key, self._voice.render(*key))
            progress(done, len(wanted))

    def _path(self, folder: Path, key: tuple[str, int]) -> Path:
        text, rate = key
        digest = hashlib.sha256(f"{self._voice.name}\n{rate}\n{text}".encode(errors="surrogatepass")).hexdigest()
        return folder / f"{digest[:32]}.wav"

    def _filed(self, key: tuple[str, int]) -> Clip | None:
        return _read(self._path(self._folder, key)) if self._folder else self._clips.get(key)

    def _file(self, key: tuple[str, int], clip: Clip) -> None:
        """Keep a clip for later sessions; without a folder, for this one. Raises `StorageError`."""
        if self._folder:
            _write(self._path(self._folder, key), clip)
        else:
            self._clips[key] = clip


def _read(path: Path) -> Clip | None:
    """The clip in a file, or `None` where there is no whole and audible one."""
    try:
        data = path.read_bytes()
        with wave.open(io.BytesIO(data)) as file:
            form = (file.getnchannels(), file.getsampwidth(), file.getframerate())
            promised = 2 * file.getnframes()
            pcm = file.readframes(file.getnframes())
    except (OSError, wave.Error, EOFError):
        return None
    if form != (1, 2, CLIP_RATE) or len(pcm) != promised or not any(pcm):
        return None
    return Clip(pcm)


def _write(path: Path, clip: Clip) -> None:
    buffer = io.BytesIO()
    with wave.open(buffer, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(clip.rate)
        file.writeframes(clip.pcm)
    try:
        write_whole(path, buffer.getvalue())
    except OSError as error:
        raise _unwritable(path.parent, error) from error


def _unwritable(folder: Path, error: OSError) -> StorageError:
    return StorageError(
        f"the cache folder {folder} cannot be written: {error.strerror}",
        "make room or give the right to write there, or choose another cache folder in charley.yaml",
    )
