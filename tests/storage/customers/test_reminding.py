"""Owners of follow-ups are told when it is time: once, whoever dies meanwhile."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select

from storage.customers import follow_ups, pipeline, reminding
from storage.customers.follow_ups import NewFollowUp
from storage.customers.reminding import any_due, remind
from storage.engine import Store
from storage.messages import FOLLOW_UP_DUE
from storage.tables.records import OUTBOX
from tests.storage.customers.conftest import BY

HOUR = timedelta(hours=1)
NUMBER = "+8613912345678"


@pytest.fixture
def wang(site: Store, wang: UUID, now: datetime) -> UUID:
    pipeline.assign(site, [wang], "ann", BY, now)
    return wang


def plan(site: Store, wang: UUID, remind_in: timedelta | None, **parts: Any) -> UUID:
    now = datetime.now(UTC)
    at = None if remind_in is None else now + remind_in
    [made] = follow_ups.plan(site, [NewFollowUp(wang, now, remind_at=at, **parts)], BY, now)
    return made


def messages(site: Store) -> list[Any]:
    with site.reading() as connection:
        query = select(OUTBOX.c.payload).where(OUTBOX.c.kind == FOLLOW_UP_DUE)
        return list(connection.execute(query.order_by(OUTBOX.c.id)).scalars())


def test_an_owner_is_told_once_and_it_stays_to_be_seen(site: Store, wang: UUID) -> None:
    due = plan(site, wang, -HOUR, kind="visit", note="上门演示")
    plan(site, wang, HOUR)
    plan(site, wang, None)
    follow_ups.done(site, plan(site, wang, -HOUR), BY, datetime.now(UTC))
    assert any_due(site)
    assert [remind(site, True), remind(site, True)] == [1, 0]
    assert not any_due(site)
    [told] = messages(site)
    about = ("owner", "kind", "note", "number", "external_ids", "follow_up_id", "customer_id")
    assert [told[name] for name in about] == [
        *("ann", "visit", "上门演示", NUMBER, {"crm": "C-1"}, str(due), str(wang)),
    ]
    row = follow_ups.show(site, due)
    assert (row.remind_at, row.reminded_at is not None, row.done_at) == (None, True, None)
    now = datetime.now(UTC)
    seen = follow_ups.open_ones(site, before=now - HOUR, or_reminded=True)
    assert [each.id for each in seen] == [due]


def test_who_dies_while_telling_leaves_it_to_be_told(
    site: Store, wang: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    plan(site, wang, -HOUR)
    with monkeypatch.context() as dying:
        dying.setattr(reminding, "write_messages", lambda *_: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            remind(site, True)
    assert any_due(site)
    assert (remind(site, True), len(messages(site))) == (1, 1)


def test_of_several_at_once_one_tells(site: Store, wang: UUID) -> None:
    for _ in range(20):
        plan(site, wang, -HOUR)
    with ThreadPoolExecutor(4) as pool:
        told = list(pool.map(lambda _: remind(site, True, 3), range(12)))
    assert (sum(told) + remind(site, True), len(messages(site))) == (20, 20)


def test_where_nobody_wants_messages_it_is_only_shown(site: Store, wang: UUID) -> None:
    plan(site, wang, -HOUR)
    assert (remind(site, False), messages(site)) == (1, [])


def test_what_was_to_be_done_comes_along_with_the_customer(site: Store, wang: UUID) -> None:
    hers, bobs = plan(site, wang, -HOUR), plan(site, wang, None, owner="bob")
    closed = plan(site, wang, None)
    now = datetime.now(UTC)
    follow_ups.done(site, closed, BY, now)
    pipeline.assign(site, [wang], None, BY, now)
    owners = [follow_ups.show(site, each).owner for each in (hers, bobs, closed)]
    assert owners == [None, "bob", "ann"]
    assert [each.id for each in follow_ups.open_ones(site, owner="")] == [hers]
    pipeline.assign(site, [wang], "carl", BY, now)
    assert remind(site, True) == 1
    assert [told["owner"] for told in messages(site)] == ["carl"]
