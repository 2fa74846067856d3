"""Leads as people look at them: a list's counts, one lead, and why it is not dialled."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import func, select
from sqlmodel import col
from sqlmodel import select as rows_of

from campaigns.rules import LeadFacts
from campaigns.spec.campaign import Campaign
from storage.engine import Store
from storage.errors import NotThere
from storage.facts import facts_in_time, judged_in_time, known_of
from storage.selection.condition import moments
from storage.tables.people import LEADS, Customer, Lead, LeadState

_C = LEADS.c


def lists(store: Store) -> dict[str, int]:
    """Every list of leads, and how many leads are on it."""
    with store.looking() as connection:
        query = select(_C.list_name, func.count()).group_by(_C.list_name).order_by(_C.list_name)
        return dict(connection.execute(query).all())


def counts(store: Store, list_name: str) -> dict[LeadState, int]:
    """How many leads of a list are in each state."""
    with store.looking() as connection:
        query = select(_C.state, func.count()).where(_C.list_name == list_name).group_by(_C.state)
        found: dict[str, int] = dict(connection.execute(query).all())
    return {state: found.get(state.value, 0) for state in LeadState}


def page(
    store: Store, list_name: str, limit: int = 50, state: LeadState | None = None
) -> list[Lead]:
    """The first leads of a list, in the order of their import."""
    query = rows_of(Lead).where(col(Lead.list_name) == list_name)
    if state is not None:
        query = query.where(col(Lead.state) == state.value)
    with store.looking_session() as session:
        return list(session.exec(query.order_by(col(Lead.id)).limit(limit)))


def show(store: Store, lead_id: UUID) -> Lead:
    """One lead. Raises `NotThere`."""
    with store.session() as session:
        lead = session.get(Lead, lead_id)
    if lead is None:
        raise _not_there(lead_id)
    return lead


def find(store: Store, number: str) -> list[Lead]:
    """The leads of an E.164 number, on all lists."""
    with store.session() as session:
        query = rows_of(Lead).where(col(Lead.number) == number).order_by(col(Lead.list_name))
        return list(session.exec(query))


def customer(store: Store, number: str) -> Customer | None:
    """The customer who answers to an E.164 number."""
    with store.session() as session:
        return session.exec(rows_of(Customer).where(col(Customer.number) == number)).first()


def facts(store: Store, campaign: Campaign, lead_id: UUID, now: datetime) -> LeadFacts:
    """What `campaigns.rules` judge of a lead, now and later. Raises `NotThere`."""
    with store.looking() as connection:
        query = judged_in_time(campaign).where(_C.id == lead_id)
        lead = connection.execute(query, moments(campaign.leads.filter, now)).one_or_none()
        if lead is None:
            raise _not_there(lead_id)
        known = known_of(connection, campaign.name, [lead.number], now)
    return facts_in_time(lead, known, campaign, now)


def _not_there(lead_id: UUID) -> NotThere:
    return NotThere(f"There is no lead with the id {lead_id}")
