"""What the abandonment guard counts, from the attempts: by the database, however many there are.

The rules are those of `storage.attempts` (`waited`, `filed`) and of `Tally.count`, in SQL. A test
holds the two together, to the microsecond.
"""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from typing import TypeAlias

from sqlalchemy import ColumnElement, Connection, Select, and_, bindparam, case, func, not_, select

from campaigns.guard import Tally, total
from campaigns.outcomes import Outcome
from campaigns.periods import Period, begins, day_of, period_of, shifted
from campaigns.spec.campaign import Campaign, Mode
from connectors.calls import Party
from storage.durations import is_longer
from storage.engine import Store
from storage.tables.attempts import ATTEMPTS, HEARD, PICKED_UP

_C = ATTEMPTS.c
Counts: TypeAlias = Select[int, int, int, int]


def tallies(store: Store, campaign: Campaign, days: Iterable[str]) -> list[Tally]:
    """What the guard knew of the attempts placed on each of these days; nothing of a day on
    which nobody answered."""
    query = _query(campaign)
    with store.reading() as connection:
        found = [_of_day(connection, query, campaign, day) for day in days]
        if campaign.mode is Mode.IVR:
            found = [_with_heard(connection, campaign, tally) for tally in found]
    return [tally for tally in found if tally.live or tally.machines]


def so_far(store: Store, campaign: Campaign, at: datetime) -> tuple[Period, Tally]:
    """The period of an instant, and what its days have come to in the end, or by now."""
    period = period_of(campaign.abandonment, day_of(campaign.windows, at))
    return period, total(tallies(store, campaign, period.days))


def heard_by_people(campaign: str) -> Select[int]:
    """How many people went through a campaign's flow and needed no agent, of those attempts."""
    query = select(func.count()).select_from(ATTEMPTS).where(_C.campaign == campaign, HEARD)
    return query.where(_C.party == Party.HUMAN.value)


def _with_heard(connection: Connection, campaign: Campaign, tally: Tally) -> Tally:
    since, until = _bounds(campaign, tally.day)
    query = heard_by_people(campaign.name).where(_C.placed_at >= since, _C.placed_at < until)
    return replace(tally, heard=int(connection.execute(query).scalar_one()))


def _bounds(campaign: Campaign, day: str) -> tuple[datetime, datetime]:
    return begins(campaign.windows, day), begins(campaign.windows, shifted(day, 1))


def _of_day(connection: Connection, query: Counts, campaign: Campaign, day: str) -> Tally:
    since, until = _bounds(campaign, day)
    counts = connection.execute(query, {"since": since, "until": until}).one()
    people, late, machines, abandoned = (int(count or 0) for count in counts)
    return Tally(day, people - late, abandoned, late, machines=machines)


def _query(campaign: Campaign) -> Counts:
    talked, machine = _C.connected_at.is_not(None), _is_machine(campaign)
    return (
        select(
            _count(talked, not_(machine)),
            _count(talked, not_(machine), _is_late(campaign.abandonment.answer_within)),
            _count(talked, machine),
            _count(_C.outcome == Outcome.ABANDONED),
        )
        .where(_C.campaign == campaign.name)
        .where(_C.placed_at >= bindparam("since"), _C.placed_at < bindparam("until"))
        .where(PICKED_UP)
    )


def _is_machine(campaign: Campaign) -> ColumnElement[bool]:
    names = [d.name for d in campaign.dispositions if d.machine]
    return and_(_C.disposed_at.is_not(None), _C.disposition.in_(names))


def _is_late(within: float) -> ColumnElement[bool]:
    live_at = func.coalesce(_C.asked_at, _C.classified_at, _C.answered_at, _C.connected_at)
    return is_longer(live_at, _C.connected_at, within)


def _count(*conditions: ColumnElement[bool]) -> ColumnElement[int]:
    return func.sum(case((and_(*conditions), 1), else_=0))
