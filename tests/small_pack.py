"""Recorded speech as small as it can be, and synthesisers that all say one word, to measure and tune with."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

import soundfile

SPEECH = Path(__file__).parent / "data" / "speech"
RECORDINGS = (
    ("stop.espeak-f4.ogg", "speech_commands", "stop"),
    ("kind_of.espeak-f4.ogg", "speech_commands", "bed"),
    ("no.flite-rms.ogg", "speech_commands", "no"),
    ("oov_the_kitchen_smells_like_fresh_bread.espeak-m6.ogg", "minilibri", "the kitchen smells like fresh bread"),
)
"""File, corpus and what stands in the manifest: a word of the ten, another, a word of the ten, and a sentence."""
_SAY = """\
#!/bin/sh
while [ $# -gt 0 ]; do
    case $1 in
    -w | -o) cp {word} "$2" ;;
    --batch) sed -n 's/.*") "\\(.*\\)" .riff.*/\\1/p' "$2" | while read -r file; do cp {word} "$file"; done ;;
    esac
    shift
done
"""


@dataclass(frozen=True, slots=True)
class Pack:
    """Where it is."""

    folder: Path
    work: Path
    programs: Path
    """The folder of the synthesisers."""

    @property
    def search_path(self) -> str:
        """For PATH, so that these synthesisers are found first."""
        return f"{self.programs}{os.pathsep}{os.environ['PATH']}"


def small_pack(folder: Path) -> Pack:
    """Make one in `folder`. Its espeak-ng, flite and festival say "yes" to everything."""
    pack = Pack(folder / "pack", folder / "work", folder / "programs")
    pack.folder.mkdir()
    pack.programs.mkdir()
    columns = "path corpus speaker duration transcript licence split".split()
    rows = [(str(SPEECH / name), corpus, "someone", "1.5", text, "CC0", "dev") for name, corpus, text in RECORDINGS]
    (pack.folder / "manifest.tsv").write_text("".join("\t".join(row) + "\n" for row in (columns, *rows)))
    word = folder / "yes.wav"
    soundfile.write(word, *soundfile.read(SPEECH / "yes.espeak-f4.ogg"))
    for name in ("espeak-ng", "flite", "festival"):
        (pack.programs / name).write_text(_SAY.format(word=word))
        (pack.programs / name).chmod(0o755)
    return pack
