"""How far along a list a campaign with a filter has looked for leads that it means.

Theory. The order of a list is the leads', what a filter asks is mostly the customers', and no index
holds both. A question that always began at the top of the list would pass by all whom the filter
does not mean, each time, and by more of them the further the campaign has come. So a walk goes on
where it stopped, some thousands of leads a time; at the end of the list it begins anew. What it has
passed by may be meant since: leads that have fallen due meanwhile, and those of customers who have
changed, are therefore looked at each time besides, and what is left (a filter by time, a number
taken off do-not-call) is met on the next pass, `PASS` later at most.

It lives in the process that dials. Losing it costs one walk from the top.
"""

from collections.abc import Collection, Hashable, Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, literal, select, true, tuple_

from storage.tables.people import CUSTOMERS, LEADS

STEP = 2000
"""Leads that one refill passes by: what takes some 20 ms."""
PASS = timedelta(minutes=30)
SPARED = 50  # of this many parts of the time, one at most is spent on who is due next
OVERLAP = timedelta(seconds=30)
"""Between the clock of whoever changes a customer, and that of who looks."""
_L = LEADS.c
Order = tuple[Any, ...]
Key = tuple[Any, ...]


@dataclass(slots=True)
class Place:
    """Where a walk is on one list. `setting`: what the list is looked at by; `plenty`: the sets of
    skills that it has passed by since the top. `after`: the key of the last lead that was looked
    at; None: it is at the top. `looked`: when was looked for what has changed."""

    setting: Hashable
    began: datetime
    looked: datetime
    plenty: frozenset[Hashable] = frozenset()
    after: Key | None = None
    is_through: bool = False


@dataclass(slots=True)
class Walk:
    """That of one campaign over all of its lists. Not safe to share between threads.

    `due`: when the next lead is, as was read at the end of a pass; of a filter that means few, all
    leads are read for that. So it counts until then, and the longer the longer it took.
    """

    places: dict[str, Place] = field(default_factory=dict)
    due: datetime | None = None
    _due_counts: tuple[Hashable, datetime] | None = None  # for which campaign, and until when

    @property
    def is_through(self) -> bool:
        """Whether it has come to the end of each list."""
        return all(place.is_through for place in self.places.values())

    def place(
        self, name: str, setting: Hashable, plenty: frozenset[Hashable], now: datetime
    ) -> Place:
        """Where it goes on: at the top, where it was at the end, or has passed by leads for what
        counts no longer."""
        place = self.places.get(name)
        if place is None or place.is_through or _is_over(place, setting, plenty, now):
            place = self.places[name] = Place(setting, now, now)
        place.plenty |= plenty
        return place

    def known_due(self, campaign: Hashable, now: datetime) -> datetime | None:
        """What was read lately; None: it is to be read again."""
        if self.due is None or self._due_counts is None or now >= self.due:
            return None
        of, until = self._due_counts
        return self.due if of == campaign and now < until else None

    def read_due(
        self, campaign: Hashable, due: datetime | None, now: datetime, took: timedelta
    ) -> None:
        """Note what has been read. That nobody is left ends a campaign, and is never kept."""
        self.due, self._due_counts = due, (campaign, now + min(took * SPARED, PASS))

    def keep(self, names: Iterable[str]) -> None:
        """These lists alone may be called now."""
        self.places = {name: self.places[name] for name in names if name in self.places}


@dataclass(frozen=True, slots=True)
class Stretch:
    """What one refill has found on a list: `news` are those that it had passed by. `end`: the key
    of the last lead that was looked at; None: the list's end. `all_news`, `all_step`: whether there
    are no more than these."""

    order: Order
    place: Place
    now: datetime
    news: list[Any]
    all_news: bool
    step: list[Any]
    all_step: bool
    end: Key | None

    def go(self, taken: Collection[UUID]) -> None:
        """Go on behind those of these leads that were taken, in their order; the others are found
        again."""
        if self.all_news and all(row.id in taken for row in self.news):
            self.place.looked = self.now
        mine = [row for row in self.step if row.id in taken]
        if len(mine) < len(self.step) or not self.all_step:
            self.place.after = key_of(self.order, mine[-1]) if mine else self.place.after
        elif self.end is None:
            self.place.is_through = True
        else:
            self.place.after = self.end


def _is_over(place: Place, setting: Hashable, plenty: frozenset[Hashable], now: datetime) -> bool:
    return place.setting != setting or bool(place.plenty - plenty) or now - place.began > PASS


def passed_by(order: Order, place: Place) -> list[ColumnElement[bool]]:
    """Conditions on leads that the walk has passed by and may be meant since, for a question each:
    together they would be read along no index."""
    if place.after is None:
        return []
    since = place.looked - OVERLAP
    customers = select(CUSTOMERS.c.id).where(CUSTOMERS.c.updated_at > since)
    passed = _up_to(order, place.after)
    return [
        and_(_L.next_at > since, passed),
        and_(_L.customer_id.in_(customers), passed),
    ]


def between(order: Order, place: Place, end: Key | None) -> ColumnElement[bool]:
    """The leads of one step: behind where it is, up to and with `end`; None: up to the last."""
    behind = true() if place.after is None else ~_up_to(order, place.after)
    return behind if end is None else and_(behind, _up_to(order, end))


def end_of_step(order: Order, due: ColumnElement[bool], place: Place) -> Select[Any]:
    """The key of the last lead of a step; nothing: there are fewer."""
    columns, _ = _columns(order)
    query = select(*columns).where(due, between(order, place, None)).order_by(*order)
    return query.offset(STEP - 1).limit(1)


def key_of(order: Order, row: Any) -> Key:
    """A lead's place in the order."""
    columns, _ = _columns(order)
    return tuple(getattr(row, column.name) for column in columns)


def _up_to(order: Order, key: Key) -> ColumnElement[bool]:
    columns, falling = _columns(order)
    at = tuple_(*(literal(value, c.type) for c, value in zip(columns, key, strict=True)))
    lead = tuple_(*columns)
    return lead >= at if falling else lead <= at


def _columns(order: Order) -> tuple[list[Any], bool]:
    """An order falls with all of its columns, or with none."""
    plain = [getattr(column, "element", column) for column in order]
    return plain, plain[0] is not order[0]
