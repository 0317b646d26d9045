"""The proof: it comes everywhere, it misses nothing that a walk finds, and it finds what is broken."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.dialog.support import shipped
from tests.dialog.test_explore import SMALL, write_small
from voice_skill.dialog.explore import explore
from voice_skill.dialog.model import Answer, Dialogs, Edge, Guard
from voice_skill.dialog.place import Place, place_of
from voice_skill.dialog.proof import Proof, prove
from voice_skill.dialog.properties import violations
from voice_skill.dialog.screen import Rules, Verdict, reply
from voice_skill.dialog.session import At
from voice_skill.dialog.standing import standing_violations
from voice_skill.loading import load_dialogs

WALK = 250
"""Whole sessions of the shipped dialogs that are looked for among the places of the proof."""


@pytest.fixture(scope="module")
def proof() -> Proof:
    """The proof of the shipped dialogs, whole."""
    return prove(shipped(), lambda step: violations(step, shipped()))


def first_of(dialogs: Dialogs, rules: Rules = reply) -> str:
    """The name of the property that the proof finds broken first."""
    found = prove(dialogs, lambda step: violations(step, dialogs), rules, first=1).found
    return found[0].violation.partition(":")[0] if found else ""


def test_every_property_holds_in_every_conversation(proof: Proof) -> None:
    assert [found.violation for found in proof.found] == []
    assert proof.frontier == 0
    assert proof.places == len(proof.reached)


def test_from_everywhere_a_way_leads_to_sleep(proof: Proof) -> None:
    assert proof.dead_ends() == frozenset()


def test_a_dead_end_is_found() -> None:
    place = Place((At("talk.ask"),))
    assert Proof(reached={Place(): None, place: None}, before={place: {Place()}}).dead_ends() == {place}


def test_the_files_themselves_hold_what_they_must() -> None:
    assert [*standing_violations(shipped())] == []


def test_a_screen_that_leaves_the_chest_for_later_is_found() -> None:
    late = changed("acute_relief.floor_check", screen=("INJURY", "CHEST"))
    assert [wrong.partition(":")[0] for wrong in standing_violations(late)] == ["P6"]


def test_a_question_turned_round_is_found() -> None:
    cold = replace(shipped().questions["COLD"], danger="no")
    turned = Dialogs(**{**vars(shipped()), "questions": {**shipped().questions, "COLD": cold}})
    assert [*standing_violations(turned)] == ["P21: a no to COLD is the danger"]


def test_it_comes_to_every_state(proof: Proof) -> None:
    assert proof.states == {name for name, _ in shipped().walk()}


def test_whatever_a_walk_of_whole_sessions_comes_to_is_among_its_places(proof: Proof) -> None:
    walk = explore(shipped(), limit=WALK)
    missing = [session for session in walk.parents if place_of(shipped(), session) not in proof.reached]
    assert missing == []


def test_a_small_set_is_covered_whole(tmp_path: Path) -> None:
    small = load_dialogs(write_small(tmp_path))
    proof = prove(small, lambda step: violations(step, small))
    assert not proof.found
    walk = explore(small)
    assert walk.frontier == 0
    assert {place_of(small, session) for session in walk.parents} <= proof.reached.keys()


def test_the_way_to_a_violation_begins_asleep_and_ends_with_it() -> None:
    broken = changed("emergency.start", say=("That needs help.", "Call {E}."))
    found = prove(broken, lambda step: violations(step, broken), first=1)
    way = found.path(found.found[0])
    assert way[0].before.asleep
    assert way[-1] is found.found[0].step


def changed(where: str, **fields: Any) -> Dialogs:
    """The shipped dialogs with one state changed."""
    name, _, state = where.partition(".")
    dialog = shipped().dialogs[name]
    states = {**dialog.states, state: replace(dialog.states[state], **fields)}
    return Dialogs(**{**vars(shipped()), "dialogs": {**shipped().dialogs, name: replace(dialog, states=states)}})


def unlocked(lock: str) -> Dialogs:
    """The shipped dialogs with one lock open always."""
    return Dialogs(**{**vars(shipped()), "locks": {**shipped().locks, lock: (Guard(),)}})


def clearing(*classes: str) -> Rules:
    """Rules by which some answers that are no clear a question."""
    return lambda question, asking, heard: (
        Verdict(Answer.NO, "no") if heard in classes else reply(question, asking, heard)
    )


# the others, which take longer, are in `voice-skill check --mutants`
BROKEN: dict[str, tuple[str, Callable[[], Dialogs], Rules]] = {
    "a doubt clears": ("P3", shipped, clearing("unsure")),
    "silence clears": ("P3", shipped, clearing("silence")),
    "words not understood clear": ("P3", shipped, clearing("nomatch")),
    "the all-clear is not locked": ("P5", lambda: unlocked("all_clear"), reply),
    "the emergency is left": ("P12", lambda: changed("emergency.start", then=(Edge("acute_relief.where"),)), reply),
    "keeping is asked about in need": ("P23", lambda: unlocked("calm"), reply),
}


@pytest.mark.parametrize("name", BROKEN)
def test_what_is_broken_is_found(name: str) -> None:
    wanted, dialogs, rules = BROKEN[name]
    assert first_of(dialogs(), rules) == wanted


# -- from the command line


def test_check_says_what_was_proved(check: Callable[..., int], capsys: pytest.CaptureFixture[str]) -> None:
    assert check() == 0
    out = capsys.readouterr().out
    assert "places, all that can be reached" in out
    assert "properties, no violations" in out
    assert "MiB of memory at most" in out


def test_check_can_leave_the_proof_out(check: Callable[..., int], capsys: pytest.CaptureFixture[str]) -> None:
    assert check("--quick") == 0
    assert "proved" not in capsys.readouterr().out


def test_check_tells_a_conversation_that_breaks_a_property(
    check: Callable[..., int], capsys: pytest.CaptureFixture[str]
) -> None:
    assert check(emergency=SMALL["emergency"].replace("Call {E} now.", "Help. Call {E} now.")) == 1
    out = capsys.readouterr().out
    assert "1 violation\n" in out
    story = out[out.index("P13: ") :].splitlines()
    assert story[0] == 'P13: the first sentence is "Help.", without "your local emergency number"'
    assert story[1].strip() == f"hey charley {shipped().phrases['danger.chest'][0]}"
