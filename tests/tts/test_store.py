from __future__ import annotations

import logging
import resource
import wave
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from voice_skill.errors import SpeechError, StorageError
from voice_skill.tts.fake import ScriptedVoice
from voice_skill.tts.store import PromptStore
from voice_skill.tts.tone import TONE, tone


@contextmanager
def full_disk() -> Iterator[None]:
    """No file of this process may grow beyond 1,000 bytes: writing fails as it does on a full disk.

    Held for no longer than needed: pytest's own output may go to a file.
    """
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1_000, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def quietly(_done: int, _total: int) -> None:
    """No progress bar."""


def only_file(folder: Path) -> Path:
    (path,) = folder.iterdir()
    return path


def test_a_sentence_is_rendered_once_and_outlives_the_session(tmp_path: Path) -> None:
    first = ScriptedVoice()
    store = PromptStore(first, tmp_path / "new" / "cache")
    clip = store.get("Breathe out.", 150)
    assert store.get("Breathe out.", 150) is clip
    assert first.rendered == [("Breathe out.", 150)]
    assert clip.seconds == pytest.approx(0.8)

    second = ScriptedVoice()
    assert PromptStore(second, tmp_path / "new" / "cache").get("Breathe out.", 150) == clip
    assert second.rendered == []


def test_text_rate_and_voice_are_told_apart(tmp_path: Path) -> None:
    one, other = ScriptedVoice("one"), ScriptedVoice("other")
    for voice, text, rate in [(one, "Hold.", 150), (one, "Hold.", 130), (one, "Hold", 150), (other, "Hold.", 150)]:
        PromptStore(voice, tmp_path).get(text, rate)
    assert (len(one.rendered), len(other.rendered)) == (3, 1)
    assert len(list(tmp_path.iterdir())) == 4


def cut_short(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-100])


def emptied(path: Path) -> None:
    path.write_bytes(b"")


def other_rate(path: Path) -> None:
    pcm = path.read_bytes()[44:]
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(16_000)
        file.writeframes(pcm)


def silenced(path: Path) -> None:
    data = path.read_bytes()
    path.write_bytes(data[:44] + bytes(len(data) - 44))


def no_wav(path: Path) -> None:
    path.write_bytes(b"x" * 5_000)


def gone(path: Path) -> None:
    path.unlink()


@pytest.mark.parametrize("damage", [cut_short, emptied, other_rate, silenced, no_wav, gone])
def test_a_damaged_file_is_rendered_again_and_mended(tmp_path: Path, damage: Callable[[Path], None]) -> None:
    clip = PromptStore(ScriptedVoice(), tmp_path).get("Let go.", 150)
    damage(only_file(tmp_path))

    again = ScriptedVoice()
    assert PromptStore(again, tmp_path).get("Let go.", 150) == clip
    assert again.rendered == [("Let go.", 150)]

    last = ScriptedVoice()
    assert PromptStore(last, tmp_path).get("Let go.", 150) == clip
    assert last.rendered == []


def test_the_tone_is_not_spoken(tmp_path: Path) -> None:
    voice = ScriptedVoice()
    store = PromptStore(voice, tmp_path)
    assert store.get(TONE, 150) == tone()
    store.prepare([(TONE, 150)], quietly)
    assert voice.rendered == []


def test_prepare_renders_every_prompt_once_and_tells_how_far_it_is(tmp_path: Path) -> None:
    voice = ScriptedVoice()
    seen: list[tuple[int, int]] = []
    PromptStore(voice, tmp_path).prepare(
        [("One.", 150), ("Two.", 150), ("One.", 150)], lambda done, total: seen.append((done, total))
    )
    assert voice.rendered == [("One.", 150), ("Two.", 150)]
    assert seen == [(0, 2), (1, 2), (2, 2)]

    PromptStore(voice, tmp_path).prepare([("One.", 150), ("Two.", 150)], quietly)
    assert len(voice.rendered) == 2


def test_prepare_stops_at_a_prompt_that_cannot_be_spoken(tmp_path: Path) -> None:
    voice = ScriptedVoice(fails_on={"Two."})
    with pytest.raises(SpeechError, match="Two"):
        PromptStore(voice, tmp_path).prepare([("One.", 150), ("Two.", 150)], quietly)


def test_a_folder_that_cannot_be_written_is_refused_at_once(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(StorageError, match="file/cache") as caught:
        PromptStore(ScriptedVoice(), tmp_path / "file" / "cache")
    assert "charley.yaml" in caught.value.cure


def test_prepare_on_a_full_disk_is_an_error_and_leaves_no_half_file(tmp_path: Path) -> None:
    store = PromptStore(ScriptedVoice(), tmp_path)
    with full_disk(), pytest.raises(StorageError, match=str(tmp_path)):
        store.prepare([("One.", 150)], quietly)
    assert list(tmp_path.iterdir()) == []


def test_in_a_session_a_full_disk_costs_one_warning_and_no_word(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    voice = ScriptedVoice()
    store = PromptStore(voice, tmp_path)
    with caplog.at_level(logging.WARNING), full_disk():
        clips = [store.get(text, 150) for text in ("One.", "Two.", "One.")]
    assert all(clip.seconds == pytest.approx(0.4) for clip in clips)
    assert voice.rendered == [("One.", 150), ("Two.", 150)]
    assert len(caplog.records) == 1
    assert str(tmp_path) in caplog.text
    assert list(tmp_path.iterdir()) == []


def test_without_a_folder_clips_stay_in_memory() -> None:
    voice = ScriptedVoice()
    store = PromptStore(voice, None)
    store.prepare([("One.", 150)], quietly)
    store.get("One.", 150)
    assert voice.rendered == [("One.", 150)]
