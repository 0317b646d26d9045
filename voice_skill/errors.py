"""Errors that a person can act on.

Every failure that bad input or a bad machine can cause is a `CharleyError`: one line that says what is wrong
and one that says what to do. The command line prints both and exits with 2; nothing else prints a traceback.
"""

from __future__ import annotations

__all__ = ["AudioError", "CharleyError", "ConfigError", "DialogError", "ModelError", "SpeechError", "StorageError"]


class CharleyError(Exception):
    """Something the user can put right.

    `message` says what is wrong and where (file:line where there is one); `cure` says what to do about it.
    """

    exit_code = 2

    def __init__(self, message: str, cure: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.cure = cure

    def __str__(self) -> str:
        return f"{self.message} ({self.cure})" if self.cure else self.message


class AudioError(CharleyError):
    """A sound file or device cannot be used."""


class ModelError(CharleyError):
    """A speech model is missing, damaged or unsuitable."""


class SpeechError(CharleyError):
    """A prompt cannot be rendered or played."""


class DialogError(CharleyError):
    """A dialog file is broken. `problems` lists every fault found, each as `file:line: text`."""

    def __init__(self, problems: list[str]) -> None:
        count = len(problems)
        super().__init__("\n".join(problems), f"{count} problem{'s' if count != 1 else ''} to mend")
        self.problems = problems

    def __str__(self) -> str:
        return self.message


class ConfigError(DialogError):
    """`charley.yaml` is broken; the same shape as `DialogError`."""


class StorageError(CharleyError):
    """A file or folder cannot be written or read."""
