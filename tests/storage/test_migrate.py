"""Making and upgrading the tables."""

import subprocess
import sys
import threading
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import pytest
from alembic import command
from alembic.script import ScriptDirectory
from alembic.util.exc import CommandError
from sqlalchemy import inspect, text
from sqlalchemy.exc import DBAPIError

from storage.engine import Store, open_store
from storage.errors import DatabaseTooNew, DatabaseTooOld, StorageError
from storage.ids import new_id
from storage.migrate import configuration, create_or_upgrade, require_current, revisions
from storage.tables.all import METADATA, TABLES
from tests.databases import set_up
from tests.storage.conftest import DATABASES

CUSTOMER_OF_BEFORE = (
    "INSERT INTO customers (id, number, name, external_ref, created_at, last_outcome, "
    "last_disposition, contacts, do_not_call) VALUES (:id, :number, '王', 'CRM', :at, '', '', 2, "
    ":no)"
)
LEAD_OF_BEFORE = (
    "INSERT INTO leads (id, list_name, customer_id, number, name, rank, segment, skills, zones, "
    "external_ref, fields, state, next_at, tries, attempts_total, last_outcome, last_disposition, "
    "created_at) VALUES (:id, 'l', :id, :number, '', 0, '', '[]', '', '', '{}', 'ready', :at, "
    "'{}', 0, '', '', :at)"
)


@pytest.fixture
def empty(empty_url: str) -> Iterator[Store]:
    store = open_store(empty_url)
    yield store
    store.close()


@pytest.fixture(params=DATABASES)
def made(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    """A database with all tables, as the migrations make them."""
    on_postgresql = request.param == "postgresql"
    url = (
        request.getfixturevalue("set_up_url") if on_postgresql else f"sqlite:///{tmp_path / 'm.db'}"
    )
    store = set_up(url)
    yield store
    store.close()


def run(store: Store, name: str, *arguments: str) -> None:
    with store.writing() as connection:
        getattr(command, name)(configuration(connection), *arguments)


def tables(store: Store) -> set[str]:
    with store.reading() as connection:
        return set(inspect(connection).get_table_names()) - {"alembic_version"}


def test_an_empty_database_gets_all_tables_once(empty: Store) -> None:
    with pytest.raises(DatabaseTooOld, match="dialplane init"):
        require_current(empty)
    assert create_or_upgrade(empty)
    require_current(empty)
    assert tables(empty) == {table.name for table in TABLES} == set(METADATA.tables)
    assert not create_or_upgrade(empty)


def test_a_migrations_file_is_named_after_it() -> None:
    script = ScriptDirectory.from_config(configuration())
    assert revisions() == [known.revision for known in script.walk_revisions()][::-1]
    assert script.get_heads() == revisions()[-1:]


def test_who_only_looks_does_not_load_alembic() -> None:
    looks = "import sys, storage.migrate; sys.exit('alembic' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", looks], check=False).returncode == 0


def test_the_migrations_and_the_models_agree(made: Store) -> None:
    run(made, "check")  # raises when they do not; see the next test


@pytest.mark.parametrize(
    "change",
    [
        "DROP INDEX uq_attempts_live_number",
        "DROP TABLE pacing_decisions",
        "ALTER TABLE leads DROP COLUMN segment",
        "ALTER TABLE leads ADD COLUMN colour TEXT",
    ],
)
def test_the_check_would_see_a_difference(made: Store, change: str) -> None:
    with made.writing() as connection:
        connection.execute(text(change))
    with pytest.raises(CommandError, match="New upgrade operations"):
        run(made, "check")


def test_down_to_nothing_and_up_again_step_by_step(empty: Store) -> None:
    create_or_upgrade(empty)
    revisions = list(ScriptDirectory.from_config(configuration()).walk_revisions())
    for _ in revisions:
        run(empty, "downgrade", "-1")
    assert tables(empty) == set()
    for revision in reversed(revisions):
        run(empty, "upgrade", revision.revision)
    run(empty, "check")


