"""What can go wrong on the wire: each fault is a clean loss, and nothing is sent twice or grows."""

import asyncio
import logging
from uuid import UUID, uuid4

import pytest

from connectors.calls import (
    Answered,
    Classified,
    ConnectToAgent,
    Ended,
    EndReason,
    HangUp,
    LinkBack,
    LinkLost,
    Originate,
    Party,
    PlayMessage,
    RingAgent,
    Ringing,
    StartRecording,
)
from connectors.freeswitch import chain, originates
from connectors.freeswitch.codec import MAX_BODY
from connectors.pbx import LinkDown, Pbx, open_pbx
from tests.connectors.freeswitch.esl_server import EslServer
from tests.contract.watch import Watch


def call(pbx: Pbx, call_id: UUID | None = None) -> UUID:
    call_id = call_id or uuid4()
    pbx.send(Originate(call_id, "+4930123456", "trunk", "+493099999", 30))
    return call_id


def dialled(server: EslServer) -> list[str]:
    return [lines[1].rpartition(":")[2] for lines in server.commands if len(lines) > 1]


async def test_nothing_is_sent_twice(pbx: Pbx, server: EslServer, watch: Watch) -> None:
    server.mute.add("originate")
    sent = call(pbx)
    await server.until(lambda: server.named("originate"))
    server.cut()
    await watch.one(LinkLost)
    with pytest.raises(LinkDown):
        call(pbx)
    await watch.one(LinkBack)
    await pbx.ping()
    assert dialled(server) == [str(sent)]
    assert (await watch.one(Ended, sent)).reason is EndReason.PBX_LOST


