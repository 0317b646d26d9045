"""The real synthesiser, as pip installs it."""

from __future__ import annotations

import re
import subprocess
import sys
import threading
from collections import defaultdict
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from voice_skill.errors import SpeechError
from voice_skill.tts.port import Clip
from voice_skill.tts.pyttsx3_voice import Pyttsx3Voice

ROOT = Path(__file__).parents[2]
TEXTS = ("Five.", "And let go. Slowly.", "Is one leg swollen, red, or hotter than the other leg?", "Breathe in…")


@pytest.fixture(scope="module")
def voice() -> Iterator[Pyttsx3Voice]:
    voice = Pyttsx3Voice("gmw/en-us")
    yield voice
    voice.close()


def in_a_new_process(code: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=False, cwd=ROOT
    )


def test_of_two_hundred_renders_by_two_voices_at_once_none_is_wrong(voice: Pyttsx3Voice) -> None:
    other = Pyttsx3Voice("gmw/en-us+f4")
    lengths: dict[tuple[str, str, int], list[float]] = defaultdict(list)

    def render(job: tuple[Pyttsx3Voice, int]) -> None:
        speaker, number = job
        text, rate = TEXTS[number % 4], (115, 150, 185)[number % 3]
        lengths[speaker.name, text, rate].append(speaker.render(text, rate).seconds)

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(render, [(speaker, number) for number in range(100) for speaker in (voice, other)]))
    other.close()

    assert sum(map(len, lengths.values())) == 200
    for (name, text, rate), seconds in lengths.items():
        assert max(seconds) / min(seconds) < 1.03, (name, text, rate)
        assert lengths[name, text, 115][0] > lengths[name, text, 150][0] > lengths[name, text, 185][0]


def test_a_clip_is_speech_with_ten_milliseconds_before_and_thirty_after(voice: Pyttsx3Voice) -> None:
    clip = voice.render("Hold.", 150)
    loud = np.flatnonzero(np.abs(np.frombuffer(clip.pcm, "<i2").astype(int)) > 32)
    assert clip.rate == 22_050
    assert loud[0] == 220
    assert clip.samples - 1 - loud[-1] == 662
    assert 0.3 < clip.seconds < 0.8
    assert np.abs(np.frombuffer(clip.pcm, "<i2").astype(int)).max() > 10_000


def test_espeak_is_not_told_to_read_beyond_the_end_of_the_text() -> None:
    done = in_a_new_process(
        "from voice_skill.tts.pyttsx3_voice import Pyttsx3Voice\n"
        "voice = Pyttsx3Voice('gmw/en-us')\n"
        "voice.render('Hold.', 150)\n"
        "from pyttsx3.drivers import _espeak\n"
        "synth, beyond = _espeak.cSynth, []\n"
        "def measured(text, size, *rest):\n"
        "    beyond.append(size - len(text) - 1)\n"
        "    return synth(text, size, *rest)\n"
        "_espeak.cSynth = measured\n"
        "voice.render('And let go. Slowly.', 115)\n"
        "print(sorted(set(beyond)))\n"
    )
    assert (done.stdout, done.stderr) == ("[0]\n", "")


def test_the_first_render_of_a_new_process_is_right_and_stdout_stays_clean(voice: Pyttsx3Voice) -> None:
    done = in_a_new_process(
        "from voice_skill.tts.pyttsx3_voice import Pyttsx3Voice\n"
        "takes, take = [], Pyttsx3Voice._take\n"
        "Pyttsx3Voice._take = lambda *args: takes.append(args) or take(*args)\n"
        "voice = Pyttsx3Voice('gmw/en-us')\n"
        "print(voice.render('And let go. Slowly.', 115).seconds, len(takes))\n"
    )
    assert done.stderr == ""
    seconds, takes = done.stdout.split()
    assert float(seconds) == pytest.approx(voice.render("And let go. Slowly.", 115).seconds, rel=0.01)
    assert takes == "2"  # both were right


@pytest.mark.parametrize("name", ["no-such-voice", "gmw/en-us+no-such-variant", "mb-en1"])
def test_an_unknown_voice_is_refused_with_the_names_of_others(name: str) -> None:
    unknown = Pyttsx3Voice(name)
    with pytest.raises(SpeechError, match=re.escape(repr(name))) as caught:
        unknown.render("Hold.", 150)
    unknown.close()
    assert "gmw/en-us" in caught.value.cure


