"""Customers as a source tells of them, many at once: made or changed, each by its external id.

One row that is wrong hinders no other. A customer is known by what the source calls it, else by a
number: one that came on a list of leads, or from another source, is the same customer. A number
has one customer; who comes with somebody else's is refused, with whose it is.
"""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any, TypeAlias, TypeVar

from campaigns.importing.mapping import Duplicates
from storage.customers.batch import Came as Came  # noqa: PLC0414 - they are found here
from storage.customers.batch import Synced as Synced  # noqa: PLC0414
from storage.customers.batch import changed, look, take, write
from storage.customers.changes import By
from storage.customers.changing import Again, Changing, changing
from storage.customers.definitions import Definitions, read
from storage.customers.given import BadCustomer, CheckedCustomer, GivenCustomer, check
from storage.customers.requests import Request, answer_of, keep_answer
from storage.engine import Store
from storage.errors import Refused

MOST = 1000  # customers in one transaction
TRIES = 5
AS_EVER = Duplicates()
"""Whoever is known is updated, and nobody is looked for by name."""

T = TypeVar("T")
Unfit: TypeAlias = tuple[str, str]
"""Of a row that is wrong: the external id and why."""
Checked: TypeAlias = CheckedCustomer | Unfit


def sync(
    store: Store,
    source: str,
    given: Sequence[GivenCustomer | Unfit],
    by: By,
    now: datetime,
    request: Request | None = None,
) -> list[dict[str, Any]]:
    """What came of each row, in their order, as `Synced.told`; at most `MOST` rows, all of them in
    one transaction.

    `request`: by which one that comes again is known, and gets the first one's answer. Raises
    `Refused` where it was another request, and `StorageError`.
    """
    if len(given) > MOST:
        raise Refused(f"At most {MOST} customers can be told at once")
    known = read(store)  # no transaction waits while numbers are parsed
    checked = [_checked(each, known) for each in given]
    return _tried(store, by, now, lambda pen: _answered(pen, source, checked, request))


def sync_checked(
    store: Store,
    source: str,
    checked: Sequence[Checked],
    by: By,
    now: datetime,
    rules: Duplicates = AS_EVER,
) -> list[Synced]:
    """The same of rows that are checked already, by rules for those who are known: for imports.

    Raises `StorageError`.
    """
    return _tried(store, by, now, lambda pen: _sync(pen, source, checked, rules))


def foretell(
    store: Store,
    source: str,
    checked: Sequence[Checked],
    by: By,
    now: datetime,
    rules: Duplicates = AS_EVER,
) -> list[Synced]:
    """What would come of these rows; nothing is written. Tags and consent alone change nothing
    here, since they are only known as they are written."""
    with store.reading() as connection:
        pen = Changing(connection, by, now)
        batch = look(pen, source, _good(checked), rules)
        came = [take(pen, batch, n, each) for n, each in enumerate(checked)]
        return [changed(pen, each) for each in came]


def _tried(store: Store, by: By, now: datetime, do: Callable[[Changing], T]) -> T:
    """What `do` gives, in a transaction that is begun anew where somebody else was first."""
    for left in range(TRIES, 0, -1):
        try:
            with changing(store, by, now) as pen:
                return do(pen)
        except Again:
            if left == 1:
                raise
    raise AssertionError("unreachable")


def _answered(
    pen: Changing, source: str, checked: Sequence[Checked], request: Request | None
) -> list[dict[str, Any]]:
    before = answer_of(pen.connection, request)
    if before is not None:
        rows: list[dict[str, Any]] = before["rows"]
        return rows
    rows = [each.told() for each in _sync(pen, source, checked, AS_EVER)]
    if request is not None and not keep_answer(pen.connection, request, {"rows": rows}):
        raise Again
    return rows


def _sync(
    pen: Changing, source: str, checked: Sequence[Checked], rules: Duplicates
) -> list[Synced]:
    batch = look(pen, source, _good(checked), rules)
    came = [take(pen, batch, n, each) for n, each in enumerate(checked)]
    write(pen, batch)
    return [changed(pen, each) for each in came]


def _good(checked: Sequence[Checked]) -> list[CheckedCustomer]:
    return [each for each in checked if isinstance(each, CheckedCustomer)]


def _checked(each: GivenCustomer | Unfit, known: Definitions) -> Checked:
    if isinstance(each, tuple):
        return each
    try:
        return check(each, known)
    except BadCustomer as wrong:
        return each.external_id[:120], str(wrong)
