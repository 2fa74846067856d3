"""A PBX's dialplan from outside: have it read its files anew, and see what it has made of them.

This needs rights that whoever dials has no use for, so it is an AMI user of its own:
`write = system,reporting`.
"""

import contextlib
from collections.abc import AsyncIterator, Iterable, Sequence
from typing import TypeAlias

from connectors.asterisk.codec import Message
from connectors.asterisk.login import authenticate, connect
from connectors.asterisk.session import Session
from connectors.asterisk.url import Address
from connectors.pbx import LinkDown, PbxError, PbxRefused, PbxUnreachable

Line: TypeAlias = tuple[str, str, str]
"""A label, an application, what it is given."""
LISTED, OVER = "ListDialplan", "ShowDialPlanComplete"
RELOAD_SECONDS = 60.0
MODULE = "pbx_config"  # what reads extensions.conf


class Deployment:
    """A session with the PBX `name`, for as long as a deployment takes."""

    def __init__(self, name: str, address: Address, session: Session) -> None:
        self._name, self._address, self._session = name, address, session

    async def reload(self) -> None:
        """Have it read the dialplan's files. Raises `PbxRefused` where it will not, or whether it
        has cannot be told: `PbxUnreachable`."""
        headers = ("Module", MODULE)
        [answer, *_] = await self._ask("Reload", headers, seconds=RELOAD_SECONDS)
        if answer["Response"] == "Success":
            return
        raise PbxRefused(
            f"PBX '{self._name}' does not reload its dialplan for the AMI user "
            f"'{self._address.user}' ({answer['Message'][:80]!a}); it needs write = "
            "system,reporting"
        )

    async def lines(self, contexts: Iterable[str]) -> dict[str, dict[str, list[Line]]]:
        """What it has loaded of each context: the lines of its extensions, in their order; of one
        that is not there, nothing. Raises `PbxError`."""
        return {name: _lines(await self._context(name)) for name in contexts}

    async def _context(self, name: str) -> Sequence[Message]:
        [answer, *listed] = await self._ask("ShowDialPlan", ("Context", name))
        if "permission" in answer["Message"].lower():
            raise PbxRefused(
                f"PBX '{self._name}' does not show its dialplan to the AMI user "
                f"'{self._address.user}'; it needs write = system,reporting"
            )
        return [line for line in listed if line.event == LISTED]

    async def _ask(
        self, action: str, *headers: tuple[str, str], seconds: float = 10.0
    ) -> list[Message]:
        try:
            return await self._session.ask(action, *headers, seconds=seconds)
        except (LinkDown, TimeoutError) as error:
            raise _silent(self._name, error) from None


@contextlib.asynccontextmanager
async def deploying(name: str, address: Address) -> AsyncIterator[Deployment]:
    """Log in, and out. Raises `PbxError`."""
    session = Session(lambda _: None, lambda *_: None)
    try:
        await connect(name, address, session, (LISTED, OVER))
        await authenticate(name, address, session)
    except (LinkDown, TimeoutError) as error:
        session.abort("not logged in")
        raise _silent(name, error) from None
    except PbxError:
        session.abort("not logged in")
        raise
    try:
        yield Deployment(name, address, session)
    finally:
        await session.leave()


def _silent(name: str, error: Exception) -> PbxUnreachable:
    return PbxUnreachable(f"PBX '{name}' went silent: {str(error) or 'no answer in time'}")


def _lines(listed: Iterable[Message]) -> dict[str, list[Line]]:
    found: dict[str, list[Line]] = {}
    for each in listed:
        if each["Extension"]:  # the last line is of the context itself
            line = each["ExtensionLabel"], each["Application"], each["AppData"]
            found.setdefault(each["Extension"], []).append(line)
    return found
