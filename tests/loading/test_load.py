"""A folder of files into the model: what the short forms become, and what broken files are told."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from voice_skill.dialog.model import Edge, Guard, Hold, Level, Step
from voice_skill.errors import DialogError
from voice_skill.loading import find_problems, load_dialogs, read_dialogs
from voice_skill.loading.build import sentences

if TYPE_CHECKING:
    from tests.loading.conftest import Folder

BROKEN = {
    "a colon in a text": ("talk", "say: I'm here.", "say: Here: now.", 6, "put text that holds"),
    "quotes left open": ("talk", "say: Bye.", 'say: "Bye.', 46, "quotation mark that opens here is never closed"),
    "a list left open": ("talk", "[Sorry?, Say easing.]", "[Sorry?, Say easing.", 16, "not closed with"),
    "a key twice": (
        "talk",
        "    patient: false\n",
        "    patient: false\n    patient: true\n",
        9,
        '"patient" is here a second time',
    ),
    "a tab": ("talk", "    patient: false\n", "\tpatient: false\n", 8, "a tab in the indentation"),
    "no value": ("talk", "    say: I'm here.\n", "    say:\n", 6, "no value here"),
    "a key misspelt": ("talk", "    patient: false\n", "    pateint: false\n", 8, 'did you mean "patient"?'),
    "an edge misspelt": ("talk", "{set: {ease: bit}, go:", "{sett: {ease: bit}, go:", 13, 'did you mean "set"?'),
    "a key missing": ("talk", "start: greet\n", "", 1, "start: is missing"),
    "a number for a text": ("talk", "say: I'm here.", "say: 911", 6, "expected text, found the number 911"),
    "a text for a number": ("talk", "wait: 3", "wait: three", 43, 'expected a number, found "three"'),
    "a number out of range": ("talk", "wait: 3", "wait: 9999", 43, "expected 0.1 to 1200 seconds"),
    "yes for true": ("talk", "patient: false", "patient: no", 8, 'expected true or false, found "no"'),
    "a text for a list": ("talk", "screen: [CHEST]", "screen: CHEST", 7, "expected a list"),
    "a list for an edge": ("talk", "then: ask\n", "then: [[ask]]\n", 9, "expected a target, or a mapping"),
    "a number in a guard": ("talk", "{ease: [bit]}}\n", "{ease: [1]}}\n", 31, 'write "1" in quotes'),
    "an unknown kind of hold": ("talk", "kind: stretch", "kind: strech", 25, "expected one of stretch, breathing"),
    "an unknown level": ("questions", "otherwise: {level: S", "otherwise: {level: X", 21, "expected one of S, U, E"),
    "a question without a net": ("questions", "    net: If it's numb, call {E}.\n", "", 11, "net: is missing"),
    "a lock that is no mapping": ("questions", "- {NUMB: [no]}", "- NUMB", 24, "expected a mapping"),
    "a phrase that is no text": ("phrases", "soft_no: [not really]", "soft_no: [true]", 5, "expected text, found true"),
    "a region without a number": ("regions", ", urgent: one one one", "", 3, "urgent: is missing"),
    "a file of nothing": ("ticking", "", "", 1, "expected a mapping"),
}


@pytest.mark.parametrize(("file", "old", "new", "line", "fault"), BROKEN.values(), ids=BROKEN)
def test_broken_yaml(folder: Folder, file: str, old: str, new: str, line: int, fault: str) -> None:
    if old:
        folder.change(file, old, new)
    else:
        folder.file(file).write_text("", encoding="utf-8")
    found = folder.problems()
    assert len(found) == 1, found
    assert found[0].startswith(f"{file}.yaml:{line}: ")
    assert fault in found[0]


def test_every_problem_of_every_file_is_told_at_once_in_order(folder: Folder) -> None:
    folder.change("talk", "    patient: false\n", "    pateint: false\n")
    folder.change("talk", "kind: stretch", "kind: strech")
    folder.change("ticking", "say: It's been ten minutes.", "say: It's been 10 minutes.")
    folder.change("questions", "flag: a numb leg", 'flag: ""')
    folder.change("advice", "start: start\n", "start: begin\n")
    found = [":".join(problem.split(":")[:2]) for problem in folder.problems()]
    assert found == ["advice.yaml:3", "questions.yaml:16", "talk.yaml:8", "talk.yaml:25", "ticking.yaml:7"]


def test_what_leads_to_a_broken_file_is_not_complained_of(folder: Folder) -> None:
    folder.change("advice", "nets: true", "nest: true")
    assert len(folder.problems()) == 1


def test_a_broken_common_file_does_not_hide_the_form_of_the_others(folder: Folder) -> None:
    folder.change("phrases", "soft_no: [not really]", "soft_no: not really")
    folder.change("talk", "start: greet\n", "start: begin\n")
    assert [problem.partition(": ")[0] for problem in folder.problems()] == ["phrases.yaml:5", "talk.yaml:3"]


def test_a_missing_file_and_a_missing_folder(folder: Folder, tmp_path: Path) -> None:
    folder.file("regions").unlink()
    assert folder.problems() == ["regions.yaml:1: is missing; a folder of dialogs needs this file"]
    with pytest.raises(DialogError) as error:
        load_dialogs(tmp_path / "nowhere")
    assert len(error.value.problems) == 4
    assert error.value.problems[0].startswith(f"{tmp_path}/nowhere/everywhere.yaml:1: is missing")


def test_a_text_is_cut_into_sentences() -> None:
    assert sentences("I'm here. Breathe out.") == ("I'm here.", "Breathe out.")
    assert sentences("Any pain?  Now!\n  Breathe in… and out. Say: one.") == (
        "Any pain?",
        "Now!",
        "Breathe in…",
        "and out.",
        "Say: one.",
    )
    assert sentences("[tone] And let go. Slowly.") == ("[tone]", "And let go.", "Slowly.")
    assert sentences("Call {E}. {advice} Go.") == ("Call {E}.", "{advice}", "Go.")
    assert sentences("It\u2019s me") == ("It's me",)
    assert sentences("") == ()


def test_what_the_files_become(folder: Folder) -> None:
    dialogs = load_dialogs(folder.path)
    assert (dialogs.start, dialogs.emergency, dialogs.urgent) == ("talk.greet", "emergency.start", "advice.start")
    assert (dialogs.clock, dialogs.clock_seconds) == ("ticking", 600.0)
    assert dialogs.slots == {"region": ("unknown", "GB"), "holds": ("0", "1", "2", "3"), "ease": ("none", "bit")}
    assert dialogs.universal == {
        "stop": (Edge("talk.bye"),),
        "repeat": (Edge("stay", do="repeat"),),
        "ask.when": (Edge("stay", say=("Soon.",), do="answer"),),
        "ask.more": (
            *(
                Edge("stay", guard, say=("Go on.",), do="answer", kinds=frozenset({"stretch"}))
                for guard in dialogs.locks["stretch"]
            ),
            Edge("stay", say=("Not yet.",), do="answer"),
        ),
    }
    assert dialogs.regions["GB"].urgent == "one one one"
    assert dialogs.locks["stretch"] == (
        Guard((("NUMB", frozenset({"no"})),)),
        Guard((("holds", frozenset({"0"})),)),
    )
    assert dialogs.dangers["danger.chest"].say == ("Leave the leg.",)
    assert list(dialogs.dialogs) == ["advice", "emergency", "talk", "ticking"]
    assert dialogs.dialogs["talk"].clock
    assert not dialogs.dialogs["ticking"].clock


def test_what_a_question_becomes(folder: Folder) -> None:
    chest, numb = load_dialogs(folder.path).questions.values()
    assert (chest.id, chest.level, chest.core, chest.danger) == ("CHEST", Level.E, True, "yes")
    assert chest.assist == (Step(("Take a breath.", "Does it hurt?")),)
    assert numb.followup == (Step(("Numb right now?",), Level.E, ("Leave it.",)),)
    assert (numb.otherwise, numb.otherwise_say) == (Level.S, ("Tell your doctor.",))


def test_a_followup_has_the_level_and_words_of_its_question(folder: Folder) -> None:
    folder.change("questions", "{ask: Numb right now?, level: E, on_yes: Leave it.}", "{ask: Numb right now?}")
    assert load_dialogs(folder.path).questions["NUMB"].followup == (
        Step(("Numb right now?",), Level.E, ("Leave it.",)),
    )


def test_what_a_state_becomes(folder: Folder) -> None:
    dialogs = load_dialogs(folder.path)
    greet, ask = dialogs.state("talk.greet"), dialogs.state("talk.ask")
    assert (greet.screen, greet.patient, greet.then) == (("CHEST",), False, (Edge("ask"),))
    assert list(ask.on) == ["yes", "easing", "no"]
    assert ask.on["yes"] == ask.on["easing"] == (Edge("stretch", set=(("ease", "bit"),)),)
    assert ask.noinput is not None
    assert ask.nomatch is not None
    assert ask.noinput.rungs == (("Is it easing?",), ("Say easing.",))
    assert ask.noinput.waits == ask.nomatch.waits == (5.0, 5.0, 5.0)
    assert ask.noinput.then == ask.nomatch.then == (Edge("stretch", say=("I'll go on.",)),)
    assert dialogs.state("talk.pick").choose
    assert dialogs.state("talk.pick").then[0] == Edge("checks", Guard((("NUMB", frozenset({"open"})),)))
    assert dialogs.state("talk.quiet").wait == 3.0
    assert dialogs.state("talk.bye").end
    hold = dialogs.state("talk.stretch").hold
    assert isinstance(hold, Hold)
    assert (hold.kind, hold.seconds, hold.settle, hold.counts, hold.complete) == ("stretch", 30.0, 2.0, "holds", 20.0)
    assert [(cue.at, cue.name, cue.say, cue.quiet) for cue in hold.cues] == [
        (0.0, "start", ("[tone]", "Hold."), True),
        (15.0, "half", ("Halfway.",), True),
        (30.0, "end", ("Let go.",), True),
    ]


def test_no_reprompts_mean_one_wait(folder: Folder) -> None:
    folder.change("talk", "noinput: [Is it easing?, Say easing.]", "noinput: []")
    folder.change("talk", "nomatch: [Sorry?, Say easing.]", "nomatch: []\n    waits: [4]")
    ask = load_dialogs(folder.path).state("talk.ask")
    assert ask.noinput is not None
    assert (ask.noinput.rungs, ask.noinput.waits) == ((), (4.0,))


def test_what_may_be_said_in_a_whole_dialog_may_be_said_in_each_state_but_takes_no_answer(folder: Folder) -> None:
    folder.change("talk", "start: greet\n", 'start: greet\non:\n  "no, easing": quiet\n')
    dialogs = load_dialogs(folder.path)
    assert dialogs.state("talk.quiet").on == {"no": (Edge("quiet"),), "easing": (Edge("quiet"),)}
    assert list(dialogs.state("talk.greet").on) == ["easing"]  # "no" answers the question there
    assert dialogs.state("talk.ask").on["no"] == (Edge("bye"),)  # the state's own
    assert dialogs.state("talk.bye").on == {}


def test_a_fault_in_what_may_be_said_in_a_whole_dialog_is_told_once_where_it_is(folder: Folder) -> None:
    line = folder.change("emergency", '  "no": start', '  "no": strat')
    assert folder.problems() == [
        f'emergency.yaml:{line}: on.no: there is no state "strat" in emergency; did you mean "start"?'
    ]


def test_the_version_changes_with_the_content(folder: Folder) -> None:
    before = load_dialogs(folder.path).version
    assert before == load_dialogs(folder.path).version
    folder.change("talk", "say: Bye.", "say: Bye now.")
    assert load_dialogs(folder.path).version != before


def test_without_lines_a_problem_still_tells_its_path(folder: Folder) -> None:
    dialogs, places = read_dialogs(folder.path)
    assert find_problems(dialogs, places) == find_problems(dialogs) == []
    broken = load_dialogs(folder.path)
    state = broken.dialogs["talk"].states["quiet"]
    object.__setattr__(state, "then", (Edge("nowhere"),))
    assert find_problems(broken) == ['talk: states.quiet.then.0.go: there is no state "nowhere" in talk']


def test_the_shipped_dialogs_are_right() -> None:
    assert len(load_dialogs().questions) >= 13
