"""What a FreeSWITCH was recorded to say, and the fake PBX in the same order.

Left out is what a real one says from another thread, now sooner and now later, and of its media.
"""

import json
from uuid import UUID, uuid4

import pytest

from connectors.fake.wire.esl.pbx import EslPbx
from tests.connectors.fake.wire.client import EslClient, Message

BORN = "CHANNEL_OUTGOING CHANNEL_CREATE CHANNEL_ORIGINATE"
PARKED = f"{BORN} CHANNEL_PROGRESS CHANNEL_ANSWER CALL_UPDATE CHANNEL_EXECUTE CHANNEL_PARK"
ENDED = "CHANNEL_HANGUP CHANNEL_HANGUP_COMPLETE CHANNEL_DESTROY"
UNPARKED = "CHANNEL_UNPARK CHANNEL_EXECUTE_COMPLETE"
CALLS = {
    "0": f"{PARKED} CHANNEL_HANGUP {UNPARKED} CHANNEL_HANGUP_COMPLETE CHANNEL_DESTROY",
    "4": f"{BORN} CHANNEL_PROGRESS {ENDED}",
    "5": f"{BORN} {ENDED}",
    "6": f"{BORN} {ENDED}",
    "9": f"{BORN} {ENDED}",
}
ENDS = {
    "0": ("NORMAL_CLEARING", "16", None),
    "4": ("NO_ANSWER", "19", None),
    "5": ("UNALLOCATED_NUMBER", "1", "404"),
    "6": ("NORMAL_CIRCUIT_CONGESTION", "34", "503"),
    "9": ("CALL_REJECTED", "21", "603"),
}
ANYWHERE = ("CHANNEL_STATE", "CHANNEL_CALLSTATE")
PLAYED = (
    "CHANNEL_EXECUTE PLAYBACK_START PLAYBACK_STOP CHANNEL_EXECUTE_COMPLETE "
    "CHANNEL_EXECUTE CUSTOM CHANNEL_EXECUTE_COMPLETE CHANNEL_EXECUTE CHANNEL_PARK"
)


def story(client: EslClient, call: str) -> str:
    about = [one for one in client.seen if one.get("Unique-ID") == call]
    return " ".join(one["Event-Name"] for one in about if one["Event-Name"] not in ANYWHERE)


@pytest.fixture
async def client(at_esl: EslClient) -> EslClient:
    assert (await at_esl.log_in())["Reply-Text"] == "+OK accepted"
    enabled = await at_esl.ask("event plain ALL")
    assert enabled["Reply-Text"] == "+OK event listener enabled plain"
    return at_esl


async def dial(client: EslClient, where: str, call: str, then: str = "&park()") -> None:
    variables = f"{{origination_uuid={call},originate_timeout=1,accountcode=dialplane-call}}"
    asked = await client.ask(f"bgapi originate {variables}{where} {then}\nJob-UUID: job:{call}")
    assert asked["Reply-Text"] == f"+OK Job-UUID: job:{call}"


@pytest.mark.parametrize("digit", CALLS)
async def test_a_call_is_told_as_a_freeswitch_tells_it(client: EslClient, digit: str) -> None:
    call = str(uuid4())
    await dial(client, f"sofia/gateway/carrier/493000000{digit}", call)
    if digit == "0":
        await client.until(Event_Name="CHANNEL_PARK")
        assert await client.api(f"uuid_kill {call} NORMAL_CLEARING") == "+OK"
    await client.until(Event_Name="CHANNEL_DESTROY", Unique_ID=call)
    assert story(client, call) == CALLS[digit]
    [over] = [one for one in client.seen if one.get("Event-Name") == "CHANNEL_HANGUP_COMPLETE"]
    cause, number, sip = ENDS[digit]
    assert (over["Hangup-Cause"], over["variable_hangup_cause_q850"]) == (cause, number)
    assert over.get("variable_sip_term_status") == sip
    [job] = [one for one in client.seen if one.get("Event-Name") == "BACKGROUND_JOB"]
    assert job["Job-UUID"] == f"job:{call}"
    assert job["_body"] == (f"+OK {call}\n" if digit == "0" else f"-ERR {cause}\n")


