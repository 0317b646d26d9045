from __future__ import annotations

import os
import resource
import struct
import tracemalloc
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
import soundfile
from numpy.typing import NDArray

from voice_skill.audio.files import FileSource, mix_to_wav, read_pcm, silence, write_wav
from voice_skill.audio.frame import FRAME_SAMPLES, FRAME_SECONDS, SAMPLE_RATE, Frame
from voice_skill.errors import AudioError, StorageError


def tone(seconds: float, rate: int, hertz: float = 440.0, amplitude: float = 0.5) -> NDArray[np.float64]:
    return amplitude * np.sin(2 * np.pi * hertz * np.arange(round(seconds * rate)) / rate)


def samples(pcm: bytes) -> NDArray[np.int16]:
    return np.frombuffer(pcm, "<i2")


def joined(frames: Iterator[Frame]) -> NDArray[np.int16]:
    return samples(b"".join(frame.pcm for frame in frames))


# -- reading


@pytest.mark.parametrize("rate", [8_000, 11_025, 16_000, 22_050, 32_000, 44_100, 48_000])
def test_every_common_rate_becomes_the_same_sound_at_16_khz(tmp_path: Path, rate: int) -> None:
    soundfile.write(tmp_path / "a.wav", tone(1.0, rate), rate)
    source = FileSource(tmp_path / "a.wav")
    heard = joined(source.frames())[:SAMPLE_RATE]
    assert source.seconds == pytest.approx(1.0)
    # Away from the edges, where a resampler rings, the tone is the one that was recorded, in level and in phase.
    middle = slice(1_000, 15_000)
    assert heard[middle] == pytest.approx((32768 * tone(1.0, SAMPLE_RATE))[middle], abs=40)


@pytest.mark.parametrize(
    ("name", "subtype", "error"),
    [
        ("a.wav", "PCM_U8", 300),
        ("a.wav", "PCM_16", 1),
        ("a.wav", "PCM_24", 1),
        ("a.wav", "PCM_32", 1),
        ("a.wav", "FLOAT", 1),
        ("a.wav", "DOUBLE", 1),
        ("a.flac", "PCM_24", 1),
        ("a.ogg", "VORBIS", 600),
        ("a.ogg", "OPUS", 1_200),
    ],
)
def test_every_container_and_depth(tmp_path: Path, name: str, subtype: str, error: int) -> None:
    soundfile.write(tmp_path / name, tone(1.0, SAMPLE_RATE), SAMPLE_RATE, subtype=subtype)
    middle = slice(1_000, 15_000)
    assert joined(FileSource(tmp_path / name).frames())[middle] == pytest.approx(
        (32768 * tone(1.0, SAMPLE_RATE))[middle], abs=error
    )


def test_16_bit_mono_at_16_khz_arrives_bit_for_bit(tmp_path: Path) -> None:
    recorded = np.random.default_rng(1).integers(-32768, 32767, 5 * FRAME_SAMPLES, dtype=np.int16)
    recorded[:2] = -32768, 32767
    soundfile.write(tmp_path / "a.wav", recorded, SAMPLE_RATE)
    assert np.array_equal(joined(FileSource(tmp_path / "a.wav").frames()), recorded)


def test_stereo_is_averaged(tmp_path: Path) -> None:
    left = tone(0.5, SAMPLE_RATE)
    soundfile.write(tmp_path / "a.wav", np.stack([left, np.zeros_like(left)], axis=1), SAMPLE_RATE)
    heard = joined(FileSource(tmp_path / "a.wav").frames())[: len(left)]
    assert heard == pytest.approx(32768 * left / 2, abs=1)


def test_sound_beyond_full_scale_is_cut_off_and_does_not_wrap_round(tmp_path: Path) -> None:
    soundfile.write(tmp_path / "a.wav", tone(0.1, SAMPLE_RATE, amplitude=3), SAMPLE_RATE, subtype="FLOAT")
    heard = joined(FileSource(tmp_path / "a.wav").frames())[:1_600]
    wanted = (32768 * tone(0.1, SAMPLE_RATE, amplitude=3)).clip(-32768, 32767)
    assert heard == pytest.approx(wanted, abs=1)


def test_frames_follow_each_other_from_zero_and_the_last_is_filled_up_with_silence(tmp_path: Path) -> None:
    soundfile.write(tmp_path / "a.wav", np.full(FRAME_SAMPLES * 40 + 100, 1_000, np.int16), SAMPLE_RATE)
    frames = list(FileSource(tmp_path / "a.wav").frames())
    assert [frame.at for frame in frames] == pytest.approx([index * FRAME_SECONDS for index in range(41)])
    assert {len(frame.pcm) for frame in frames} == {2 * FRAME_SAMPLES}
    assert list(samples(frames[-1].pcm)) == [1_000] * 100 + [0] * (FRAME_SAMPLES - 100)


