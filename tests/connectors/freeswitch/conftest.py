"""An event socket to be told what to do, and connectors to it over every transport."""

import os
from collections.abc import AsyncIterator

import pytest

from connectors.freeswitch import transports
from connectors.pbx import Pbx, open_pbx
from tests.connectors.freeswitch.esl_server import PASSWORD, EslServer
from tests.connectors.freeswitch.listener import Listener, nothing_left
from tests.contract.libraries import missing
from tests.contract.watch import Watch

REAL = ["test_real_audio.py", "test_real_inbound.py"]
collect_ignore = [] if os.environ.get("DIALPLANE_TEST_FREESWITCH") else REAL
TRANSPORTS = [pytest.param(name, marks=missing(name)) for name in transports.TRANSPORTS]


@pytest.fixture
async def server() -> AsyncIterator[EslServer]:
    socket = await EslServer().listen()
    yield socket
    await socket.close()


@pytest.fixture(params=TRANSPORTS)
def transport(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
async def heard(transport: str, server: EslServer) -> AsyncIterator[Listener]:
    """One connection to the mock, and what it tells."""
    listener = Listener()
    link = await listener.listen(transport, server.port)
    yield listener
    link.abort()
    await nothing_left()


@pytest.fixture
def url(transport: str, server: EslServer) -> str:
    """The mock's URL; a link without an answer is lost after 1.2 s."""
    return f"{transport}://:{PASSWORD}@127.0.0.1:{server.port}?ping=0.2&silence=1&give_up=2"


@pytest.fixture
async def pbx(url: str, watch: Watch) -> AsyncIterator[Pbx]:
    """An open connector to the mock."""
    opened = open_pbx("mock", url)
    await opened.open(watch)
    yield opened
    await opened.close()
