"""Fetching an official Vosk model. The only part of Charley that uses the network, and only when asked to.

Nothing half-fetched ever looks like a model: the archive grows under another name and is continued where it broke off,
its SHA-256 must match, and it is unpacked beside its place and then moved there.
"""

from __future__ import annotations

import contextlib
import hashlib
import http.client
import tempfile
import urllib.error
import urllib.request
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Protocol

from voice_skill.asr.model import verify_model
from voice_skill.errors import ModelError, StorageError

__all__ = ["OFFICIAL", "OfficialModel", "Opener", "Response", "fetch_model"]

_BLOCK_BYTES = 1 << 16
_TIMEOUT_SECONDS = 30.0
_AGAIN = "check the connection and run the command again: it goes on where it stopped"
_REPORT = "do not use it"


@dataclass(frozen=True, slots=True)
class OfficialModel:
    """A model that the makers of Vosk publish."""

    folder: str
    """The one folder in the archive, and its name on disk."""
    url: str
    sha256: str


OFFICIAL = {
    "en-us": OfficialModel(
        "vosk-model-small-en-us-0.15",
        "https://alphacephei.com/vosk/models/vosk-model-small-en-us-0.15.zip",
        "30f26242c4eb449f948e42cb302dd7a686cb29a3423a8367f99ff41780942498",
    )
}
"""Name on the command line → model."""


class Response(Protocol):
    """What is used of an answer to an HTTP request."""

    status: int

    def getheader(self, name: str) -> str | None:
        """The header `name`."""
        ...

    def read(self, size: int) -> bytes:
        """The next `size` bytes of the body, fewer only at its end."""
        ...


Opener = Callable[[urllib.request.Request], contextlib.AbstractContextManager[Response]]
Progress = Callable[[int, int | None], None]
"""Called with the bytes there so far and, where known, the bytes in all."""


def _open(request: urllib.request.Request) -> contextlib.AbstractContextManager[Response]:
    response: contextlib.AbstractContextManager[Response] = urllib.request.urlopen(request, timeout=_TIMEOUT_SECONDS)
    return response


def fetch_model(model: OfficialModel, into: Path, progress: Progress, opener: Opener = _open) -> Path:
    """Download `model` and unpack it in the folder `into`; gives the model's folder. One that is there is kept.

    Raises `ModelError` if it cannot be fetched or is not what it should be, and `StorageError` if it cannot be kept.
    """
    place = into / model.folder
    if place.exists():
        verify_model(place)
        return place
    archive = into / f"{model.folder}.zip.part"
    try:
        into.mkdir(parents=True, exist_ok=True)
        if not archive.exists() or _sha256(archive) != model.sha256:
            _download(model, archive, progress, opener)
        _unpack(model, archive, place)
        archive.unlink()
    except OSError as error:  # the disk's: the network's are mapped where they arise
        raise StorageError(
            f"the model cannot be kept in {into}: {error.strerror}", "choose a folder: --to DIR"
        ) from error
    return place


def _download(model: OfficialModel, archive: Path, progress: Progress, opener: Opener) -> None:
    """Complete `archive`, going on where an earlier try broke off."""
    there = archive.stat().st_size if archive.exists() else 0
    request = urllib.request.Request(model.url, headers={"Range": f"bytes={there}-"} if there else {})
    with contextlib.ExitStack() as stack:
        with _network(model, archive):
            response = stack.enter_context(opener(request))
        goes_on = response.status == http.client.PARTIAL_CONTENT
        done = there if goes_on else 0
        length = response.getheader("Content-Length")
        total = done + int(length) if length else None
        file = stack.enter_context(archive.open("ab" if goes_on else "wb"))
        while True:
            with _network(model, archive):
                block = response.read(_BLOCK_BYTES)
            if not block:
                break
            file.write(block)
            done += len(block)
            progress(done, total)
    if total is not None and done < total:
        raise ModelError(f"{model.url} broke off after {done:,} of {total:,} bytes", _AGAIN)
    if _sha256(archive) != model.sha256:
        archive.unlink()
        raise ModelError(f"what came from {model.url} is not the model: its checksum is wrong", "run the command again")


@contextlib.contextmanager
def _network(model: OfficialModel, archive: Path) -> Iterator[None]:
    """Map the network's errors. A part that the server cannot complete is thrown away."""
    try:
        yield
    except urllib.error.HTTPError as error:
        if error.code == http.client.REQUESTED_RANGE_NOT_SATISFIABLE:  # what is here is no beginning of what is there
            archive.unlink()
        raise ModelError(
            f"{model.url}: the server answers {error.code} {error.reason}", "run the command again, later perhaps"
        ) from error
    except (OSError, http.client.HTTPException) as error:
        reason = error.reason if isinstance(error, urllib.error.URLError) else error
        raise ModelError(f"{model.url} cannot be reached: {reason}", _AGAIN) from error


def _unpack(model: OfficialModel, archive: Path, place: Path) -> None:
    """Unpack `archive` beside `place`, see that it is a model, and move it there."""
    with tempfile.TemporaryDirectory(dir=place.parent, prefix=".unpacking-") as scratch:
        with zipfile.ZipFile(archive) as zipped:
            strays = [
                name for name in zipped.namelist() if PurePosixPath(name).parts[:1] != (model.folder,) or ".." in name
            ]
            if strays:
                raise ModelError(f"the archive of {model.folder} would write outside its folder: {strays[0]}", _REPORT)
            zipped.extractall(scratch)
        unpacked = Path(scratch, model.folder)
        verify_model(unpacked)
        unpacked.rename(place)


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
