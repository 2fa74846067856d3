"""Nothing but digits, UUIDs and tokens ever crosses the link."""

from dataclasses import fields, replace
from typing import Any
from uuid import uuid4

import pytest

from connectors.calls import (
    Command,
    ConnectToAgent,
    Ended,
    HangUp,
    Listening,
    Monitor,
    Originate,
    PlayMessage,
    RingAgent,
    StartRecording,
    StopRecording,
)
from connectors.pbx import CommandRefused, Pbx
from tests.contract.harness import CALLER, PHONE, Harness, number
from tests.contract.watch import Watch

MARK = "EVIL"
HOSTILE: tuple[Any, ...] = (
    f"{MARK}\r\n\r\nAction: Originate\r\nChannel: PJSIP/{MARK}",
    f"+4930123\n{MARK}",
    f"{MARK}\n",
    f"${{SHELL({MARK})}}",
    f"{MARK},{MARK};{MARK}|{MARK}",
    f"../../{MARK}",
    f"{MARK} {MARK}",
    f"{MARK}\0",
    f"{MARK}ü",
    f"{MARK}" * 20,
    "/".join([f"{MARK}" * 14] * 4),  # each part a token, and too long
    "",
    None,
    b"EVIL",
    -1,
    1e9,
    [MARK],
)


def sound(harness: Harness) -> list[Command]:
    """One command of each kind, which the PBX would take."""
    one, other = uuid4(), uuid4()
    return [
        Originate(one, number(8), harness.trunk, CALLER),
        RingAgent(one, PHONE),
        ConnectToAgent(one, other),
        HangUp(one),
        PlayMessage(one, harness.message),
        StartRecording(one, f"2026/11/20/{one}"),
        StopRecording(one),
        Monitor(one, PHONE, other, Listening.LISTEN),
    ]


async def test_a_hostile_value_in_any_field_is_refused_and_nothing_is_sent(
    harness: Harness, pbx: Pbx, watch: Watch
) -> None:
    for command in sound(harness):
        for field in fields(command):
            for value in HOSTILE:
                if value is None and field.default is None:
                    continue
                with pytest.raises(CommandRefused, match=field.name):
                    pbx.send(replace(command, **{field.name: value}))
    await harness.clock.sleep(1)
    assert watch.events == []
    assert await pbx.live_calls() == ()
    assert MARK.encode() not in harness.sent()


async def test_after_a_refusal_the_link_is_as_good_as_before(
    harness: Harness, pbx: Pbx, watch: Watch
) -> None:
    with pytest.raises(CommandRefused):
        pbx.send(Originate(uuid4(), "12\r\n34", harness.trunk, CALLER))
    call_id = uuid4()
    pbx.send(Originate(call_id, number(3), harness.trunk, CALLER))
    await watch.one(Ended, call_id)
