"""Stages, owners, tags, follow-ups, touch points, consent: each in its history, each told."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import select

from campaigns.crm.file import load
from campaigns.crm.tags import BadTag, paths_of
from storage import dnc
from storage.customers import (
    changes,
    consents,
    definitions,
    follow_ups,
    indexing,
    listing,
    look,
    pipeline,
    tags,
    timeline,
    touches,
)
from storage.customers.given import GivenCustomer
from storage.customers.listing import FieldFilter, Operator, Order, Wanted
from storage.engine import Store
from storage.errors import NotThere, Refused
from storage.tables.crm import TAGS
from storage.tables.timeline import TouchKind
from tests.storage.customers.conftest import BY, CRM, Told

HOUR = timedelta(hours=1)
NUMBER = "+8613912345678"


def what_changed(store: Store, customer: UUID) -> list[tuple[str, Any, Any]]:
    return [
        (c.change.what, c.change.old, c.change.new) for c in changes.of_customer(store, customer)
    ]


def paths(store: Store, customer: UUID) -> list[str]:
    return [tag["path"] for tag in look.get(store, customer)["tags"]]


def test_a_stage_is_moved_to_and_kept_in_the_history(
    site: Store, wang: UUID, now: datetime
) -> None:
    assert pipeline.move_stage(site, [wang], "high-intent", BY, now + HOUR, "客户确认预算") == 1
    assert pipeline.move_stage(site, [wang], "high-intent", BY, now + HOUR) == 0
    found = look.get(site, wang)
    assert (found["stage"], found["stage_at"]) == ("high-intent", now + HOUR)
    entries = timeline.page(site, wang, kinds=["stage"])
    assert [(e.facts.get("before"), e.facts["after"]) for e in entries] == [
        ("new", "high-intent"),
        (None, "new"),
    ]
    assert entries[0].facts["why"] == "客户确认预算"
    assert what_changed(site, wang)[0] == ("stage", "new", "high-intent")
    with pytest.raises(Refused, match="There is no stage 'hot'; there are: new, potential"):
        pipeline.move_stage(site, [wang], "hot", BY, now)
    with pytest.raises(NotThere):
        pipeline.move_stage(site, [uuid4()], "won", BY, now)
    assert pipeline.funnel(site) == {"high-intent": 1}


def test_an_owner_gets_a_customer_and_the_pool_gets_it_back(
    site: Store, wang: UUID, now: datetime
) -> None:
    assert pipeline.assign(site, [wang], "ann", BY, now + HOUR) == 1
    found = look.get(site, wang)
    assert (found["owner"], found["idle_since"]) == ("ann", now + HOUR)
    late = Wanted(owner="ann", idle_before=now + 73 * HOUR)
    assert [c["id"] for c in listing.page(site, late).customers] == [wang]
    assert listing.page(site, Wanted(owner="ann", idle_before=now)).customers == []
    assert pipeline.assign(site, [wang], None, BY, now + 2 * HOUR) == 1
    assert [c["id"] for c in listing.page(site, Wanted(owner="")).customers] == [wang]
    assert what_changed(site, wang)[:2] == [("owner", "ann", None), ("owner", None, "ann")]
    with pytest.raises(Refused, match="token"):
        pipeline.assign(site, [wang], "安娜", BY, now)


def test_tags_make_a_tree_and_a_customer_has_those_above(
    site: Store, tell: Told, wang: UUID, now: datetime
) -> None:
    [other] = tell(GivenCustomer("C-2", tags=("制造业/维修",)))
    assert tags.tag(site, [wang], "vip", BY, now) == 1
    assert tags.tag(site, [wang], " vip ", BY, now) == 0
    assert paths(site, wang) == ["vip", "制造业/设备采购/预算已确认"]
    assert tags.tree(site) == {
        "vip": 1,
        "制造业": 0,
        "制造业/维修": 1,
        "制造业/设备采购": 0,
        "制造业/设备采购/预算已确认": 1,
    }

    def of(path: str) -> list[UUID]:
        return [c["id"] for c in listing.page(site, Wanted(tag=path)).customers]

    assert of("制造业") == [wang, UUID(other["customer_id"])]
    assert of("制造业/设备采购") == [wang]
    assert of("制造") == of("_造业") == of("%") == of("VIP") == []
    assert tags.untag(site, [wang], "制造业", BY, now) == 1
    assert paths(site, wang) == ["vip"]
    assert what_changed(site, wang)[0] == ("tag", "制造业/设备采购/预算已确认", None)


def test_a_tag_is_moved_with_those_below_and_never_under_itself(
    site: Store, wang: UUID, now: datetime
) -> None:
    assert tags.move(site, "制造业/设备采购", "行业/机械", now) == "行业/机械/设备采购"
    assert paths(site, wang) == ["行业/机械/设备采购/预算已确认"]
    with site.reading() as connection:
        rows = {row.path: row for row in connection.execute(select(TAGS))}
    for path, row in rows.items():
        above = path.rpartition("/")[0]
        assert row.parent_id == (rows[above].id if above else None)
    for under in ("行业", "行业/机械", "行业/机械/设备采购"):
        with pytest.raises(Refused, match="circle"):
            tags.move(site, "行业", under, now)
    with pytest.raises(NotThere):
        tags.move(site, "农业", "", now)
    with pytest.raises(Refused, match="already"):
        tags.move(site, "行业", "", now)


def test_tags_as_crms_keep_them_are_paths_and_a_cycle_is_told() -> None:
    told = {"1": ("制造业", None), "2": ("设备", "1"), "3": ("预算", "2")}
    assert paths_of(told) == {"1": "制造业", "2": "制造业/设备", "3": "制造业/设备/预算"}
    with pytest.raises(BadTag, match="circle: 甲 is below 乙 is below 甲"):
        paths_of({"1": ("甲", "2"), "2": ("乙", "1")})
    with pytest.raises(BadTag, match="'9'"):
        paths_of({"1": ("甲", "9")})


def test_a_follow_up_is_planned_and_done(site: Store, wang: UUID, now: datetime) -> None:
    pipeline.assign(site, [wang], "ann", BY, now)
    late, soon = follow_ups.plan(
        site,
        [
            follow_ups.NewFollowUp(wang, now + 5 * HOUR, "visit", note="上门演示"),
            follow_ups.NewFollowUp(wang, now + 2 * HOUR, owner="bob", remind_at=now + HOUR),
        ],
        BY,
        now,
    )
    assert look.get(site, wang)["next_action_at"] == now + 2 * HOUR
    assert [f.id for f in follow_ups.open_ones(site, owner="ann")] == [late]
    assert [f.id for f in follow_ups.open_ones(site, before=now + 3 * HOUR)] == [soon]
    assert follow_ups.done(site, soon, BY, now + 3 * HOUR, "reached", "下周再谈")
    assert not follow_ups.done(site, soon, BY, now + 9 * HOUR)
    found = look.get(site, wang)
    assert found["last_follow_up_at"] == found["idle_since"] == now + 3 * HOUR
    assert found["next_action_at"] == now + 5 * HOUR
    assert follow_ups.show(site, soon).note == "下周再谈"
    follow_ups.done(site, late, BY, now + 4 * HOUR, at=now - HOUR)
    assert look.get(site, wang)["updated_at"] == now + 4 * HOUR
    assert look.get(site, wang)["last_follow_up_at"] == now + 3 * HOUR
    assert look.get(site, wang)["next_action_at"] is None
    with pytest.raises(NotThere):
        follow_ups.done(site, uuid4(), BY, now)
    with pytest.raises(Refused, match="kind"):
        follow_ups.plan(site, [follow_ups.NewFollowUp(wang, now, "a b")], BY, now)


def test_touch_points_are_kept_once(site: Store, wang: UUID, now: datetime) -> None:
    bought = touches.NewTouch(
        wang, TouchKind.PURCHASE, now, "数控机床 X5", amount="129999.95", currency="CNY", key="SO-1"
    )
    seen = touches.NewTouch(wang, TouchKind.VISIT, now + HOUR, "数控机床 X6", detail={"页": "价格"})
    assert touches.add(site, [bought, seen], "shop", BY, now) == 2
    assert touches.add(site, [bought], "shop", BY, now) == 0
    touches.note(site, wang, "老板说下月再定 🙂", BY, now + 2 * HOUR)
    kinds = ["note", "visit", "purchase"]
    entries = timeline.page(site, wang, kinds=kinds)
    assert [e.kind for e in entries] == kinds
    assert (entries[2].facts["amount"], entries[2].facts["currency"]) == (129999.95, "CNY")
    assert entries[1].facts["detail"] == {"页": "价格"}
    with pytest.raises(Refused, match=r"touches\.0\.amount"):
        touches.add(
            site, [touches.NewTouch(wang, TouchKind.PURCHASE, now, amount="much")], "s", BY, now
        )


def test_a_touch_point_of_a_kind_is_found_behind_many_others(
    site: Store, wang: UUID, now: datetime
) -> None:
    bought = touches.NewTouch(wang, TouchKind.PURCHASE, now, "数控机床 X5")
    notes = [touches.NewTouch(wang, TouchKind.NOTE, now + n * HOUR, text="好") for n in range(1, 9)]
    touches.add(site, [bought, *notes], "shop", BY, now)
    assert [e.kind for e in timeline.page(site, wang, 3, kinds=["purchase"])] == ["purchase"]
    told = timeline.page(site, wang, 3, kinds=["note", "stage"])
    assert [e.kind for e in told] == ["note"] * 3


def test_there_is_a_kind_of_entry_for_all_that_happens() -> None:
    assert {*timeline.Kind} == {*timeline._SOURCES, *TouchKind} - {"touch"}


def test_the_last_word_about_consent_counts(site: Store, wang: UUID, now: datetime) -> None:
    def ask(at: datetime = now, **parts: str) -> bool | None:
        return consents.allowed(site, wang, at, **parts)

    assert ask() is None
    consents.tell(site, consents.Word(wang, True, expires_at=now + HOUR, evidence="录音"), BY, now)
    assert (ask(), ask(now + HOUR), ask(purpose="sales"), ask(channel="sms")) == (
        True, None, True, None,
    )  # fmt: skip
    consents.tell(site, consents.Word(wang, False, purpose="sales"), BY, now + HOUR)
    assert (ask(purpose="sales"), ask(), dnc.check(site, NUMBER)) == (False, True, [])
    consents.tell(site, consents.Word(wang, False), BY, now + 2 * HOUR)
    assert ask() is False
    assert dnc.check(site, NUMBER)
    assert look.get(site, wang)["do_not_call"]
    with pytest.raises(Refused, match="token"):
        consents.tell(site, consents.Word(wang, True, "a b"), BY, now)


def test_a_field_that_is_taken_out_loses_nothing(
    site: Store, tell: Told, wang: UUID, now: datetime
) -> None:
    budget = Wanted(fields=[FieldFilter("budget", Operator.LEAST, "100000")])
    assert len(listing.page(site, budget).customers) == 1
    without = "\n".join(line for line in CRM.splitlines() if "budget" not in line)
    applied = definitions.apply(site, load(without), now)
    assert (applied.removed, applied.added) == (("field budget",), ())
    assert look.get(site, wang)["fields"] == {}
    with pytest.raises(Refused, match="not found by a field 'budget'"):
        listing.page(site, budget)
    [refused] = tell(GivenCustomer("C-1", fields={"budget": 1}))
    assert refused["came"] == "refused"
    tell(GivenCustomer("C-1", fields={"industry": "零售"}))
    back = definitions.apply(site, load(CRM), now)
    assert back.to_index == ("budget",)
    assert indexing.fill(site, "budget") == 1
    assert look.get(site, wang)["fields"] == {"budget": 120000, "industry": "零售"}
    assert len(listing.page(site, budget).customers) == 1


def test_a_field_never_changes_its_type(site: Store, now: datetime) -> None:
    other = load("fields: [{name: budget, type: text}]")
    with pytest.raises(Refused, match="'budget' holds values of type number"):
        definitions.apply(site, other, now)
    definitions.apply(site, load("stages: [{name: new}]"), now)
    with pytest.raises(Refused, match="give the new one another name"):
        definitions.apply(site, other, now)


def test_a_stage_that_is_taken_out_keeps_its_customers(
    site: Store, tell: Told, wang: UUID, now: datetime
) -> None:
    applied = definitions.apply(site, load("stages: [{name: won, closed: true}]"), now)
    assert applied.removed == tuple(
        sorted([*(f"field {n}" for n in ("industry", "budget", "visited", "remark")),
                "stage new", "stage potential", "stage high-intent"])
    )  # fmt: skip
    assert look.get(site, wang)["stage"] == "new"
    assert tell(GivenCustomer("C-1", stage="new"))[0]["came"] == "refused"
    assert pipeline.move_stage(site, [wang], "won", BY, now) == 1


def test_pages_of_a_list_follow_one_another(site: Store, tell: Told, now: datetime) -> None:
    for n in range(7):
        tell(GivenCustomer(f"{n}", stage="new", owner="ann"), at=now + (7 - n) * HOUR)
    for order, first in ((Order.ID, "0"), (Order.IDLE, "6"), (Order.UPDATED, "6")):
        seen, after = list[str](), None
        while True:
            page = listing.page(site, Wanted(stages=["new"], order=order), 3, after)
            seen += [c["external_ids"]["crm"] for c in page.customers]
            after = page.after
            if after is None:
                break
        assert (len(seen), sorted(seen), seen[0]) == (7, list("0123456"), first)
    with pytest.raises(Refused, match="'after'"):
        listing.page(site, Wanted(), after="nonsense")
    with pytest.raises(Refused, match="'after'"):
        listing.page(site, Wanted(order=Order.IDLE), after=listing.page(site, Wanted(), 1).after)


@pytest.mark.parametrize(
    ("name", "operator", "value", "found"),
    [
        ("industry", "eq", "制造业", "ac"),
        ("budget", "gte", "100.5", "bc"),
        ("budget", "lte", "100.5", "ab"),
        ("budget", "eq", "100.500", "b"),
        ("visited", "gte", "2026-11-02", "b"),
    ],
)
def test_customers_are_found_by_indexed_fields(
    site: Store, tell: Told, name: str, operator: str, value: str, found: str
) -> None:
    tell(
        GivenCustomer("a", fields={"industry": "制造业", "budget": -3, "visited": "2026-11-01"}),
        GivenCustomer("b", fields={"industry": "零售", "budget": 100.5, "visited": "2026-11-02"}),
        GivenCustomer("c", fields={"industry": "制造业", "budget": 9_000_000_000_000}),
        GivenCustomer("d"),
    )
    wanted = Wanted(fields=[FieldFilter(name, Operator(operator), value)])
    page = listing.page(site, wanted, fields=["external_ids"])
    assert page.customers == [{"external_ids": {"crm": each}} for each in found]
    assert listing.count(site, wanted) == len(found)


@pytest.mark.parametrize(
    ("each", "why"),
    [
        (FieldFilter("remark", Operator.IS, "x"), "those with 'indexed: true'"),
        (FieldFilter("x'; --", Operator.IS, "x"), "of that name"),
        (FieldFilter("budget", Operator.IS, "much"), "expected a number"),
        (FieldFilter("budget", Operator.IS, " "), "expected a value"),
        (FieldFilter("industry", Operator.LEAST, "零售"), "no order"),
    ],
)
def test_what_cannot_be_asked_for_is_told(site: Store, each: FieldFilter, why: str) -> None:
    with pytest.raises(Refused, match=why):
        listing.page(site, Wanted(fields=[each]))


def test_changes_are_taken_in_the_order_of_each_customer(
    site: Store, tell: Told, wang: UUID, now: datetime
) -> None:
    for n, name in enumerate(("王一", "王二", "王三")):
        tell(GivenCustomer("C-1", name=name), at=now + n * HOUR)
    [other] = tell(GivenCustomer("C-2", name="李"))
    first = changes.take(site, limit=1)  # and all others of the same customer
    assert [c.change.what for c in first] == ["created", *["name"] * 3]
    tell(GivenCustomer("C-1", name="王四"), at=now + 3 * HOUR)
    rest = changes.take(site)
    assert [c.change.customer_id for c in rest] == [UUID(other["customer_id"])]
    assert (changes.due(site), changes.any_due(site)) == (1, True)  # not before those are heeded
    with site.writing() as connection:
        assert changes.still_mine(connection, first) == first
        changes.heeded(connection, [c.seq for c in first])
        assert changes.still_mine(connection, first) == []
    last = changes.take(site)
    assert [c.change.new for c in last] == ["王四"]
    assert (last[0].by, last[0].tries) == (BY, 1)
    changes.later(site, [c.seq for c in last], -1, "busy")
    assert [c.tries for c in changes.take(site)] == [2]
    with site.writing() as connection:  # somebody else has it now
        assert changes.still_mine(connection, last) == []
    assert (changes.due(site), changes.any_due(site)) == (0, False)


def test_who_listens_is_told_whom_a_change_was_of(
    site: Store, tell: Told, wang: UUID, now: datetime
) -> None:
    heard = list[set[UUID]]()
    site.listeners.append(lambda customers: heard.append(set(customers)))
    tell(GivenCustomer("C-1", name="王"))
    tell(GivenCustomer("C-1", name="王"))
    tags.tag(site, [wang], "vip", BY, now)
    site.listeners.clear()
    assert heard == [{wang}, {wang}]


def test_the_timeline_is_read_page_by_page(site: Store, wang: UUID, now: datetime) -> None:
    for n in range(9):
        touches.note(site, wang, f"第{n}条", BY, now + n * HOUR)
        pipeline.move_stage(site, [wang], ("won", "new")[n % 2], BY, now + n * HOUR)
    seen, before = list[Any](), None
    while entries := timeline.page(site, wang, 4, before):
        seen += entries
        before = (entries[-1].at, entries[-1].id)
    assert len(seen) == len({e.id for e in seen}) == 19
    assert seen == sorted(seen, key=lambda e: (e.at, e.id), reverse=True)
