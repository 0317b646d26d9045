"""`python -m scripts.recordings [NAME…]`: make the recordings in tests/recordings anew, all or those named."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from scripts.recordings.calls import Interjection, Script, record_call
from scripts.recordings.phrases import record_phrases
from voice_skill.strict_yaml import read

FOLDER = Path(__file__).parents[2] / "tests" / "recordings"


def main() -> None:
    """Act every call that was asked for."""
    calls: Any = read(Path(__file__).with_name("calls.yaml"))[0]
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"phrases, or a call: {', '.join(calls)}")
    names = parser.parse_args().names or ["phrases", *calls]
    for name in names:
        if name == "phrases":
            record_phrases(FOLDER / "phrases")
            continue
        script = script_of(calls[name])
        print(f"\n== {name} ({script.voice})", flush=True)
        record_call(FOLDER / "calls" / f"{name}.flac", script)


def script_of(call: dict[str, Any]) -> Script:
    """A caller's script as it stands in calls.yaml."""
    return Script(
        call["voice"],
        call["region"],
        call["opening"],
        call.get("answers", {}),
        [interjection(entry) for entry in call.get("unasked", [])],
        float(call.get("tail", 75)),
    )


def interjection(entry: dict[str, Any]) -> Interjection:
    """`{hold: 9, say: that hurts}`."""
    when = next(key for key in entry if key != "say")
    return Interjection(entry["say"], when, float(entry[when]))


if __name__ == "__main__":
    main()
