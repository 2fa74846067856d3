"""Customers as a CRM tells of them: known again, changed only by what is told, each with a word."""

import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import func, select

from storage import dnc
from storage.customers.changes import of_customer
from storage.customers.given import GivenCustomer
from storage.customers.requests import Request
from storage.customers.sync import MOST, sync
from storage.engine import Store, open_store
from storage.errors import Refused
from storage.imports import import_leads
from storage.lead_rows import NewLead
from storage.leads import find
from storage.tables.contacts import CONTACT_POINTS
from storage.tables.crm import CUSTOMER_TAGS, FIELD_VALUES
from storage.tables.lists import DO_NOT_CALL
from storage.tables.people import CUSTOMERS
from storage.tables.timeline import STAGE_CHANGES
from tests.storage.customers.conftest import BY, Told

NUMBER = "+8613912345678"


def row_of(store: Store, customer: UUID) -> Any:
    with store.reading() as connection:
        return connection.execute(select(CUSTOMERS).where(CUSTOMERS.c.id == customer)).one()


def points(store: Store, customer: UUID) -> dict[str, Any]:
    query = select(CONTACT_POINTS).where(CONTACT_POINTS.c.customer_id == customer)
    with store.reading() as connection:
        return {row.value: row for row in connection.execute(query)}


def test_everything_that_is_told_is_kept(site: Store, tell: Told, now: datetime) -> None:
    given = GivenCustomer(
        "C-1",
        name=" 王小明 🚀 ",
        company="常州精密机械",
        numbers=("139 1234 5678", "+49 30 1234567"),
        region="CN",
        emails=("Wang@Example.com",),
        stage="potential",
        owner="ann",
        tags=("制造业/设备采购/预算已确认", "vip"),
        fields={"industry": "制造业", "budget": "120000.5", "visited": "2026-11-20"},
    )
    [came] = tell(given)
    assert (came["came"], came["position"], came["external_id"]) == ("created", 0, "C-1")
    customer = UUID(came["customer_id"])
    row = row_of(site, customer)
    assert (row.name, row.company, row.number) == ("王小明 🚀", "常州精密机械", NUMBER)
    assert (row.stage, row.stage_at, row.owner, row.idle_since) == ("potential", now, "ann", now)
    assert row.fields == {"industry": "制造业", "budget": 120000.5, "visited": "2026-11-20"}
    assert (row.version, row.external_ref, row.do_not_call) == (1, "C-1", False)
    known = points(site, customer)
    assert set(known) == {NUMBER, "+49301234567", "wang@example.com"}
    assert (known[NUMBER].line_type, known[NUMBER].region, known[NUMBER].zones) == (
        "mobile", "CN", "Asia/Shanghai",
    )  # fmt: skip
    [change] = of_customer(site, customer)
    assert (change.change.what, change.by) == ("created", BY)
    assert change.change.new["tags"] == ["制造业/设备采购/预算已确认", "vip"]


WHOLE = GivenCustomer(
    "",
    name=" 王小明 ",
    company="常州精密机械",
    stage="potential",
    owner="ann",
    tags=("制造业/设备采购", "vip"),
    fields={"industry": "制造业", "budget": 0, "visited": None, "remark": "请回电"},
    do_not_call=True,
)


@pytest.mark.parametrize(
    "given",
    [
        WHOLE,
        GivenCustomer("", name="", company=" ", stage="", owner=""),
        GivenCustomer("", name="王", fields={"budget": None}),
    ],
)
def test_a_new_customer_is_the_same_made_in_one_go_or_bit_by_bit(
    site: Store, tell: Told, given: GivenCustomer
) -> None:
    whole = replace(given, external_id="C-1", numbers=("+8613912345671",))
    by_bits = replace(given, external_id="C-2", numbers=("+8613912345672",))
    by_bits = replace(by_bits, sift=lambda _, each: each)
    ids = [UUID(each["customer_id"]) for each in tell(whole, by_bits)]
    assert kept(site, ids[0], "1") == kept(site, ids[1], "2")


def kept(store: Store, customer: UUID, own: str) -> dict[str, Any]:
    """All that there is of a customer, but for ids and for what is `own`."""
    tables = (CUSTOMERS, CONTACT_POINTS, STAGE_CHANGES, FIELD_VALUES, CUSTOMER_TAGS, DO_NOT_CALL)
    found: dict[str, Any] = {}
    with store.reading() as connection:
        for table in tables:
            rows = connection.execute(select(table)).mappings()
            mine = (
                {name: value for name, value in row.items() if name not in OWN}
                for row in rows
                if customer in (row.get("customer_id"), row.get("id"))
                or str(row.get("number")).endswith(f"567{own}")
            )
            found[table.name] = sorted(mine, key=str)
    return found


