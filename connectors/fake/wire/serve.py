"""Both servers until a signal: each port a PBX of its own, with the same world behind it."""

import asyncio
import secrets
import signal
from collections.abc import Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass, field

from connectors.fake.wire.ami.pbx import USER, AmiPbx
from connectors.fake.wire.esl.pbx import EslPbx
from connectors.fake.wire.switch import Switch
from connectors.fake.world import World

AMI_PORT, ESL_PORT = 5038, 8021
LONGEST = 128  # characters of a password


@dataclass(frozen=True, slots=True)
class Serving:
    """What is served where; a port that is None is not. An empty password makes one up."""

    world: World
    seed: int = 1
    host: str = "127.0.0.1"
    ami: int | None = AMI_PORT
    esl: int | None = ESL_PORT
    user: str = USER
    password: str = field(default="", repr=False)

    def __post_init__(self) -> None:
        """Raises ValueError with a sentence; a password must fit into a line of either protocol."""
        for what, text in (("password", self.password or "x"), ("user", self.user)):
            sound = text.isascii() and text.isprintable() and " " not in text
            if not (sound and 0 < len(text) <= LONGEST):
                raise ValueError(
                    f"the {what} must be at most {LONGEST} printable ASCII characters, no space"
                )


@dataclass(frozen=True, slots=True)
class Served:
    """Where a server is; `protocol` is what it speaks, and the scheme of its URL."""

    protocol: str
    host: str
    port: int
    url: str = field(repr=False)


async def serve(plan: Serving, ready: Callable[[tuple[Served, ...], str], None]) -> None:
    """Serve until SIGINT or SIGTERM; `ready` gets the servers and the password that was made up.

    Raises `OSError` where an address cannot be had; then nothing is left running.
    """
    over = asyncio.Event()
    loop = asyncio.get_running_loop()
    for name in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(name, over.set)
    made_up = "" if plan.password else secrets.token_urlsafe(18)
    password = plan.password or made_up
    async with AsyncExitStack() as stack:
        served = []
        if plan.ami is not None:
            ami = AmiPbx(Switch(plan.world, plan.seed), password, plan.user)
            stack.push_async_callback(ami.close)
            served.append(_at("ami", await ami.open(plan.host, plan.ami)))
        if plan.esl is not None:
            esl = EslPbx(Switch(plan.world, plan.seed), password)
            stack.push_async_callback(esl.close)
            served.append(_at("esl", await esl.open(plan.host, plan.esl)))
        ready(tuple(served), made_up)
        await over.wait()


def _at(protocol: str, pbx: AmiPbx | EslPbx) -> Served:
    return Served(protocol, pbx.door.host, pbx.door.port, pbx.url)
