"""A worker that stands still inside a transaction keeps nobody from taking over."""

import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime

import pytest
from sqlalchemy import Connection, text

from campaigns.spec.campaign import Campaign
from lab.wait import until
from storage import campaigns
from storage.engine import STALL_SECONDS, Store, open_store
from storage.leases import TTL, acquire
from storage.migrate import alone, create_or_upgrade
from storage.stalled import end_stalled

HOLDER = """
import os, signal, sys
import psycopg
from storage.engine import open_store
from storage.errors import StorageError
from storage.leases import acquire, hold
store = open_store(sys.argv[1])
lease = acquire(store, "autumn", "w1")  # once it runs: starting may take longer than a lease lasts
try:
    with store.writing() as connection:
        hold(connection, lease)
        print("holds", flush=True)
        if sys.argv[2] == "in a batch":
            driver = connection.connection.driver_connection
            with driver.pipeline():
                driver.execute("UPDATE campaigns SET why = 'in a batch'")
                driver.pgconn.flush()
                os.kill(os.getpid(), signal.SIGSTOP)
        if sys.argv[2] == "after a flush":
            driver = connection.connection.driver_connection
            with driver.pipeline():
                driver.execute("UPDATE campaigns SET why = 'after a flush'")
            driver.pgconn.enter_pipeline_mode()
            driver.pgconn.send_flush_request()
            driver.pgconn.flush()
        os.kill(os.getpid(), signal.SIGSTOP)
        connection.exec_driver_sql("UPDATE campaigns SET why = 'late'")
except (StorageError, psycopg.Error) as told:  # the driver's own, where it was used by hand
    print(type(told).__name__, told, flush=True)
with store.reading() as connection:
    print("goes on", connection.exec_driver_sql("SELECT 1").scalar(), flush=True)
"""


@pytest.fixture
def store(set_up_url: str) -> Iterator[Store]:
    """SQLite has nobody who could end a writer that stands still: see docs/operations.md."""
    store = open_store(set_up_url)
    yield store
    store.close()


@contextmanager
def stopped_holder(url: str, where: str) -> Iterator["subprocess.Popen[str]"]:
    """A process that was stopped (SIGSTOP) while it held the lease's row."""
    holder = subprocess.Popen(
        [sys.executable, "-P", "-c", HOLDER, url, where], stdout=subprocess.PIPE, text=True
    )
    try:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "holds\n"
        yield holder
    finally:
        holder.kill()
        holder.communicate()


def test_a_worker_that_stands_still_in_a_transaction_is_taken_over(
    store: Store, url_of: Callable[[Store], str], campaign: Campaign, now: datetime
) -> None:
    campaigns.apply(store, campaign, "", now)
    with stopped_holder(url_of(store), "idle") as holder:
        began, taken = time.monotonic(), None
        while taken is None:
            assert time.monotonic() - began < TTL + STALL_SECONDS
            taken = acquire(store, campaign.name, "w2")
        holder.send_signal(signal.SIGCONT)
        told, _ = holder.communicate(timeout=10)

    assert taken.token == 2
    lines = told.splitlines()
    assert lines[0].startswith("DatabaseBusy The database postgresql")
    assert "this process stood still for too long; nothing of it was written" in lines[0]
    assert lines[1] == "goes on 1"
    assert campaigns.get(store, campaign.name).why == ""


@pytest.mark.parametrize("where", ["in a batch", "after a flush"])
def test_nor_does_one_that_the_server_does_not_end(
    store: Store, url_of: Callable[[Store], str], campaign: Campaign, now: datetime, where: str
) -> None:
    """Between the statements of a batch, and idle, but told something since that was no query."""
    campaigns.apply(store, campaign, "", now)
    with stopped_holder(url_of(store), where) as holder:
        began, ended = time.monotonic(), 0
        while not ended:
            assert time.monotonic() - began < 2 * STALL_SECONDS, "as the sweeper does"
            time.sleep(0.1)
            ended = end_stalled(store)
        taken = until(lambda: acquire(store, campaign.name, "w2"), TTL + 1)
        holder.send_signal(signal.SIGCONT)
        told, _ = holder.communicate(timeout=10)

    assert ended == 1
    assert taken is not None
    assert taken.token == 2
    assert "goes on 1" in told
    assert campaigns.get(store, campaign.name).why == ""


def test_those_who_work_or_only_read_keep_their_sessions(store: Store) -> None:
    with store.writing() as connection:
        connection.exec_driver_sql("UPDATE campaigns SET why = 'soon'")
        assert end_stalled(store) == 0
        connection.exec_driver_sql("SELECT pg_sleep(0.1)")
    assert end_stalled(store) == 0


def test_nor_does_a_migration_lose_its_session(store: Store) -> None:
    """It may hold its locks for as long as it thinks."""
    with store.writing() as connection:
        alone(connection)
        connection.exec_driver_sql("UPDATE campaigns SET why = 'upgraded'")
        time.sleep(STALL_SECONDS + 0.5)
        assert end_stalled(store) == 0
        connection.exec_driver_sql("SELECT 1")


def test_a_migration_may_think_for_longer(
    postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[object] = []
    store = open_store(postgres_url)
    monkeypatch.setattr(
        "alembic.command.upgrade",
        lambda config, _to: seen.append(_stall_limit(config.attributes["connection"])),
    )
    monkeypatch.setattr("storage.migrate.upsert", lambda *_: None)
    create_or_upgrade(store)
    with store.reading() as connection:
        seen.append(_stall_limit(connection))
    store.close()
    assert seen == ["0", f"{STALL_SECONDS}s"]


def test_options_of_the_url_come_on_top_of_ours(postgres_url: str) -> None:
    store = open_store(postgres_url + "?options=-c%20lock_timeout%3D100")
    with store.reading() as connection:
        shown = [
            connection.exec_driver_sql(f"SHOW {name}").scalar()
            for name in ("lock_timeout", "idle_in_transaction_session_timeout", "timezone")
        ]
    store.close()
    assert shown == ["100ms", f"{STALL_SECONDS}s", "UTC"]


def _stall_limit(connection: Connection) -> object:
    return connection.exec_driver_sql("SHOW idle_in_transaction_session_timeout").scalar()


def test_a_slow_reader_is_in_no_transaction_that_could_be_ended(store: Store) -> None:
    """Whoever makes objects of many rows takes longer than a process may stand still."""
    mine = text("SELECT pg_backend_pid()")
    state = text("SELECT state FROM pg_stat_activity WHERE pid = :pid")
    with store.session() as session, store.reading() as connection:
        pid = session.connection().execute(mine).scalar_one()
        assert connection.execute(state, {"pid": pid}).scalar_one() == "idle"
        assert session.connection().execute(mine).scalar_one() == pid
