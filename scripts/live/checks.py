"""What is tried, and what was measured: each check is one or more runs of Charley, and gives rows of the table."""

from __future__ import annotations

import contextlib
import time
from difflib import SequenceMatcher

import numpy as np
from rich.progress import track

from scripts.live.measure import NO_TONES, QUIET, Row, hold_error, percentile, sounds_for, tones
from scripts.live.night import PERSON, Happened, Mouth, Night, TooLate
from scripts.live.soundcard import RATE, SoundCard
from voice_skill.asr.vosk import VoskRecogniser
from voice_skill.attention import acts_at_once
from voice_skill.config import Config
from voice_skill.nlu.phrases import spoken_form

__all__ = ["OPENING", "RELIEF", "Row", "barge_in", "danger_in_a_hold", "echo", "to_the_hold", "whole_call"]

OPENING = "hey charley my leg is cramping"
RELIEF = {
    "wake": "my leg is cramping",
    "where": "in bed",
    "ease": "better",
    "better": "better",
    "offer_hold": "no",
    "offer": "no",
    "still_ask": "it's gone",
}
EMERGENCY = "nine nine nine"


def to_the_hold(night: Night) -> Happened:
    """Open, and answer until the first hold runs."""
    night.say(OPENING)
    return night.converse(RELIEF, stop=lambda event: event.kind == "hold_started", within=60)


# -- the checks


def whole_call(card: SoundCard, mouth: Mouth) -> list[Row]:
    """Three calls in a row in one process, the first one whole. Holds are measured in what the speaker played."""
    card.echo(-20)
    rows: list[Row] = []
    with Night(card, mouth) as night:
        for call in (1, 2, 3):
            last = None
            if call > 1:  # the wake phrase as soon as the last word is out
                last = night.heard.ends_before(time.monotonic())
                night.live_until(0.0 if last is None else last + 0.1)
            begun, _ = night.say(OPENING)
            gap = "" if last is None else f", {1000 * (begun - last):.0f} ms after the last prompt"
            try:
                woken = night.until("wake", within=6)
            except TooLate:
                rows.append(Row(f"call {call}: woken", 0.0, least=1))
                continue
            rows.append(Row(f"call {call}: woken", 1.0, least=1, note=f"confidence {woken.fields['confidence']}{gap}"))
            answers = RELIEF if call == 1 else {"where": "stop"}
            night.converse(answers, stop=lambda event: event.kind == "finished", within=300)
        rows += [*holds(night), *cue_onsets(night), *waits(night), decoded(night)]
    return rows


def holds(night: Night) -> list[Row]:
    """How long each hold lasted, from tone to tone in the speaker's sound."""
    errors: list[float] = []
    ended = [end for end in night.all_of("hold_ended") if end.fields["reason"] == "done"]
    for started in night.all_of("hold_started"):
        if (error := hold_error(night, started.arrived)) != NO_TONES:
            errors.append(error)
    skipped = [cue for cue in night.all_of("hold_cue") if cue.fields.get("skipped")]
    return [
        Row("hold length in the speaker's sound, worst error", max(errors, default=999.0), "ms", most=50),
        Row("holds with their end tone, of those held to the end", len(errors) / max(1, len(ended)), least=1),
        Row("cues left out because late", len(skipped), most=0),
    ]


def waits(night: Night) -> list[Row]:
    """From an answer that was understood to the first sound of what is said then."""
    says = night.all_of("say")
    found = [
        1000 * (float(str(say.fields["at"])) - float(str(heard.fields["at"])))
        for heard in night.all_of("heard")
        if (say := next((say for say in says if say.arrived > heard.arrived), None)) is not None
    ]
    return [
        Row("answer after the end-pointing silence, p50", percentile(found, 0.5), "ms", most=600, note=f"{len(found)}"),
        Row("answer after the end-pointing silence, p95", percentile(found, 0.95), "ms", most=1000),
    ]


