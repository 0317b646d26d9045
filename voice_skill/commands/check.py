"""`voice-skill check`: are the dialog files right, and can the speech model hear every phrase in them?"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from voice_skill.dialog.actions import Action
    from voice_skill.dialog.events import Event
    from voice_skill.dialog.explore import Walk
    from voice_skill.dialog.model import Dialogs
    from voice_skill.dialog.session import Session

__all__ = ["HELP", "add_arguments", "run"]

HELP = "Check the dialog files: their shape and meaning, the words that the speech model lacks, and where they lead."

WALK = 3000
"""Sessions that are walked unless told otherwise: some fifteen seconds, and nine states in ten."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the folder, the model, the list of echoes, and the length of the walk."""
    parser.add_argument(
        "folder", nargs="?", type=Path, metavar="DIR", help="folder of dialog files (default: the one in use)"
    )
    parser.add_argument(
        "--model", type=Path, metavar="DIR", help="folder of the speech model (default: the one in use)"
    )
    parser.add_argument(
        "--echoes",
        action="store_true",
        help="also list the prompts that hold words which cut Charley short, and so have to be tried aloud",
    )
    parser.add_argument(
        "--notes", action="store_true", help="also list what should be looked at, such as phrases that sound alike"
    )
    parser.add_argument(
        "--walk",
        type=int,
        default=WALK,
        metavar="N",
        help="walk through N sessions and check the safety properties at each step (default: %(default)s; 0: none)",
    )


def run(args: argparse.Namespace) -> int:
    """Print what there is, if all is well. Raises `DialogError` with every problem, and `ModelError`.

    Returns 1, and prints the conversations, if a safety property does not hold.
    """
    from voice_skill.asr.kaldi.addwords import LEXICON
    from voice_skill.asr.kaldi.lexicon import read_lexicon
    from voice_skill.asr.model import vocabulary
    from voice_skill.config import load_config
    from voice_skill.errors import DialogError
    from voice_skill.loading import echo_risks, read_dialogs
    from voice_skill.review import review

    config = load_config(args.config)
    folder = args.folder or config.dialog_folder
    model = args.model or config.model_folder
    dialogs, places = read_dialogs(folder, vocabulary(model))
    lexicon = read_lexicon(model / LEXICON) if (model / LEXICON).is_file() else None
    found = review(dialogs, places, lexicon)
    if found.errors:
        raise DialogError(found.errors)
    if args.notes:
        print("\n".join(found.notes), end="\n\n" if found.notes else "")
    echoes = echo_risks(dialogs, places)
    if args.echoes:
        print("\n".join(echoes), end="\n\n" if echoes else "")
    phrases = {phrase for said in dialogs.phrases.values() for phrase in said}
    counts = {
        "dialogs": len(dialogs.dialogs),
        "states": sum(1 for _ in dialogs.walk()),
        "questions": len(dialogs.questions),
        "phrases": len(phrases),
        "words": len({word for phrase in phrases for word in phrase.split()}),
        "echoes": len(echoes),
        "notes": len(found.notes),
    }
    for name, count in counts.items():
        print(f"{name:10}{count:6}")
    print(f"version   {dialogs.version}")
    return _walk(dialogs, args.walk) if args.walk > 0 else 0


def _walk(dialogs: Dialogs, limit: int) -> int:
    """Check the properties along a walk; print what was walked, and the shortest way found to each violation."""
    from voice_skill.commands.parts import progress_bar
    from voice_skill.dialog.explore import Transition, explore
    from voice_skill.dialog.properties import PROPERTIES, violations

    found: dict[str, Transition] = {}

    def visit(step: Transition) -> None:
        for violation in violations(step, dialogs):
            found.setdefault(violation, step)

    with progress_bar("Walking") as progress:
        walk = explore(dialogs, visit=visit, progress=progress, limit=limit)
    extent = f"not all of them: {walk.frontier} more were found and not walked" if walk.frontier else "all there are"
    print(f"\nwalked    {walk.sessions:6} sessions, {extent}")
    print(f"          {walk.transitions:6} transitions through {len(walk.states)} states")
    print(f"          {len(PROPERTIES):6} properties, {len(found) or 'no'} violation{'' if len(found) == 1 else 's'}")
    for violation, step in found.items():
        print(f"\n{violation}")
        print("\n".join(f"    {line}" for line in _script(dialogs, walk, step.before, step.event)))
    return 1 if found else 0


def _script(dialogs: Dialogs, walk: Walk, last: Session, event: Event) -> Iterator[str]:
    """The conversation that leads to a step, and the step, as it would be heard."""
    from voice_skill.dialog.engine import step

    for session, happened in (*walk.path(last), (last, event)):
        _, actions = step(dialogs, session, happened, 0.0)
        yield from _lines(dialogs, happened, actions)


def _lines(dialogs: Dialogs, event: Event, actions: tuple[Action, ...]) -> Iterator[str]:
    from voice_skill.dialog.actions import Note, Say
    from voice_skill.dialog.events import Heard, NotUnderstood, TimePassed, Woken

    match event:
        case Heard() | Woken():
            start = ["hey charley"] if isinstance(event, Woken) else []
            yield f"you: {', '.join([*start, *dialogs.phrases.get(event.intent, ())[:1]])}"
        case NotUnderstood():
            yield "you: (something else)"
        case TimePassed():
            yield "(time passes)"
    for action in actions:
        match action:
            case Say():
                yield f"charley: {' '.join(action.sentences)}"
            case Note(kind="screen_answer" | "level"):
                yield f"[{action.kind}: {', '.join(str(value) for _, value in action.fields)}]"
