"""Broken dialogs: each fault is there, what the proof finds of them is what a whole proof finds, and `check` tells."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.dialog.support import shipped
from tests.dialog.test_explore import SMALL, write_small
from voice_skill.dialog.model import Dialogs
from voice_skill.dialog.mutants import FAMILIES, Mutant, mutants
from voice_skill.dialog.proof import prove
from voice_skill.dialog.properties import violations
from voice_skill.dialog.screen import reply
from voice_skill.dialog.trials import Trials
from voice_skill.loading import load_dialogs


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Dialogs:
    """A set of dialogs that is soon proved."""
    return load_dialogs(write_small(tmp_path_factory.mktemp("dialogs")))


@pytest.fixture(scope="module")
def trials(small: Dialogs) -> Trials:
    """The proof of the small dialogs, ready for mutants."""
    return Trials(small)


def named(name: str, dialogs: Dialogs) -> Mutant:
    """The mutant of that name."""
    return next(mutant for mutant in mutants(dialogs) if mutant.name == name)


def whole(mutant: Mutant) -> str:
    """The property that a proof from the very beginning finds broken first."""
    found = prove(mutant.dialogs, lambda step: violations(step, mutant.dialogs), mutant.rules, first=1).found
    return found[0].violation.partition(":")[0] if found else ""


def test_every_guard_lock_caveat_and_rule_is_broken_in_turn() -> None:
    counts = {family: sum(1 for _ in mutants(shipped(), family)) for family in FAMILIES}
    tests = sum(len(guard.tests) for guards in shipped().locks.values() for guard in guards if len(guard.tests) > 1)
    locked = sum(bool(state.lock) for _, state in shipped().walk())
    nets = sum(state.nets for _, state in shipped().walk())
    assert counts["locks"] == len(shipped().locks) + tests + locked
    assert counts["words"] > 3 + nets
    assert min(counts.values()) > 10
    assert sum(counts.values()) == sum(1 for _ in mutants(shipped()))


def test_no_two_faults_are_named_alike_and_none_is_no_fault() -> None:
    names = Counter(mutant.name for mutant in mutants(shipped()))
    assert [name for name, times in names.items() if times > 1] == []
    for mutant in mutants(shipped()):
        assert mutant.rules is not reply or vars(mutant.dialogs) != vars(shipped()), mutant.name


def test_a_family_that_there_is_not() -> None:
    with pytest.raises(KeyError):
        next(mutants(shipped(), "jokes"))


@pytest.mark.parametrize(
    ("name", "wanted"),
    [
        ("the emergency begins without its number", "P13"),
        ("the emergency is not loud", "P30"),
        ("emergency.start leads to acute_relief.wake", "P12"),
        ("the lock calm is open always", "P23"),
        ("the answer unsure clears the question", "P3"),
        ("a yes that leads to E leads one level lower", "P14"),
        ("a silence is not counted", "P18b"),
    ],
)
def test_a_fault_in_the_shipped_dialogs_is_found(name: str, wanted: str) -> None:
    assert whole(named(name, shipped())) == wanted


def test_what_is_tried_since_the_sound_proof_is_what_a_whole_one_finds(small: Dialogs, trials: Trials) -> None:
    found = {mutant.name: trials.try_on(mutant).violation.partition(":")[0] for mutant in mutants(small)}
    assert found == {mutant.name: whole(mutant) for mutant in mutants(small)}
    assert set(found.values()) > {"", "P3", "P13", "P30"}


GUARDED = SMALL["talk"].replace(
    'on: {"yes": {set: {ease: bit}, go: bye}}',
    """on:
      ready: bye
      partial: [{when: {CHEST: [no]}, say: Good., go: bye}, {go: bye}]
      "yes": [{when: {level: [E]}, go: emergency.start}, {when: {CHEST: [no]}, say: Good., go: bye}, {go: bye}]""",
)


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ('talk.ask at "yes" to emergency.start, never (it looks at level)', "same"),
        ('talk.ask at "yes" to emergency.start, without a look at level', "killed"),
        ('talk.ask at "yes" to bye, never (it looks at CHEST)', "cautious"),
        ('talk.ask at "yes" to bye, without a look at CHEST', "survives"),
        ('talk.ask at "partial" to bye, never (it looks at CHEST)', "cautious"),  # it does then what "ready" does
    ],
)
def test_what_is_not_killed_is_told_apart(name: str, kind: str, tmp_path: Path) -> None:
    (write_small(tmp_path) / "talk.yaml").write_text(GUARDED, encoding="utf-8")
    guarded = load_dialogs(tmp_path)
    assert Trials(guarded).try_on(named(name, guarded)).kind == kind


def test_one_thing_less_is_looked_at() -> None:
    names = {mutant.name for mutant in mutants(shipped(), "guards")}
    way = '"bedtime" to bedtime_routine.start, without a look at '
    assert {f"{way}unsettled", f"{way}level", f"{way}unsettled, level"} <= names


# -- from the command line


def test_check_counts_what_was_killed(check: Callable[..., int], capsys: pytest.CaptureFixture[str]) -> None:
    assert check("--mutants", "words") == 0
    out = capsys.readouterr().out
    assert "words     killed 3 of 3\n" in out
    assert "in all    killed 3 of 3\n" in out


def test_check_names_what_survives(check: Callable[..., int], capsys: pytest.CaptureFixture[str]) -> None:
    assert check("--mutants", "questions") == 1
    out = capsys.readouterr().out
    assert "survives  CHEST is asked nowhere\n" in out
    assert "questions killed 0 of 1\n" in out


def test_check_tries_no_mutants_of_dialogs_that_are_broken(
    check: Callable[..., int], capsys: pytest.CaptureFixture[str]
) -> None:
    assert check("--mutants", emergency=SMALL["emergency"].replace("Call {E} now.", "Help. Call {E} now.")) == 1
    assert "No mutant was tried" in capsys.readouterr().out


def test_check_knows_its_families(check: Callable[..., int], capsys: pytest.CaptureFixture[str]) -> None:
    assert check("--mutants", "jokes") == 2
    assert "say one of words, courses" in capsys.readouterr().err


@pytest.fixture
def interruptible() -> Iterator[None]:
    """Ctrl-C may be ignored where tests are run, in the background; then so would it be by what they start."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.usefixtures("check", "interruptible")
def test_ctrl_c_ends_it_at_once_and_tells_what_was_found(tmp_path: Path) -> None:
    folders = (str(tmp_path / "dialogs"), "--model", str(tmp_path / "model"))
    command = [sys.executable, "-u", "-m", "voice_skill", "check", *folders, "--mutants"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        next(line for line in process.stdout if line.startswith("words     killed"))
        process.send_signal(signal.SIGINT)
        rest = process.stdout.read()
    assert process.returncode == 130
    assert "were not tried\n" in rest
    assert "in all    killed " in rest
