"""Lists of leads: whatever is in the file, each number once, and every refusal with its reason."""

import threading
from collections.abc import Callable, Iterator
from datetime import datetime

import pytest
from sqlalchemy import func, select

from storage.engine import Store, open_store
from storage.errors import Refused
from storage.imports import Imported, import_leads
from storage.lead_rows import NewLead, RefusedLead
from storage.leads import counts, customer, find, lists, page
from storage.tables.people import CUSTOMERS, LEADS, LeadState


def numbered(count: int, start: int = 0) -> Iterator[NewLead]:
    return (NewLead(number=f"+49301{n:07}") for n in range(start, start + count))


def test_everything_that_is_known_of_a_lead_is_kept(store: Store, now: datetime) -> None:
    lead = NewLead(
        number="+8613912345678",
        name="王小明 🚀",
        priority=7,
        segment="gold",
        skills=("zh", "sales", "zh"),
        zones=("Asia/Urumqi", "Asia/Shanghai"),
        external_ref="CRM/42",
        fields={"城市": "常州", "balance": "1,50 €"},
    )
    assert import_leads(store, "first", [lead], now) == Imported(1, 0)
    [kept] = find(store, "+8613912345678")
    assert (kept.list_name, kept.name, kept.rank, kept.segment) == (
        "first",
        "王小明 🚀",
        -7,
        "gold",
    )
    assert (kept.skills, kept.zones) == (["sales", "zh"], "Asia/Shanghai,Asia/Urumqi")
    assert (kept.external_ref, kept.fields) == ("CRM/42", {"城市": "常州", "balance": "1,50 €"})
    assert (kept.state, kept.next_at, kept.attempts_total) == (LeadState.READY, now, 0)
    who = customer(store, "+8613912345678")
    assert who
    assert (who.id, who.name, who.external_ref) == (kept.customer_id, "王小明 🚀", "CRM/42")


def test_a_number_is_on_a_list_once(store: Store, now: datetime) -> None:
    twice = [*numbered(5), *numbered(5)]
    assert import_leads(store, "first", twice, now) == Imported(5, 5)
    assert import_leads(store, "first", numbered(8), now) == Imported(3, 5)


def test_a_number_may_be_on_several_lists_and_is_one_customer(store: Store, now: datetime) -> None:
    import_leads(store, "first", numbered(3), now)
    import_leads(store, "second", numbered(3), now)
    assert lists(store) == {"first": 3, "second": 3}
    with store.reading() as connection:
        assert connection.execute(select(func.count()).select_from(CUSTOMERS)).scalar() == 3
        assert connection.execute(select(func.count(LEADS.c.customer_id.distinct()))).scalar() == 3


def test_an_import_longer_than_a_batch(store: Store, now: datetime) -> None:
    assert import_leads(store, "first", numbered(2500), now) == Imported(2500, 0)
    assert counts(store, "first")[LeadState.READY] == 2500
    first = page(store, "first", limit=3)
    assert [lead.number for lead in first] == [f"+49301000000{n}" for n in range(3)]


def test_an_empty_import(store: Store, now: datetime) -> None:
    assert import_leads(store, "first", [], now) == Imported(0, 0)
    assert lists(store) == {}
    assert counts(store, "first") == dict.fromkeys(LeadState, 0)


@pytest.mark.parametrize(
    ("lead", "reason"),
    [
        (NewLead(number="0301234567"), "not E.164"),
        (NewLead(number="+49 30 1234567"), "not E.164"),
        (NewLead(number="+4930CALLME"), "not E.164"),
        (NewLead(number="+49301234567\r\nAction: Originate"), "not E.164"),
        (NewLead(number="+49301234567&SIP/evil"), "not E.164"),
        (NewLead(number="+٤٩٣٠١٢٣٤٥٦٧"), "not E.164"),
        (NewLead(number=""), "not E.164"),
        (NewLead(number="+49301234567", priority=2_000_000_000), "priority"),
        (NewLead(number="+49301234567", segment="a b"), "segment"),
        (NewLead(number="+49301234567", skills=("ok", "no,good")), "skill"),
        (NewLead(number="+49301234567", zones=("Europe/Berlin,UTC",)), "time zone"),
        (NewLead(number="+49301234567", zones=("\x00",)), "time zone"),
        (NewLead(number="+49301234567", zones=tuple(f"Z/{n:050}" for n in range(20))), "zones"),
        (NewLead(number="+49301234567", fields={"x": "y" * 70_000}), "fields"),
    ],
)
def test_a_bad_lead_is_refused_with_its_place_and_reason_and_hinders_no_other(
    store: Store, now: datetime, lead: NewLead, reason: str
) -> None:
    imported = import_leads(store, "first", [*numbered(1), lead, *numbered(1, start=7)], now)
    [refusal] = imported.refused
    assert (imported.added, imported.duplicates, refusal.position) == (2, 0, 2)
    assert reason in refusal.why
    if lead.number:
        assert lead.number not in refusal.why


def test_positions_count_on_over_batches(store: Store, now: datetime) -> None:
    leads = [*numbered(1500), NewLead(number="x")]
    assert import_leads(store, "first", leads, now).refused == (
        RefusedLead(
            1501, "the number is not E.164: a plus sign, the country code, the number, digits only"
        ),
    )


@pytest.mark.parametrize("name", ["", "a b", "../x", "x" * 65, "é", "a\n"])
def test_the_name_of_a_list_is_a_token(store: Store, now: datetime, name: str) -> None:
    with pytest.raises(Refused, match="token"):
        import_leads(store, name, numbered(1), now)


def test_text_that_no_database_takes_is_mended_and_the_rest_stays(
    store: Store, now: datetime
) -> None:
    hostile = "a\x00b\ud800c\r\n,;|\"'`\\%${x}\u202e"
    lead = NewLead(
        number="+49301234567", name=hostile, external_ref=hostile, fields={hostile: hostile}
    )
    assert import_leads(store, "first", [lead], now).added == 1
    mended = hostile.replace("\x00", "\ufffd").replace("\ud800", "\ufffd")
    [kept] = find(store, "+49301234567")
    assert (kept.name, kept.external_ref, kept.fields) == (mended, mended, {mended: mended})


def test_two_imports_of_the_same_leads_at_once(
    store: Store, now: datetime, url_of: Callable[[Store], str]
) -> None:
    other = open_store(url_of(store))
    done: list[Imported] = []

    def work(own: Store, leads: list[NewLead]) -> None:
        done.append(import_leads(own, "first", leads, now))

    leads = list(numbered(3000))
    threads = [
        threading.Thread(target=work, args=(store, leads)),
        threading.Thread(target=work, args=(other, leads[::-1])),
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    other.close()
    assert sum(imported.added for imported in done) == 3000
    assert sum(imported.duplicates for imported in done) == 3000
