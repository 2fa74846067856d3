"""What panoramisk 1.4 does wrong, each of its eleven ways, over both transports and a real socket.

The numbers are those of docs/decisions.md.
"""

import asyncio
import logging
from collections.abc import AsyncIterator
from uuid import UUID, uuid4

import pytest

from connectors.asterisk import panoramisk_transport, transport
from connectors.asterisk.codec import Message
from connectors.asterisk.session import Session
from connectors.asterisk.transport import Ears
from connectors.calls import (
    Answered,
    Classified,
    Ended,
    EndReason,
    Event,
    HangUp,
    LinkBack,
    LinkLost,
    Originate,
    Party,
    RingAgent,
    Ringing,
)
from connectors.pbx import CommandRefused, LinkDown, Pbx, open_pbx
from tests.connectors.asterisk.ami_server import AmiServer, packet
from tests.contract.watch import Watch

CONNECT = {"ami": transport.connect, "ami+panoramisk": panoramisk_transport.connect}


def call(pbx: Pbx, call_id: UUID | None = None) -> UUID:
    call_id = call_id or uuid4()
    pbx.send(Originate(call_id, "+4930123456", "trunk", "+493099999", 30))
    return call_id


async def test_1_an_originates_response_is_heard(pbx: Pbx, server: AmiServer, watch: Watch) -> None:
    call_id = call(pbx)
    await server.until(lambda: server.named("Originate"))
    action_id = server.named("Originate")[0]["ActionID"]
    server.event("OriginateResponse", ActionID=action_id, Response="Failure", Uniqueid=str(call_id))
    assert (await watch.one(Ended, call_id)).reason is EndReason.REFUSED


async def test_1_and_so_is_its_refusal(pbx: Pbx, server: AmiServer, watch: Watch) -> None:
    server.errors["Originate"] = "Extension does not exist."
    end = await watch.one(Ended, call(pbx))
    assert (end.reason, end.cause) == (EndReason.REFUSED, "Extension does not exist.")


async def test_2_no_action_leaves_anything_behind(transport: str, server: AmiServer) -> None:
    server.mute.add("QueueAdd")
    link = await CONNECT[transport]("127.0.0.1", server.port, (), Ears(print, print))
    for number in range(500):
        link.write((("Action", "QueueAdd"), ("ActionID", f"x:{number}")))
    await server.until(lambda: len(server.actions) == 500)
    assert not getattr(link, "responses", None)
    assert not getattr(link, "awaiting_actions", None)
    link.abort()


async def test_3_a_question_that_times_out_is_forgotten(transport: str, server: AmiServer) -> None:
    heard: list[Message] = []
    session = Session(heard.append, lambda session, why: None)
    server.mute.add("Ping")
    session.begin(await CONNECT[transport]("127.0.0.1", server.port, (), session.ears))
    with pytest.raises(TimeoutError):
        await session.ping(seconds=0.05)
    server.mute.clear()
    late = server.named("Ping")[0]["ActionID"]
    server.say(packet(Response="Success", ActionID=late, Ping="Pong"))
    assert await session.ping() < 5
    assert [message["ActionID"] for message in heard] == [late], "late, and not swallowed"
    session.abort("done")


async def test_4_nothing_is_sent_twice(pbx: Pbx, server: AmiServer, watch: Watch) -> None:
    server.mute.add("Originate")
    sent = call(pbx)
    await server.until(lambda: server.named("Originate"))
    server.cut()
    await watch.one(LinkLost)
    with pytest.raises(LinkDown):
        call(pbx)
    await watch.one(LinkBack)
    await pbx.ping()
    assert [action["ChannelId"] for action in server.named("Originate")] == [str(sent)]
    assert (await watch.one(Ended, sent)).reason is EndReason.PBX_LOST


