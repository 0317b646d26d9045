"""What people say: each phrase can be heard, means one thing, and hides no danger word."""

from __future__ import annotations

from typing import TYPE_CHECKING

from voice_skill.loading import echo_risks, missing_words, read_dialogs

if TYPE_CHECKING:
    from tests.loading.conftest import Folder


def test_a_phrase_of_two_intents_in_one_state(folder: Folder) -> None:
    line = folder.change("phrases", "easing: [easing]", "easing: [easing, yeah]")
    assert folder.problems() == [
        f'phrases.yaml:{line}: phrases.easing[1]: "yeah" means yes as well as easing in talk.ask; take it out of one'
    ]


def test_a_phrase_of_two_intents_in_many_states_is_told_once(folder: Folder) -> None:
    folder.change("talk", "    wait: 3\n", '    wait: 3\n    on: {"yes, easing": bye}\n')
    folder.change("phrases", "easing: [easing]", "easing: [easing, yeah]")
    assert len(folder.problems()) == 1


def test_a_phrase_of_two_answers(folder: Folder) -> None:
    line = folder.change("phrases", "soft_no: [not really]", "soft_no: [not really, always]")
    text = '"always" means soft_no as well as chronic as the answer to a screen question; take it out of one'
    assert folder.problems() == [f"phrases.yaml:{line + 2}: phrases.chronic[0]: {text}"]


def test_a_phrase_of_two_commands(folder: Folder) -> None:
    folder.change("phrases", "stop: [stop]", "stop: [stop, what]")
    assert folder.problems() == [
        'phrases.yaml:10: phrases.repeat[0]: "what" means stop as well as repeat everywhere; take it out of one'
    ]


def test_words_that_sound_the_same_are_the_same(folder: Folder) -> None:
    folder.change("phrases", "easing: [easing]", "easing: [easing, know]")
    assert folder.problems() == [
        'phrases.yaml:3: phrases.no[0]: "no" means easing as well as no in talk.ask; take it out of one'
    ]


def test_a_phrase_may_be_shared_across_precedence(folder: Folder) -> None:
    folder.change("phrases", "stop: [stop]", "stop: [stop, easing]")  # the state's own comes first
    assert folder.problems() == []


def test_a_phrase_of_two_dangers(folder: Folder) -> None:
    danger = "  danger.chest: {flag: chest pain, question: CHEST, say: Leave the leg.}\n"
    folder.change("everywhere", danger, danger + "  danger.heart: {flag: heart, question: CHEST}\n")
    folder.change("phrases", "danger.chest: [chest pain]", "danger.chest: [chest pain]\n  danger.heart: [chest pain]")
    assert len(folder.problems()) == 1
    assert '"chest pain" means danger.chest as well as danger.heart among the danger words' in folder.problems()[0]


def test_nothing_may_shadow_a_danger_phrase(folder: Folder) -> None:
    line = folder.change("phrases", "easing: [easing]", "easing: [easing, Chest pain!, no chest pain now]")
    assert folder.problems() == [
        f'phrases.yaml:{line}: phrases.easing[1]: "chest pain" is the danger phrase "chest pain" (danger.chest) '
        "and is heard as that; word it otherwise",
        f'phrases.yaml:{line}: phrases.easing[2]: "no chest pain now" holds the danger phrase "chest pain" '
        "(danger.chest) and is heard as that; word it otherwise",
    ]


def test_the_other_wording_of_a_danger_phrase_counts(folder: Folder) -> None:
    folder.change("phrases", "danger.chest: [chest pain]", "danger.chest: [I can't breathe]")
    folder.change("phrases", "easing: [easing]", "easing: [easing, I can breathe]")
    assert '"i can breathe" is the danger phrase "i can breathe"' in folder.problems()[0]


def test_a_phrase_twice(folder: Folder) -> None:
    line = folder.change("phrases", "stop: [stop]", "stop: [stop, Stop!]")
    assert folder.problems() == [f'phrases.yaml:{line}: phrases.stop[1]: "stop" is here a second time']


def test_a_phrase_with_digits_and_one_without_words(folder: Folder) -> None:
    line = folder.change("phrases", "stop: [stop]", 'stop: [stop, 2 stops, "…"]')
    assert folder.problems() == [
        f'phrases.yaml:{line}: phrases.stop[1]: "2 stops" holds digits; write numbers as they are spoken',
        f"phrases.yaml:{line}: phrases.stop[2]: has no words",
    ]


def test_an_intent_without_phrases(folder: Folder) -> None:
    folder.change("talk", '"no": bye', "nope: bye")
    assert folder.problems() == [
        'talk.yaml:14: states.ask.on.nope: "nope" has no phrases, so it cannot be heard; add them to phrases.yaml'
    ]


def test_an_intent_of_a_whole_dialog_is_told_once(folder: Folder) -> None:
    line = folder.change("emergency", '  "no": start', "  nope: start")
    assert folder.problems() == [
        f'emergency.yaml:{line}: on.nope: "nope" has no phrases, so it cannot be heard; add them to phrases.yaml'
    ]


def test_answers_and_danger_words_need_phrases(folder: Folder) -> None:
    folder.change("phrases", "  mixed: [yeah no]\n", "")
    folder.change("phrases", "  danger.chest: [chest pain]\n", "  danger.chest: []\n")
    assert [problem.partition(": ")[2].partition(",")[0] for problem in folder.problems()] == [
        'dangers.danger.chest: "danger.chest" has no phrases',
        'phrases: "mixed" has no phrases',
    ]


def test_danger_phrases_that_nothing_listens_for(folder: Folder) -> None:
    folder.change("phrases", "  stop: [stop]\n", "  stop: [stop]\n  danger.chset: [my heart]\n")
    assert folder.problems() == [
        "phrases.yaml:16: phrases.danger.chset: nothing listens for it; add it to the dangers of everywhere.yaml, "
        "or take it out"
    ]


def test_words_that_the_model_does_not_know(folder: Folder) -> None:
    dialogs, places = read_dialogs(folder.path)
    known = frozenset(word for phrases in dialogs.phrases.values() for phrase in phrases for word in phrase.split())
    assert missing_words(dialogs, known, places) == []
    assert missing_words(dialogs, known - {"chest"}, places) == [
        f"{folder.path}/phrases.yaml:17: phrases.danger.chest[0]: "
        'the speech model does not know "chest" in "chest pain"; choose other words, or add it'
    ]


def test_prompts_that_hold_what_cuts_them_short(folder: Folder) -> None:
    folder.change("phrases", "stop: [stop]", "stop: [stop, let go]")
    folder.change("phrases", "danger.chest: [chest pain]", "danger.chest: [chest pain, call nine nine nine]")
    dialogs, places = read_dialogs(folder.path)
    found = [risk.removeprefix(f"{folder.path}/").partition(": ")[2] for risk in echo_risks(dialogs, places)]
    assert found == [
        'states.start.say: "Say: leg pain, and {flag}." holds "chest pain" (danger.chest)',
        'states.start.say: "Call {E} now." holds "call nine nine nine" (danger.chest)',
        'questions.CHEST.ask: "Any chest pain?" holds "chest pain" (danger.chest)',
        'questions.CHEST.net: "If your chest hurts, call {E}." holds "call nine nine nine" (danger.chest)',
        'questions.NUMB.net: "If it\'s numb, call {E}." holds "call nine nine nine" (danger.chest)',
        'states.stretch.hold.cues[2].say: "Let go." is "let go" (stop)',
    ]
