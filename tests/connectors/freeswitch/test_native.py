"""What python-ESL 1.4.18 does wrong, each of its ways, and that none of them reaches us.

The numbers are those of connectors/freeswitch/native_transport.py. What is said of the transports
alike (1 and 8, commands sent whole) is in test_transports.py; 6 is in test_gate.py, too.
"""

import time

import pytest

from connectors.freeswitch.codec import MAX_BODY
from tests.connectors.freeswitch.esl_server import EslServer, frame, json_event
from tests.connectors.freeswitch.listener import Listener
from tests.contract.libraries import missing

SCHEME = "esl+native"
pytestmark = missing(SCHEME)
FACTS = {"Event-Name": "CHANNEL_ANSWER", "Unique-ID": "mine"}


@pytest.fixture
def transport() -> str:
    return SCHEME


@pytest.mark.parametrize("kind", ["end", "half a frame", "notice"])
async def test_2_after_a_loss_nothing_spins(heard: Listener, server: EslServer, kind: str) -> None:
    """Its thread is gone, and what came before the end has been told."""
    notice = frame("text/disconnect-notice", b"Disconnected, goodbye.\n")
    tail = {"end": b"", "half a frame": server.told(FACTS)[:-5], "notice": notice}[kind]
    server.say(server.told(FACTS) * 500 + tail)
    if kind != "notice":
        server.hang_up()
    assert "closed" in await heard.loss()
    assert len(heard.events) == 500


async def test_3_a_command_waits_for_no_event(heard: Listener, server: EslServer) -> None:
    started = time.perf_counter()
    heard.write("noop")
    await heard.until(lambda: len(heard.answers) == 2)
    assert time.perf_counter() - started < 0.5  # the reader waits for a second at a time


async def test_3_nor_does_it_wait_for_a_pbx_that_reads_nothing(
    heard: Listener, server: EslServer
) -> None:
    server.freeze()
    started = time.perf_counter()
    for _ in range(20_000):
        heard.write("noop" + "x" * 200)
    assert time.perf_counter() - started < 2
    assert heard.link is not None
    assert heard.link.backlog() > 1_000_000
    server.thaw()


async def test_4_a_quiet_link_is_no_lost_one(
    server: EslServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("connectors.freeswitch.native_transport.WAIT", 5)
    heard = Listener()
    link = await heard.listen(SCHEME, server.port)
    with pytest.raises(TimeoutError):
        await heard.until(lambda: heard.lost, 0.3)
    server.say(server.told(FACTS))
    await heard.until(lambda: heard.events)
    link.abort()


@pytest.mark.parametrize(
    "junk",
    [
        b"Content-Length: -1\n\n" + b"x" * 5_000,
        b"Content-Length: %2d1\n\n" + b"x" * 5_000,
        b"Content-Length: 1000000000000000\n\n",
        b"Content-Length: %d\n\n" % (MAX_BODY + 1),
        json_event({"Event-Name": "DTMF", "deep": "[" * 100_000}),
    ],
)
async def test_6_what_would_hurt_it_does_not_reach_it(
    heard: Listener, server: EslServer, junk: bytes
) -> None:
    server.say(junk)
    assert await heard.loss()


@pytest.mark.parametrize("size", [1, 7, 1_460])
async def test_6_however_it_is_cut_it_is_the_same(
    heard: Listener, server: EslServer, size: int
) -> None:
    server.chop = size
    for number in range(20):
        server.say(server.told({**FACTS, "Unique-ID": str(number)}))
    await heard.until(lambda: len(heard.events) == 20)
    assert [event["Unique-ID"] for event in heard.events] == [str(n) for n in range(20)]


async def test_7_a_byte_that_is_no_utf_8_is_replaced(heard: Listener, server: EslServer) -> None:
    server.say(server.told({**FACTS, "variable_x": "JUNK"}).replace(b"JUNK", b"J%FC"))
    server.say(server.told({**FACTS, "variable_x": "Łódź 東京 😀"}))
    await heard.until(lambda: len(heard.events) == 2)
    told = [event["variable_x"] for event in heard.events]
    assert told == ["J\N{REPLACEMENT CHARACTER}", "Łódź 東京 😀"]
