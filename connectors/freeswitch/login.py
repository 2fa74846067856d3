"""From an address to a session that can dial: connect, log in, wait for the boot, look around."""

import asyncio
import logging
import re
from collections.abc import Callable, Iterable
from time import monotonic
from uuid import UUID

from connectors.freeswitch import modules
from connectors.freeswitch.channels import Channel
from connectors.freeswitch.codec import EslProtocolError, line
from connectors.freeswitch.hearing import WANTED
from connectors.freeswitch.session import Session
from connectors.freeswitch.transport import NotLetIn
from connectors.freeswitch.transports import load
from connectors.freeswitch.url import Address
from connectors.freeswitch.wire import Wire
from connectors.linked.patience import BOOT_SECONDS, CONNECT_SECONDS
from connectors.pbx import LinkDown, PbxRefused, PbxUnreachable

log = logging.getLogger(__name__)

LOOK_SECONDS = 0.2
LISTING_LAG = 1.0  # seconds by which `show channels` is late
OLDEST = (1, 10)


async def log_in(
    name: str, address: Address, session: Session, known: Callable[[], Iterable[UUID]] = tuple
) -> list[Channel]:
    """Make `session` one that can dial; return the channels of ours that the PBX holds.

    Those `known` by then are asked about, even where the PBX does not list them. Raises
    `PbxUnreachable` or `PbxRefused`, with a sentence that says what to do; then nothing of it is
    left.
    """
    try:
        await connect(name, address, (session.events, *session.lines))
        await _look_around(name, address, session)
        await asyncio.sleep(LISTING_LAG)
        return await session.channels(known())
    except (LinkDown, TimeoutError) as error:
        session.abort("not logged in")
        why = str(error) or "no answer in time"
        raise PbxUnreachable(f"PBX '{name}' at {address} went silent at log-in: {why}") from None
    except BaseException:
        session.abort("not logged in")
        raise


async def connect(name: str, address: Address, wires: Iterable[Wire]) -> None:
    """Log in on each of the wires. Raises `PbxUnreachable` or `PbxRefused`."""
    open_link = load(address.scheme).connect
    where = address.host, address.port, address.log_in
    try:
        async with asyncio.timeout(CONNECT_SECONDS):
            for wire in wires:
                wire.begin(await open_link(*where, wire.ears))
    except NotLetIn as error:
        raise PbxRefused(
            f"PBX '{name}' at {address} does not let us in ({str(error)[:80]!a}); check the "
            "password in the URL against event_socket.conf.xml, and that its apply-inbound-acl "
            "lets this machine in"
        ) from None
    except EslProtocolError as error:
        what = f"what answers at {address} is no FreeSWITCH event socket: {error}"
        raise PbxUnreachable(f"PBX '{name}': {what}") from None
    except OSError as error:
        why = error.strerror or str(error) or f"no answer within {CONNECT_SECONDS:g} s"
        raise PbxUnreachable(
            f"PBX '{name}': nothing answers at {address} ({why}); is FreeSWITCH running, and its "
            "mod_event_socket loaded and listening on that address?"
        ) from None


async def _look_around(name: str, address: Address, session: Session) -> None:
    wanted = line(f"event {load(address.scheme).FORMAT} {WANTED}")
    if not (await session.subscribe(wanted)).startswith("+OK"):
        raise PbxRefused(f"PBX '{name}' at {address} tells no events to this password")
    _check_version(name, address, await session.ask("version"))
    await _boot(name, address, session)
    session.hears_beeps = await _has(session, modules.BEEPS)
    for module, lack in modules.missed(address.dialling).items():
        if not await _has(session, module):
            log.warning("PBX '%s' has not loaded %s: without it %s", name, module, lack)


async def _boot(name: str, address: Address, session: Session) -> None:
    """Wait until all is there that is needed. The event socket may be up before all else is."""
    needed, until = modules.needed(address.dialling), monotonic() + BOOT_SECONDS
    wants = [(f"module_exists {one}", "true", f"loaded {one}", needed[one]) for one in needed]
    if modules.SIP in needed:  # which is there before its profiles take calls
        wants.append(("sofia status", "RUNNING", "started a SIP profile", "no call can be placed"))
    for question, answer, what, lack in wants:
        while answer not in await session.ask(question):
            if monotonic() >= until:
                raise PbxUnreachable(  # it has let us in, so another try angers nobody
                    f"PBX '{name}' at {address} has not {what} within {BOOT_SECONDS:g} s, and "
                    f"without it {lack}; it may still be starting; if it has long been up, look "
                    "into its modules.conf.xml and its log"
                )
            await asyncio.sleep(LOOK_SECONDS)


async def _has(session: Session, module: str) -> bool:
    return await session.ask(f"module_exists {module}") == "true"


def _check_version(name: str, address: Address, text: str) -> None:
    found = re.search(r"(\d{1,3})\.(\d{1,3})\.\d", text)
    if text.startswith("-"):
        raise PbxRefused(f"PBX '{name}' at {address} lets this password run no commands")
    if found is None:
        log.warning("PBX '%s': its version %a cannot be read", name, text[:40])
    elif (int(found[1]), int(found[2])) < OLDEST:
        log.warning("PBX '%s': FreeSWITCH %s is older than 1.10, which is untested", name, found[0])