def cue_onsets(night: Night) -> list[Row]:
    """How late each spoken cue begins to sound, by its hold's zero as the tone tells it."""
    late: list[float] = []
    for started in night.all_of("hold_started"):
        zero_tone = tones(night, started.arrived - 1, started.arrived + 2)
        if not zero_tone:
            continue
        zero_at = float(str(started.fields["at"]))
        for cue in night.all_of("hold_cue", started.arrived):
            due = zero_tone[0] + float(str(cue.fields["at"])) - zero_at
            if cue.arrived > started.arrived + 31 or cue.fields["cue"] in ("start", "end"):
                continue
            loud = np.abs(night.heard.between(due - 0.15, due + 0.6).astype(np.int32)) > QUIET
            if loud.any():
                late.append(1000 * (int(np.argmax(loud)) / RATE - 0.15))
    return [
        Row(
            "cue onset in the speaker's sound, worst",
            max(late, default=999.0),
            "ms late",
            most=100,
            note=f"{len(late)} cues",
        )
    ]


def decoded(night: Night) -> Row:
    """Whether what came out of the speaker is what was to be said: each prompt is decoded by our own recogniser,
    without any grammar, and must be most like its own text among all that were said."""
    says = {say.fields["turn"]: say for say in night.all_of("say")}
    ends = [said for said in night.all_of("said") if "cut" not in said.fields and said.fields["turn"] in says]
    if not ends:
        return Row("prompts decoded from the speaker's sound", 0.0, least=1)
    recogniser = VoskRecogniser(Config().model_folder)
    texts = {str(say.fields["text"]) for say in says.values()}
    wrong = []
    for end in ends:
        span = [night.when(event) for event in (says[end.fields["turn"]], end)]
        decoding = recogniser.decode(None)
        decoding.feed(night.heard.between(span[0] - 0.1, span[1] + 0.3).tobytes())
        heard = spoken_form(decoding.finish().text)
        likeness = {text: SequenceMatcher(None, heard, spoken_form(text), autojunk=False).ratio() for text in texts}
        if max(likeness, key=likeness.__getitem__) != end.text:
            wrong.append(" ".join(heard))
    return Row(
        "prompts decoded from the speaker's sound, of those said",
        1 - len(wrong) / len(ends),
        least=1,
        note=f"{len(ends)} {'; '.join(wrong)}",
    )


OVER = (
    (OPENING, "acute_relief.greet", "that hurts", "hurts"),
    (OPENING, "acute_relief.greet", "stop", "stop"),
    (OPENING, "acute_relief.where", "hang on", "pause"),
    (OPENING, "acute_relief.bed", "stop", "stop"),
    (OPENING, "acute_relief.bed", "my chest hurts", "danger.chest"),
    (OPENING, "acute_relief.hold", "hang on", "pause"),
    ("hey charley my chest hurts", "emergency.start", "i called", "called"),
)
"""What is said over which prompt: the opening, the state whose prompt it is, the words, the intent."""


URGENT = (
    ("stop", "stop"),
    ("stop it", "stop"),
    ("hang on", "pause"),
    ("ouch", "pain"),
    ("that hurts", "hurts"),
    ("my chest hurts", "danger.chest"),
    ("can't breathe", "danger.breath"),
)
"""Words that must cut every prompt, and their intents."""
OPENINGS = (OPENING, "hey charley why do i get cramps")
"""After each of them another prompt is begun, over which each urgent word is said in each voice."""
HUSHED_SECONDS = 0.06
"""Silence between two words is shorter."""
VOICES = (PERSON, "gmw/en-us+m6", "gmw/en-gb-x-gbcwmd+m8")
"""Who says them; the speech model was trained on none of these."""


