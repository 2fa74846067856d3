"""Reads that may be late, on a real server that follows another by streaming."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

import psycopg
import pytest
from sqlalchemy import text

import lab.postgres
from lab.postgres import Postgres
from lab.standby import Standby
from lab.wait import until
from storage import memo
from storage.engine import Store, open_store
from storage.errors import DatabaseUnavailable
from storage.imports import import_leads
from storage.lead_rows import NewLead
from storage.leads import counts
from storage.migrate import create_or_upgrade
from storage.tables.people import LeadState

pytestmark = pytest.mark.postgres
SECONDS = 20.0
NOW = datetime.now(UTC)


@pytest.fixture(scope="module")
def primary() -> Iterator[Postgres]:
    """What is committed is flushed, as in production."""
    with lab.postgres.start() as server:
        with psycopg.connect(plain(server.url("postgres")), autocommit=True) as connection:
            connection.execute("ALTER ROLE dialplane SET synchronous_commit = 'on'")
        yield server


@pytest.fixture(scope="module")
def standby(primary: Postgres) -> Iterator[Standby]:
    with Standby(primary) as server:
        server.start()
        yield server


@pytest.fixture(scope="module")
def urls(primary: Postgres, standby: Standby) -> tuple[str, str]:
    """A database with all tables, and where its replica is."""
    url = primary.fresh()
    late = standby.url(url.rpartition("/")[2])
    store = open_store(url)
    create_or_upgrade(store)
    store.close()
    assert until(lambda: is_there(late), SECONDS)
    return url, late


@pytest.fixture
def store(urls: tuple[str, str]) -> Iterator[Store]:
    """A database without rows, and a replica that may be an hour behind."""
    store = open_store(*urls, most_behind=3600.0)
    with store.writing() as connection:
        connection.execute(text("TRUNCATE leads, customers, contact_points"))
    assert until(lambda: on_replica(store), SECONDS)
    yield store
    store.close()


def plain(url: str) -> str:
    return url.replace("+psycopg", "", 1)


def is_there(url: str) -> bool:
    try:
        psycopg.connect(plain(url)).close()
    except psycopg.OperationalError:
        return False
    return True


def on_replica(store: Store) -> bool:
    """Where a look goes now."""
    with store.looking() as connection:
        return bool(connection.execute(text("SELECT pg_is_in_recovery()")).scalar())


@contextmanager
def replay_paused(standby: Standby) -> Iterator[None]:
    """The replica gets what is written, and does not apply it."""
    with psycopg.connect(plain(standby.url("postgres")), autocommit=True) as connection:
        connection.execute("SELECT pg_wal_replay_pause()")
        state = "SELECT pg_get_wal_replay_pause_state()"
        assert until(lambda: connection.execute(state).fetchone() == ("paused",), SECONDS)
        yield
        connection.execute("SELECT pg_wal_replay_resume()")


def put(store: Store, count: int) -> None:
    import_leads(store, "first", [NewLead(number=f"+49301{n:07}") for n in range(count)], NOW)


def leads(store: Store) -> int:
    return counts(store, "first")[LeadState.READY]


def test_reads_that_may_be_late_go_to_the_replica_and_no_others(store: Store) -> None:
    put(store, 3)
    assert until(lambda: on_replica(store), SECONDS)
    assert leads(store) == 3
    recovery = text("SELECT pg_is_in_recovery()")
    for reading in (store.reading, store.writing):
        with reading() as connection:
            assert not connection.execute(recovery).scalar()
    with store.session() as session:
        assert not session.connection().execute(recovery).scalar()
    with store.looking_session() as session:
        assert session.connection().execute(recovery).scalar()


def test_who_has_written_sees_it(store: Store, standby: Standby) -> None:
    with replay_paused(standby):
        assert on_replica(store)
        put(store, 2)
        assert leads(store) == 2  # the replica has none of them yet
        assert not on_replica(store)
    assert until(lambda: on_replica(store), SECONDS)
    assert leads(store) == 2


def test_a_process_that_begins_sees_what_others_have_written(
    store: Store, standby: Standby, url_of: Callable[[Store], str]
) -> None:
    assert store.replica is not None
    late = store.replica.engine.url.render_as_string(hide_password=False)
    with replay_paused(standby):
        put(store, 2)
        other = open_store(url_of(store), late, most_behind=60)
        assert leads(other) == 2
        other.close()


def test_one_that_is_too_far_behind_is_not_read_from(store: Store, standby: Standby) -> None:
    replica = store.replica
    assert replica is not None
    replica.most_behind = 1.0
    with open_other(store) as writer, replay_paused(standby):
        memo.remember(writer, "a", "b")
        assert until(lambda: (replica.judge(store.engine).behind or 0) > 1.0, SECONDS)
        assert until(lambda: not on_replica(store), SECONDS)
        assert "s behind, more than 1 s" in replica.judge(store.engine).why
    assert until(lambda: on_replica(store), SECONDS)


def test_one_that_is_a_little_behind_is(store: Store, standby: Standby) -> None:
    """Nothing of it was written here, so it may be late."""
    with open_other(store) as writer, replay_paused(standby):
        put(writer, 5)
        assert on_replica(store)
        assert leads(store) == 0
    assert until(lambda: leads(store) == 5, SECONDS)


def test_one_that_dies_is_missed_by_nobody(
    store: Store, standby: Standby, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("storage.replica.AWAY", 0.2)
    assert store.replica is not None
    put(store, 4)
    standby.kill()
    assert leads(store) == 4
    assert not on_replica(store)
    assert store.replica.judge(store.engine).why == "it does not answer"
    standby.start()
    assert until(lambda: on_replica(store), SECONDS)


def test_a_server_that_follows_nobody_is_not_read_from(
    primary: Postgres, store: Store, url_of: Callable[[Store], str]
) -> None:
    itself = open_store(url_of(store), url_of(store))
    assert itself.replica is not None
    assert not on_replica(itself)
    assert "does not follow another server" in itself.replica.judge(itself.engine).why
    itself.close()


def test_sqlite_has_no_replica(primary: Postgres) -> None:
    with pytest.raises(DatabaseUnavailable, match="Only a PostgreSQL database can have a replica"):
        open_store("sqlite:///site.db", primary.url("postgres"))


@contextmanager
def open_other(store: Store) -> Iterator[Store]:
    """Another process's view of the same database."""
    other = open_store(store.engine.url.render_as_string(hide_password=False))
    yield other
    other.close()
