"""`voice-skill setup`: its steps with somebody and a sound card that follow a script, and the command with flags."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from voice_skill.audio.loudness import Call
from voice_skill.cli import main
from voice_skill.commands.setup_file import Changes
from voice_skill.commands.setup_steps import WHAT_CHARLEY_IS, Setup, Tried, walk
from voice_skill.config import Config, NightHours, load_config
from voice_skill.errors import AudioError, ModelError
from voice_skill.strict_yaml import Data

REGIONS = ("unknown", "GB", "NZ")
VOICE = Call(-31.4, -60.0, 0.9)
KEEP = ""
"""Enter."""


class Somebody:
    """Answers questions by a word in them, and keeps what is shown."""

    def __init__(self, **answers: str | Sequence[str]) -> None:
        self._answers = {word: [text] if isinstance(text, str) else list(text) for word, text in answers.items()}
        self.seen: list[str] = []
        self.asked: list[str] = []

    def tell(self, text: str) -> None:
        self.seen.append(text)

    def ask(self, question: str, default: str) -> str:
        self.asked.append(question)
        for word, texts in self._answers.items():
            if word in question and texts:
                if texts[0] == "^C":
                    raise KeyboardInterrupt
                return texts.pop(0) or default
        return default


class Card:
    """A sound card: what it hears is given."""

    def __init__(
        self,
        *,
        own: Call | None = None,
        trials: Sequence[Tried] = (Tried(True, VOICE),) * 3,
        mute: bool = False,
        room: float = -60.0,
        deaf_to: str = "",
    ) -> None:
        self.said: list[str] = []
        self.chosen: list[tuple[str | None, str | None]] = []
        self.expected: list[str] = []
        self._own = own
        self._trials = list(trials)
        self._mute = mute
        self._room = room
        self._deaf_to = deaf_to

    def devices(self) -> tuple[Sequence[str], Sequence[str]]:
        return ("USB mic", "webcam"), ("speaker",)

    def choose(self, microphone: str | None, speaker: str | None) -> None:
        self.chosen.append((microphone, speaker))
        if microphone == "webcam":
            raise AudioError("the webcam is in use", "end the other program")

    def say(self, text: str) -> None:
        if self._mute:
            raise AudioError("no speaker", "plug it in")
        self.said.append(text)

    def room(self) -> float:
        return self._room

    def loopback(self, text: str) -> Call | None:
        self.said.append(text)
        return self._own

    def expect(self, phrase: str) -> None:
        self.expected.append(phrase)
        if phrase == self._deaf_to:
            raise ModelError("a word is not known", "choose another")

    def trial(self) -> Tried:
        return self._trials.pop(0)


def done(
    person: Somebody, card: Card | None, config: Config | None = None, given: dict[tuple[str, ...], Data] | None = None
) -> Changes:
    decided = frozenset(place[0] for place in given or {})
    return walk(Setup(config or Config(), person, card, REGIONS, decided, dict(given or {})))


def test_who_keeps_everything_gets_only_the_voice_measured() -> None:
    card = Card()
    assert done(Somebody(), card) == {("ordinary_voice",): -31}
    assert card.chosen == [(None, None)]
    assert card.expected == ["hey charley"]
    assert card.said[: len(WHAT_CHARLEY_IS)] == list(WHAT_CHARLEY_IS)


def test_everything_can_be_chosen() -> None:
    person = Somebody(microphone="1", speaker="1", country="gb", beside="yes", Try="yes", loud="yes")
    card = Card(own=Call(-21.0, -60.0, 0.9))
    assert done(person, card) == {
        ("microphone",): "USB mic",
        ("speaker",): "speaker",
        ("region",): "GB",
        ("ordinary_voice",): -31,
        ("volume",): 65,  # 10 dB
        ("night_hours", "whisper"): True,
    }
    assert card.chosen == [("USB mic", "speaker")]


def test_every_step_can_be_left_out() -> None:
    person = Somebody(microphone="skip", speaker="skip", country="skip", beside="skip", Try=("skip", "skip"))
    card = Card()
    assert done(person, card) == {}
    assert card.expected == []


def test_what_flags_decide_is_not_asked() -> None:
    given: dict[tuple[str, ...], Data] = {
        ("region",): "NZ",
        ("microphone",): "USB mic",
        ("night_hours", "whisper"): True,
    }
    config = Config(region="NZ", microphone="USB mic", night_hours=NightHours(whisper=True))
    person = Somebody()
    assert done(person, Card(), config, given) == {**given, ("ordinary_voice",): -31}
    assert not [question for question in person.asked if "country" in question or "microphone?" in question]
    assert not [question for question in person.asked if "beside" in question]


def test_what_cannot_be_is_asked_again() -> None:
    person = Somebody(microphone=("7", "USB", "2x", "0"), country=("mars", "nz"), beside=("perhaps", "y"))
    assert done(person, Card()) == {
        ("region",): "NZ",
        ("ordinary_voice",): -31,
        ("night_hours", "whisper"): True,
    }
    assert any('no number is known for "mars"' in line for line in person.seen)


def test_a_step_that_fails_says_why_and_the_others_go_on() -> None:
    person = Somebody(microphone="2", country="GB")
    assert done(person, Card(deaf_to="hey charley")) == {("microphone",): "webcam", ("region",): "GB"}
    assert "the webcam is in use\n  end the other program" in person.seen
    assert "a word is not known\n  choose another" in person.seen


def test_without_sound_it_is_all_on_screen() -> None:
    for card in (None, Card(mute=True)):
        person = Somebody(country="GB")
        assert done(person, card) == {("region",): "GB"}
        assert set(WHAT_CHARLEY_IS) <= set(person.seen)


@pytest.mark.parametrize(
    ("trials", "kept", "told"),
    [
        ((True, False, True), {("ordinary_voice",): -31}, "2: not heard"),
        ((True, False, False), {}, "Heard 1 of 3 times"),
        ((False, False, False), {}, "Heard 0 of 3 times"),
    ],
)
def test_the_wake_phrase_must_be_heard_twice_of_three_times(trials: Sequence[bool], kept: Changes, told: str) -> None:
    person = Somebody()
    assert done(person, Card(trials=[Tried(heard, VOICE if heard else None) for heard in trials])) == kept
    assert any(told in line for line in person.seen)


@pytest.mark.parametrize(
    ("room", "told"), [(-90.0, "is the microphone muted"), (-30.0, "a whisper will not be heard"), (-60.0, "fine")]
)
def test_the_room_is_judged(room: float, told: str) -> None:
    person = Somebody()
    done(person, Card(room=room))
    assert any(told in line for line in person.seen)


@pytest.mark.parametrize(("own", "offered"), [(None, False), (-31.0, False), (-26.0, False), (-20.0, True)])
def test_a_lower_volume_is_offered_to_whom_charley_is_louder_than(own: float | None, offered: bool) -> None:
    person = Somebody()
    done(person, Card(own=None if own is None else Call(own, -60.0, 0.9)))
    assert any("louder than you do" in question for question in person.asked) == offered


# -- the command


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A settings file in an empty folder."""
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "charley.yaml"
    path.write_text("# mine\nrate: 140\n")
    return path


