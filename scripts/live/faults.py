"""What breaks in the middle of a night: the microphone, the speaker, the sound server, the process."""

from __future__ import annotations

import contextlib
import signal
import socket
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from scripts.live.checks import OPENING, RELIEF, to_the_hold
from scripts.live.measure import NO_TONES, QUIET, Row, tones
from scripts.live.night import Happened, Mouth, Night, TooLate
from scripts.live.soundcard import RATE, SoundCard

__all__ = ["killed", "server_restart", "speaker_gone", "supervised", "unplugged", "wrong_source"]


def answered(night: Night) -> Row:
    """Whether Charley, the hold over, asks its question and understands the answer, be it at the second try."""
    what, note = "understands afterwards", ""
    try:
        night.until("say", lambda event: "easing" in event.text, within=20)
        for words in ("better", "it's easing"):
            night.until("said", within=15)
            night.say(words)
            told = night.next_of("heard", "not_understood", "no_input", within=8)
            if told.kind == "heard":
                return Row(what, float(told.fields["intent"] == "easing"), "", least=1, note=f'"{words}"')
            note = f"{told.kind} {told.text}"
    except TooLate as late:
        note = str(late)
    return Row(what, 0.0, "", least=1, note=note)


@contextlib.contextmanager
def five_seconds_into_a_hold(card: SoundCard, mouth: Mouth) -> Iterator[tuple[Night, Happened]]:
    """A night there, and when that hold's zero was told."""
    card.echo(None)
    with Night(card, mouth) as night:
        zero = to_the_hold(night)
        night.live_until(zero.arrived + 5)
        yield night, zero


def unplugged(card: SoundCard, mouth: Mouth) -> list[Row]:
    """The microphone is taken away in a hold, and given back."""
    with five_seconds_into_a_hold(card, mouth) as (night, zero):
        gone = time.monotonic()
        card.unplug()
        noticed = night.until("told", lambda line: "microphone" in line.text, within=6)
        night.heard.recorded(noticed.arrived + 1)
        aloud = np.flatnonzero(
            np.abs(night.heard.between(noticed.arrived, noticed.arrived + 1).astype(np.int32)) > QUIET
        )
        said = noticed.arrived + aloud[0] / RATE if aloud.size else float("inf")
        first = tones(night, zero.arrived - 1, zero.arrived + 2)
        night.live_until(zero.arrived + 14)
        plugged = time.monotonic()
        card.plug_in()  # and PulseAudio moves to it what listened to the source that stood in for it: the recorder too
        night.renew_recorders()
        back = night.until("told", lambda line: "back" in line.text, within=8)
        ended = night.until("hold_ended", within=30)
        night.heard.recorded(zero.arrived + 32)
        last = tones(night, zero.arrived + 28, zero.arrived + 32)
        error = 1000 * abs(last[-1] - first[0] - 30) if first and last else NO_TONES
        understands = answered(night)
    return [
        Row("microphone gone: noticed", noticed.arrived - gone, "s", most=2),
        Row("microphone gone: said aloud", said - gone, "s", most=4),
        Row("microphone back: listens again", back.arrived - plugged, "s", most=5),
        Row("the hold went on to its end", float(ended.fields["reason"] == "done"), "", least=1),
        Row("its length meanwhile, error", error, "ms", most=50),
        understands,
    ]


def server_restart(card: SoundCard, mouth: Mouth) -> list[Row]:
    """The sound server ends in a hold, and comes back."""
    with five_seconds_into_a_hold(card, mouth) as (night, _):
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


def wrong_source(card: SoundCard, mouth: Mouth) -> list[Row]:
    """The default source is the speaker's monitor: Charley would hear nobody but itself."""
    card.echo(None)
    card.default_source("speaker.monitor")
    with Night(card, mouth) as night:
        listened = time.monotonic()
        noticed = night.until("told", lambda line: "hears only itself" in line.text, within=8)
        chosen = time.monotonic()
        card.default_source("mic")
        back = night.until("told", lambda line: "microphone is back" in line.text, within=10)
        night.say(OPENING)
        night.until("wake", within=6)
    return [
        Row("wrong default source: noticed", noticed.arrived - listened, "s", most=2),
        Row("right one chosen: listens again", back.arrived - chosen, "s", most=5),
    ]