def test_frames_can_be_read_again(tmp_path: Path) -> None:
    soundfile.write(tmp_path / "a.wav", tone(0.5, SAMPLE_RATE), SAMPLE_RATE)
    source = FileSource(tmp_path / "a.wav")
    assert list(source.frames()) == list(source.frames())


def test_a_long_recording_is_never_held_whole(tmp_path: Path) -> None:
    soundfile.write(tmp_path / "night.wav", np.zeros((60 * 48_000, 2), np.int16), 48_000)
    next(FileSource(tmp_path / "night.wav").frames())  # imports what it needs
    tracemalloc.start()
    try:
        assert sum(1 for _ in FileSource(tmp_path / "night.wav").frames()) == 60 / FRAME_SECONDS
        assert tracemalloc.get_traced_memory()[1] < 2_000_000
    finally:
        tracemalloc.stop()


def test_a_short_recording_at_once_keeps_its_length(tmp_path: Path) -> None:
    soundfile.write(tmp_path / "a.wav", tone(0.3, 44_100), 44_100)
    assert len(samples(read_pcm(tmp_path / "a.wav"))) == pytest.approx(0.3 * SAMPLE_RATE, abs=1)


@pytest.mark.parametrize("length", [0, 0x7FFF_F000, 0xFFFF_FFFF])
def test_a_wav_from_a_pipe_is_read_to_its_end_unless_it_says_it_is_empty(tmp_path: Path, length: int) -> None:
    path = tmp_path / "a.wav"
    soundfile.write(path, np.full(FRAME_SAMPLES, 7, np.int16), SAMPLE_RATE)
    whole = path.read_bytes()
    path.write_bytes(whole[:40] + struct.pack("<I", length) + whole[44:])
    if length == 0:
        with pytest.raises(AudioError, match="holds no sound"):
            FileSource(path)
    else:
        assert list(joined(FileSource(path).frames())) == [7] * FRAME_SAMPLES


def test_chunks_before_the_sound_are_passed_over(tmp_path: Path) -> None:
    path = tmp_path / "a.wav"
    soundfile.write(path, np.full(FRAME_SAMPLES, 7, np.int16), SAMPLE_RATE)
    whole = path.read_bytes()
    note = b"LIST" + struct.pack("<I", 5) + b"notes\0"
    path.write_bytes(b"RIFF" + struct.pack("<I", len(whole) + len(note) - 8) + whole[8:36] + note + whole[36:])
    assert list(joined(FileSource(path).frames())) == [7] * FRAME_SAMPLES
    path.write_bytes(path.read_bytes()[:-100])
    with pytest.raises(AudioError, match="cut short"):
        FileSource(path)


# -- reading what is no recording


def _missing(_path: Path) -> None:
    pass


def _folder(path: Path) -> None:
    path.mkdir()


def _empty(path: Path) -> None:
    path.touch()


def _text(path: Path) -> None:
    path.write_text("my leg is cramping\n" * 100)


def _no_samples(path: Path) -> None:
    soundfile.write(path, np.zeros(0), SAMPLE_RATE)


def _too_slow(path: Path) -> None:
    soundfile.write(path, tone(0.1, 4_000), 4_000)


def _six_channels(path: Path) -> None:
    soundfile.write(path, np.zeros((100, 6)), SAMPLE_RATE)


def _cut_in_the_header(path: Path) -> None:
    soundfile.write(path, tone(1.0, SAMPLE_RATE), SAMPLE_RATE)
    path.write_bytes(path.read_bytes()[:20])


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (_missing, "there is no recording"),
        (_folder, "is a folder"),
        (_empty, "is empty"),
        (_text, "is not a WAV, FLAC or OGG"),
        (_no_samples, "holds no sound"),
        (_too_slow, "has 4000 samples per second"),
        (_six_channels, "has 6 channels"),
        (_cut_in_the_header, "is not a WAV, FLAC or OGG"),
    ],
)
def test_a_bad_file_is_refused_by_name_and_with_a_cure(
    tmp_path: Path, make: Callable[[Path], None], words: str
) -> None:
    path = tmp_path / "night.wav"
    make(path)
    for read in (FileSource, read_pcm):
        with pytest.raises(AudioError) as caught:
            read(path)
        assert words in caught.value.message
        assert str(path) in caught.value.message
        assert caught.value.cure
        assert "\n" not in str(caught.value)


