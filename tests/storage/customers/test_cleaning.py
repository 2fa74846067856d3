"""Numbers are judged by what calls came to, and by what others say; each once, and again since."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import insert, select, update

from campaigns.crm.validity import Verdict
from storage.customers import cleaning, look
from storage.customers.cleaning import Cleaned
from storage.customers.given import GivenCustomer
from storage.engine import Store
from storage.ids import new_id
from storage.imports import import_leads
from storage.lead_rows import NewLead
from storage.tables.attempts import ATTEMPTS
from storage.tables.contacts import CONTACT_POINTS
from tests.storage.customers.conftest import Told

NUMBER, OTHER = "+8613912345678", "+8613912345679"
Called = Callable[..., None]


@pytest.fixture
def called(store: Store, now: datetime) -> Called:
    """`called("invalid_number", cause="1 ..., SIP 404")`: one more attempt, over by now."""

    def call(outcome: str, number: str = NUMBER, cause: str = "16", over: bool = True) -> None:
        row = {
            "id": new_id(), "campaign": "spring", "campaign_version": 1, "lead_id": new_id(),
            "customer_id": new_id(), "number": number, "node": "main", "trunk": "t",
            "caller_id": "+493012345678", "token": 1, "state": "ended", "placed_at": now,
            "ended_at": now + timedelta(seconds=30) if over else None, "outcome": outcome,
            "disposition": "", "reason": "", "cause": cause, "party": "", "note": "",
        }  # fmt: skip
        with store.writing() as connection:
            connection.execute(insert(ATTEMPTS), [row])

    return call


def all_of(store: Store, now: datetime) -> Cleaned:
    done = Cleaned()
    for batch in cleaning.clean(store, now):
        done.add(batch)
    return done


def known(store: Store, number: str = NUMBER) -> tuple[Any, ...]:
    c = CONTACT_POINTS.c
    with store.reading() as connection:
        query = select(c.verdict, c.score, c.why).where(c.value == number)
        return tuple(connection.execute(query).one())


def test_new_numbers_are_looked_at_once(site: Store, tell: Told, now: datetime) -> None:
    tell(GivenCustomer("C-1", numbers=(NUMBER, "+4930123456"), emails=("a@b.com",)))
    assert cleaning.due(site)
    done = all_of(site, now)
    assert (done.looked, done.changed, done.verdicts) == (2, 2, {"unknown": 2})
    assert known(site) == ("unknown", 70, "line_type")
    assert (all_of(site, now).looked, cleaning.due(site)) == (0, False)
    assert cleaning.verdicts(site) == {"unknown": 2}


def test_results_of_calls_change_what_is_known(
    site: Store, tell: Told, called: Called, now: datetime
) -> None:
    tell(GivenCustomer("C-1", numbers=(NUMBER, OTHER)))
    all_of(site, now)
    heard: list[UUID] = []
    site.listeners.append(heard.extend)
    called("connected")
    assert cleaning.due(site)
    assert all_of(site, now).verdicts == {"valid": 1}
    assert known(site) == ("valid", 100, "answered")
    assert known(site, OTHER)[0] == "unknown"
    assert len(heard) == 1  # a record in Redis is old now
    for _ in range(2):
        called("invalid_number", cause="1 Unallocated (unassigned) number, SIP 404")
    all_of(site, now)
    assert known(site) == ("invalid", 0, "sip_404")
    called("heard")
    all_of(site, now)
    assert known(site)[0] == "valid"
    site.listeners.clear()


def test_a_call_that_is_not_over_is_waited_for_but_not_for_ever(
    site: Store, tell: Told, called: Called, now: datetime
) -> None:
    tell(GivenCustomer("C-1", numbers=(NUMBER, OTHER)))
    all_of(site, now)
    called("", over=False)
    called("connected", OTHER)
    assert all_of(site, now).looked == 0
    assert all_of(site, now + timedelta(days=1)).looked == 2
    assert known(site, OTHER)[0] == "valid"


def test_a_leads_number_is_judged_though_only_its_zones_are_known(
    site: Store, now: datetime
) -> None:
    import_leads(site, "first", [NewLead(NUMBER, zones=("Asia/Shanghai",))], now)
    all_of(site, now)
    assert known(site) == ("unknown", 70, "line_type")


def test_what_others_say_counts_until_a_call_says_more(
    site: Store, tell: Told, called: Called, now: datetime
) -> None:
    [row] = tell(GivenCustomer("C-1", numbers=(NUMBER, OTHER)))
    due = cleaning.to_check(site, now, 10, now)
    assert [number for _, number in due] == [NUMBER, OTHER]
    said = {NUMBER: Verdict.UNREACHABLE, OTHER: Verdict.UNKNOWN}
    assert cleaning.told(site, said, now).looked == 2
    cleaning.go_on(site, due[-1][0], now)
    assert known(site) == ("unreachable", 15, "checked")
    assert cleaning.to_check(site, now, 10, now) == []
    told = look.get(site, UUID(row["customer_id"]))
    assert told["numbers"][0]["verdict"] == "unreachable"
    with site.writing() as connection:
        connection.execute(update(CONTACT_POINTS).values(told_at=now - timedelta(days=1)))
    called("connected")
    all_of(site, now)
    assert known(site)[0] == "valid"


def test_all_numbers_are_gone_through_once_a_day_at_most(
    site: Store, tell: Told, now: datetime
) -> None:
    tell(GivenCustomer("C-1", numbers=(NUMBER,)))
    [(point, _)] = cleaning.to_check(site, now, 10, now)
    cleaning.told(site, {NUMBER: Verdict.VALID}, now)
    cleaning.go_on(site, point, now)
    later = now + timedelta(hours=23)
    assert cleaning.to_check(site, later, 10, later) == []
    tell(GivenCustomer("C-2", numbers=(OTHER,)))
    assert [n for _, n in cleaning.to_check(site, later, 10, later)] == [OTHER]
    cleaning.go_on(site, cleaning.to_check(site, later, 10, later)[0][0], later)
    tomorrow = now + timedelta(hours=25)
    assert [n for _, n in cleaning.to_check(site, tomorrow, 10, tomorrow)] == [NUMBER, OTHER]
