"""The synthetic callers. None of these voices may be used to train the speech model.

They need Debian's espeak-ng, flite, festival, festvox-kdlpc16k and festvox-us-slt-hts; only making recordings does.
"""

from __future__ import annotations

import subprocess
import tempfile
from pathlib import Path

import numpy as np
import soxr
from numpy.typing import NDArray

from voice_skill.audio.files import read_pcm

__all__ = ["VOICES", "speak"]

VOICES = {
    "f4": ("espeak-ng", "en-us+f4"),
    "m6": ("espeak-ng", "en-us+m6"),
    "gb": ("espeak-ng", "en-gb-x-gbcwmd+m8"),
    "rms": ("flite", "rms"),
    "ked": ("festival", "ked_diphone"),
    "slt": ("festival", "cmu_us_slt_arctic_hts"),
}
LEVEL = 0.25
"""Peak of a caller's voice, of full scale: someone a metre from the microphone."""


def speak(voice: str, text: str, *, rate: float = 1.0) -> NDArray[np.int16]:
    """`text` in one of `VOICES`, 16 kHz mono. `rate` above 1 is faster."""
    engine, name = VOICES[voice]
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "said.wav"
        subprocess.run(_command(engine, name, text, out, rate), input=text.encode(), check=True, capture_output=True)
        samples = np.frombuffer(read_pcm(out), "<i2").astype(np.float32)
    loud = np.flatnonzero(np.abs(samples) > 200)
    samples = samples[loud[0] : loud[-1] + 1]
    return np.asarray(samples / np.abs(samples).max() * LEVEL * 32767, dtype=np.int16)


def _command(engine: str, name: str, text: str, out: Path, rate: float) -> list[str]:
    match engine:
        case "espeak-ng":
            return [engine, "-v", name, "-s", str(round(155 * rate)), "-w", str(out), text]
        case "flite":
            return [engine, "-voice", name, "--setf", f"duration_stretch={1 / rate:.2f}", "-t", text, "-o", str(out)]
        case _:
            stretch = f"(Parameter.set 'Duration_Stretch {1 / rate:.2f})"
            return ["text2wave", "-eval", f"(voice_{name})", "-eval", stretch, "-o", str(out)]


def resampled(samples: NDArray[np.float32], factor: float) -> NDArray[np.float32]:
    """Samples played `factor` times as fast, pitch and all."""
    return np.asarray(soxr.resample(samples, 16_000 * factor, 16_000), np.float32)
