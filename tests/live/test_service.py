"""The systemd unit, as far as it can be looked at where no systemd runs."""

from __future__ import annotations

import configparser
import os
import shutil
import subprocess
from pathlib import Path

import pytest

SERVICE = Path(__file__).parents[2] / "scripts" / "charley.service"


def installed(folder: Path) -> Path:
    """The unit as its first lines say to install it, for a checkout whose program does nothing."""
    program = folder / ".venv" / "bin" / "voice-skill"
    program.parent.mkdir(parents=True)
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    unit = folder / "charley.service"
    unit.write_text(SERVICE.read_text().replace("@CHECKOUT@", str(folder)))
    return unit


def test_it_is_begun_anew_whenever_it_ends_or_gives_no_sign_of_life() -> None:
    unit = configparser.ConfigParser(comment_prefixes="#", interpolation=None)
    unit.read(SERVICE)
    service = unit["Service"]
    assert service["Type"] == "notify"
    assert service["Restart"] == "always"
    assert 10 <= int(service["WatchdogSec"]) <= 60
    assert service["ExecStart"].split()[-1] == "run"
    assert unit["Unit"]["StartLimitIntervalSec"] == "0"


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="there is no systemd-analyze here")
def test_systemd_understands_every_line(tmp_path: Path) -> None:
    done = subprocess.run(
        ["systemd-analyze", "verify", "--user", installed(tmp_path)],
        env={"XDG_RUNTIME_DIR": str(tmp_path), "HOME": str(tmp_path), "PATH": os.environ["PATH"]},
        capture_output=True,
        text=True,
        check=False,
    )
    assert "charley.service" not in done.stderr
    assert done.returncode == 0, done.stderr
