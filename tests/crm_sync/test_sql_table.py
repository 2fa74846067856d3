import contextlib
import socket
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import Column, Engine, MetaData, String, Table, create_engine, make_url, text

from crm_sync.adapter import AdapterError
from crm_sync.sql_table import SqlTable
from storage.outbox import Taken

PLAIN = Table(
    "calls",
    MetaData(),
    Column("idempotency_key", String(120), unique=True),
    Column("number", String(16)),
)
Make = Callable[..., Taken]
Rows = Callable[[], list[dict[str, Any]]]


@pytest.fixture
def table(crm: Engine, crm_url: str) -> Any:
    adapter = SqlTable(crm_url, "calls")
    yield adapter
    adapter.close()


def test_fields_go_into_columns_of_the_same_name(
    table: SqlTable, message: Make, rows: Rows
) -> None:
    assert table.push([message(1), message(2, next_at=None, talk_seconds=0)]) == {}

    first = rows()[0]
    ended = first["ended_at"]
    assert ended.replace(tzinfo=UTC) == datetime(2026, 11, 20, 12, 0, 0, 123456, UTC)
    assert first["number"] == "+12125550001"
    assert first["talk_seconds"] == 12.5
    assert first["final"] is True
    assert first["remark"] == "theirs"


def test_a_row_that_is_there_is_brought_up_to_date_and_theirs_is_left(
    table: SqlTable, message: Make, rows: Rows, crm: Engine
) -> None:
    table.push([message(1)])
    with crm.begin() as connection:
        connection.execute(text("UPDATE calls SET remark = 'read'"))
    assert table.push([message(1, disposition="refund")]) == {}

    (row,) = rows()
    assert row["disposition"] == "refund"
    assert row["remark"] == "read"


def test_a_map_of_columns(crm: Engine, crm_url: str, message: Make, rows: Rows) -> None:
    columns = {"attempt_id": "idempotency_key", "campaign": "remark", "ended_at": "ended_at"}
    adapter = SqlTable(crm_url, "calls", "idempotency_key", columns)
    assert adapter.push([message(1)]) == {}
    adapter.close()

    (row,) = rows()
    assert row["idempotency_key"] == message(1).payload["attempt_id"]
    assert row["remark"] == "spring"
    assert row["number"] is None


def test_a_call_that_came_in_is_a_row_with_whose_number_it_came_from(
    crm_url: str, message: Make, rows: Rows
) -> None:
    columns = {"idempotency_key": "idempotency_key", "direction": "remark",
               "calling_number": "number", "called_number": "disposition"}  # fmt: skip
    adapter = SqlTable(crm_url, "calls", "idempotency_key", columns)
    came = replace(message(2, direction="inbound"), kind="inbound.ended")
    assert adapter.push([message(1, direction="outbound"), came]) == {}
    adapter.close()

    told = [(row["remark"], row["disposition"], row["number"]) for row in rows()]
    assert told == [("outbound", "+12125550001", None), ("inbound", None, "+12125550002")]


def test_one_bad_row_fails_for_good_and_the_others_arrive(
    table: SqlTable, message: Make, rows: Rows, crm: Engine
) -> None:
    if crm.dialect.name == "postgresql":
        bad = message(2, disposition="x" * 41)
    else:
        with crm.begin() as connection:
            connection.execute(
                text(
                    "CREATE TRIGGER no_bad BEFORE INSERT ON calls WHEN new.disposition = 'bad' "
                    "BEGIN SELECT RAISE(ABORT, 'too bad'); END"
                )
            )
        bad = message(2, disposition="bad")

    failed = table.push([message(1), bad, message(3)])

    assert set(failed) == {bad.id}
    assert failed[bad.id].for_good
    assert failed[bad.id].why.startswith("table calls: the CRM's database refused it: ")
    assert len(rows()) == 2


@pytest.mark.parametrize("wrong", [{"ended_at": "yesterday"}, {"ended_at": ["a"]}])
def test_a_value_that_is_none_fails_for_good(
    table: SqlTable, message: Make, rows: Rows, wrong: dict[str, Any]
) -> None:
    failed = table.push([message(1), message(2, **wrong)])
    assert [verdict.for_good for verdict in failed.values()] == [True]
    assert len(rows()) == 1


def test_what_the_table_lacks_is_a_sentence_and_worth_a_retry(
    crm: Engine, crm_url: str, message: Make
) -> None:
    def push(**settings: Any) -> str:
        adapter = SqlTable(**{"url": crm_url, "table": "calls", **settings})
        (failed,) = adapter.push([message(1)]).values()
        adapter.close()
        assert not failed.for_good
        return failed.why

    assert push(table="nothing") == "the table nothing does not exist; create it first"
    columns = {"idempotency_key": "idempotency_key", "agent": "who"}
    assert push(columns=columns) == "the table calls has no column who"
    assert "has no unique index" in push(key="number")


