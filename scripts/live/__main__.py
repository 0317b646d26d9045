"""`scripts/test-live [CHECK ...]`: run the live checks and print the table. Exit code 1 if a target is missed."""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Callable

from rich.console import Console
from rich.table import Table

from scripts.live.checks import barge_in, danger_in_a_hold, echo, whole_call
from scripts.live.faults import killed, server_restart, speaker_gone, supervised, unplugged, wrong_source
from scripts.live.measure import Row
from scripts.live.night import Mouth, TooLate
from scripts.live.quiet import quiet
from scripts.live.soundcard import SoundCard, missing
from scripts.live.store import own_voice, stop_everywhere

CHECKS: dict[str, Callable[[SoundCard, Mouth], list[Row]]] = {
    "call": whole_call,
    "barge": barge_in,
    "danger": danger_in_a_hold,
    "unplug": unplugged,
    "source": wrong_source,
    "speaker": speaker_gone,
    "restart": server_restart,
    "kill": killed,
    "supervisor": supervised,
    "quiet": quiet,
    "echo": echo,
    "own": own_voice,
    "stop": stop_everywhere,
}
"""By name, in the order in which they run."""


def main() -> int:
    """Run the checks that were asked for, or all of them."""
    parser = argparse.ArgumentParser(prog="scripts/test-live", description=__doc__)
    parser.add_argument("checks", nargs="*", metavar="CHECK", help=f"of {', '.join(CHECKS)}; all of them if none")
    asked = parser.parse_args().checks or list(CHECKS)
    if unknown := [name for name in asked if name not in CHECKS]:
        parser.error(f"there is no check {', '.join(unknown)}; there are {', '.join(CHECKS)}")
    if lacking := missing():
        print(f"skipped: this machine has no {', '.join(lacking)} (Debian: pulseaudio, pulseaudio-utils)")
        return 0
    table = Table(title="Charley live, through a sound card")
    for column in ("check", "measure", "is", "target", "met", "note"):
        table.add_column(column, justify="right" if column in ("is", "target") else "left")
    failed = 0
    mouth = Mouth()
    for name in asked:
        begun = time.monotonic()
        print(f"{name} ...", flush=True)
        card = SoundCard()
        try:
            card.start()
            rows = CHECKS[name](card, mouth)
        except (TooLate, RuntimeError) as late:
            rows = [Row(str(late), float("nan"), most=0)]
        finally:
            card.close()
        for row in rows:
            failed += not row.good
            value, met = f"{row.value:.4g} {row.unit}", "" if not row.target else "yes" if row.good else "NO"
            table.add_row(name, row.what, value, row.target, met, row.note, style="" if row.good else "red")
            print(f"  {row.what}: {value} {row.target} {met} {row.note}")
        print(f"{name}: {time.monotonic() - begun:.0f} s", flush=True)
    table.caption = f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}"
    Console(width=160).print(table)
    print("all targets met" if not failed else f"{failed} targets missed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
