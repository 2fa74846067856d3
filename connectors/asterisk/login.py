"""From an address to a session that can dial: connect, log in, wait for the boot, look around."""

import asyncio
import hashlib
import logging
import re
import ssl
from collections.abc import Awaitable, Callable, Iterable
from importlib import import_module

from connectors.asterisk.arrivals import Naming
from connectors.asterisk.channels import Channel
from connectors.asterisk.codec import AmiProtocolError, Message
from connectors.asterisk.hearing import HANDLERS
from connectors.asterisk.session import Session
from connectors.asterisk.transport import Ears, Link
from connectors.asterisk.url import Address
from connectors.linked.patience import BOOT_SECONDS, CONNECT_SECONDS
from connectors.pbx import LinkDown, PbxRefused, PbxUnreachable

log = logging.getLogger(__name__)

CONTEXT = "dialplane-answered"
RIGHTS = "read = system,call,user,dtmf and write = call,originate,reporting"
WANTED = (
    *HANDLERS,
    "FullyBooted",
    "CoreShowChannel",
    "CoreShowChannelsComplete",
    "ShowDialPlanComplete",
)

# Module -> an action of its that our AMI user may see, and what cannot be done without it.
MODULES = {
    "app_confbridge": ("ConfbridgeList", "no customer reaches an agent"),
    "app_mixmonitor": ("StopMixMonitor", "nothing is recorded"),
}

# Before these, AMI users who may originate could do more than they still can: CVE-2024-42365, and
# "What the secret is worth" in docs/asterisk.md.
SOUND = {18: (18, 24, 2), 19: (20, 9, 2), 20: (20, 9, 2), 21: (21, 4, 2)}

Connect = Callable[[str, int, Iterable[str], Ears, ssl.SSLContext | None], Awaitable[Link]]
TRANSPORTS = {
    "ami": "connectors.asterisk.transport",
    "ami+panoramisk": "connectors.asterisk.panoramisk_transport",
}


async def log_in(name: str, address: Address, session: Session) -> list[Channel]:
    """Make `session` one that can dial; return the channels of ours that the PBX holds.

    Raises `PbxUnreachable` or `PbxRefused`, with a sentence that says what to do; then nothing of
    it is left.
    """
    try:
        await connect(name, address, session)
        await authenticate(name, address, session)
        await _look_around(name, address, session)
        return await session.channels(Naming(name, address.dialling.plus))
    except (LinkDown, TimeoutError) as error:
        session.abort("not logged in")
        why = str(error) or "no answer in time"
        raise PbxUnreachable(f"PBX '{name}' at {address} went silent at log-in: {why}") from None
    except BaseException:
        session.abort("not logged in")
        raise


async def connect(
    name: str, address: Address, session: Session, wanted: Iterable[str] = WANTED
) -> None:
    """Give `session` a link that hears the `wanted` events. Raises `PbxUnreachable`."""
    open_link: Connect = import_module(TRANSPORTS[address.scheme]).connect
    try:
        async with asyncio.timeout(CONNECT_SECONDS):
            tls = address.tls_context()
            link = await open_link(address.host, address.port, wanted, session.ears, tls)
    except (AmiProtocolError, OSError) as error:
        raise PbxUnreachable(f"PBX '{name}': {_trouble(address, error)}") from None
    session.begin(link)


def _trouble(address: Address, error: Exception) -> str:
    match error:
        case AmiProtocolError():
            return f"what answers at {address} is no Asterisk manager: {error}"
        case ssl.SSLCertVerificationError():
            return (
                f"the certificate of {address} is not good: {error.verify_message}; does this "
                "machine trust it, and is it for that host?"
            )
        case ssl.SSLError():
            return f"{address} does not speak TLS ({error.reason}); is it the TLS port?"
    why = getattr(error, "strerror", "") or str(error) or f"no answer within {CONNECT_SECONDS:g} s"
    return (
        f"nothing answers at {address} ({why}); is Asterisk running, and its manager.conf enabled "
        "on that address?"
    )


async def authenticate(name: str, address: Address, session: Session) -> None:
    """Log in by a challenge, so that the secret itself never crosses the wire.

    Raises `PbxRefused`, or as `Session.ask` does.
    """
    [challenge] = await session.ask("Challenge", ("AuthType", "MD5"))
    answer = hashlib.md5((challenge["Challenge"] + address.secret).encode(), usedforsecurity=False)
    [reply] = await session.ask(
        "Login",
        ("AuthType", "MD5"),
        ("Username", address.user),
        ("Key", answer.hexdigest()),
        ("Events", "on"),
    )
    if not granted(name, reply):
        raise PbxRefused(
            f"PBX '{name}' at {address} refuses the AMI user '{address.user}' "
            f"({reply['Message'][:80]!a}); check user and secret in the URL against manager.conf, "
            "and that its permit line lets this machine in"
        )


async def _look_around(name: str, address: Address, session: Session) -> None:
    try:
        async with asyncio.timeout(BOOT_SECONDS):
            await session.booted.wait()
    except TimeoutError:  # it has let us in, so another try angers nobody
        raise PbxUnreachable(
            f"PBX '{name}' at {address} has not said within {BOOT_SECONDS:g} s that it has booted; "
            f"it may still be loading; if it has long been up, the AMI user '{address.user}' "
            f"needs {RIGHTS}"
        ) from None
    [settings, *_] = await session.ask("CoreSettings")
    if not granted(name, settings):
        raise PbxRefused(f"PBX '{name}': the AMI user '{address.user}' needs {RIGHTS}")
    _warn_of_version(name, settings)
    [dialplan, *_] = await session.ask("ShowDialPlan", ("Context", CONTEXT))
    if not granted(name, dialplan):
        raise PbxRefused(
            f"PBX '{name}' has no dialplan context '{CONTEXT}'; include Dialplane's "
            "extensions.d/dialplane.conf in its extensions.conf and reload the dialplan"
        )
    await _warn_of_modules(name, session)


async def _warn_of_modules(name: str, session: Session) -> None:
    """By the actions that modules bring along; `app_amd` and `app_chanspy` bring none."""
    [known] = await session.ask("ListCommands")
    for module, (action, lack) in MODULES.items():
        if known["Response"] == "Success" and not known[action]:
            log.warning("PBX '%s' has not loaded %s: without it %s", name, module, lack)


def granted(name: str, reply: Message) -> bool:
    """Whether the PBX did what it was asked. Raises `PbxUnreachable` when it is on its way out."""
    if "shutting down" in reply["Message"]:
        raise PbxUnreachable(f"PBX '{name}' is shutting down")
    return reply["Response"] == "Success"


def _warn_of_version(name: str, settings: Message) -> None:
    text = settings["AsteriskVersion"]
    found = re.search(r"(\d{1,3})\.(\d{1,3})\.(\d{1,3})", text)
    if found is None:
        log.warning("PBX '%s': its version %a cannot be read", name, text[:40])
        return
    major, minor, patch = (int(part) for part in found.groups())
    if major < 18:
        log.warning("PBX '%s': Asterisk %s is older than 18, which is untested", name, found[0])
    sound = SOUND.get(max(major, 18))
    if sound and (major, minor, patch) < sound:
        log.warning(
            "PBX '%s': Asterisk %s lets an AMI user who may originate change its configuration "
            "(CVE-2024-42365); update it to %d.%d.%d or newer",
            name,
            found[0],
            *sound,
        )
