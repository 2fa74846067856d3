"""The message about an end that is stored anew: in the place of the one before, or after it."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, select

from storage.messages import ANSWERED, ENDS, Message, disposed, key_of
from storage.outbox import rewrite_untaken
from storage.tables.records import OUTBOX

MOST = 50  # messages about one call whose answers come late; a flow has no more questions
_O = OUTBOX.c


def corrected(
    connection: Connection,
    kind: str,
    call: UUID,
    filed_at: datetime | None,
    payload: dict[str, Any],
) -> Message | None:
    """What is to be written; None: it stands in a message that nobody has taken yet, and that tells
    last of this call. `filed_at`: when an agent has filed it.

    Twice is the most that is seen: what was seen replaces what was inferred, and who heard of an
    answer tells more than who did not.
    """
    keys = [key_of(call, what) for what in ENDS]
    told = [row.idempotency_key for row in messages_about(connection, call, filed_at)]
    if told and told[-1] in keys and rewrite_untaken(connection, told[-1], payload):
        return None
    ends = max((keys.index(key) for key in told if key in keys), default=-1)
    return Message(kind, keys[min(ends + 1, len(keys) - 1)], payload)


def messages_about(connection: Connection, call: UUID, filed_at: datetime | None) -> Sequence[Any]:
    """Those about a call's end, its filing and its late answers, in the order in which they were
    written, locked. Found by their whole keys, as a key's beginning is found by no index in a
    database that sorts as people do."""
    told = [*ENDS, *(f"{ANSWERED}{nth}" for nth in range(1, MOST))]
    told += [disposed(filed_at)] if filed_at else []
    keys = [key_of(call, what) for what in told]
    query = select(_O.kind, _O.idempotency_key, _O.payload).where(_O.idempotency_key.in_(keys))
    query = query.order_by(_O.created_at, _O.id).with_for_update()  # one who tells anew at a time
    return connection.execute(query).all()
