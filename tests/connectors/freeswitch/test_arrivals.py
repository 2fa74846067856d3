"""Calls that come in, as the translator knows them and as the connector serves them."""

import asyncio
import json
import logging
from uuid import uuid4

import pytest

from connectors.calls import (
    Arrived,
    Connected,
    ConnectToAgent,
    Ended,
    EndReason,
    HangUp,
    LinkBack,
    LinkLost,
    LiveCall,
    Phase,
    PlayMessage,
    RingAgent,
)
from connectors.freeswitch import chain, login
from connectors.freeswitch.channels import Channel, channel, listed
from connectors.freeswitch.event import Event as Heard
from connectors.linked.channels import Kind
from connectors.pbx import Pbx, open_pbx
from tests.connectors.freeswitch.esl_server import EslServer
from tests.connectors.freeswitch.stage import CALL, LEG, Stage, kinds
from tests.contract.watch import Watch

LINE, CALLER = "support", "+4930123456"
ACCOUNT = "variable_accountcode"
WAITS = LiveCall(CALL, Phase.ARRIVED, None, LINE, CALLER)
GONE = "CHANNEL_HANGUP_COMPLETE"


def told(**more: str) -> dict[str, str]:
    """What is told of a caller on hold."""
    base = {"Unique-ID": str(CALL), ACCOUNT: f"dialplane-line-{LINE}", "Answer-State": "answered"}
    return {**base, "Caller-Caller-ID-Number": "4930123456", **more}


def arrive(stage: Stage, **more: str) -> None:
    named = {"Event-Name": "CUSTOM", "Event-Subclass": chain.ARRIVED}
    stage.read(Heard({**named, **told(**more)}))


def dumped(**more: str) -> Channel | None:
    return channel(json.dumps(told(**more)))


def waiting() -> Channel:
    return Channel(Kind.CALL, WAITS)


def test_a_channel_says_who_waits_where_and_with_whom_they_talk() -> None:
    assert dumped() == waiting()
    talks = LiveCall(CALL, Phase.CONNECTED, LEG, LINE, CALLER)
    assert dumped(variable_signal_bond=str(LEG)) == Channel(Kind.CALL, talks, LEG)


@pytest.mark.parametrize("name", ["sofia/external/49@203.0.113.7", "loopback/support-b"])
def test_whoever_came_in_is_listed(name: str) -> None:
    row = {"uuid": str(CALL), "name": name, "accountcode": "dialplane-line-support"}
    assert listed(json.dumps({"rows": [row]})) == {CALL}
    row["accountcode"] = "dialplane-line-a b"
    assert listed(json.dumps({"rows": [row]})) == set()


@pytest.mark.parametrize(
    "caller",
    ["anonymous", "", "030123456", "49,Line: vip", "${system(id)}", "+49\n\nEvent-Name: X"],
)
def test_who_calls_is_a_number_or_nobody(caller: str) -> None:
    stage = Stage()
    arrive(stage, **{"Caller-Caller-ID-Number": caller})
    assert stage.events == [Arrived(CALL, stage.now, LINE, "")]


@pytest.mark.parametrize("account", ["dialplane-line-", "dialplane-line-a b", "dialplane-call", ""])
def test_what_is_no_line_is_not_told(account: str) -> None:
    stage = Stage()
    arrive(stage, **{ACCOUNT: account})
    assert stage.events == []
    assert len(stage.translator) == 0


def test_a_call_that_bears_the_id_of_its_callers_choice_is_not_served(
    caplog: pytest.LogCaptureFixture,
) -> None:
    stage = Stage()
    arrive(stage, variable_sip_call_id=str(CALL))
    assert stage.events == []
    assert "inbound-use-callid-as-uuid" in caplog.text
    assert dumped(variable_sip_call_id=str(CALL)) is None


def test_an_arrival_is_told_once_also_after_the_end() -> None:
    stage = Stage()
    arrive(stage)
    arrive(stage)
    stage.hear(GONE, CALL, Hangup_Cause="NORMAL_CLEARING")
    arrive(stage)
    assert kinds(stage.events) == [Arrived, Ended]
    assert stage.orders() == []


def test_it_is_connected_and_ends() -> None:
    stage = Stage(RingAgent(LEG, "101"))
    arrive(stage)
    stage.hear("CHANNEL_PARK", LEG)
    stage.tell(ConnectToAgent(CALL, LEG))
    stage.bridge()
    stage.hear(GONE, CALL, Hangup_Cause="NORMAL_CLEARING", variable_hangup_cause_q850="16")
    assert stage.events[-2] == Connected(CALL, stage.now, LEG)
    assert isinstance(stage.events[-1], Ended)
    assert stage.events[-1].reason is EndReason.HUNG_UP


