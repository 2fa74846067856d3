"""What an Asterisk 22.10.1 was recorded to say, and the fake PBX in the same order.

Left out is what a real one says from another thread, now sooner and now later (OriginateResponse),
and the doings of its own threads that nobody acts on.
"""

from uuid import UUID, uuid4

import pytest

from connectors.fake.wire.ami.pbx import AmiPbx
from tests.connectors.fake.wire.client import AmiClient, Message

BORN = "Newchannel NewAccountCode NewCallerid NewConnectedLine DialBegin"
CALLS = {
    "0": f"{BORN} Newstate DialState Newstate DialEnd UserEvent SoftHangupRequest Hangup",
    "3": f"{BORN} HangupRequest DialEnd Hangup",  # the carrier of the recording let it ring first
    "4": f"{BORN} Newstate DialState Hangup",
    "5": f"{BORN} HangupRequest DialEnd Hangup",
    "6": f"{BORN} HangupRequest DialEnd Hangup",
    "9": f"{BORN} HangupRequest DialEnd Hangup",
}
ENDS = {
    "0": ("16", "Normal Clearing", None),
    "3": ("17", "User busy", "486"),
    "4": ("19", "User alerting, no answer", "480"),
    "5": ("1", "Unallocated (unassigned) number", "404"),
    "6": ("34", "Circuit/channel congestion", "503"),
    "9": ("21", "Call Rejected", "603"),
}
REASONS = {"0": "4", "3": "0", "4": "3", "5": "0", "6": "0", "9": "0"}
CHANNEL = (
    "Channel ChannelState ChannelStateDesc CallerIDNum CallerIDName ConnectedLineNum "
    "ConnectedLineName Language AccountCode Context Exten Priority Uniqueid Linkedid"
)
HEADERS = {
    "Newchannel": f"Event Privilege Timestamp SystemName {CHANNEL}",
    "Newstate": f"Event Privilege Timestamp SystemName {CHANNEL}",
    "UserEvent": f"Event Privilege Timestamp SystemName {CHANNEL} UserEvent",
    "Hangup": f"Event Privilege Timestamp SystemName {CHANNEL} Cause Cause-txt",
    "OriginateResponse": (
        "Event Privilege Timestamp SystemName ActionID Response Channel Context Exten Reason "
        "Uniqueid CallerIDNum CallerIDName"
    ),
}
"""As recorded of a call that answers and is hung up."""


async def dial(client: AmiClient, channel: str, goal: str, call: str, **more: str) -> Message:
    context, exten = goal.split("/")
    return await client.action(
        "Originate",
        ActionID=f"originate:{call}",
        Channel=channel,
        ChannelId=call,
        Context=context,
        Exten=exten,
        Priority="1",
        Async="true",
        **{"Timeout": "1000", "Account": "dialplane-call", **more},
    )


def story(client: AmiClient, call: str) -> str:
    """The events about a channel, in order, without those that have no fixed place."""
    about = [one for one in client.seen if call in (one.get("Uniqueid"), one.get("DestUniqueid"))]
    return " ".join(one["Event"] for one in about if one["Event"] != "OriginateResponse")


@pytest.fixture
async def client(at_ami: AmiClient) -> AmiClient:
    assert (await at_ami.log_in())["Message"] == "Authentication accepted"
    return at_ami


@pytest.mark.parametrize("digit", CALLS)
async def test_a_call_is_told_as_an_asterisk_tells_it(client: AmiClient, digit: str) -> None:
    call = str(uuid4())
    number = f"PJSIP/493000000{digit}@carrier"
    queued = await dial(client, number, "dialplane-answered/hold", call, CallerID="4930999999")
    assert queued["Message"] == "Originate successfully queued"
    if digit == "0":
        await client.until(Event="UserEvent", Uniqueid=call)
        await client.action("Hangup", Channel=call, Cause="16")
    hangup = await client.until(Event="Hangup", Uniqueid=call)
    response = await client.until(Event="OriginateResponse") if digit in "3569" else next(
        one for one in client.seen if one["Event"] == "OriginateResponse"
    )  # fmt: skip
    assert story(client, call) == CALLS[digit]
    assert (hangup["Cause"], hangup["Cause-txt"], hangup.get("TechCause")) == ENDS[digit]
    assert response["Reason"] == REASONS[digit]
    if digit == "0":
        told = {one["Event"]: " ".join(one) for one in client.seen if "Event" in one}
        assert {name: told[name] for name in HEADERS} == HEADERS


async def test_agents_customers_recordings_and_messages(client: AmiClient) -> None:
    leg, call = str(uuid4()), str(uuid4())
    hexed = leg.replace("-", "")
    agent = {"Account": "dialplane-agent", "Timeout": "5000"}
    await dial(client, "PJSIP/1001", f"dialplane-agent/{hexed}", leg, **agent)
    await client.until(Event="ConfbridgeJoin", Uniqueid=leg)
    await dial(client, "PJSIP/4930000008@carrier", "dialplane-answered/hold", call)
    await client.until(Event="UserEvent", Uniqueid=call)
    client.seen.clear()
    named = {"Channel": call, "Variable": "DIALPLANE_RECORD", "Value": "2026/a"}
    assert (await client.action("Setvar", **named))["Message"] == "Variable Set"
    there = {"Channel": call, "Context": "dialplane-connect", "Exten": hexed, "Priority": "1"}
    assert (await client.action("Redirect", **there))["Message"] == "Redirect successful"
    await client.until(Event="ConfbridgeJoin", Uniqueid=call, Conference=hexed)
    there |= {"Context": "dialplane-message-hold", "Exten": "mnotice"}
    await client.action("Redirect", **there)
    played = await client.until(Event="UserEvent", UserEvent="DialplanePlayed")
    assert (played["Status"], played["Message"], played["Then"]) == ("SUCCESS", "notice", "wait")
    assert story(client, call) == (
        "MixMonitorStart BridgeEnter ConfbridgeJoin ConfbridgeLeave BridgeLeave UserEvent"
    )
    there |= {"Context": "dialplane-message", "Exten": "mmissing"}
    await client.action("Redirect", **there)
    assert (await client.until(Event="UserEvent"))["Status"] == "FAILED"
    await client.until(Event="Hangup", Uniqueid=call)


