"""The steps of `voice-skill setup`, free of terminal and sound card: what is asked, tried, found out, and then set.

Each step looks at the settings as they are so far and gives the changes to make; none is made before the last step, so
whoever breaks off keeps the old settings. A step that fails says why, and the others go on.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from statistics import median
from typing import NamedTuple, Protocol

from voice_skill.audio.loudness import Call
from voice_skill.commands.setup_file import Changes
from voice_skill.config import UNKNOWN_REGION, Config
from voice_skill.errors import CharleyError
from voice_skill.shape import did_you_mean
from voice_skill.strict_yaml import Data

__all__ = ["LOOPBACK", "STEPS", "WHAT_CHARLEY_IS", "Person", "Setup", "Sound", "Tried", "walk"]

WHAT_CHARLEY_IS = (
    "Charley is a guide for leg cramps.",
    "It can't examine you, tell what's wrong, or call for help.",
    "No clinician has looked at what it says.",
    "In an emergency, call for help yourself.",
    "It keeps nothing about you. If you let it, it asks you first, when you talk with it.",
)
"""What Charley is not; said first, and in short words."""
LOOPBACK = "This is how loud Charley is. One, two, three."
TRIES = 3
HEARD_RISE_DB = 6.0
"""How much louder the microphone must become while Charley speaks."""
STILL_DBFS, NOISY_DBFS = -75.0, -40.0
"""A bedroom at night is between them."""
TOO_LOUD_DB = 6.0
"""How much louder than its person Charley may come back to the microphone before a lower volume is offered."""
DB_PER_STEP = 0.4
"""Of `Config.volume`."""
LOWEST_VOLUME = 40
"""No lower volume is offered: a speaker that stands beside the microphone seems louder than it is in bed."""
OFF = "skip"


class Tried(NamedTuple):
    """One try at the wake phrase."""

    heard: bool
    call: Call | None
    """How it was spoken; `None` if nobody spoke."""


class Person(Protocol):
    """Who sets Charley up."""

    def tell(self, text: str) -> None:
        """Show it."""
        ...

    def ask(self, question: str, default: str) -> str:
        """Put a question; nothing typed is the default."""
        ...


class Sound(Protocol):
    """Microphone and speaker. Every method raises `CharleyError` if there is none that works."""

    def devices(self) -> tuple[Sequence[str], Sequence[str]]:
        """The names of microphones and speakers that can be chosen."""
        ...

    def choose(self, microphone: str | None, speaker: str | None) -> None:
        """Use these from now on."""
        ...

    def say(self, text: str) -> None:
        """Say it, and come back when it is said."""
        ...

    def room(self) -> float:
        """Listen for some seconds in which nobody speaks; gives dBFS."""
        ...

    def loopback(self, text: str) -> Call | None:
        """Say it, and hear it in the microphone; `None` if it is not heard."""
        ...

    def expect(self, phrase: str) -> None:
        """Get ready to hear the wake phrase. Raises `ModelError` for one that cannot be heard."""
        ...

    def trial(self) -> Tried:
        """Listen for it."""
        ...


@dataclass(slots=True)
class Setup:
    """A setup under way."""

    config: Config
    """As the file has it."""
    person: Person
    sound: Sound | None
    """`None`: nothing is played or heard."""
    regions: Collection[str]
    given: frozenset[str] = frozenset()
    """Settings that were decided by flags; what they decide is not asked."""
    changes: dict[tuple[str, ...], Data] = field(default_factory=dict)
    own_dbfs: float | None = None
    """How loud Charley came back to the microphone."""

    def keep(self, value: Data, *place: str) -> None:
        """Set a setting, unless it is so already."""
        known: object = self.config
        for name in place:
            known = getattr(known, name)
        self.changes.pop(place, None)
        if value != known:
            self.changes[place] = value

    def value(self, name: str) -> str | None:
        """A text setting as it stands now."""
        value = self.changes.get((name,), getattr(self.config, name))
        return None if value is None else str(value)

    def say(self, text: str) -> None:
        """Show it and say it, if it can be said."""
        self.person.tell(text)
        if self.sound is not None:
            try:
                self.sound.say(text)
            except CharleyError:
                self.sound = None
                self.person.tell("(the speaker cannot be used: what follows is only shown)")

    def wants(self, question: str, *, default: bool) -> bool | None:
        """Yes, no, or `None` for a question that is skipped."""
        while (answer := self.person.ask(f"{question} yes, no or {OFF}", "yes" if default else "no").lower()) != OFF:
            if answer in ("y", "yes", "n", "no"):
                return answer.startswith("y")
        return None


def walk(setup: Setup) -> Changes:
    """Go through all steps; gives what is to be changed. `CharleyError` in a step is told and ends that step alone."""
    for step in STEPS:
        try:
            step(setup)
        except CharleyError as error:
            setup.person.tell(f"{error.message}\n  {error.cure}".rstrip())
    return setup.changes


def _welcome(setup: Setup) -> None:
    setup.person.tell(f'Enter keeps what stands in brackets, "{OFF}" leaves a step out, Ctrl-C changes nothing at all.')
    for sentence in WHAT_CHARLEY_IS:
        setup.say(sentence)


def _devices(setup: Setup) -> None:
    if setup.sound is None:
        return
    microphones, speakers = setup.sound.devices()
    for name, names in (("microphone", microphones), ("speaker", speakers)):
        if name not in setup.given and not _chosen(setup, name, names):
            break
    setup.sound.choose(setup.value("microphone"), setup.value("speaker"))


def _chosen(setup: Setup, name: str, names: Sequence[str]) -> bool:
    """Let a device be chosen; False if the step is skipped."""
    for number, device in enumerate(("the system's default", *names)):
        setup.person.tell(f"  {number}: {device}")
    while True:
        answer = setup.person.ask(f"Which {name}? A number, or {OFF}", setup.value(name) or "0")
        if answer == OFF:
            return False
        if answer == setup.value(name):
            return True
        if answer.isdecimal() and int(answer) <= len(names):
            setup.keep(names[int(answer) - 1] if int(answer) else None, name)
            return True


def _levels(setup: Setup) -> None:
    """The room, and whether the microphone hears the speaker."""
    if setup.sound is None or not setup.wants("Try microphone and speaker now? Be still for it.", default=True):
        return
    room = setup.sound.room()
    verdict = "fine"
    if room < STILL_DBFS:
        verdict = "too still for a room: is the microphone muted?"
    elif room > NOISY_DBFS:
        verdict = "noisy: a whisper will not be heard. Move the microphone nearer to the bed"
    setup.person.tell(f"The room is at {room:.0f} dBFS: {verdict}.")
    heard = setup.sound.loopback(LOOPBACK)
    if heard is None or heard.level_dbfs - heard.room_dbfs < HEARD_RISE_DB:
        setup.person.tell("The microphone does not hear the speaker. With headphones that is right.")
        return
    setup.own_dbfs = heard.level_dbfs
    setup.person.tell(f"The microphone hears the speaker, {heard.level_dbfs - heard.room_dbfs:.0f} dB above the room.")


def _region(setup: Setup) -> None:
    if "region" in setup.given:
        return
    known = " ".join(sorted(set(setup.regions) - {UNKNOWN_REGION}))
    setup.person.tell(f"Charley says the emergency number of your country. It knows {known}.")
    while True:
        answer = setup.person.ask(f"Which country? Or {OFF}", setup.value("region") or UNKNOWN_REGION)
        if answer == OFF:
            return
        code = answer if answer in setup.regions else answer.upper()
        if code in setup.regions:
            setup.keep(code, "region")
            return
        setup.person.tell(f'no number is known for "{answer}"{did_you_mean(code, setup.regions)}')


def _wake_phrase(setup: Setup) -> None:
    """Try the wake phrase three times; an ordinary voice is measured by the way."""
    if setup.sound is None:
        return
    phrase = setup.value("wake_phrase") or ""
    if not setup.wants(f'Try "{phrase}"? Lie down as at night, and say it {TRIES} times.', default=True):
        return
    setup.sound.expect(phrase)
    calls = []
    for number in range(1, TRIES + 1):
        setup.say(f"Say it now. {('One', 'Two', 'Three')[number - 1]}.")
        tried = setup.sound.trial()
        level = "" if tried.call is None else f", your voice at {tried.call.level_dbfs:.0f} dBFS"
        setup.person.tell(f"  {number}: {'heard' if tried.heard else 'not heard'}{level}")
        if tried.heard and tried.call is not None:
            calls.append(tried.call)
    if len(calls) < TRIES - 1:
        setup.person.tell(
            f"Heard {len(calls)} of {TRIES} times. Bring the microphone nearer, or choose another phrase with "
            '"voice-skill setup --wake-phrase".'
        )
        return
    ordinary = round(median(call.level_dbfs for call in calls))
    setup.keep(ordinary, "ordinary_voice")
    setup.person.tell(f"Your ordinary voice is at {ordinary} dBFS. Call softer, and Charley answers softer.")
    _volume(setup, ordinary)


def _volume(setup: Setup, ordinary_dbfs: int) -> None:
    """Offer to turn Charley down to the loudness of its person."""
    if setup.own_dbfs is None or setup.own_dbfs - ordinary_dbfs <= TOO_LOUD_DB:
        return
    louder = setup.own_dbfs - ordinary_dbfs
    volume = max(LOWEST_VOLUME, setup.config.volume - round(louder / DB_PER_STEP))
    if volume < setup.config.volume and setup.wants(
        f"Charley reaches the microphone {louder:.0f} dB louder than you do. If it is too loud in bed as well: set the "
        f"volume from {setup.config.volume} to {volume}?",
        default=False,
    ):
        setup.keep(volume, "volume")


def _asleep_beside(setup: Setup) -> None:
    if "night_hours" in setup.given or setup.config.night_hours is None:
        return
    hours = setup.config.night_hours
    wanted = setup.wants(
        f"Does somebody sleep beside you, so that Charley whispers from {hours.from_:%H:%M} to {hours.to:%H:%M}?",
        default=hours.whisper,
    )
    if wanted is not None:
        setup.keep(wanted, "night_hours", "whisper")


STEPS: tuple[Callable[[Setup], None], ...] = (_welcome, _devices, _levels, _region, _wake_phrase, _asleep_beside)
"""In this order."""
