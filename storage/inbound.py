"""Inbound calls as they are read: the open ones for a takeover, figures of a day or a report."""

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime
from math import ceil
from typing import Any

from sqlalchemy import ColumnElement, Connection, and_, case, func, select
from sqlmodel import col
from sqlmodel import select as rows_of

from campaigns.arrivals import Admitted, Arrival, InboundOutcome, OpenInbound
from campaigns.call_life import CallState
from campaigns.flow.needs import Needs
from campaigns.periods import begins, day_of
from campaigns.spec.campaign import Campaign
from storage.engine import Store
from storage.flow_answers import Answers, count_answers
from storage.particulars import COLUMNS, of_caller
from storage.tables.inbound import INBOUND_CALLS, InboundRow
from storage.tables.people import LEADS

_C = INBOUND_CALLS.c


@dataclass(frozen=True, slots=True)
class Callers:
    """What a campaign's inbound calls have come to. `wait_*`: seconds until an agent was there, of
    those who were answered, in a flow from when they asked for one; `open`: those that have no
    result yet.

    Of a flow: how many `asked` for an agent, `opted_out`, of these `without_number` (nobody could
    be put on the list), and wanted a `callback`; `answers`: how many, by question and answer, none
    of which is among those of the calls that were placed.
    """

    calls: int = 0
    answered: int = 0
    heard: int = 0
    given_up: int = 0
    waited_out: int = 0
    lost: int = 0
    open: int = 0
    wait_p50: float = 0.0
    wait_longest: float = 0.0
    asked: int = 0
    opted_out: int = 0
    without_number: int = 0
    callback: int = 0
    answers: Answers = field(default_factory=dict)


def open_inbound(store: Store, campaign: str, needs: Needs | None = None) -> list[OpenInbound]:
    """The inbound calls of a campaign whose end nobody has recorded, oldest first. `needs`: of the
    flow of its lines; then each is told what the flow asks for."""
    query = (
        select(INBOUND_CALLS, LEADS.c.id.label("known"), LEADS.c.number, *COLUMNS)
        .outerjoin(LEADS, LEADS.c.id == _C.lead_id)
        .where(_C.campaign == campaign, _C.ended_at.is_(None))
        .order_by(_C.arrived_at, _C.id)
    )
    with store.reading() as connection:
        return [_open(row, needs) for row in connection.execute(query)]


def waiting_calls(store: Store, campaign: str) -> int:
    """How many callers of a campaign wait for an agent, as far as that is stored. Who goes through
    a flow does not."""
    waiting = and_(
        _C.campaign == campaign,
        _C.ended_at.is_(None),
        _C.connected_at.is_(None),
        _C.state != CallState.FLOW.value,
    )
    query = select(func.count()).select_from(INBOUND_CALLS).where(waiting)
    with store.reading() as connection:
        return int(connection.execute(query).scalar_one())


def callers_today(store: Store, campaign: Campaign, now: datetime) -> dict[str, int]:
    """What the inbound calls of the campaign's day have come to, by outcome."""
    since = begins(campaign.windows, day_of(campaign.windows, now))
    condition = and_(_C.campaign == campaign.name, _C.arrived_at >= since)
    with store.reading() as connection:
        found = _outcomes(connection, condition)
    return {outcome: count for outcome, count in found.items() if outcome}


def page(store: Store, campaign: str | None = None, limit: int = 50) -> list[InboundRow]:
    """The latest inbound calls, newest first: all, or those of a campaign."""
    query = rows_of(InboundRow).order_by(col(InboundRow.arrived_at).desc()).limit(limit)
    if campaign is not None:
        query = query.where(col(InboundRow.campaign) == campaign)
    with store.looking_session() as session:
        return list(session.exec(query))


def callers(
    connection: Connection, campaign: str, since: datetime | None, until: datetime
) -> Callers:
    """The figures of the calls that came in from `since` (or ever) until `until`."""
    came = _C.arrived_at <= until if since is None else _C.arrived_at.between(since, until)
    condition = and_(_C.campaign == campaign, came)
    found = _outcomes(connection, condition)
    query = select(func.coalesce(_C.asked_at, _C.arrived_at).label("since"), _C.connected_at)
    rows = connection.execute(query.where(condition, _C.connected_at.is_not(None)))
    waits = sorted((row.connected_at - row.since).total_seconds() for row in rows)
    wishes = connection.execute(_WISHES.where(condition)).one()
    return Callers(
        calls=found.total(),
        open=found[""],
        wait_p50=waits[ceil(len(waits) / 2) - 1] if waits else 0.0,
        wait_longest=max(waits, default=0.0),
        asked=wishes.asked,
        opted_out=wishes.opted_out,
        without_number=wishes.without_number or 0,
        callback=wishes.callback,
        answers=count_answers(connection, condition, INBOUND_CALLS),
        **{outcome.value: found[outcome] for outcome in InboundOutcome},
    )


def _outcomes(connection: Connection, condition: ColumnElement[bool]) -> Counter[str]:
    query = select(_C.outcome, func.count()).where(condition).group_by(_C.outcome)
    return Counter(dict(connection.execute(query).all()))


def _open(row: Any, needs: Needs | None) -> OpenInbound:
    arrival = Arrival(row.id, row.node, row.line, row.caller, row.arrived_at)
    told = of_caller(row.caller, row if row.known is not None else None, needs)
    admitted = Admitted(arrival, row.lead_id, told)
    noted = row.connected_at, row.agent, row.recording, row.asked_at
    return OpenInbound(admitted, row.state, *noted)


_NOBODYS = and_(_C.opted_out_at.is_not(None), _C.caller == "")
_WISHES = select(
    func.count(_C.asked_at).label("asked"),
    func.count(_C.opted_out_at).label("opted_out"),
    func.sum(case((_NOBODYS, 1), else_=0)).label("without_number"),
    func.count(_C.callback_at).label("callback"),
)
