import asyncio
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from types import SimpleNamespace
from typing import Any
from uuid import UUID

import pytest

from campaigns.effects import Claim
from campaigns.leads import Candidate, DialOrder, Refusal
from connectors.clock import RunningClock
from storage.claims import NOT_FREE, NOT_RUNNING, ON_A_CALL, Claimed
from storage.errors import DatabaseBusy, DatabaseUnavailable, LeaseLapsed, StorageError
from workers import asking
from workers.asking import Asking

ORDER = DialOrder(Candidate(UUID(int=1), "+12125550001"), "main", "carrier", "+12125550100")


@pytest.mark.parametrize(
    ("why", "waits"),
    [(NOT_RUNNING.format("paused"), True), (NOT_FREE, True), (ON_A_CALL, False)],
    ids=["not running", "not free", "on a call"],
)
async def test_a_claim_in_vain_is_answered_after_a_pause(
    why: str, waits: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(asking, "PAUSE_SECONDS", 0.3)
    answers: asyncio.Queue[float] = asyncio.Queue()
    claims: asyncio.Queue[Claim] = asyncio.Queue()

    def claimed(_: Any, refusals: Sequence[Refusal]) -> None:
        assert [refusal.why for refusal in refusals] == [why]
        answers.put_nowait(time.monotonic())

    def ask(orders: Sequence[DialOrder], _: datetime) -> Claimed:
        return Claimed([], [Refusal(order, why) for order in orders])

    async def settle() -> None:
        """Nothing is in doubt."""

    loop: Any = SimpleNamespace(claims=claims, claimed=claimed)
    with ThreadPoolExecutor(1) as pool:
        task = asyncio.create_task(Asking(loop, RunningClock(), pool).claims(ask, settle))
        began = time.monotonic()
        claims.put_nowait(Claim((ORDER,)))
        async with asyncio.timeout(5):
            took = await answers.get() - began
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
    assert (took >= 0.3) is waits


@pytest.mark.parametrize(
    ("wrong", "why"),
    [
        (LeaseLapsed, "lease: it had lapsed"),
        (DatabaseBusy, "database: it is too busy"),
        (DatabaseUnavailable, "database: it is away"),
    ],
)
async def test_a_claim_that_fails_is_refused_for_what_it_was(
    wrong: type[StorageError], why: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(asking, "PAUSE_SECONDS", 0)
    answers: asyncio.Queue[str] = asyncio.Queue()
    claims: asyncio.Queue[Claim] = asyncio.Queue()

    def claimed(_: Any, refusals: Sequence[Refusal]) -> None:
        for refusal in refusals:
            answers.put_nowait(refusal.why)

    def ask(_orders: Sequence[DialOrder], _: datetime) -> Claimed:
        raise wrong("nothing was written")

    async def settle() -> None:
        """Nothing is in doubt."""

    loop: Any = SimpleNamespace(claims=claims, claimed=claimed)
    with ThreadPoolExecutor(1) as pool:
        task = asyncio.create_task(Asking(loop, RunningClock(), pool).claims(ask, settle))
        claims.put_nowait(Claim((ORDER,)))
        async with asyncio.timeout(5):
            assert (await answers.get()).startswith(why)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
