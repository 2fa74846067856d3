"""Orders that were taken from the database are carried out, whatever else fails."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from campaigns.orders import CampaignState, LogIn, Pause
from storage import orders as stored
from storage.errors import DatabaseUnavailable
from storage.orders import answer, put_order
from workers.dialling import Dialling

Soon = Callable[..., Awaitable[None]]


async def test_a_refusal_that_cannot_be_stored_loses_no_order_behind_it(
    make_site: Callable[..., Any],
    soon: Soon,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    site = make_site(pbx="fake://demo?seed=5")
    site.campaign(leads=1, agents=2)
    site.want(CampaignState.PAUSED)
    away, real = [True], stored.refuse_order

    def refuse(*args: Any) -> None:
        if away[0]:
            raise DatabaseUnavailable("the database does not answer")
        real(*args)

    monkeypatch.setattr(stored, "refuse_order", refuse)
    wrong = put_order(site.store, "spring", Pause("agent-00", "tea"))  # not logged in
    put_order(site.store, "spring", LogIn("agent-01", "agent-01", "main"))
    worker = Dialling(site.context(), site.stored(), site.lease())
    with caplog.at_level(logging.WARNING):
        task = asyncio.create_task(worker.run())
        await soon(lambda: worker._dialler.run.floor.get("agent-01"))
        await soon(lambda: worker._orders._refused)
        await soon(lambda: "orders cannot be read or answered: the database" in caplog.text)
    assert answer(site.store, wrong).refused is None

    away[0] = False
    await soon(lambda: answer(site.store, wrong).refused)
    worker._context.stop.set()
    async with asyncio.timeout(20):
        await task
