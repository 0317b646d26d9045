"""States that nothing reaches or leaves, returns that lead nowhere, and circles in which nobody speaks."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.loading.conftest import Folder

CIRCLE = "goes round without ever speaking or listening: "


def add(folder: Folder, name: str, text: str) -> int:
    """Append to a file; gives the line on which the text begins."""
    before = folder.file(name).read_text(encoding="utf-8")
    folder.file(name).write_text(before + text, encoding="utf-8")
    return before.count("\n") + 1


def test_the_smallest_folder_hangs_together(folder: Folder) -> None:
    assert folder.problems() == []


def test_a_state_that_nothing_leads_to(folder: Folder) -> None:
    line = add(folder, "talk", "  lost:\n    say: Hello?\n    then: bye\n")
    assert folder.problems() == [f"talk.yaml:{line}: states.lost: nothing leads to this state"]


def test_a_dialog_that_nothing_leads_to_is_told_once(folder: Folder) -> None:
    text = "dialog: lost\nabout: x\nstart: a\nstates:\n  a: {then: b}\n  b: {end: true}\n"
    folder.file("lost").write_text(text, encoding="utf-8")
    assert folder.problems() == ["lost.yaml:1: dialog: nothing leads to this dialog"]


def test_calls_and_what_may_be_said_everywhere_lead_somewhere(folder: Folder) -> None:
    text = "dialog: extra\nabout: x\nstart: a\nstates:\n  a: {say: Yes., then: b}\n  b: {then: return}\n"
    folder.file("extra").write_text(text, encoding="utf-8")
    folder.change("everywhere", "{do: repeat}", "{call: extra}")
    assert folder.problems() == []


def test_what_a_state_calls_is_come_to(folder: Folder) -> None:
    text = "dialog: extra\nabout: x\nstart: a\nstates:\n  a: {say: Yes., then: return}\n"
    folder.file("extra").write_text(text, encoding="utf-8")
    folder.change("talk", "    wait: 3\n", "    call: extra\n")
    assert folder.problems() == []


def test_a_state_without_a_way_out(folder: Folder) -> None:
    folder.change("talk", "    wait: 3\n    then: bye\n", "    wait: 3\n    then: again\n")
    assert "talk.yaml:42: states.quiet: no way out" in folder.problems()


def test_a_ring_of_states_that_no_end_can_be_come_to_from(folder: Folder) -> None:
    line = add(folder, "talk", "  ping:\n    say: Ping.\n    then: pong\n  pong:\n    wait: 3\n    then: ping\n")
    folder.change("talk", '      "no": bye\n', '      "no": ping\n')
    text = "no way from here to an end or a return"
    assert folder.problems() == [
        f"talk.yaml:{line}: states.ping: {text}",
        f"talk.yaml:{line + 3}: states.pong: {text}",
    ]


def test_a_return_that_can_be_come_to_without_a_call(folder: Folder) -> None:
    line = folder.change("talk", "    wait: 3\n    then: bye\n", "    wait: 3\n    then: return\n") + 1
    text = "nothing to return to: a conversation can come here by go, without a call"
    assert folder.problems() == [f"talk.yaml:{line}: states.quiet.then: {text}"]


MAYBE = "choose: [{when: {ease: [bit]}, go: quiet}, {go: bye}]"
"""A way back to `quiet` that is open to some."""

CIRCLES = {
    "two choices": ({"quiet": "choose: [{go: more}]", "more": "then: quiet"}, "talk.quiet → talk.more → talk.quiet"),
    "itself": ({"quiet": "then: again"}, "talk.quiet → talk.quiet"),
    "a guard that stays open": ({"quiet": MAYBE}, "talk.quiet → talk.quiet"),
    "a slot set to what it is": (
        {"quiet": MAYBE.replace("go: quiet", "set: {ease: bit}, go: quiet")},
        "talk.quiet → talk.quiet",
    ),
    "a closed lock": (
        {"quiet": "say: Hello., lock: stretch, locked: quiet, then: bye"},
        "talk.quiet → talk.quiet",
    ),
    "a screen with nothing left to ask": (
        {"quiet": "screen: [NUMB], then: more", "more": MAYBE},
        "talk.quiet → talk.more → talk.quiet",
    ),
    "a call that comes straight back": ({"quiet": "call: extra, then: quiet"}, "talk.quiet → extra.a → talk.quiet"),
}

NO_CIRCLES = {
    "it speaks": {"quiet": "then: more", "more": "say: Hm., then: hm", "hm": MAYBE},
    "an edge speaks": {"quiet": MAYBE.replace("go: quiet", "say: Hm., go: quiet")},
    "it waits": {"quiet": "wait: 3, then: more", "more": MAYBE},
    "the guards exclude each other": {"quiet": MAYBE.replace("quiet", "more"), "more": MAYBE.replace("bit", "none")},
    "an earlier way is taken": {
        "quiet": "choose: [{when: {ease: [bit]}, say: Hm., go: bye}, {go: more}]",
        "more": MAYBE,
    },
    "the level rises on the way": {"quiet": "choose: [{when: {level: [none]}, raise: U, go: quiet}, {go: bye}]"},
    "a slot is changed on the way": {"quiet": MAYBE.replace("go: quiet", "set: {ease: none}, go: quiet")},
    "the lock is open on the way back": {
        "quiet": "choose: [{when: {NUMB: [no]}, go: more}, {go: bye}]",
        "more": "say: Hm., lock: stretch, locked: quiet, then: bye",
    },
    "what the lock let through does not come back": {
        "quiet": "lock: stretch, locked: bye, then: more",
        "more": "choose: [{when: {NUMB: [open], holds: ['1']}, go: quiet}, {go: bye}]",
    },
    "the answers are settled by asking": {
        "quiet": "choose: [{when: {unsettled: [some]}, go: more}, {go: bye}]",
        "more": "screen: [CHEST, NUMB], again: true, then: quiet",
    },
    "nets settle what is open": {
        "quiet": "choose: [{when: {unsettled: [some]}, go: more}, {go: bye}]",
        "more": "nets: true, then: quiet",
    },
    "a check anew is never silent": {"quiet": "screen: [NUMB], recheck: true, then: more", "more": MAYBE},
}


def instead_of_quiet(folder: Folder, states: dict[str, str]) -> None:
    """Put other states in the place of `quiet`."""
    written = "".join(f"  {name}: {{{state}}}\n" for name, state in states.items())
    folder.change("talk", "  quiet:\n    wait: 3\n    then: bye\n", written)


@pytest.mark.parametrize(("states", "circle"), CIRCLES.values(), ids=CIRCLES)
def test_a_circle_in_silence(folder: Folder, states: dict[str, str], circle: str) -> None:
    text = "dialog: extra\nabout: x\nstart: a\nstates:\n  a: {then: return}\n"
    folder.file("extra").write_text(text, encoding="utf-8")
    folder.change("everywhere", "{do: repeat}", "{call: extra}")
    instead_of_quiet(folder, states)
    found = [problem for problem in folder.problems() if CIRCLE in problem]
    assert found == [f"talk.yaml:42: states.quiet: {CIRCLE}{circle}"]


@pytest.mark.parametrize("states", NO_CIRCLES.values(), ids=NO_CIRCLES)
def test_no_circle_in_silence(folder: Folder, states: dict[str, str]) -> None:
    instead_of_quiet(folder, states)
    assert folder.problems() == []


def test_a_dialog_that_calls_itself_in_silence(folder: Folder) -> None:
    folder.change(
        "ticking", "    say: It's been ten minutes.\n    then: return\n", "    call: ticking\n    then: return\n"
    )
    assert folder.problems() == [f"ticking.yaml:6: states.start: {CIRCLE}ticking.start → ticking.start"]
