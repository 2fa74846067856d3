"""The connectors under the contract: each test runs once for each of them.

A new connector fails here until HARNESSES has its harness; see `harness.py`.
"""

import os
from collections.abc import AsyncIterator, Awaitable, Callable

import pytest

from connectors.pbx import CONNECTORS, Pbx
from tests.contract.flow import contract_flow
from tests.contract.harness import FlowHarness, Harness
from tests.contract.harness_asterisk import AsteriskHarness
from tests.contract.harness_fake import FakeHarness
from tests.contract.harness_freeswitch import FreeSwitchHarness
from tests.contract.harness_wire import SERVED, ServedHarness
from tests.contract.libraries import missing
from tests.contract.watch import Watch


async def fake(_: pytest.FixtureRequest) -> Harness:
    return FakeHarness()


async def ami(request: pytest.FixtureRequest) -> Harness:
    parts = (request.getfixturevalue(name) for name in ("ami_secret", "asterisk", "carrier"))
    return await AsteriskHarness.make(request.param, *parts)


async def esl(request: pytest.FixtureRequest) -> Harness:
    return await FreeSwitchHarness.make(request.param, FREESWITCH)


HARNESSES: dict[str, Callable[[pytest.FixtureRequest], Awaitable[Harness]]] = {
    "ami": ami,
    "ami+panoramisk": ami,
    "esl": esl,
    "esl+greenswitch": esl,
    "esl+native": esl,
    "fake": fake,
}
FREESWITCH = os.environ.get("DIALPLANE_TEST_FREESWITCH", "")
"""The URL of a real FreeSWITCH; without one, its connector meets only recordings and servers that
we play, in tests/connectors/freeswitch."""
NAMES = [name for name in CONNECTORS if FREESWITCH or not name.startswith("esl")]
MARKS = {"ami": pytest.mark.asterisk, "esl": pytest.mark.freeswitch}


OVER_WIRE = [name for name in CONNECTORS if name.partition("+")[0] in SERVED]


def marks(name: str) -> list[pytest.MarkDecorator]:
    """What a connector needs: a real PBX, a library."""
    real = MARKS.get(name.partition("+")[0])
    return [*([real] if real else []), *missing(name)]


plays = pytest.mark.parametrize(
    "harness", [pytest.param(name, marks=marks(name)) for name in NAMES], indirect=True
)
"""For tests of PBXes that play flows."""


@pytest.fixture(
    params=[
        *(pytest.param(name, marks=marks(name)) for name in NAMES),
        *(pytest.param(f"{name} over the fake's wire", marks=missing(name)) for name in OVER_WIRE),
    ]
)
async def harness(request: pytest.FixtureRequest) -> AsyncIterator[Harness]:
    scheme, _, served = request.param.partition(" ")
    if served:
        there = await ServedHarness.make(scheme)
        yield there
        await there.close()
        return
    make = HARNESSES.get(request.param)
    assert make, f"the connector '{request.param}' has no harness in tests/contract/conftest.py"
    made = await make(request)
    yield made
    await made.close()


@pytest.fixture
async def watch() -> Watch:
    return Watch()


@pytest.fixture
async def pbx(harness: Harness, watch: Watch) -> AsyncIterator[Pbx]:
    """A connector that is open, and told to `watch`."""
    opened = harness.connect()
    await opened.open(watch)
    yield opened
    await opened.close()


@pytest.fixture
async def player(harness: Harness) -> FlowHarness:
    """A PBX that has the flow of the contract."""
    if not isinstance(harness, FakeHarness | AsteriskHarness | FreeSwitchHarness):
        pytest.skip(harness.no_flows)
    await harness.install(contract_flow())
    return harness