def test_a_file_without_a_header_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.raw").write_bytes(bytes(3_200))
    with pytest.raises(AudioError, match="is not a WAV, FLAC or OGG"):
        FileSource(tmp_path / "a.raw")


def test_a_file_that_may_not_be_read_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_args: object) -> None:  # the tests may run as root, who may read everything
        raise PermissionError(13, "Permission denied")

    soundfile.write(tmp_path / "a.wav", tone(0.1, SAMPLE_RATE), SAMPLE_RATE)
    monkeypatch.setattr(Path, "open", refuse)
    with pytest.raises(AudioError, match="cannot be read: Permission denied"):
        FileSource(tmp_path / "a.wav")


def test_a_wav_that_is_cut_short_says_how_much_is_there(tmp_path: Path) -> None:
    path = tmp_path / "a.wav"
    soundfile.write(path, tone(4.0, SAMPLE_RATE), SAMPLE_RATE)
    path.write_bytes(path.read_bytes()[: 44 + 2 * SAMPLE_RATE])
    with pytest.raises(AudioError, match=r"promises 4\.0 s, but 1\.0 s are there") as caught:
        FileSource(path)
    assert "sox a.wav a-whole.wav" in caught.value.cure


def test_a_flac_that_is_cut_short_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.flac"
    soundfile.write(path, np.random.default_rng(1).normal(0, 0.1, 32_000), SAMPLE_RATE)
    path.write_bytes(path.read_bytes()[:30_000])
    with pytest.raises(AudioError, match="cut short"):
        FileSource(path)


def test_a_flac_that_is_damaged_inside_is_found_out_while_it_is_read(tmp_path: Path) -> None:
    path = tmp_path / "a.flac"
    soundfile.write(path, np.random.default_rng(1).normal(0, 0.1, 64_000), SAMPLE_RATE)
    whole = bytearray(path.read_bytes())
    whole[40_000:60_000] = bytes(20_000)
    path.write_bytes(whole)
    with pytest.raises(AudioError, match="damaged"):
        list(FileSource(path).frames())


def test_samples_that_are_not_numbers_are_refused(tmp_path: Path) -> None:
    soundfile.write(tmp_path / "a.wav", np.full(1_000, np.nan), SAMPLE_RATE, subtype="FLOAT")
    with pytest.raises(AudioError, match="not numbers"):
        list(FileSource(tmp_path / "a.wav").frames())


# -- silence


def test_silence_covers_the_time_asked_for_and_not_a_frame_more() -> None:
    assert [frame.at for frame in silence(2.5 * FRAME_SECONDS, start=10.0)] == pytest.approx([10.0, 10.032, 10.064])
    assert len(list(silence(3 * FRAME_SECONDS, start=0.0))) == 3
    assert set(b"".join(frame.pcm for frame in silence(1.0, start=0.0))) == {0}


# -- writing


def test_what_is_written_reads_back(tmp_path: Path) -> None:
    recorded = (32767 * tone(0.2, 22_050)).astype("<i2")
    write_wav(tmp_path / "a.wav", recorded.tobytes(), 22_050)
    back, rate = soundfile.read(tmp_path / "a.wav", dtype="int16")
    assert rate == 22_050
    assert np.array_equal(back, recorded)
    assert [path.name for path in tmp_path.iterdir()] == ["a.wav"]


def test_a_full_disk_leaves_the_old_file_and_nothing_else(tmp_path: Path) -> None:
    write_wav(tmp_path / "a.wav", b"\1\0" * 10, SAMPLE_RATE)
    before = (tmp_path / "a.wav").read_bytes()
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (65_536, hard))  # the kernel then refuses as a full disk does
    try:
        with pytest.raises(StorageError, match=r"a\.wav cannot be written") as caught:
            write_wav(tmp_path / "a.wav", bytes(200_000), SAMPLE_RATE)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert caught.value.cure
    assert (tmp_path / "a.wav").read_bytes() == before
    assert [path.name for path in tmp_path.iterdir()] == ["a.wav"]


def test_a_place_that_cannot_be_written_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    for path in (tmp_path / "nowhere" / "a.wav", tmp_path / "file" / "a.wav", tmp_path):
        with pytest.raises(StorageError, match=str(path)):
            write_wav(path, b"", SAMPLE_RATE)


def test_what_is_no_file_is_not_replaced_by_one(tmp_path: Path) -> None:
    # A pipe stands for a device: had the real one been named and the guard been broken, the machine would lose it.
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    with pytest.raises(StorageError, match="is not a file"):
        write_wav(pipe, b"", SAMPLE_RATE)
    assert pipe.is_fifo()