def test_a_table_that_is_repaired_is_found_again(
    crm: Engine, crm_url: str, message: Make, rows: Rows
) -> None:
    with crm.begin() as connection:
        connection.execute(text("ALTER TABLE calls RENAME TO calls_away"))
    adapter = SqlTable(crm_url, "calls")
    assert len(adapter.push([message(1)])) == 1
    with crm.begin() as connection:
        connection.execute(text("ALTER TABLE calls_away RENAME TO calls"))
    assert adapter.push([message(1)]) == {}
    adapter.close()
    assert len(rows()) == 1


@pytest.mark.parametrize("url", ["nonsense", "oracle://x", "mssql://h/d", "foo+bar://h"])
def test_a_database_it_does_not_know_is_a_sentence(url: str) -> None:
    with pytest.raises(AdapterError, match=r"crm_table\.url"):
        SqlTable(url, "calls")


def test_a_server_that_is_away_is_worth_a_retry_and_names_no_password(message: Make) -> None:
    adapter = SqlTable("postgresql+psycopg://u:hidden@127.0.0.1:1/d", "calls")
    (failed,) = adapter.push([message(1)]).values()
    adapter.close()
    assert not failed.for_good
    assert "hidden" not in failed.why


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"columns": {"number": "number"}}, "crm_table.columns: none of them is the key idem"),
        (
            {"columns": {"idempotency_key": "idempotency_key", "dispositon": "disposition"}},
            "crm_table.columns: there is no field dispositon; use some of agent, ",
        ),
        (
            {"columns": {"idempotency_key": "idempotency_key", "kind": "x", "note": "x"}},
            "crm_table.columns: two fields go into the column x",
        ),
        ({"key": "call_ref"}, "crm_table.key: no field is called call_ref"),
    ],
)
def test_a_map_that_would_duplicate_or_lose_something_is_refused(
    crm_url: str, settings: dict[str, Any], words: str
) -> None:
    with pytest.raises(AdapterError) as told:
        SqlTable(crm_url, "calls", **settings)
    assert str(told.value).startswith(words)


def test_what_the_database_says_of_a_value_is_not_passed_on(
    crm: Engine, crm_url: str, message: Make
) -> None:
    """A number in its words ends in our log and outbox."""
    into = {"idempotency_key": "idempotency_key", "agent": "id"}
    if crm.dialect.name == "sqlite":
        into = {"idempotency_key": "idempotency_key", "agent": "final"}
    adapter = SqlTable(crm_url, "calls", columns=into)
    failed = adapter.push([message(1, agent="secret one"), message(2, agent="secret two")])
    adapter.close()
    assert len(failed) == 2
    for verdict in failed.values():
        assert verdict.for_good
        assert "a value is not of the type of its column" in verdict.why
        assert "secret" not in verdict.why


@pytest.fixture
def hung(postgres_url: str) -> Iterator[Engine]:
    """A CRM whose table somebody keeps locked."""
    crm = create_engine(postgres_url)
    PLAIN.metadata.create_all(crm)
    with crm.connect() as holder:
        holder.execute(text("LOCK TABLE calls IN EXCLUSIVE MODE"))
        yield crm
    crm.dispose()


def test_a_table_that_is_locked_does_not_hold_up_the_outbox(hung: Engine, message: Make) -> None:
    adapter = SqlTable(hung.url.render_as_string(hide_password=False), "calls")
    began = time.monotonic()
    failed = adapter.push([message(1), message(2)])
    adapter.close()
    assert time.monotonic() - began < 12
    assert len(failed) == 2
    assert not any(verdict.for_good for verdict in failed.values())
    assert all("lock timeout" in verdict.why for verdict in failed.values())


def test_a_server_that_freezes_is_cut_off(
    postgres_url: str, message: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    crm = create_engine(postgres_url)
    PLAIN.metadata.create_all(crm)
    crm.dispose()
    url = make_url(postgres_url)
    monkeypatch.setattr("crm_sync.sql_table.LONGEST", 0.5)
    with Relay(url.host or "", url.port or 0) as relay:
        adapter = SqlTable(
            url.set(host="127.0.0.1", port=relay.port).render_as_string(hide_password=False),
            "calls",
        )
        assert adapter.push([message(1)]) == {}
        relay.freeze_at = b"INSERT"
        (failed,) = adapter.push([message(2)]).values()
        adapter.close()
    assert not failed.for_good


class Relay:
    """Passes bytes between clients and a server on loopback, until it freezes."""

    def __init__(self, host: str, port: int) -> None:
        self.freeze_at = b""  # whatever holds this is not passed on, nor anything after it
        self._server = (host, port)
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self._ends: list[socket.socket] = []

    def __enter__(self) -> "Relay":
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        for end in (self._listener, *self._ends):
            end.close()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                client = self._listener.accept()[0]
                server = socket.create_connection(self._server)
                self._ends += [client, server]
                for source, target in ((client, server), (server, client)):
                    threading.Thread(target=self._pass, args=(source, target), daemon=True).start()

    def _pass(self, source: socket.socket, target: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while data := source.recv(65536):
                if self.freeze_at and self.freeze_at in data:
                    return
                target.sendall(data)
            target.shutdown(socket.SHUT_WR)
