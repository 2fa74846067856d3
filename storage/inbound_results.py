"""What inbound calls come to, on its way into the tables.

Told twice or late it changes nothing: a call has one result, the first (or the first that was seen,
where one was only inferred), and of its dispositions the latest counts.

An inbound call is no reason to dial anybody: it moves no lead on to a further attempt, unless the
caller asks for that (`storage.inbound_flows`). But what its agent files, or the step that ends its
flow, may be a reason to stop: a final disposition ends the lead of the caller, and one with
`do_not_call` puts the caller's number on the list, as after a call of ours.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, and_, bindparam, case, func, or_, select, update

from campaigns.arrivals import InboundOutcome
from campaigns.call_life import CallState
from campaigns.effects import InboundDisposed, InboundEnded, InboundNoted
from campaigns.spec.campaign import Campaign
from connectors.calls import EndReason
from storage.customers.changes import By
from storage.customers.opting_out import note_opt_outs
from storage.dnc import put
from storage.inbound_customers import callers, look, tell_customers
from storage.inbound_messages import tell_others
from storage.tables.inbound import INBOUND_CALLS
from storage.tables.people import LEADS, LeadState

_C, _L = INBOUND_CALLS.c, LEADS.c


def write_inbound(
    connection: Connection,
    campaign: Campaign,
    notes: Sequence[InboundNoted],
    ended: Sequence[InboundEnded],
    filed: Sequence[InboundDisposed],
) -> tuple[list[str], set[UUID]]:
    """Write notes to calls that are open, results to those that have none, and dispositions; the
    numbers that came to do-not-call by that, and customers who have changed."""
    told = {result.call_id for result in ended} | {disposed.call_id for disposed in filed}
    before = look(connection, told)
    if notes:
        connection.execute(_NOTE, [_note(note) for note in notes])
    if ended:
        connection.execute(_END, [_end(result) for result in ended])
    if filed:
        connection.execute(_FILE, [_file(disposed) for disposed in filed])
    said = {e.call_id: (e.disposition, e.ended_at) for e in ended if not _is_default(e)}
    said |= {disposed.call_id: (disposed.disposition, disposed.at) for disposed in filed}
    listed = _stop_dialling(connection, campaign, said)
    after = look(connection, told)
    mine = callers(connection, after)
    tell_others(connection, campaign, before, after, mine)
    return listed, tell_customers(connection, campaign, before, after, mine)


def _is_default(ended: InboundEnded) -> bool:
    """Who spoke to an agent is filed by that agent, and until then under a default."""
    return ended.outcome is InboundOutcome.ANSWERED


def _stop_dialling(
    connection: Connection, campaign: Campaign, said: Mapping[UUID, tuple[str, datetime]]
) -> list[str]:
    """`said`: what a call is filed under, by an agent or by its flow, and since when."""
    by_name = {d.name: d for d in campaign.dispositions if d.final}
    final = {call_id: filed for call_id, filed in said.items() if filed[0] in by_name}
    if not final:
        return []
    listed: list[str] = []
    query = select(_C.id, _C.caller, _C.lead_id, _C.callback_at).where(_C.id.in_(final))
    for row in connection.execute(query.order_by(_C.lead_id)).all():
        disposition, at = final[row.id]
        never_again = by_name[disposition].do_not_call
        if never_again and row.caller:
            why = f"disposition {disposition} of campaign {campaign.name}"
            listed += put(connection, [row.caller], at, why)
            note_opt_outs(connection, [row.caller], By(f"campaign:{campaign.name}"), at)
        if row.lead_id is not None and (never_again or row.callback_at is None):
            state = LeadState.SUPPRESSED if never_again else LeadState.DONE
            _end_lead(connection, row.lead_id, state, disposition)
    return listed


def _end_lead(connection: Connection, lead_id: Any, state: LeadState, disposition: str) -> None:
    """One that is being dialled right now is left to that attempt's own result."""
    waiting = update(LEADS).where(_L.id == lead_id, _L.state == LeadState.READY.value)
    connection.execute(waiting.values(state=state.value, last_disposition=disposition))