OWN = ("id", "customer_id", "number", "value", "external_ref", "stored_at")


def test_only_what_is_told_changes_and_each_change_is_noted(
    site: Store, tell: Told, wang: UUID, now: datetime
) -> None:
    later = now + timedelta(hours=1)
    given = GivenCustomer("C-1", stage="high-intent", fields={"budget": None, "remark": "请回电"})
    assert tell(given, at=later)[0]["came"] == "updated"
    row = row_of(site, wang)
    assert (row.name, row.stage, row.stage_at) == ("王小明", "high-intent", later)
    assert (row.fields, row.version, row.updated_at) == ({"remark": "请回电"}, 2, later)
    noted = [(c.change.what, c.change.old, c.change.new) for c in of_customer(site, wang)][:-1]
    assert noted == [
        ("field.remark", None, "请回电"),
        ("field.budget", 120000, None),
        ("stage", "new", "high-intent"),
    ]
    assert tell(given)[0]["came"] == "unchanged"
    assert row_of(site, wang).version == 2


def test_a_lead_and_its_customer_from_the_crm_are_one(
    site: Store, tell: Told, now: datetime
) -> None:
    import_leads(site, "first", [NewLead(NUMBER, name="小王", zones=("Asia/Shanghai",))], now)
    [came] = tell(GivenCustomer("C-1", name="王小明", numbers=(NUMBER,)))
    assert came["came"] == "updated"
    assert find(site, NUMBER)[0].customer_id == UUID(came["customer_id"])


def test_a_lead_on_a_further_number_gets_the_customer(
    site: Store, tell: Told, now: datetime
) -> None:
    [came] = tell(GivenCustomer("C-1", numbers=(NUMBER, "+49301234567")))
    import_leads(site, "first", [NewLead("+49301234567"), NewLead("+49301234568")], now)
    assert find(site, "+49301234567")[0].customer_id == UUID(came["customer_id"])
    assert find(site, "+49301234568")[0].customer_id != UUID(came["customer_id"])


def test_two_sources_know_one_customer_by_names_of_their_own(
    site: Store, tell: Told, wang: UUID
) -> None:
    [came] = tell(GivenCustomer("77", numbers=(NUMBER,), name="Wang Xiaoming"), source="shop")
    assert UUID(came["customer_id"]) == wang
    [again] = tell(GivenCustomer("77", company="CZ"), source="shop")
    assert (UUID(again["customer_id"]), row_of(site, wang).company) == (wang, "CZ")


def test_a_number_has_one_customer(tell: Told, wang: UUID) -> None:
    refused, other = tell(GivenCustomer("C-2", numbers=(NUMBER,)), GivenCustomer("C-3", name="李"))
    assert refused["came"] == "refused"
    assert "numbers[0]: it is the number of 'C-1'" in refused["why"]
    assert NUMBER not in refused["why"]
    assert other["came"] == "created"


def test_rows_of_one_batch_know_of_one_another(site: Store, tell: Told) -> None:
    first = GivenCustomer("C-1", name="王", numbers=(NUMBER,))
    rows = tell(first, replace(first, name="王小明"), replace(first, external_id="C-2"))
    assert [row["came"] for row in rows] == ["created", "updated", "refused"]
    assert rows[0]["customer_id"] == rows[1]["customer_id"]
    assert row_of(site, UUID(rows[0]["customer_id"])).name == "王小明"


