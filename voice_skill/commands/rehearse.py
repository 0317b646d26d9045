"""`voice-skill rehearse`: a night typed instead of spoken."""

from __future__ import annotations

import argparse
import contextlib
import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from voice_skill.config import Config
    from voice_skill.dialog.model import Dialogs
    from voice_skill.records import Record
    from voice_skill.rehearsal.night import Night

__all__ = ["HELP", "add_arguments", "run"]

HELP = (
    "Type what you would say, and read what Charley answers. Everything is real but the sound: the same dialogs, the "
    "same understanding, the same timing. Time is simulated, so a hold of thirty seconds takes none."
)
PROMPT = "> "


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the script, and list what may be typed."""
    from voice_skill.rehearsal.script import VERBS

    takes = {"text": " TEXT", "seconds": " SECONDS", "count": " [N]", "country": " GB", "": ""}
    verbs = "\n".join(f"  {f':{name}{takes[verb.takes]}':18}{verb.help}" for name, verb in VERBS.items())
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.epilog = (
        "A line is said once Charley has finished and waits for you. It begins as in life: hey charley my leg is "
        f"cramping.\nA line that begins with a colon does something else:\n{verbs}\n\n"
        "Several may share a line: in bed :interrupt stop"
    )
    parser.add_argument(
        "script",
        nargs="?",
        type=Path,
        metavar="SCRIPT",
        help="a file of such lines, or a scenario (.yaml); default: what you type, or what is piped in",
    )
    parser.add_argument("--region", metavar="GB", help="be in this country (default: the configured one)")


def run(args: argparse.Namespace) -> int:
    """Rehearse. Returns 1 if a scenario does not go as its file says.

    Raises `DialogError` for lines that mean nothing, with each line, and `RehearsalError` for what cannot happen.
    """
    from voice_skill.config import load_config
    from voice_skill.loading import load_dialogs

    config = load_config(args.config)
    dialogs = load_dialogs(config.dialogs)
    if args.script is not None and args.script.suffix == ".yaml":
        return _scenario(args.script, dialogs)
    night = _night(config, dialogs, args.region)
    if args.script is None and sys.stdin.isatty():
        _converse(night)
    else:
        _follow(night, args.script)
    return 0


def _night(config: Config, dialogs: Dialogs, region: str | None) -> Night:
    from voice_skill.commands.parts import fresh_session
    from voice_skill.journal.history import MemoryHistory
    from voice_skill.rehearsal.night import Night
    from voice_skill.rehearsal.telling import told

    def tell(record: Record) -> None:
        if line := told(record):
            print(line, flush=True)

    session = fresh_session(config, dialogs, region)
    return Night(
        dialogs,
        region=session.region,
        rate=session.voice.rate,
        wake_phrase=config.wake_phrase,
        history=MemoryHistory,
        tell=tell,
    )


def _scenario(path: Path, dialogs: Dialogs) -> int:
    from voice_skill.rehearsal.scenario import play, read_scenario

    outcome = play(read_scenario(path, dialogs), dialogs)
    print("\n".join(outcome.conversation))
    if outcome.problem:
        print(f"charley: {outcome.problem}", file=sys.stderr)
        return 1
    return 0


def _follow(night: Night, path: Path | None) -> None:
    """Go through a script, or what is piped in, to its end."""
    from voice_skill.errors import StorageError
    from voice_skill.rehearsal.night import RehearsalError
    from voice_skill.rehearsal.script import read_lines

    try:
        lines = sys.stdin.read() if path is None else path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise StorageError(f"{path or 'stdin'}: cannot be read: {error}", "name a file of lines") from error
    name = "stdin" if path is None else str(path)
    for number, act in read_lines(lines.splitlines(), name):
        if act.verb == "quit":
            break
        if act.verb == "help":
            continue
        try:
            night.do(act)
        except RehearsalError as error:
            raise RehearsalError(f"{name}:{number}: {error.message}", error.cure) from error
    night.hear_out()


def _converse(night: Night) -> None:
    """Take lines from a terminal till it has had enough. What cannot be done is said, and the night goes on."""
    from voice_skill.rehearsal.night import RehearsalError
    from voice_skill.rehearsal.script import VERBS, parse
    from voice_skill.shape import Wrong

    with contextlib.suppress(ImportError):
        import readline  # noqa: F401 - gives `input` a history and editing keys

    print('Begin with "hey charley". :help lists what else there is, :quit ends it.')
    while True:
        try:
            acts = parse(input(PROMPT))
        except EOFError:
            print()
            return
        except Wrong as problem:
            print(problem)
            continue
        for act in acts:
            if act.verb == "quit":
                return
            if act.verb == "help":
                print("\n".join(f"  :{name:12}{verb.help}" for name, verb in VERBS.items()))
                continue
            try:
                night.do(act)
            except RehearsalError as error:
                print(error)
        night.hear_out()
