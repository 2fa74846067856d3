"""What others are told of customers' changes and of what rules did, by the outbox.

`customer.changed`: one message for all that one request, call or rule has changed of a customer.
`origin`: where it came from, such as a CRM's name; there it is known already.
"""

from collections.abc import Collection, Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, select

from storage.customers.changes import TakenChange
from storage.messages import CUSTOMER_CHANGED, Message
from storage.tables.contacts import CUSTOMER_REFS
from storage.tables.people import CUSTOMERS

ACTED = "rule.acted"
OURS_ALONE = frozenset({"opt_out"})  # of no concern to others: what comes of it is told
_C, _R = CUSTOMERS.c, CUSTOMER_REFS.c


def changed_messages(
    connection: Connection, told: Sequence[Sequence[TakenChange]]
) -> list[Message]:
    """For each group of changes of one customer, made at once by the same, one message."""
    groups = [[c for c in group if c.change.what not in OURS_ALONE] for group in told]
    groups = [group for group in groups if group]
    who = identities(connection, {group[0].change.customer_id for group in groups})
    return [_changed(group, who) for group in groups if group[0].change.customer_id in who]


def acted_message(
    rule: str, word: str, group: Sequence[TakenChange], who: Mapping[str, Any], key: str, at: str
) -> Message:
    """That a rule has acted, with the word that its action names. `key`: of the occasion."""
    payload = {"rule": rule, "word": word, **who, "changes": _changes(group), "at": at}
    return Message(ACTED, key, payload)


def identities(connection: Connection, customers: Collection[UUID]) -> dict[UUID, dict[str, Any]]:
    """How others know each of these customers: our id, external ids by source, the main number."""
    if not customers:
        return {}
    query = select(_C.id, _C.number).where(_C.id.in_(customers))
    found: dict[UUID, dict[str, Any]] = {
        row.id: {"customer_id": str(row.id), "external_ids": {}, "number": row.number}
        for row in connection.execute(query)
    }
    refs = select(_R.customer_id, _R.source, _R.external_id)
    refs = refs.where(_R.customer_id.in_(customers), _R.gone_at.is_(None))
    for row in connection.execute(refs.order_by(_R.created_at, _R.external_id)):
        if row.customer_id in found:
            found[row.customer_id]["external_ids"].setdefault(row.source, row.external_id)
    return found


def _changed(group: Sequence[TakenChange], who: Mapping[UUID, dict[str, Any]]) -> Message:
    first = group[0]
    payload = {
        **who[first.change.customer_id],
        "changes": _changes(group),
        "who": first.by.who,
        "origin": first.by.origin,
        "at": first.at.isoformat(),
    }
    return Message(CUSTOMER_CHANGED, f"{CUSTOMER_CHANGED}:{first.seq}", payload)


def _changes(group: Sequence[TakenChange]) -> list[dict[str, Any]]:
    return [{"what": c.change.what, "old": c.change.old, "new": c.change.new} for c in group]
