"""What people say: whether each phrase can be heard, means one thing, and cannot hide a danger word."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

from voice_skill.dialog.hearing import PRESENCE, RESUME, URGENT
from voice_skill.dialog.model import Dialogs
from voice_skill.dialog.screen import CLASSES
from voice_skill.dialog.texts import fill
from voice_skill.loading.places import EVERYWHERE, PHRASES, Places, Problem, Text, said_everywhere, texts
from voice_skill.nlu.phrases import PhraseBook, Words, normalise, spoken_form
from voice_skill.strict_yaml import Place

__all__ = ["Echo", "echo_risks", "echoes", "missing_words", "phrase_problems", "unheard_phrases"]


class Echo(NamedTuple):
    """A sentence in which Charley's own voice says what cuts speech short while it plays."""

    text: Text
    """The prompt that it is part of."""
    sentence: str
    held: Mapping[str, str]
    """Phrase → intent."""
    whole: bool
    """Whether the sentence is such a phrase and nothing more, so that it sounds exactly like a command."""


def phrase_problems(dialogs: Dialogs) -> Iterator[Problem]:
    """Everything wrong with the phrases, but for words that the recogniser does not know."""
    yield from _single(dialogs)
    yield from _unheard(dialogs)
    yield from _ambiguous(dialogs)
    yield from _shadowed(dialogs)


def missing_words(dialogs: Dialogs, vocabulary: frozenset[str], places: Places | None = None) -> list[str]:
    """The words in phrases that the recogniser does not know, as problems. Vosk would drop them without a word."""
    return (places or Places()).show(
        Problem(PHRASES, place, f'the speech model does not know "{word}" in "{phrase}"; choose other words, or add it')
        for place, phrase in _phrases(dialogs)
        for word in spoken_form(phrase)
        if word not in vocabulary
    )


def echo_risks(dialogs: Dialogs, places: Places | None = None) -> list[str]:
    """Prompts that hold a phrase which cuts speech short and is listened for while they play (property P31).

    No errors: "call {E}" cannot do without such words. It is the list of what has to be tried aloud.
    """
    return (places or Places()).show(map(_told, echoes(dialogs)))


def echoes(dialogs: Dialogs) -> Iterator[Echo]:
    """Every sentence with such a phrase in it, whatever stands in its placeholders."""
    for text in texts(dialogs):
        live = {phrase: intent for intent in _cutting(dialogs, text) for phrase in dialogs.phrases.get(intent, ())}
        for sentence in text.sentences:
            spoken = {normalise(said) for said in _variants(dialogs, sentence)}
            whole = {phrase: intent for phrase, intent in live.items() if phrase in spoken}
            held = whole or {
                phrase: intent
                for phrase, intent in live.items()
                if any(f" {phrase} " in f" {said} " for said in spoken)
            }
            if held:
                yield Echo(text, sentence, held, bool(whole))


def _told(echo: Echo) -> Problem:
    named = ", ".join(f'"{phrase}" ({intent})' for phrase, intent in echo.held.items())
    return Problem(echo.text.file, echo.text.place, f'"{echo.sentence}" {"is" if echo.whole else "holds"} {named}')


def _phrases(dialogs: Dialogs) -> Iterator[tuple[Place, str]]:
    for intent, phrases in dialogs.phrases.items():
        for number, phrase in enumerate(phrases):
            yield ("phrases", intent, number), phrase


def _single(dialogs: Dialogs) -> Iterator[Problem]:
    """Phrases that are wrong by themselves."""
    for place, phrase in _phrases(dialogs):
        earlier = dialogs.phrases[str(place[1])][: int(place[2])]
        if not phrase:
            yield Problem(PHRASES, place, "has no words")
        elif phrase in earlier:
            yield Problem(PHRASES, place, f'"{phrase}" is here a second time')
        elif any(sign.isdigit() for sign in phrase):
            yield Problem(PHRASES, place, f'"{phrase}" holds digits; write numbers as they are spoken')


