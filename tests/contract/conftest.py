"""The connectors under the contract: each test runs once for each of them.

A new connector fails here until HARNESSES has its harness; see `harness.py`.
"""

import os
from collections.abc import AsyncIterator, Awaitable, Callable

import pytest

from connectors.pbx import CONNECTORS, Pbx
from tests.contract.harness import Harness
from tests.contract.harness_asterisk import AsteriskHarness
from tests.contract.harness_fake import FakeHarness
from tests.contract.harness_freeswitch import FreeSwitchHarness
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
    "fake": fake,
}
FREESWITCH = os.environ.get("DIALPLANE_TEST_FREESWITCH", "")
"""The URL of a real FreeSWITCH; without one, its connector meets only recordings and servers that
we play, in tests/connectors/freeswitch."""
NAMES = [name for name in CONNECTORS if FREESWITCH or not name.startswith("esl")]
MARKS = {
    "ami": pytest.mark.asterisk,
    "ami+panoramisk": pytest.mark.asterisk,
    "esl": pytest.mark.freeswitch,
}


@pytest.fixture(params=[pytest.param(name, marks=MARKS.get(name, ())) for name in NAMES])
async def harness(request: pytest.FixtureRequest) -> AsyncIterator[Harness]:
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