def _note(note: InboundNoted) -> dict[str, Any]:
    talks = note.state == CallState.TALKING
    return {
        "call": note.call_id,
        "now_state": note.state,
        "now_agent": note.agent,
        "now_recording": note.recording,
        "talks_at": note.at if talks else None,
        "asks_at": note.at if note.state == CallState.ASKING else None,
    }


def _end(ended: InboundEnded) -> dict[str, Any]:
    return {
        "call": ended.call_id,
        "now_outcome": ended.outcome.value,
        "now_disposition": ended.disposition,
        "now_reason": ended.reason.value,
        "now_cause": ended.cause,
        "over_at": ended.ended_at,
        "talks_at": ended.connected_at,
        "asks_at": ended.asked_at,
        "now_agent": ended.agent,
    }


def _file(filed: InboundDisposed) -> dict[str, Any]:
    return {
        "call": filed.call_id,
        "now_disposition": filed.disposition,
        "filed_at": filed.at,
        "now_note": filed.note,
        "now_agent": filed.agent,
    }


def _or_kept(column: str, name: str) -> Any:
    return func.coalesce(bindparam(name, type_=_C[column].type), _C[column])


def _kept_or(column: str, name: str) -> Any:
    return func.coalesce(_C[column], bindparam(name, type_=_C[column].type))


def _seen_or(column: str, name: str) -> Any:
    """How a call ended is not inferred where it was seen."""
    inferred = bindparam("now_reason", type_=_C.reason.type) == EndReason.PBX_LOST.value
    seen = and_(_C.ended_at.is_not(None), inferred)
    return case((seen, _C[column]), else_=bindparam(name, type_=_C[column].type))


_NOTE = (
    update(INBOUND_CALLS)
    .where(_C.id == bindparam("call"), _C.ended_at.is_(None))
    .values(
        state=bindparam("now_state"),
        agent=_or_kept("agent", "now_agent"),
        recording=_or_kept("recording", "now_recording"),
        connected_at=_kept_or("connected_at", "talks_at"),
        asked_at=_kept_or("asked_at", "asks_at"),
    )
)
_INFERRED = and_(
    _C.reason == EndReason.PBX_LOST.value,
    bindparam("now_reason", type_=_C.reason.type) != EndReason.PBX_LOST.value,
)
_TALKED = and_(
    _C.connected_at.is_(None),
    bindparam("talks_at", type_=_C.connected_at.type).is_not(None),
)
"""By a worker that stood still since; who came after it has seen the end alone."""
_END = (
    update(INBOUND_CALLS)
    .where(_C.id == bindparam("call"), or_(_C.ended_at.is_(None), _INFERRED, _TALKED))
    .values(
        state=CallState.ENDED.value,
        outcome=bindparam("now_outcome"),
        disposition=case(
            (_C.disposed_at.is_not(None), _C.disposition),
            else_=bindparam("now_disposition", type_=_C.disposition.type),
        ),
        reason=_seen_or("reason", "now_reason"),
        cause=_seen_or("cause", "now_cause"),
        ended_at=_seen_or("ended_at", "over_at"),
        connected_at=_or_kept("connected_at", "talks_at"),
        asked_at=_kept_or("asked_at", "asks_at"),
        agent=_or_kept("agent", "now_agent"),
    )
)
_FILE = (
    update(INBOUND_CALLS)
    .where(_C.id == bindparam("call"))
    .where(
        or_(
            _C.disposed_at.is_(None),
            _C.disposed_at < bindparam("filed_at", type_=_C.disposed_at.type),
        )
    )
    .values(
        disposition=bindparam("now_disposition"),
        disposed_at=bindparam("filed_at", type_=_C.disposed_at.type),
        note=bindparam("now_note", type_=_C.note.type),
        agent=bindparam("now_agent"),
    )
)
