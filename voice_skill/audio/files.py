"""Sound files: recordings in, the night's recording out.

A recording of any common rate, depth and layout becomes the pipeline's frames, one block at a time, so that a long
night costs no more memory than a short one. A file that is damaged is refused before the first frame: a replay of
half a recording would look like a replay of all of it.

Reading and resampling are libsndfile's and libsoxr's. Writing is the standard library's, whose writes report a full
disk as an `OSError`; every file is written under another name and renamed when it is whole.
"""

from __future__ import annotations

import contextlib
import heapq
import os
import wave
from collections.abc import Iterable, Iterator, Sequence
from operator import itemgetter
from pathlib import Path
from typing import TYPE_CHECKING

from voice_skill.audio.frame import FRAME_SAMPLES, FRAME_SECONDS, SAMPLE_RATE, Frame
from voice_skill.errors import AudioError, StorageError

if TYPE_CHECKING:
    import numpy as np
    import soundfile
    from numpy.typing import NDArray

__all__ = ["FileSource", "Resampler", "Track", "mix_to_wav", "read_pcm", "silence", "write_wav"]

Track = Iterable[tuple[float, bytes, int]]
"""One voice: its clips in time order, each as (start in seconds, int16 mono samples, samples per second)."""

_MIN_RATE = 8_000
"""Telephone speech; below it the consonants are gone."""
_FRAME_BYTES = FRAME_SAMPLES * 2
_BLOCK_SECONDS = 0.5
_JOIN_SECONDS = 0.005
"""Clips of a track closer than this follow on without a seam: live frame times wander by fractions of a millisecond."""
_UNKNOWN_LENGTH = 0x7FFF_0000
"""A WAV written to a pipe carries a length from here up, meaning "until the end of the file"."""


class FileSource:
    """A recording as frames; the first is at 0 s.

    Reads WAV, FLAC and OGG of 8 kHz or more, mono or stereo (averaged), any sample depth. The last frame is filled up
    with silence. `AudioError` is raised here, not later, for what can be seen without decoding the whole file: a
    missing, empty or cut-off file, one that is no sound, one without samples, an unusable rate or layout.
    """

    def __init__(self, path: str | Path) -> None:
        self._path = Path(path)
        with _open(self._path) as sound:
            self._seconds: float = sound.frames / sound.samplerate

    @property
    def seconds(self) -> float:
        """How long the recording is, in seconds."""
        return self._seconds

    def frames(self) -> Iterator[Frame]:
        """Yield the whole recording from its start. Raises `AudioError` if the file turns out to be damaged."""
        index = 0
        rest = b""
        for block in _pcm_blocks(self._path):
            rest += block
            whole = len(rest) - len(rest) % _FRAME_BYTES
            for start in range(0, whole, _FRAME_BYTES):
                yield _frame(index, rest[start : start + _FRAME_BYTES])
                index += 1
            rest = rest[whole:]
        if rest:
            yield _frame(index, rest.ljust(_FRAME_BYTES, b"\0"))


class Resampler:
    """Changes the rate of a running stream of int16 mono samples. It keeps back 0.022 s (from 22,050 to 16,000)."""

    def __init__(self, rate_in: int, rate_out: int) -> None:
        import soxr

        # "LQ" cuts off above 6 kHz, which an echo canceller does not miss, and is twice as prompt as "HQ".
        self._stream = soxr.ResampleStream(rate_in, rate_out, 1, dtype="int16", quality="LQ")

    def process(self, samples: NDArray[np.int16]) -> NDArray[np.int16]:
        """What has become ready with `samples`."""
        ready: NDArray[np.int16] = self._stream.resample_chunk(samples)
        return ready


