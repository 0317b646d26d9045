"""Synthetic speech: Charley's phrases spoken by the voices of espeak-ng, flite and festival.

Some voices train; the ones in `HELD_OUT` never do and only measure. Every clip is a 16 kHz FLAC file under
`<folder>/<voice>/<phrase number>.flac`, so a run that was interrupted goes on where it stopped.
"""

from __future__ import annotations

import random
import shutil
import subprocess
import tempfile
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import soundfile
import soxr

from scripts.train.errors import TrainingError
from scripts.train.files import whole_file

__all__ = ["HELD_OUT", "MORE", "OWN_VOICE", "TRAINING", "Clip", "Voice", "clips_for", "synthesise"]


@dataclass(frozen=True, slots=True)
class Voice:
    """One voice of one synthesiser."""

    engine: str
    name: str
    share: float = 1.0
    """The part of all phrases that this voice says."""

    @property
    def folder(self) -> str:
        return f"{self.engine}_{self.name}".replace("+", "_")


@dataclass(frozen=True, slots=True)
class Clip:
    """One phrase said by one voice."""

    voice: Voice
    text: str
    path: Path
    wild: bool = False
    """Said at any pace and pitch that the voice has, not only at an everyday one."""

    @property
    def chance(self) -> random.Random:
        """Pace and pitch are drawn from this: the same on every run."""
        return random.Random(f"{self.voice.folder} {self.text}{' wild' if self.wild else ''}")


_ESPEAK_TRAINING = """
    en-us en-us+f1 en-us+f2 en-us+f3 en-us+f5 en-us+m1 en-us+m2 en-us+m3 en-us+m4 en-us+m7 en-us+klatt2 en-us+croak
    en-us+whisper en-us+whisperf en-us+Andy en-us+Alicia en-us+linda en-us+grandma en-us+boris en-us-nyc en-us-nyc+f2
    en-gb en-gb+f1 en-gb+f2 en-gb+m5 en-gb+Annie en-gb-scotland en-gb-scotland+f1 en-gb-scotland+m3 en-gb-x-rp+m7
    en-gb-x-rp+f5 en-gb-x-gbclan en-gb-x-gbclan+f3 en-029 en-029+f2
""".split()

TRAINING = [
    *(Voice("espeak", name, share=0.3) for name in _ESPEAK_TRAINING),
    *(Voice("flite", name) for name in ("kal16", "awb", "slt")),
    Voice("festival", "kal_diphone"),
]

_MORE_VARIANTS = """
    adam Alex Andrea Denis Diogo Gene Gene2 Henrique Hugo Jacky Lee Marco Mario Michael Mike Nguyen antonio aunty
    belinda benjamin caleb david ed edward gustave iven iven3 john kaukovalta marcelo max michel miguel norbert pablo
    paul pedro quincy rob robert sandro shelby steph steph3 travis victor zac anika grandpa klatt klatt3 klatt4 klatt5
    klatt6 AnxiousAndy
""".split()
_ACCENTS = ("en-us", "en-gb", "en-us", "en-gb-scotland", "en-us-nyc", "en-gb-x-rp", "en-029", "en-gb-x-gbclan")

MORE = [
    *(
        Voice("espeak", f"{_ACCENTS[number % len(_ACCENTS)]}+{variant}", share=0.12)
        for number, variant in enumerate(_MORE_VARIANTS)
    ),
    *(Voice(voice.engine, voice.name, share=0.05 if voice.engine == "espeak" else 0.5) for voice in TRAINING),
]
"""For what the dialogs listen for, which is much: many voices say a little each."""

OWN_VOICE = Voice("espeak", "en-gb")
"""Much like the one that Charley speaks with."""

HELD_OUT = [
    Voice("espeak", "en-us+f4"),
    Voice("espeak", "en-us+m6"),
    Voice("espeak", "en-gb-x-gbcwmd+m8"),
    Voice("flite", "rms"),
    Voice("festival", "ked_diphone"),
    Voice("festival", "cmu_us_slt_arctic_hts"),
]

_PROGRAMS = {"espeak": "espeak-ng", "flite": "flite", "festival": "festival"}
_FESTIVAL_BATCH = 40


