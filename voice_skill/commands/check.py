"""`voice-skill check`: are the dialog files right, and can the speech model hear every phrase in them?"""

from __future__ import annotations

import argparse
import resource
import sys
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from voice_skill.dialog.explore import Transition
    from voice_skill.dialog.model import Dialogs

__all__ = ["HELP", "add_arguments", "run"]

HELP = "Check the dialog files (shape, meaning, words the speech model lacks, what is said) and prove the safety rules."

SEARCH = 3000
"""Whole sessions that are walked to find a conversation that shows what the proof has found."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the folder, the model, the lists, and whether the proof is left out or tried on broken dialogs."""
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
        "--quick", action="store_true", help="leave out the proof of the safety properties, the long part"
    )
    parser.add_argument(
        "--mutants",
        nargs="?",
        const="",
        metavar="FAMILY",
        help="break each guard, lock and rule in turn, and see that the proof finds it; or only those of one family",
    )


def run(args: argparse.Namespace) -> int:
    """Print what there is, if all is well. Raises `DialogError` with every problem, and `ModelError`.

    Returns 1, and prints a conversation for each, if a safety property does not hold; or, with `--mutants`, if a mutant
    survives.
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
    if args.mutants is not None:
        return _break(dialogs, args.mutants)
    return 0 if args.quick else _prove(dialogs)


def _prove(dialogs: Dialogs) -> int:
    """Prove the safety properties; print what was tried, and a conversation for each that does not hold."""
    from voice_skill.commands.parts import progress_bar
    from voice_skill.dialog.proof import prove
    from voice_skill.dialog.properties import PROPERTIES, violations
    from voice_skill.dialog.standing import STANDING, standing_violations

    with progress_bar("Proving") as progress:
        proof = prove(dialogs, lambda step: violations(step, dialogs), progress=progress)
    standing = [*standing_violations(dialogs)]
    if dead := proof.dead_ends():
        standing.append(f"P20: no way leads to sleep from {len(dead)} places, such as {min(dead).stack[-1].state}")
    found, held = len(proof.found) + len(standing), len(PROPERTIES) + len(STANDING) + 1
    print(f"\nproved    {proof.places:7} places, all that can be reached")
    print(f"          {proof.steps:7} steps from them, through {len(proof.states)} states")
    print(f"          {held:7} properties, {found or 'no'} violation{'' if found == 1 else 's'}")
    print(f"          {_peak_memory():7} MiB of memory at most")
    if not found:
        return 0
    print("".join(f"\n{violation}\n" for violation in standing), end="")
    shown = _shown(dialogs, {one.violation for one in proof.found})
    for one in proof.found:
        print(f"\n{one.violation}")
        print("\n".join(f"    {line}" for line in shown.get(one.violation) or _way(proof.path(one))))
    return 1


def _peak_memory() -> int:
    """The most memory that this process has held, in MiB."""
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return most >> 20 if sys.platform == "darwin" else most >> 10


def _break(dialogs: Dialogs, family: str) -> int:
    """Try the proof on each mutant; print those that survive, and how many were killed, also when interrupted."""
    from voice_skill.commands.parts import progress_bar
    from voice_skill.dialog.mutants import FAMILIES, mutants
    from voice_skill.dialog.trials import Trials
    from voice_skill.errors import CharleyError

    if family and family not in FAMILIES:
        raise CharleyError(f"there are no mutants named {family}", f"say one of {', '.join(FAMILIES)}, or none for all")
    print()
    with progress_bar("Proving") as progress:
        trials = Trials(dialogs, progress)
    if trials.sound.found:
        print("No mutant was tried, since the proof fails as it is: see `voice-skill check`.")
        return 1
    wanted = {name: list(mutants(dialogs, name)) for name in ([family] if family else FAMILIES)}
    total, outcomes = sum(map(len, wanted.values())), Counter[str]()
    try:
        for name, each in wanted.items():
            of_family = Counter[str]()
            with progress_bar(f"Breaking {name}") as progress:
                for number, mutant in enumerate(each, 1):
                    outcome = trials.try_on(mutant)
                    for counter in (outcomes, of_family):
                        counter[outcome.kind] += 1
                    if outcome.kind == "survives":
                        print(f"survives  {mutant.name}", flush=True)
                    progress(number, len(each))
            print(_tally(name, of_family), flush=True)
    except KeyboardInterrupt:
        print(f"stopped: {total - outcomes.total()} of {total} were not tried")
        raise
    finally:
        print(f"\n{_tally('in all', outcomes)}")
        print(
            "same: does in every conversation what the sound dialogs do, step by step, as another guard holds;\n"
            "cautious: breaks no property, and can only take somebody who is fine for one in doubt."
        )
    return 1 if outcomes["survives"] else 0


def _tally(name: str, outcomes: Counter[str]) -> str:
    """What came of a family of mutants."""
    apart = outcomes["same"] + outcomes["cautious"]
    beside = f"; {outcomes['same']} same, {outcomes['cautious']} cautious" if apart else ""
    return f"{name:9} killed {outcomes['killed']} of {outcomes.total() - apart}{beside}"


def _shown(dialogs: Dialogs, wanted: set[str]) -> dict[str, list[str]]:
    """For each violation that whole conversations show, the shortest one found, as a script for `rehearse`."""
    from voice_skill.commands.parts import progress_bar
    from voice_skill.dialog.explore import explore
    from voice_skill.dialog.properties import violations
    from voice_skill.rehearsal.script import from_path

    found: dict[str, Transition] = {}

    def visit(step: Transition) -> None:
        for violation in violations(step, dialogs):
            if violation in wanted:
                found.setdefault(violation, step)

    with progress_bar("Looking for a conversation that shows it") as progress:
        walk = explore(dialogs, visit=visit, progress=progress, limit=SEARCH)
    paths = {wrong: (*walk.path(step.before), (step.before, step.event)) for wrong, step in found.items()}
    return {wrong: from_path(dialogs, path) for wrong, path in paths.items()}


def _way(steps: Sequence[Transition]) -> list[str]:
    """The places on the way to a step. Each step can happen; whether all of them can in a row was not found out."""
    names = [f"{step.after.at.state}, {step.after.at.phase}" if step.after.stack else "asleep" for step in steps]
    return ["by way of:", *dict.fromkeys(names)]
