"""Teach a model words and whole phrases: its graph is built anew in seconds; the network stays as it is."""

from __future__ import annotations

import os
import re
import shutil
import tempfile
from collections.abc import Iterable, Mapping
from pathlib import Path

from voice_skill.asr.kaldi.graph import read_filler, write_graph
from voice_skill.asr.kaldi.lexicon import (
    Entry,
    Lexicon,
    Pronunciation,
    check_pronunciation,
    read_lexicon,
    write_lexicon,
)
from voice_skill.asr.kaldi.nnet import renew_transitions
from voice_skill.asr.kaldi.pronounce import guess
from voice_skill.asr.model import verify_model, write_checksums
from voice_skill.errors import ModelError

__all__ = ["FILLER", "LEXICON", "PHRASES", "add_words", "read_phrases", "set_phrases"]

LEXICON = "lexicon.txt"
FILLER = "filler.json"
PHRASES = "phrases.txt"
"""The phrases that the graph knows as wholes, one a line."""
_WORD = re.compile(r"[a-z]+([-'][a-z]+)*'?")


def add_words(
    model: Path,
    words: Iterable[str],
    pronunciations: Mapping[str, Iterable[Pronunciation]] | None = None,
    out: Path | None = None,
) -> Lexicon:
    """Add `words`, and the words of `pronunciations` said in those ways, to a model that has a `lexicon.txt`.

    The changed model replaces `model`, or is written to the new folder `out`. A word without a given pronunciation
    is said as the lexicon has it, or else as espeak-ng would say it. Returns the entries of all the words asked for.

    Raises `ModelError`, and changes nothing, for a text that is no single word, a word that nobody knows how to say,
    a sound that is none, and a model or an `out` that cannot be used.
    """
    verify_model(model)
    if out is not None and out.exists():
        raise ModelError(f"{out} is there already", "name a new folder")
    lexicon = read_lexicon(model / LEXICON)
    given = {word.lower(): tuple(sounds) for word, sounds in (pronunciations or {}).items()}
    asked = list(dict.fromkeys([*(word.lower() for word in words), *given]))
    for word in asked:
        lexicon[word] = _entry(word, lexicon.get(word), given.get(word, ()))
    _write_changed(model, lexicon, read_phrases(model), out or model)
    return {word: lexicon[word] for word in asked}


def set_phrases(model: Path, phrases: Iterable[str], out: Path | None = None) -> list[str]:
    """Let `model` know `phrases` as wholes, instead of those that it knew so. The changed model replaces `model`, or is
    written to the new folder `out`. Returns them: those of two words or more, once each, sorted.

    Raises `ModelError`, and changes nothing, for a word that the model does not know, and a model or an `out` that
    cannot be used.
    """
    verify_model(model)
    if out is not None and out.exists():
        raise ModelError(f"{out} is there already", "name a new folder")
    several = sorted({" ".join(phrase.split()) for phrase in phrases if len(phrase.split()) > 1})
    _write_changed(model, read_lexicon(model / LEXICON), several, out or model)
    return several


def read_phrases(model: Path) -> list[str]:
    """The phrases that the model's graph knows as wholes."""
    file = model / PHRASES
    return file.read_text(encoding="utf-8").splitlines() if file.is_file() else []


def _entry(word: str, known: Entry | None, given: tuple[Pronunciation, ...]) -> Entry:
    if not _WORD.fullmatch(word):
        raise ModelError(
            f"{word!r} is no single word", "use letters a to z, apostrophes and hyphens; spell out numbers"
        )
    for sounds in given:
        check_pronunciation(word, sounds)
    old = known.pronunciations if known else ()
    spoken = tuple(dict.fromkeys((*old, *given)))
    if not spoken:
        guessed = guess(word)
        if not guessed:
            raise ModelError(f"nobody knows how to say {word!r}", f'say how, for example: --say "{word}=K AE T"')
        spoken = (guessed,)
    return Entry(spoken, known.count if known else 0)


def _write_changed(model: Path, lexicon: Lexicon, phrases: list[str], target: Path) -> None:
    """Build the changed model beside `target`, then put it in place by renaming: it is never half there."""
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=f".{target.name}.", dir=target.parent) as scratch:
            new = Path(scratch) / "new"
            shutil.copytree(model, new)
            renew_transitions(new / "am" / "final.mdl")
            write_graph(new / "graph", lexicon, read_filler(new / FILLER), phrases)
            write_lexicon(new / LEXICON, lexicon)
            (new / PHRASES).write_text("".join(f"{phrase}\n" for phrase in phrases), encoding="utf-8")
            write_checksums(new)
            if target.exists():
                old = Path(scratch) / "old"
                target.rename(old)
                try:
                    new.rename(target)
                except OSError:
                    old.rename(target)
                    raise
            else:
                new.rename(target)
    except OSError as error:
        place = error.filename or os.fspath(target)
        raise ModelError(f"{place}: {error.strerror}", "check the folder's permissions, or write to another") from error
