"""`lexicon.txt`: written, read back, and refused with the line named."""

from __future__ import annotations

from pathlib import Path

import pytest

from voice_skill.asr.kaldi.lexicon import Entry, read_lexicon, write_lexicon
from voice_skill.errors import ModelError

LEXICON = {
    "either": Entry((("IY", "DH", "ER"), ("AY", "DH", "ER")), 12),
    "leg's": Entry((("L", "EH", "G", "Z"),), 0),
}


def test_a_lexicon_reads_back_equal(tmp_path: Path) -> None:
    write_lexicon(tmp_path / "lexicon.txt", LEXICON)
    assert read_lexicon(tmp_path / "lexicon.txt") == LEXICON


@pytest.mark.parametrize(
    ("line", "fault"),
    [
        ("leg L EH G", r":2: not word, count and sounds between tabs"),
        ("leg\tmany\tL EH G", r":2: not word, count"),
        ("leg\t3\tL EH1 G", r":2: leg: 'EH1' is no sound"),
        ("leg\t3\tSIL", r":2: leg: 'SIL' is no sound"),
        ("leg\t3\t", r":2: leg: no sounds are given"),
    ],
)
def test_a_bad_line_is_named(tmp_path: Path, line: str, fault: str) -> None:
    (tmp_path / "lexicon.txt").write_text(f"calf\t1\tK AE F\n{line}\n")
    with pytest.raises(ModelError, match=fault):
        read_lexicon(tmp_path / "lexicon.txt")


def test_a_model_without_a_lexicon_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"lexicon\.txt: No such file"):
        read_lexicon(tmp_path / "lexicon.txt")
