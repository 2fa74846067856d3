"""The connectors under the contract: each test runs once for each of them.

A new connector fails here until HARNESSES has its harness; see `harness.py`.
"""

from collections.abc import AsyncIterator, Awaitable, Callable

import pytest

from connectors.pbx import CONNECTORS, Pbx
from tests.contract.harness import Harness
from tests.contract.harness_asterisk import AsteriskHarness
from tests.contract.harness_fake import FakeHarness
from tests.contract.watch import Watch


async def fake(_: pytest.FixtureRequest) -> Harness:
    return FakeHarness()


async def ami(request: pytest.FixtureRequest) -> Harness:
    parts = (request.getfixturevalue(name) for name in ("ami_secret", "asterisk", "carrier"))
    return await AsteriskHarness.make(request.param, *parts)


HARNESSES: dict[str, Callable[[pytest.FixtureRequest], Awaitable[Harness]]] = {
    "ami": ami,
    "ami+panoramisk": ami,
    "fake": fake,
}
MARKS = {"ami": pytest.mark.asterisk, "ami+panoramisk": pytest.mark.asterisk}


@pytest.fixture(params=[pytest.param(name, marks=MARKS.get(name, ())) for name in CONNECTORS])
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
