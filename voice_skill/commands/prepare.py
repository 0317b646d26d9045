"""`voice-skill prepare`: render every prompt beforehand."""

from __future__ import annotations

import argparse

__all__ = ["HELP", "add_arguments", "run"]

HELP = "Render every prompt of the dialogs and check it, so that no prompt has to be made in the night."


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """There is nothing to choose: the configuration names voice, rate, region, dialogs and cache."""


def run(args: argparse.Namespace) -> int:
    """Render what is not in the cache yet. Raises `DialogError`, `SpeechError` or `StorageError`."""
    from voice_skill.commands.parts import build_store, prepare_prompts
    from voice_skill.config import load_config
    from voice_skill.dialog.move import QUIET_RATE
    from voice_skill.loading import load_dialogs

    config = load_config(args.config)
    rates = sorted({config.rate, min(config.rate, QUIET_RATE)})
    prepare_prompts(build_store(config), load_dialogs(config.dialogs), config, rates=rates)
    print(f"every prompt is ready in {config.cache_folder}, at {' and '.join(map(str, rates))} words a minute")
    return 0
