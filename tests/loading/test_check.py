"""One thing broken at a time: the error names the file, the line and the fault, and nothing else is complained of."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import pytest

from voice_skill.dialog import engine
from voice_skill.loading.check import REQUIRED_LINES

if TYPE_CHECKING:
    from tests.loading.conftest import Folder


class Case(NamedTuple):
    """`old` in `file` becomes `new`; `says` must be reported at the line where `at` (by default `new`) begins."""

    file: str
    old: str
    new: str
    says: str
    at: str = ""
    more: int = 0
    """How many further problems this one brings with it."""


CASES = {
    "unknown state": Case("talk", "then: ask\n", "then: aks\n", 'no state "aks" in talk; did you mean "ask"?'),
    "unknown state in a block": Case("talk", "      go: stretch\n", "      go: strech\n", 'no state "strech" in talk'),
    "unknown dialog": Case("talk", "then: bye\n", "then: tlak.bye\n", 'no dialog "tlak"; did you mean "talk"?'),
    "unknown called dialog": Case("talk", "    wait: 3\n", "    call: tikcing\n", 'no dialog "tikcing"'),
    "unknown entry point": Case("everywhere", "urgent: advice.start", "urgent: advice.begin", 'no state "begin"'),
    "bare entry point": Case("everywhere", "start: talk.greet", "start: talk", '"talk" is no target'),
    "unknown clock dialog": Case("everywhere", "dialog: ticking", "dialog: tick", 'no dialog "tick"'),
    "bare target everywhere": Case(
        "everywhere", "stop: talk.bye", "stop: bye", '"bye" is no target here; write dialog.state'
    ),
    "return from everywhere": Case("everywhere", "stop: talk.bye", "stop: return", "may be nothing to return to"),
    "unknown name in a guard": Case(
        "talk", "{NUMB: [open]}", "{NUM: [open]}", 'derived value "NUM"; did you mean "NUMB"?'
    ),
    "unknown answer in a guard": Case("talk", "{NUMB: [open]}", "{NUMB: [yes]}", 'no value of NUMB "yes"'),
    "unknown level in a guard": Case(
        "talk", "{NUMB: [open]}", "{level: [X]}", 'no value of level "X"; there are none, S, U, E'
    ),
    "empty guard": Case("talk", "{NUMB: [open]}", "{NUMB: []}", "never holds"),
    "unknown slot set": Case("talk", "set: {ease: bit}", "set: {eas: bit}", 'no slot "eas"'),
    "unknown value set": Case("talk", "set: {ease: bit}", "set: {ease: some}", 'no value of ease "some"'),
    "unknown question answered": Case("talk", '"no": bye', '"no": {answers: [NUM], go: bye}', 'no question "NUM"'),
    "unknown question asked": Case("talk", "screen: [NUMB]", "screen: [NUMM]", 'no question "NUMM"'),
    "unknown lock": Case("talk", "lock: stretch\n", "lock: strech\n", 'no lock "strech"'),
    "unknown question in a lock": Case("questions", "- {NUMB: [no]}", "- {NUM: [no]}", '"NUM"; did you mean "NUMB"?'),
    "unknown slot counted": Case("talk", "counts: holds", "counts: hold", 'no slot "hold"'),
    "unknown name in a cue": Case("talk", "when: {ease: [bit]}", "when: {ease: [much]}", 'no value of ease "much"'),
    "unknown built-in": Case(
        "everywhere", "{do: repeat}", "{do: repaet}", 'no built-in "repaet"; did you mean "repeat"?'
    ),
    "unknown question of a danger": Case("everywhere", "question: CHEST", "question: HEART", 'no question "HEART"'),
    "danger misnamed": Case("everywhere", "  danger.chest:", "  chest:", 'must begin with "danger."', more=1),
    "slot named like a question": Case(
        "everywhere", "  ease: [none, bit]", "  ease: [none, bit]\n  CHEST: [a]", "is the name of", at="  CHEST"
    ),
    "slot without values": Case(
        "everywhere", "  ease: [none, bit]", "  ease: [none, bit]\n  left: []", "has no values", at="  left"
    ),
    "slot that the regions make": Case(
        "everywhere", "  ease: [none, bit]", "  ease: [none, bit]\n  region: [GB]", "is a slot already", at="  region"
    ),
    "lock that never opens": Case("questions", "locks:\n", "locks:\n  massage: []\n", "never opens", at="  massage"),
    "nowhere to go": Case("talk", '"no": bye', '"no": {say: Well.}', "says nowhere to go"),
    "stay where nothing is heard": Case("talk", "- {go: quiet}", "- {go: stay}", "nothing to stay for here"),
    "last choice guarded": Case(
        "talk", "- {go: quiet}", "- {when: {ease: [bit]}, go: quiet}", "the last way must be open always"
    ),
    "last then guarded": Case(
        "talk", "then: pick\n  pick:", "then: {when: {ease: [bit]}, go: pick}\n  pick:", "must be open always"
    ),
    "last otherwise guarded": Case(
        "talk",
        "      go: stretch\n",
        "      go: stretch\n      when: {ease: [bit]}\n",
        "must be open always",
        at="      when: {ease",
    ),
    "last answer guarded": Case("talk", '"no": bye', '"no": {when: {ease: [bit]}, go: bye}', "must be open always"),
    "choice after a certain one": Case(
        "talk", "- {when: {NUMB: [open]}, go: checks}", "- {go: checks}", "always taken"
    ),
    "missing line": Case("everywhere", "  paused: Okay", "  pasued: Okay", 'the line "paused"', at="lines:"),
    "no unknown region": Case("regions", "  unknown:", "  US:", 'needs a region "unknown"', at="regions:"),
    "region without a number": Case("regions", "emergency: nine nine nine", 'emergency: ""', "is empty"),
    "danger words in a state": Case(
        "talk", '"no": bye', "danger.chest: bye", "lead to the emergency dialog from everywhere"
    ),
    "answer taken from a screen": Case(
        "talk",
        "    patient: false\n",
        '    patient: false\n    on: {"no": bye}\n',
        "nothing may take that answer away",
        at="    on: {",
    ),
    "hold too long": Case("talk", "seconds: 30\n", "seconds: 61\n", "no hold may last longer than 60 seconds", more=1),
    "cues out of order": Case(
        "talk",
        "{at: 15, name: half",
        "{at: 31, name: half",
        "out of order: end at 30 comes after half at 31",
        at="        - {at: 30",
    ),
    "end cue missing": Case("talk", "name: end", "name: stop", "must be named end and come at 30 seconds"),
    "end cue too early": Case(
        "talk", "{at: 30, name: end", "{at: 29, name: end", "must be named end and come at 30 seconds"
    ),
    "stretch without a lock": Case(
        "talk",
        "    lock: stretch\n    locked: {say: No more., go: bye}\n",
        "",
        "a stretch needs a lock",
        at="    hold:",
    ),
    "stretch not counted": Case("talk", "      counts: holds\n", "", "a stretch needs counts", at="    hold:"),
    "stretch counted by words": Case("talk", "counts: holds", "counts: ease", 'values of ease must count from "0"'),
    "two things to do": Case(
        "talk", "    wait: 3\n", "    wait: 3\n    call: ticking\n", "does call and wait", at="    wait: 3"
    ),
    "nothing to do": Case(
        "talk", "    wait: 3\n    then: bye\n", "    say: Hm.\n", "does nothing and goes nowhere", at="  quiet:"
    ),
    "nowhere after a wait": Case(
        "talk", "    wait: 3\n    then: bye\n", "    wait: 3\n", "goes nowhere after its wait"
    ),
    "then after an end": Case(
        "talk",
        "    end: true\n",
        "    end: true\n    then: quiet\n",
        "has no effect here: the conversation is over",
        at="    then: quiet\n",
    ),
    "then beside ask": Case(
        "talk", "    otherwise:\n", "    then: bye\n    otherwise:\n", "has no effect here: say where"
    ),
    "ask without answers": Case(
        "talk",
        '    on:\n      "yes, easing": {set: {ease: bit}, go: stretch}\n      "no": bye\n',
        "",
        "no answer is understood",
        at="    ask: Is",
    ),
    "ask without noinput": Case(
        "talk", "    noinput: [Is it easing?, Say easing.]\n", "", "needs noinput", at="    ask: Is"
    ),
    "ask without nomatch": Case("talk", "    nomatch: [Sorry?, Say easing.]\n", "", "needs nomatch", at="    ask: Is"),
    "ask without otherwise": Case(
        "talk", "    otherwise:\n      say: I'll go on.\n      go: stretch\n", "", "needs otherwise", at="    ask: Is"
    ),
    "too many reprompts": Case(
        "talk", "nomatch: [Sorry?, Say easing.]", "nomatch: [Sorry?, Sorry?, Say easing.]", "at most 2 times"
    ),
    "wrong number of waits": Case(
        "talk", "    otherwise:\n", "    waits: [5, 5]\n    otherwise:\n", "needs 3 numbers of seconds"
    ),
    "option without its thing": Case(
        "talk",
        "    wait: 3\n",
        "    wait: 3\n    patient: false\n",
        "has no effect without screen",
        at="    patient: false\n    then: bye",
    ),
    "lock without locked": Case(
        "talk", "    locked: {say: No more., go: bye}\n", "", "needs locked", at="    lock: stretch"
    ),
    "intent twice": Case(
        "talk",
        '"no": bye',
        '"no": bye\n      "easing, ready": bye',
        '"easing" is here a second time',
        at='      "easing, ready"',
    ),
    "intent without a name": Case("talk", '"yes, easing":', '"yes, easing,":', "look at the commas"),
    "file named otherwise": Case("talk", "dialog: talk", "dialog: chat", 'this file is named "talk"'),
    "unknown start": Case("ticking", "start: start\n", "start: begin\n", 'no state "begin"'),
    "state with a reserved name": Case(
        "advice", "  start:\n    say", "  again: {then: start}\n  start:\n    say", "may not be named so"
    ),
    "flipped question": Case(
        "questions",
        "    danger: yes\n    level: E\n    flag: chest pain",
        "    danger: no\n    level: E\n    flag: chest pain",
        "yes is the dangerous answer",
    ),
    "question without a net": Case("questions", "net: If it's numb, call {E}.", 'net: ""', "is empty"),
    "question without a flag": Case("questions", "flag: a numb leg", 'flag: ""', "is empty"),
    "question without other words": Case(
        "questions", "other_words: Has it lost feeling?", 'other_words: " "', "is empty"
    ),
    "followup without otherwise": Case(
        "questions", "    otherwise: {level: S, say: Tell your doctor.}\n", "", "needs otherwise", at="    followup:"
    ),
    "otherwise without followup": Case(
        "questions",
        "    followup:\n      - {ask: Numb right now?, level: E, on_yes: Leave it.}\n",
        "",
        "has no effect without followup",
        at="    otherwise:",
    ),
    "call and go": Case("talk", '"no": bye', '"no": {call: ticking, go: bye}', "comes back to where it was called"),
    "call and do": Case("talk", '"no": bye', '"no": {call: ticking, do: repeat}', "does call and do"),
    "call where nothing is heard": Case(
        "talk", "- {go: quiet}", "- {call: ticking}", "nothing to stay for here; name a state"
    ),
    "massage unmarked": Case(
        "talk", "say: Some checks.", "say: Small circles.", 'speaks of "small circles"; add is: massage'
    ),
    "massage unguarded": Case(
        "talk",
        "    say: Some checks.\n",
        "    say: Small circles.\n    is: massage\n",
        "needs lock: massage",
        at="    is: massage",
    ),
    "massage on the way": Case("talk", '"no": bye', '"no": {say: Massage it., go: bye}', "add is: massage"),
    "massage where the lock is shut": Case("talk", "say: No more.,", "say: Massage it.,", "add is: massage"),
    "heat in a reprompt": Case("talk", "nomatch: [Sorry?,", "nomatch: [A warm towel?,", "add is: heat"),
    "heat in a hold": Case("talk", "say: Halfway.,", "say: A warm towel.,", "add is: heat"),
    "ice as an answer": Case("answers", "say: Soon.", "say: Wrap ice in a towel.", "add lock: ice"),
    "ice under another lock": Case("answers", "say: Go on.", "say: Wrap ice in a towel.", "add lock: ice"),
    "fluids without the caution": Case(
        "talk",
        "    say: Some checks.\n",
        "    say: A few sips.\n    is: fluids\n",
        '"kidney, heart" are missing',
        at="    say: A few",
    ),
    "fluids without the caution on the way": Case(
        "talk", '"no": bye', '"no": {say: A few sips., go: bye}', '"kidney, heart" are missing', more=1
    ),
    "fluids without the caution in an answer": Case(
        "answers", "say: Soon.", "say: A few sips.", '"kidney, heart" are missing'
    ),
    "standing without a hold": Case(
        "talk",
        "    say: Some checks.\n",
        "    say: Stand up.\n    is: standing\n",
        '"hold something, light" are missing',
        at="    say: Stand",
    ),
    "remembering in an emergency": Case(
        "emergency", '"no": start', '"no": {do: remember}', "in pain or danger", more=1
    ),
    "remembering from everywhere": Case("everywhere", "{do: repeat}", "{do: remember}", "in pain or danger", more=1),
    "consent taken": Case(
        "everywhere", "stop: talk.bye", "stop: {set: {consent: yes}, go: talk.bye}", "only do: remember", more=1
    ),
    "answer without words": Case("answers", "say: Soon.", 'say: " "', "is empty"),
    "answer without a lock": Case(
        "answers", "    is: stretch\n    lock: stretch\n", "", "has no effect without lock", at="    locked:"
    ),
    "answer of a kind that nobody proves": Case(
        "answers",
        "    is: stretch\n",
        "",
        "stands under a lock that guards advice; add is: stretch",
        at="    say: Go on.",
    ),
    "answer of a kind under another lock": Case(
        "answers", "is: stretch", "is: massage", "is massage, so it needs lock: massage", at="    say: Go on."
    ),
    "way of a kind that is open to all": Case(
        "talk",
        '"no": bye',
        '"no": {is: massage, say: Bye., go: bye}',
        "is massage, so it needs a when that opens as lock:",
    ),
    "answer without the other": Case(
        "answers", "    locked: Not yet.\n", "", "needs locked: what is said instead", at="    lock: stretch"
    ),
    "answer under an unknown lock": Case(
        "answers", "lock: stretch", "lock: strech", 'no lock "strech"; did you mean "stretch"?'
    ),
    "answer that nobody can ask for": Case("answers", "  when:", "  then:", '"ask.then" has no phrases', more=1),
    "answer too long": Case(
        "answers",
        "say: Soon.",
        "say: One two a a a a a a a a a a a a a a.",
        "has 16 words; a sentence here has at most 15",
    ),
    "template left open": Case("phrases", "ready: [ready]", 'ready: ["{ready|set"]', '"}" is missing'),
    "template closed twice": Case("phrases", "ready: [ready]", 'ready: ["ready]"]', '"]" has no partner'),
    "alternatives without braces": Case("phrases", "ready: [ready]", 'ready: ["ready|set"]', '"|" has no partner'),
    "template of far too many": Case(
        "phrases", "ready: [ready]", f'ready: ["{"{a|b} " * 8}ready"]', "stands for 256 phrases; at most 200"
    ),
    "template of nothing": Case("phrases", "ready: [ready]", 'ready: ["[ready]"]', "has no words"),
    "phrases that nothing listens for": Case(
        "phrases",
        "  ready: [ready]",
        "  ready: [ready]\n  lost: [lost]",
        "nothing listens for it; name it in an on",
        at="  lost",
    ),
}


def test_every_line_that_the_engine_names_is_required() -> None:
    folder = Path(engine.__file__).parent
    code = "".join(file.read_text(encoding="utf-8") for file in folder.glob("*.py"))
    named = set(re.findall(r'\.line\("(\w+)"', code))
    assert "paused" in named
    assert named <= set(REQUIRED_LINES)


def test_stretches_are_counted_no_further_than_three(folder: Folder) -> None:
    folder.change("everywhere", '["0", "1", "2", "3"]', '["0", "1", "2", "3", "4"]')
    assert folder.problems() == [
        "talk.yaml:28: states.stretch.hold.counts: holds counts up to 4; no more than 3 stretches may be held"
    ]


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_one_fault(folder: Folder, case: Case) -> None:
    folder.change(case.file, case.old, case.new)
    at = case.at or case.new.strip() or case.old
    text = folder.file(case.file).read_text(encoding="utf-8")
    assert text.count(at) == 1
    line = text[: text.index(at)].count("\n") + 1
    found = folder.problems()
    assert any(problem.startswith(f"{case.file}.yaml:{line}: ") and case.says in problem for problem in found), found
    assert len(found) == 1 + case.more, found
