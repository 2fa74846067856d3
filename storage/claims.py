"""The decision to call, in one transaction: who may dial, whom, and the attempts themselves.

Theory. The hopper's view of a lead is old by the time it is dialled. So the claim locks the
lease, the leads and their customers, asks every rule again on what it has locked, and commits
the attempts with the fencing token; only then are calls sent. A customer's row stands for a
number: two campaigns that want the same number meet there. Locks are only taken when they are
free (SKIP LOCKED), so claims never wait for one another; a lead that somebody else holds is
refused, and comes up again. The unique index on the numbers of live attempts has the last word.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Connection

from campaigns.call_life import CallState
from campaigns.flow.needs import Needs
from campaigns.leads import Attempt, DialOrder, Particulars, Refusal
from campaigns.orders import CampaignState
from campaigns.periods import day_of, period_of
from campaigns.rules import why_not
from campaigns.spec.campaign import Campaign
from campaigns.windows import closes
from storage.bulk import insert_new, update_rows
from storage.dbtime import db_time
from storage.deferral import put_off
from storage.engine import Store
from storage.facts import Known, facts_of, judged, known_of, split_zones
from storage.history import Happened, write_history
from storage.ids import new_id
from storage.leases import Lease, hold
from storage.particulars import COLUMNS, particulars
from storage.selection.condition import moments
from storage.tables.attempts import ATTEMPTS
from storage.tables.people import CUSTOMERS, LEADS, LeadState

NOT_RUNNING = "campaign: it is to be '{}', not running"
NOT_FREE = "lead: another worker is busy with it or its number, or it is not on the list any more"
OTHER_NUMBER = "lead: its number has been changed since it was picked"
ON_A_CALL = "on_a_call: the number is on a call already"

_C = LEADS.c
TOLD = [column for column in COLUMNS if column.name != "zones"]  # which is read in any case


@dataclass(frozen=True, slots=True)
class Claimed:
    """Every order is in one of the two. `Dialler.claimed` takes both."""

    attempts: list[Attempt]
    refusals: list[Refusal]


@dataclass(frozen=True, slots=True)
class _Sight:
    """What the claim has locked, and what it knows of it."""

    leads: dict[UUID, Any]
    known: Known
    needs: Needs | None  # of the campaign's flow

    def told(self, order: DialOrder) -> Particulars:
        return particulars(self.leads[order.candidate.lead_id], self.needs)


def claim(
    store: Store,
    lease: Lease,
    campaign: Campaign,
    version: int,
    orders: Sequence[DialOrder],
    now: datetime,
    needs: Needs | None = None,
) -> Claimed:
    """Commit an attempt for each order that every rule agrees to; refuse the others in words.

    `needs`: of the campaign's flow; then each attempt is told what the flow asks for. A refusal
    reads `rule: sentence`. `now` is the campaign's time, in UTC. Raises `LeaseLost`
    when its token is no longer the highest, `LeaseLapsed` when it is late; nothing is written.
    """
    with store.writing() as connection:
        wanted = hold(connection, lease)
        if wanted != CampaignState.RUNNING:
            why = NOT_RUNNING.format(wanted)
            return Claimed([], [Refusal(order, why) for order in orders])
        sight = _lock(connection, campaign, orders, now, needs)
        verdicts = [(order, _why_not(order, sight, campaign, now)) for order in orders]
        agreed = [order for order, why in verdicts if why is None]
        attempts = _insert(connection, lease, campaign, version, agreed, sight, now)
        refusals = _refusals(verdicts, attempts)
        put_off(connection, campaign, refusals, sight.leads, sight.known, now)
    return Claimed(attempts, refusals)


def _lock(
    connection: Connection,
    campaign: Campaign,
    orders: Sequence[DialOrder],
    now: datetime,
    needs: Needs | None,
) -> _Sight:
    query = (
        judged(campaign)
        .add_columns(_C.customer_id, db_time().label("seen_at"))
        .add_columns(*(TOLD if needs is not None else ()))
        .where(_C.id.in_([order.candidate.lead_id for order in orders]))
        .where(_C.list_name.in_(campaign.leads.lists))
        .with_for_update(of=[LEADS, CUSTOMERS], skip_locked=True, key_share=True)
    )
    at = moments(campaign.leads.filter, now)
    leads = {row.id: row for row in connection.execute(query, at)}
    numbers = [lead.number for lead in leads.values()]
    known = known_of(connection, campaign.name, numbers, now)
    return _Sight(leads, known, needs)


def _why_not(order: DialOrder, sight: _Sight, campaign: Campaign, now: datetime) -> str | None:
    lead = sight.leads.get(order.candidate.lead_id)
    if lead is None:
        return NOT_FREE
    if lead.number != order.candidate.number:
        return OTHER_NUMBER
    return why_not(facts_of(lead, sight.known, now), campaign, now)


def _insert(
    connection: Connection,
    lease: Lease,
    campaign: Campaign,
    version: int,
    orders: Sequence[DialOrder],
    sight: _Sight,
    now: datetime,
) -> list[Attempt]:
    """The attempts that the index of live numbers let through, with all that follows."""
    wanted = [Attempt(new_id(), order, now, sight.told(order)) for order in orders]
    rows = [_row(attempt, lease, (campaign.name, version), sight) for attempt in wanted]
    judged = _judged(campaign, {lead.zones for lead in sight.leads.values()}, now)
    rows = [row | judged[sight.leads[row["lead_id"]].zones] for row in rows]
    inserted = insert_new(connection, ATTEMPTS, rows)
    attempts = [attempt for attempt in wanted if attempt.attempt_id in inserted]
    _set_dialling(connection, attempts, sight)
    events = [Happened(a.attempt_id, now, CallState.PLACED, a.order.trunk) for a in attempts]
    write_history(connection, lease.token, events)
    return attempts


def _row(
    attempt: Attempt, lease: Lease, campaign: tuple[str, int], sight: _Sight
) -> dict[str, Any]:
    order = attempt.order
    lead = sight.leads[order.candidate.lead_id]
    return {
        "id": attempt.attempt_id,
        "campaign": campaign[0],
        "campaign_version": campaign[1],
        "lead_id": lead.id,
        "customer_id": lead.customer_id,
        "number": lead.number,
        "node": order.node,
        "trunk": order.trunk,
        "caller_id": order.caller_id,
        "token": lease.token,
        "state": CallState.PLACED,
        "placed_at": attempt.placed_at,
        "stored_at": lead.seen_at,  # what was committed by then, the rules have been asked about
        "outcome": "",
        "disposition": "",
        "reason": "",
        "cause": "",
        "party": "",
        "agent": order.agent,
        "note": "",
    }


def _judged(campaign: Campaign, zones: Iterable[str], now: datetime) -> dict[str, dict[str, Any]]:
    """What the law asks of an attempt later on, by the zones that its number may be in.

    Outside all hours, these have ended already.
    """
    windows = campaign.windows
    first = period_of(campaign.abandonment, day_of(windows, now)).first
    ends = {each: closes(windows, split_zones(each), now) or now for each in zones}
    return {each: {"open_until": end, "period": first} for each, end in ends.items()}


def _refusals(
    verdicts: Sequence[tuple[DialOrder, str | None]], attempts: Sequence[Attempt]
) -> list[Refusal]:
    placed = {id(attempt.order) for attempt in attempts}
    return [Refusal(order, why or ON_A_CALL) for order, why in verdicts if id(order) not in placed]


def _set_dialling(connection: Connection, attempts: Sequence[Attempt], sight: _Sight) -> None:
    rows = [
        {
            "id": lead.id,
            "state": LeadState.DIALLING.value,
            "attempts_total": lead.attempts_total + 1,
            "last_attempt_id": attempt.attempt_id,
            "last_attempt_at": attempt.placed_at,
        }
        for attempt in attempts
        for lead in [sight.leads[attempt.order.candidate.lead_id]]
    ]
    update_rows(connection, LEADS, rows)
