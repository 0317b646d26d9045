"""Word to systemd, over a real datagram socket."""

from __future__ import annotations

import socket
import tempfile
from collections.abc import Iterator

import pytest

from tests.scripted_devices import ScriptedConversation, ScriptedMicrophone, World, live
from voice_skill.audio.frame import FRAME_SAMPLES, Frame
from voice_skill.live import Supervisor

FRAME = Frame(0.0, bytes(2 * FRAME_SAMPLES))


class Systemd:
    """The other end of the socket."""

    def __init__(self, address: str) -> None:
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.bind("\0" + address[1:] if address.startswith("@") else address)
        self._socket.setblocking(False)
        self.environment = {"NOTIFY_SOCKET": address, "WATCHDOG_USEC": "4000000"}

    def received(self) -> list[str]:
        messages = []
        while True:
            try:
                messages.append(self._socket.recv(4096).decode())
            except BlockingIOError:
                return messages

    def close(self) -> None:
        self._socket.close()


@pytest.fixture(params=["path", "abstract"])
def systemd(request: pytest.FixtureRequest) -> Iterator[Systemd]:
    with tempfile.TemporaryDirectory(prefix="n") as folder:  # a socket's path may have 107 characters
        address = f"{folder}/s" if request.param == "path" else f"@charley{folder}"
        systemd = Systemd(address)
        yield systemd
        systemd.close()


def test_ready_and_stopping_are_told(systemd: Systemd) -> None:
    supervisor = Supervisor(systemd.environment, asleep=lambda: True)
    assert systemd.received() == []
    supervisor.ready()
    assert "READY=1" in systemd.received()[0].splitlines()
    supervisor.stopping()
    assert systemd.received() == ["STOPPING=1"]


def test_a_sign_of_life_twice_in_the_time_that_is_waited_for_it(systemd: Systemd) -> None:
    supervisor = Supervisor(systemd.environment, asleep=lambda: True)
    for tenth in range(100):
        supervisor.look(tenth / 10, FRAME)
    assert systemd.received() == ["WATCHDOG=1"] * 5


@pytest.mark.parametrize(("asleep", "pings"), [(True, 2), (False, 5)])
def test_without_sound_there_is_a_sign_of_life_in_a_conversation_alone(
    systemd: Systemd, asleep: bool, pings: int
) -> None:
    world = World(9.9)
    supervisor = Supervisor(systemd.environment, asleep=lambda: asleep)
    conversation = ScriptedConversation(world, asleep=asleep)
    live(world, conversation, ScriptedMicrophone(world, [(0.0, 3.0)]), onlookers=[supervisor])
    assert systemd.received() == ["WATCHDOG=1"] * pings


@pytest.mark.parametrize("change", [{"NOTIFY_SOCKET": ""}, {"WATCHDOG_USEC": ""}, {"WATCHDOG_PID": "1"}])
def test_nothing_is_told_to_whoever_did_not_ask(systemd: Systemd, change: dict[str, str]) -> None:
    supervisor = Supervisor({**systemd.environment, **change}, asleep=lambda: False)
    supervisor.look(0.0, FRAME)
    assert systemd.received() == []


def test_a_supervisor_that_is_gone_ends_no_night() -> None:
    supervisor = Supervisor({"NOTIFY_SOCKET": "/nowhere/at/all", "WATCHDOG_USEC": "2"}, asleep=lambda: False)
    supervisor.ready()
    supervisor.look(0.0, FRAME)
    supervisor.stopping()