async def test_agents_customers_recordings_and_messages(client: EslClient) -> None:
    leg, call = str(uuid4()), str(uuid4())
    await dial(client, "user/1001", leg)
    await client.until(Event_Name="CHANNEL_PARK", Unique_ID=leg)
    await dial(client, "sofia/gateway/carrier/4930000008", call)
    await client.until(Event_Name="CHANNEL_PARK", Unique_ID=call)
    client.seen.clear()
    assert await client.api(f"uuid_bridge {call} {leg}") == f"+OK {leg}"
    bridge = await client.until(Event_Name="CHANNEL_BRIDGE")
    assert (bridge["Bridge-A-Unique-ID"], bridge["Bridge-B-Unique-ID"]) == (call, leg)
    assert await client.api(f"uuid_getvar {call} signal_bond") == leg
    tape = f"expand uuid_record {call} start ${{recordings_dir}}/2026/a.wav"
    assert await client.api(tape) == "+OK Success"
    chain = (
        "'m:^:playback:${sounds_dir}/dialplane/notice.wav^event:Event-Subclass=a::b,"
        "Event-Name=CUSTOM,Answer=${current_application_response}^park' inline"
    )
    client.seen.clear()
    assert await client.api(f"uuid_transfer {call} {chain}") == "+OK"
    assert (await client.until(Event_Subclass="a::b"))["Answer"] == "FILE PLAYED"
    await client.until(Event_Name="CHANNEL_PARK", Unique_ID=call)
    assert story(client, call) == f"CHANNEL_UNBRIDGE {PLAYED}"
    assert story(client, leg) == "CHANNEL_PARK"
    assert await client.api(f"uuid_kill {leg}") == "+OK"
    await client.until(Event_Name="CHANNEL_HANGUP_COMPLETE", Unique_ID=leg)
    assert await client.api(f"uuid_exists {call}") == "true"


SETS = "CHANNEL_EXECUTE CHANNEL_EXECUTE_COMPLETE " * 3
ARRIVES = (
    "CHANNEL_CREATE CHANNEL_EXECUTE CHANNEL_ANSWER CHANNEL_EXECUTE_COMPLETE "
    f"{SETS}CHANNEL_EXECUTE CUSTOM CHANNEL_EXECUTE_COMPLETE CHANNEL_EXECUTE PLAYBACK_START"
)
GIVES_UP = "CHANNEL_HANGUP CHANNEL_EXECUTE_COMPLETE CHANNEL_HANGUP_COMPLETE CHANNEL_DESTROY"
TOLD = {
    "Call-Direction": "inbound",
    "Answer-State": "answered",
    "Channel-State": "CS_EXECUTE",
    "Caller-Caller-ID-Number": "+4930123456",
    "Caller-Destination-Number": "support",
    "Caller-Context": "public",
    "variable_accountcode": "dialplane-line-support",
    "variable_current_application": "event",
    "variable_direction": "inbound",
    "variable_playback_terminators": "none",
    "variable_playback_timeout_sec": "660",
}
"""As recorded in tests/connectors/freeswitch/transcripts/gateway/inbound.esl."""


async def arrival(esl: EslPbx, client: EslClient) -> tuple[UUID, Message]:
    """A customer who calls in, and the news of them."""
    call = esl.switch.call_in("support", "+4930123456")
    told = await client.until(Event_Subclass="dialplane::arrived", Unique_ID=str(call))
    await client.until(Event_Name="PLAYBACK_START", Unique_ID=str(call))
    return call, told


async def test_a_caller_is_told_as_a_freeswitch_tells_it(esl: EslPbx, client: EslClient) -> None:
    call, told = await arrival(esl, client)
    assert told.items() >= TOLD.items()
    assert told["variable_sip_call_id"] != str(call)
    assert story(client, str(call)) == ARRIVES
    listed = json.loads(await client.api("show channels as json"))["rows"]
    assert [one["accountcode"] for one in listed] == ["dialplane-line-support"]
    dumped = json.loads(await client.api(f"uuid_dump {call} json"))
    music = "file_string://local_stream://moh!silence_stream://660000"
    assert dumped["variable_current_application_data"] == music
    client.seen.clear()
    esl.switch.give_up(call)
    await client.until(Event_Name="CHANNEL_DESTROY", Unique_ID=str(call))
    assert story(client, str(call)) == GIVES_UP