def clips_for(
    voices: list[Voice], phrases: list[str], folder: Path, *, wild: bool = False, share: float = 1.0
) -> list[Clip]:
    """Which voice says what, `share` of its usual part. The choice is the same on every run."""
    clips = []
    for voice in voices:
        chance = random.Random(f"{voice.folder} chooses")
        clips += [
            Clip(voice, text, folder / voice.folder / f"{number:04d}.flac", wild)
            for number, text in enumerate(phrases)
            if chance.random() < voice.share * share
        ]
    return clips


def synthesise(clips: list[Clip], workers: int = 2) -> None:
    """Speak the clips that are not there yet.

    Raises `TrainingError` if a synthesiser is not installed or says nothing.
    """
    missing = [clip for clip in clips if not clip.path.exists()]
    for engine in {clip.voice.engine for clip in missing}:
        if shutil.which(_PROGRAMS[engine]) is None:
            raise TrainingError(f"{_PROGRAMS[engine]} is not installed", "apt-get install espeak-ng flite festival")
    batches = [[clip] for clip in missing if clip.voice.engine != "festival"]
    festival = [clip for clip in missing if clip.voice.engine == "festival"]
    batches += [festival[start : start + _FESTIVAL_BATCH] for start in range(0, len(festival), _FESTIVAL_BATCH)]
    with ThreadPoolExecutor(workers) as pool:
        for done in pool.map(_speak, batches):
            for path in done:
                if not path.exists():
                    raise TrainingError(f"{path}: nothing was said", "try the same text by hand")


def _speak(batch: list[Clip]) -> list[Path]:
    with tempfile.TemporaryDirectory() as scratch:
        raw = [Path(scratch) / f"{number}.wav" for number in range(len(batch))]
        {"espeak": _espeak, "flite": _flite, "festival": _festival}[batch[0].voice.engine](batch, raw)
        for clip, source in zip(batch, raw, strict=True):
            samples, rate = soundfile.read(source, dtype="float32")
            samples = soxr.resample(samples, rate, 16000) if rate != 16000 else samples
            with whole_file(clip.path) as temporary:
                soundfile.write(temporary, np.clip(samples, -1, 1), 16000, format="FLAC", subtype="PCM_16")
    return [clip.path for clip in batch]


def _espeak(batch: list[Clip], raw: list[Path]) -> None:
    for clip, target in zip(batch, raw, strict=True):
        speed = str(clip.chance.randint(*((90, 270) if clip.wild else (120, 195))))
        pitch = str(clip.chance.randint(*((0, 99) if clip.wild else (25, 75))))
        _run(["espeak-ng", "-v", clip.voice.name, "-s", speed, "-p", pitch, "-w", str(target), clip.text])


def _flite(batch: list[Clip], raw: list[Path]) -> None:
    for clip, target in zip(batch, raw, strict=True):
        pitch = clip.chance.randint(160, 205) if clip.voice.name == "slt" else clip.chance.randint(88, 132)
        pitch = int(pitch * clip.chance.uniform(0.8, 1.7)) if clip.wild else pitch
        stretch = f"duration_stretch={clip.chance.uniform(*((0.65, 1.5) if clip.wild else (0.82, 1.25))):.2f}"
        settings = ["--setf", stretch, "--setf", f"int_f0_target_mean={pitch}"]
        _run(["flite", "-voice", clip.voice.name, *settings, "-t", clip.text, "-o", str(target)])


def _festival(batch: list[Clip], raw: list[Path]) -> None:
    script = []
    for clip, target in zip(batch, raw, strict=True):
        stretch = clip.chance.uniform(*((0.65, 1.4) if clip.wild else (0.85, 1.2)))
        script += [
            f"(voice_{clip.voice.name})",
            f"(Parameter.set 'Duration_Stretch {stretch:.2f})",
            f'(utt.save.wave (SynthText "{clip.text}") "{target}" \'riff)',
        ]
    commands = raw[0].with_suffix(".scm")
    commands.write_text("\n".join(script) + "\n")
    _run(["festival", "--batch", str(commands)])


def _run(command: list[str]) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise TrainingError(f"{' '.join(command[:4])} failed: {done.stderr.strip()}", "try the command by hand")
