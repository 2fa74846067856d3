"""Prohibitions that do not come with a change of a customer: in a row that is refused, as whoever
is not to be called is not, whatever else is wrong; and by the number alone."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from campaigns.numbers import BadNumber, normalise
from storage import dnc
from storage.customers.changes import By
from storage.customers.changing import changing
from storage.customers.given import GivenCustomer
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
    to more rows, where the request came again.

    The customer is forbidden, made if need be of the id and the numbers alone; one who cannot be
    known by these either, as the number is somebody else's, has the numbers on the do-not-call
    list. Done twice, it does no harm. Raises `StorageError`.
    """
    refused = {told["external_id"] for told in came if told["came"] == Came.REFUSED}
    bare = [
        GivenCustomer(each.external_id, numbers=tuple(_numbers(each)), do_not_call=True)
        for each in given
        if isinstance(each, GivenCustomer) and each.do_not_call and each.external_id in refused
    ]
    again = sync(store, source, bare, by, now) if bare else []
    for told, each in zip(again, bare, strict=True):
        if told["came"] == Came.REFUSED:
            dnc.add(store, each.numbers, now, by.who)


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