async def test_4_what_was_unsent_when_the_link_was_given_up_never_arrives(
    pbx: Pbx, server: AmiServer, watch: Watch
) -> None:
    server.mute.add("Originate")  # an answer would have the kernel break the connection anyway
    server.freeze()
    sent: list[UUID] = []
    with pytest.raises(LinkDown, match="does not take"):
        sent.extend(call(pbx) for _ in range(50_000))
    await watch.one(LinkLost)
    server.thaw()
    await watch.one(LinkBack)
    assert await pbx.ping() < 5
    arrived = {action["ChannelId"] for action in server.named("Originate")}
    assert len(sent) > 5_000
    assert len(arrived) < 200
    assert str(sent[-1]) not in arrived


async def test_5_a_link_that_has_gone_silent_is_noticed(
    pbx: Pbx, server: AmiServer, watch: Watch
) -> None:
    server.freeze()
    lost = await watch.one(LinkLost, seconds=5)
    assert "no answer" in lost.why
    with pytest.raises(LinkDown):
        await pbx.ping()
    server.thaw()
    await watch.one(LinkBack)


async def test_6_close_while_the_link_is_down_ends_the_reconnecting(
    url: str, server: AmiServer, watch: Watch
) -> None:
    pbx = open_pbx("mock", url)
    await pbx.open(watch)
    server.cut()
    await watch.one(LinkLost)
    await pbx.close()
    logins = server.logins
    with pytest.raises(TimeoutError):
        await server.until(lambda: server.logins > logins, seconds=0.5)


async def test_6_a_wrong_password_is_not_tried_on_and_on(
    pbx: Pbx, server: AmiServer, watch: Watch, caplog: pytest.LogCaptureFixture
) -> None:
    server.secret = "changed meanwhile"
    server.cut()
    await server.until(lambda: server.logins == 2)
    with pytest.raises(TimeoutError):
        await server.until(lambda: server.logins > 2, seconds=1.0)
    assert "refuses the AMI user 'dialplane'" in caplog.text


async def test_7_a_listener_that_fails_stops_nothing(
    url: str, server: AmiServer, caplog: pytest.LogCaptureFixture
) -> None:
    watch = Watch()

    def fails(event: Event) -> None:
        watch(event)
        raise RuntimeError("the listener's own fault")

    pbx = open_pbx("mock", url)
    await pbx.open(fails)
    call_id = call(pbx)
    fields = {"Uniqueid": str(call_id), "ChannelState": "5"}
    server.say(packet(Event="Newstate", **fields) + answered(call_id))
    await watch.one(Answered, call_id)
    assert await pbx.ping() < 5
    assert caplog.text.count("an event's receiver failed") == 2
    await pbx.close()


async def test_7_nor_does_a_message_that_we_cannot_handle(
    pbx: Pbx, server: AmiServer, watch: Watch, monkeypatch: pytest.MonkeyPatch
) -> None:
    call_id = call(pbx)
    with monkeypatch.context() as patched:
        patched.setattr("connectors.asterisk.translate.HANDLERS", {"Newstate": None})
        server.event("Newstate", Uniqueid=str(call_id), ChannelState="5")
        await pbx.ping()
    server.say(answered(call_id))
    await watch.one(Answered, call_id)


@pytest.mark.parametrize("size", [1, 2, 3])
async def test_8_a_character_cut_by_a_read_stays_whole(
    pbx: Pbx, server: AmiServer, watch: Watch, size: int
) -> None:
    call_id = call(pbx)
    server.chop = size
    verdict = {"UserEvent": "DialplaneClassified", "Status": "HUMAN", "Cause": "Łódź 東京 😀"}
    await server.dribble(packet(Event="UserEvent", Uniqueid=str(call_id), **verdict))
    heard = await watch.one(Classified, call_id)
    assert (heard.party, heard.cause) == (Party.HUMAN, "Łódź 東京 😀")


