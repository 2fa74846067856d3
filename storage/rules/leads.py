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
_THAT = ("id", "state", "rank", "attempts_total", "last_attempt_at", "last_outcome")


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
    read at once, and what one of them comes to is known to the next."""

    connection: Connection
    now: datetime
    people: Mapping[UUID, Any] = field(default_factory=dict)
    consent: Mapping[tuple[UUID, str], bool | None] = field(default_factory=dict)

    @classmethod
    def of(cls, connection: Connection, customers: Collection[UUID], now: datetime) -> "Placer":
        """For these customers."""
        said = calls_allowed(connection, customers, now) if customers else {}
        return cls(connection, now, _people(connection, customers), said)

    def look(self, customer: UUID, action: AddToCampaign, campaign: Campaign, on: str) -> Place:
        """What would become of the customer on the list `on`; nothing is written."""
        return self._look(customer, action, campaign, on)[0]

    def put(self, customer: UUID, action: AddToCampaign, campaign: Campaign, on: str) -> Place:
        """The same, and it is so from then on."""
        found, lead = self._look(customer, action, campaign, on)
        if found.how is How.NEW:
            return found if self._add(customer, action, on) else Place(How.THERE)
        if found.how is How.AGAIN:
            fresh = {"state": LeadState.READY.value, "next_at": found.at, "callback_at": None}
            self._change(lead, {**fresh, "tries": {}, "rank": -action.priority})
        if found.how is How.SOONER:
            self._change(lead, {"rank": -action.priority})
        return found

    def _look(
        self, customer: UUID, action: AddToCampaign, campaign: Campaign, on: str
    ) -> tuple[Place, Any]:
        person = self.people[customer]
        lead = self._lead(person.number, on)
        reach = Reach(person.number, self._is_barred(person, campaign), self._said(person, action))
        facts = None if lead is None else ThatLead(*(getattr(lead, n) for n in _THAT[1:]))
        return place(action, campaign, reach, facts, self.now), lead

    def _said(self, person: Any, action: AddToCampaign) -> bool | None:
        about_any = self.consent.get((person.id, ANY))
        if action.needs_consent is None:
            return about_any
        return self.consent.get((person.id, action.needs_consent), about_any)

    def _is_barred(self, person: Any, campaign: Campaign) -> bool:
        numbers = [person.number] if person.number else []
        barred = forbidden(self.connection, campaign.name, numbers, self.now)
        return bool(person.do_not_call or barred)

    def _lead(self, number: str | None, on: str) -> Any:
        query = select(*(_L[name] for name in _THAT))
        mine = query.where(_L.list_name == on, _L.number == number)
        return self.connection.execute(mine).first() if number else None

    def _add(self, customer: UUID, action: AddToCampaign, on: str) -> bool:
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
        return bool(insert_new(self.connection, LEADS, [row], ["list_name", "number"]))

    def _change(self, lead: Any, values: Mapping[str, Any]) -> None:
        self.connection.execute(update(LEADS).where(_L.id == lead.id).values(**values))


def _people(connection: Connection, customers: Collection[UUID]) -> dict[UUID, Any]:
    """With the zones of their main number."""
    point = (_P.kind == ContactKind.PHONE.value) & (_P.value == _C.number)
    query = (
        select(_C.id, _C.number, _C.name, _C.external_ref, _C.do_not_call, _P.zones)
        .outerjoin(CONTACT_POINTS, point)
        .where(_C.id.in_(customers))
    )
    return {row.id: row for row in connection.execute(query)} if customers else {}
