import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from datetime import UTC, datetime

import pytest

from campaigns.effects import Effect, PacingDecided, PacingLearned, StateChanged
from storage.errors import DatabaseUnavailable, LeaseLost, StorageError
from workers import writer as module
from workers.writer import Writer

Soon = Callable[..., Awaitable[None]]
NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)


def row(number: int) -> StateChanged:
    return StateChanged(NOW, "running", str(number))


class Table:
    """Keeps what is recorded; says no to what the test names."""

    def __init__(self) -> None:
        self.rows: list[str] = []
        self.batches: list[int] = []
        self.away = False
        self.lost = False
        self.bad: set[str] = set()
        self.rejected: list[str] = []

    def record(self, batch: Sequence[Effect]) -> None:
        if self.away:
            raise DatabaseUnavailable("the database does not answer")
        if self.lost:
            raise LeaseLost("another worker runs it")
        names = [effect.why for effect in batch if isinstance(effect, StateChanged)]
        if self.bad & set(names):
            raise StorageError("a value is wrong")
        self.rows += names
        self.batches.append(len(batch))

    def reject(self, effect: Effect, refused: StorageError) -> None:
        assert isinstance(effect, StateChanged)
        assert "wrong" in str(refused)
        self.rejected.append(effect.why)


@pytest.fixture
def executor() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(1) as pool:
        yield pool


@asynccontextmanager
async def running(table: Table, executor: ThreadPoolExecutor) -> AsyncIterator[Writer]:
    writer = Writer(table.record, executor, table.reject)
    task = asyncio.create_task(writer.run())
    try:
        yield writer
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def test_rows_are_stored_in_order_in_batches_of_at_most_200(
    executor: ThreadPoolExecutor,
) -> None:
    table = Table()
    async with running(table, executor) as writer:
        for number in range(501):
            writer.put(row(number))
        await asyncio.wait_for(writer.flush(), 5)

    assert table.rows == [str(number) for number in range(501)]
    assert table.batches == [200, 200, 101]


async def test_a_row_waits_for_company_but_not_for_long(
    executor: ThreadPoolExecutor, soon: Soon
) -> None:
    table = Table()
    async with running(table, executor) as writer:
        writer.put(row(1))
        await asyncio.sleep(0)
        writer.put(row(2))
        await soon(lambda: table.rows)

    assert table.batches == [2]


async def test_a_flush_does_not_wait_for_company(
    executor: ThreadPoolExecutor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "SECONDS", 60.0)
    table = Table()
    async with running(table, executor) as writer:
        writer.put(row(1))
        await asyncio.wait_for(writer.flush(), 5)
        await asyncio.wait_for(writer.flush(), 5)

    assert table.rows == ["1"]


async def test_while_the_database_is_away_rows_wait_and_nothing_is_lost_or_reordered(
    executor: ThreadPoolExecutor, soon: Soon, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "RETRY_SECONDS", 0.01)
    table = Table()
    table.away = True
    async with running(table, executor) as writer:
        for number in range(300):
            writer.put(row(number))
        await soon(lambda: writer.trouble)
        writer.put(row(300))
        assert len(writer.left()) == 301

        table.away = False
        await asyncio.wait_for(writer.flush(), 5)

    assert writer.trouble == ""
    assert table.rows == [str(number) for number in range(301)]


async def test_one_bad_row_does_not_hold_up_the_others(executor: ThreadPoolExecutor) -> None:
    table = Table()
    table.bad = {"3", "7"}
    async with running(table, executor) as writer:
        for number in range(10):
            writer.put(row(number))
        await asyncio.wait_for(writer.flush(), 5)

    assert table.rows == ["0", "1", "2", "4", "5", "6", "8", "9"]
    assert table.rejected == ["3", "7"]


async def test_a_lost_lease_ends_the_writing(executor: ThreadPoolExecutor) -> None:
    table = Table()
    table.lost = True
    writer = Writer(table.record, executor, table.reject)
    writer.put(row(1))
    with pytest.raises(LeaseLost):
        await asyncio.wait_for(writer.run(), 5)
    assert writer.left() == [row(1)]


def test_beyond_its_room_decisions_are_let_go_but_never_results(
    executor: ThreadPoolExecutor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "ROOM", 2)
    table = Table()
    writer = Writer(table.record, executor, table.reject)
    for number in range(3):
        writer.put(row(number))
        writer.put(PacingDecided(NOW, 1, "one for each agent"))
        writer.put(PacingLearned(NOW, {}))

    assert writer.dropped == 5
    assert [effect for effect in writer.left() if isinstance(effect, StateChanged)] == [
        row(0),
        row(1),
        row(2),
    ]
