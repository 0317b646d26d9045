"""`check` and `draw`, from the command line."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from voice_skill.cli import main

if TYPE_CHECKING:
    from tests.loading.conftest import Folder

WORDS = (
    "yes yeah no not really a bit always sure skip what go on ready ow that hurts stop easing chest pain "
    "when is it over one more stretch"
)


@pytest.fixture
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """As much of a speech model as `check` looks at."""
    path = tmp_path_factory.mktemp("model")
    (path / "graph").mkdir()
    lines = ["<eps> 0", *(f"{word} {number}" for number, word in enumerate(WORDS.split(), 1))]
    (path / "graph" / "words.txt").write_text("\n".join(lines), encoding="utf-8")
    return path


@pytest.fixture
def config(folder: Folder, tmp_path_factory: pytest.TempPathFactory) -> str:
    """A configuration that names the smallest folder."""
    file = tmp_path_factory.mktemp("config") / "charley.yaml"
    file.write_text(f"dialogs: {folder.path}\n", encoding="utf-8")
    return str(file)


def test_check_counts_what_is_there(folder: Folder, model: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", str(folder.path), "--model", str(model), "--quick"]) == 0
    lines = [line.split() for line in capsys.readouterr().out.splitlines()]
    assert lines[:5] == [["dialogs", "4"], ["states", "11"], ["questions", "2"], ["phrases", "19"], ["words", "28"]]


def test_check_refuses_words_too_hard_for_the_night_and_says_where(
    folder: Folder, model: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    hard = (
        "Muscular contraction necessitates considerable deliberation. "
        "Continue stretching methodically, deliberately, systematically, thoroughly, attentively."
    )
    folder.change("talk", "    say: I'm here.\n", f"    say: {hard}\n")
    assert main(["check", str(folder.path), "--model", str(model), "--quick"]) == 2
    err = capsys.readouterr().err
    assert "talk.yaml:6: states.greet.say" in err
    assert "years of school" in err


def test_check_tells_every_problem_the_unknown_words_too(
    folder: Folder, model: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder.change("phrases", "soft_no: [not really]", "soft_no: [not really, hardly]")
    folder.change("talk", "then: ask\n", "then: aks\n")
    assert main(["check", str(folder.path), "--model", str(model)]) == 2
    err = capsys.readouterr().err
    assert 'phrases.yaml:5: phrases.soft_no[1]: the speech model does not know "hardly"' in err
    assert 'talk.yaml:9: states.greet.then: there is no state "aks" in talk; did you mean "ask"?' in err
    assert "2 problems to mend" in err


def test_check_lists_echoes_when_asked(
    folder: Folder, model: Path, config: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["--config", config, "check", "--model", str(model), "--echoes", "--quick"]) == 0
    out = capsys.readouterr().out
    assert '"Any chest pain?" holds "chest pain" (danger.chest)' in out
    assert f"echoes    {out.count(' (danger.chest)'):6}" in out
    assert str(folder.path) in out


def test_draw_prints_one_dialog_or_all(config: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["draw", "--config", config, "talk"]) == 0
    assert capsys.readouterr().out.startswith("stateDiagram-v2\n")
    assert main(["draw", "--config", config]) == 0
    assert capsys.readouterr().out.startswith("flowchart LR\n")


def test_draw_writes_a_file(config: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    main(["draw", "--config", config, "talk"])
    printed = capsys.readouterr().out
    for name, expected in (("talk.mmd", printed), ("talk.md", f"```mermaid\n{printed}```\n")):
        assert main(["draw", "--config", config, "talk", "--out", str(tmp_path / name)]) == 0
        assert (tmp_path / name).read_text(encoding="utf-8") == expected
    assert not list(tmp_path.glob("*.new"))


def test_draw_knows_which_dialogs_there_are(config: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["draw", "--config", config, "tlak"]) == 2
    assert 'there is no dialog "tlak"\n' in (err := capsys.readouterr().err)
    assert "there are advice, emergency, talk, ticking" in err


@pytest.mark.parametrize("name", ["nowhere/talk.mmd", "talk.yaml/talk.mmd", "."])
def test_draw_leaves_nothing_half_written(
    folder: Folder, config: str, name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    before = sorted(folder.path.iterdir())
    assert main(["draw", "--config", config, "talk", "--out", str(folder.path / name)]) == 2
    assert "cannot be written" in capsys.readouterr().err
    assert sorted(folder.path.iterdir()) == before
    assert not list(folder.path.parent.glob("*.new"))
