from __future__ import annotations

import os
import socket
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

CONFTEST = Path(__file__).with_name("conftest.py")


@pytest.mark.parametrize("family", [socket.AF_INET, socket.AF_INET6])
def test_network_sockets_are_refused(family: socket.AddressFamily) -> None:
    with pytest.raises(OSError, match="use no network"):
        socket.socket(family)


def test_host_names_are_not_looked_up() -> None:
    with pytest.raises(OSError, match="look up no host"):
        socket.getaddrinfo("localhost", 80)


def test_local_sockets_are_allowed() -> None:
    first, second = socket.socketpair(socket.AF_UNIX)
    with first, second:
        first.sendall(b"x")
        assert second.recv(1) == b"x"


def test_caches_and_temporary_files_are_not_the_users_own() -> None:
    for variable in ("TMPDIR", "XDG_CACHE_HOME", "XDG_CONFIG_HOME"):
        assert "machine" in os.environ[variable]
    assert tempfile.gettempdir() == os.environ["TMPDIR"]


def test_a_test_that_leaves_something_behind_fails(tmp_path: Path) -> None:
    (tmp_path / "tests").mkdir()
    (tmp_path / "tests" / "conftest.py").write_text(CONFTEST.read_text())
    (tmp_path / "tests" / "test_it.py").write_text(
        "import tempfile\n"
        "from pathlib import Path\n"
        "def test_tidy(tmp_path): Path(tmp_path, 'a.wav').touch()\n"
        "def test_folder(): Path(__file__).parents[1].joinpath('journal').mkdir()\n"
        "def test_sound(): Path(tempfile.mkdtemp(), 'b.wav').touch()\n"
    )
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--basetemp=base", "tests"],
        capture_output=True,
        text=True,
        check=False,
        cwd=tmp_path,
    )
    left = [line for line in done.stdout.splitlines() if line.startswith("E  ") and "left behind: [" in line]
    assert len(left) == 2
    assert "/journal']" in left[0]
    assert "/b.wav']" in left[1]
    assert "3 passed, 2 errors" in done.stdout
