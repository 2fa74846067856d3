"""Batches over several processes: as if one had done them in order, and few in hand."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import select

from campaigns.crm.file import load as load_crm
from campaigns.importing.file import load
from campaigns.importing.mapping import Duplicates
from storage.customers.changes import By
from storage.customers.definitions import apply, read
from storage.customers.plan import Plan, plan_of
from storage.customers.sync import Came, sync_checked
from storage.engine import Store, open_store
from storage.errors import DatabaseBusy, StorageError
from storage.migrate import create_or_upgrade
from storage.tables.people import CUSTOMERS
from workers.importing.pool import Batch, marks_of, processes_of, run
from workers.importing.work import Job, Work

HEADER = ("编号", "姓名", "手机")
MAPPING = "region: CN\ncolumns: {external_id: 编号, name: 姓名, numbers: [{column: 手机}]}\n"


@pytest.fixture
def url(postgres_url: str) -> str:
    return postgres_url


@pytest.fixture
def store(url: str) -> Iterator[Store]:
    made = open_store(url)
    create_or_upgrade(made)
    apply(made, load_crm("stages: []\n"), datetime.now(UTC))
    yield made
    made.close()


@pytest.fixture
def plan(store: Store) -> Plan:
    return plan_of(load(MAPPING), HEADER, read(store))


def job(store: Store, plan: Plan) -> Job:
    return Job(plan, read(store), Duplicates(), By("import:file", "file"))


def names(store: Store) -> list[Any]:
    query = select(CUSTOMERS.c.external_ref, CUSTOMERS.c.name).order_by(CUSTOMERS.c.external_ref)
    with store.reading() as connection:
        return [tuple(row) for row in connection.execute(query)]


def test_later_rows_of_a_customer_count_whoever_does_them(
    store: Store, plan: Plan, url: str
) -> None:
    batches = [
        Batch([[f"C-{n % 7}", f"王{turn}-{n}", ""] for n in range(50)], turn) for turn in range(12)
    ]
    done = list(run(store, url, job(store, plan), batches, 3))
    assert [batch.rest for batch, _ in done] == list(range(12))
    assert sum(result.came[Came.CREATED] for _, result in done) == 7
    last = {n % 7: f"王11-{n}" for n in range(50)}
    assert names(store) == [(f"C-{n}", last[n]) for n in range(7)]


def test_no_more_is_read_than_is_in_hand(store: Store, plan: Plan, url: str) -> None:
    drawn, returned = 0, 0

    def batches() -> Iterator[Batch[int]]:
        nonlocal drawn
        for n in range(20):
            drawn += 1
            yield Batch([[f"C-{n}", "王", ""]], n)

    for _ in run(store, url, job(store, plan), batches(), 2):
        returned += 1
        assert drawn - returned <= 5
    assert returned == 20


def test_what_customers_may_be_known_by(plan: Plan) -> None:
    rows = [["C-1", "王", "+86 139-1234-5678"], [" C-1 ", "王", "13912345678"], ["", "李", "无"]]
    assert marks_of(plan, rows) == {"C-1", "12345678"}


def test_a_database_that_goes_away_in_the_middle_is_a_sentence(
    store: Store, plan: Plan, url: str
) -> None:
    batches = (Batch([[f"C-{n}", "王", ""]], n) for n in range(50))
    with pytest.raises(StorageError, match="_gone"):
        list(run(store, f"{url}_gone", job(store, plan), batches, 2))


def test_a_batch_that_takes_too_long_is_done_in_parts(
    store: Store, plan: Plan, monkeypatch: pytest.MonkeyPatch
) -> None:
    done = list[int]()

    def busy(store: Store, source: str, checked: Any, *more: Any) -> Any:
        if len(checked) > 100:
            raise DatabaseBusy("stood still")
        done.append(len(checked))
        return sync_checked(store, source, checked, *more)

    monkeypatch.setattr("workers.importing.work.sync_checked", busy)
    monkeypatch.setattr("workers.importing.work.WAITS", ())
    rows = [[f"C-{n}", f"王{n}", ""] for n in range(250)]
    result = Work(store, job(store, plan)).do(rows)
    assert (result.came, done) == ({Came.CREATED: 250}, [62, 63, 62, 63])
    assert len(names(store)) == 250


def test_so_many_processes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.cpu_count", lambda: 64)
    assert (processes_of(None), processes_of(7)) == (4, 7)