def speaker_gone(card: SoundCard, mouth: Mouth) -> list[Row]:
    """The speaker is taken away in a hold, and given back."""
    with five_seconds_into_a_hold(card, mouth) as (night, zero):
        card.unplug_speaker()
        night.live_until(zero.arrived + 12)
        plugged = time.monotonic()
        card.plug_in_speaker()
        night.renew_recorders()
        ended = night.until("hold_ended", within=30)
        night.heard.recorded(ended.arrived + 3)
        heard = np.flatnonzero(np.abs(night.heard.between(plugged, ended.arrived + 3).astype(np.int32)) > QUIET)
        understands = answered(night)
    first = plugged + heard[0] / RATE if heard.size else float("inf")
    cue = min((c.arrived for c in night.all_of("hold_cue", plugged) if not c.fields.get("skipped")), default=plugged)
    return [
        Row("speaker away in a hold: it went on to its end", float(ended.fields["reason"] == "done"), "", least=1),
        Row("speaker back: sounds again, after the first cue that was due", max(0.0, first - cue), "s", most=5),
        understands,
    ]


def killed(card: SoundCard, mouth: Mouth) -> list[Row]:
    """The process is killed in the middle of the safety questions, as by a power cut, and started again."""
    card.echo(-20)
    with tempfile.TemporaryDirectory(prefix="charley-kept-") as kept:
        settings = f"journal: {kept}\n"
        with Night(card, mouth, settings) as night:
            night.say(OPENING)
            before = night.converse(RELIEF, stop=lambda event: event.kind == "screen_answer", within=60)
            asked = night.all_of("say")[0].text
            night.process.kill()
        begun = time.monotonic()
        with Night(card, mouth, settings) as night:
            ready = time.monotonic() - begun
            night.say(OPENING)
            again = night.until("say", within=8)
            settled = night.all_of("screen_answer")
            answer = night.converse(RELIEF, stop=lambda event: event.kind == "screen_answer", within=60)
    return [
        Row("killed in the middle of the screen: questions taken for answered", len(settled), "", most=0),
        Row("the first question is put again", float(again.text == asked), "", least=1),
        Row(
            "and answered anew",
            float(answer.fields["question"] == before.fields["question"]),
            "",
            least=1,
            note=f"{before.fields['question']}: {before.fields['answer']}, then {answer.fields['answer']}",
        ),
        Row("from start to listening", ready, "s", note="with prompts rendered before"),
    ]


def supervised(card: SoundCard, mouth: Mouth) -> list[Row]:
    """What a supervisor is told: ready, signs of life while all is well, and none when the process stands still or the
    microphone is away."""
    card.echo(None)
    with (
        tempfile.TemporaryDirectory(prefix="charley-sd-") as folder,
        socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sd,
    ):
        address = str(Path(folder) / "notify")
        sd.bind(address)
        sd.setblocking(False)
        with Night(card, mouth, environment={"NOTIFY_SOCKET": address, "WATCHDOG_USEC": "1000000"}) as night:
            night.live_until(time.monotonic() + 1)
            ready = "READY=1" in "".join(received(sd)).splitlines()
            night.live_until(time.monotonic() + 5)
            alive = len(received(sd))
            night.process.send_signal(signal.SIGSTOP)
            night.heard.recorded(time.monotonic() + 0.5)
            received(sd)
            night.heard.recorded(time.monotonic() + 3)
            stopped = len(received(sd))
            night.process.send_signal(signal.SIGCONT)
            night.live_until(time.monotonic() + 2)
            card.unplug()
            night.until("told", lambda line: "microphone is gone" in line.text, within=6)
            received(sd)
            night.live_until(time.monotonic() + 3)
            deaf = len(received(sd))
            card.plug_in()
            night.until("told", lambda line: "microphone is back" in line.text, within=8)
            night.live_until(time.monotonic() + 2)
            back = len(received(sd))
    return [
        Row("supervisor told that Charley listens", float(ready), "", least=1),
        Row("signs of life in 5 s, of 10", alive, "", least=8),
        Row("signs of life while the process stands still, 3 s", stopped, "", most=0),
        Row("signs of life without a microphone, asleep, 3 s", deaf, "", most=0),
        Row("signs of life when it is back, 2 s", back, "", least=2),
    ]


def received(sd: socket.socket) -> list[str]:
    """What has come in."""
    messages = []
    while True:
        try:
            messages.append(sd.recv(4096).decode())
        except BlockingIOError:
            return messages
