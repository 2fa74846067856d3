"""What the contract needs of a PBX under test. A new connector brings one of these.

Behind the PBX there must be the world that `connectors.fake.digits` describes and `lab` builds:
customers who do what their number's last digit says, phones 10xx, 17xx, 18xx and 19xx.
"""

from collections.abc import Callable, Iterator
from itertools import count
from typing import Protocol
from uuid import UUID

from campaigns.flow.flow import Flow
from connectors.clock import Clock
from connectors.pbx import Pbx, PbxError

CALLER = "+4930999999"
PHONE, LISTENER, OTHER_PHONE = "1001", "1002", "1003"
LEAVES_SOON = "1702"  # answers and hangs up after 2 s
RINGS_ON = "1801"
IS_BUSY = "1901"
PRESSES_42 = "+49305557242"
RINGS_LATE = "+49305557420"  # after two seconds, and is never answered
HANGS_UP_SOON = "+49305557310"  # answers, hangs up after a second (and a hello, where it speaks)
NOTICE_SECONDS = 20.0  # at most, until a link that has gone silent is taken for lost

_numbers: Iterator[int] = count(1000)


def number(last_digit: int) -> str:
    """A number never called before, with this last digit."""
    return f"+4930{next(_numbers):06}{last_digit}"


class Harness(Protocol):
    """One PBX, with its link in our hands."""

    clock: Clock
    trunk: str
    message: str  # a recorded message that the PBX can play, of about a second
    no_message: str  # one that it does not have
    tells_humans: bool  # its AMD says human of one; otherwise it says unknown
    strangers: dict[type[PbxError], str]  # URLs that cannot be opened, by what `open` raises
    no_flows: str  # why it plays none

    def connect(self) -> Pbx:
        """A new connector to the PBX, not yet opened. One is open at a time."""

    async def cut(self) -> None:
        """Lose the link; calls go on, and no new link can be had."""

    async def freeze(self) -> None:
        """Let nothing cross the link any more, without closing it."""

    async def thaw(self) -> None:
        """Let what was frozen cross the link after all."""

    async def restore(self) -> None:
        """Let the link be had again, after any of the faults."""

    async def crash(self) -> None:
        """Lose the PBX with all its calls, as in a power cut."""

    def arrived(self, number: str) -> int:
        """How often the number was dialled at the carrier."""

    async def call_in(self, line: str, caller: str) -> Callable[[], None]:
        """A customer calls in on a line and stays; what is returned lets them hang up."""

    def sent(self) -> bytes:
        """All that has crossed the link towards the PBX, where the link is made of bytes."""

    async def close(self) -> None:
        """Leave nothing behind."""


class FlowHarness(Harness, Protocol):
    """One that plays flows."""

    async def install(self, flow: Flow) -> None:
        """Let the PBX have a flow."""

    async def listens(self, call: UUID, step: str) -> None:
        """Return when the call has come to a step that waits for keys."""

    async def press(self, call: UUID, number: str, step: str, keys: str) -> None:
        """The customer with that number, called or calling, presses keys, once the step waits for
        them."""