@pytest.mark.parametrize("name", re.findall(r"\S+?(?=[,)])", "gmw/en-us, gmw/en, gmw/en-gb-x-rp, gmw/en-us+f4, en-us)"))
def test_every_voice_that_is_recommended_works(name: str) -> None:
    voice = Pyttsx3Voice(name)
    assert voice.render("Hold.", 150).seconds > 0.2
    voice.close()


@pytest.mark.parametrize(
    ("text", "rate", "message"),
    [
        ("", 150, "nothing to say"),
        ("…?!", 150, "nothing to say"),
        ("caf\udce9", 150, "not text"),
        ("word " * 201, 150, "too many"),
        ("Hold.", 79, "79 words a minute"),
        ("Hold.", 451, "451 words a minute"),
    ],
)
def test_what_cannot_be_spoken_is_refused(voice: Pyttsx3Voice, text: str, rate: int, message: str) -> None:
    with pytest.raises(SpeechError, match=message):
        voice.render(text, rate)


def test_a_render_at_a_lost_rate_is_done_again(voice: Pyttsx3Voice, monkeypatch: pytest.MonkeyPatch) -> None:
    right = voice.render("Halfway.", 150)
    take = Pyttsx3Voice._take
    rates = iter((200, 150, 200, 150, 150))
    monkeypatch.setattr(Pyttsx3Voice, "_take", lambda self, text, _rate: take(self, text, next(rates)))
    assert voice.render("Halfway.", 150).seconds == pytest.approx(right.seconds, rel=0.02)
    assert next(rates, None) is None


def half(pcm: bytes) -> bytes:
    return pcm[: len(pcm) // 40 * 2]


@pytest.mark.parametrize(
    ("spoil", "fault"),
    [(lambda pcm: bytes(len(pcm)), "only silence"), (half, "came out"), (lambda pcm: pcm * 20, "came out")],
    ids=["silent", "cut off", "far too long"],
)
def test_a_voice_that_stays_wrong_is_an_error_that_names_the_text(
    voice: Pyttsx3Voice, monkeypatch: pytest.MonkeyPatch, spoil: object, fault: str
) -> None:
    take = Pyttsx3Voice._take
    monkeypatch.setattr(Pyttsx3Voice, "_take", lambda *args: spoil(take(*args)))  # type: ignore[operator]
    with pytest.raises(SpeechError, match=f"'Thirty seconds.'.*{fault}"):
        voice.render("Thirty seconds.", 150)


def test_missing_voice_data_is_an_error_and_does_not_end_the_process(tmp_path: Path) -> None:
    done = in_a_new_process(
        "import espeakng_loader\n"
        "from voice_skill.errors import SpeechError\n"
        "from voice_skill.tts.pyttsx3_voice import Pyttsx3Voice\n"
        f"espeakng_loader.__file__ = {str(tmp_path / '__init__.py')!r}\n"
        "try:\n"
        "    Pyttsx3Voice().render('Hold.', 150)\n"
        "except SpeechError as error:\n"
        "    print(error)\n"
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert "lacks phontab" in done.stdout


def test_the_name_tells_voices_and_versions_apart() -> None:
    assert Pyttsx3Voice("gmw/en").name != Pyttsx3Voice("gmw/en-us").name
    assert re.search(r"pyttsx3 2\.\d+, espeakng-loader 0\.\d", Pyttsx3Voice("gmw/en").name)


def test_a_clip_knows_its_length() -> None:
    assert Clip(bytes(44_100)).seconds == 1.0


def test_an_engine_that_hangs_is_an_error_and_not_a_silence_without_end(monkeypatch: pytest.MonkeyPatch) -> None:
    released = threading.Event()

    def hang(*_: object) -> bytes:
        released.wait()
        return b""

    monkeypatch.setattr(Pyttsx3Voice, "_take", hang)
    monkeypatch.setattr("voice_skill.tts.pyttsx3_voice._HUNG_SECONDS", 0.05)
    stuck = Pyttsx3Voice()
    with pytest.raises(SpeechError, match="hangs at 'Hold"):
        stuck.render("Hold.", 150)
    released.set()
    stuck.close()
