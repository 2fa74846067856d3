"""What every connector can do, and the registry that opens one by its URL."""

from collections.abc import Callable
from importlib import import_module
from typing import Protocol
from urllib.parse import urlsplit

from connectors.calls import Command, Event, LiveCall
from connectors.clock import Clock, RunningClock

OnEvent = Callable[[Event], None]


class PbxError(Exception):
    """A sentence for the operator: what went wrong with the PBX, and what to do."""


class PbxUnreachable(PbxError):
    """Nothing answers at the PBX's address."""


class PbxRefused(PbxError):
    """The PBX answers but does not let us in."""


class CommandRefused(PbxError):
    """A command holds something that must never cross a control channel."""


class LinkDown(PbxError):
    """A command was given while the link is down; it was not sent and never will be."""


class Pbx(Protocol):
    """One PBX node.

    `open` logs in and from then on keeps the link: after a loss it reconnects by itself, tells
    `LinkLost` and `LinkBack` (with the live calls), and never sends a command twice. Events
    reach `on_event` in the order in which they happened, on the event loop's thread; an
    exception raised by `on_event` is logged and stops nothing.
    """

    name: str

    async def open(self, on_event: OnEvent) -> None:
        """Connect. Raises `PbxUnreachable` or `PbxRefused`; after that nothing is left running."""

    async def close(self) -> None:
        """Leave; calls in progress go on. Safe to call twice, or while reconnecting."""

    def send(self, command: Command) -> None:
        """Send a command now. Raises `CommandRefused` or `LinkDown`, and then nothing was sent.

        What becomes of it arrives as events; an originate the PBX refuses is an `Ended` with
        `EndReason.REFUSED`.
        """

    async def live_calls(self) -> tuple[LiveCall, ...]:
        """All calls and agents' legs of ours that the PBX holds now. Raises `LinkDown`."""

    async def ping(self) -> float:
        """Seconds for one round trip on the control link. Raises `LinkDown`."""


CONNECTORS = {
    "ami": "connectors.asterisk.connector:open_url",
    "ami+panoramisk": "connectors.asterisk.connector:open_url",
    "esl": "connectors.freeswitch.connector:open_url",
    "fake": "connectors.fake.connector:open_url",
}


def open_pbx(name: str, url: str, clock: Clock | None = None) -> Pbx:
    """The connector for `url`, not yet opened.

    Raises `PbxError` with a sentence that names the scheme and the known ones.
    """
    scheme = urlsplit(url).scheme
    target = CONNECTORS.get(scheme)
    if target is None:
        raise PbxError(
            f"PBX '{name}': the URL scheme '{scheme}' is not known; "
            f"use one of {', '.join(sorted(CONNECTORS))}"
        )
    module, function = target.split(":")
    pbx: Pbx = getattr(import_module(module), function)(name, url, clock or RunningClock())
    return pbx
