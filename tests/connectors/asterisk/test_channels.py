"""What a list of channels says of our calls."""

from uuid import UUID

import pytest

from connectors.asterisk.channels import Channel, channel
from connectors.asterisk.codec import Message
from connectors.calls import (
    LiveCall,
    Phase,
)
from connectors.linked.channels import CALL_ACCOUNT, SPY_ACCOUNT, Kind
from tests.connectors.asterisk.ami_server import packet
from tests.connectors.asterisk.stage import CALL, LEG


def line(**fields: str) -> Channel | None:
    known = {"Uniqueid": str(CALL), "AccountCode": CALL_ACCOUNT, "ChannelState": "6"}
    return channel(Message(packet(Event="CoreShowChannel", **{**known, **fields}).strip(b"\r\n")))


CONFERENCE = f"{LEG.hex},dialplane_bridge,dialplane_customer"


@pytest.mark.parametrize(
    ("fields", "kind", "phase", "leg"),
    [
        ({"ChannelState": "5"}, Kind.CALL, Phase.RINGING, None),
        ({"ChannelState": "0"}, Kind.CALL, Phase.RINGING, None),
        ({"Application": "Wait"}, Kind.CALL, Phase.ANSWERED, None),
        ({"Application": "AMD"}, Kind.CALL, Phase.ANSWERED, None),
        (
            {"Application": "ConfBridge", "ApplicationData": CONFERENCE},
            Kind.CALL, Phase.CONNECTED, LEG,
        ),
        ({"Application": "ConfBridge", "ApplicationData": "9000"}, Kind.CALL, Phase.ANSWERED, None),
        ({"AccountCode": "dialplane-agent"}, Kind.AGENT, Phase.AGENT_LEG, None),
        (
            {"AccountCode": "dialplane-agent", "ChannelState": "5"},
            Kind.AGENT, Phase.RINGING, None,
        ),
        (
            {
                "AccountCode": "dialplane-agent",
                "Application": "ConfBridge",
                "ApplicationData": CONFERENCE,
            },
            Kind.AGENT, Phase.AGENT_LEG, None,
        ),
    ],
)  # fmt: skip
def test_a_channel_of_ours(
    fields: dict[str, str], kind: Kind, phase: Phase, leg: UUID | None
) -> None:
    assert line(**fields) == Channel(kind, LiveCall(CALL, phase, leg), leg)


@pytest.mark.parametrize(
    ("application", "data", "leg"),
    [
        ("ConfBridge", CONFERENCE, LEG),
        ("ChanSpy", f"{LEG},quES", LEG),
        ("ChanSpy", f"{LEG.hex},quES", None),
        ("ChanSpy", "PJSIP/1001", None),
        ("Wait", f"{LEG}", None),
    ],
)
def test_a_supervisor_is_known_by_the_leg_and_shown_without_it(
    application: str, data: str, leg: UUID | None
) -> None:
    fields = {"AccountCode": SPY_ACCOUNT, "Application": application, "ApplicationData": data}
    assert line(**fields) == Channel(Kind.SPY, LiveCall(CALL, Phase.AGENT_LEG), leg)


@pytest.mark.parametrize(
    "fields",
    [
        {"Uniqueid": "1700000000.17"},
        {"Uniqueid": f"{CALL};2"},
        {"Uniqueid": CALL.hex},
        {"Uniqueid": str(CALL).upper()},
        {"AccountCode": ""},
        {"AccountCode": "sales"},
    ],
)
def test_a_channel_of_somebody_else(fields: dict[str, str]) -> None:
    assert line(**fields) is None