async def test_what_was_unsent_when_the_link_was_given_up_never_arrives(
    pbx: Pbx, server: EslServer, watch: Watch, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whose originate has waited for too long is told so; on a slow machine that may come first."""
    monkeypatch.setattr(originates, "WAIT_SECONDS", 60.0)
    server.mute.add("originate")
    server.freeze()
    sent: list[UUID] = []
    with pytest.raises(LinkDown, match="does not take"):
        sent.extend(call(pbx) for _ in range(50_000))
    await watch.one(LinkLost)
    server.thaw()
    await watch.one(LinkBack)
    assert await pbx.ping() < 5
    assert 100 < len(sent) < 5_000
    assert str(sent[-1]) not in dialled(server)
    for call_id in sent:
        assert (await watch.one(Ended, call_id)).reason is EndReason.PBX_LOST


async def test_originates_wait_for_a_pbx_that_is_slow_to_take_them(
    pbx: Pbx, server: EslServer
) -> None:
    server.mute.add("originate")
    for _ in range(200):
        call(pbx)
    await server.until(lambda: len(dialled(server)) == 16)
    with pytest.raises(TimeoutError):
        await server.until(lambda: len(dialled(server)) > 16, seconds=0.3)


async def test_one_that_is_hung_up_while_it_waits_is_never_sent(
    pbx: Pbx, server: EslServer, watch: Watch
) -> None:
    server.mute.add("originate")
    calls = [call(pbx) for _ in range(40)]
    pbx.send(HangUp(calls[-1]))
    end = await watch.one(Ended, calls[-1])
    assert (end.reason, end.cause) == (EndReason.CANCELLED, originates.TAKEN_BACK)
    assert str(calls[-1]) not in dialled(server)
    assert str(calls[-1]) not in " ".join(server.named("uuid_kill"))


async def test_one_that_the_pbx_does_not_take_in_time_is_ended_and_never_sent(
    pbx: Pbx, server: EslServer, watch: Watch, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(originates, "WAIT_SECONDS", 0.3)
    server.slow["originate"] = 0.6
    calls = [call(pbx) for _ in range(40)]
    end = await watch.one(Ended, calls[-1])
    assert (end.reason, end.cause) == (EndReason.REFUSED, originates.TOO_LATE)
    await server.until(lambda: server.late["originate"] == 16)
    later = call(pbx)
    await server.until(lambda: str(later) in dialled(server))
    assert {event.call_id for event in watch.of(Ended)} == set(calls[16:])
    assert set(dialled(server)) == {*map(str, calls[:16]), str(later)}


async def test_who_leaves_takes_back_what_waits_and_tells_so(
    url: str, server: EslServer, watch: Watch
) -> None:
    pbx = open_pbx("mock", url)
    await pbx.open(watch)
    server.mute.add("originate")
    calls = [call(pbx) for _ in range(40)]
    await pbx.close()
    ends = watch.of(Ended)
    assert [event.call_id for event in ends] == calls[16:]
    assert {(event.reason, event.cause) for event in ends} == {
        (EndReason.CANCELLED, originates.TAKEN_BACK)
    }
    assert set(dialled(server)) <= set(map(str, calls[:16]))


async def test_a_recording_that_cannot_be_made_is_told_of_and_not_noted(
    pbx: Pbx, server: EslServer, watch: Watch, caplog: pytest.LogCaptureFixture
) -> None:
    call_id = call(pbx)
    server.event("CHANNEL_PARK", call_id)
    await watch.one(Answered, call_id)
    server.errors["expand"] = "-ERR Cannot record session!"
    pbx.send(StartRecording(call_id, "2026/a"))
    await pbx.ping()
    assert f"call {call_id} is not recorded to 2026/a.wav: '-ERR Cannot record" in caplog.text
    assert "dialplane_tape" not in str(server.commands)
    server.errors.clear()
    pbx.send(StartRecording(call_id, "2026/b"))
    await server.until(lambda: server.named("uuid_setvar"))
    assert server.named("uuid_setvar") == [f"uuid_setvar {call_id} dialplane_tape 2026/b"]
    assert "stop" not in str(server.commands), "there is nothing to stop"


@pytest.mark.parametrize(
    ("error", "warned"), [("-ERR Invalid uuid", False), ("-ERR command not found", True)]
)
async def test_an_order_about_a_call_that_is_gone_is_no_trouble_any_other_is(
    pbx: Pbx, server: EslServer, caplog: pytest.LogCaptureFixture, error: str, warned: bool
) -> None:
    call_id, leg = call(pbx), uuid4()
    server.errors |= {"uuid_bridge": error, "uuid_transfer": error}
    pbx.send(ConnectToAgent(call_id, leg))
    pbx.send(PlayMessage(call_id, "sorry", then_hang_up=True))
    await pbx.ping()
    assert (f"call {call_id} is not connected to the leg {leg}" in caplog.text) == warned
    assert (f"call {call_id} does not hear its message" in caplog.text) == warned


async def test_a_pbx_that_hears_no_beeps_is_not_asked_to(
    url: str, server: EslServer, watch: Watch, caplog: pytest.LogCaptureFixture
) -> None:
    server.modules.remove("mod_avmd")
    pbx = open_pbx("mock", url)
    await pbx.open(watch)
    pbx.send(Originate(uuid4(), "+4930123456", "trunk", "+493099999", 30, amd=True))
    await server.until(lambda: server.named("originate"))
    assert "avmd" not in server.named("originate")[0]
    assert "mod_avmd" in caplog.text
    await pbx.close()


async def test_a_link_that_has_gone_silent_is_noticed(
    pbx: Pbx, server: EslServer, watch: Watch
) -> None:
    server.freeze()
    lost = await watch.one(LinkLost, seconds=5)
    assert "no answer" in lost.why
    with pytest.raises(LinkDown):
        await pbx.ping()
    server.thaw()
    await watch.one(LinkBack)


async def test_a_pbx_that_shuts_down_is_a_link_lost(
    pbx: Pbx, server: EslServer, watch: Watch
) -> None:
    server.hang_up()
    assert "closed" in (await watch.one(LinkLost)).why
    await watch.one(LinkBack)


@pytest.mark.parametrize(
    "bytes_",
    [
        b"Content-Length: -1\n\n",
        b"Content-Length: %d\n\n" % (MAX_BODY + 1),
        b"x" * 20_000,
        b"Content-Length: 3\nContent-Type: text/event-json\n\n{ae",
    ],
    ids=["no length", "too long", "no end", "no event"],
)
async def test_what_is_no_esl_is_a_link_lost_and_had_again(
    pbx: Pbx, server: EslServer, watch: Watch, bytes_: bytes
) -> None:
    server.say(bytes_)
    await watch.one(LinkLost)
    await watch.one(LinkBack)
    assert await pbx.ping() < 5


async def test_half_a_frame_and_then_the_end_is_a_link_lost(
    pbx: Pbx, server: EslServer, watch: Watch
) -> None:
    call_id = call(pbx)
    server.say(server.told({"Event-Name": "CHANNEL_PROGRESS", "Unique-ID": str(call_id)})[:-9])
    server.hang_up()
    await watch.one(LinkLost)
    await watch.one(LinkBack)
    assert not watch.of(Ringing)


async def test_a_question_that_is_not_answered_is_over_when_the_link_is(
    pbx: Pbx, server: EslServer, watch: Watch
) -> None:
    server.mute.add("show")
    asked = asyncio.create_task(pbx.live_calls())
    await server.until(lambda: len(server.named("show")) > 1)
    server.cut()
    with pytest.raises(LinkDown):
        await asked


@pytest.mark.parametrize("size", [1, 2, 3, 0])
async def test_a_character_cut_by_a_read_stays_whole(
    pbx: Pbx, server: EslServer, watch: Watch, size: int
) -> None:
    call_id = call(pbx)
    server.chop = size
    server.event("CHANNEL_PROGRESS", call_id, Caller_Callee_ID_Name="Łódź 東京 😀")
    await watch.one(Ringing, call_id)


async def test_line_ends_in_a_value_make_no_event_and_no_header(
    pbx: Pbx, server: EslServer, watch: Watch
) -> None:
    first, second = call(pbx), call(pbx)
    evil = f"x\n\nEvent-Name: CHANNEL_HANGUP_COMPLETE\nUnique-ID: {second}\n\n"
    encoded = evil.replace("\n", "%0A")
    server.event("CHANNEL_PROGRESS", first, variable_a=evil, variable_b=encoded, evil=evil)
    await watch.one(Ringing, first)
    await pbx.ping()
    assert watch.about(second) == []


async def test_bytes_that_are_no_utf_8_hide_no_event(
    pbx: Pbx, server: EslServer, watch: Watch
) -> None:
    call_id = call(pbx)
    event = {"Event-Name": "CHANNEL_PROGRESS", "x": "JUNK", "Unique-ID": str(call_id)}
    junk = b"\xff\xfe" * 2 if server.format == "json" else b"%FF%"
    server.say(server.told(event).replace(b"JUNK", junk))
    await watch.one(Ringing, call_id)
    assert not watch.of(LinkLost)


async def test_an_event_of_a_megabyte_hides_none(pbx: Pbx, server: EslServer, watch: Watch) -> None:
    call_id = call(pbx)
    server.event("CHANNEL_PROGRESS", call_id, variable_note="x" * 1_000_000)
    await watch.one(Ringing, call_id)


async def test_a_flood_is_read_while_it_comes(pbx: Pbx, server: EslServer, watch: Watch) -> None:
    call_id = call(pbx)
    stranger = {
        "Event-Name": "CHANNEL_ANSWER",
        "Unique-ID": str(uuid4()),
        "variable_note": "x" * 200,
    }
    server.say(server.told(stranger) * 10_000)
    server.event("CHANNEL_PROGRESS", call_id)
    await watch.one(Ringing, call_id)
    assert not watch.of(LinkLost)


async def test_an_event_that_we_cannot_handle_stops_nothing(
    pbx: Pbx,
    server: EslServer,
    watch: Watch,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    call_id = call(pbx)
    with monkeypatch.context() as patched:
        patched.setattr("connectors.freeswitch.translate.HANDLERS", {"CHANNEL_PROGRESS": 1})
        server.event("CHANNEL_PROGRESS", call_id)
        await pbx.ping()
    server.event("CHANNEL_PARK", call_id)
    await watch.one(Answered, call_id)
    assert "could not be handled" in caplog.text


async def test_while_something_is_awaited_events_are_asked_for(
    pbx: Pbx, server: EslServer, watch: Watch
) -> None:
    def pokes() -> int:
        return server.commands.count(["noop"])

    await pbx.ping()
    before, call_id = pokes(), call(pbx)
    await server.until(lambda: pokes() > before + 10)
    server.event("CHANNEL_PARK", call_id)
    await watch.one(Answered, call_id)
    before = pokes()
    with pytest.raises(TimeoutError):
        await server.until(lambda: pokes() > before + 12, seconds=0.5)


async def test_a_second_channel_under_another_id_is_hung_up_at_once(
    pbx: Pbx, server: EslServer, caplog: pytest.LogCaptureFixture
) -> None:
    call_id, other = call(pbx), uuid4()
    server.job(call_id, f"+OK {other}")
    await server.until(lambda: server.named("uuid_kill"))
    assert server.named("uuid_kill") == [f"uuid_kill {other} NORMAL_CLEARING"]
    assert "dialled twice" in caplog.text


async def test_an_agents_phone_with_two_registrations_is_named(
    pbx: Pbx, server: EslServer, caplog: pytest.LogCaptureFixture
) -> None:
    leg, other = uuid4(), uuid4()
    pbx.send(RingAgent(leg, "1098", 20))
    await server.until(lambda: server.named("originate"))
    server.job(leg, f"+OK {other}")
    await server.until(lambda: server.named("uuid_kill"))
    assert server.named("uuid_kill") == [f"uuid_kill {other} NORMAL_CLEARING"]
    assert "'user/1098' rings more than one device" in caplog.text


async def test_an_originate_that_is_not_taken_is_refused(
    pbx: Pbx, server: EslServer, watch: Watch
) -> None:
    server.errors["originate"] = "-ERR permission denied"
    end = await watch.one(Ended, call(pbx))
    assert (end.reason, end.cause) == (EndReason.REFUSED, "-ERR permission denied")


async def test_one_that_fails_without_a_channel_is_refused(
    pbx: Pbx, server: EslServer, watch: Watch
) -> None:
    call_id = call(pbx)
    server.job(call_id, "-ERR INVALID_GATEWAY")
    end = await watch.one(Ended, call_id)
    assert (end.reason, end.cause) == (EndReason.REFUSED, "INVALID_GATEWAY")


async def test_with_a_channel_the_reason_is_in_its_hang_up(
    pbx: Pbx, server: EslServer, watch: Watch
) -> None:
    call_id = call(pbx)
    server.job(call_id, "-ERR NORMAL_TEMPORARY_FAILURE")
    server.event(
        "CHANNEL_HANGUP_COMPLETE",
        call_id,
        Hangup_Cause="NORMAL_TEMPORARY_FAILURE",
        variable_hangup_cause_q850="41",
        variable_sip_term_status="503",
    )
    end = await watch.one(Ended, call_id)
    assert end.reason is EndReason.CONGESTION
    assert end.cause == "41 NORMAL_TEMPORARY_FAILURE, SIP 503"


async def test_a_call_that_turns_out_to_live_after_its_end_was_told_is_hung_up(
    pbx: Pbx, server: EslServer, watch: Watch, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    call_id = call(pbx)
    server.cut()
    await watch.one(Ended, call_id)
    await pbx.ping()
    server.event("CHANNEL_PROGRESS", call_id)
    await server.until(lambda: server.named("uuid_kill"))
    assert len(watch.of(Ended, call_id)) == 1


async def test_a_channel_that_was_not_there_yet_is_hung_up_when_it_is(
    pbx: Pbx, server: EslServer, watch: Watch
) -> None:
    server.errors["uuid_kill"] = "-ERR No such channel!"
    call_id = call(pbx)
    pbx.send(HangUp(call_id))
    await server.until(lambda: server.named("uuid_kill"))
    server.errors.clear()
    await pbx.ping()
    server.event("CHANNEL_PROGRESS", call_id)
    await server.until(lambda: len(server.named("uuid_kill")) == 2)


async def test_a_beep_is_a_machine_and_the_end_of_listening_is_told_no_more(
    pbx: Pbx, server: EslServer, watch: Watch
) -> None:
    call_id = uuid4()
    pbx.send(Originate(call_id, "+4930123456", "trunk", "+493099999", 30, amd=True))
    server_events = (chain.ANSWERED, chain.BEEP, chain.BEEP, chain.CLASSIFIED)
    for name in server_events:
        server.event(name, call_id, Frequency="999.303681")
    server.event("CHANNEL_PARK", call_id)
    await pbx.ping()
    assert watch.story(call_id) == "Answered Classified"
    verdict = watch.of(Classified, call_id)[0]
    assert (verdict.party, verdict.cause) == (Party.MACHINE, "beep 999.30")
