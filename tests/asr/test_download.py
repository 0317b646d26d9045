"""Fetching a model: whole, broken off, tampered with, and without a network."""

from __future__ import annotations

import contextlib
import email.message
import hashlib
import io
import urllib.error
import urllib.request
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from voice_skill.asr.download import OfficialModel, Response, fetch_model
from voice_skill.errors import ModelError, StorageError

FOLDER = "vosk-model-tiny"


def archive(**extra: str) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_STORED) as zipped:
        for name in ("am/final.mdl", "conf/model.conf", "graph/HCLr.fst", "graph/Gr.fst"):
            zipped.writestr(f"{FOLDER}/{name}", name * 50_000)
        for name, text in extra.items():
            zipped.writestr(name, text)
    return made.getvalue()


def model(content: bytes) -> OfficialModel:
    return OfficialModel(FOLDER, "https://models.example/tiny.zip", hashlib.sha256(content).hexdigest())


class Answer:
    """An HTTP answer; the body may fail, or end early."""

    def __init__(self, status: int, body: bytes, length: int, error: OSError | None) -> None:
        self.status = status
        self._body = io.BytesIO(body)
        self._length = length
        self._error = error

    def getheader(self, name: str) -> str | None:
        return {"Content-Length": str(self._length)}.get(name)

    def read(self, size: int) -> bytes:
        block = self._body.read(size)
        if not block and self._error:
            raise self._error
        return block


class Server:
    """Serves `content`. It may break off after some bytes, and may not know how to go on in the middle."""

    def __init__(self, content: bytes) -> None:
        self.content = content
        self.break_after: int | None = None
        self.error: OSError | None = None
        self.ranges = True
        self.asked: list[str | None] = []

    @contextlib.contextmanager
    def __call__(self, request: urllib.request.Request) -> Iterator[Response]:
        wanted = request.get_header("Range")
        self.asked.append(wanted)
        start = int(wanted.removeprefix("bytes=").rstrip("-")) if wanted and self.ranges else 0
        if start >= len(self.content):
            raise urllib.error.HTTPError(request.full_url, 416, "Range Not Satisfiable", email.message.Message(), None)
        body = self.content[start:]
        yield Answer(206 if start else 200, body[: self.break_after], len(body), self.error)


def ignore(*at: object) -> None:
    """No progress bar."""


def fetch(server: Server, into: Path, wanted: OfficialModel | None = None) -> Path:
    return fetch_model(wanted or model(server.content), into, ignore, server)


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_fetch_unpacks_and_leaves_only_the_model(tmp_path: Path) -> None:
    server = Server(archive())
    seen: list[tuple[int, int | None]] = []
    place = fetch_model(model(server.content), tmp_path / "new", lambda *at: seen.append(at), server)
    assert place == tmp_path / "new" / FOLDER
    assert (place / "am" / "final.mdl").read_text().startswith("am/final.mdl")
    assert names(tmp_path / "new") == [FOLDER]
    assert seen[-1] == (len(server.content), len(server.content))
    fetch(server, tmp_path / "new")
    assert len(server.asked) == 1  # it is there


@pytest.mark.parametrize("error", [None, ConnectionResetError("reset"), TimeoutError("timed out")])
@pytest.mark.parametrize("ranges", [True, False])
def test_a_broken_off_download_goes_on(tmp_path: Path, error: OSError | None, ranges: bool) -> None:
    server = Server(archive())
    server.break_after, server.error = 300_000, error
    with pytest.raises(ModelError) as raised:
        fetch(server, tmp_path)
    assert "goes on where it stopped" in raised.value.cure
    assert names(tmp_path) == [f"{FOLDER}.zip.part"]
    server.break_after, server.error, server.ranges = None, None, ranges
    fetch(server, tmp_path)
    assert server.asked == [None, "bytes=300000-"]
    assert names(tmp_path) == [FOLDER]


def test_a_wrong_archive_is_thrown_away(tmp_path: Path) -> None:
    server = Server(archive(extra="x"))
    with pytest.raises(ModelError, match="checksum is wrong"):
        fetch(server, tmp_path, model(archive()))
    assert names(tmp_path) == []


def test_a_whole_but_wrong_part_is_thrown_away_too(tmp_path: Path) -> None:
    server = Server(archive())
    (tmp_path / f"{FOLDER}.zip.part").write_bytes(bytes(len(server.content)))
    with pytest.raises(ModelError, match="416"):
        fetch(server, tmp_path)
    assert names(tmp_path) == []


@pytest.mark.parametrize("stray", ["../evil", "/evil", f"{FOLDER}/../../evil", "elsewhere/evil"])
def test_an_archive_that_would_write_elsewhere_is_refused(tmp_path: Path, stray: str) -> None:
    server = Server(archive(**{stray: "x"}))
    with pytest.raises(ModelError, match="outside its folder"):
        fetch(server, tmp_path / "into")
    assert not list(tmp_path.rglob("evil"))
    assert FOLDER not in names(tmp_path / "into")


def test_without_a_network(tmp_path: Path) -> None:
    def offline(_request: urllib.request.Request) -> contextlib.AbstractContextManager[Response]:
        raise urllib.error.URLError(OSError(-2, "Name or service not known"))

    with pytest.raises(ModelError, match=r"cannot be reached: .*Name or service not known"):
        fetch_model(model(b""), tmp_path, ignore, offline)


def test_a_folder_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StorageError, match="cannot be kept"):
        fetch(Server(archive()), tmp_path / "file" / "models")
