"""Opening a database, and what people are told when that or anything later fails."""

import sqlite3
import stat
import threading
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import URL, make_url, text
from sqlalchemy.exc import DBAPIError, OperationalError, ProgrammingError

from lab.postgres import Postgres
from storage import engine
from storage.engine import Store, open_store
from storage.errors import (
    DatabaseBusy,
    DatabaseReadOnly,
    DatabaseTooOld,
    DatabaseUnavailable,
    StorageError,
)
from storage.sentences import SENTENCES, in_words


def fails_to_open(url: str) -> str:
    with pytest.raises(StorageError) as failure:
        open_store(url)
    words = str(failure.value)
    assert "\n" not in words
    assert "Traceback" not in words
    return words


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("", "cannot be read; expected sqlite:///path/to/file.db"),
        ("nonsense", "cannot be read"),
        ("postgresql://user:secret@host:port/x", "cannot be read"),
        ("oracle://user:secret@host/x", "begins with 'oracle:'"),
        ("mysql://user:secret@host/x", "begins with 'mysql:'"),
        ("sqlite://", "in memory"),
        ("sqlite:///:memory:", "in memory"),
        ("sqlite:////no/such/folder/x.db", "The folder /no/such/folder of the database"),
    ],
)
def test_a_url_that_cannot_be_opened(url: str, words: str) -> None:
    told = fails_to_open(url)
    assert words in told
    assert "secret" not in told


def test_a_file_that_is_no_database(tmp_path: Path) -> None:
    path = tmp_path / "leads.csv"
    path.write_bytes(b"number,name\n" * 500)
    assert "is damaged, or the file is not a database" in fails_to_open(f"sqlite:///{path}")


def test_a_folder_instead_of_a_file(tmp_path: Path) -> None:
    assert "cannot be opened" in fails_to_open(f"sqlite:///{tmp_path}")


def test_a_file_that_may_only_be_read(store: Store, tmp_path: Path) -> None:
    if not store.is_sqlite:
        with store.reading() as connection:
            connection.execute(text("SET TRANSACTION READ ONLY"))
            with pytest.raises(DatabaseReadOnly, match="is read-only"), store._words():
                connection.execute(text("DELETE FROM outbox"))
        return
    only_read = open_store(f"sqlite:///file:{tmp_path}/dialplane.db?mode=ro&uri=true")
    with pytest.raises(DatabaseReadOnly, match="is read-only"), only_read.writing() as connection:
        connection.execute(text("DELETE FROM outbox"))
    only_read.close()


def test_a_server_that_is_not_there(postgres: Postgres) -> None:
    url = postgres.url("x").replace(f":{postgres.port}/", ":1/")
    told = fails_to_open(url)
    assert "does not answer or cannot be opened" in told
    assert password_of(url) not in told


def test_a_wrong_password(postgres: Postgres) -> None:
    url = make_url(postgres.url("postgres")).set(password="wrong")
    told = fails_to_open(url.render_as_string(hide_password=False))
    assert "does not let us in; check user and password" in told or "password" in told
    assert "wrong" not in told.replace("wrong password", "")


def test_a_database_its_server_does_not_have(postgres: Postgres) -> None:
    assert "nobody_made_it" in fails_to_open(postgres.url("nobody_made_it"))


def test_a_database_without_room_for_names(postgres: Postgres) -> None:
    plain = postgres.url("postgres").replace("+psycopg", "", 1)
    with psycopg.connect(plain, autocommit=True) as connection:
        connection.execute("CREATE DATABASE ascii ENCODING 'SQL_ASCII' TEMPLATE template0")
    assert "holds text as SQL_ASCII" in fails_to_open(postgres.url("ascii"))
    postgres.drop("ascii")


def test_a_process_that_uses_up_its_connections(
    postgres: Postgres, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = open_store(postgres.url("postgres"))
    monkeypatch.setattr(store.engine.pool, "_timeout", 0.05)
    with ExitStack() as held:
        for _ in range(20):
            held.enter_context(store.reading()).exec_driver_sql("SELECT 1")
        with pytest.raises(DatabaseBusy, match="no connection"), store.reading():
            pass
    store.close()


def test_short_names_of_postgresql_mean_psycopg_3(postgres: Postgres) -> None:
    rest = postgres.url("postgres").partition("://")[2]
    for scheme in ("postgres", "postgresql", "postgresql+psycopg"):
        store = open_store(f"{scheme}://{rest}")
        assert store.engine.url.drivername == "postgresql+psycopg"
        assert password_of(postgres.url("x")) not in store.shown
        assert password_of(postgres.url("x")) not in repr(store)
        store.close()


def test_without_psycopg_the_sentence_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine, "find_spec", lambda _name: None)
    assert 'pip install "dialplane[postgres]"' in fails_to_open("postgresql://h/x")


def test_an_empty_database_is_told_from_a_broken_one(empty_url: str) -> None:
    store = open_store(empty_url)
    with pytest.raises(DatabaseTooOld, match="run: dialplane init"), store.reading() as connection:
        connection.execute(text("SELECT * FROM leads"))
    store.close()


