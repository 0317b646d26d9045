"""What is tried, and what was measured: each check is one or more runs of Charley, and gives rows of the table."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from scripts.live.night import Happened, Mouth, Night, TooLate
from scripts.live.soundcard import RATE, SoundCard
from voice_skill.tts.tone import tone

__all__ = ["CHECKS", "Row"]

OPENING = "hey charley my leg is cramping"
RELIEF = {
    "where": "in bed",
    "ease": "better",
    "better": "better",
    "offer_hold": "no",
    "offer": "no",
    "still_ask": "it's gone",
}
EMERGENCY = "nine nine nine"
QUIET = 40
"""Samples up to this are silence: of 32,768."""
GAP_SECONDS = 0.06
"""Silence between two words is shorter."""


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table. `most`: what the value may be; `least`: what it must be."""

    what: str
    value: float
    unit: str = ""
    most: float | None = None
    least: float | None = None
    note: str = ""

    @property
    def good(self) -> bool:
        """Whether the target is met."""
        return (self.most is None or self.value <= self.most) and (self.least is None or self.value >= self.least)


def percentile(values: Sequence[float], share: float) -> float:
    """The value that so large a share of `values` does not exceed."""
    return float(np.quantile(values, share, method="higher")) if values else float("inf")


def silent_from(night: Night, at: float) -> float:
    """When the speaker fell silent, at `at` or after it."""
    loud = np.abs(night.heard.between(at, at + 4).astype(np.int32)) > QUIET
    gap = round(GAP_SECONDS * RATE)
    quiet = np.convolve(loud, np.ones(gap, np.int32), "valid") == 0
    return at + int(np.argmax(quiet)) / RATE if quiet.any() else float("inf")


def tones(night: Night, begin: float, end: float) -> list[float]:
    """When Charley's tone sounded, to the sample: the peaks of the correlation with it."""
    heard = night.heard.between(begin, end).astype(np.float64)
    clip = np.frombuffer(tone().pcm, "<i2")
    wanted = np.interp(np.arange(0, len(clip), tone().rate / RATE), np.arange(len(clip)), clip)
    length = 1 << (len(heard) + len(wanted)).bit_length()
    spectrum = np.fft.rfft(heard, length) * np.conj(np.fft.rfft(wanted, length))
    score = np.abs(np.fft.irfft(spectrum, length)[: len(heard)])
    energy = np.sqrt(np.convolve(heard**2, np.ones(len(wanted)), "full")[len(wanted) - 1 :][: len(score)]) + 1
    like = score / energy / np.sqrt((wanted**2).sum())
    found: list[float] = []
    for place in np.flatnonzero(like > 0.9):
        near = slice(max(0, place - 800), place + 800)
        if like[place] == like[near].max() and score[place] > 1e6:
            found.append(begin + place / RATE)
    return found


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
            if call > 1:  # the wake phrase as soon as the last word is out
                last = night.heard.ends_before(time.monotonic())
                night.live_until(0.0 if last is None else last + 0.1)
            night.say(OPENING)
            try:
                woken = night.until("wake", within=6)
            except TooLate:
                rows.append(Row(f"call {call}: woken", 0.0, least=1))
                continue
            rows.append(Row(f"call {call}: woken", 1.0, least=1, note=f"confidence {woken.fields['confidence']}"))
            answers = RELIEF if call == 1 else {"where": "stop"}
            night.converse(answers, stop=lambda event: event.kind == "finished", within=300)
        rows += [*holds(night), *cue_onsets(night), *waits(night)]
    return rows


def holds(night: Night) -> list[Row]:
    """How long each hold lasted, from tone to tone in the speaker's sound."""
    errors: list[float] = []
    ended = [end for end in night.all_of("hold_ended") if end.fields["reason"] == "done"]
    for started in night.all_of("hold_started"):
        heard = tones(night, started.arrived - 1, started.arrived + 32)
        if len(heard) >= 2:
            errors.append(1000 * abs(heard[-1] - heard[0] - 30.0))
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


