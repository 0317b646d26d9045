"""The conversation on a screen: for whoever watches a replay, or lies awake with a lamp on."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.console import Console

    from voice_skill.records import Record

__all__ = ["described", "json_lines", "screen", "transcript"]

_LEVELS = {
    "S": "see a clinician this week",
    "U": "advice today",
    "E": "emergency now",
    "NONE": "no danger sign so far",
}


def json_lines(begun: float = 0.0) -> Callable[[Record], None]:
    """Tell records as JSON Lines on stdout, with times from `begun`."""

    def tell(record: Record) -> None:
        sys.stdout.write(json.dumps(record.as_json(begun), ensure_ascii=False) + "\n")
        sys.stdout.flush()

    return tell


def screen() -> Console:
    """Standard output, for lines that are broken by the terminal alone."""
    from rich.console import Console

    return Console(highlight=False, soft_wrap=True)


def transcript(console: Console | None = None, begun: float = 0.0) -> Callable[[Record], None]:
    """Tell records as lines of a conversation: time from `begun`, who, what."""
    from rich.text import Text

    console = console or screen()

    def tell(record: Record) -> None:
        line = described(record)
        if line is not None:
            who, what, style = line
            minutes, seconds = divmod(record.at - begun, 60)
            text = Text(f"{int(minutes):3d}:{seconds:04.1f}  ", style="dim")
            text.append(f"{who:8} ", style=style)
            text.append(what)
            console.print(text)

    return tell


def described(record: Record) -> tuple[str, str, str] | None:
    """Who, what and in which style; None for what a reader need not see."""
    fields = record.fields
    match record.kind:
        case "wake":
            return "", f'(woken by "{fields["text"]}")', "dim"
        case "heard":
            return "you", f"{fields['text']}   ({fields['intent']})", "bold green"
        case "not_understood":
            what = "a sound" if fields["reason"] == "noise" else f'not understood: "{fields["text"]}"'
            return "you", f"({what})", "green"
        case "no_input":
            return "you", "(silence)", "green"
        case "say":
            return "charley", str(fields["text"]), "bold cyan"
        case "hold_started":
            return "hold", f"{fields['seconds']:.0f} seconds", "yellow"
        case "hold_cue":
            return "hold", str(fields.get("text", f"({fields['cue']} left out: too late)")), "yellow"
        case "hold_ended":
            how = "done" if fields["reason"] == "done" else "let go"
            return "hold", f"{how} after {fields['seconds']:.1f} s", "yellow"
        case "screen_answer":
            return "check", f"{fields['question']}: {fields['answer']}", "magenta"
        case "level":
            return "level", f"{fields['level']}: {_LEVELS[str(fields['level'])]}", "bold red"
        case "finished":
            return "", f"(asleep again; {_LEVELS[str(fields['level'])]})", "dim"
        case "trouble":
            return "", str(fields["text"]), "bold red"
        case _:
            return None