def unheard_phrases(dialogs: Dialogs) -> Iterator[Problem]:
    """Phrases that are nowhere listened for."""
    heard = {*dialogs.dangers, *dialogs.universal, *CLASSES, *RESUME, *PRESENCE}
    heard.update(intent for _, state in dialogs.walk() for intent in state.on)
    for intent in dialogs.phrases:
        if intent not in heard:
            cure = f"add it to the dangers of {EVERYWHERE}.yaml" if intent.startswith("danger.") else "name it in an on"
            yield Problem(PHRASES, ("phrases", intent), f"nothing listens for it; {cure}, or take it out")


def _unheard(dialogs: Dialogs) -> Iterator[Problem]:
    """Intents that are listened for but have no phrases."""
    wanted: list[tuple[str, str, Place]] = [
        *((intent, EVERYWHERE, ("dangers", intent)) for intent in dialogs.dangers),
        *((intent, *said_everywhere(intent)) for intent in dialogs.universal),
        *((intent, PHRASES, ("phrases",)) for intent in (*CLASSES, *RESUME, *PRESENCE)),
    ]
    for where, state in dialogs.walk():
        wanted += [(intent, where.partition(".")[0], ("states", state.name, "on", intent)) for intent in state.on]
    for intent, file, place in wanted:
        if not dialogs.phrases.get(intent):
            yield Problem(file, place, f'"{intent}" has no phrases, so it cannot be heard; add them to {PHRASES}.yaml')


def _ambiguous(dialogs: Dialogs) -> Iterator[Problem]:
    """Phrases of two intents between which no order of precedence decides (see `dialog.hearing`)."""
    groups: list[tuple[str, Iterable[str]]] = [
        ("among the danger words", dialogs.dangers),
        ("as the answer to a screen question", CLASSES),
        ("everywhere", dialogs.universal),
        *((f"in {where}", state.on) for where, state in dialogs.walk()),
    ]
    told: set[tuple[str, frozenset[str]]] = set()
    for where, intents in groups:
        owner: dict[Words, str] = {}
        for intent in intents:
            for number, phrase in enumerate(dialogs.phrases.get(intent, ())):
                first = owner.setdefault(spoken_form(phrase), intent)
                if first != intent and (phrase, frozenset({first, intent})) not in told:
                    told.add((phrase, frozenset({first, intent})))
                    text = f'"{phrase}" means {first} as well as {intent} {where}; take it out of one'
                    yield Problem(PHRASES, ("phrases", intent, number), text)


def _shadowed(dialogs: Dialogs) -> Iterator[Problem]:
    """Harmless phrases that are danger phrases too, or hold one: danger counts wherever it stands."""
    dangers = PhraseBook(dialogs.phrases).meanings(dialogs.dangers)
    for place, phrase in _phrases(dialogs):
        if place[1] not in dialogs.dangers:
            words = spoken_form(phrase)
            pieces = (words[start:end] for end in range(len(words) + 1) for start in range(end))
            for intent, danger in (dangers[piece] for piece in pieces if piece in dangers):
                verb = "is" if danger == phrase else "holds"
                text = (
                    f'"{phrase}" {verb} the danger phrase "{danger}" ({intent}) and is heard as that; word it otherwise'
                )
                yield Problem(PHRASES, place, text)
                break


def _cutting(dialogs: Dialogs, text: Text) -> tuple[str, ...]:
    """The intents that cut speech short and are listened for while `text` plays."""
    live = {*dialogs.universal, *PRESENCE}
    if text.place[0] == "states":
        live.update(dialogs.dialogs[text.file].states[str(text.place[1])].on)
    return (*dialogs.dangers, *(intent for intent in URGENT if intent in live))


def _variants(dialogs: Dialogs, sentence: str) -> set[str]:
    """A sentence with every flag and in every region; `{advice}` is looked at where it is written."""
    flags = (*dialogs.dangers, *dialogs.questions) if "{flag}" in sentence else ("",)
    return {said for code in dialogs.regions for flag in flags for said in fill(dialogs, (sentence,), code, flag)}
