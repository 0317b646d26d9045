"""Another language: the smallest dialogs in German, loaded, understood, spoken and proved like the English ones."""

from __future__ import annotations

import pytest

from voice_skill.dialog.actions import Action, Say
from voice_skill.dialog.engine import step
from voice_skill.dialog.events import Heard, SpeechFinished, Woken
from voice_skill.dialog.hearing import intents
from voice_skill.dialog.model import Answer, Dialogs
from voice_skill.dialog.proof import prove
from voice_skill.dialog.properties import violations
from voice_skill.dialog.session import Session
from voice_skill.loading import load_dialogs
from voice_skill.loading.check import REQUIRED_LINES
from voice_skill.nlu.phrases import PhraseBook, spoken_form

LINES = {
    **dict.fromkeys(REQUIRED_LINES, "Gut."),
    "flagged": "Ja, {flag}.",
    "doubtful": "Das kann ich nicht ausschließen.",
    "plain": "Nur ja oder nein.",
    "silence_first": "Ich habe nichts gehört.",
    "seconds_left": "Noch {seconds} Sekunden.",
}
FILES = {
    "everywhere": """\
slots:
  ease: [none, bit]
start: wache.gruss
emergency: notfall.anfang
urgent: notfall.anfang
clock: {dialog: uhr, seconds: 600}
universal:
  stop: wache.ende
dangers:
  danger.chest: {flag: Schmerzen in der Brust, question: CHEST}
lines:
"""
    + "".join(f'  {name}: "{line}"\n' for name, line in LINES.items()),
    "questions": """\
questions:
  CHEST:
    ask: Tut die Brust weh, oder fällt das Atmen schwer?
    other_words: Schmerzt es in der Brust?
    danger: yes
    level: E
    flag: Schmerzen in der Brust
    on_yes: Lass das Bein.
    net: Wenn die Brust schmerzt, ruf {E} an.
locks: {}
""",
    "regions": """\
regions:
  unknown: {emergency: den Notruf, urgent: den ärztlichen Dienst}
  DE: {emergency: eins eins zwei, urgent: eins eins sechs eins eins sieben}
""",
    "phrases": """\
phrases:
  "yes": [ja, "ja {leider|schon}"]
  "no": [nein, nö]
  partial: [ein bisschen]
  soft_no: [ich glaube nicht]
  chronic: [das ist immer so]
  unsure: [weiß nicht]
  mixed: [ja nein]
  decline: [überspringen]
  repeat: [noch einmal]
  stop: [schluss]
  resume: [weiter]
  ready: [fertig]
  pain: [au]
  hurts: [das tut weh]
  danger.chest: [meine brust tut weh, herzschmerzen]
""",
    "wache": """\
dialog: wache
about: Das kleinste Gespräch.
start: gruss
states:
  gruss:
    say: Ich bin da.
    screen: [CHEST]
    then: frage
  frage:
    ask: Lässt es nach?
    on: {"yes": {set: {ease: bit}, go: ende}}
    noinput: ["Lässt es nach?", "Sag ja."]
    nomatch: ["Wie bitte?", "Sag ja."]
    otherwise: ende
  ende:
    say: Gute Nacht.
    then: schlaf
  schlaf:
    end: true
""",
    "notfall": """\
dialog: notfall
about: Hilfe.
start: anfang
clock: false
states:
  anfang:
    say: Ruf jetzt {E} an.
    loud: true
    on: {stop: schlaf}
    then: schlaf
  schlaf:
    on: {stop: schlaf}
    end: true
""",
    "uhr": """\
dialog: uhr
about: Zehn Minuten.
start: start
clock: false
states:
  start:
    say: Zehn Minuten.
    then: return
""",
}


@pytest.fixture(scope="module")
def german(tmp_path_factory: pytest.TempPathFactory) -> Dialogs:
    folder = tmp_path_factory.mktemp("deutsch")
    for name, text in FILES.items():
        (folder / f"{name}.yaml").write_text(text, encoding="utf-8")
    return load_dialogs(folder)


def talk(dialogs: Dialogs, *texts: str) -> tuple[Session, list[str]]:
    """The session after a night in which this was said, and what was spoken."""
    book = PhraseBook(dialogs.phrases)
    session, actions = step(dialogs, Session.fresh(dialogs, "DE"), Woken(), 0.0)
    spoken = said(actions)
    for text in texts:
        session, actions = step(dialogs, session, SpeechFinished(session.turn), 0.0)
        meaning = book.meanings(intents(dialogs, session.at))[spoken_form(text)][0]
        session, actions = step(dialogs, session, Heard(session.turn, meaning, text), 0.0)
        spoken += said(actions)
    return session, spoken


def said(actions: tuple[Action, ...]) -> list[str]:
    return [text for action in actions if isinstance(action, Say) for text in action.sentences]


def test_a_night_in_another_language(german: Dialogs) -> None:
    session, spoken = talk(german, "nö", "ja schon")
    assert session.answer("CHEST") == Answer.NO
    assert spoken == ["Ich bin da.", "Tut die Brust weh, oder fällt das Atmen schwer?", "Lässt es nach?", "Gute Nacht."]


@pytest.mark.parametrize("text", ["Weiß nicht!", "Herzschmerzen"])
def test_doubt_and_danger_lead_to_help_there_too(german: Dialogs, text: str) -> None:
    _, spoken = talk(german, text)
    assert "Ruf jetzt eins eins zwei an." in spoken


def test_it_is_proved_like_any_other(german: Dialogs) -> None:
    proof = prove(german, lambda one: violations(one, german))
    assert not proof.found
    assert proof.states == {name for name, _ in german.walk()}
