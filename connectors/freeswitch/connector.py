"""FreeSWITCH as a PBX: what is its own beside `connectors.linked`, which keeps the link."""

import logging
from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from uuid import UUID

from connectors.calls import Command, Monitor, Originate, PlayMessage, RingAgent
from connectors.clock import Clock
from connectors.freeswitch import refusals
from connectors.freeswitch import url as urls
from connectors.freeswitch.actions import Dialling, actions
from connectors.freeswitch.channels import Channel
from connectors.freeswitch.codec import Action
from connectors.freeswitch.event import Event
from connectors.freeswitch.login import log_in
from connectors.freeswitch.session import Session
from connectors.freeswitch.translate import Translator
from connectors.freeswitch.transports import load
from connectors.freeswitch.url import Address
from connectors.linked.connector import LinkedPbx
from connectors.pbx import Pbx, PbxError

log = logging.getLogger(__name__)


def open_url(name: str, url: str, clock: Clock) -> Pbx:
    """The FreeSWITCH at `url`, not yet opened. Raises `PbxError` with a sentence on a wrong URL."""
    try:
        address = urls.read(url)
        load(address.scheme)
        return FreeSwitchPbx(name, address, clock)
    except PbxError as error:
        raise PbxError(f"PBX '{name}': {error}") from None


class FreeSwitchPbx(LinkedPbx[Session, Translator]):
    """See `LinkedPbx`."""

    def __init__(self, name: str, address: Address, clock: Clock) -> None:
        new_calls = partial(Translator, name, plus=address.dialling.plus)
        super().__init__(name, clock, new_calls, address.patience)
        self._address = address

    def send(self, command: Command) -> None:
        todo = actions(command, self._dialling(command))
        if self._is_placed(command):
            log.info("PBX '%s': %s lives already, and is not dialled again", self.name, todo[0].id)
        else:
            self._send(command, todo)

    async def close(self) -> None:
        if self._session is not None:
            self._session.take_back()  # while there still is one who is told
        await super().close()

    def _new_session(self) -> Session:
        ears = (self._hear, self._answered, self._awaits, self._lost)
        return Session(*ears, self._address.lines, plus=self._address.dialling.plus)

    async def _log_in(self, session: Session) -> list[Channel]:
        return await log_in(self.name, self._address, session, self._known)

    async def _channels(self, session: Session) -> list[Channel]:
        return await session.channels(self._known())

    async def _look(self, session: Session, ids: Sequence[UUID]) -> list[Channel]:
        return await session.look(ids)

    def _hear(self, heard: Event) -> None:
        self._tell(self._calls.event(heard, self._clock.now()))

    def _answered(self, action: Action, text: str) -> None:
        self._tell(self._calls.answer(action, text, self._clock.now()))
        if trouble := refusals.trouble(action, text):
            log.warning(
                "PBX '%s': call %s %s: %a",
                self.name,
                action.call_id,
                trouble,
                text[:80],
                extra={"node": self.name, "call": action.call_id},
            )
        elif text.startswith("-"):
            log.info("PBX '%s': %s: %a", self.name, action.id, text[:80])

    def _awaits(self) -> bool:
        return self._calls.awaits()

    def _known(self) -> list[UUID]:
        return self._calls.ids

    def _carry_out(self) -> None:
        super()._carry_out()
        if self._session is not None and not self._calls.orders:
            self._session.hurry()

    def _is_placed(self, command: Command) -> bool:
        """FreeSWITCH would dial under another UUID."""
        match command:
            case Originate():
                return self._calls.holds(command.call_id)
            case RingAgent() | Monitor():
                return self._calls.holds(command.leg_id)
        return False

    def _dialling(self, command: Command) -> Dialling:
        """As the URL says, as far as the PBX can, and as befits the call."""
        dialling, session = self._address.dialling, self._session
        match command:
            case Originate(amd=True) if session is not None and not session.hears_beeps:
                return replace(dialling, listen=0)
            case PlayMessage() if self._calls.came_in(command.call_id):
                return replace(dialling, music=True)
        return dialling
