"""From an address to a session that can dial: connect, log in, wait for the boot, look around."""

import asyncio
import logging
import re
from collections.abc import Callable, Iterable
from uuid import UUID

from connectors.freeswitch.channels import Channel
from connectors.freeswitch.codec import EslProtocolError, line
from connectors.freeswitch.hearing import WANTED
from connectors.freeswitch.session import Session
from connectors.freeswitch.transport import NotLetIn
from connectors.freeswitch.transports import load
from connectors.freeswitch.url import Address
from connectors.pbx import LinkDown, PbxRefused, PbxUnreachable

log = logging.getLogger(__name__)

CONNECT_SECONDS = 5.0
BOOT_SECONDS = 15.0  # a PBX that has just been started loads its modules first
LOOK_SECONDS = 0.2
LISTING_LAG = 1.0  # seconds by which `show channels` is late
OLDEST = (1, 10)

# What each way of dialling needs, beside the applications.
SIP = "mod_sofia"
MODULES = {"gateway": SIP, "user": SIP, "loopback": "mod_loopback"}
BEEPS = "mod_avmd"  # without it its applications would end the call


async def log_in(
    name: str, address: Address, session: Session, known: Callable[[], Iterable[UUID]] = tuple
) -> list[Channel]:
    """Make `session` one that can dial; return the channels of ours that the PBX holds.

    Those `known` by then are asked about, even where the PBX does not list them. Raises
    `PbxUnreachable` or `PbxRefused`, with a sentence that says what to do; then nothing of it is
    left.
    """
    try:
        await _connect(name, address, session)
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


async def _connect(name: str, address: Address, session: Session) -> None:
    connect = load(address.scheme).connect
    where = address.host, address.port, address.password
    try:
        async with asyncio.timeout(CONNECT_SECONDS):
            for wire in (session.events, *session.lines):
                wire.begin(await connect(*where, wire.ears))
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
    dialling = address.dialling
    ways = (dialling.trunk_technology, dialling.phone_technology)
    modules = {"mod_dptools", *(MODULES[way] for way in ways)}
    for module in sorted(modules):
        await _wait(name, address, session, f"module_exists {module}", "true", f"loaded {module}")
    if SIP in modules:  # which is there before its profiles take calls
        await _wait(name, address, session, "sofia status", "RUNNING", "started a SIP profile")
    session.hears_beeps = await session.ask(f"module_exists {BEEPS}") == "true"
    if dialling.listen and not session.hears_beeps:
        log.warning("PBX '%s': without %s no answering machine is told from people", name, BEEPS)


async def _wait(
    name: str, address: Address, session: Session, question: str, answer: str, what: str
) -> None:
    """Wait until a question has its answer. The event socket may be up before all else is."""
    for _ in range(round(BOOT_SECONDS / LOOK_SECONDS)):
        if answer in await session.ask(question):
            return
        await asyncio.sleep(LOOK_SECONDS)
    raise PbxUnreachable(  # it has let us in, so another try angers nobody
        f"PBX '{name}' at {address} has not {what} within {BOOT_SECONDS:g} s; it may still be "
        "starting; if it has long been up, look into its modules.conf.xml and its log"
    )


def _check_version(name: str, address: Address, text: str) -> None:
    found = re.search(r"(\d{1,3})\.(\d{1,3})\.\d", text)
    if text.startswith("-"):
        raise PbxRefused(f"PBX '{name}' at {address} lets this password run no commands")
    if found is None:
        log.warning("PBX '%s': its version %a cannot be read", name, text[:40])
    elif (int(found[1]), int(found[2])) < OLDEST:
        log.warning("PBX '%s': FreeSWITCH %s is older than 1.10, which is untested", name, found[0])
