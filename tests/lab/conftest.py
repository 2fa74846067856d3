"""Calls placed on the stock pbx by hand, one AMI action each."""

from collections.abc import Callable, Iterator, Mapping

import pytest

from lab.ami import Ami, Message
from lab.asterisk import AsteriskNode
from lab.carrier import Carrier

Dial = Callable[..., None]


@pytest.fixture
def session(plain_pbx: AsteriskNode) -> Iterator[Ami]:
    """An AMI session on the stock pbx; calls still up at the end are hung up."""
    with plain_pbx.ami() as ami:
        yield ami
        ami.action("Hangup", {"Channel": "/^PJSIP/"})


@pytest.fixture
def dial(session: Ami) -> Dial:
    """Originates `channel` under the call id `call`, into an application that waits."""

    def originate(call: str, channel: str, extra: Mapping[str, str] | None = None) -> None:
        headers = {"Channel": channel, "ChannelId": call, "Async": "true", "Timeout": "3000"}
        headers |= {"Application": "Wait", "Data": "60", "CallerID": "<+442071838750>"}
        answer = session.action("Originate", headers | dict(extra or {}))
        assert answer["Response"] == "Success", answer

    return originate


@pytest.fixture
def hangup_of(session: Ami) -> Callable[[str], Message]:
    """The Hangup event of a call id."""

    def take(call: str) -> Message:
        return session.event(
            lambda event: event.get("Event") == "Hangup" and event.get("Uniqueid") == call, 15
        )

    return take


@pytest.fixture
def short_talk(carrier: Carrier) -> Iterator[None]:
    """Customers hang up at once after their hello."""
    carrier.talk(0)
    yield
    carrier.talk(5)
