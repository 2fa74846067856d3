"""Agents' phones: who answers, who does not, and what is heard on them."""

from collections.abc import Callable

import pytest

from lab.ami import Ami, Message
from lab.asterisk import AsteriskNode
from lab.audio import seconds, strength, whole
from lab.carrier import Carrier
from lab.wait import until

Dial = Callable[..., None]
HangupOf = Callable[[str], Message]


def test_a_phone_answers_and_stays(session: Ami, dial: Dial) -> None:
    dial("there", "PJSIP/1001")
    answer = session.event(lambda event: event.get("Event") == "OriginateResponse")
    assert answer["Response"] == "Success"
    assert session.command("core show channels count").startswith("1 active channel")


@pytest.mark.parametrize(
    ("phone", "causes"),
    [("1801", ("19", "0")), ("1901", ("17",)), ("1701", ("16",))],
    ids=["rings on", "busy", "hangs up"],
)
def test_a_phone_whose_agent_is_not_there(
    dial: Dial, hangup_of: HangupOf, phone: str, causes: tuple[str, ...]
) -> None:
    dial(f"away{phone}", f"PJSIP/{phone}", {"Timeout": "1000"})
    assert hangup_of(f"away{phone}")["Cause"] in causes


def test_a_recorded_message_is_played(
    plain_pbx: AsteriskNode, dial: Dial, hangup_of: HangupOf
) -> None:
    plain_pbx.record("bye", "vm-goodbye")
    dial("hears", "PJSIP/1001", {"Application": "Playback", "Data": "dialplane/bye"})
    hangup_of("hears")
    assert "dialplane/bye" not in plain_pbx.complaints()


def test_customer_and_agent_hear_one_another(
    carrier: Carrier, session: Ami, dial: Dial, hangup_of: HangupOf
) -> None:
    into_agent = {"Application": "Dial", "Data": "PJSIP/1101"}
    dial("talk", "PJSIP/12025557101@carrier", into_agent)
    session.event(lambda event: event.get("Event") == "BridgeEnter")
    customer, agent = carrier.heard("12025557101"), carrier.heard("1101")
    assert until(lambda: min(seconds(customer), seconds(agent)) > 1, 10)
    session.action("Hangup", {"Channel": "/^PJSIP/"})
    hangup_of("talk")
    assert until(lambda: whole(customer) and whole(agent), 5)
    assert strength(customer, 440) > 10 * strength(customer, 1004)
    assert strength(agent, 1004) > 10 * strength(agent, 440)
