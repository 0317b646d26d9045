from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from voice_skill.errors import ConfigError, DialogError, StorageError
from voice_skill.strict_yaml import Data, load, read


def problems(text: str) -> list[str]:
    with pytest.raises(DialogError) as caught:
        load(text, "f.yaml")
    return caught.value.problems


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("yes", "yes"),
        ("no", "no"),
        ("on", "on"),
        ("off", "off"),
        ("y", "y"),
        ("1:30", "1:30"),
        ("22:00", "22:00"),
        ("010", "010"),
        ("000", "000"),
        ("0x1F", "0x1F"),
        ("1_000", "1_000"),
        ("1e3", "1e3"),
        (".5", ".5"),
        (".inf", ".inf"),
        ("2024-05-01", "2024-05-01"),
        ("9" * 30, "9" * 30),
        ("112", 112),
        ("-3", -3),
        ("0.5", 0.5),
        ("true", True),
        ("false", False),
        ("null", None),
        ('""', ""),
        ("'true'", "true"),
        ("'~'", "~"),
        ('"112"', "112"),
        ("[yes, no]", ["yes", "no"]),
        ("|\n  two\n  lines\n", "two\nlines\n"),
    ],
)
def test_a_value_is_what_its_writer_meant(text: str, meant: Data) -> None:
    data, _ = load(f"key: {text}\n", "f.yaml")
    assert data == {"key": meant}
    assert isinstance(data, dict)
    assert type(data["key"]) is type(meant)


def test_answers_may_be_keys() -> None:
    assert load("yes: a\nno: b\non: c\n'5': d\n'null': e\n", "f.yaml")[0] == {
        "yes": "a",
        "no": "b",
        "on": "c",
        "5": "d",
        "null": "e",
    }


@pytest.mark.parametrize("text", ["", "# only a remark\n", "---\n"])
def test_a_file_without_content_is_nothing(text: str) -> None:
    if text == "---\n":
        assert problems(text) == ['f.yaml:2: no value here; write null (nothing) or "" (empty text)']
    else:
        assert load(text, "f.yaml")[0] is None


@pytest.mark.parametrize(
    ("text", "line", "told"),
    [
        ("a:\n\tb: 1\n", 2, "a tab"),
        ("a: 1\n\tb: 2\n", 2, "a tab"),
        ("a: b: c\n", 1, "a colon where none may be"),
        ('x: 1\na: "open\nb: 1\n', 2, "never closed"),
        ("a: 1\nb: [1, 2\nc: 3\n", 2, '"["'),
        ("a: {b: 1, c: 2]\n", 1, '"{"'),
        ("a:\n   b: 1\n  c: 2\n", 3, "does not line up"),
        ("a: 1\n- b\n", 2, "does not line up"),
        ("a: 1\nb: @x\n", 2, "may not begin with @"),
        ("a: }\n", 1, "may not begin with }"),
        ("a: 1\nb\nc: 2\n", 2, "without a colon"),
        ('a: "\\q"\n', 1, "escape"),
        ("a: 1\nb: \x07\n", 2, "control character"),
        ("a: 1\nb: x\u2028y\n", 2, "control character"),
        ("a: 1\n---\nb: 2\n", 2, "second document"),
        ("a:\nb: 1\n", 1, "no value here"),
        ("a:\n  -\n  - b\n", 2, "no value here"),
        ("a: ~\n", 1, "~ is unclear"),
        ("a: True\n", 1, "True is unclear"),
        ("a: &x 1\n", 1, "anchor (&x)"),
        ("a: *x\n", 1, "alias (*x)"),
        ("a:\n  <<: {b: 1}\n", 2, "merge key"),
        ("a: !!python/object:os.system x\n", 1, "tag (tag:yaml.org,2002:python/object:os.system)"),
        ("a: !bang x\n", 1, "tag (!bang)"),
        ("112: x\n", 1, 'write "112" in quotes'),
        ("true: x\n", 1, 'write "true" in quotes'),
        ("? [a]\n: x\n", 1, "a key must be plain text"),
        ("?\n: x\n", 1, "a key is empty"),
        ('"": x\n', 1, "a key is empty"),
        ("[" * 300 + "]" * 300, 1, "levels deep"),
        ("%FOO\n---\na: 1\n", 1, "not readable as YAML"),
    ],
)
def test_a_broken_file_is_refused_in_plain_words_at_its_line(text: str, line: int, told: str) -> None:
    (problem,) = problems(text)
    assert problem.startswith(f"f.yaml:{line}: ")
    assert told in problem


def test_a_key_that_is_there_twice_names_both_lines() -> None:
    assert problems("a: 1\nb: {c: 1, c: 2}\na: 3\n") == [
        'f.yaml:2: "c" is here a second time; the first is on line 2',
        'f.yaml:3: "a" is here a second time; the first is on line 1',
    ]


def test_every_problem_is_told_not_only_the_first() -> None:
    told = problems("a:\nb: *x\n3: 4\nc: {d: !e f, d: ~}\n")
    assert [problem.split(":")[1] for problem in told] == ["1", "2", "3", "4", "4", "4"]


def test_marks_know_the_line_of_every_value() -> None:
    text = "states:\n  hold:\n    say: [a, b]\n    on:\n      pain:\n        goto: stop\n  list:\n  - x\n  - y: 1\n"
    _, marks = load(text, "f.yaml")
    assert marks.line(("states", "hold", "on", "pain")) == 5
    assert marks.line(("states", "hold", "on", "pain", "goto")) == 6
    assert marks.line(("states", "list", 1, "y")) == 9
    assert marks.line(("states", "hold", "nowhere", "at all")) == 2
    assert marks.line(("nowhere",)) == 1
    assert marks.problem(("states", "list", 0), "is odd") == "f.yaml:8: states.list[0]: is odd"
    assert marks.problem((), "is odd") == "f.yaml:1: is odd"


def test_the_caller_chooses_the_error() -> None:
    with pytest.raises(ConfigError):
        load("a: *x", "f.yaml", ConfigError)


def test_reading_a_file(tmp_path: Path) -> None:
    path = tmp_path / "a.yaml"
    path.write_bytes(b"\xef\xbb\xbfa: caf\xc3\xa9\r\nb: x\r\n")
    data, marks = read(path)
    assert data == {"a": "café", "b": "x"}
    assert marks.file == str(path)


def test_a_file_that_is_not_text_is_refused_at_its_line(tmp_path: Path) -> None:
    path = tmp_path / "a.yaml"
    path.write_bytes(b"a: 1\nb: caf\xe9\n")
    with pytest.raises(ConfigError, match=r"a\.yaml:2: not UTF-8"):
        read(path, ConfigError)


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(StorageError, match=r"a\.yaml: No such file"):
        read(tmp_path / "a.yaml")


@given(st.text(alphabet="ab:-[]{}#&*!|>'\"%@`?,~ \n\t\\<0.\x00\ufeff\u2028"))
def test_no_text_whatever_ends_in_anything_but_data_or_told_problems(text: str) -> None:
    told: list[str] = []
    try:
        load(text, "f.yaml")
    except DialogError as error:
        told = error.problems or [""]
    assert all(problem.startswith("f.yaml:") for problem in told)
