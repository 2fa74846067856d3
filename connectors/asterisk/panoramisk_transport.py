"""The same connection by way of panoramisk 1.4, with a guard for each thing it does wrong.

panoramisk connects, writes the actions and takes the messages apart; one `Manager` serves one
connection. What is kept from it, by the numbers of docs/decisions.md:

1, 2  An originate's future swallows its OriginateResponse, QueueAdd's never resolves: no message
      is matched with an action here, every one is handed on (`_Protocol.handle_message`).
3     An action that times out stays for ever and swallows events: none is kept (`write`).
4     Unanswered actions are sent again after a reconnect: nothing is queued, and a `_Manager`
      never reconnects (`connection_lost`, `send_awaiting_actions`).
5     Pings without an answer go unnoticed: the connector pings (`_Manager.ping`).
6     `close` leaves the reconnect timer running, a wrong password is tried for ever: as 4; and
      the connector logs in.
7     An exception in a callback ends the connection: `Ears.message` never raises.
8     A character cut by a read is dropped: only whole ones are passed on (`data_received`).
9     A trailing header without a value is lost: `Message` reads an absent header as empty.
10    CR and LF in a value become further actions: `encode` must take each action first.
11    Sending before the connection is an AttributeError: there is no link before the greeting.
"""

import asyncio
import codecs
import logging
import ssl
from collections.abc import Iterable
from typing import Any

from panoramisk import Manager
from panoramisk import actions as panoramisk_actions
from panoramisk.ami_protocol import AMIProtocol

from connectors.asterisk.codec import (
    MAX_MESSAGE,
    Action,
    AmiProtocolError,
    Message,
    encode,
    take_greeting,
)
from connectors.asterisk.transport import Ears, Link, heard, reset

QUIET = logging.getLogger(f"{__name__}.quiet")  # panoramisk logs whole actions
QUIET.setLevel(logging.CRITICAL)


async def connect(
    host: str, port: int, wants: Iterable[str], ears: Ears, tls: ssl.SSLContext | None = None
) -> Link:
    """Connect and hear the greeting. Raises `OSError` or `AmiProtocolError`."""
    manager = _Manager(frozenset(wants), ears, host=host, port=port, ssl=tls or False)
    await manager.connect()
    await heard(manager.greeted, manager)
    return manager


class _Manager(Manager):  # type: ignore[misc]  # panoramisk has no types
    """One connection, as a `Link`."""

    def __init__(self, wants: frozenset[str], ears: Ears, **config: Any) -> None:
        loop = asyncio.get_running_loop()
        self.greeted: asyncio.Future[None] = loop.create_future()
        self.why = ""
        self._wants = wants
        self._ears = ears
        super().__init__(protocol_factory=lambda: _Protocol(self), loop=loop, log=QUIET, **config)

    def write(self, action: Action) -> None:
        encode(action)
        self.send_action(panoramisk_actions.Action(dict(action)), as_list=False)
        self.protocol.responses.clear()

    def backlog(self) -> int:
        return int(self.protocol.transport.get_write_buffer_size())

    def abort(self) -> None:
        if self.protocol is not None:
            reset(self.protocol.transport)

    def dispatch(self, event: Any) -> None:
        if "Event" not in event or event["Event"] in self._wants:
            self._ears.message(_own(event))

    def connection_made(self, connecting: "asyncio.Task[Any]") -> None:
        if not connecting.cancelled() and connecting.exception() is None:
            super().connection_made(connecting)

    def connection_lost(self, error: Exception | None) -> None:
        why = self.why or (f"the connection broke: {error}" if error else "the PBX closed it")
        if self.greeted.done():
            self._ears.lost(why)
        else:
            self.greeted.set_exception(ConnectionResetError(why))

    def ping(self) -> None:
        """Nothing: see 5."""

    async def send_awaiting_actions(self, *_: Any) -> None:
        """Nothing: see 4."""


class _Protocol(AMIProtocol):  # type: ignore[misc]  # panoramisk has no types
    """Takes reads of any size, and hands on each message by itself."""

    def __init__(self, manager: _Manager) -> None:
        self._manager = manager
        self._head = bytearray()
        self._characters = codecs.getincrementaldecoder("utf-8")("replace")

    def data_received(self, data: bytes) -> None:
        try:
            data = data if self._manager.greeted.done() else self._greet(data)
            super().data_received(self._characters.decode(data).encode())
            self._bounded()
        except AmiProtocolError as error:
            self._fail(error)

    def handle_message(self, message: Any) -> None:
        self._manager.dispatch(message)

    def connection_lost(self, error: Exception | None) -> None:
        self.closed = True
        self._manager.connection_lost(error)

    def _greet(self, data: bytes) -> bytes:
        self._head += data
        if not take_greeting(self._head):
            return b""
        self._manager.greeted.set_result(None)
        return bytes(self._head)

    def _bounded(self) -> None:
        if len(self.queue[0]) > MAX_MESSAGE:
            raise AmiProtocolError(f"a message is longer than {MAX_MESSAGE} bytes")

    def _fail(self, error: AmiProtocolError) -> None:
        self._manager.why = str(error)
        if not self._manager.greeted.done():
            self._manager.greeted.set_exception(error)
        reset(self.transport)


def _own(message: Any) -> Message:
    """panoramisk's message as ours; a header that came more than once is a list there."""
    lines = []
    for key, value in message.items():
        values = value if isinstance(value, list) else [value]
        lines += [f"{key}: {one}" for one in values]
    return Message("\r\n".join(lines).encode())
