"""Last step: the operating point of a model, chosen on sound that did not train it and stored in its `charley.toml`.

    python -m scripts.train.tune --speech FOLDER --model DIR

Every clip is decoded once for each number of copies (how likely a phrase is beside common words); then each threshold
is moved, one after another, to where the mistakes weigh least. What a mistake weighs is written below: a "no" that was
not said is the worst. `scripts/bench ears` measures the outcome, its phrases being others than those tuned on.
"""

from __future__ import annotations

import argparse
import sys
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from functools import partial
from pathlib import Path

from rich.console import Console
from rich.progress import track

from scripts.benchmarks.ears.clips import Heard, Material
from scripts.benchmarks.ears.listeners import VoskListener
from scripts.train.files import whole_file
from scripts.train.prepare import Sources
from voice_skill.asr.model import SETTINGS, ModelSettings, read_settings, write_checksums
from voice_skill.asr.port import Transcript
from voice_skill.asr.wholes import GrammarWeights
from voice_skill.errors import CharleyError
from voice_skill.loading import load_dialogs
from voice_skill.nlu.understanding import Thresholds, Understood, is_danger, understand

ROOT = Path(__file__).parents[2]
COPIES = (3, 6)
RIVALS = 3000
UNKNOWN = 3
SHARE = 25
"""Where few are listened for, as in the ten words, a phrase would else be a hundred times less likely than where many
are, for the same sound."""
SINGLE = 8
"""Without it a single word that was said is too often taken for one of the many rivals that sound nearly so. With 24 a
row of single words begins to win over the phrase that was said: "what what that"."""
GRID = tuple(round(0.4 + 0.05 * step, 2) for step in range(12))
LEAST = {"no": 0.7}
"""What is not lowered further, however well it looks: a few hundred clips without a false "no" prove little, and below
it "now" was one."""
TUNED = ("command", "sentence", "answer", "urgent", "danger", "danger_amid", "no")

REJECTED = 1.0
"""A phrase that was not understood: Charley asks again."""
MISSED_DANGER = 6.0
"""A danger phrase that was not understood."""
WRONG = 4.0
"""A phrase taken for another."""
INVENTED = 4.0
"""Something understood where nothing was said that means anything."""
FALSE_DANGER = 8.0
"""A danger phrase that was not said: an emergency talked about for nothing."""
FALSE_NO = 100.0
"""A "no" that was not said: it may clear a safety question."""
LEVELS = (None, 12.0)


@dataclass(frozen=True, slots=True)
class Decoded:
    """A clip and what it was heard as."""

    clip: Heard
    transcript: Transcript


def main(arguments: Sequence[str]) -> int:
    """Tune, store and say what came of it. Returns the exit code."""
    try:
        tune(tuning(arguments))
    except CharleyError as error:
        Console().print(f"{error.message}\n{error.cure}", highlight=False, soft_wrap=True)
        return error.exit_code
    return 0


def tune(args: argparse.Namespace) -> None:
    """Find the operating point of `args.model`, store it there and print it. Raises `CharleyError`."""
    console = Console()
    clips = _clips(args, console)
    before = read_settings(args.model)
    found = [_tuned(args.model, clips, copies, console) for copies in args.copies]
    loss, settings = min(found, key=lambda one: one[0])
    kept = replace(settings, word_delay=before.word_delay)
    with whole_file(args.model / SETTINGS) as temporary:
        temporary.write_text(_written(kept), encoding="utf-8")
    write_checksums(args.model)
    console.print(f"weight of the mistakes {loss:.3f}; written to {args.model / SETTINGS}", highlight=False)
    console.print(_written(kept), highlight=False, markup=False)


def tuning(arguments: Sequence[str]) -> argparse.Namespace:
    """What to tune on, from the command line."""
    parser = argparse.ArgumentParser(prog="python -m scripts.train.tune", description=__doc__.split("\n")[0])
    parser.add_argument("--speech", type=Path, required=True, help="the folder that holds manifest.tsv")
    parser.add_argument("--audio", type=Path, help="the folder with the unpacked audio; else the same")
    parser.add_argument("--work", type=Path, default=ROOT / "training", help="where the synthetic voices are")
    parser.add_argument("--model", type=Path, default=ROOT / "models" / "en", help="the model to tune")
    parser.add_argument(
        "--copies", type=int, nargs="+", default=COPIES, metavar="N", help="how often to list a phrase; each is tried"
    )
    parser.add_argument("--every", type=int, default=6, help="take each so manieth clip (default: %(default)s)")
    parser.add_argument("--people", type=int, default=4, help="the same of people's recordings (default: %(default)s)")
    return parser.parse_args(arguments)


