"""What a round of training sees."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from scripts.train.store import write_store
from scripts.train.train import Settings, Trainer
from voice_skill.asr.kaldi.phones import SILENCE


def test_some_speech_is_heard_through_a_wall_as_silence(tmp_path: Path) -> None:
    sound = np.full((120, 40), 10, np.float32)
    write_store(tmp_path, "people-1", [(sound, "stop", "speech_commands")] * 400)
    write_store(tmp_path, "noise", [(sound, "", "made")])
    trainer = Trainer(tmp_path, Settings(minutes=1), lambda _: [["S", "T", "AA", "P"]])
    seen = [one for batch in trainer.batches() for one in batch if one.utterance.words]
    silent = [one for one in seen if set(one.paths.phones) == {SILENCE}]
    assert 0 < len(silent) < len(seen) / 5
    assert all(one.muffled for one in silent)
    assert not any(one.muffled for one in seen if one not in silent)
