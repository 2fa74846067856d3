"""What callers do in the flow of their line, on its way into the tables.

Answers, steps and recordings are kept beside those of attempts, under the call's own id: whatever
counts attempts joins them, and so counts no caller. A wish not to be called again is carried out in
the same transaction, for the number that has called; a number that is not known can be put on no
list, which the call's row tells and the log. A wish to be called back makes the caller's lead due.
"""

import logging
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, and_, bindparam, select, update

from campaigns.flow_effects import CallbackWanted, FlowKept, OptedOut
from campaigns.spec.campaign import Campaign
from storage.customers.changes import By
from storage.customers.opting_out import note_opt_outs
from storage.dnc import put
from storage.flow_results import keep, wishes_on
from storage.tables.inbound import INBOUND_CALLS
from storage.tables.people import LEADS, LeadState

log = logging.getLogger(__name__)
_C, _L = INBOUND_CALLS.c, LEADS.c
_OPEN = (LeadState.READY.value, LeadState.DONE.value)


def write_inbound_flows(
    connection: Connection, campaign: Campaign, told: Sequence[FlowKept]
) -> list[str]:
    """Keep what is told of the campaign's inbound calls; the numbers that came to do-not-call by
    it. What is told of others is passed over."""
    if not told:
        return []
    calls = _calls(connection, campaign.name, {each.attempt_id for each in told})
    ours = [each for each in told if each.attempt_id in calls]
    keep(connection, campaign.name, ours)
    for wish in sorted(_only_callbacks(ours), key=lambda each: str(calls[each.attempt_id].lead_id)):
        _call_back(connection, campaign, calls[wish.attempt_id], wish.due)
    return _opt_out(connection, campaign.name, ours, calls)


def _calls(connection: Connection, campaign: str, ids: set[UUID]) -> dict[UUID, Any]:
    query = select(_C.id, _C.caller, _C.lead_id, _C.opted_out_at)
    rows = connection.execute(query.where(_C.id.in_(ids), _C.campaign == campaign))
    return {row.id: row for row in rows}


def _only_callbacks(told: Sequence[FlowKept]) -> list[CallbackWanted]:
    return [each for each in told if isinstance(each, CallbackWanted)]


def _call_back(connection: Connection, campaign: Campaign, call: Any, due: datetime) -> None:
    """Also a lead that was done with: it is the customer who asks. Not one that has had all its
    attempts, is not to be called, or is being dialled right now."""
    connection.execute(_CALL_BACK, {"call": call.id, "due": due})
    lead = and_(
        _L.id == call.lead_id,
        _L.state.in_(_OPEN),
        _L.attempts_total < campaign.attempts.per_lead,
    )
    if call.lead_id is not None:
        due_then = {"state": LeadState.READY.value, "next_at": due, "callback_at": due}
        connection.execute(update(LEADS).where(lead).values(due_then))


def _opt_out(
    connection: Connection, campaign: str, told: Sequence[FlowKept], calls: Mapping[UUID, Any]
) -> list[str]:
    wishes = [each for each in told if isinstance(each, OptedOut)]
    listed: list[str] = []
    why = f"opted out in a flow of campaign {campaign}, calling in"
    for wish in sorted(wishes, key=lambda each: str(calls[each.attempt_id].lead_id)):
        call = calls[wish.attempt_id]
        if call.caller:
            listed += put(connection, [call.caller], wish.at, why)
            note_opt_outs(connection, [call.caller], By(f"campaign:{campaign}"), wish.at)
        elif call.opted_out_at is None:
            log.warning(
                "inbound call %s: the caller wants no more calls, and the number is not known: "
                "nothing could be put on the do-not-call list",
                call.id,
                extra={"call": call.id},
            )
        if call.lead_id is not None:
            connection.execute(_SUPPRESS, {"lead": call.lead_id})
    if wishes:
        rows = [{"call": wish.attempt_id, "wished_at": wish.at} for wish in wishes]
        connection.execute(_OPTED_OUT, rows)
    return listed


_CALL_BACK, _OPTED_OUT = wishes_on(INBOUND_CALLS)
_SUPPRESS = (
    update(LEADS)
    .where(_L.id == bindparam("lead"), _L.state.in_(_OPEN))
    .values(state=LeadState.SUPPRESSED.value)
)
"""One that is being dialled right now is left to that attempt; no claim takes it again."""
