"""What the hopper is filled with: leads that are due, in the campaign's order.

A candidate is not claimed; the claim asks every rule again. This is the quick sieve in front
(`storage.sieve`). What it lets through wrongly the claim refuses, and puts off (`deferral`). Who
asked to be called back goes first; of several lists each gives its share. A campaign with a filter
goes along its lists step by step (`walking`), as it may pass by many for each that it means.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, TypeAlias
from uuid import UUID

from sqlalchemy import ColumnElement, Connection, Select, and_, func, select

from campaigns.leads import Candidate
from campaigns.mixing import mixed
from campaigns.spec.campaign import Campaign
from campaigns.windows import is_open, next_opening
from storage.engine import Store
from storage.facts import split_zones
from storage.selection.condition import moments
from storage.selection.turning import goes_by_time
from storage.sieve import in_zones, open_zones, ready, sieved, sieved_in_time, zones_of_list
from storage.tables.attempts import ATTEMPTS
from storage.tables.people import LEADS
from storage.walking import PASS, Place, Stretch, Walk, between, end_of_step, passed_by

_C = LEADS.c
_SOON = timedelta(seconds=5)
_A_SECOND = timedelta(seconds=1)
_ORDERS: dict[str, tuple[Any, ...]] = {
    # within a priority: who has been due the longest, be it a new lead or a retry
    "priority": (_C.rank, _C.next_at, _C.id),
    "score": (_C.score_rank, _C.next_at, _C.id),
    "fifo": (_C.id,),
    "lifo": (_C.id.desc(),),
    "newest": (_C.next_at.desc(), _C.id.desc()),
}


def candidates(
    store: Store,
    campaign: Campaign,
    limit: int,
    exclude: frozenset[UUID],
    now: datetime,
    plenty: frozenset[frozenset[str]] = frozenset(),
    walk: Walk | None = None,
) -> list[Candidate]:
    """At most `limit` leads that may be dialled at `now`, besides those in `exclude`, and those
    that want one of the sets of skills in `plenty`.

    `walk`: how far the campaign has looked already; it goes on from there, and where it is not
    `is_through` then, there may be more. None: all are looked at.
    """
    shares = campaign.leads.mix or dict.fromkeys(campaign.leads.lists, 1.0)
    by_chance = (now - now.replace(microsecond=0)) / _A_SECOND
    with store.reading() as connection:
        _alone(connection)
        ask = _Ask(connection, campaign, limit, now)
        allowed = ask.allowed(plenty)
        first = ask.called_back(allowed, exclude)
        held, left = exclude | {row.id for row in first}, limit - len(first)
        if not left or walk is None or campaign.leads.filter is None:
            rest = ask.due(allowed, held) if left else {}
            return [_candidate(row) for row in [*first, *mixed(rest, shares, left, by_chance)]]
        found = ask.along(walk, plenty, allowed, held)
    rest = {name: [*stretch.news, *stretch.step] for name, stretch in found.items()}
    rows = mixed(rest, shares, left, by_chance)
    taken = {row.id for row in rows}
    for stretch in found.values():
        stretch.go(taken)
    return [_candidate(row) for row in [*first, *rows]]


def next_due(
    store: Store, campaign: Campaign, now: datetime, exclude: frozenset[UUID] = frozenset()
) -> datetime | None:
    """When the next lead besides `exclude` may be dialled: `now` or later. None: none is left.

    Leads on do-not-call, at the campaign's cap, that its filter does not mean, or in zones that
    never open do not count. A lead that is being dialled may come back: then the answer is a few
    seconds ahead at most. Where only leads are left that the filter may come to mean as time
    passes, it is a guess, and later than one of them may be met.
    """
    with store.reading() as connection:
        _alone(connection)
        told = moments(campaign.leads.filter, now)
        openings = [
            _opening(campaign, row.zones, row.at, now)
            for name in campaign.leads.lists
            for row in connection.execute(soonest(campaign, name, now, exclude), told)
            if row.at is not None
        ]
        found = min((at for at in openings if at is not None), default=None)
        if (found is None or found > now + _SOON) and _dialling(connection, campaign):
            return now + _SOON
        if found is None and _may_come(connection, campaign, now, exclude):
            return now + PASS
    return found


def count_due(store: Store, campaign: Campaign, most: int, now: datetime, within: timedelta) -> int:
    """How many leads may be dialled until `within` from now, in hours that are open now; counted
    to `most`."""
    count = 0
    with store.reading() as connection:
        for name in campaign.leads.lists:
            zones = open_zones(connection, campaign, name, now)
            if zones == () or count >= most:
                continue
            due = sieved(select(_C.id), campaign, name, now).where(_C.next_at <= now + within)
            these = due.where(*in_zones(zones)).limit(most - count).subquery()
            query = select(func.count()).select_from(these)
            told = moments(campaign.leads.filter, now)
            count += int(connection.execute(query, told).scalar_one())
    return count


def due_leads(campaign: Campaign, name: str, now: datetime) -> Select[Any]:
    """The query behind `candidates` for one list, before the time zones. To be run with the
    `moments` of the campaign's filter."""
    query = sieved(select(*_TOLD), campaign, name, now).where(_C.next_at <= now)
    return query.order_by(*_ORDERS[campaign.leads.order])


_TOLD = (
    *(_C.id, _C.number, _C.rank, _C.segment, _C.skills, _C.callback_at),
    *(_C.next_at, _C.score_rank),  # its place in the order
)


@dataclass(frozen=True, slots=True)
class _Some:
    """Which leads of a list may be called now. `zones`: those that are open; None: all."""

    conditions: list[ColumnElement[bool]]
    zones: tuple[str, ...] | None


