"""Many rows in one statement: the same on both databases, whatever is in the rows."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select

from storage.bulk import insert_new, insert_rows, of_each, plan_anew, update_rows
from storage.customers.numbers import bare_row
from storage.engine import Store
from storage.errors import StorageError
from storage.ids import new_id
from storage.tables.changes import CUSTOMER_CHANGES
from storage.tables.contacts import CONTACT_POINTS
from storage.tables.people import CUSTOMERS, LEADS

TEXTS = (
    "",
    " ",
    "null",
    '"quoted" \\ back\\slash \\u0041 %s %(x)s :x {}',
    "a\r\nb\tc\x07\x1b[31m",
    "你好 Ünïcödé 🚀 \u202e\u2028\u0085",
    "'; DROP TABLE customers; --",
    "[1, {}]",
)

# what one names by its columns, a partitioned table of customers has not
UNIQUE_NUMBERS = pytest.mark.parametrize("store", ["sqlite", "postgresql"], indirect=True)


def customer(number: str, now: datetime, **parts: Any) -> dict[str, Any]:
    row = {
        "id": new_id(),
        "number": number,
        "name": "",
        "external_ref": "",
        "created_at": now,
        "updated_at": now,
        "idle_since": now,
        "last_contact_at": None,
        "last_outcome": "",
        "last_disposition": "",
        "contacts": 0,
        "do_not_call": False,
    }
    return row | parts


def stored(store: Store) -> list[dict[str, Any]]:
    with store.reading() as connection:
        rows = connection.execute(select(CUSTOMERS).order_by(CUSTOMERS.c.id)).mappings()
        return [dict(row) for row in rows]


def shown(row: Mapping[str, Any], like: Mapping[str, Any]) -> dict[str, Any]:
    return {name: row[name] for name in like}


def test_rows_come_back_as_they_were_given(store: Store, now: datetime) -> None:
    given = [
        customer(
            f"+4930000000{n}",
            now + timedelta(microseconds=n),
            name=words,
            contacts=n * 1000,
            do_not_call=bool(n % 2),
            last_contact_at=now if n % 3 else None,
        )
        for n, words in enumerate(TEXTS)
    ]
    with store.writing() as connection:
        insert_rows(connection, CUSTOMERS, given)
    found = stored(store)
    assert [shown(row, given[0]) for row in found] == given
    assert all(isinstance(row["id"], UUID) for row in found)
    assert all(row["created_at"].tzinfo is UTC for row in found)


@pytest.mark.parametrize("words", TEXTS)
@pytest.mark.parametrize("count", [1, 120])
def test_what_all_rows_have_the_same_comes_back_in_each(
    store: Store, now: datetime, words: str, count: int
) -> None:
    given = [
        customer(f"+4930{n:08}", now, name=words, company=words, fields={"a": words, "b": None})
        for n in range(count)
    ]
    with store.writing() as connection:
        insert_rows(connection, CUSTOMERS, given)
    assert [shown(row, given[0]) for row in stored(store)] == given
    later = now + timedelta(seconds=1)
    changed = [{"id": row["id"], "company": None, "updated_at": later} for row in given]
    with store.writing() as connection:
        update_rows(connection, CUSTOMERS, changed)
    found = stored(store)
    assert {(row["company"], row["updated_at"]) for row in found} == {(None, later)}
    assert {row["name"] for row in found} == {words}


@pytest.mark.parametrize("count", [1, 120])
def test_a_text_that_is_too_long_is_refused_and_not_cut(
    store: Store, now: datetime, count: int
) -> None:
    if store.is_sqlite:
        return  # it knows no lengths
    rows = [customer(f"+4930{n:08}", now, stage="x" * 65) for n in range(count)]
    with pytest.raises(StorageError), store.writing() as connection:
        insert_rows(connection, CUSTOMERS, rows)
    assert stored(store) == []


def test_rows_that_are_all_the_same_are_as_many_as_given(store: Store, now: datetime) -> None:
    same = {"customer_id": new_id(), "at": now, "what": "name", "who": "cli", "origin": ""}
    rows = [{**same, "depth": 0, "tries": 0, "next_at": now} for _ in range(120)]
    with store.writing() as connection:
        insert_rows(connection, CUSTOMER_CHANGES, rows)
    with store.reading() as connection:
        found = connection.execute(select(CUSTOMER_CHANGES)).mappings().all()
    assert [shown(dict(row), rows[0]) for row in found] == rows


def test_json_columns_come_back_too(store: Store, now: datetime) -> None:
    who = customer("+493010000001", now)
    fields = {"a": "ü\n\"'", "": "", "你": "null"}
    lead = {
        "id": new_id(),
        "list_name": "first",
        "customer_id": who["id"],
        "number": "+493010000001",
        "name": "",
        "rank": -3,
        "segment": "",
        "skills": ["a", "b"],
        "zones": "",
        "external_ref": "",
        "fields": fields,
        "state": "ready",
        "next_at": now,
        "tries": {"busy": 2},
        "attempts_total": 2,
        "last_outcome": "",
        "last_disposition": "",
        "created_at": now,
    }
    with store.writing() as connection:
        insert_rows(connection, CUSTOMERS, [who])
        insert_rows(connection, LEADS, [lead])
        update_rows(connection, LEADS, [{"id": lead["id"], "tries": {}, "fields": {"x": "\\"}}])
    with store.reading() as connection:
        row = connection.execute(select(LEADS)).mappings().one()
    assert (row["skills"], row["tries"], row["fields"]) == (["a", "b"], {}, {"x": "\\"})


@pytest.mark.parametrize("value", [float("nan"), float("inf"), [None, float("nan")]])
def test_what_is_no_number_is_not_made_nothing(store: Store, now: datetime, value: Any) -> None:
    with pytest.raises(StorageError), store.writing() as connection:
        insert_rows(connection, CUSTOMERS, [customer("+493010000001", now, fields={"a": value})])
    assert stored(store) == []


@pytest.mark.parametrize("value", [None, "null", 2**60, 10**30, 0.1, [None, {"b": True}]])
def test_numbers_and_nothing_come_back_from_json(store: Store, now: datetime, value: Any) -> None:
    with store.writing() as connection:
        insert_rows(connection, CUSTOMERS, [customer("+493010000001", now, fields={"a": value})])
    assert [row["fields"] for row in stored(store)] == [{"a": value}]


@UNIQUE_NUMBERS
def test_only_new_ones_are_inserted_and_told(store: Store, now: datetime) -> None:
    first, second = customer("+493010000001", now), customer("+493010000002", now)
    again = customer("+493010000001", now, name="other")
    with store.writing() as connection:
        assert insert_new(connection, CUSTOMERS, [first], ["number"]) == {first["id"]}
        assert insert_new(connection, CUSTOMERS, [again, second], ["number"]) == {second["id"]}
        assert insert_new(connection, CUSTOMERS, [again], ["number"]) == set()
        assert insert_new(connection, CUSTOMERS, [], ["number"]) == set()
    assert [row["name"] for row in stored(store)] == ["", ""]


def test_updates_touch_the_named_columns_of_the_named_rows(store: Store, now: datetime) -> None:
    rows = [customer(f"+49301000000{n}", now, name=f"n{n}") for n in range(4)]
    later = now + timedelta(days=1)
    with store.writing() as connection:
        insert_rows(connection, CUSTOMERS, rows)
        update_rows(
            connection,
            CUSTOMERS,
            [
                {"id": rows[1]["id"], "contacts": 5, "last_contact_at": later},
                {"id": rows[2]["id"], "contacts": 6, "last_contact_at": None},
                {"id": new_id(), "contacts": 7, "last_contact_at": later},
            ],
        )
        update_rows(connection, CUSTOMERS, [])
        insert_rows(connection, CUSTOMERS, [])
    found = stored(store)
    assert [row["contacts"] for row in found] == [0, 5, 6, 0]
    assert [row["last_contact_at"] for row in found] == [None, later, None, None]
    assert [row["name"] for row in found] == ["n0", "n1", "n2", "n3"]


@UNIQUE_NUMBERS
def test_more_rows_than_a_statement_has_parameters(store: Store, now: datetime) -> None:
    rows = [customer(f"+49301{n:07}", now) for n in range(8000)]
    with store.writing() as connection:
        assert len(insert_new(connection, CUSTOMERS, rows, ["number"])) == 8000
        update_rows(connection, CUSTOMERS, [{"id": row["id"], "contacts": 1} for row in rows])
    assert sum(row["contacts"] for row in stored(store)) == 8000


@pytest.mark.parametrize(
    "broken",
    [
        {"created_at": datetime(2026, 11, 20)},  # noqa: DTZ001 - this is what must not be stored
        {"created_at": None},
        {"name": None},
    ],
)
def test_a_row_that_cannot_be_stored_is_refused_in_words(
    store: Store, now: datetime, broken: dict[str, Any]
) -> None:
    rows = [customer("+493010000001", now), customer("+493010000002", now) | broken]
    with pytest.raises(StorageError), store.writing() as connection:
        insert_rows(connection, CUSTOMERS, rows)
    assert stored(store) == []


def test_many_are_looked_up_by_their_index_in_a_table_that_is_new(
    store: Store, now: datetime
) -> None:
    """Where PostgreSQL knows nothing yet of what is in it, as in the middle of a first import."""
    rows = [
        bare_row(new_id(), f"+4930{n:07}", "Europe/Berlin", now + timedelta(seconds=n))
        for n in range(4000)
    ]
    told = (CONTACT_POINTS.c.value, CONTACT_POINTS.c.customer_id)
    phones = CONTACT_POINTS.c.kind == "phone"
    some = [row["value"] for row in rows[::4]]
    with store.writing() as connection:
        insert_rows(connection, CONTACT_POINTS, rows)
        plan_anew(connection)
        query = of_each(connection, told, CONTACT_POINTS.c.value, [*some, "nobody's"], phones)
        found: dict[str, UUID] = dict(connection.execute(query).all())
        assert found == {row["value"]: row["customer_id"] for row in rows[::4]}
        if not store.is_sqlite:
            text = str(query.compile(connection, compile_kwargs={"literal_binds": True}))
            plan = "\n".join(connection.exec_driver_sql(f"EXPLAIN {text}").scalars())
            assert "Seq Scan" not in plan
            assert "AND ((value)::text = " in plan, plan
