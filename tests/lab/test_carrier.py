"""What the carrier's customers do, seen from a stock pbx behind the trunk."""

from collections.abc import Callable, Iterator

import pytest

from lab.ami import Ami, Message
from lab.carrier import Carrier
from lab.wait import until

Dial = Callable[..., None]
HangupOf = Callable[[str], Message]

# last digit: (answered, cause, SIP code of the refusal, which servers before 22 do not tell)
CUSTOMERS = {
    "0": (True, "16", None),
    "1": (True, "16", None),
    "2": (True, "16", None),
    "3": (False, "17", "486"),
    "4": (False, "no answer", None),
    "5": (False, "1", "404"),
    "6": (False, "34", "503"),
    "9": (False, "21", "603"),
}


def test_the_last_digit_says_what_a_customer_does(
    session: Ami, dial: Dial, short_talk: None
) -> None:
    for digit in CUSTOMERS:
        dial(f"d{digit}", f"PJSIP/+1202555012{digit}@carrier", {"Timeout": "6000"})
    seen = dict(_outcome(session, set(CUSTOMERS)))
    assert seen == CUSTOMERS


def _outcome(session: Ami, digits: set[str]) -> Iterator[tuple[str, tuple[bool, str, str | None]]]:
    answered: set[str] = set()
    while digits:
        event = session.event(lambda event: event.get("Uniqueid", "-")[0] == "d", 15)
        digit = event["Uniqueid"][1:]
        if event["Event"] == "Newstate" and event["ChannelStateDesc"] == "Up":
            answered.add(digit)
        if event["Event"] == "Hangup":
            digits.discard(digit)
            yield digit, (digit in answered, *_why(event, CUSTOMERS[digit][2]))


def _why(event: Message, code: str | None) -> tuple[str, str | None]:
    """Our own timeout is cause 19, and 0 in servers before 22."""
    if event["Cause"] in ("0", "19"):
        return "no answer", None
    return event["Cause"], event.get("TechCause", code)


def test_the_machine_and_the_quiet_human_stay_on_the_line(session: Ami, dial: Dial) -> None:
    for digit in "78":
        dial(f"stay{digit}", f"PJSIP/1202555012{digit}@carrier")
    for _ in "78":
        session.event(lambda event: event.get("Event") == "OriginateResponse", 5)
    assert session.command("core show channels count").startswith("2 active channels")


def test_the_carrier_keeps_who_was_dialled_and_the_caller_id_shown(
    carrier: Carrier, dial: Dial, hangup_of: HangupOf
) -> None:
    dial("kept", "PJSIP/+12025550995@carrier")
    hangup_of("kept")
    last = carrier.arrivals()[-1]
    assert (last.number, last.caller_id) == ("12025550995", "+442071838750")


def test_talk_grows_with_the_last_digit_but_one(
    carrier: Carrier, session: Ami, dial: Dial, short_talk: None
) -> None:
    carrier.talk(0.1, spread=0.2)
    dial("long", "PJSIP/12025550190@carrier")
    dial("short", "PJSIP/12025550100@carrier")
    ends = [session.event(lambda event: event.get("Event") == "Hangup", 10) for _ in range(2)]
    assert [event["Uniqueid"] for event in ends] == ["short", "long"]


@pytest.fixture
def narrow(carrier: Carrier) -> Iterator[None]:
    # calls of other tests may be on its lines yet: of a PBX that was killed, for a long time
    carrier.cli("channel request hangup all")
    assert until(lambda: "0 active channels" in carrier.cli("core show channels count"), 40)
    carrier.limit(2)
    carrier.talk(30)
    yield
    carrier.limit()
    carrier.talk(5)


def test_a_full_trunk_refuses_with_503(
    carrier: Carrier, session: Ami, dial: Dial, narrow: None
) -> None:
    for call in ("a", "b"):
        known = len(carrier.arrivals())
        dial(call, "PJSIP/12025550188@carrier")
        assert until(lambda: len(carrier.arrivals()) > known, 5)  # noqa: B023 - asked at once
    for call in ("c", "d"):
        dial(call, "PJSIP/12025550188@carrier")
    refused = [session.event(lambda event: event.get("Event") == "Hangup", 5) for _ in range(2)]
    assert [_why(event, "503") for event in refused] == [("34", "503")] * 2
    assert {event["Uniqueid"] for event in refused} == {"c", "d"}


def test_a_tools_number_sends_its_digits(session: Ami, dial: Dial) -> None:
    dial("keys", "PJSIP/12025557215@carrier")
    digits = [session.event(lambda event: event.get("Event") == "DTMFEnd", 5) for _ in range(2)]
    assert "".join(event["Digit"] for event in digits) == "15"
