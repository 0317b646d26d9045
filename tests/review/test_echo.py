"""Prompts in which Charley would hear its own voice say stop."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import pytest

from voice_skill.dialog.model import Dialogs, Edge, State
from voice_skill.loading import load_dialogs
from voice_skill.loading.places import Places
from voice_skill.review.echo import commands_in_prompts


@cache
def shipped() -> Dialogs:
    return load_dialogs()


def found(dialogs: Dialogs) -> list[str]:
    return Places().show(finding.problem for finding in commands_in_prompts(dialogs))


def saying(sentence: str) -> Dialogs:
    """The shipped dialogs, in which one state says something else."""
    wind_down = shipped().dialogs["wind_down"]
    close = State("close", say=(sentence,), then=(Edge("asleep"),))
    changed = replace(wind_down, states={**wind_down.states, "close": close})
    return replace(shipped(), dialogs={**shipped().dialogs, "wind_down": changed})


@pytest.mark.parametrize(
    ("sentence", "named"),
    [
        ("Okay, I'll stop.", '"stop" (stop)'),
        ("Now let go.", '"let go" (stop)'),
        ("Hold on to me.", '"hold on" (pause)'),
        ("Rest when it hurts.", '"it hurts" (hurts)'),  # heard everywhere, as a sign that somebody is there
    ],
)
def test_a_command_in_a_prompt_is_an_error(sentence: str, named: str) -> None:
    problems = found(saying(sentence))
    assert len(problems) == 1
    assert problems[0].startswith(f'wind_down: states.close.say: "{sentence}" holds ')
    assert named in problems[0]


@pytest.mark.parametrize(
    "sentence",
    [
        "You can say stop, pause, or repeat.",  # teaches it
        "Any chest pain?",  # cannot be asked otherwise
        "Call {E} now.",
        "Stopping is fine.",
        "Ease off.",
    ],
)
def test_what_is_taught_or_cannot_be_put_otherwise_passes(sentence: str) -> None:
    assert found(saying(sentence)) == []


def test_what_a_flag_stands_for_counts() -> None:
    dangers = shipped().dangers
    changed = {**dangers, "danger.harm": replace(dangers["danger.harm"], flag="I took too much")}
    problems = found(replace(shipped(), dangers=changed))
    assert any('"Yes, {flag}." holds "too much" (hurts)' in problem for problem in problems)
