"""What is asked of every transport alike, one connection at a time.

Two of the faults that the libraries have alike are asked here: a server that says nothing
(greenswitch 7, python-ESL 1), and no reason told to who is not let in (greenswitch 10,
python-ESL 1).
"""

import asyncio
import socket
import threading
from collections.abc import Iterator

import pytest

from connectors.freeswitch import transports
from connectors.freeswitch.codec import line
from connectors.freeswitch.event import Event
from connectors.freeswitch.transport import Ears, NotLetIn
from connectors.freeswitch.transports import load
from connectors.pbx import PbxError, open_pbx
from tests.connectors.freeswitch.esl_server import EslServer, frame, json_event, plain_event
from tests.connectors.freeswitch.listener import Listener, nothing_left

MEGABYTE = 1_000_000


class Flood:
    """An event socket that sends events for as long as they are taken."""

    def __init__(self) -> None:
        self.sent = 0
        self._door = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._door.getsockname()[1])
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def close(self) -> None:
        self._door.close()
        self._thread.join(5)

    def _serve(self) -> None:
        client, _ = self._door.accept()
        facts = {"Event-Name": "DTMF", "variable_x": "x" * 10_000}
        with client:
            client.sendall(b"Content-Type: auth/request\n\n")
            client.recv(1000)
            client.sendall(frame("command/reply", reply="+OK accepted"))
            plain = b"plain" in client.recv(1000)
            event = plain_event(facts) if plain else json_event(facts)
            client.sendall(frame("command/reply", reply="+OK"))
            try:
                while self.sent < 100 * MEGABYTE:
                    client.sendall(event)
                    self.sent += len(event)
            except OSError:
                return


@pytest.fixture
def flood() -> Iterator[Flood]:
    server = Flood()
    yield server
    server.close()


async def test_a_slow_listener_slows_the_pbx_down_and_fills_no_memory(
    transport: str, flood: Flood
) -> None:
    """What is taken while nobody hears it is a few buffers, and all of it is told afterwards."""
    stuck, go_on, heard = threading.Event(), threading.Event(), asyncio.Event()
    told: list[Event] = []

    def hear(event: Event) -> None:
        told.append(event)
        if len(told) == 1:
            stuck.set()
            go_on.wait(10)  # and with it the loop
        if len(told) == 3_000:
            heard.set()

    def watch() -> int:
        """Bytes sent once no more are taken."""
        stuck.wait(10)
        sent = -1
        while sent < flood.sent:
            sent = flood.sent
            threading.Event().wait(0.2)
        go_on.set()
        return sent

    link = await load(transport).connect(
        "127.0.0.1", flood.port, "auth x", Ears(print, hear, print)
    )
    watching = asyncio.create_task(asyncio.to_thread(watch))
    link.write(line(f"event {load(transport).FORMAT} ALL"))
    taken = await watching
    async with asyncio.timeout(20):
        await heard.wait()
    link.abort()
    assert len(told) * 10_000 < 100 * MEGABYTE, "the flood was over before it was held up"
    assert taken < 20 * MEGABYTE


async def test_commands_go_out_whole_and_in_order(transport: str, server: EslServer) -> None:
    heard = Listener()
    link = await heard.connect(transport, server.port)
    server.freeze()
    texts = [f"noop{number} {'x' * 1_000}" for number in range(6_000)]
    for text in texts:
        link.write(line(text))
    assert link.backlog() > 0
    server.thaw()
    await heard.until(lambda: len(heard.answers) > 0)
    await server.until(lambda: len(server.commands) == 6_001)
    assert [lines[0] for lines in server.commands[1:]] == texts
    link.abort()


async def test_after_an_abort_nothing_is_told_and_nothing_left_is_left(
    transport: str, server: EslServer
) -> None:
    heard = Listener()
    link = await heard.listen(transport, server.port)
    server.say(server.told({"Event-Name": "DTMF"}) * 1_000)
    link.abort()
    link.abort()
    await nothing_left()
    assert heard.events == []


@pytest.mark.parametrize("greeting", [b"", b"Content-Type: auth/request\n\n"])
async def test_a_log_in_that_is_given_up_leaves_nothing_and_no_complaint(
    transport: str, server: EslServer, greeting: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    server.greeting = greeting
    server.mute.add("auth")
    heard = Listener()
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.2):
            await heard.connect(transport, server.port)
    await nothing_left()
    await asyncio.sleep(0)
    assert heard.lost == []
    assert caplog.text == ""


@pytest.mark.parametrize("greeting", [b"", b"Content-Type: auth/request\n\n"])
async def test_a_silent_server_is_given_up_at_any_moment(
    transport: str, server: EslServer, greeting: bytes
) -> None:
    server.greeting = greeting
    server.freeze()
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.3):
            await Listener().connect(transport, server.port)
    await nothing_left()


async def test_who_is_not_let_in_learns_why(transport: str, server: EslServer) -> None:
    with pytest.raises(NotLetIn, match="-ERR invalid"):
        await Listener().connect(transport, server.port, "guess")
    server.greeting = frame("text/rude-rejection", b"Access Denied, go away.\n")
    with pytest.raises(NotLetIn, match="Access Denied"):
        await Listener().connect(transport, server.port)
    await nothing_left()


@pytest.mark.parametrize("scheme", ["esl+greenswitch", "esl+native"])
def test_a_library_that_is_missing_is_named_before_anything_is_done(
    scheme: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(transports.TRANSPORTS, scheme, "connectors.freeswitch.not_there")
    with pytest.raises(PbxError, match=r"PBX 'north': esl\+\w+:// needs ") as missing:
        open_pbx("north", f"{scheme}://:s3cr3t@127.0.0.1")
    assert "s3cr3t" not in str(missing.value)