def barge_in(card: SoundCard, mouth: Mouth) -> list[Row]:
    """Words that must be heard over prompts of every class, and urgent ones in several voices, at -20 dB of echo."""
    card.echo(-20)
    trials = [(opening, state, mouth, words, intent) for opening, state, words, intent in OVER]
    for voice in VOICES:
        person = Mouth(voice)
        trials += [(opening, "", person, words, intent) for opening in OPENINGS for words, intent in URGENT]
    silent: list[float] = []
    after_heard: list[float] = []
    missed: list[str] = []
    for opening, state, person, words, intent in track(trials, "Talking over Charley", transient=True):
        times = None
        with contextlib.suppress(TooLate), Night(card, mouth) as night:  # too late: the prompt was never reached
            times = speak_over(night, opening, state, person, words, intent)
        if times is None:
            missed.append(f'"{words}" ({person.voice}) over {state or opening}')
        elif acts_at_once(intent):
            silent.append(times[0])
            after_heard.append(times[1])
    understood = 100 * (1 - len(missed) / len(trials))
    note = f"of {len(trials)}; worst {{:.0f}} ms"
    return [
        Row("words said over Charley: understood", understood, "%", least=95, note="; ".join(missed)),
        *(
            Row(name, percentile(times, 0.95), "ms", most=most, note=note.format(max(times, default=9e3)))
            for name, times, most in (
                ("silent after the word's end, p95", silent, 500),
                ("silent after it was understood, p95", after_heard, 200),
            )
        ),
    ]


def speak_over(
    night: Night, opening: str, state: str, person: Mouth, words: str, intent: str
) -> tuple[float, float] | None:
    """Have `person` say `words` over the prompt of `state`, or the first one. Milliseconds from their end, and from
    their being understood, until the prompt was silent, which an answer may follow; None if they were not understood.
    """

    def there(event: Happened) -> bool:
        return event.fields.get("state") == state

    night.say(opening)
    if state and not any(there(event) for event in night.all_of("state")):
        night.converse(RELIEF, stop=there, within=60)
    night.live_until(night.until("say").arrived + 1.0)  # in the middle of the prompt
    _, end = night.say(words, mouth=person)
    try:
        heard = night.until("heard", lambda event: event.fields["intent"] == intent, within=2.5)
    except TooLate:
        return None
    night.heard.recorded(heard.arrived + 1.0)
    answered = min([heard.arrived + 1.0, *(night.when(say) for say in night.all_of("say", heard.arrived))])
    until = heard.arrived
    while until < answered and sounds_for(night.heard.between(until - HUSHED_SECONDS, until)):
        until += 0.01
    quiet = end + sounds_for(night.heard.between(end, until))
    return 1000 * (quiet - end), 1000 * max(0.0, quiet - heard.arrived)


def danger_in_a_hold(card: SoundCard, mouth: Mouth) -> list[Row]:
    """A danger word in the middle of a hold."""
    card.echo(-20)
    with Night(card, mouth) as night:
        zero = to_the_hold(night)
        night.live_until(zero.arrived + 9.5)
        _, end = night.say("my chest hurts")
        line = night.until("say", lambda event: EMERGENCY in event.text, within=4)
        night.until("said", lambda event: event.fields["turn"] == line.fields["turn"], within=15)
        cues = [cue for cue in night.all_of("hold_cue", line.arrived) if not cue.fields.get("skipped")]
    return [
        Row("danger word in a hold, to the emergency line", 1000 * (line.arrived - end), "ms", most=1000),
        Row("hold cues after it", len(cues), "", most=0),
    ]


def echo(card: SoundCard, mouth: Mouth) -> list[Row]:
    """Nobody answers, for a whole call: Charley hears only itself, with echo cancellation and without."""
    rows = []
    for level in (-20, -10):
        for settings, name in (("", "with"), ("echo_cancellation: false\n", "without")):
            card.echo(level)
            with Night(card, mouth, settings) as night:
                night.say(OPENING)
                night.until("heard", within=6)
                since = time.monotonic()
                end = since + 60
                while night.next(end - time.monotonic()) is not None:
                    pass
                heard = [event.text for event in (*night.all_of("heard", since), *night.all_of("wake", since))]
                said = len(night.all_of("say", since))
            rows.append(
                Row(
                    f"echo {level} dB {name} cancellation: answered itself",
                    len(heard),
                    "",
                    most=0,
                    note=f"{said} turns {heard or ''}",
                )
            )
    return rows
