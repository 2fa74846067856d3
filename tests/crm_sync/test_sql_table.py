from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import Engine, text

from crm_sync.adapter import AdapterError
from crm_sync.sql_table import SqlTable
from storage.outbox import Taken

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
    assert failed[bad.id].why.startswith("the CRM's database refused it: ")
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
    assert push(columns={"agent": "who"}) == "the table calls has no column who"
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
