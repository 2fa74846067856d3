"""The nodes of a campaign: what a dialler hears of one that is not there at once."""

import asyncio
from collections.abc import Callable

import pytest

from connectors.calls import Event, LinkBack, LiveCall
from connectors.fake.connector import FakePbx
from connectors.fake.exchange import Exchange
from connectors.fake.presets import preset
from connectors.pbx import OnEvent
from workers.nodes import Nodes


class Unlucky(FakePbx):
    """One whose first link is lost as it is asked which calls it holds."""

    asked = 0

    async def open(self, on_event: OnEvent) -> None:
        self.restore_link()
        await super().open(on_event)

    async def live_calls(self) -> tuple[LiveCall, ...]:
        self.asked += 1
        if self.asked == 1:
            self.cut_link()
        return await super().live_calls()


@pytest.fixture
def heard() -> list[type[Event]]:
    return []


@pytest.fixture
def on_event(heard: list[type[Event]]) -> Callable[[str, Event], None]:
    return lambda _, event: heard.append(type(event))


async def test_a_link_that_is_lost_at_once_is_not_told_after_the_next_one(
    heard: list[type[Event]],
    on_event: Callable[[str, Event], None],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Or the node would count as lost for as long as it is there."""
    monkeypatch.setattr("workers.nodes.FIRST_RETRY", 0.01)
    nodes, pbx = Nodes(), Unlucky("main", Exchange(preset("lab"), 1))
    nodes.pbxs["main"] = pbx
    nodes.hold_back()
    async with asyncio.timeout(5):
        await nodes.open_all(on_event)
    await nodes.close()
    assert pbx.asked == 2
    assert heard == [LinkBack]
