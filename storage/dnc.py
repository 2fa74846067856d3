"""The do-not-call list. A number on it is refused by the very next claim, on every worker."""

import logging
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice

from sqlalchemy import ColumnElement, Connection, and_, delete, or_, select, update
from sqlmodel import col
from sqlmodel import select as rows_of

from connectors.calls import E164
from storage.bulk import insert_absent
from storage.dbtime import db_time
from storage.engine import Store
from storage.errors import StorageError
from storage.tables.lists import DO_NOT_CALL, EVERYWHERE, DoNotCall

BATCH = 1000
SEEN_WITHIN = 60.0
"""Seconds after which an entry is taken to be seen by every claim where nobody could say so. No
transaction of ours takes so long: the database ends one that stands still after two seconds."""
log = logging.getLogger(__name__)
_C = DO_NOT_CALL.c
_KEY = ("number", "scope")


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
    added, given, refused = 0, 0, list[str]()
    for batch in _batches(numbers):
        good = sorted({number for number in batch if E164.fullmatch(number)})
        refused += [number for number in batch if not E164.fullmatch(number)]
        given += len(good)
        with store.writing() as connection:
            new = put(connection, good, now, source, scope, expires_at)
        seen_by_all(store, new, scope)
        added += len(new)
    return Listed(added, given - added, tuple(refused))


def seen_by_all(store: Store, numbers: Sequence[str], scope: str = EVERYWHERE) -> None:
    """Note that what `put` has added is committed: from now on (`stored_at`) every claim sees it.

    To be called after its transaction; where the database is away, `SEEN_WITHIN` has to do.
    """
    if not numbers:
        return
    these = and_(_C.number.in_(numbers), _C.scope == scope, _C.stored_at > db_time())
    try:
        with store.writing() as connection:
            connection.execute(update(DO_NOT_CALL).where(these).values(stored_at=db_time()))
    except StorageError as away:
        log.debug("do-not-call entries are taken to be seen a minute later: %s", away)


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
    """`add` within a transaction that is already there, after which `seen_by_all` is to be called
    with what this returns: the numbers that were added."""
    if not numbers:
        return []
    entry = {"scope": scope, "source": source, "added_at": now, "expires_at": expires_at}
    given = sorted(set(numbers))
    rows = [{"number": number, **entry} for number in given]
    stored = {"stored_at": db_time(SEEN_WITHIN)}
    new = {key[0] for key in insert_absent(connection, DO_NOT_CALL, rows, _KEY, stored)}
    known = [number for number in given if number not in new]
    shorter = _shorter(connection, known, scope, expires_at)
    if shorter:
        these = update(DO_NOT_CALL).where(_C.number.in_(shorter), _C.scope == scope)
        connection.execute(these.values(expires_at=expires_at, source=source, **stored))
    return sorted([*new, *shorter])


def _shorter(
    connection: Connection, numbers: Sequence[str], scope: str, than: datetime | None
) -> list[str]:
    """Those whose entry ends, and sooner; locked."""
    if not numbers:
        return []
    ends = _C.expires_at.is_not(None) if than is None else _C.expires_at < than
    query = select(_C.number).where(_C.number.in_(numbers), _C.scope == scope, ends)
    return list(connection.execute(query.order_by(_C.number).with_for_update()).scalars())


def in_force(campaign: str, now: datetime) -> ColumnElement[bool]:
    """An entry that forbids `campaign` to call at `now`."""
    return and_(
        _C.scope.in_([EVERYWHERE, campaign]), or_(_C.expires_at.is_(None), _C.expires_at > now)
    )


def forbidden(
    connection: Connection, campaign: str, numbers: Sequence[str], now: datetime
) -> dict[str, datetime | None]:
    """Those of `numbers` that `campaign` must not call at `now`, each with the moment from which
    on it may; None: never."""
    query = select(_C.number, _C.expires_at).where(_C.number.in_(numbers), in_force(campaign, now))
    found = dict[str, datetime | None]()
    for number, until in connection.execute(query):
        before = found.setdefault(number, until)
        found[number] = None if before is None or until is None else max(before, until)
    return found


def _batches(numbers: Iterable[str]) -> Iterator[list[str]]:
    rest = iter(numbers)
    while batch := list(islice(rest, BATCH)):
        yield batch