ARRIVES = "Newchannel Newstate NewAccountCode UserEvent MusicOnHoldStart"
SERVED = (
    "MusicOnHoldStop MixMonitorStart BridgeEnter ConfbridgeJoin ConfbridgeLeave BridgeLeave "
    "UserEvent MusicOnHoldStart MusicOnHoldStop MusicOnHoldStart"
)
GIVES_UP = "HangupRequest MusicOnHoldStop SoftHangupRequest Hangup"


async def arrival(ami: AmiPbx, client: AmiClient) -> tuple[UUID, Message]:
    """The exchange's own id of a customer who calls in, and the news of them."""
    call = ami.switch.call_in("support", "+4930123456")
    told = await client.until(Event="UserEvent", UserEvent="DialplaneArrived")
    await client.until(Event="MusicOnHoldStart", Uniqueid=told["Uniqueid"])
    return call, told


async def test_a_caller_is_told_as_an_asterisk_tells_it(ami: AmiPbx, client: AmiClient) -> None:
    call, told = await arrival(ami, client)
    name = told["Uniqueid"]
    assert " ".join(told) == f"{HEADERS['UserEvent']} Line"
    assert (told["Line"], told["AccountCode"]) == ("support", "dialplane-line-support")
    assert (told["Channel"], told["CallerIDNum"]) == ("PJSIP/carrier-00000000", "+4930123456")
    assert story(client, name) == ARRIVES
    began = next(one for one in client.seen if one["Event"] == "Newchannel")
    assert (began["ChannelStateDesc"], began["AccountCode"]) == ("Ring", "")
    client.seen.clear()
    await client.action("CoreShowChannels")
    listed = await client.until(Event="CoreShowChannel")
    assert (listed["Application"], listed["ApplicationData"]) == ("MusicOnHold", ",660")
    assert (listed["Context"], listed["Exten"]) == ("dialplane-caller", "wait")
    client.seen.clear()
    ami.switch.give_up(call)
    await client.until(Event="Hangup", Uniqueid=name)
    assert story(client, name) == GIVES_UP


async def test_a_caller_is_served_as_by_an_asterisk(ami: AmiPbx, client: AmiClient) -> None:
    leg = str(uuid4())
    hexed = leg.replace("-", "")
    agent = {"Account": "dialplane-agent", "Timeout": "5000"}
    await dial(client, "PJSIP/1001", f"dialplane-agent/{hexed}", leg, **agent)
    await client.until(Event="ConfbridgeJoin", Uniqueid=leg)
    _, told = await arrival(ami, client)
    name = told["Uniqueid"]
    client.seen.clear()
    tape = {"Channel": name, "Variable": "DIALPLANE_RECORD", "Value": "2026/a"}
    await client.action("Setvar", **tape)
    there = {"Channel": name, "Context": "dialplane-connect", "Exten": hexed, "Priority": "1"}
    await client.action("Redirect", **there)
    await client.until(Event="ConfbridgeJoin", Uniqueid=name, Conference=hexed)
    assert (await client.action("Redirect", **there | WAITING))["Response"] == "Error"
    await client.action("Redirect", **there | {"Context": PLAYS, "Exten": "mnotice"})
    await client.until(Event="MusicOnHoldStart", Uniqueid=name)
    await client.action("Redirect", **there | {"Exten": uuid4().hex})
    await client.until(Event="MusicOnHoldStart", Uniqueid=name)
    assert story(client, name) == SERVED
    client.seen.clear()
    await client.action("Hangup", Channel=name, Cause="16")
    await client.until(Event="Hangup", Uniqueid=name)
    assert story(client, name) == GIVES_UP.removeprefix("HangupRequest ")


PLAYS, WAITING = "dialplane-message-hold", {"Context": "dialplane-caller", "Exten": "wait"}


async def test_what_is_no_call_is_answered_in_asterisks_words(client: AmiClient) -> None:
    for action, headers, message in REFUSED:
        answer = await client.action(action, **headers)
        assert (answer["Response"], answer["Message"]) == ("Error", message)
    await dial(client, "PJSIP/49300000@no-such", "dialplane-answered/hold", str(uuid4()))
    assert (await client.until(Event="OriginateResponse"))["Response"] == "Failure"
    assert [one["Event"] for one in client.seen] == ["FullyBooted", "OriginateResponse"]


REFUSED: tuple[tuple[str, dict[str, str], str], ...] = (
    (
        "Nonsense",
        {},
        "Invalid/unknown command: Nonsense. Use Action: ListCommands to show available commands.",
    ),
    ("Hangup", {"Channel": "nope"}, "No such channel"),
    ("Hangup", {}, "No channel specified"),
    ("Redirect", {"Channel": "nope"}, "Channel does not exist: nope"),
    ("Setvar", {"Channel": "nope"}, "No variable specified"),
    ("Setvar", {"Channel": "nope", "Variable": "X"}, "No such channel"),
    ("StopMixMonitor", {"Channel": "nope"}, "No such channel"),
    ("ShowDialPlan", {"Context": "nope"}, "Did not find context nope"),
    ("Originate", {}, "Channel not specified"),
    (
        "Originate",
        {"Channel": "PJSIP/1@x", "Context": "no", "Exten": "1"},
        "Extension does not exist.",
    ),
)
