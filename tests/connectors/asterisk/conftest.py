"""A manager to be told what to do, and connectors to it over both transports."""

from collections.abc import AsyncIterator

import pytest

from connectors.pbx import Pbx, open_pbx
from tests.connectors.asterisk.ami_server import SECRET, AmiServer
from tests.contract.watch import Watch

TRANSPORTS = ("ami", "ami+panoramisk")


@pytest.fixture
async def server() -> AsyncIterator[AmiServer]:
    manager = await AmiServer().listen()
    yield manager
    await manager.close()


@pytest.fixture(params=TRANSPORTS)
def transport(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def url(transport: str, server: AmiServer) -> str:
    """The mock manager's URL; a link without an answer is lost after 1.2 s."""
    return f"{transport}://dialplane:{SECRET}@127.0.0.1:{server.port}?ping=0.2&silence=1&give_up=2"


@pytest.fixture
async def pbx(url: str, watch: Watch) -> AsyncIterator[Pbx]:
    """An open connector to the mock manager."""
    opened = open_pbx("mock", url)
    await opened.open(watch)
    yield opened
    await opened.close()
