"""Both linked connectors, each at a server that does what a test tells it to."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Protocol

import pytest

from tests.connectors.asterisk.ami_server import SECRET, AmiServer
from tests.connectors.freeswitch.esl_server import PASSWORD, EslServer

KINDS = ("asterisk", "freeswitch")


class Server(Protocol):
    """What a test needs of either server."""

    logins: int

    def cut(self) -> None: ...

    def freeze(self) -> None: ...

    def thaw(self) -> None: ...


@dataclass(frozen=True)
class Far:
    """The far end: `kind` is the connector's package, `url` has no options yet."""

    kind: str
    server: Server
    url: str


@pytest.fixture(params=KINDS)
async def far(request: pytest.FixtureRequest) -> AsyncIterator[Far]:
    if request.param == "asterisk":
        manager = await AmiServer().listen()
        yield Far("asterisk", manager, f"ami://dialplane:{SECRET}@127.0.0.1:{manager.port}")
        await manager.close()
    else:
        socket = await EslServer().listen()
        yield Far("freeswitch", socket, f"esl://:{PASSWORD}@127.0.0.1:{socket.port}")
        await socket.close()
