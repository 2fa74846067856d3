"""A PBX that goes away at the last moment of a log-in, as one does that is restarted."""

import asyncio
from collections.abc import Callable
from importlib import import_module
from typing import Any

import pytest

from connectors.calls import LinkBack, LinkLost
from connectors.linked.keeper import Keeper
from connectors.linked.patience import Patience
from connectors.pbx import PbxUnreachable, open_pbx
from tests.connectors.linked.conftest import Far
from tests.contract.watch import Watch


@pytest.fixture
def goes(far: Far, monkeypatch: pytest.MonkeyPatch) -> Callable[[int], None]:
    """Have the PBX go away after so many log-ins, each before the connector has noticed it."""
    connector = import_module(f"connectors.{far.kind}.connector")
    log_in, left = connector.log_in, [0]

    async def and_go(name: str, address: object, session: Any, *rest: object) -> object:
        channels = await log_in(name, address, session, *rest)
        if left[0]:
            left[0] -= 1
            far.server.cut()
            await session.over.wait()
        return channels

    monkeypatch.setattr(connector, "log_in", and_go)
    return lambda times: left.__setitem__(0, times)


async def test_one_that_goes_while_we_open_it_is_unreachable(
    far: Far, goes: Callable[[int], None], watch: Watch
) -> None:
    pbx = open_pbx("mock", far.url)
    goes(1)
    with pytest.raises(PbxUnreachable, match="PBX 'mock' went away as soon as it had let us in"):
        await pbx.open(watch)
    await pbx.open(watch)
    assert await pbx.ping() < 5
    await pbx.close()


async def test_one_that_goes_again_and_again_is_come_back_to(
    far: Far, goes: Callable[[int], None], watch: Watch, caplog: pytest.LogCaptureFixture
) -> None:
    pbx = open_pbx("mock", far.url)
    await pbx.open(watch)
    goes(2)
    far.server.cut()
    await watch.one(LinkBack)
    assert len(watch.of(LinkLost)) == 1
    assert caplog.text.count("went away as soon as it had let us in; the next try") == 2
    await pbx.close()


class Over:
    """A session that is over, and that nobody has been told of."""

    def __init__(self) -> None:
        self.over = asyncio.Event()
        self.over.set()

    def write(self, *actions: Any) -> None: ...

    async def ping(self, seconds: float = 1.0) -> float:
        return seconds

    async def leave(self) -> None: ...

    def abort(self, why: str) -> None: ...


async def test_a_keeper_lets_others_run_whatever_it_keeps() -> None:
    session, tries = Over(), 0

    async def log_in() -> None:
        nonlocal tries
        tries += 1

    async def look_after(_: Over) -> None: ...

    keeper = Keeper("mock", lambda: session, log_in, look_after, list[bool]().append, Patience())
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.5):
            await keeper.keep()
    assert 0 < tries < 10
