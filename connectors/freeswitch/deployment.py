"""A FreeSWITCH's dialplan from outside: have it read its files anew, and see what it made of them.

FreeSWITCH reads all of its XML at `reloadxml`, at no other time, and keeps what it had where any of
it is no XML. `xml_locate` shows any part of what it has, passwords too: whoever dials has no use
for that, so this is a user of its own.
"""

import contextlib
from collections.abc import AsyncIterator, Iterable
from pathlib import Path

from connectors.freeswitch.codec import line
from connectors.freeswitch.dialplan import Line, contexts
from connectors.freeswitch.login import connect
from connectors.freeswitch.url import Address
from connectors.freeswitch.wire import Wire
from connectors.linked.patience import ANSWER_SECONDS
from connectors.pbx import LinkDown, PbxRefused, PbxUnreachable

API = ("reloadxml", "xml_locate", "global_getvar")
"""The commands that this takes: what `esl-allowed-api` of its user has to have."""
RELOAD_SECONDS = 60.0
TAKEN, NOTHING = "+OK [Success]", "can't find anything"


class Deployment:
    """A session with the PBX `name`, for as long as a deployment takes."""

    def __init__(self, name: str, address: Address, wire: Wire) -> None:
        self._name, self._address, self._wire = name, address, wire

    async def reload(self) -> None:
        """Have it read its files. Raises `PbxRefused` where it will not, or has found what is no
        XML; or whether it has cannot be told: `PbxUnreachable`."""
        answer = await self._ask("reloadxml", seconds=RELOAD_SECONDS)
        if answer != TAKEN:
            raise PbxRefused(
                f"PBX '{self._name}' cannot read its XML, and goes on with what it had "
                f"({answer.removeprefix('+OK')[:120].strip()!a}; lines are those of "
                "freeswitch.xml.fsxml in its log folder)"
            )

    async def lines(self, contexts: Iterable[str]) -> dict[str, dict[str, list[Line]]]:
        """What it has of each context: the lines of its extensions; of one that is not there,
        nothing. Raises `PbxError`."""
        return {name: await self._context(name) for name in contexts}

    async def folder(self, variable: str) -> Path:
        """One of its folders, such as `sounds_dir`, as it knows it itself. Raises `PbxError`."""
        told = await self._ask(f"global_getvar {variable}")
        if not told.startswith("/"):
            raise PbxRefused(f"PBX '{self._name}' does not tell its {variable} ({told[:80]!a})")
        return Path(told)

    async def _context(self, name: str) -> dict[str, list[Line]]:
        told = await self._ask(f"xml_locate dialplan context name {name}")
        if told == NOTHING:
            return {}
        try:
            return contexts(told).get(name, {})
        except ValueError as wrong:
            why = f"of the context '{name}' cannot be read: {wrong}"
            raise PbxRefused(f"PBX '{self._name}': what it has {why}") from None

    async def _ask(self, command: str, seconds: float = ANSWER_SECONDS) -> str:
        try:
            answer = await self._wire.ask(line(f"api {command}"), seconds)
        except (LinkDown, TimeoutError) as error:
            why = str(error) or "no answer in time"
            raise PbxUnreachable(f"PBX '{self._name}' went silent: {why}") from None
        if answer.startswith("-ERR permission"):
            raise PbxRefused(
                f"PBX '{self._name}' does not let the user '{self._address.user}' give the command "
                f"{command.partition(' ')[0]}; it needs esl-allowed-api = {','.join(API)}: "
                "'dialplane pbx installer --pbx freeswitch' writes such a user"
            )
        return answer


@contextlib.asynccontextmanager
async def deploying(name: str, address: Address) -> AsyncIterator[Deployment]:
    """Log in, and out. Raises `PbxError`."""
    wire = Wire(lambda _: None, lambda why: wire.abort(why))  # noqa: PLW0108 - not there yet
    try:
        await connect(name, address, (wire,))
        yield Deployment(name, address, wire)
    finally:
        wire.abort("closed")
