"""Who has still to get which message of the outbox.

Theory. A message is spread once: each receiver that wants it gets a line of its own, with its own
tries, wait and death, and the line goes as the message arrives. So one receiver that is away
neither holds up another nor makes it hear things twice. Of one subject (a customer) a receiver gets
the messages in the order in which they were written: the next one is taken only once those before
it have arrived, or are given up. Taking holds a line for a while, so that whoever dies with it in
hand gives it back; its tries tell who is late. Times are the database's.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, delete, func, or_, select, tuple_, update

from campaigns.crm.breaker import Outcome, State, admit, after
from storage.columns import FreeText
from storage.dbtime import db_time
from storage.engine import Store
from storage.outbox import Taken, is_unsent
from storage.receivers import breaker_of, close, hurry, keep, lines_of
from storage.tables.deliveries import DELIVERIES, RECEIVERS
from storage.tables.records import OUTBOX

HELD = 120.0  # seconds within which a receiver has dealt with a batch
COUNTED = 1000
FIRST_WAIT, LONGEST_WAIT = 5.0, 3600.0
TRIES = 20  # with the waits above: given up after about thirteen hours
_D, _O, _R = DELIVERIES.c, OUTBOX.c, RECEIVERS.c


@dataclass(frozen=True, slots=True)
class NotArrived:
    """Why a message has not arrived. `wait`: seconds that the receiver asks for, which is no fault
    of the message's, so that this try does not count."""

    why: str
    for_good: bool = False
    wait: float = 0.0


def take(store: Store, receiver: str, most: int, held: float = HELD) -> list[Taken]:
    """At most so many messages that this receiver is to get now, for this caller alone; none while
    its breaker is open."""
    with store.writing() as connection:
        before, now = breaker_of(connection, receiver)
        breaker, room = admit(before, now, most)
        rows = connection.execute(_due(receiver, room)).all() if room else []
        if rows:
            keep(connection, receiver, breaker)
            these = update(DELIVERIES).where(*lines_of(receiver, [row.id for row in rows]))
            connection.execute(these.values(tries=_D.tries + 1, held_until=db_time(held)))
    return [Taken(r.id, r.kind, r.idempotency_key, r.payload, r.tries + 1) for r in rows]


def settle(
    store: Store, receiver: str, batch: Sequence[Taken], failed: Mapping[UUID, NotArrived]
) -> list[UUID]:
    """What came of a batch; the messages that are given up by now."""
    if not batch:
        return []
    here = [message.id for message in batch if message.id not in failed]
    over = [m.id for m in batch if m.id in failed and _is_over(m, failed[m.id])]
    outcomes = [Outcome(each.for_good, each.wait) for each in failed.values()]
    with store.writing() as connection:
        before, now = breaker_of(connection, receiver)
        breaker = after(before, len(here), outcomes, now)
        why = next(iter(failed.values())).why if failed else ""
        keep(connection, receiver, breaker, len(here), why)
        closing = sorted([*here, *over])
        # two receivers that have the same message last must see each other's line go
        lock = select(_O.id).where(_O.id.in_(closing)).order_by(_O.id).with_for_update()
        connection.execute(lock).all()
        connection.execute(delete(DELIVERIES).where(*lines_of(receiver, here)))
        _put_off(connection, receiver, [m for m in batch if m.id in failed], failed)
        close(connection, closing)
        if breaker.state is State.CLOSED is not before.state:
            hurry(connection, receiver, FIRST_WAIT)
    return over


def overdue(store: Store, receivers: Sequence[str], seconds: float = 0.0) -> int:
    """Messages that could go out to one of these receivers, or to nobody yet, and have been due for
    more than `seconds`: counted up to `COUNTED` of each, as it is asked twice a second."""
    before = db_time(-seconds)
    fresh = select(_O.id).where(_O.spread_at.is_(None), is_unsent(), _O.created_at <= before)
    shut = select(_R.name).where(_R.state != State.CLOSED.value, _R.until > db_time())
    due = select(_D.message_id).where(
        _D.receiver.in_(list(receivers)),
        _D.receiver.not_in(shut),
        _D.dead_at.is_(None),
        _D.next_at <= before,
        or_(_D.held_until.is_(None), _D.held_until <= db_time()),
    )
    counts = [
        select(func.count()).select_from(each.limit(COUNTED).subquery()).scalar_subquery()
        for each in (fresh, due)
    ]
    with store.reading() as connection:
        return int(connection.execute(select(counts[0] + counts[1])).scalar_one())


def _due(receiver: str, most: int) -> Any:
    before = DELIVERIES.alias("before")
    earlier = select(before.c.message_id).where(
        before.c.receiver == _D.receiver,
        before.c.subject == _D.subject,
        before.c.dead_at.is_(None),
        tuple_(before.c.written_at, before.c.message_id) < tuple_(_D.written_at, _D.message_id),
    )
    return (
        select(_O.id, _O.kind, _O.idempotency_key, _O.payload, _D.tries)
        .join(OUTBOX, _O.id == _D.message_id)
        .select_from(DELIVERIES)
        .where(
            _D.receiver == receiver,
            _D.dead_at.is_(None),
            _D.next_at <= db_time(),
            or_(_D.held_until.is_(None), _D.held_until <= db_time()),
            ~earlier.exists(),
        )
        .order_by(_D.next_at, _D.written_at, _D.message_id)
        .limit(most)
    )


def _is_over(message: Taken, failed: NotArrived) -> bool:
    return failed.for_good or (message.attempts >= TRIES and not failed.wait)


def _put_off(
    connection: Connection,
    receiver: str,
    batch: Sequence[Taken],
    failed: Mapping[UUID, NotArrived],
) -> None:
    """Those that fail alike are written at once."""
    alike: dict[tuple[str, bool, float, int], list[UUID]] = {}
    for message in batch:
        why = failed[message.id]
        over = _is_over(message, why)
        key = (FreeText.shorten(why.why), over, why.wait, message.attempts)
        alike.setdefault(key, []).append(message.id)
    for (words, over, asked, tries), ids in alike.items():
        wait = asked or min(LONGEST_WAIT, FIRST_WAIT * 2.0 ** (tries - 1))
        values = {
            "last_error": words,
            "tries": tries - 1 if asked and not over else tries,
            "next_at": db_time(wait),
            "held_until": None,
            "dead_at": db_time() if over else None,
        }
        mine = update(DELIVERIES).where(*lines_of(receiver, ids), _D.tries == tries)
        connection.execute(mine.values(values))
