"""Admitting calls that have come in: one transaction, and whoever is first has the call.

Several campaigns may see the same call on the same line. The primary key is the call's id, which is
the same for all who see it, so exactly one of them gets its row in; the others are told.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, select

from campaigns.arrivals import Admitted, Arrival
from campaigns.call_life import CallState
from campaigns.flow.needs import Needs
from campaigns.spec.campaign import Campaign
from storage.bulk import insert_new
from storage.engine import Store
from storage.leases import Lease, hold
from storage.particulars import COLUMNS, of_caller
from storage.tables.inbound import INBOUND_CALLS
from storage.tables.people import LEADS

_C, _L = INBOUND_CALLS.c, LEADS.c
BLANK = {"outcome": "", "disposition": "", "reason": "", "cause": "", "note": ""}


@dataclass(frozen=True, slots=True)
class Admissions:
    """Every arrival is in one of the two. `others`: another campaign has them, or they are over.
    `Dialler.admitted` takes both."""

    calls: list[Admitted]
    others: list[UUID]


def admit(
    store: Store,
    lease: Lease,
    campaign: Campaign,
    version: int,
    arrivals: Sequence[Arrival],
    needs: Needs | None = None,
) -> Admissions:
    """Commit a row for each arrival that nobody has yet; asked again, the answer is the same.
    `needs`: of the flow of its lines; then each is told what the flow asks for.

    Raises `LeaseLost` when the lease has passed on, `LeaseLapsed` when it is late; nothing is
    written then.
    """
    with store.writing() as connection:
        hold(connection, lease)
        leads = _leads(connection, campaign, arrivals)
        rows = [_row(each, campaign.name, version, lease.token, leads) for each in arrivals]
        insert_new(connection, INBOUND_CALLS, rows, ["id"])
        ours = _open_here(connection, campaign.name, [each.call_id for each in arrivals])
    calls = [
        Admitted(each, ours[each.call_id], of_caller(each.caller, leads.get(each.caller), needs))
        for each in arrivals
        if each.call_id in ours
    ]
    return Admissions(calls, [each.call_id for each in arrivals if each.call_id not in ours])


def _leads(
    connection: Connection, campaign: Campaign, arrivals: Sequence[Arrival]
) -> dict[str, Any]:
    """The leads of the callers, by number, as far as they are on the campaign's list; on several
    of its lists, that of the first."""
    numbers = {each.caller for each in arrivals if each.caller}
    if not numbers:
        return {}
    lists = campaign.leads.lists
    query = select(_L.number, _L.id, _L.list_name, *COLUMNS).where(_L.list_name.in_(lists))
    rows = connection.execute(query.where(_L.number.in_(numbers))).all()
    last_first = sorted(rows, key=lambda row: lists.index(row.list_name), reverse=True)
    return {row.number: row for row in last_first}


def _row(
    arrival: Arrival, campaign: str, version: int, token: int, leads: dict[str, Any]
) -> dict[str, Any]:
    lead = leads.get(arrival.caller)
    return {
        "id": arrival.call_id,
        "campaign": campaign,
        "campaign_version": version,
        "node": arrival.node,
        "line": arrival.line,
        "caller": arrival.caller,
        "lead_id": lead.id if lead is not None else None,
        "token": token,
        "state": CallState.WAITING.value,
        "arrived_at": arrival.at,
        **BLANK,
    }


def _open_here(
    connection: Connection, campaign: str, ids: Sequence[UUID]
) -> dict[UUID, UUID | None]:
    query = select(_C.id, _C.lead_id).where(_C.id.in_(ids), _C.campaign == campaign)
    rows = connection.execute(query.where(_C.ended_at.is_(None)))
    return {row.id: row.lead_id for row in rows}
