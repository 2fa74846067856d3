"""What greenswitch 0.0.19 does wrong, each of its ways, and that none of them reaches us.

The numbers are those of connectors/freeswitch/greenswitch_transport.py. What is said of the
transports alike (7, 8, 9 and 10) is in test_transports.py.
"""

import pytest

from connectors.freeswitch.event import BODY
from tests.connectors.freeswitch.esl_server import EslServer, frame, json_event
from tests.connectors.freeswitch.listener import Listener
from tests.contract.libraries import missing

SCHEME = "esl+greenswitch"
pytestmark = missing(SCHEME)
EVIL = "a\nUnique-ID: other\nEvent-Name: CHANNEL_DESTROY\n\nContent-Length: 9"
FACTS = {"Event-Name": "CHANNEL_ANSWER", "Unique-ID": "mine", "variable_evil": EVIL}


@pytest.fixture
def transport() -> str:
    return SCHEME


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
    heard.write("noop")
    server.errors["show"] = "100%25 of\n%0a"
    heard.write("api show")
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
    assert await heard.loss()


async def test_3_bytes_that_are_no_utf_8_are_replaced(heard: Listener, server: EslServer) -> None:
    heard.write("api show")
    server.mute.add("show")
    server.say(frame("api/response", b"J\xfcrgen"))
    await heard.until(lambda: len(heard.answers) == 2)
    assert heard.answers[1] == "J\N{REPLACEMENT CHARACTER}rgen"


async def test_4_the_end_within_a_body_is_a_loss(heard: Listener, server: EslServer) -> None:
    server.say(server.told(FACTS)[:-5])
    server.hang_up()
    assert "closed" in await heard.loss()


async def test_5_a_command_goes_out_while_events_come(heard: Listener, server: EslServer) -> None:
    server.say(server.told(FACTS) * 20_000)
    heard.write("noop")
    await server.until(lambda: ["noop"] in server.commands)
    assert len(heard.events) < 20_000
    await heard.until(lambda: len(heard.events) == 20_000)


async def test_6_commands_without_an_answer_hold_nothing_up(
    heard: Listener, server: EslServer
) -> None:
    server.mute.add("show")
    for _ in range(100):
        heard.write("api show")
    await server.until(lambda: len(server.named("show")) == 100)
    server.cut()
    assert await heard.loss()
