"""Whom a source has no more, what it has not heard yet, and whom it has made, in each database."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import update

from storage import deliveries, pulls
from storage.customers import changes, gone, told_times
from storage.customers.changes import By
from storage.customers.changing import changing
from storage.customers.given import GivenCustomer
from storage.customers.records import records
from storage.customers.referring import refer
from storage.customers.untold import as_it_knows_them
from storage.dbtime import db_time
from storage.engine import Store
from storage.messages import Message
from storage.outbox import write_messages
from storage.spreading import spread
from storage.tables.changes import CUSTOMER_CHANGES

Told = Callable[..., list[dict[str, Any]]]


def test_one_that_is_gone_is_named_no_more_until_it_is_told_of_again(
    site: Store, tell: Told, wang: UUID, now: datetime
) -> None:
    assert gone.note(site, "crm", ["C-1", "nobody"], [], now) == 1
    assert gone.note(site, "crm", ["C-1"], [], now) == 0
    assert gone.counts(site) == {"crm": 1}
    record = records(site, [wang])[wang]
    assert (record["external_ids"], record["gone_in"]) == ({}, {"crm"})
    last = changes.of_customer(site, wang)[0].change
    assert (last.what, last.old) == ("ref", {"source": "crm", "external_id": "C-1"})
    [row] = tell(GivenCustomer("C-1", name="王小明"))
    assert (row["customer_id"], row["came"]) == (str(wang), "updated")
    assert gone.counts(site) == {}
    assert gone.note_of(site, "crm", [wang], now) == 1
    assert gone.note(site, "crm", [], ["C-1"], now) == 1  # it is found there again
    assert records(site, [wang])[wang]["external_ids"] == {"crm": "C-1"}


def test_one_that_was_made_anew_there_is_the_same_customer(
    site: Store, tell: Told, wang: UUID, now: datetime
) -> None:
    [refused] = tell(GivenCustomer("C-2", name="王小明", numbers=("+8613912345678",)))
    assert refused["came"] == "refused"
    gone.note(site, "crm", ["C-1"], [], now)
    [row] = tell(GivenCustomer("C-2", name="王小明", numbers=("+8613912345678",)))
    assert row["customer_id"] == str(wang)
    assert records(site, [wang])[wang]["external_ids"] == {"crm": "C-2"}


def test_all_are_asked_for_in_their_turn(site: Store, tell: Told) -> None:
    tell(*(GivenCustomer(f"C-{n}", name=f"客户{n}") for n in range(5)))
    assert pulls.hold(site, "crm") is not None
    turns = [gone.to_ask(site, "crm", 2) for _ in range(4)]
    assert turns == [["C-0", "C-1"], ["C-2", "C-3"], ["C-4"], ["C-0", "C-1"]]


def test_a_source_is_referred_to_once(site: Store, wang: UUID) -> None:
    assert refer(site, "erp", "P-1", wang)
    assert not refer(site, "erp", "P-1", wang)
    assert records(site, [wang])[wang]["external_ids"] == {"crm": "C-1", "erp": "P-1"}


@pytest.mark.parametrize("stands", ["unheeded", "nobody's yet", "on its way", "given up"])
def test_what_a_source_has_not_heard_is_known_until_it_has(
    site: Store, wang: UUID, now: datetime, stands: str
) -> None:
    def heed() -> None:
        with site.writing() as connection:
            connection.execute(update(CUSTOMER_CHANGES).values(heeded_at=db_time()))

    heed()
    with changing(site, By("cli"), now) as pen:
        pen.hold([wang])
        pen.put_stage(wang, "potential")
        pen.put_stage(wang, "won")
        pen.put_owner(wang, "ann")
    if stands != "unheeded":
        heed()
        told = [{"what": "stage", "old": "new", "new": "potential"},
                {"what": "owner", "old": None, "new": "ann"}]  # fmt: skip
        payload = {"customer_id": str(wang), "changes": told, "origin": ""}
        with site.writing() as connection:
            write_messages(connection, [Message("customer.changed", "k", payload)])
    if stands in ("on its way", "given up"):
        spread(site, lambda message: ["crm", "shop"])
    if stands == "given up":
        [message] = deliveries.take(site, "crm", 9)
        failed = {message.id: deliveries.NotArrived("no", for_good=True)}
        deliveries.settle(site, "crm", [message], failed)
    known = as_it_knows_them(site, "crm", ["C-1", "C-9"])
    assert known == {"C-1": {"stage": "new", "owner": None}}
    assert as_it_knows_them(site, "other", ["C-1"]) == {}
    heed()
    if stands == "on its way":
        deliveries.settle(site, "crm", deliveries.take(site, "crm", 9), {})
        assert as_it_knows_them(site, "crm", ["C-1"]) == {}


def test_when_one_had_changed_there_only_gets_later(site: Store, wang: UUID, now: datetime) -> None:
    later = now + timedelta(seconds=5)
    told_times.note(site, "crm", {"C-1": later, "C-9": now})
    told_times.note(site, "crm", {"C-1": now})
    told_times.note(site, "crm", {})
    assert told_times.told_at(site, "crm", ["C-1", "C-9"]) == {"C-1": later}
