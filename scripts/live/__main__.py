"""`scripts/test-live [CHECK ...]`: run the live checks and print the table. Exit code 1 if a target is missed, and 130
after Ctrl-C."""

from __future__ import annotations

import argparse
import os
import signal
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from rich.console import Console
from rich.table import Table

from scripts.live.checks import barge_in, danger_in_a_hold, echo, whole_call
from scripts.live.faults import killed, server_restart, speaker_gone, supervised, unplugged, wrong_source
from scripts.live.measure import Row
from scripts.live.night import Mouth, TooLate
from scripts.live.quiet import quiet
from scripts.live.smoke import smoke
from scripts.live.soundcard import SoundCard, missing
from scripts.live.store import own_voice, stop_everywhere
from voice_skill.errors import CharleyError

CHECKS: dict[str, Callable[[SoundCard, Mouth], Iterable[Row]]] = {
    "smoke": smoke,
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


@dataclass(slots=True)
class Report:
    """What was measured so far."""

    table: Table
    failed: int = 0

    def add(self, check: str, row: Row, *, timings_count: bool) -> None:
        """Note a row, and print it."""
        counts = timings_count or not row.timed
        good = row.good or not counts
        self.failed += not good
        value = f"{row.value:.4g} {row.unit}"
        met = "" if not row.target else "yes" if row.good else "NO" if counts else "no; not counted"
        self.table.add_row(check, row.what, value, row.target, met, row.note, style="" if good else "red")
        print(f"  {row.what}: {value} {row.target} {met} {row.note}", flush=True)

    def show(self) -> None:
        """Print all of it."""
        self.table.caption = f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}"
        Console(width=160).print(self.table)


def main() -> int:
    """Run the checks that were asked for, or all of them."""
    parser = argparse.ArgumentParser(prog="scripts/test-live", description=__doc__)
    parser.add_argument("checks", nargs="*", metavar="CHECK", help=f"of {', '.join(CHECKS)}; all but smoke if none")
    asked = parser.parse_args().checks or [name for name in CHECKS if name != "smoke"]
    if unknown := [name for name in asked if name not in CHECKS]:
        parser.error(f"there is no check {', '.join(unknown)}; there are {', '.join(CHECKS)}")
    if lacking := missing():
        print(f"live checks skipped: this machine has no {', '.join(lacking)} (Debian's names)")
        return 0
    table = Table(title="Charley live, through a sound card")
    for column in ("check", "measure", "is", "target", "met", "note"):
        table.add_column(column, justify="right" if column in ("is", "target") else "left")
    report = Report(table)
    signal.signal(signal.SIGINT, signal.default_int_handler)  # a job in the background has no Ctrl-C, nor had Charley
    mouth = Mouth()
    try:
        for number, name in enumerate(asked, 1):
            begun = time.monotonic()
            print(f"{name} ({number} of {len(asked)}) ...", flush=True)
            for row in measured(name, mouth):
                report.add(name, row, timings_count=name != "smoke")
            print(f"{name}: {time.monotonic() - begun:.0f} s", flush=True)
    except KeyboardInterrupt:
        report.show()
        print("interrupted: the table is not whole")
        return 130
    report.show()
    print("all targets met" if not report.failed else f"{report.failed} targets missed")
    return 1 if report.failed else 0


def measured(name: str, mouth: Mouth) -> Iterator[Row]:
    """What a check gives; a row that fails if it cannot be finished."""
    card = SoundCard()
    try:
        card.start()
        yield from CHECKS[name](card, mouth)
    except (TooLate, RuntimeError, OSError, CharleyError) as error:
        yield Row(f"not finished: {error}", 1, most=0)
    finally:
        card.close()


if __name__ == "__main__":
    sys.exit(main())