async def test_a_caller_is_served_as_by_a_freeswitch(esl: EslPbx, client: EslClient) -> None:
    leg = str(uuid4())
    await dial(client, "user/1001", leg)
    await client.until(Event_Name="CHANNEL_PARK", Unique_ID=leg)
    call, _ = await arrival(esl, client)
    assert await client.api(f"uuid_bridge {call} {leg}") == f"+OK {leg}"
    await client.until(Event_Name="CHANNEL_BRIDGE")
    assert await client.api(f"uuid_setvar_multi {call} a=1;b=2") == "+OK"
    assert await client.api(f"uuid_getvar {call} b") == "2"
    music = "playback:file_string://${hold_music}!silence_stream://660000"
    assert (await client.api(f"uuid_transfer {call} 'm:^:{music}' inline")).startswith("-ERR")
    message = "set:playback_terminators=none^playback:${sounds_dir}/dialplane/notice.wav"
    client.seen.clear()
    assert await client.api(f"uuid_transfer {call} 'm:^:{message}^{music}' inline") == "+OK"
    await client.until(Event_Name="PLAYBACK_STOP", Unique_ID=str(call))
    await client.until(Event_Name="PLAYBACK_START", Unique_ID=str(call))
    assert story(client, leg) == "CHANNEL_PARK"
    await client.api(f"uuid_setvar {call} playback_timeout_sec 0")
    await client.api(f"uuid_transfer {call} 'm:^:{music}^hangup:NORMAL_CLEARING' inline")
    over = await client.until(Event_Name="CHANNEL_HANGUP_COMPLETE", Unique_ID=str(call))
    assert over["Hangup-Cause"] == "NORMAL_CLEARING"


async def test_what_is_no_call_is_answered_in_freeswitchs_words(client: EslClient) -> None:
    for command, answer in ANSWERS.items():
        assert await client.api(command) == answer, command
    assert (await client.ask("noop"))["Reply-Text"] == "-ERR command not found"


async def test_events_of_one_kind_by_filter_and_as_json(at_esl: EslClient) -> None:
    client = at_esl
    await client.log_in()
    for command, reply in REPLIES.items():
        assert (await client.ask(command))["Reply-Text"] == reply
    await client.ask("event json CHANNEL_ANSWER CUSTOM a::b CHANNEL_PARK")
    await client.ask("filter Caller-Destination-Number 4930000008")
    for digit in "08":
        await dial(client, f"sofia/gateway/carrier/493000000{digit}", str(uuid4()))
    told = await client.until(Content_Type="text/event-json")
    assert '"Caller-Destination-Number":"4930000008"' in told["_body"]
    assert '"Event-Name":"CHANNEL_ANSWER"' in told["_body"]


ANSWERS = {
    "uuid_exists nope": "false",
    "uuid_kill nope": "-ERR No such channel!",
    "uuid_dump nope json": "-ERR No such channel!",
    "uuid_getvar nope x": "-ERR No such channel!",
    "uuid_setvar nope x y": "-ERR No such channel!",
    "uuid_setvar_multi nope x=y": "-ERR No such channel!",
    "uuid_transfer nope 1000": "-ERR No such channel!",
    "uuid_bridge nope nope": "-ERR Invalid uuid",
    "uuid_record nope start x": "-ERR Cannot locate session!",
    "nonsense": "-ERR nonsense Command not found!",
    "module_exists mod_sofia": "true",
    "module_exists nope": "false",
    "sofia status gateway nope": "Invalid Gateway!",
    "sofia status profile nope": "Invalid Profile!",
    "show channels count": "0 total.",
    "show channels as json": '{"row_count":0}',
    "originate foo/bar &park()": "-ERR CHAN_NOT_IMPLEMENTED",
    "originate sofia/gateway/nope/49300000 &park()": "-ERR INVALID_GATEWAY",
    "originate user/nope &park()": "-ERR SUBSCRIBER_ABSENT",
    "originate error/USER_BUSY &park()": "-ERR USER_BUSY",
    "originate sofia/gateway/carrier/4930000003 &park()": "-ERR USER_BUSY",
}
REPLIES = {
    "event plain": "-ERR no keywords supplied",
    "event plain NONSENSE": "-ERR no keywords supplied",
    "nixevent CHANNEL_ANSWER": "+OK events nixed",
    "noevents": "+OK no longer listening for events",
    "filter Unique-ID x": "+OK filter added. [Unique-ID]=[x]",
    "filter delete Unique-ID x": "+OK filter deleted. [Unique-ID][x]",
    "myevents nope": "-ERR invalid uuid",
    "linger": "-ERR not controlling a session",
}
