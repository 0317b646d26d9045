"""`voice-skill setup`: devices, levels, region, wake phrase, and who sleeps beside, asked once and kept."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection

    from voice_skill.commands.setup_file import Changes
    from voice_skill.commands.setup_sound import RealSound
    from voice_skill.config import Config
    from voice_skill.strict_yaml import Data

__all__ = ["HELP", "add_arguments", "run"]

HELP = (
    "Set Charley up, by voice and on screen: microphone and speaker, how loud the room and your voice are, your "
    "country, the wake phrase, and whether somebody sleeps beside you. Every step can be left out, and changed later "
    "by running this again. With --yes nothing is asked: what the flags say is checked and kept."
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("--microphone", metavar="NAME", help='its name or a part of it; "default" for the system\'s')
    parser.add_argument("--speaker", metavar="NAME", help="likewise")
    parser.add_argument("--region", metavar="CODE", help="your country: an ISO 3166 code such as GB")
    parser.add_argument("--wake-phrase", metavar="TEXT", help="two to five words in lower case")
    parser.add_argument(
        "--whisper-at-night",
        action=argparse.BooleanOptionalAction,
        help="somebody sleeps beside you: whisper in the night hours",
    )
    parser.add_argument("--no-sound", action="store_true", help="play and hear nothing")
    parser.add_argument("--yes", action="store_true", help="ask nothing")


def run(args: argparse.Namespace) -> int:
    """Ask, try, and keep. Raises `CharleyError`; until all is asked, and then too, the old settings stay."""
    from voice_skill.audio.chatter import muted
    from voice_skill.commands.setup_file import change_file, changed, text_of
    from voice_skill.config import find_config, own_config, parse_config
    from voice_skill.errors import CharleyError

    path: Path = args.config or find_config() or own_config()
    given = _given(args)
    config = parse_config(changed(text_of(path), path, given), path)
    regions = _checked(config)
    if args.yes:
        changes = given
        if not args.no_sound:
            with muted():
                _listen_once(config)
    elif sys.stdin.isatty():
        changes = _walk(config, given, regions, sound=not args.no_sound)
    else:
        raise CharleyError(
            "setup asks questions, and nobody is at the keyboard",
            "give the answers as flags, and --yes: voice-skill setup --region GB --yes",
        )
    for place, value in changes.items():
        print(f"{'.'.join(place)}: {'null' if value is None else value}")
    if not changes:
        print("nothing to change")
        return 0
    if not args.yes and Keyboard().ask(f"Keep this in {path}? yes or no", "yes").lower() not in ("y", "yes"):
        print("nothing was changed")
        return 0
    change_file(path, changes)
    print(f'kept in {path}; "voice-skill doctor" looks at everything, "voice-skill run" begins the night')
    return 0


class Keyboard:
    """The person, at a terminal."""

    def tell(self, text: str) -> None:
        """Show it."""
        print(text, flush=True)

    def ask(self, question: str, default: str) -> str:
        """Put a question. Raises `CharleyError` at the end of the input."""
        from voice_skill.errors import CharleyError

        try:
            # Not as the prompt of `input`, which goes to stderr, where it is muted with the sound card's chatter.
            print(f"{question} [{default}] ", end="", flush=True)
            return input().strip() or default
        except EOFError as error:
            raise CharleyError("setup was left in the middle", "nothing was changed; run it again") from error


def _given(args: argparse.Namespace) -> Changes:
    """The settings that flags decide."""
    flags: dict[tuple[str, ...], Data] = {
        ("microphone",): args.microphone,
        ("speaker",): args.speaker,
        ("region",): args.region,
        ("wake_phrase",): args.wake_phrase,
        ("night_hours", "whisper"): args.whisper_at_night,
    }
    default = (("microphone",), ("speaker",))
    return {
        place: None if place in default and value == "default" else value
        for place, value in flags.items()
        if value is not None
    }


def _checked(config: Config) -> Collection[str]:
    """The regions that there are. Raises `CharleyError` for a region or wake phrase that will not do."""
    from voice_skill.asr.model import vocabulary
    from voice_skill.commands.parts import build_dialogs, fresh_session
    from voice_skill.wake.gate import WakeGate

    dialogs = build_dialogs(config, config.model_folder)
    fresh_session(config, dialogs)
    WakeGate(config.wake_phrase, vocabulary(config.model_folder).__contains__)
    return dialogs.regions


def _sound(config: Config) -> RealSound:
    from datetime import datetime

    from voice_skill.commands.parts import build_dialogs, build_ear, build_store
    from voice_skill.commands.setup_sound import RealSound, SoundCard

    return RealSound(
        SoundCard(build_store(config)),
        lambda: config.gain_db(datetime.now().time()),
        lambda: build_ear(build_dialogs(config, config.model_folder), config.model_folder),
        config.microphone,
        config.speaker,
    )


def _listen_once(config: Config) -> None:
    """Open microphone and speaker, and hear the room. Raises `AudioError` if that cannot be."""
    import contextlib

    sound = _sound(config)
    with contextlib.closing(sound):
        sound.choose(config.microphone, config.speaker)
        print(f"microphone and speaker open; the room is at {sound.room():.0f} dBFS")


def _walk(config: Config, given: Changes, regions: Collection[str], *, sound: bool) -> Changes:
    import contextlib

    from voice_skill.audio.chatter import muted
    from voice_skill.commands.setup_steps import Setup, walk

    with contextlib.ExitStack() as open_things:
        real = None
        if sound:
            open_things.enter_context(muted())
            real = open_things.enter_context(contextlib.closing(_sound(config)))
        return walk(Setup(config, Keyboard(), real, regions, frozenset(place[0] for place in given), dict(given)))
