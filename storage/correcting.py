"""The message about an end that is stored anew: in the place of the one before, or after it."""

from typing import Any
from uuid import UUID

from sqlalchemy import Connection, select

from storage.messages import ENDS, Message, key_of
from storage.outbox import rewrite_untaken
from storage.tables.records import OUTBOX

_O = OUTBOX.c


def corrected(
    connection: Connection, kind: str, call: UUID, payload: dict[str, Any]
) -> Message | None:
    """What is to be written; None: it stands in a message that nobody has taken yet.

    Twice is the most that is seen: what was seen replaces what was inferred, and who heard of an
    answer tells more than who did not.
    """
    keys = [key_of(call, what) for what in ENDS]
    query = select(_O.idempotency_key).where(_O.idempotency_key.in_(keys))
    there = set(connection.execute(query).scalars())
    last = max((n for n, key in enumerate(keys) if key in there), default=0)
    if rewrite_untaken(connection, keys[last], payload):
        return None
    return Message(kind, keys[min(last + 1, len(keys) - 1)], payload)