async def test_9_a_trailing_header_without_a_value_is_as_good_as_none(
    pbx: Pbx, server: AmiServer, watch: Watch
) -> None:
    first, second = call(pbx), call(pbx)
    server.event("Hangup", Uniqueid=str(first), Cause="17", Cause_txt="")
    server.event("Hangup", Uniqueid=str(second), Cause="17")
    ends = [await watch.one(Ended, call_id) for call_id in (first, second)]
    assert [(end.reason, end.cause) for end in ends] == [(EndReason.BUSY, "17")] * 2


async def test_10_a_value_with_a_line_end_sends_nothing(pbx: Pbx, server: AmiServer) -> None:
    evil = "trunk\r\n\r\nAction: Originate\r\nApplication: System\r\nData: id"
    before = len(server.actions)
    with pytest.raises(CommandRefused):
        pbx.send(Originate(uuid4(), "+4930123456", evil, "+493099999"))
    await pbx.ping()
    assert {action["Action"] for action in server.actions[before:]} == {"Ping"}


async def test_10_nor_does_one_that_gets_as_far_as_the_transport(
    transport: str, server: AmiServer
) -> None:
    link = await CONNECT[transport]("127.0.0.1", server.port, (), Ears(print, print))
    with pytest.raises(CommandRefused):
        link.write((("Action", "Setvar"), ("Value", "x\r\n\r\nAction: Logoff")))
    link.write((("Action", "Ping"), ("ActionID", "x:1")))
    await server.until(lambda: server.actions)
    assert server.actions == [{"Action": "Ping", "ActionID": "x:1"}]
    link.abort()


async def test_11_before_it_is_open_nothing_is_sent(url: str, server: AmiServer) -> None:
    pbx = open_pbx("mock", url)
    for command in (HangUp(uuid4()), RingAgent(uuid4(), "101")):
        with pytest.raises(LinkDown):
            pbx.send(command)
    assert not server.actions


async def test_events_told_twice_or_in_pieces_are_told_on_once(
    pbx: Pbx, server: AmiServer, watch: Watch
) -> None:
    server.chop = 7
    call_id = call(pbx)
    for _ in range(3):
        await server.dribble(packet(Event="Newstate", Uniqueid=str(call_id), ChannelState="5"))
        await server.dribble(answered(call_id))
    server.event("Hangup", Uniqueid=str(call_id), Cause="16", Cause_txt="Normal Clearing")
    await watch.one(Ended, call_id)
    assert watch.story(call_id) == "Ringing Answered Ended"


@pytest.mark.parametrize("junk", [b"x" * 300_000, b"Event: Big\r\nValue: " + b"x" * 300_000])
async def test_a_flood_without_an_end_is_a_lost_link_and_not_a_full_memory(
    pbx: Pbx, server: AmiServer, watch: Watch, junk: bytes
) -> None:
    server.say(junk)
    assert "longer than" in (await watch.one(LinkLost)).why
    await watch.one(LinkBack)


class Tries(logging.Handler):
    """The log's lines about a PBX that is not there."""

    def __init__(self) -> None:
        super().__init__()
        self.seen: asyncio.Queue[str] = asyncio.Queue()

    def emit(self, record: logging.LogRecord) -> None:
        if "nothing answers" in record.getMessage():
            self.seen.put_nowait(record.getMessage())


@pytest.fixture
async def tries() -> AsyncIterator[asyncio.Queue[str]]:
    handler, logger = Tries(), logging.getLogger("connectors")
    logger.addHandler(handler)
    yield handler.seen
    logger.removeHandler(handler)


async def test_a_pbx_that_is_not_there_any_more_is_tried_until_it_is(
    pbx: Pbx, server: AmiServer, watch: Watch, tries: asyncio.Queue[str]
) -> None:
    await server.close()
    await watch.one(LinkLost)
    async with asyncio.timeout(5):
        await tries.get()
    await server.listen()
    await watch.one(LinkBack)
    assert not watch.of(Ringing)


def answered(call_id: UUID) -> bytes:
    return packet(Event="UserEvent", Uniqueid=str(call_id), UserEvent="DialplaneAnswered")
