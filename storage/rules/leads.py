"""Customers on their way onto campaigns' lists, because a rule says so.

Whoever locks both locks leads before customers, as all others do; so the leads that may be touched
are locked before anything else is.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, select, update

from campaigns.crm.rules.model import AddToCampaign
from campaigns.crm.rules.placing import How, Place, Reach, ThatLead, place
from campaigns.spec.campaign import Campaign
from storage.bulk import insert_new
from storage.customers.consents import ANY, calls_allowed
from storage.dnc import forbidden
from storage.lead_rows import NewLead, to_row
from storage.tables.contacts import CONTACT_POINTS, ContactKind
from storage.tables.people import CUSTOMERS, LEADS, LeadState

_L, _C, _P = LEADS.c, CUSTOMERS.c, CONTACT_POINTS.c
_THAT = ("id", "list_name", "number", "state", "rank", "attempts_total", "last_attempt_at",
         "last_outcome")  # fmt: skip


def list_of(action: AddToCampaign, campaign: Campaign) -> str | None:
    """To which list; None: the campaign does not call from the one that the rule names."""
    lists = campaign.leads.lists
    if action.list is None:
        return lists[0]
    return action.list if action.list in lists else None


def lock_leads(connection: Connection, customers: Collection[UUID]) -> None:
    """Nobody else moves the leads of these customers until the transaction ends."""
    query = select(_L.id).where(_L.customer_id.in_(customers)).order_by(_L.id)
    if customers:
        connection.execute(query.with_for_update(key_share=True)).all()


@dataclass(frozen=True, slots=True)
class Placer:
    """Says what becomes of customers on lists, and lets it be so. What is known of all of them is
    read at once; what one comes to is known to the next. `leads`: by list and number; `barred`:
    numbers that a campaign must not call."""

    connection: Connection
    now: datetime
    people: Mapping[UUID, Any]
    consent: Mapping[tuple[UUID, str], bool | None]
    leads: dict[tuple[str, str], Any]
    barred: Mapping[str, Collection[str]]
    new: list[dict[str, Any]] = field(default_factory=list)

    @classmethod
    def of(
        cls,
        connection: Connection,
        customers: Collection[UUID],
        campaigns: Mapping[str, Campaign],
        now: datetime,
    ) -> "Placer":
        """For these customers, and these campaigns by name."""
        if not customers:
            return cls(connection, now, {}, {}, {}, {})
        people = _people(connection, customers)
        numbers = sorted({row.number for row in people.values() if row.number})
        lists = {name for each in campaigns.values() for name in each.leads.lists}
        barred = {name: forbidden(connection, name, numbers, now) for name in campaigns}
        said = calls_allowed(connection, customers, now)
        return cls(connection, now, people, said, _leads(connection, numbers, lists), barred)

    def look(self, customer: UUID, action: AddToCampaign, campaign: Campaign, on: str) -> Place:
        """What would become of the customer on the list `on`; nothing is written."""
        person = self.people[customer]
        lead = self.leads.get((on, person.number))
        is_barred = person.do_not_call or person.number in self.barred[campaign.name]
        reach = Reach(person.number, bool(is_barred), self._said(person, action))
        facts = None if lead is None else ThatLead(*(lead[name] for name in _THAT[3:]))
        return place(action, campaign, reach, facts, self.now)

    def put(self, customer: UUID, action: AddToCampaign, campaign: Campaign, on: str) -> Place:
        """The same, and it is so from then on; a new lead is written by `write`."""
        found = self.look(customer, action, campaign, on)
        where = (on, self.people[customer].number)
        if found.how is How.NEW:
            self._add(customer, action, on)
        if found.how in (How.AGAIN, How.SOONER):
            self.write()  # it may be new itself
        if found.how is How.AGAIN:
            fresh = {"state": LeadState.READY.value, "next_at": found.at, "callback_at": None}
            self._change(where, {**fresh, "tries": {}, "rank": -action.priority})
        if found.how is How.SOONER:
            self._change(where, {"rank": -action.priority})
        return found

    def _said(self, person: Any, action: AddToCampaign) -> bool | None:
        about_any = self.consent.get((person.id, ANY))
        if action.needs_consent is None:
            return about_any
        return self.consent.get((person.id, action.needs_consent), about_any)

    def _add(self, customer: UUID, action: AddToCampaign, on: str) -> None:
        person = self.people[customer]
        zones = tuple(person.zones.split(",")) if person.zones else ()
        new = NewLead(
            person.number,
            person.name or "",
            action.priority,
            zones=zones,
            external_ref=person.external_ref or "",
        )
        row = {**to_row(new, on, self.now), "customer_id": customer}
        self.leads[on, person.number] = {**row, "last_attempt_at": None}
        self.new.append(row)

    def write(self) -> None:
        """Write the leads that are new; one that somebody else has made meanwhile stays theirs."""
        insert_new(self.connection, LEADS, self.new, ["list_name", "number"])
        self.new.clear()

    def _change(self, where: tuple[str, str], values: Mapping[str, Any]) -> None:
        lead = self.leads[where]
        self.leads[where] = {**lead, **values}
        self.connection.execute(update(LEADS).where(_L.id == lead["id"]).values(**values))


def _leads(
    connection: Connection, numbers: Collection[str], lists: Collection[str]
) -> dict[tuple[str, str], Any]:
    query = select(*(_L[name] for name in _THAT))
    mine = query.where(_L.number.in_(numbers), _L.list_name.in_(lists))
    rows = connection.execute(mine).mappings().all() if numbers and lists else ()
    return {(row["list_name"], row["number"]): dict(row) for row in rows}


def _people(connection: Connection, customers: Collection[UUID]) -> dict[UUID, Any]:
    """With the zones of their main number."""
    point = (_P.kind == ContactKind.PHONE.value) & (_P.value == _C.number)
    query = (
        select(_C.id, _C.number, _C.name, _C.external_ref, _C.do_not_call, _P.zones)
        .outerjoin(CONTACT_POINTS, point)
        .where(_C.id.in_(customers))
    )
    return {row.id: row for row in connection.execute(query)} if customers else {}
