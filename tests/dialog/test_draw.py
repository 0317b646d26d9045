"""The drawings show what the model does, in words that Mermaid takes."""

from __future__ import annotations

import re

import pytest

from voice_skill.dialog.draw import draw, draw_all
from voice_skill.dialog.model import Cue, Dialog, Dialogs, Edge, Guard, Hold, Ladder, Level, Question, State

BIT = Guard((("ease", frozenset({"bit"})),))
NOT_NO = Guard((("COLD", frozenset({"open", "asked1", "asked2", "declined", "unanswered", "S", "U", "E"})),))
ASK = Ladder((), (5.0,), (Edge("end"),))

TALK = Dialog(
    "talk",
    "Everything that can be drawn.",
    "ask",
    {
        state.name: state
        for state in (
            State(
                "ask",
                ask=("Is it easing?",),
                noinput=ASK,
                nomatch=ASK,
                on={
                    "yes": (Edge("hold"),),
                    "easing": (Edge("hold", when=BIT), Edge("stay")),
                    "worse": (Edge("other.start"),),
                    "what": (Edge("again"),),
                },
            ),
            State("screen", screen=("COLD", "{flag}"), then=(Edge("call"),)),
            State("many", screen=("COLD",) * 5, then=(Edge("screen", when=NOT_NO), Edge("wait"))),
            State(
                "hold",
                lock="stretch",
                locked=(Edge("end"),),
                hold=Hold("stretch", 30.0, 2.0, (Cue(30.0, ("Let go.",), "end"),)),
                then=(Edge("many"),),
                on={"stop": (Edge("many"),)},
            ),
            State("call", call="other", then=(Edge("end"),)),
            State("wait", wait=3.0, then=(Edge("end"),)),
            State("end", end=True),
        )
    },
)
OTHER = Dialog(
    "other",
    "Comes back, or goes to the end of the first.",
    "start",
    {"start": State("start", say=("Hm.",), then=(Edge("return", when=BIT), Edge("talk.end")))},
)
DIALOGS = Dialogs(
    dialogs={"talk": TALK, "other": OTHER},
    start="talk.ask",
    emergency="other.start",
    urgent="other.start",
    clock="other",
    clock_seconds=600.0,
    questions={"COLD": Question("COLD", ("Is it cold?",), ("Cold?",), Level.E, "a cold leg", ("Call.",), ("Call.",))},
    locks={"stretch": (BIT,)},
    slots={"ease": ("none", "bit")},
    universal={"goodnight": (Edge("talk.end"),), "help": (Edge("stay", call="other"),)},
    dangers={},
    phrases={},
    lines={},
    regions={},
)


@pytest.fixture
def talk() -> list[str]:
    """The drawing of `talk`, line by line."""
    return [line.strip() for line in draw(DIALOGS, "talk").splitlines()]


def test_each_state_tells_what_it_does(talk: list[str]) -> None:
    assert [line for line in talk if line.startswith("state ")] == [
        'state "ask<br/>ask" as s_ask',
        'state "screen<br/>screen COLD, flag" as s_screen',
        'state "many<br/>screen 5 questions" as s_many',
        'state "hold<br/>stretch 30 s<br/>lock stretch" as s_hold',
        'state "call<br/>call other" as s_call',
        'state "wait<br/>wait 3 s" as s_wait',
        'state "end" as s_end',
        'state "other.start" as s_other_start',
    ]


def test_kinds_of_state_have_their_colours(talk: list[str]) -> None:
    assert [line for line in talk if line.startswith("class ")] == [
        "class s_ask ask",
        "class s_screen screen",
        "class s_many screen",
        "class s_hold hold",
        "class s_call call",
        "class s_other_start away",
    ]
    styles = {line.split()[1]: line.split()[2] for line in talk if line.startswith("classDef ")}
    assert len(set(styles.values())) == len(styles) == 5


def test_arrows_name_intents_and_conditions(talk: list[str]) -> None:
    assert [line for line in talk if "-->" in line] == [
        "[*] --> s_ask: wake phrase",
        "[*] --> s_end: goodnight, from other",
        "s_ask --> s_end: silence",
        "s_ask --> s_hold: yes, easing [ease bit]",
        "s_ask --> s_other_start: worse",
        "s_ask --> s_ask: what",
        "s_screen --> s_call",
        "s_many --> s_screen: [COLD not no]",
        "s_many --> s_wait",
        "s_hold --> s_many: then, stop",
        "s_hold --> s_end: locked",
        "s_call --> s_end",
        "s_wait --> s_end",
        "s_end --> [*]",
    ]


def test_a_return_goes_out_of_the_picture() -> None:
    lines = draw(DIALOGS, "other").splitlines()
    assert "    s_start --> [*]: [ease bit] return" in lines
    assert "    s_start --> s_talk_end" in lines
    assert "    [*] --> s_start: danger words, yes at E, yes at U, 3 more" in lines


def test_many_intents_on_one_arrow_are_counted() -> None:
    on = {f"word{number}": (Edge("end"),) for number in range(6)}
    states = {"start": State("start", ask=("What?",), on=on), "end": State("end", end=True)}
    dialogs = Dialogs(
        **{**vars(DIALOGS), "dialogs": {**DIALOGS.dialogs, "words": Dialog("words", "", "start", states)}}
    )
    assert "s_start --> s_end: word0, word1, word2, 3 more" in draw(dialogs, "words")


def test_the_dialogs_and_how_they_lead_to_each_other() -> None:
    assert draw_all(DIALOGS).splitlines() == [
        "flowchart LR",
        "    s__asleep((asleep))",
        "    s__anywhere{{anywhere}}",
        '    s_talk["talk"]',
        '    s_other["other"]',
        '    s__asleep -->|"wake phrase"| s_talk',
        '    s__anywhere -->|"danger words, yes at E, yes at U"| s_other',
        '    s__anywhere -->|"goodnight"| s_talk',
        "    s_talk --> s_other",
        "    s_other --> s_talk",
        "    s_talk --> s__asleep",
        '    s__anywhere -.->|"after 10 minutes, help"| s_other',
        "    s_talk -.-> s_other",
    ]


def test_every_name_is_one_that_mermaid_cannot_mistake() -> None:
    for text in (draw(DIALOGS, "talk"), draw(DIALOGS, "other"), draw_all(DIALOGS)):
        for line in text.splitlines()[1:]:
            for name in re.findall(r"(?:^| as |--> |\| )\s*([\w.]+)", line):
                assert name.startswith("s_") or name in ("direction", "classDef", "class", "state"), line


def test_an_unknown_dialog_is_a_key_error() -> None:
    with pytest.raises(KeyError):
        draw(DIALOGS, "nowhere")
