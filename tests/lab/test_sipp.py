"""The carrier for load."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from lab.ami import Ami, Message
from lab.asterisk import start_pbx
from lab.sipp import start_sipp


@pytest.fixture(scope="module")
def session(asterisk_prefix: Path) -> Iterator[Ami]:
    with (
        start_sipp(ring=0.2, talk=0.5) as carrier,
        start_pbx(carrier, name="load") as pbx,
        pbx.ami() as ami,
    ):
        yield ami


@pytest.fixture(scope="module")
def busy(asterisk_prefix: Path) -> Iterator[Ami]:
    with (
        start_sipp(ring=0.4, busy=True) as carrier,
        start_pbx(carrier, name="busy") as pbx,
        pbx.ami() as ami,
    ):
        yield ami


def _originate(session: Ami, call: str, timeout: int) -> list[Message]:
    headers = {"Channel": "PJSIP/12025550120@carrier", "ChannelId": call, "Async": "true"}
    headers |= {"Application": "Wait", "Data": "5", "Timeout": str(timeout)}
    assert session.action("Originate", headers)["Response"] == "Success"
    wanted = {"OriginateResponse", "Hangup"}
    both = [session.event(lambda event: event.get("Event") in wanted) for _ in wanted]
    return sorted(both, key=lambda event: event["Event"], reverse=True)


def test_it_answers_and_hangs_up(session: Ami) -> None:
    answer, end = _originate(session, "answered", 5000)
    assert (answer["Response"], end["Cause"]) == ("Success", "16")


def test_a_call_can_be_given_up_before(session: Ami) -> None:
    answer, end = _originate(session, "given up", 100)
    assert (answer["Reason"], end["Cause"] in ("0", "19")) == ("3", True)


def test_everybody_is_busy(busy: Ami) -> None:
    answer, end = _originate(busy, "busy", 9000)
    assert (answer["Response"], end["Cause"], end["TechCause"]) == ("Failure", "17", "486")


def test_a_busy_one_can_be_given_up_before(busy: Ami) -> None:
    answer, end = _originate(busy, "given up", 100)
    assert (answer["Reason"], end["Cause"] in ("0", "19")) == ("3", True)
