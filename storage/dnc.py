"""The do-not-call list. A number on it is refused by the very next claim, on every worker."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice

from sqlalchemy import ColumnElement, Connection, and_, delete, or_, select
from sqlmodel import col
from sqlmodel import select as rows_of

from connectors.calls import E164
from storage.dbtime import db_time
from storage.engine import Store
from storage.tables.lists import DO_NOT_CALL, EVERYWHERE, DoNotCall
from storage.upsert import insert_into

BATCH = 1000
_C = DO_NOT_CALL.c


@dataclass(frozen=True, slots=True)
class Listed:
    """`added` are new or hold for longer now; `known` were there; `refused` are not E.164."""

    added: int = 0
    known: int = 0
    refused: tuple[str, ...] = ()


def add(
    store: Store,
    numbers: Iterable[str],
    now: datetime,
    source: str = "",
    scope: str = EVERYWHERE,
    expires_at: datetime | None = None,
) -> Listed:
    """Put E.164 numbers on the list, for `scope`: everywhere, or one campaign's name.

    An entry is never shortened: one without an expiry stays without. Each thousand numbers
    is a transaction of its own; adding the same numbers again does no harm.
    """
    added, seen, refused = 0, 0, list[str]()
    for batch in _batches(numbers):
        good = sorted({number for number in batch if E164.fullmatch(number)})
        refused += [number for number in batch if not E164.fullmatch(number)]
        seen += len(good)
        with store.writing() as connection:
            added += len(put(connection, good, now, source, scope, expires_at))
    return Listed(added, seen - added, tuple(refused))


def remove(store: Store, number: str, scope: str = EVERYWHERE) -> bool:
    """Take a number off the list. False: it was not on it."""
    with store.writing() as connection:
        gone = connection.execute(delete(DO_NOT_CALL).where(_C.number == number, _C.scope == scope))
        return gone.rowcount > 0


def check(store: Store, number: str) -> list[DoNotCall]:
    """Every entry of a number, expired ones too."""
    with store.session() as session:
        return list(session.exec(rows_of(DoNotCall).where(col(DoNotCall.number) == number)))


def put(
    connection: Connection,
    numbers: Sequence[str],
    now: datetime,
    source: str,
    scope: str = EVERYWHERE,
    expires_at: datetime | None = None,
) -> list[str]:
    """`add` within a transaction that is already there; the numbers that were added."""
    if not numbers:
        return []
    statement = insert_into(connection, DO_NOT_CALL).values(stored_at=db_time())
    new = statement.excluded.expires_at
    statement = statement.on_conflict_do_update(
        index_elements=["number", "scope"],
        set_={"expires_at": new, "source": statement.excluded.source, "stored_at": db_time()},
        where=and_(_C.expires_at.is_not(None), or_(new.is_(None), new > _C.expires_at)),
    )
    entry = {"scope": scope, "source": source, "added_at": now, "expires_at": expires_at}
    rows = [{"number": number, **entry} for number in sorted(set(numbers))]
    return list(connection.execute(statement.returning(_C.number), rows).scalars())


def in_force(campaign: str, now: datetime) -> ColumnElement[bool]:
    """An entry that forbids `campaign` to call at `now`."""
    return and_(
        _C.scope.in_([EVERYWHERE, campaign]), or_(_C.expires_at.is_(None), _C.expires_at > now)
    )


def forbidden(
    connection: Connection, campaign: str, numbers: Sequence[str], now: datetime
) -> set[str]:
    """Those of `numbers` that `campaign` must not call at `now`."""
    query = select(_C.number).where(_C.number.in_(numbers), in_force(campaign, now))
    return set(connection.execute(query).scalars())


def _batches(numbers: Iterable[str]) -> Iterator[list[str]]:
    rest = iter(numbers)
    while batch := list(islice(rest, BATCH)):
        yield batch
