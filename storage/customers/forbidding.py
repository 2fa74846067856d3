"""Prohibitions that do not come with a change of a customer: in a row that is refused, as whoever
is not to be called is not, whatever else is wrong; and by the number alone."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import UUID

from campaigns.numbers import BadNumber, normalise
from storage import dnc
from storage.customers.changes import By
from storage.customers.changing import changing
from storage.customers.given import GivenCustomer
from storage.customers.look import by_external_id
from storage.customers.numbers import owners
from storage.customers.sync import Came, Unfit, sync
from storage.engine import Store


def forbid_refused(
    store: Store,
    source: str,
    given: Sequence[GivenCustomer | Unfit],
    came: Sequence[Mapping[str, Any]],
    by: By,
    now: datetime,
) -> None:
    """Heed `do_not_call` of the rows that `sync` has refused, by what it answered: perhaps before,
    to more rows, where the request came again. As `forbid_told`."""
    refused = {told["external_id"] for told in came if told["came"] == Came.REFUSED}
    told_of = [
        each
        for each in given
        if isinstance(each, GivenCustomer) and each.do_not_call and each.external_id in refused
    ]
    forbid_told(store, source, told_of, by, now)


def forbid_told(
    store: Store, source: str, given: Sequence[GivenCustomer], by: By, now: datetime
) -> None:
    """Whom these rows are about is not to be called, whatever else they say.

    The customer is forbidden, made if need be of the id and the numbers alone. Where the numbers
    are somebody else's, the customer is forbidden by the id, if that is known, and the numbers are
    on the do-not-call list. Done twice, it does no harm. Raises `StorageError`.
    """
    bare = [
        GivenCustomer(each.external_id, numbers=tuple(_numbers(each)), do_not_call=True)
        for each in given
    ]
    came = sync(store, source, bare, by, now) if bare else []
    left = [each for each, told in zip(bare, came, strict=True) if told["came"] == Came.REFUSED]
    for each in left:
        dnc.add(store, each.numbers, now, by.who)
    known = [each for each in left if by_external_id(store, source, each.external_id) is not None]
    if known:
        sync(store, source, [replace(each, numbers=()) for each in known], by, now)


def forbid_owner(store: Store, number: str, by: By, now: datetime) -> UUID | None:
    """Whose number it is is not to be called any more, by any number; None: it is nobody's."""
    with changing(store, by, now) as pen:
        customer = owners(pen.connection, [number]).get(number)
        if customer is not None:
            pen.hold([customer])
            pen.forbid(customer)
    return customer


def _numbers(given: GivenCustomer) -> Iterator[str]:
    for raw in given.numbers:
        try:
            yield normalise(raw, given.region and given.region.strip().upper())
        except BadNumber:
            continue
