"""Which channels of a FreeSWITCH are ours, and where they stand."""

import json
from uuid import UUID

import pytest

from connectors.calls import LiveCall, Phase
from connectors.freeswitch.channels import Channel, channel, listed
from connectors.linked.channels import Kind

CALL = UUID("0190c0de-0000-7000-8000-000000000001")
LEG = UUID("0190c0de-0000-7000-8000-00000000000a")


def row(
    account: str = "dialplane-call", name: str = "sofia/external/49", one: object = CALL
) -> str:
    rows = [{"uuid": str(one), "name": name, "accountcode": account}]
    return json.dumps({"row_count": 1, "rows": rows})


def dump(account: str = "dialplane-call", state: str = "answered", **more: str) -> str:
    told = {"Unique-ID": str(CALL), "Answer-State": state, "Channel-State": "CS_EXECUTE"}
    return json.dumps({**told, "variable_accountcode": account, **more})


def test_ours_bear_our_account() -> None:
    assert listed(row()) == {CALL}
    assert listed(row("dialplane-spy", "loopback/101-a")) == {CALL}


@pytest.mark.parametrize(
    "text",
    [
        '{"row_count":0}',
        row("somebody"),
        row(name="loopback/49300010008-b"),
        row(one="49300010008"),
        row(one=str(CALL).upper()),
        '{"rows":["x",7]}',
        "[]",
        "-ERR no reply",
        "",
    ],
)
def test_nothing_else_is(text: str) -> None:
    assert listed(text) == set()


def test_a_call_rings_is_answered_or_is_with_an_agent() -> None:
    assert channel(dump(state="ringing")) == Channel(Kind.CALL, LiveCall(CALL, Phase.RINGING))
    assert channel(dump(state="early")) == Channel(Kind.CALL, LiveCall(CALL, Phase.RINGING))
    assert channel(dump()) == Channel(Kind.CALL, LiveCall(CALL, Phase.ANSWERED))
    with_agent = channel(dump(variable_signal_bond=str(LEG)))
    assert with_agent == Channel(Kind.CALL, LiveCall(CALL, Phase.CONNECTED, LEG), LEG)


def test_whom_it_was_bridged_with_before_does_not_count() -> None:
    parted = channel(dump(variable_bridge_uuid=str(LEG), variable_last_bridge_to=str(LEG)))
    assert parted == Channel(Kind.CALL, LiveCall(CALL, Phase.ANSWERED))


def test_a_leg_and_a_supervisor_are_agents_legs() -> None:
    live = LiveCall(CALL, Phase.AGENT_LEG)
    leg = channel(dump("dialplane-agent", variable_signal_bond=str(LEG)))
    assert leg == Channel(Kind.AGENT, live)
    spy = channel(dump("dialplane-spy", variable_dialplane_target=str(LEG)))
    assert spy == Channel(Kind.SPY, live, LEG)


def test_what_it_is_recorded_to_is_known() -> None:
    found = channel(dump(variable_dialplane_tape="2026/11/20/a"))
    assert found is not None
    assert found.tape == "2026/11/20/a"


@pytest.mark.parametrize(
    "text",
    ["-ERR No such channel!", "", "[]", dump("other"), dump(**{"Channel-State": "CS_HANGUP"})],
)
def test_what_is_gone_or_not_ours_is_none(text: str) -> None:
    assert channel(text) is None
