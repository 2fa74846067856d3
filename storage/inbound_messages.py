"""What others are told of calls that came in, as they are of placed ones: once, by its key.

A message for the end of a call, and one for each filing after that. A result that tells more than
the one before takes the place of its message, or follows it.
"""

from collections.abc import Collection
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, select

from campaigns.spec.campaign import Campaign
from storage.correcting import corrected
from storage.flow_results import answers_of
from storage.inbound_customers import Callers, Calls, filing
from storage.messages import CORRECTED, ENDED, Message, about_inbound, disposed, key_of
from storage.outbox import write_messages
from storage.tables.people import LEADS

INBOUND_ENDED, INBOUND_DISPOSED = "inbound.ended", "inbound.disposed"  # kinds
_L = LEADS.c


def tell_others(
    connection: Connection, campaign: Campaign, before: Calls, after: Calls, mine: Callers
) -> None:
    """Write the messages about those calls of which there is something to tell. `mine`: the
    callers' customers."""
    news = {each: due for each, now in after.items() if (due := _what(before[each], now))}
    if not news:
        return
    payloads = _payloads(connection, campaign, [after[each] for each in news], mine)
    messages = list[Message]()
    for each, (kind, what) in news.items():
        told: Message | None = Message(kind, key_of(each, what), payloads[each])
        if what == CORRECTED:
            filed_at = after[each].disposed_at
            told = corrected(connection, kind, each, filed_at, payloads[each])
        messages += [told] if told else []
    write_messages(connection, messages)


def _what(was: Any, now: Any) -> tuple[str, str] | None:
    """The kind of the message that is due, and what its key says; None: there is no news."""
    if now.ended_at is None:
        return None
    if was.ended_at is None:
        return INBOUND_ENDED, ENDED
    if now.disposed_at != was.disposed_at:
        return INBOUND_DISPOSED, disposed(now.disposed_at)
    changed = (now.reason, now.outcome) != (was.reason, was.outcome)
    return (INBOUND_ENDED, CORRECTED) if changed else None


def _payloads(
    connection: Connection, campaign: Campaign, calls: Collection[Any], mine: Callers
) -> dict[UUID, dict[str, Any]]:
    leads = _leads(connection, {call.lead_id for call in calls if call.lead_id})
    given = {}
    if campaign.inbound_flow is not None:
        given = answers_of(connection, [call.id for call in calls])
    by_name = {each.name: each for each in campaign.dispositions}
    return {
        call.id: about_inbound(
            call._mapping,
            mine.get(call.caller),
            leads.get(call.lead_id),
            by_name.get(filing(call, frozenset(by_name))),
            None if campaign.inbound_flow is None else given.get(call.id, {}),
        )
        for call in calls
    }


def _leads(connection: Connection, ids: Collection[UUID]) -> dict[UUID, Any]:
    if not ids:
        return {}
    columns = (_L.id, _L.list_name, _L.external_ref, _L.state, _L.attempts_total)
    rows = connection.execute(select(*columns).where(_L.id.in_(ids)))
    return {row.id: row._mapping for row in rows}