def silence(seconds: float, start: float) -> Iterator[Frame]:
    """Yield at least `seconds` of digital silence, the first frame at `start`."""
    count = -(-round(seconds * SAMPLE_RATE) // FRAME_SAMPLES)
    for index in range(count):
        yield Frame(at=start + index * FRAME_SECONDS, pcm=bytes(_FRAME_BYTES))


def read_pcm(path: str | Path) -> bytes:
    """All of a short recording as int16 mono samples at 16 kHz. Raises `AudioError` as `FileSource` does."""
    return b"".join(_pcm_blocks(Path(path)))


def write_wav(path: str | Path, pcm: bytes, rate: int) -> None:
    """Write int16 mono samples, all or nothing. Raises `StorageError`."""
    with _wav_writer(Path(path), rate) as wav:
        wav.writeframesraw(pcm)


def mix_to_wav(path: str | Path, tracks: Sequence[Track], rate: int) -> None:
    """Write `tracks` on top of each other as one mono WAV, all or nothing.

    Clips are resampled to `rate`; where they overlap they are added, and what is too loud is cut off at full scale.
    Tracks may be generators: no more than the longest clip is held in memory. Raises `StorageError` if the file
    cannot be written and `ValueError` if a track is not in time order or begins before 0 s.
    """
    import numpy as np

    with _wav_writer(Path(path), rate) as wav:
        written = 0  # samples
        pending = np.zeros(0, np.float32)  # samples after `written` that a later clip may still be added to
        for start, samples in heapq.merge(*(_placed(track, rate) for track in tracks), key=itemgetter(0)):
            if start < written:
                raise ValueError(f"a clip at {start / rate:.3f} s comes after one at {written / rate:.3f} s")
            final, pending = pending[: start - written], pending[start - written :]
            wav.writeframesraw(_to_int16(final))
            written += len(final)
            while written < start:
                gap = min(start - written, rate)
                wav.writeframesraw(bytes(2 * gap))
                written += gap
            if len(samples) > len(pending):
                pending = np.pad(pending, (0, len(samples) - len(pending)))
            pending[: len(samples)] += samples
        wav.writeframesraw(_to_int16(pending))


def _frame(index: int, pcm: bytes) -> Frame:
    return Frame(at=index * FRAME_SECONDS, pcm=pcm)


def _open(path: Path) -> soundfile.SoundFile:
    """Open a recording that can be used to its last sample, or raise `AudioError`."""
    import soundfile

    if path.is_dir():
        raise AudioError(f"{path} is a folder, not a recording", "name a file in it")
    try:
        promised, present = _wav_data_bytes(path)
        empty = path.stat().st_size == 0
    except FileNotFoundError as error:
        raise AudioError(f"there is no recording {path}", "check the name and the folder") from error
    except OSError as error:
        raise AudioError(f"{path} cannot be read: {error.strerror}", "check who may read it") from error
    if empty:
        raise AudioError(f"{path} is empty", "record it again")
    try:
        sound = soundfile.SoundFile(path)
    except (soundfile.LibsndfileError, TypeError) as error:  # TypeError: a .raw file, which has no header
        raise AudioError(
            f"{path} is not a WAV, FLAC or OGG recording, or its start is damaged",
            f"convert it, for example: ffmpeg -i {path.name} {path.stem}-16k.wav",
        ) from error
    try:
        _check_usable(path, sound)
        if promised > present:
            there = sound.frames / sound.samplerate
            raise _damaged(path, f"its header promises {there * promised / present:.1f} s, but {there:.1f} s are there")
    except AudioError:
        sound.close()
        raise
    return sound


def _check_usable(path: Path, sound: soundfile.SoundFile) -> None:
    import soundfile

    if sound.samplerate < _MIN_RATE:
        raise AudioError(
            f"{path} has {sound.samplerate} samples per second; speech needs {_MIN_RATE} or more",
            f"record it at {SAMPLE_RATE}",
        )
    if sound.channels > 2:
        raise AudioError(
            f"{path} has {sound.channels} channels; one or two are understood",
            f"keep the one with the voice: sox {path.name} voice.wav remix 1",
        )
    if sound.frames == 0:
        raise AudioError(f"{path} holds no sound, only a header", "record it again")
    try:
        sound.seek(sound.frames - 1)  # a cut-off FLAC still promises all its samples
        last = sound.read(1)
        sound.seek(0)
    except soundfile.LibsndfileError as error:
        raise _damaged(path, str(error)) from error
    if len(last) == 0:
        raise _damaged(path, "its last sample is missing")


def _damaged(path: Path, how: str) -> AudioError:
    return AudioError(
        f"{path} is damaged or cut short: {how}",
        f"copy or record it again, or keep what is there: sox {path.name} {path.stem}-whole.wav",
    )


def _wav_data_bytes(path: Path) -> tuple[int, int]:
    """Bytes of sound that a RIFF WAV header promises, and those that are there; (0, 0) for any other file.

    libsndfile reads a cut-off WAV as if it had been recorded that way. Raises `OSError`.
    """
    with path.open("rb") as file:
        riff = file.read(12)
        if (riff[:4], riff[8:]) != (b"RIFF", b"WAVE"):
            return 0, 0
        while chunk := file.read(8):
            size = int.from_bytes(chunk[4:], "little")
            if chunk[:4] == b"data":
                present = path.stat().st_size - file.tell()
                return (size, present) if size < _UNKNOWN_LENGTH else (0, 0)
            file.seek(size + size % 2, os.SEEK_CUR)  # chunks begin on even bytes
    return 0, 0


def _pcm_blocks(path: Path) -> Iterator[bytes]:
    """Yield the recording as int16 mono at 16 kHz, in blocks of any size."""
    import numpy as np
    import soundfile
    import soxr

    with _open(path) as sound:
        resampler = (
            None
            if sound.samplerate == SAMPLE_RATE
            else soxr.ResampleStream(sound.samplerate, SAMPLE_RATE, num_channels=1, dtype="float32")
        )
        remaining = sound.frames
        while remaining:
            try:
                block = sound.read(round(sound.samplerate * _BLOCK_SECONDS), dtype="float32", always_2d=True)
            except soundfile.LibsndfileError as error:
                raise _damaged(path, str(error)) from error
            if len(block) == 0:
                raise _damaged(path, f"{remaining / sound.samplerate:.1f} s at the end are missing")
            if not np.isfinite(block).all():
                raise _damaged(path, "it holds samples that are not numbers")
            remaining -= len(block)
            mono = block.mean(axis=1)
            if resampler:
                mono = resampler.resample_chunk(mono, last=remaining == 0)
            yield _to_int16(mono * 32768)


def _placed(track: Track, rate: int) -> Iterator[tuple[int, NDArray[np.float32]]]:
    """Yield (first sample, samples) at `rate`. Clips that follow on are resampled as one, so that no seam is heard."""
    import numpy as np
    import soxr

    clips = iter(track)
    clip = next(clips, None)
    position = 0  # samples at `rate`
    run_end: float | None = None  # seconds; None: the next clip begins a run
    resampler: soxr.ResampleStream | None = None
    while clip is not None:
        at, pcm, clip_rate = clip
        following = next(clips, None)
        if run_end is None:
            position, run_end = round(at * rate), at
            resampler = None if clip_rate == rate else soxr.ResampleStream(clip_rate, rate, 1, dtype="float32")
        samples = np.frombuffer(pcm, "<i2").astype(np.float32)
        run_end += len(samples) / clip_rate
        goes_on = following is not None and following[2] == clip_rate and abs(following[0] - run_end) < _JOIN_SECONDS
        if resampler:
            samples = resampler.resample_chunk(samples, last=not goes_on)
        yield position, samples
        position += len(samples)
        clip, run_end = following, run_end if goes_on else None


def _to_int16(samples: NDArray[np.float32]) -> bytes:
    """Little-endian int16 of samples already on the int16 scale; louder ones are cut off at full scale."""
    return samples.round().clip(-32768, 32767).astype("<i2").tobytes()


@contextlib.contextmanager
def _wav_writer(path: Path, rate: int) -> Iterator[wave.Wave_write]:
    """An open mono int16 WAV that appears as `path` when the block ends well, and not at all otherwise."""
    if path.exists() and not path.is_file():
        raise StorageError(f"{path} is not a file, so no sound can be written there", "choose a file name")
    part = path.with_name(f".{path.name}.part")
    try:
        with part.open("wb") as file:
            with wave.open(file, "wb") as wav:
                wav.setnchannels(1)
                wav.setsampwidth(2)
                wav.setframerate(rate)
                yield wav
            file.flush()
            os.fsync(file.fileno())
        part.replace(path)
    except OSError as error:
        raise StorageError(
            f"{path} cannot be written: {error.strerror}",
            "choose a folder that exists, may be written to and has room",
        ) from error
    finally:
        with contextlib.suppress(OSError):
            part.unlink(missing_ok=True)