def test_who_comes_while_we_log_in_is_not_taken_for_gone() -> None:
    """The list of channels may have been made a moment before."""
    stage = Stage()
    stage.translator.begin_again()
    arrive(stage)
    assert stage.translator.reconcile([], stage.now) == ()
    stage.translator.begin_again()
    (ended,) = stage.translator.reconcile([], stage.now)
    assert isinstance(ended, Ended)
    assert ended.reason is EndReason.PBX_LOST


def test_who_was_told_to_be_gone_must_not_live_on() -> None:
    stage = Stage()
    arrive(stage)
    stage.translator.begin_again()
    stage.translator.reconcile([], stage.now)
    stage.translator.reconcile([waiting()], stage.now)
    assert stage.orders() == [f"uuid_kill {CALL} NORMAL_CLEARING"]


def test_one_that_was_listed_is_known() -> None:
    stage = Stage()
    assert stage.translator.reconcile([waiting()], stage.now) == ()
    arrive(stage)
    assert stage.translator.came_in(CALL)
    stage.tell(HangUp(CALL))
    stage.hear(GONE, CALL, Hangup_Cause="NORMAL_CLEARING")
    assert kinds(stage.events) == [Ended]


async def test_a_caller_waits_on_with_music_after_a_message_and_others_in_silence(
    pbx: Pbx, server: EslServer, watch: Watch
) -> None:
    call_id = uuid4()
    server.call_in(call_id, LINE, CALLER)
    await watch.one(Arrived, call_id)
    pbx.send(PlayMessage(call_id, "sorry", then_hang_up=False))
    pbx.send(PlayMessage(uuid4(), "sorry", then_hang_up=False))
    await pbx.ping()
    caller, other = sorted(server.named("uuid_transfer"), key=lambda text: "park" in text)
    assert str(call_id) in caller
    assert "hold_music" in caller
    assert "hold_music" not in other


async def test_who_comes_after_the_list_was_made_is_found_all_the_same(
    url: str, server: EslServer, watch: Watch, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The list is late; the event has come, to a connector that is being opened."""
    monkeypatch.setattr(login, "LISTING_LAG", 0.3)
    call_id = uuid4()
    pbx = open_pbx("mock", url)
    opening = asyncio.create_task(pbx.open(watch))
    await server.until(lambda: server.named("module_exists"))
    server.call_in(call_id, LINE, CALLER)
    server.listed = False
    await opening
    assert await pbx.live_calls() == (LiveCall(call_id, Phase.ARRIVED, None, LINE, CALLER),)
    server.event(GONE, call_id, Hangup_Cause="NORMAL_CLEARING")
    await watch.one(Ended, call_id)
    await pbx.close()


async def test_after_a_lost_link_callers_are_found_and_the_rest_has_ended(
    pbx: Pbx, server: EslServer, watch: Watch, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    stays, leaves, comes = uuid4(), uuid4(), uuid4()
    for call_id in (stays, leaves):
        server.call_in(call_id, LINE, CALLER)
        await watch.one(Arrived, call_id)
    server.cut()
    await watch.one(LinkLost)
    server.listeners.clear()  # nobody is told of what comes now
    del server.channels[str(leaves)]
    server.call_in(comes, "sales", "anonymous")
    back = await watch.one(LinkBack)
    assert set(back.live) == {
        LiveCall(stays, Phase.ARRIVED, None, LINE, CALLER),
        LiveCall(comes, Phase.ARRIVED, None, "sales", ""),
    }
    assert (await watch.one(Ended, leaves)).reason is EndReason.PBX_LOST
    server.event(GONE, comes, Hangup_Cause="NORMAL_CLEARING")
    assert (await watch.one(Ended, comes)).reason is EndReason.HUNG_UP
    assert {event.call_id for event in watch.of(Arrived)} == {stays, leaves}


async def test_with_plus_digits_alone_are_nobodys(
    url: str, server: EslServer, watch: Watch
) -> None:
    pbx = open_pbx("mock", f"{url}&plus=yes")
    await pbx.open(watch)
    first, second = uuid4(), uuid4()
    server.call_in(first, LINE, "4930123456")
    server.call_in(second, LINE, CALLER)
    assert (await watch.one(Arrived, second)).caller == CALLER
    assert (await watch.one(Arrived, first)).caller == ""
    assert [live.caller for live in await pbx.live_calls()] in (["", CALLER], [CALLER, ""])
    await pbx.close()
