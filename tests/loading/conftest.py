"""The smallest folder of dialogs that is right in every respect, to be broken in one place by each test."""

from __future__ import annotations

from pathlib import Path

import pytest

from voice_skill.errors import DialogError
from voice_skill.loading import load_dialogs
from voice_skill.loading.check import REQUIRED_LINES

EVERYWHERE = """\
slots:
  holds: ["0", "1", "2", "3"]
  ease: [none, bit]
start: talk.greet
emergency: emergency.start
urgent: advice.start
clock: {dialog: ticking, seconds: 600}
universal:
  stop: talk.bye
  repeat: {do: repeat}
dangers:
  danger.chest: {flag: chest pain, question: CHEST, say: Leave the leg.}
lines:
"""

QUESTIONS = """\
questions:
  CHEST:
    ask: Any chest pain?
    other_words: Does your chest hurt?
    danger: yes
    level: E
    flag: chest pain
    assist: Take a breath. Does it hurt?
    on_yes: Leave the leg.
    net: If your chest hurts, call {E}.
  NUMB:
    ask: Is that leg numb?
    other_words: Has it lost feeling?
    danger: yes
    level: E
    flag: a numb leg
    on_yes: Leave it.
    net: If it's numb, call {E}.
    followup:
      - {ask: Numb right now?, level: E, on_yes: Leave it.}
    otherwise: {level: S, say: Tell your doctor.}
locks:
  stretch:
    - {NUMB: [no]}
    - {holds: ["0"]}
"""

PHRASES = """\
phrases:
  "yes": ["yes", yeah]
  "no": ["no"]
  mixed: [yeah no]
  soft_no: [not really]
  partial: [a bit]
  chronic: [always]
  unsure: [not sure]
  decline: [skip]
  repeat: [what]
  resume: [go on]
  ready: [ready]
  pain: [ow]
  hurts: [that hurts]
  stop: [stop]
  easing: [easing]
  danger.chest: [chest pain]
  ask.when: [when is it over]
  ask.more: [one more stretch]
"""

ANSWERS = """\
answers:
  when:
    say: Soon.
  more:
    say: Go on.
    is: stretch
    lock: stretch
    locked: Not yet.
"""

REGIONS = """\
regions:
  unknown: {emergency: your local emergency number, urgent: your doctor}
  GB: {emergency: nine nine nine, urgent: one one one}
"""

TALK = """\
dialog: talk
about: Everything a state can do.
start: greet
states:
  greet:
    say: I'm here.
    screen: [CHEST]
    patient: false
    then: ask
  ask:
    ask: Is it easing?
    on:
      "yes, easing": {set: {ease: bit}, go: stretch}
      "no": bye
    noinput: [Is it easing?, Say easing.]
    nomatch: [Sorry?, Say easing.]
    otherwise:
      say: I'll go on.
      go: stretch
  stretch:
    say: Thirty seconds.
    lock: stretch
    locked: {say: No more., go: bye}
    hold:
      kind: stretch
      seconds: 30
      settle: 2
      counts: holds
      cues:
        - {at: 0, name: start, say: "[tone] Hold."}
        - {at: 15, name: half, say: Halfway., when: {ease: [bit]}}
        - {at: 30, name: end, say: Let go.}
    then: pick
  pick:
    choose:
      - {when: {NUMB: [open]}, go: checks}
      - {go: quiet}
  checks:
    say: Some checks.
    screen: [NUMB]
    then: pick
  quiet:
    wait: 3
    then: bye
  bye:
    say: Bye.
    end: true
"""

EMERGENCY = """\
dialog: emergency
about: Get help.
start: start
clock: false
on:
  "no": start
states:
  start:
    say: Call {E} now. {advice}
    loud: true
    keep: true
    then: wait
  wait:
    wait: 15
    then: talk.bye
"""

ADVICE = """\
dialog: advice
about: Ring someone.
start: start
states:
  start:
    say: "Ring {U}. Say: leg pain, and {flag}."
    nets: true
    then: talk.bye
"""

TICKING = """\
dialog: ticking
about: Ten minutes are up.
start: start
clock: false
states:
  start:
    say: It's been ten minutes.
    then: return
"""


class Folder:
    """A folder of dialogs on disk."""

    def __init__(self, path: Path) -> None:
        self.path = path
        lines = "".join(f"  {name}: Okay.\n" for name in REQUIRED_LINES)
        files = {
            "everywhere": EVERYWHERE + lines,
            "questions": QUESTIONS,
            "phrases": PHRASES,
            "answers": ANSWERS,
            "regions": REGIONS,
            "talk": TALK,
            "emergency": EMERGENCY,
            "advice": ADVICE,
            "ticking": TICKING,
        }
        for name, text in files.items():
            self.file(name).write_text(text, encoding="utf-8")

    def file(self, name: str) -> Path:
        """The file of that name."""
        return self.path / f"{name}.yaml"

    def change(self, name: str, old: str, new: str) -> int:
        """Replace `old`, which must be there once, and give the line that it begins on."""
        text = self.file(name).read_text(encoding="utf-8")
        assert text.count(old) == 1, f"{old!r} is {text.count(old)} times in {name}"
        self.file(name).write_text(text.replace(old, new), encoding="utf-8")
        return text[: text.index(old)].count("\n") + 1

    def problems(self) -> list[str]:
        """What loading complains of, without the folder's own name."""
        try:
            load_dialogs(self.path)
        except DialogError as error:
            return [problem.removeprefix(f"{self.path}/") for problem in error.problems]
        return []


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    """The smallest right folder."""
    return Folder(tmp_path)