def barge_in(card: SoundCard, mouth: Mouth) -> list[Row]:
    """Urgent words over prompts of every class, at -20 dB of echo."""
    card.echo(-20)
    silent: list[float] = []
    after_heard: list[float] = []
    missed: list[str] = []
    for opening, state, words, intent in OVER:
        with Night(card, mouth) as night:
            times = speak_over(night, opening, state, words, intent)
        if times is None:
            missed.append(f'"{words}" over {state}')
        else:
            silent.append(times[0])
            after_heard.append(times[1])
    return [
        Row("urgent words said over Charley: missed", len(missed), f"of {len(OVER)}", most=0, note="; ".join(missed)),
        Row(
            "silent after the word's end, worst", max(silent, default=9e3), "ms", most=500, note=f"{len(silent)} times"
        ),
        Row("silent after it was understood, worst", max(after_heard, default=9e3), "ms", most=200),
    ]


def speak_over(night: Night, opening: str, state: str, words: str, intent: str) -> tuple[float, float] | None:
    """Say `words` over the prompt of `state`. Milliseconds from their end, and from their being understood, until the
    speaker was silent; None if they were not understood."""

    def there(event: Happened) -> bool:
        return event.fields.get("state") == state

    night.say(opening)
    if not any(there(event) for event in night.all_of("state")):
        night.converse(RELIEF, stop=there, within=60)
    night.live_until(night.until("say").arrived + 1.0)  # in the middle of the prompt
    _, end = night.say(words)
    try:
        heard = night.until("heard", lambda event: event.fields["intent"] == intent, within=2.5)
    except TooLate:
        return None
    night.heard.recorded(heard.arrived + 1.0)
    quiet = silent_from(night, end)
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


def answered(night: Night) -> Row:
    """Whether Charley, the hold over, asks its question and understands the answer."""
    night.until("say", lambda event: "easing" in event.text, within=20)
    night.until("said", within=8)
    night.say("better")
    understood = night.until("heard", within=5)
    return Row("understands afterwards", float(understood.fields["intent"] == "easing"), "", least=1)


def unplugged(card: SoundCard, mouth: Mouth) -> list[Row]:
    """The microphone is taken away in a hold, and given back."""
    card.echo(None)
    with Night(card, mouth) as night:
        zero = to_the_hold(night)
        night.live_until(zero.arrived + 5)
        gone = time.monotonic()
        card.unplug()
        noticed = night.until("told", lambda line: "microphone" in line.text, within=6)
        night.heard.recorded(noticed.arrived + 1)
        aloud = np.flatnonzero(
            np.abs(night.heard.between(noticed.arrived, noticed.arrived + 1).astype(np.int32)) > QUIET
        )
        said = noticed.arrived + aloud[0] / RATE if aloud.size else float("inf")
        night.live_until(zero.arrived + 14)
        plugged = time.monotonic()
        card.plug_in()
        back = night.until("told", lambda line: "back" in line.text, within=8)
        ended = night.until("hold_ended", within=30)
        heard = tones(night, zero.arrived - 1, zero.arrived + 32)
        error = abs(heard[-1] - heard[0] - 30) if len(heard) >= 2 else 9
        understands = answered(night)
    return [
        Row("microphone gone: noticed", noticed.arrived - gone, "s", most=2),
        Row("microphone gone: said aloud", said - gone, "s", most=4),
        Row("microphone back: listens again", back.arrived - plugged, "s", most=5),
        Row("the hold went on to its end", float(ended.fields["reason"] == "done"), "", least=1),
        Row("its length meanwhile, error", 1000 * error, "ms", most=50),
        understands,
    ]


def server_restart(card: SoundCard, mouth: Mouth) -> list[Row]:
    """The sound server ends in a hold, and comes back."""
    card.echo(None)
    with Night(card, mouth) as night:
        zero = to_the_hold(night)
        night.live_until(zero.arrived + 5)
        gone = time.monotonic()
        card.stop()
        noticed = night.until("told", lambda line: "gone" in line.text, within=8)
        night.live_until(gone + 4)
        restarted = time.monotonic()
        card.start()
        night.renew_recorders()
        back = night.until("told", lambda line: "microphone is back" in line.text, within=15)
        night.until("hold_ended", within=40)
        understands = answered(night)
    return [
        Row("sound server gone: noticed", noticed.arrived - gone, "s", most=2.5),
        Row("sound server back: listens again", back.arrived - restarted, "s", most=5),
        understands,
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


CHECKS: dict[str, Callable[[SoundCard, Mouth], list[Row]]] = {
    "call": whole_call,
    "barge": barge_in,
    "danger": danger_in_a_hold,
    "unplug": unplugged,
    "restart": server_restart,
    "echo": echo,
}
"""By name, in the order in which they run."""
