"""From a folder of YAML files to the dialogs, checked: shape first, then meaning, every problem with file and line."""

from __future__ import annotations

import hashlib
from itertools import chain
from pathlib import Path
from typing import NamedTuple, TypeVar

from voice_skill.config import bundled
from voice_skill.dialog.model import Dialogs
from voice_skill.errors import DialogError
from voice_skill.loading.build import build
from voice_skill.loading.check import find_problems, problems
from voice_skill.loading.form import answers_form, dialog_form, everywhere_form, questions_form
from voice_skill.loading.phrases import echo_risks, missing_words
from voice_skill.loading.places import ANSWERS, EVERYWHERE, PHRASES, QUESTIONS, REGIONS, Places, in_order
from voice_skill.loading.shapes import (
    AnswersFile,
    DialogFile,
    EverywhereFile,
    PhrasesFile,
    QuestionsFile,
    RegionsFile,
    shaper,
)
from voice_skill.loading.templates import renumber, template_problems
from voice_skill.strict_yaml import Marks, read

__all__ = ["Loaded", "echo_risks", "find_problems", "load_dialogs", "missing_words", "read_dialogs"]

T = TypeVar("T")


class Loaded(NamedTuple):
    """The dialogs, and where everything in them is written."""

    dialogs: Dialogs
    places: Places


def load_dialogs(folder: Path | None = None) -> Dialogs:
    """The dialogs in `folder`, by default the shipped ones, wholly checked.

    Raises `DialogError` with every problem of every file, sorted by file and line, and `StorageError` if a file
    cannot be read. A dialog file that is broken in its shape is left out while the meaning of the others is checked;
    if one of the common files is, nothing can be said about meaning.
    """
    return read_dialogs(folder).dialogs


def read_dialogs(folder: Path | None = None, vocabulary: frozenset[str] | None = None) -> Loaded:
    """As `load_dialogs`, with the lines. Given a speech model's `vocabulary`, its gaps are problems too."""
    files = _Files(folder or bundled("dialogs"))
    everywhere = files.common(EVERYWHERE, EverywhereFile)
    questions = files.common(QUESTIONS, QuestionsFile)
    phrases = files.common(PHRASES, PhrasesFile)
    regions = files.common(REGIONS, RegionsFile)
    answers = files.common(ANSWERS, AnswersFile) if ANSWERS in files.paths else AnswersFile()
    dialogs = {name: file for name in files.others() if (file := files.shape(name, DialogFile))}
    places = Places(files.marks)
    forms = [dialog_form(name, file) for name, file in dialogs.items()]
    forms += [template_problems(phrases.phrases)] if phrases else []
    if everywhere is None or questions is None or phrases is None or regions is None or answers is None:
        raise DialogError(in_order([*files.problems, *places.show(chain(*forms))]))
    forms += [everywhere_form(everywhere), questions_form(questions), answers_form(answers, questions)]
    form = [*chain(*forms)]
    if any(problem.file == PHRASES for problem in form):
        raise DialogError(in_order([*files.problems, *places.show(form)]))
    made = build(dialogs, everywhere, questions, phrases, regions, answers, files.version())
    files.marks[PHRASES] = renumber(phrases.phrases, files.marks[PHRASES])
    absent = frozenset(files.others()) - set(dialogs)
    found = [*files.problems, *places.show([*form, *problems(made, absent, sound=not form)])]
    if vocabulary is not None:
        found += missing_words(made, vocabulary, places)
    if found:
        raise DialogError(in_order(found))
    return Loaded(made, places)


class _Files:
    """The YAML files of one folder, read one by one; what is wrong with them is gathered."""

    def __init__(self, folder: Path) -> None:
        here = Path.cwd()
        self.folder = folder = folder.relative_to(here) if folder.is_relative_to(here) else folder
        self.paths = {path.stem: path for path in sorted(folder.glob("*.yaml"))}
        self.marks: dict[str, Marks] = {}
        self.problems: list[str] = []
        self.shaper = shaper()

    def others(self) -> list[str]:
        """The names of the files that are dialogs."""
        return [name for name in self.paths if name not in (ANSWERS, EVERYWHERE, QUESTIONS, PHRASES, REGIONS)]

    def common(self, name: str, kind: type[T]) -> T | None:
        """A file that must be there."""
        if name not in self.paths:
            self.problems.append(f"{self.folder / name}.yaml:1: is missing; a folder of dialogs needs this file")
            return None
        return self.shape(name, kind)

    def shape(self, name: str, kind: type[T]) -> T | None:
        """A file in its shape; None if it is broken."""
        try:
            data, marks = read(self.paths[name])
            self.marks[name] = marks
            return self.shaper.structure(data, marks, kind)
        except DialogError as error:
            self.problems += error.problems
            return None

    def version(self) -> str:
        """What tells one content from another: a digest of all files."""
        digest = hashlib.sha256()
        for name, path in self.paths.items():
            digest.update(name.encode() + b"\0" + path.read_bytes() + b"\0")
        return digest.hexdigest()[:12]
