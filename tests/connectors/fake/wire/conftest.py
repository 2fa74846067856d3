"""The fake PBX served on loopback: as an Asterisk, and as a FreeSWITCH."""

from collections.abc import AsyncIterator
from dataclasses import replace

import pytest

from connectors.fake.presets import preset
from connectors.fake.wire.ami.pbx import AmiPbx
from connectors.fake.wire.esl.pbx import EslPbx
from connectors.fake.wire.switch import Switch
from connectors.fake.world import World
from tests.connectors.fake.wire.client import SECRET, AmiClient, Client, EslClient


@pytest.fixture
def world() -> World:
    """That of the test numbers, with one message."""
    return replace(preset("lab"), messages=("notice",))


@pytest.fixture
async def ami(world: World) -> AsyncIterator[AmiPbx]:
    served = await AmiPbx(Switch(world), SECRET).open()
    yield served
    await served.close()


@pytest.fixture
async def esl(world: World) -> AsyncIterator[EslPbx]:
    served = await EslPbx(Switch(world), SECRET).open()
    yield served
    await served.close()


@pytest.fixture
async def strangers() -> AsyncIterator[list[Client]]:
    """Clients to be closed at the end."""
    made: list[Client] = []
    yield made
    for client in made:
        client.close()


@pytest.fixture
async def at_ami(ami: AmiPbx, strangers: list[Client]) -> AmiClient:
    """A client that is not logged in yet."""
    client = await AmiClient(ami.door.port).connect()
    strangers.append(client)
    return client


@pytest.fixture
async def at_esl(esl: EslPbx, strangers: list[Client]) -> EslClient:
    """A client that is not logged in yet."""
    client = await EslClient(esl.door.port).connect()
    strangers.append(client)
    return client