_Allowed: TypeAlias = dict[str, _Some]


@dataclass(frozen=True, slots=True)
class _Ask:
    """One refill's questions. `_Allowed`: the lists that may be called now, and which leads."""

    connection: Connection
    campaign: Campaign
    limit: int
    now: datetime

    def allowed(self, plenty: frozenset[frozenset[str]]) -> _Allowed:
        # skills are stored sorted (`lead_rows`), so that equal sets are equal values
        besides = [_C.skills != sorted(skills) for skills in plenty]
        allowed: _Allowed = {}
        for name in self.campaign.leads.lists:
            zones = open_zones(self.connection, self.campaign, name, self.now)
            if zones != ():
                allowed[name] = _Some([*in_zones(zones), *besides], zones)
        return allowed

    def called_back(self, allowed: _Allowed, exclude: frozenset[UUID]) -> list[Any]:
        """Who asked to be called by now, the longest due first."""
        if not self.campaign.leads.callbacks_first:
            return []
        found = list[Any]()
        for name, some in allowed.items():
            query = due_leads(self.campaign, name, self.now).where(_C.callback_at <= self.now)
            query = query.order_by(None).order_by(_C.callback_at, _C.id)
            found += self._rows(query.where(*some.conditions), exclude)
        return sorted(found, key=lambda row: (row.callback_at, row.id))[: self.limit]

    def due(self, allowed: _Allowed, exclude: frozenset[UUID]) -> dict[str, list[Any]]:
        """By list, in the campaign's order."""
        queries = {name: due_leads(self.campaign, name, self.now) for name in allowed}
        return {
            name: self._rows(query.where(*allowed[name].conditions), exclude)
            for name, query in queries.items()
        }

    def along(
        self,
        walk: Walk,
        plenty: frozenset[frozenset[str]],
        allowed: _Allowed,
        exclude: frozenset[UUID],
    ) -> dict[str, Stretch]:
        """The same from where the walk is, and those that may be meant since it passed by."""
        walk.keep(allowed)
        told = self.campaign.leads
        found = dict[str, Stretch]()
        for name, some in allowed.items():
            place = walk.place(name, (told.filter, told.order, some.zones), plenty, self.now)
            query = due_leads(self.campaign, name, self.now).where(*some.conditions)
            found[name] = self._stretch(name, query, place, exclude)
        return found

    def _stretch(
        self, name: str, query: Select[Any], place: Place, exclude: frozenset[UUID]
    ) -> Stretch:
        order = _ORDERS[self.campaign.leads.order]
        questions = [self._rows(query.where(each), exclude) for each in passed_by(order, place)]
        news = list({row.id: row for rows in questions for row in rows}.values())
        all_news = all(len(rows) < self.limit for rows in questions)
        due = and_(ready(name), _C.next_at <= self.now)
        row = self.connection.execute(end_of_step(order, due, place)).first()
        end = None if row is None else tuple(row)
        held = exclude | {row.id for row in news}
        step = self._rows(query.where(between(order, place, end)), held)
        return Stretch(order, place, self.now, news, all_news, step, len(step) < self.limit, end)

    def _rows(self, query: Select[Any], exclude: frozenset[UUID]) -> list[Any]:
        told = moments(self.campaign.leads.filter, self.now)
        rows = self.connection.execute(query.limit(self.limit + len(exclude)), told)
        return [row for row in rows if row.id not in exclude][: self.limit]


def _alone(connection: Connection) -> None:
    """Sharing a question of some milliseconds out to helpers takes the server longer than it."""
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql("SET LOCAL max_parallel_workers_per_gather = 0")


def soonest(campaign: Campaign, name: str, now: datetime, exclude: frozenset[UUID]) -> Select[Any]:
    """The query behind `next_due` for one list: the zones of its leads, each with when the first of
    those that may be dialled is due. It reads the first along the index, not all."""
    walk = zones_of_list(name)
    leads = sieved(select(_C.next_at), campaign, name, now).where(_C.zones == walk.c.zones)
    first = leads.where(_C.id.not_in(exclude)).order_by(_C.next_at).limit(1)
    at = first.correlate(walk).scalar_subquery().label("at")
    return select(walk.c.zones, at).where(walk.c.zones.is_not(None))


def _may_come(
    connection: Connection, campaign: Campaign, now: datetime, exclude: frozenset[UUID]
) -> bool:
    """Whether somebody waits whom the filter does not mean yet, and may as time passes."""
    if not goes_by_time(campaign.leads.filter):
        return False
    told = moments(campaign.leads.filter, now)
    queries = (sieved_in_time(select(_C.id), campaign, name, now) for name in campaign.leads.lists)
    return any(
        connection.execute(query.where(_C.id.not_in(exclude)).limit(1), told).first() is not None
        for query in queries
    )


def _opening(campaign: Campaign, zones: str, due: datetime, now: datetime) -> datetime | None:
    at = max(due, now)
    known = split_zones(zones)
    return at if is_open(campaign.windows, known, at) else next_opening(campaign.windows, known, at)


def _dialling(connection: Connection, campaign: Campaign) -> bool:
    query = (
        select(_C.id)
        .join(ATTEMPTS, ATTEMPTS.c.lead_id == _C.id)
        .where(ATTEMPTS.c.ended_at.is_(None), _C.list_name.in_(campaign.leads.lists))
    )
    return connection.execute(query.limit(1)).first() is not None


def _candidate(row: Any) -> Candidate:
    return Candidate(row.id, row.number, -row.rank, row.segment, frozenset(row.skills))
