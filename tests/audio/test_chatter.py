from __future__ import annotations

import os
import sys

import pytest

from voice_skill.audio.chatter import muted


def test_what_c_writes_to_stderr_goes_nowhere_and_what_python_writes_arrives(
    capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    with os.fdopen(os.dup(2), "w") as stderr, monkeypatch.context() as patch:
        patch.setattr(sys, "stderr", stderr)
        patch.setattr(sys, "__stderr__", stderr)
        with muted():
            os.write(2, b"ALSA lib pcm.c: underrun occurred\n")
            print("the microphone is gone", file=sys.stderr)
        assert sys.stderr is stderr
        os.write(2, b"from C, after\n")
        print("from Python, after", file=sys.stderr, flush=True)
    assert capfd.readouterr().err.splitlines() == ["the microphone is gone", "from C, after", "from Python, after"]


def test_it_is_undone_by_an_error_and_may_be_nested(capfd: pytest.CaptureFixture[str]) -> None:
    def work() -> None:
        with muted():
            with muted():
                os.write(2, b"inner\n")
            os.write(2, b"outer\n")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        work()
    os.write(2, b"after\n")
    assert capfd.readouterr().err == "after\n"