def test_a_locked_database(
    store: Store, url_of: Callable[[Store], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    if store.is_sqlite:
        other = open_store(url_of(store) + "?timeout=0.1")
    else:
        other = open_store(url_of(store) + "?options=-c%20lock_timeout%3D100")
    with store.writing() as connection:
        connection.execute(text("UPDATE meta SET value = 'held'"))
        with pytest.raises(DatabaseBusy, match="is locked"), other.writing() as second:
            second.execute(text("UPDATE meta SET value = 'wanted'"))
        connection.rollback()
    other.close()


def test_a_transaction_is_kept_whole_or_not_at_all(store: Store) -> None:
    def half() -> None:
        with store.writing() as connection:
            connection.execute(text("INSERT INTO meta (key, value) VALUES ('half', '1')"))
            raise KeyError

    with pytest.raises(KeyError):
        half()
    with store.reading() as connection:
        assert connection.execute(text("SELECT 1 FROM meta WHERE key = 'half'")).all() == []


def test_readers_do_not_wait_for_a_writer(store: Store) -> None:
    with store.writing() as writer:
        writer.execute(text("UPDATE meta SET value = 'new' WHERE key = 'program'"))
        with store.reading() as reader:
            [value] = reader.execute(text("SELECT value FROM meta WHERE key = 'program'")).scalars()
        assert value.startswith("dialplane")
        writer.rollback()


def test_sqlite_is_set_up_for_many_readers_and_one_writer(tmp_path: Path) -> None:
    store = open_store(f"sqlite:///{tmp_path}/x.db")
    expected = {"journal_mode": "wal", "synchronous": 1, "foreign_keys": 1, "busy_timeout": 5000}
    with store.reading() as connection:
        for name, value in expected.items():
            assert connection.exec_driver_sql(f"PRAGMA {name}").scalar() == value
    store.close()


def test_a_new_file_is_for_its_owner_alone(tmp_path: Path) -> None:
    store = open_store(f"sqlite:///{tmp_path}/x.db")
    with store.writing() as connection:
        connection.execute(text("CREATE TABLE t (x)"))
    files = sorted(tmp_path.iterdir())
    assert [file.name for file in files] == ["x.db", "x.db-shm", "x.db-wal"]
    assert {stat.S_IMODE(file.stat().st_mode) for file in files} == {0o600}
    store.close()


def test_threads_share_a_store(store: Store) -> None:
    failures: list[BaseException] = []

    def work(n: int) -> None:
        try:
            for k in range(20):
                with store.writing() as connection:
                    connection.execute(
                        text("INSERT INTO meta (key, value) VALUES (:key, '')"), {"key": f"{n}-{k}"}
                    )
        except BaseException as failure:  # noqa: BLE001 - told below, in the test's own thread
            failures.append(failure)

    threads = [threading.Thread(target=work, args=(n,)) for n in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    with store.writing() as connection:
        assert connection.execute(text("DELETE FROM meta WHERE key LIKE '%-%'")).rowcount == 120


@pytest.mark.postgres
def test_a_server_that_is_restarted_is_found_again(tmp_path: Path) -> None:
    with Postgres() as server:
        server.start()
        store = open_store(server.url("postgres"))
        try:
            server.kill()
            with pytest.raises(DatabaseUnavailable), store.reading() as connection:
                connection.exec_driver_sql("SELECT 1")
            server.start()
            with store.reading() as connection:
                assert connection.exec_driver_sql("SELECT 1").scalar() == 1
        finally:
            store.close()  # else the server waits for the connection to go away


def test_a_statement_of_ours_that_is_wrong_stays_an_error(store: Store) -> None:
    with pytest.raises(DBAPIError), store.reading() as connection:
        connection.execute(text("SELEKT 1"))


@pytest.mark.parametrize("code", sorted(SENTENCES))
def test_every_sentence_is_one(code: str) -> None:
    told = in_words(failed(code), "postgresql://user@host/name")
    kind, _ = SENTENCES[code]
    assert type(told) is kind
    words = str(told)
    assert words.startswith("The database postgresql://user@host/name ")
    assert "{" not in words
    assert "\n" not in words
    assert "do not repeat this" not in words


def failed(code: str) -> DBAPIError:
    """What SQLAlchemy makes of a driver's error with this code."""
    if code.startswith("SQLITE"):
        cause: Exception = sqlite3.OperationalError(code.partition(" ")[2] or "first line")
        cause.sqlite_errorname = code.partition(" ")[0]  # type: ignore[attr-defined]
        return OperationalError("SELECT 'do not repeat this'", {}, cause)
    states = {"08": "08006", "28": "28P01", "3D": "3D000", "3F": "3F000", "40": "40P01"}
    more = {"53": "53100", "57": "57P01", "58": "58030"}
    error = type("Error", (psycopg.Error,), {"sqlstate": (states | more).get(code, code)})
    return ProgrammingError("SELECT 'do not repeat this'", {}, error("first line\nmore lines"))


def password_of(url: str) -> str:
    parsed: URL = make_url(url)
    return str(parsed.password)
