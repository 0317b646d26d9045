"""The dialogs as pictures: Mermaid text made from the very model that runs, so that a drawing cannot drift from it.

`draw` gives the states of one dialog, `draw_all` how the dialogs lead to each other. Colours tell what a state does:

* blue asks, red asks a red-flag screen, green holds, yellow calls another dialog, grey is a state of another dialog.

Labels are short: the intents that lead along an arrow, and in brackets the conditions. Texts and changed slots are left
to the files, as are ways that stay where they are and what may be said everywhere.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

from voice_skill.dialog.model import Answer, Dialog, Dialogs, Edge, Guard, State

__all__ = ["draw", "draw_all"]

MAX_INTENTS = 4
"""Intents named on one arrow; the others are counted."""
MAX_QUESTIONS = 3
"""Questions named in one state; more are counted."""

ASLEEP, ANYWHERE = "*asleep", "*anywhere"
"""What is no dialog but leads to one."""

_STYLES = {
    "ask": "fill:#dbeafe,stroke:#2563eb,color:#111",
    "screen": "fill:#fee2e2,stroke:#dc2626,color:#111",
    "hold": "fill:#dcfce7,stroke:#16a34a,color:#111",
    "call": "fill:#fef9c3,stroke:#ca8a04,color:#111",
    "away": "fill:#f3f4f6,stroke:#9ca3af,color:#555,stroke-dasharray:4 3",
}


class _Arrow(NamedTuple):
    """One way, with what leads along it."""

    source: str
    target: str
    label: str


def draw(dialogs: Dialogs, name: str) -> str:
    """The states of the dialog `name` as a Mermaid `stateDiagram-v2`. Raises KeyError if there is no such dialog."""
    dialog = dialogs.dialogs[name]
    known = {**dict.fromkeys(dialogs.questions, Answer.ALL), **dialogs.slots}
    arrows = [*_arrows(dialog, known)]
    away = dict.fromkeys(arrow.target for arrow in arrows if "." in arrow.target)
    lines = ["stateDiagram-v2", "    direction TB"]
    lines += [f"    classDef {kind} {style}" for kind, style in _STYLES.items()]
    lines += [f'    state "{_described(state)}" as {_id(state.name)}' for state in dialog.states.values()]
    lines += [f'    state "{target}" as {_id(target)}' for target in away]
    lines += [f"    class {_id(state.name)} {kind}" for state in dialog.states.values() if (kind := _kind(state))]
    lines += [f"    class {_id(target)} away" for target in away]
    arrows = [*_entries(dialogs, name), *arrows]
    for source, target, labels in _merged(arrows):
        label = f": {', '.join(labels)}" if labels else ""
        lines.append(f"    {_id(source)} --> {_id(target)}{label}")
    return "\n".join(lines) + "\n"


def draw_all(dialogs: Dialogs) -> str:
    """How the dialogs lead to each other, as a Mermaid flowchart. A dashed arrow is a call, which comes back."""
    lines = ["flowchart LR"]
    lines += [f"    {_id(ASLEEP)}((asleep))", f"    {_id(ANYWHERE)}{{{{anywhere}}}}"]
    lines += [f'    {_id(name)}["{name}"]' for name in dialogs.dialogs]
    gone, called = _leaps(dialogs)
    for dialog in dialogs.dialogs.values():
        gone += [_Arrow(dialog.name, ASLEEP, "") for state in dialog.states.values() if state.end]
    for style, leaps in (("-->", gone), ("-.->", called)):
        arrows = [_Arrow(leap.source, _dialog(leap.target), leap.label) for leap in leaps]
        for source, target, labels in _merged(arrows):
            label = f'|"{", ".join(labels)}"|' if labels else ""
            lines.append(f"    {_id(source)} {style}{label} {_id(target)}")
    return "\n".join(lines) + "\n"


def _leaps(dialogs: Dialogs) -> tuple[list[_Arrow], list[_Arrow]]:
    """Every way from one dialog, or from anywhere, to a state of another: for good, and by a call."""
    gone = [
        _Arrow(ASLEEP, dialogs.start, "wake phrase"),
        _Arrow(ANYWHERE, dialogs.emergency, "danger words"),
        _Arrow(ANYWHERE, dialogs.emergency, "yes at E"),
        _Arrow(ANYWHERE, dialogs.urgent, "yes at U"),
    ]
    called = [_Arrow(ANYWHERE, dialogs.begins(dialogs.clock), f"after {dialogs.clock_seconds / 60:g} minutes")]
    for intent, edges in dialogs.universal.items():
        gone += [_Arrow(ANYWHERE, edge.go, intent) for edge in edges if "." in edge.go]
        called += [_Arrow(ANYWHERE, dialogs.begins(edge.call), intent) for edge in edges if edge.call]
    for dialog in dialogs.dialogs.values():
        for state in dialog.states.values():
            ways = [edge for _, edges in _ways(state) for edge in edges]
            targets = [edge.go for edge in ways if "." in edge.go]
            gone += [_Arrow(dialog.name, target, "") for target in targets if _dialog(target) != dialog.name]
            called += [
                _Arrow(dialog.name, dialogs.begins(one), "")
                for one in (state.call, *(edge.call for edge in ways))
                if one
            ]
    return gone, called


def _entries(dialogs: Dialogs, name: str) -> Iterator[_Arrow]:
    """How a dialog is come to, as arrows from its initial point."""
    gone, called = _leaps(dialogs)
    for arrow in (*gone, *called):
        if _dialog(arrow.target) == name:
            label = arrow.label or f"from {arrow.source}"
            yield _Arrow("[*]", arrow.target.removeprefix(f"{name}."), label)


def _dialog(target: str) -> str:
    return target.partition(".")[0]


def _id(name: str) -> str:
    """A name that Mermaid takes for nothing else: `end` and `state` are words of its own."""
    return name if name == "[*]" else "s_" + "".join(c if c.isalnum() else "_" for c in name)


def _kind(state: State) -> str:
    for kind in ("ask", "screen", "hold", "call"):
        if getattr(state, kind):
            return kind
    return ""


def _described(state: State) -> str:
    """The name, and what it does."""
    if state.screen:
        few = len(state.screen) <= MAX_QUESTIONS
        what = f"screen {', '.join(state.screen) if few else f'{len(state.screen)} questions'}"
    elif state.hold is not None:
        what = f"{state.hold.kind} {state.hold.seconds:g} s"
    elif state.call:
        what = f"call {state.call}"
    elif state.wait is not None:
        what = f"wait {state.wait:g} s"
    else:
        what = "ask" if state.ask else "choose" if state.choose else ""
    parts = (state.name, what.replace("{", "").replace("}", ""), f"lock {state.lock}" if state.lock else "")
    return "<br/>".join(part for part in parts if part)


def _ways(state: State) -> Iterator[tuple[str, tuple[Edge, ...]]]:
    """Every list of edges, and what leads along it."""
    yield "", state.then
    yield "locked", state.locked
    yield "silence", state.noinput.then if state.noinput else ()
    yield from state.on.items()


def _arrows(dialog: Dialog, known: Mapping[str, tuple[str, ...]]) -> Iterator[_Arrow]:
    """Every way out of every state. `known`: the values that slots and questions can have."""
    for state in dialog.states.values():
        for trigger, edges in _ways(state):
            for edge in edges:
                label = " ".join(part for part in (trigger, _condition(edge.when, known)) if part)
                if edge.call:
                    label = f"{label} (call {edge.call})".strip()
                if edge.go in ("again", state.name):
                    yield _Arrow(state.name, state.name, label)
                elif edge.go == "return":
                    yield _Arrow(state.name, "[*]", f"{label} return".strip())
                elif edge.go != "stay":
                    yield _Arrow(state.name, edge.go.removeprefix(f"{dialog.name}."), label)
        if state.end:
            yield _Arrow(state.name, "[*]", "")


def _condition(guard: Guard, known: Mapping[str, tuple[str, ...]]) -> str:
    """A guard in brackets, by what it allows or what it rules out, whichever is shorter: `[ease gone, COLD not no]`."""
    tests = []
    for name, allowed in guard.tests:
        others = set(known.get(name, ())) - allowed
        shorter = f"not {'/'.join(sorted(others))}" if 0 < len(others) < len(allowed) else "/".join(sorted(allowed))
        tests.append(f"{name} {shorter}")
    return f"[{', '.join(tests)}]" if tests else ""


def _merged(arrows: Iterable[_Arrow]) -> Iterator[tuple[str, str, list[str]]]:
    """One arrow from each source to each target, with what leads along it; the first few of many."""
    labels: dict[tuple[str, str], dict[str, None]] = {}
    for arrow in arrows:
        labels.setdefault((arrow.source, arrow.target), {})[arrow.label] = None
    for (source, target), found in labels.items():
        shown = [label or "then" for label in found] if len(found) > 1 else [label for label in found if label]
        if len(shown) > MAX_INTENTS:
            shown = [*shown[: MAX_INTENTS - 1], f"{len(shown) - MAX_INTENTS + 1} more"]
        yield source, target, shown
