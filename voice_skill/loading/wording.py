"""What Charley may not say, and how long a sentence may be (clinical.md 3.3, 5.1; properties P13, P27, P28)."""

from __future__ import annotations

import re
from collections.abc import Iterator

from voice_skill.dialog.model import Dialogs
from voice_skill.dialog.texts import PLACEHOLDERS, counted, in_words
from voice_skill.loading.places import EVERYWHERE, QUESTIONS, Problem, Text, texts

__all__ = ["SHORT", "URGENT_DIALOGS", "wording_problems"]

URGENT_DIALOGS = ("acute_relief", "red_flag_screen", "emergency", "urgent_advice")
"""Dialogs for someone in pain or danger."""
SHORT, LONG = 12, 15
"""Words in a sentence: at most 12 in those dialogs and wherever the engine speaks, at most 15 elsewhere (P27). A
telephone number, whatever it is, counts as one."""

_DIGIT_WORDS = ("zero", "oh", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
_VALUES = {"zero": 0, "oh": 0} | {word: value for value, word in enumerate(_DIGIT_WORDS[2:], start=1)}
_DIGIT_RUN = re.compile(rf"\b(?:{'|'.join(_DIGIT_WORDS)})(?:[\s,-]+(?:{'|'.join(_DIGIT_WORDS)})\b){{2,}}")
_MULTIPLE = re.compile(rf"\b(?:double|triple)[\s-]+(?:{'|'.join(_DIGIT_WORDS)})\b")
_CANNOT = re.compile(r"\b(?:can't|cannot)\b")
_NOT_ELSE = re.compile(r"\b(?:any|some|every|no)\w+ else\b|\bwhat else\b")
_IF_ELSE = re.compile(r"\bif\b.*\b(?:else|otherwise)\b")
_FORBIDDEN = (
    (re.compile(r"\byou(?:'re| are) fine\b"), "may not reassure: nobody was examined (P28)"),
    (re.compile(r"\bnothing to worry\b"), "may not reassure: nobody was examined (P28)"),
    (re.compile(r"\byou have\b"), 'may not sound like a diagnosis: avoid "you have" (P28)'),
    (re.compile(r"\b(?:mg|mcg|milligram(?:me)?s?|microgram(?:me)?s?)\b"), "may not name a dose (P28)"),
)


def wording_problems(dialogs: Dialogs) -> Iterator[Problem]:
    """Everything that is said in a way it may not be."""
    longest = _Longest(dialogs)
    for text in (*texts(dialogs), *_flags(dialogs)):
        short = text.file in (*URGENT_DIALOGS, QUESTIONS) or text.place[0] in ("lines", "dangers")
        for sentence in text.sentences:
            for name in ("seconds", "minutes"):
                if f"{{{name}}}" in sentence and text.place != ("lines", f"{name}_left"):
                    yield Problem(text.file, text.place, f"{{{name}}} is known only in the line {name}_left")
            for fault in (*_faults(dialogs, sentence), *longest.faults(sentence, SHORT if short else LONG)):
                yield Problem(text.file, text.place, fault)


def _flags(dialogs: Dialogs) -> Iterator[Text]:
    """What `{flag}` stands for. Numbers of regions are the one thing spoken that is not looked at."""
    for id, question in dialogs.questions.items():
        yield Text(QUESTIONS, ("questions", id, "flag"), (question.flag,))
    for intent, danger in dialogs.dangers.items():
        yield Text(EVERYWHERE, ("dangers", intent, "flag"), (danger.flag,))


def _faults(dialogs: Dialogs, sentence: str) -> Iterator[str]:
    plain = sentence.lower()
    placeholders = (*PLACEHOLDERS, *dialogs.facts)
    for name in re.findall(r"\{([^}]*)\}?", sentence):
        if name not in placeholders:
            yield f"there is no placeholder {{{name}}}; there are {', '.join(f'{{{known}}}' for known in placeholders)}"
    for mark in re.findall(r"\[[^\]]*\]?", sentence):
        if mark != "[tone]":
            yield f"{mark} cannot be spoken; the only sound is [tone]"
    if re.search(r"\d", plain):
        yield f'"{sentence}" holds digits; write numbers as words, and telephone numbers as {{E}} or {{U}} (P13)'
    elif _MULTIPLE.search(plain) or any(_is_telephone(run) for run in _DIGIT_RUN.findall(plain)):
        yield f'"{sentence}" spells a telephone number; write {{E}} or {{U}}, which depend on the region (P13)'
    for pattern, fault in _FORBIDDEN:
        if pattern.search(plain):
            yield f'"{sentence}" {fault}'
    if "diagnos" in plain and not _CANNOT.search(plain):
        yield f'"{sentence}" may speak of diagnosis only to say that it can\'t be made (P28)'
    if _IF_ELSE.search(_NOT_ELSE.sub("", plain)):
        yield f'"{sentence}" says if and else in one sentence; make it two sentences (P27)'


def _is_telephone(run: str) -> bool:
    """Whether a run of digit words is anything but counting down."""
    digits = [_VALUES[word] for word in re.findall(r"\w+", run)]
    return digits != list(range(digits[0], digits[0] - len(digits), -1))


class _Longest:
    """How long a sentence becomes with the longest flag in it."""

    def __init__(self, dialogs: Dialogs) -> None:
        candidates = {
            "{flag}": [text.sentences[0] for text in _flags(dialogs)],
            **{f"{{{name}}}": list(map(in_words, known)) for name, known in counted(dialogs).items()},
        }
        self.values = {name: max(found, key=_count, default="") for name, found in candidates.items()}

    def faults(self, sentence: str, most: int) -> Iterator[str]:
        filled = sentence
        for name, value in self.values.items():
            filled = filled.replace(name, value)
        if (words := _count(filled)) > most:
            yield f'"{filled}" has {words} words; a sentence here has at most {most} (P27)'


def _count(text: str) -> int:
    return len(re.findall(r"[\w'-]+", text))
