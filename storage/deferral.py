"""Refused leads are put off until the rule that refused them lets them through."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, bindparam, update

from campaigns.due_again import due_again
from campaigns.leads import Refusal
from campaigns.rules import rule_of
from campaigns.spec.campaign import Campaign
from storage.facts import Known, facts_of
from storage.sieve import SIEVED
from storage.tables.people import LEADS, LeadState


def put_off(
    connection: Connection,
    campaign: Campaign,
    refusals: Sequence[Refusal],
    leads: Mapping[UUID, Any],
    known: Known,
    now: datetime,
) -> None:
    """Set when each refused lead of `leads` is due next, by the rule that refused it."""
    rows = []
    for refusal in refusals:
        lead = leads.get(refusal.order.candidate.lead_id)
        if lead is None or rule_of(refusal.why) in SIEVED:
            continue
        at = due_again(refusal.why, facts_of(lead, known, now), campaign, now)
        rows.append({"lead": lead.id, "at": at})
    if rows:
        connection.execute(_PUT_OFF, rows)


_PUT_OFF = (
    update(LEADS)
    .where(LEADS.c.id == bindparam("lead"), LEADS.c.state == LeadState.READY.value)
    .values(next_at=bindparam("at"))
)
