"""Statements that are said otherwise on MySQL, run on a real MariaDB: they come to the same there.

That all others have a form there is looked at by compiling them (`test_mysql.py`). Dialplane itself
is opened on PostgreSQL and SQLite alone.
"""

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import create_engine, insert, select

import storage.mysql  # noqa: F401 - the forms that are tried
from campaigns.flow_effects import QuestionAnswered
from lab.mariadb import MariaDB
from storage import hooks, orders
from storage.bulk import all_are_new, insert_absent
from storage.customers.requests import Request, answer_of, keep_answer
from storage.engine import Store
from storage.flow_results import answers_of, keep
from storage.ids import new_id
from storage.tables.agents import AGENT_ORDERS
from storage.tables.campaigns import CAMPAIGNS, LEASES
from storage.tables.changes import API_REQUESTS
from storage.tables.crm import CUSTOMER_TAGS, TAGS
from storage.tables.flows import FLOW_ANSWERS, FLOW_RECORDINGS, FLOW_STEPS
from storage.tables.hooks import HOOKS
from storage.tables.lists import DO_NOT_CALL
from storage.tables.records import META
from tests.storage import test_dnc, test_leases

USED = (
    *(AGENT_ORDERS, API_REQUESTS, CAMPAIGNS, CUSTOMER_TAGS, DO_NOT_CALL, FLOW_ANSWERS, LEASES),
    *(FLOW_RECORDINGS, FLOW_STEPS, HOOKS, META, TAGS),
)
SAME = (
    test_dnc.test_add_check_remove,
    test_dnc.test_adding_twice_is_told_and_harmless,
    test_dnc.test_scopes_are_entries_of_their_own,
    test_dnc.test_an_entry_is_prolonged_and_never_shortened,
    test_dnc.test_who_may_not_be_called_by_whom_and_until_when,
)
LEASED = (
    test_leases.test_one_holder_at_a_time,
    test_leases.test_campaigns_do_not_share_a_lease,
    test_leases.test_a_released_lease_is_free_at_once_and_its_token_is_never_given_again,
    test_leases.test_of_many_who_want_it_one_gets_it,
)


@pytest.fixture(scope="module")
def database(mariadb: MariaDB) -> Iterator[Store]:
    engine = create_engine(mariadb.fresh())
    with engine.begin() as connection:
        for table in USED:
            table.create(connection)
    yield Store(engine, "mariadb")
    engine.dispose()


@pytest.fixture
def store(database: Store) -> Store:
    with database.writing() as connection:
        for table in USED:
            connection.execute(table.delete())
    return database


@pytest.mark.parametrize("same", SAME, ids=lambda test: test.__name__)
def test_the_do_not_call_list(same: Callable[..., None], store: Store, now: datetime) -> None:
    same(store, now)


@pytest.mark.parametrize("same", LEASED, ids=lambda test: test.__name__)
def test_leases_are_taken(same: Callable[..., None], store: Store) -> None:
    same(store)


def test_who_is_there_already_is_not_new(store: Store, now: datetime) -> None:
    one, two = (
        {"customer_id": new_id(), "tag_id": new_id(), "source": "s", "at": now} for _ in "12"
    )
    key = ["customer_id", "tag_id"]
    with store.writing() as connection:
        told = insert_absent(connection, CUSTOMER_TAGS, [one], key)
        assert told == {(one["customer_id"], one["tag_id"])}
        told = insert_absent(connection, CUSTOMER_TAGS, [one, two], key)
        assert told == {(two["customer_id"], two["tag_id"])}
    tags = [
        {"id": new_id(), "parent_id": None, "path": p, "created_at": now} for p in ("a", "制造业")
    ]
    with store.writing() as connection:
        assert all_are_new(connection, TAGS, tags[:1], ["path"])
        assert not all_are_new(connection, TAGS, [{**t, "id": new_id()} for t in tags], ["path"])
        assert set(connection.execute(select(TAGS.c.path)).scalars()) == {"a", "制造业"}


def test_a_post_and_a_request_are_kept_once(store: Store) -> None:
    assert [hooks.keep(store, "main", "1", "call.ended", {}) for _ in "12"] == [True, False]
    request = Request("crm", "k", "d")
    with store.writing() as connection:
        assert keep_answer(connection, request, {"rows": [1]})
        assert not keep_answer(connection, request, {"rows": [2]})
        assert answer_of(connection, request) == {"rows": [1]}


def test_of_several_answers_the_last_one_stands(store: Store, now: datetime) -> None:
    call = new_id()
    for seconds, said in ((5, "2"), (3, "1"), (9, "3"), (9, "4")):
        at = now + timedelta(seconds=seconds)
        with store.writing() as connection:
            keep(connection, "autumn", [QuestionAnswered(call, at, "menu", "question", said)])
            assert answers_of(connection, [call])[call]["question"] != "1"
    with store.reading() as connection:
        assert answers_of(connection, [call]) == {call: {"question": "4"}}


def test_an_order_is_taken_once(store: Store, now: datetime) -> None:
    row: dict[str, Any] = {"id": new_id(), "campaign": "autumn", "kind": "k", "payload": {}}
    with store.writing() as connection:
        connection.execute(insert(AGENT_ORDERS), {**row, "created_at": now})
        waiting = connection.execute(select(AGENT_ORDERS)).all()
        assert [each.id for each in orders._take(connection, waiting)] == [row["id"]]
        assert orders._take(connection, waiting) == []