@pytest.mark.parametrize(
    ("given", "why"),
    [
        (GivenCustomer(""), "external_id"),
        (GivenCustomer("a\nb"), "external_id"),
        (GivenCustomer("x" * 121), "external_id"),
        (GivenCustomer("1", name="x" * 501), "name: expected at most 500"),
        (GivenCustomer("1", numbers=("13912345678",)), "numbers[0]: it has no country code"),
        (GivenCustomer("1", numbers=("+49301234567", "+4930CALL")), "numbers[1]: it holds"),
        (GivenCustomer("1", emails=("a b",)), "emails[0]"),
        (GivenCustomer("1", stage="hot"), "stage: expected one of new, potential, high-intent"),
        (GivenCustomer("1", owner="安"), "owner"),
        (GivenCustomer("1", tags=("a//b",)), "tags[0]: a tag's name is empty"),
        (GivenCustomer("1", tags=("/".join("abcdefghi"),)), "at most 8 deep"),
        (GivenCustomer("1", tags=tuple(map(str, range(101)))), "at most 100"),
        (GivenCustomer("1", fields={"color": "red"}), "there is no field 'color'"),
        (GivenCustomer("1", fields={"a\r\nb": "red"}), "there is no field of that name"),
        (GivenCustomer("1", fields={"industry": "农业"}), "expected one of 制造业, 零售"),
        (GivenCustomer("1", fields={"budget": "1,5"}), "fields.budget: expected a number"),
        (GivenCustomer("1", fields={"budget": True}), "fields.budget: expected a number"),
        (GivenCustomer("1", fields={"budget": "NaN"}), "fields.budget: expected a number"),
        (GivenCustomer("1", fields={"visited": "20.11."}), "expected a date"),
        (GivenCustomer("1", fields={"remark": "x" * 2001}), "at most 2000"),
    ],
)
def test_a_wrong_row_says_which_field_and_hinders_no_other(
    tell: Told, given: GivenCustomer, why: str
) -> None:
    refused, good = tell(given, GivenCustomer("good"))
    assert (refused["came"], good["came"]) == ("refused", "created")
    assert why in refused["why"]


def test_text_that_no_database_takes_is_mended(site: Store, tell: Told) -> None:
    hostile = "a\x00b\ud800c'\"\\%${x}"
    [came] = tell(GivenCustomer("1", name=hostile, fields={"remark": hostile}))
    row = row_of(site, UUID(came["customer_id"]))
    mended = hostile.replace("\x00", "\ufffd").replace("\ud800", "\ufffd")
    assert (row.name, row.fields["remark"]) == (mended, mended)


def test_who_is_not_to_be_called_is_listed_with_every_number(
    site: Store, tell: Told, wang: UUID
) -> None:
    tell(GivenCustomer("C-1", do_not_call=True))
    assert dnc.check(site, NUMBER)
    tell(GivenCustomer("C-1", numbers=("+49301234567",)))
    assert dnc.check(site, "+49301234567")
    tell(GivenCustomer("C-1", do_not_call=False))
    assert row_of(site, wang).do_not_call
    assert dnc.check(site, NUMBER)


def test_a_request_that_comes_again_gets_the_first_answer(
    site: Store, tell: Told, wang: UUID, now: datetime
) -> None:
    request = Request("crm", "batch-1", "digest")
    given = [GivenCustomer("C-1", name="王"), GivenCustomer("C-9")]
    first = sync(site, "crm", given, BY, now, request)
    assert [row["came"] for row in first] == ["updated", "created"]
    tell(GivenCustomer("C-1", name="王大明"))
    assert sync(site, "crm", given, BY, now, request) == first
    assert row_of(site, wang).name == "王大明"
    with pytest.raises(Refused, match="another request"):
        sync(site, "crm", given, BY, now, replace(request, digest="other"))
    assert sync(site, "crm", given, BY, now, replace(request, caller="shop")) != first


def test_there_are_at_most_so_many_at_once(site: Store, now: datetime) -> None:
    with pytest.raises(Refused, match="At most 1000"):
        sync(site, "crm", [GivenCustomer(str(n)) for n in range(MOST + 1)], BY, now)


def test_a_whole_batch_and_again(site: Store, tell: Told) -> None:
    given = [
        GivenCustomer(str(n), numbers=(f"+49301{n:07}",), tags=(f"城市/{n % 7}",), stage="new")
        for n in range(MOST)
    ]
    assert {row["came"] for row in tell(*given)} == {"created"}
    assert {row["came"] for row in tell(*given)} == {"unchanged"}


def test_the_same_customers_told_at_once_from_two_sides(
    site: Store, now: datetime, url_of: Callable[[Store], str]
) -> None:
    other, wrong = open_store(url_of(site)), list[BaseException]()
    given = [GivenCustomer(str(n), numbers=(f"+49301{n:07}",), tags=("a/b",)) for n in range(300)]

    def work(own: Store, rows: list[GivenCustomer]) -> None:
        try:
            for start in range(0, 300, 50):
                sync(own, "crm", rows[start : start + 50], BY, now)
        except BaseException as failed:  # noqa: BLE001 - told below
            wrong.append(failed)

    threads = [
        threading.Thread(target=work, args=(site, given)),
        threading.Thread(target=work, args=(other, given[::-1])),
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    other.close()
    assert wrong == []
    for table in (CUSTOMERS, CONTACT_POINTS):
        with site.reading() as connection:
            assert connection.execute(select(func.count()).select_from(table)).scalar() == 300
