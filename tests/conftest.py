"""What every test runs under: no network, folders of its own, and nothing left lying about."""

from __future__ import annotations

import socket
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
AUDIO = {".flac", ".mp3", ".ogg", ".opus", ".pcm", ".raw", ".wav"}


def _no_network(event: str, args: tuple[object, ...]) -> None:
    """An audit hook sees every socket that Python opens, whoever opens it and however early it imported `socket`."""
    if event == "socket.__new__" and args[1] != socket.AF_UNIX:
        raise OSError("the tests, like Charley, use no network")
    if event in {"socket.getaddrinfo", "socket.gethostbyname"}:
        raise OSError(f"the tests, like Charley, look up no host: {args[0]}")


sys.addaudithook(_no_network)


@pytest.fixture(scope="session", autouse=True)
def _own_folders(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Caches, settings and temporary files go to a folder of this test run, for child processes too."""
    base = tmp_path_factory.mktemp("machine")
    with pytest.MonkeyPatch.context() as patch:
        for variable, name in {
            "TMPDIR": "tmp",
            "XDG_CACHE_HOME": "cache",
            "XDG_CONFIG_HOME": "config",
            "XDG_DATA_HOME": "data",
            "XDG_STATE_HOME": "state",
        }.items():
            (base / name).mkdir()
            patch.setenv(variable, str(base / name))
        patch.setattr(tempfile, "tempdir", str(base / "tmp"))
        yield base


@pytest.fixture(autouse=True)
def _leaves_nothing(_own_folders: Path) -> Iterator[None]:
    """A test keeps its files in `tmp_path`: a sound left in the temp folder is a recording of somebody's bedroom."""

    def found() -> set[Path]:
        top = {path for path in ROOT.iterdir() if not path.name.startswith(".")}
        return top | {path for path in (_own_folders / "tmp").rglob("*") if path.suffix in AUDIO}

    before = found()
    yield
    left = sorted(map(str, found() - before))
    assert not left, f"left behind: {left}"
