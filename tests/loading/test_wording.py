"""What may not be said, and how long a sentence may be."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from voice_skill.dialog.texts import sentences as all_sentences
from voice_skill.loading import load_dialogs
from voice_skill.loading.places import texts

if TYPE_CHECKING:
    from tests.loading.conftest import Folder

BYE = "talk.yaml:46: states.bye.say: "

FORBIDDEN = {
    "Call 911.": '"Call 911." holds digits; write numbers as words, and telephone numbers as {E} or {U} (P13)',
    "Call nine nine nine.": "spells a telephone number; write {E} or {U}, which depend on the region (P13)",
    "Ring one-one-one.": "spells a telephone number",
    "Ring nine, one, one.": "spells a telephone number",
    "Ring zero zero zero.": "spells a telephone number",
    "Ring triple zero.": "spells a telephone number",
    "Call {X}.": "there is no placeholder {X}; there are {E}, {U}, {flag}, {seconds}, {minutes}, {advice}",
    "Call {E.": "there is no placeholder {E.}",
    "[beep] Hold.": "[beep] cannot be spoken; the only sound is [tone]",
    "You're fine.": "may not reassure",
    "You are fine now.": "may not reassure",
    "It\u2019s good that you\u2019re fine.": "may not reassure",
    "It is nothing to worry about.": "may not reassure",
    "You have a clot.": "may not sound like a diagnosis",
    "My diagnosis is cramp.": "may speak of diagnosis only to say that it can't be made",
    "Take one hundred milligrams.": "may not name a dose",
    "Take one hundred mg.": "may not name a dose",
    "If it hurts, stop, or else go on.": "says if and else in one sentence",
    "If it hurts, stop, otherwise go on.": "says if and else in one sentence",
}

ALLOWED = [
    "Five, four, three, two, one.",
    "Three two one.",
    "One or two more.",
    "I can't diagnose.",
    "You haven't told me.",
    "If it hurts, say anything else.",
    "If it hurts, stop. Otherwise go on.",
    "[tone] Hold. Call {E}. Ring {U}. {advice} Say {flag}.",
]


@pytest.mark.parametrize(("text", "fault"), FORBIDDEN.items())
def test_what_may_not_be_said(folder: Folder, text: str, fault: str) -> None:
    folder.change("talk", "    say: Bye.\n", f'    say: "{text}"\n')
    found = folder.problems()
    assert len(found) == 1
    assert found[0].startswith(BYE)
    assert fault in found[0]


@pytest.mark.parametrize("text", ALLOWED)
def test_what_may_be_said(folder: Folder, text: str) -> None:
    folder.change("talk", "    say: Bye.\n", f'    say: "{text}"\n')
    assert folder.problems() == []


WORDS = ["Let", "it", "be", "as", "long", "as", "it", "likes", "and", "then", "a", "little", "bit", "longer", "still"]

PLACES = {
    "dialog": ("talk", "    say: Bye.\n", "    say: {}\n", 15),
    "emergency": ("emergency", "say: Call {E} now. {advice}", "say: {}", 12),
    "question": ("questions", "ask: Is that leg numb?", "ask: {}", 12),
    "net": ("questions", "net: If it's numb, call {E}.", "net: {}", 12),
    "followup": ("questions", "{ask: Numb right now?", "{ask: {}", 12),
    "danger": ("everywhere", "say: Leave the leg.", "say: {}", 12),
    "line": ("everywhere", "  paused: Okay.", "  paused: {}", 12),
    "said everywhere": ("everywhere", "{do: repeat}", "{do: repeat, say: {}}", 15),
    "answer": ("talk", '"no": bye', '"no": {say: {}, go: bye}', 15),
    "otherwise": ("talk", "say: I'll go on.", "say: {}", 15),
    "choice": ("talk", "- {go: quiet}", "- {say: {}, go: quiet}", 15),
    "locked": ("talk", "say: No more.", "say: {}", 15),
    "reprompt": ("talk", "[Sorry?, Say easing.]", "[Sorry?, {}]", 15),
    "cue": ("talk", "say: Halfway.", "say: {}", 15),
}


@pytest.mark.parametrize(("file", "old", "new", "most"), PLACES.values(), ids=PLACES)
def test_every_text_has_its_longest_sentence(folder: Folder, file: str, old: str, new: str, most: int) -> None:
    fits = " ".join(WORDS[:most]) + "."
    line = folder.change(file, old, new.replace("{}", fits))
    assert folder.problems() == []
    folder.change(file, fits, f"Well {fits}")
    found = folder.problems()
    assert len(found) == 1
    assert found[0].startswith(f"{file}.yaml:{line}: ")
    assert f"has {most + 1} words; a sentence here has at most {most} (P27)" in found[0]


def test_the_seconds_left_are_known_in_one_line_only(folder: Folder) -> None:
    folder.change("everywhere", "  seconds_left: Okay.", '  seconds_left: "{seconds} seconds left."')
    assert folder.problems() == []
    folder.change("talk", "    say: Bye.", '    say: "{seconds} seconds left."')
    assert folder.problems() == [f"{BYE}{{seconds}} is known only in the line seconds_left"]


def test_a_flag_counts_with_all_its_words_and_a_number_as_one(folder: Folder) -> None:
    folder.change("talk", "    say: Bye.\n", "    say: One and two and six and then six more {E}, {flag}.\n")
    assert folder.problems() == []
    folder.change("everywhere", "flag: chest pain", "flag: a very bad pain in the chest")
    assert "has 17 words" in folder.problems()[0]


def test_flags_are_looked_at_too(folder: Folder) -> None:
    folder.change("questions", "flag: a numb leg", "flag: 2 numb legs")
    assert "questions.yaml:16: questions.NUMB.flag: " in folder.problems()[0]


def test_every_text_that_may_be_spoken_is_looked_at(folder: Folder) -> None:
    dialogs = load_dialogs(folder.path)
    walked = {sentence for text in texts(dialogs) for sentence in text.sentences if "{" not in sentence}
    spoken = set(all_sentences(dialogs, "unknown"))
    assert walked <= spoken | {"[tone]"}
    assert {said for said in spoken if "number" not in said and "doctor" not in said} - walked <= {
        "Say: leg pain, and a numb leg.",
        "Say: leg pain, and chest pain.",
        "Say: leg pain, and I need help.",
        "Say: leg pain, and it isn't easing.",
    }