# -- mixing


def mixed(path: Path) -> NDArray[np.int16]:
    back, _ = soundfile.read(path, dtype="int16")
    return np.asarray(back, np.int16)


def constant(value: int, count: int) -> bytes:
    return np.full(count, value, "<i2").tobytes()


def test_voices_are_put_where_they_were_and_added(tmp_path: Path) -> None:
    mine = [(0.5, constant(100, 8_000), SAMPLE_RATE), (2.0, constant(300, 1_600), SAMPLE_RATE)]
    yours = [(0.75, constant(50, 8_000), SAMPLE_RATE)]
    mix_to_wav(tmp_path / "night.wav", [mine, yours], SAMPLE_RATE)
    heard = mixed(tmp_path / "night.wav")
    wanted = [0] * 8_000 + [100] * 4_000 + [150] * 4_000 + [50] * 4_000 + [0] * 12_000 + [300] * 1_600
    assert list(heard) == wanted


def test_two_loud_voices_do_not_wrap_round(tmp_path: Path) -> None:
    track = [(0.0, constant(30_000, 100), SAMPLE_RATE)]
    low = [(0.0, constant(-30_000, 100), SAMPLE_RATE)]
    mix_to_wav(tmp_path / "high.wav", [track, track], SAMPLE_RATE)
    mix_to_wav(tmp_path / "low.wav", [low, low], SAMPLE_RATE)
    assert set(mixed(tmp_path / "high.wav")) == {32767}
    assert set(mixed(tmp_path / "low.wav")) == {-32768}


def test_a_voice_at_another_rate_keeps_its_place_and_its_pitch(tmp_path: Path) -> None:
    clip = (32767 * tone(1.0, 22_050)).astype("<i2").tobytes()
    mix_to_wav(tmp_path / "night.wav", [[(1.0, clip, 22_050)]], SAMPLE_RATE)
    heard = mixed(tmp_path / "night.wav")
    assert len(heard) == pytest.approx(2 * SAMPLE_RATE, abs=1)
    assert not heard[:15_900].any()
    assert heard[17_000:31_000] == pytest.approx((32767 * tone(1.0, SAMPLE_RATE))[1_000:15_000], abs=40)


def test_frames_are_resampled_as_one_so_that_no_seam_is_heard(tmp_path: Path) -> None:
    recorded = (32767 * tone(1.0, SAMPLE_RATE)).astype("<i2")
    rng = np.random.default_rng(1)
    frames = [  # live frames: their times wander
        (3.0 + start / SAMPLE_RATE + rng.uniform(0, 0.0005), recorded[start : start + FRAME_SAMPLES].tobytes(), 16_000)
        for start in range(0, 31 * FRAME_SAMPLES, FRAME_SAMPLES)
    ]
    mix_to_wav(tmp_path / "night.wav", [frames], 22_050)
    heard = mixed(tmp_path / "night.wav").astype(float)
    spectrum = np.abs(np.fft.rfft(heard[-20_000:-1_000] * np.hanning(19_000)))
    away = np.abs(np.fft.rfftfreq(19_000, 1 / 22_050) - 440) > 20
    assert spectrum[away].max() < spectrum.max() / 10_000


def test_a_whole_night_is_never_held(tmp_path: Path) -> None:
    def frames() -> Iterator[tuple[float, bytes, int]]:
        for frame in silence(60.0, start=0.0):
            yield frame.at, frame.pcm, SAMPLE_RATE

    late = [(600.0, constant(5, 10), SAMPLE_RATE)]
    mix_to_wav(tmp_path / "first.wav", [[]], SAMPLE_RATE)  # imports what it needs
    tracemalloc.start()
    try:
        mix_to_wav(tmp_path / "night.wav", [frames(), late], SAMPLE_RATE)
        assert tracemalloc.get_traced_memory()[1] < 1_000_000
    finally:
        tracemalloc.stop()
    assert soundfile.info(tmp_path / "night.wav").frames == 600 * SAMPLE_RATE + 10


@pytest.mark.parametrize("times", [(5.0, 1.0), (-1.0,)])
def test_a_track_out_of_time_order_is_an_error_and_leaves_no_file(tmp_path: Path, times: tuple[float, ...]) -> None:
    with pytest.raises(ValueError, match="comes after"):
        mix_to_wav(tmp_path / "night.wav", [[(at, constant(1, 10), SAMPLE_RATE) for at in times]], SAMPLE_RATE)
    assert not list(tmp_path.iterdir())