def test_flags_are_kept_without_a_question(settings: Path) -> None:
    flags = ["--region", "GB", "--wake-phrase", "hello computer", "--microphone", "USB", "--speaker", "default"]
    assert main(["setup", "--yes", "--no-sound", "--whisper-at-night", *flags]) == 0
    config = load_config(settings)
    assert (config.region, config.wake_phrase, config.microphone, config.speaker) == (
        "GB",
        "hello computer",
        "USB",
        None,
    )
    assert config.night_hours == NightHours(whisper=True)
    assert settings.read_text().startswith("# mine\nrate: 140\n")


@pytest.mark.parametrize(
    ("flags", "told"),
    [
        (["--yes", "--region", "XX"], 'no emergency number is known for the region "XX"'),
        (["--yes", "--region", "UK"], "expected GB for the United Kingdom"),
        (["--yes", "--wake-phrase", "hey zorblax"], "the speech model does not know zorblax"),
        (["--yes", "--wake-phrase", "charley"], "expected two to five words"),
        (["--region", "GB"], "nobody is at the keyboard"),
    ],
)
def test_what_is_wrong_is_told_and_nothing_changes(
    settings: Path, flags: list[str], told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["setup", "--no-sound", *flags]) == 2
    assert told in capsys.readouterr().err
    assert settings.read_text() == "# mine\nrate: 140\n"


def test_breaking_off_keeps_the_old_settings() -> None:
    with pytest.raises(KeyboardInterrupt):
        done(Somebody(country="GB", Try=("skip", "^C")), Card())
