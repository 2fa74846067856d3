"""What was dealt with for long goes, and with it nothing that is asked for later."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select, update

from storage import deliveries, receivers, spreading
from storage.customers import changes
from storage.customers.changes import of_customer
from storage.customers.records import last_told_by
from storage.engine import Store
from storage.messages import Message
from storage.outbox import write_messages
from storage.tables.rules import RULE_ACTS, RULES
from storage.trimming import due, trim
from tests.storage.rules.conftest import RuledSite
from tests.storage.rules.test_stories import HOT

AT_ONCE = -30  # days: whatever there is is older


def trimmed(store: Store, portion: int = 3) -> int:
    return trim(store, AT_ONCE, lambda: False, portion)


def noted(site: RuledSite, customer: UUID) -> list[tuple[str, Any]]:
    """Newest first."""
    return [(c.change.what, c.change.new) for c in of_customer(site.store, customer)]


def test_of_changes_that_were_heeded_what_decides_later_stays(site: RuledSite) -> None:
    site.rules(HOT)
    wang = site.tell(stage="potential", owner="ann")
    for stage in ("high-intent", "potential"):
        site.tell(stage=stage, tags=(f"去过/{stage}",))
    site.tell("C-2", "shop", name="李", numbers=("+8613912345679",), stage="new")
    site.heed()
    site.tell(name="王", fields={"budget": 5})  # nobody has dealt with these
    before, last = last_told_by(site.store, "crm", ["C-1"]), noted(site, wang)[:2]
    assert before == {"C-1": frozenset({"stage", "owner"})}
    assert not trim(site.store, 90, lambda: False)
    assert due(site.store, AT_ONCE)
    assert trimmed(site.store) > 0
    assert (due(site.store, AT_ONCE), trimmed(site.store)) == (False, 0)
    assert [what for what, _ in noted(site, wang)] == [w for w, _ in last] + ["stage", "created"]
    assert noted(site, wang)[2] == ("stage", "potential")
    assert last_told_by(site.store, "crm", ["C-1"]) == before
    site.tell(stage="lost")
    site.tell("C-3", name="赵", numbers=("+8613912345670",))
    site.heed()
    assert trimmed(site.store) > 0  # also the stage that had stayed till now
    assert [each for each in noted(site, wang) if each[0] == "stage"] == [("stage", "lost")]
    assert last_told_by(site.store, "crm", ["C-1"]) == before


def test_the_last_number_is_never_given_out_again(site: RuledSite) -> None:
    wang = site.tell(tags=("a",))
    site.heed()
    [newest, *_] = of_customer(site.store, wang)
    trimmed(site.store)
    site.tell(tags=("b",))
    assert of_customer(site.store, wang)[0].seq > newest.seq
    assert [each.seq for each in changes.take(site.store)] == [newest.seq + 1]


def test_for_one_time_without_a_follow_up_a_rule_acts_once_though_its_acts_go(
    site: RuledSite,
) -> None:
    site.rules("rules: [{name: remind, when: {idle: 72h}, do: [{webhook: idle}]}]")
    people = [site.tell(f"C-{n}", name="王", numbers=(f"+861391234567{n}",)) for n in range(3)]
    assert site.sweep(timedelta(hours=73)) == 3
    trimmed(site.store)
    assert len(site.acts()) == 3
    with site.store.writing() as connection:  # as a rule that is switched off and on does
        connection.execute(update(RULES).values(swept_to=None, swept_id=None))
    assert site.sweep() == 0
    for owner, which in (("bob", "C-0"), ("ann", "C-1")):
        site.tell(which, owner=owner)
    site.heed()
    assert site.sweep(timedelta(hours=73)) == 2
    trimmed(site.store)  # of C-0 the first has gone; the last row of all stays, and what is before
    with site.store.reading() as connection:
        whose = list(connection.execute(select(RULE_ACTS.c.customer_id)).scalars())
    assert sorted(whose) == sorted([*people, people[1]])


@pytest.mark.parametrize("wanted", [[], ["erp"]])
def test_messages_go_once_everybody_has_them(store: Store, wanted: list[str]) -> None:
    with store.writing() as connection:
        write_messages(connection, [Message("customer.changed", f"k{n}", {}) for n in range(7)])
    assert trimmed(store) == 0
    spreading.spread(store, lambda _: wanted)
    if wanted:
        assert trimmed(store) == 0
        batch = deliveries.take(store, "erp", 9)
        away = deliveries.NotArrived("bad", for_good=True)
        deliveries.settle(store, "erp", batch, {batch[0].id: away})
        assert trimmed(store) == 6
        assert [each.idempotency_key for each in receivers.dead(store)] == ["k0"]
    else:
        assert trimmed(store) == 7