def _clips(args: argparse.Namespace, console: Console) -> list[Heard]:
    sources = Sources(args.speech / "manifest.tsv", args.audio or args.speech, args.work, args.model)
    material = Material(sources, load_dialogs(), args.every, args.people)
    clips = [
        *material.words(),
        *material.talk(),
        *material.noise(),
        *material.prompts(),
        *material.phrases(LEVELS, offset=1),
        *material.questions(args.work / "synthetic" / "questions"),
    ]
    console.print(f"{len(clips)} clips", highlight=False)
    return clips


def _tuned(model: Path, clips: Sequence[Heard], copies: int, console: Console) -> tuple[float, ModelSettings]:
    """The weight of the mistakes at the best thresholds, and the settings with those."""
    weights = GrammarWeights(copies, RIVALS, UNKNOWN, SHARE, SINGLE)
    listener = VoskListener(model, weights)
    shown = track(clips, f"{copies} copies", console=console, transient=True)
    decoded = [Decoded(clip, listener.listen(clip.sound, clip.book.grammar(clip.intents))[0]) for clip in shown]
    limits = Thresholds()
    for name in TUNED:
        # of values that weigh the same the one nearest the default: few clips tell little
        allowed = [value for value in GRID if value >= LEAST.get(name, 0.0)]
        values = sorted(allowed, key=partial(_distance, getattr(limits, name)))
        limits = min((replace(limits, **{name: value}) for value in values), key=partial(weigh, decoded))
    default = Thresholds()
    changed = {one.name: getattr(limits, one.name) for one in fields(limits) if one.name in TUNED}
    loss = weigh(decoded, limits)
    told = ", ".join(f"{name} {value:g}" for name, value in changed.items())
    console.print(f"{copies} copies: {weigh(decoded, default):.3f} as is, {loss:.3f} with {told}", highlight=False)
    return loss, ModelSettings(thresholds=changed, grammar=weights)


def _distance(one: float, other: float) -> float:
    return abs(one - other)


def weigh(decoded: Sequence[Decoded], limits: Thresholds) -> float:
    """How much the mistakes weigh: in each group the mean over its clips, and of these the sum."""
    sums: defaultdict[str, float] = defaultdict(float)
    counts: Counter[str] = Counter()
    for one in decoded:
        counts[one.clip.group] += 1
        sums[one.clip.group] += _weight(one, limits)
    return sum(sums[group] / counts[group] for group in counts)


def _weight(one: Decoded, limits: Thresholds) -> float:
    meaning = understand(one.transcript, one.clip.intents, one.clip.book, limits)
    intent = meaning.intent if isinstance(meaning, Understood) else ""
    if intent == one.clip.intent:
        return 0.0
    if intent == "no":
        return FALSE_NO
    if is_danger(one.clip.intent):
        return 0.0 if is_danger(intent) else MISSED_DANGER
    if is_danger(intent):
        return FALSE_DANGER
    if not intent:
        return REJECTED
    return WRONG if one.clip.intent else INVENTED


def _written(settings: ModelSettings) -> str:
    thresholds = "".join(f"{name} = {value:g}\n" for name, value in settings.thresholds.items())
    grammar = "".join(f"{one.name} = {getattr(settings.grammar, one.name)}\n" for one in fields(settings.grammar))
    return f"""\
# How this model behaves, as measured with it. `voice_skill/asr/model.py` reads it; `scripts/train/tune.py` wrote it.

# Seconds by which it reports words too late (begin and end alike).
word_delay = {settings.word_delay:g}

# How often each kind of entry is listed in what it may hear, which sets how likely it is: `voice_skill/asr/wholes.py`.
[grammar]
{grammar}
# How sure it must be: `voice_skill/nlu/understanding.py`.
[thresholds]
{thresholds}"""


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
