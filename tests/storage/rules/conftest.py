"""A site whose rules act: customers of `tests.storage.customers`, a campaign, and turns of the job
that heeds changes."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select

from campaigns.crm.file import load as load_crm
from campaigns.crm.rules.file import load
from campaigns.spec.campaign import Campaign
from storage import campaigns
from storage.customers import changes, look
from storage.customers.changes import By
from storage.customers.definitions import apply as apply_crm
from storage.customers.given import GivenCustomer
from storage.customers.sync import sync
from storage.engine import Store
from storage.rules import kept
from storage.rules.heeding import heed
from storage.rules.idle import sweep
from storage.tables.people import LEADS
from storage.tables.records import OUTBOX
from storage.tables.rules import RULE_ACTS
from workers.changes import works_of

CRM = """\
stages:
  - {name: new, label: 新线索}
  - {name: potential, label: 潜在客户}
  - {name: high-intent, label: 高意向}
  - {name: lost, label: 流失, closed: true}
intents: [A, B, C]
fields:
  - {name: industry, label: 行业, type: choice, choices: [制造业, 零售], indexed: true}
  - {name: budget, label: 预算, type: number, indexed: true}
  - {name: vip, type: yes_no}
  - {name: visited, type: date}
"""
NUMBER = "+8613912345678"
SECOND = timedelta(seconds=1)


class RuledSite:
    """`at`: the time, which every change moves on."""

    def __init__(self, store: Store, now: datetime) -> None:
        self.store = store
        self.at = now

    def rules(self, text: str) -> None:
        """Let a rules file count, as `dialplane crm rules apply` does."""
        loaded = load(text, site=kept.site_words(self.store))
        kept.apply(self.store, loaded, text, self.at)

    def tell(self, external_id: str = "C-1", source: str = "crm", **parts: Any) -> UUID:
        """A CRM tells of a customer; by default 王小明."""
        self.at += SECOND
        if external_id == "C-1":
            parts = {"name": "王小明", "numbers": (NUMBER,), **parts}
        given = GivenCustomer(external_id, **parts)
        [row] = sync(self.store, source, [given], By(f"api:{source}", source), self.at)
        assert row["came"] != "refused", row
        return UUID(row["customer_id"])

    def heed(self, tells: bool = False, limit: int = 200) -> int:
        """Heed until nothing is due; how many times rules acted."""
        acted = 0
        while taken := changes.take(self.store, limit):
            self.at += SECOND
            acted += heed(self.store, taken, works_of(self.store, tells), self.at)
        return acted

    def sweep(self, later: timedelta = timedelta(), limit: int = 200) -> int:
        """Look for whom nobody follows up, so much later; how many times rules acted."""
        self.at += later
        acted, more = sweep(self.store, works_of(self.store, False), self.at, limit)
        while more:
            did, more = sweep(self.store, works_of(self.store, False), self.at, limit)
            acted += did
        return acted

    def customer(self, customer: UUID) -> dict[str, Any]:
        found = look.get(self.store, customer)
        return found | {"tags": {tag["path"] for tag in found["tags"]}}

    def leads(self, name: str = "first") -> list[Any]:
        with self.store.reading() as connection:
            query = select(LEADS).where(LEADS.c.list_name == name).order_by(LEADS.c.id)
            return list(connection.execute(query))

    def acts(self) -> list[tuple[str, str]]:
        """Which rules acted, in their order, and what came of it."""
        with self.store.reading() as connection:
            rows = connection.execute(select(RULE_ACTS).order_by(RULE_ACTS.c.id))
            return [(row.rule, row.did) for row in rows]

    def outbox(self, kind: str) -> list[dict[str, Any]]:
        with self.store.reading() as connection:
            query = select(OUTBOX.c.payload).where(OUTBOX.c.kind == kind).order_by(OUTBOX.c.id)
            return list(connection.execute(query).scalars())


@pytest.fixture
def site(store: Store, campaign: Campaign, now: datetime) -> RuledSite:
    """Stages, levels and fields as `CRM` says, and the campaign `autumn` of the list `first`."""
    apply_crm(store, load_crm(CRM), now)
    campaigns.apply(store, campaign, "name: as it was written", now)
    return RuledSite(store, now)


@pytest.fixture
def rule_of(site: RuledSite) -> Callable[[str], kept.Kept]:
    """A rule with how it fares."""
    return lambda name: next(each for each in kept.listed(site.store) if each.name == name)
