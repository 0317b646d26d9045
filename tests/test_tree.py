"""What must hold for the tree as a whole: its scripts, its sizes, and what may be written in it."""

from __future__ import annotations

import os
import re
import subprocess
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
SCRIPTS = [
    ROOT / ".ci" / "run",
    *sorted(path for path in (ROOT / "scripts").iterdir() if not path.suffix and path.is_file()),
]
OURS = {".ci"}
"""The folders with a dot that belong to the project; the others are caches."""
NOT_OURS = {"__pycache__", "build", "dist", "training"}


def files() -> Iterator[Path]:
    """Every file of the project, with or without a git checkout around it."""
    for folder, folders, names in os.walk(ROOT):
        folders[:] = [name for name in folders if name in OURS or not (name.startswith(".") or name in NOT_OURS)]
        yield from (Path(folder, name) for name in names)


def texts() -> Iterator[tuple[str, str]]:
    """Every file that is text, by its path from the top."""
    for path in files():
        try:
            yield str(path.relative_to(ROOT)), path.read_text("utf-8")
        except UnicodeDecodeError:
            continue


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.name)
def test_scripts_parse_run_and_stay_short(script: Path) -> None:
    text = script.read_text()
    assert os.access(script, os.X_OK)
    subprocess.run(["bash", "-n", script], check=True)
    assert text.startswith("#!/usr/bin/env bash\n# ")
    assert "set -euo pipefail" in text
    assert text.count("\n") <= (60 if script.name == "setup-venv" else 30)


def test_no_module_is_longer_than_one_room() -> None:
    long = {name: lines for name, text in texts() if name.endswith(".py") and (lines := text.count("\n")) > 400}
    assert not long


def test_no_package_registry_and_no_path_of_this_machine_is_written_down() -> None:
    # in two parts, so that this file does not find itself
    hosts = re.compile(
        "|".join(("pypi[.]" + "org", "pythonhosted[.]" + "org", "npmjs[.]" + "org", "debian[.]" + "org"))
    )
    found = [name for name, text in texts() if hosts.search(text) or f"{ROOT}/" in text]
    assert not found


def test_every_locked_package_has_an_exact_version_and_a_hash() -> None:
    lock = (ROOT / "requirements.lock").read_text()
    assert "://" not in lock
    packages = re.split(r"^(?=[a-z0-9])", lock, flags=re.M)[1:]
    assert packages
    assert all(re.match(r"[a-z0-9-]+==\S+ .*\\\n    --hash=sha256:", package) for package in packages)


def test_the_lock_holds_everything_that_is_asked_for() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    asked = [*project["dependencies"], *project["optional-dependencies"]["test"]]
    names = {re.split(r"[^A-Za-z0-9-]", one)[0].lower() for one in asked}
    locked = set(re.findall(r"^([a-z0-9-]+)==", (ROOT / "requirements.lock").read_text(), flags=re.M))
    assert names <= locked


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """A tree with just what `scripts/setup-venv` looks at, under a folder with a space in its name."""
    tree = tmp_path / "a tree"
    (tree / "scripts").mkdir(parents=True)
    for name in ("requirements.lock", "pyproject.toml", "scripts/setup-venv"):
        (tree / name).write_bytes((ROOT / name).read_bytes())
    (tree / "scripts" / "setup-venv").chmod(0o755)
    return tree


def setup_venv(tree: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [tree / "scripts" / "setup-venv"], env=environment, capture_output=True, text=True, check=False, cwd="/"
    )


def old_python(tree: Path) -> Path:
    """A folder with every Python that the script asks for, each too old."""
    folder = tree / "old"
    folder.mkdir()
    for name in ("python3", "python3.11", "python3.12", "python3.13"):
        (folder / name).write_text('#!/bin/sh\n[ "$1" = --version ] && echo "Python 3.9.2"\nexit 1\n')
        (folder / name).chmod(0o755)
    return folder


def test_setting_up_tells_when_python_is_too_old(copy: Path) -> None:
    done = setup_venv(copy, PATH=f"{old_python(copy)}:/usr/bin:/bin")
    assert done.returncode == 2
    assert "needs Python 3.11 or newer; found: Python 3.9.2" in done.stderr
    assert "apt-get install -y python3" in done.stderr
    assert not (copy / ".venv").exists()


def made_venv(copy: Path) -> Path:
    """A .venv that is in order as far as the script can tell; gives the folder of its programs."""
    programs = copy / ".venv" / "bin"
    programs.mkdir(parents=True)
    (programs / "python").write_text("#!/bin/sh\nexit 0\n")
    (programs / "voice-skill").write_text(f"#!{programs}/python\n")
    (programs / "python").chmod(0o755)
    made_from = (copy / "requirements.lock").read_bytes() + (copy / "pyproject.toml").read_bytes()
    stamp = subprocess.run(["cksum"], input=made_from, capture_output=True, check=True)
    (copy / ".venv" / "charley.stamp").write_bytes(stamp.stdout)
    return programs


def test_a_venv_in_order_is_left_alone_without_python_or_network(copy: Path) -> None:
    made_venv(copy)
    done = setup_venv(copy, PATH=f"{old_python(copy)}:/usr/bin:/bin")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


@pytest.mark.parametrize("damage", ["no stamp", "old lock", "no interpreter", "moved"])
def test_a_venv_that_is_not_in_order_is_not_taken_for_one(copy: Path, damage: str) -> None:
    programs = made_venv(copy)
    match damage:
        case "no stamp":
            (copy / ".venv" / "charley.stamp").unlink()
        case "old lock":
            (copy / "requirements.lock").write_text("another==1\n")
        case "no interpreter":
            (programs / "python").unlink()
        case "moved":
            (programs / "voice-skill").write_text("#!/elsewhere/.venv/bin/python\n")
    done = setup_venv(copy, PATH=f"{old_python(copy)}:/usr/bin:/bin")
    assert done.returncode == 2
    assert "needs Python" in done.stderr
