"""What greenswitch 0.0.19 does wrong, each of its ways, and that none of them reaches us.

The numbers are those of connectors/freeswitch/greenswitch_transport.py. What is said of the
transports alike (a slow listener, commands sent whole) is in test_transports.py.
"""

import asyncio
from collections.abc import AsyncIterator

import pytest

from connectors.freeswitch.codec import line
from connectors.freeswitch.event import BODY
from connectors.freeswitch.transport import NotLetIn
from tests.connectors.freeswitch.esl_server import EslServer, frame, json_event
from tests.connectors.freeswitch.listener import Listener, nothing_left
from tests.contract.libraries import missing

SCHEME = "esl+greenswitch"
pytestmark = missing(SCHEME)
EVIL = "a\nUnique-ID: other\nEvent-Name: CHANNEL_DESTROY\n\nContent-Length: 9"
FACTS = {"Event-Name": "CHANNEL_ANSWER", "Unique-ID": "mine", "variable_evil": EVIL}


@pytest.fixture
async def heard(server: EslServer) -> AsyncIterator[Listener]:
    listener = Listener()
    link = await listener.listen(SCHEME, server.port)
    yield listener
    link.abort()
    await nothing_left()


async def lost(heard: Listener) -> str:
    await heard.until(lambda: heard.lost)
    await nothing_left()
    assert len(heard.lost) == 1
    return heard.lost[0]


async def test_1_a_value_with_line_ends_is_a_value(heard: Listener, server: EslServer) -> None:
    server.say(server.told(FACTS))
    await heard.until(lambda: heard.events)
    [event] = heard.events
    assert (event.name, event["Unique-ID"], event["variable_evil"]) == (
        "CHANNEL_ANSWER",
        "mine",
        EVIL,
    )


def test_1_greenswitch_by_itself_takes_it_for_headers(server: EslServer) -> None:
    from greenswitch.esl import ESLEvent  # noqa: PLC0415 - where it is not there, we are skipped

    server.format = "plain"
    body = server.told(FACTS).decode().partition("\n\n")[2]
    assert ESLEvent(body).headers["Unique-ID"] == "other"


async def test_1_nor_is_one_in_an_answer(heard: Listener, server: EslServer) -> None:
    server.errors["noop"] = "-ERR x%0aContent-Length: 99%0a%25"
    write(heard, "noop")
    server.errors["show"] = "100%25 of\n%0a"
    write(heard, "api show")
    await heard.until(lambda: len(heard.answers) == 3)
    assert heard.answers[1:] == ["-ERR x%0aContent-Length: 99%0a%25", "100%25 of\n%0a"]


async def test_2_what_follows_the_headers_is_the_body(heard: Listener, server: EslServer) -> None:
    server.job("x", "-ERR Unique-ID: other\n%0aUnique-ID: more")
    await heard.until(lambda: heard.events)
    [event] = heard.events
    assert event[BODY] == "-ERR Unique-ID: other\n%0aUnique-ID: more\n"
    assert (event["Unique-ID"], event["Content-Length"]) == ("", str(len(event[BODY])))


async def test_2_an_empty_last_value_leaves_the_one_before_it_alone(
    heard: Listener, server: EslServer
) -> None:
    server.say(server.told({"Event-Name": "DTMF", "Unique-ID": "mine", "variable_x": ""}))
    await heard.until(lambda: heard.events)
    assert (heard.events[0]["Unique-ID"], heard.events[0]["variable_x"]) == ("mine", "")


@pytest.mark.parametrize(
    "junk",
    [
        json_event({"Event-Name": "DTMF"}),
        b"Content-Type\n\n",
        b"Content-Length: many\n\n",
        b"Content-Length: 2\nContent-Type: text/event-plain\n\nxx",
    ],
    ids=["json", "no value", "no length", "no headers"],
)
async def test_3_what_it_cannot_read_is_a_loss_with_a_reason(
    heard: Listener, server: EslServer, junk: bytes
) -> None:
    server.say(junk)
    assert await lost(heard)


async def test_3_bytes_that_are_no_utf_8_are_replaced(heard: Listener, server: EslServer) -> None:
    write(heard, "api show")
    server.mute.add("show")
    server.say(frame("api/response", b"J\xfcrgen"))
    await heard.until(lambda: len(heard.answers) == 2)
    assert heard.answers[1] == "J\N{REPLACEMENT CHARACTER}rgen"


async def test_4_the_end_within_a_body_is_a_loss(heard: Listener, server: EslServer) -> None:
    server.say(server.told(FACTS)[:-5])
    server.hang_up()
    assert "closed" in await lost(heard)


async def test_5_a_command_goes_out_while_events_come(heard: Listener, server: EslServer) -> None:
    server.say(server.told(FACTS) * 20_000)
    write(heard, "noop")
    await server.until(lambda: ["noop"] in server.commands)
    assert len(heard.events) < 20_000
    await heard.until(lambda: len(heard.events) == 20_000)


async def test_6_commands_without_an_answer_hold_nothing_up(
    heard: Listener, server: EslServer
) -> None:
    server.mute.add("show")
    for _ in range(100):
        write(heard, "api show")
    await server.until(lambda: len(server.named("show")) == 100)
    server.cut()
    assert await lost(heard)


@pytest.mark.parametrize("greeting", [b"", b"Content-Type: auth/request\n\n"])
async def test_7_a_silent_server_is_given_up_at_any_moment(
    server: EslServer, greeting: bytes
) -> None:
    server.greeting = greeting
    server.freeze()
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.3):
            await Listener().connect(SCHEME, server.port)
    await nothing_left()


async def test_10_who_is_not_let_in_learns_why(server: EslServer) -> None:
    with pytest.raises(NotLetIn, match="-ERR invalid"):
        await Listener().connect(SCHEME, server.port, "guess")
    server.greeting = frame("text/rude-rejection", b"Access Denied, go away.\n")
    with pytest.raises(NotLetIn, match="Access Denied"):
        await Listener().connect(SCHEME, server.port)
    await nothing_left()


def write(heard: Listener, command: str) -> None:
    assert heard.link is not None
    heard.link.write(line(command))