def test_customers_of_before_keep_their_leads_and_get_their_number(
    empty: Store, now: datetime
) -> None:
    """SQLite makes their table anew, with leads that refer to it."""
    run(empty, "upgrade", "0013")
    ids = [new_id() for _ in range(3)]
    with empty.writing() as connection:
        for n, each in enumerate(ids):
            told = {"id": each.hex, "number": f"+4930123456{n}", "at": str(now), "no": False}
            connection.execute(text(CUSTOMER_OF_BEFORE), told)
            connection.execute(text(LEAD_OF_BEFORE), told)
    create_or_upgrade(empty)
    query = (
        "SELECT count(*) FROM customers c JOIN leads l ON l.customer_id = c.id "
        "JOIN contact_points p ON p.customer_id = c.id AND p.value = c.number "
        "WHERE c.contacts = 2 AND c.version = 1 AND c.updated_at = c.created_at AND c.name = '王'"
    )
    with empty.reading() as connection:
        assert connection.execute(text(query)).scalar() == len(ids)
    run(empty, "downgrade", "0013")
    with empty.reading() as connection:
        assert connection.execute(text("SELECT count(*) FROM customers")).scalar() == len(ids)
        if empty.is_sqlite:
            assert connection.execute(text("PRAGMA foreign_key_check")).all() == []


def test_a_database_of_a_newer_program_is_left_alone(made: Store) -> None:
    with made.writing() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
        connection.execute(text("UPDATE meta SET value = 'dialplane 7.1' WHERE key = 'program'"))
    for act in (create_or_upgrade, require_current):
        with pytest.raises(DatabaseTooNew, match=r"by a newer program \(dialplane 7\.1; this is"):
            act(made)
    with made.writing() as connection:
        views_too = "" if connection.dialect.name == "sqlite" else " CASCADE"
        connection.execute(text(f"DROP TABLE meta{views_too}"))
    with pytest.raises(DatabaseTooNew, match="version not known"):
        create_or_upgrade(made)


def test_processes_that_start_together_upgrade_once(empty_url: str) -> None:
    stores = [open_store(empty_url) for _ in range(4)]
    done: list[bool | StorageError] = []
    together = threading.Barrier(len(stores))

    def work(store: Store) -> None:
        together.wait()
        try:
            done.append(create_or_upgrade(store))
        except StorageError as failure:
            done.append(failure)

    threads = [threading.Thread(target=work, args=(store,)) for store in stores]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for store in stores:
        store.close()
    assert sorted(map(str, done)) == ["False", "False", "False", "True"]


def test_an_upgrade_that_fails_leaves_nothing_behind(
    empty: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_arguments: object) -> None:
        raise StorageError("the machine stops here")

    monkeypatch.setattr("storage.migrate.upsert", fail)
    with pytest.raises(StorageError, match="stops here"):
        create_or_upgrade(empty)
    assert tables(empty) == set()
    monkeypatch.undo()
    assert create_or_upgrade(empty)


@pytest.mark.parametrize(
    "change", ["UPDATE attempt_events SET what = 'x'", "DELETE FROM attempt_events"]
)
def test_the_history_of_attempts_only_grows(made: Store, change: str, now: datetime) -> None:
    with made.writing() as connection:
        connection.execute(
            METADATA.tables["attempt_events"].insert(),
            {"attempt_id": new_id(), "at": now, "what": "placed", "token": 1, "detail": ""},
        )
    refused = (DBAPIError, StorageError)
    with pytest.raises(refused, match="only be added to"), made.writing() as connection:
        connection.execute(text(change))


@pytest.mark.postgres
def test_partitions_are_not_taken_for_tables_to_be_dropped(set_up_url: str) -> None:
    store = open_store(set_up_url)
    with store.writing() as connection:
        for statement in (
            "DROP TABLE pacing_decisions",
            "CREATE TABLE pacing_decisions (seq bigserial NOT NULL, campaign varchar(64) NOT NULL, "
            "at timestamptz NOT NULL, calls integer NOT NULL, why text NOT NULL, "
            "view jsonb NOT NULL) PARTITION BY RANGE (at)",
            "CREATE INDEX ix_pacing_decisions_campaign_at ON pacing_decisions (campaign, at)",
            "CREATE TABLE pacing_2026_11 PARTITION OF pacing_decisions "
            "FOR VALUES FROM ('2026-11-01') TO ('2026-12-01')",
        ):
            connection.execute(text(statement))
    run(store, "check")
    store.close()
