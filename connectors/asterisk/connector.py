"""Asterisk as a PBX: what is its own beside `connectors.linked`, which keeps the link."""

import logging
from collections.abc import Sequence
from functools import partial
from uuid import UUID

from connectors.asterisk import url as urls
from connectors.asterisk.actions import actions
from connectors.asterisk.arrivals import Naming
from connectors.asterisk.channels import Channel
from connectors.asterisk.codec import Message
from connectors.asterisk.login import log_in
from connectors.asterisk.session import Session
from connectors.asterisk.translate import Translator
from connectors.asterisk.url import Address
from connectors.calls import Command
from connectors.clock import Clock
from connectors.linked.connector import LinkedPbx
from connectors.pbx import Pbx, PbxError

log = logging.getLogger(__name__)


def open_url(name: str, url: str, clock: Clock) -> Pbx:
    """The Asterisk at `url`, not yet opened. Raises `PbxError` with a sentence on a wrong URL."""
    try:
        return AsteriskPbx(name, urls.read(url), clock)
    except PbxError as error:
        raise PbxError(f"PBX '{name}': {error}") from None


class AsteriskPbx(LinkedPbx[Session, Translator]):
    """See `LinkedPbx`."""

    def __init__(self, name: str, address: Address, clock: Clock) -> None:
        naming = Naming(name, address.dialling.plus)
        new_calls = partial(Translator, name, naming)
        super().__init__(name, clock, new_calls, address.patience)
        self._address = address
        self._naming = naming

    def send(self, command: Command) -> None:
        self._send(command, actions(command, self._address.dialling))

    def _new_session(self) -> Session:
        return Session(self._hear, self._lost)

    async def _log_in(self, session: Session) -> list[Channel]:
        return await log_in(self.name, self._address, session)

    async def _channels(self, session: Session) -> list[Channel]:
        return await session.channels(self._naming)

    async def _look(self, session: Session, ids: Sequence[UUID]) -> list[Channel]:
        """Its list of channels is never late, and tells all that there is to know."""
        return await self._channels(session)

    def _hear(self, message: Message) -> None:
        self._tell(self._calls.event(message, self._clock.now()))
        if message.is_response and message["Response"] == "Error":
            log.info(
                "PBX '%s': %a: %a",
                self.name,
                message["ActionID"],
                message["Message"],
                extra={"node": self.name},
            )
