"""What inbound calls mean for the customers who have called.

Whoever has talked with an agent was seen to, as after a call of ours; what the agent, or the flow,
has filed the call under is noted for rules, and for those who are told of changes. Calls are looked
at before and after they are written, so what is told twice counts once.
"""

from collections.abc import Collection, Mapping
from typing import Any, TypeAlias
from uuid import UUID

from sqlalchemy import Connection, select

from campaigns.arrivals import InboundOutcome
from campaigns.spec.campaign import Campaign
from storage.customers.changes import By, Change, write_changes
from storage.customers.numbers import owners
from storage.ledger_rows import PERSON, lock_customers, write_back
from storage.tables.inbound import INBOUND_CALLS
from storage.tables.people import CUSTOMERS

Calls: TypeAlias = Mapping[UUID, Any]
Callers: TypeAlias = Mapping[str, UUID]
_C = INBOUND_CALLS.c


def look(connection: Connection, ids: Collection[UUID]) -> Calls:
    """These calls as they are."""
    query = select(INBOUND_CALLS).where(_C.id.in_(ids))
    return {row.id: row for row in connection.execute(query)} if ids else {}


def callers(connection: Connection, calls: Calls) -> Callers:
    """The customer of each number that they came from."""
    return owners(connection, sorted({call.caller for call in calls.values() if call.caller}))


def tell_customers(
    connection: Connection, campaign: Campaign, before: Calls, after: Calls, mine: Callers
) -> set[UUID]:
    """Tell the callers' customers (`mine`) what came of their calls; who has changed."""
    names = frozenset(each.name for each in campaign.dispositions)
    known = [now for now in after.values() if now.caller in mine]
    news = [now for now in known if _is_news(before[now.id], now, names)]
    customers = lock_customers(connection, {mine[now.caller] for now in news})
    changes = list[Change]()
    for now in sorted(news, key=lambda n: n.arrived_at):
        customer, was = customers[mine[now.caller]], before[now.id]
        if _talked(now) and not _talked(was):
            _seen_to(customer, now)
        if (filed := filing(now, names)) and filed != filing(was, names):
            changes += _file(campaign, customer, now)
            changes.append(_change(campaign, customer["id"], was, now, names))
    write_back(connection, CUSTOMERS, PERSON, customers.values())
    if changes:
        at = max(now.disposed_at or now.ended_at for now in news)
        write_changes(connection, changes, By(f"campaign:{campaign.name}"), at)
    return set(customers)


def _is_news(was: Any, now: Any, names: frozenset[str]) -> bool:
    return _talked(now) > _talked(was) or filing(now, names) not in ("", filing(was, names))


def _talked(call: Any) -> bool:
    return call.outcome == InboundOutcome.ANSWERED and call.connected_at is not None


def filing(call: Any, names: frozenset[str]) -> str:
    """What it is filed under, by its agent or by the step that has ended its flow; empty: under
    nothing that anybody chose."""
    by_flow = call.outcome != InboundOutcome.ANSWERED and call.disposition in names
    return str(call.disposition) if call.disposed_at is not None or by_flow else ""


def _seen_to(customer: dict[str, Any], call: Any) -> None:
    customer["contacts"] += 1
    for name in ("last_contact_at", "last_follow_up_at", "idle_since"):
        customer[name] = max(call.connected_at, customer[name] or call.connected_at)


def _file(campaign: Campaign, customer: dict[str, Any], call: Any) -> list[Change]:
    """Unless a later call of ours speaks for the customer. What changes by it."""
    if (customer["last_attempt_at"] or call.arrived_at) > call.arrived_at:
        return []
    customer["last_disposition"] = call.disposition
    was, level = customer["intent"], campaign.intent_of(call.disposition)
    if level is None or level == was:
        return []
    customer["intent"] = level
    return [Change(customer["id"], "intent", was, level)]


def _change(
    campaign: Campaign, customer: UUID, was: Any, now: Any, names: frozenset[str]
) -> Change:
    before = filing(was, names)
    old = {"disposition": before, "intent": campaign.intent_of(before)} if before else None
    its = {"inbound_call_id": str(now.id), "campaign": campaign.name}
    level = campaign.intent_of(now.disposition)
    new = {**its, "disposition": now.disposition, "intent": level}
    return Change(customer, "call_result", old, new)
