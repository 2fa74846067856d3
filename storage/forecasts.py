"""What pacing expected beside what came: its stored decisions against calls and agents after them.

A decision looks some seconds ahead: so many of the calls then in flight will be answered by
people, so many of the busy agents will get free. Decisions that overlap would count an answer
twice, so each that is looked at begins where the one before it ends.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, func, select
from sqlmodel import col
from sqlmodel import select as rows_of

from campaigns.effects import AgentState
from campaigns.outcomes import Outcome
from campaigns.spec.campaign import Campaign
from connectors.calls import Party
from storage.engine import Store
from storage.tables.agents import AGENT_STATES
from storage.tables.attempts import ATTEMPTS
from storage.tables.records import PacingDecision

_A, _S = ATTEMPTS.c, AGENT_STATES.c
_LONGEST = timedelta(minutes=3)  # from a call's originate to the end of its greeting
_NO_PERSON = (Party.MACHINE.value, Party.SCREENING.value)
_BUSY = (AgentState.TALKING.value, AgentState.WRAP_UP.value)
_LIVE_AT = func.coalesce(_A.classified_at, _A.answered_at, type_=_A.answered_at.type)


@dataclass(frozen=True, slots=True)
class Forecast:
    """`looks`: decisions that were compared. `risk`: the mean of what they allowed."""

    looks: int
    answers_predicted: float
    answers: int
    freed_predicted: float
    freed: int
    risk: float
    abandonment: float  # of the answers by people in the same time


def forecast(
    store: Store, campaign: Campaign, until: datetime, seconds: float = 600.0
) -> Forecast | None:
    """Of the last `seconds` before `until`; None where no decision looked ahead."""
    since = until - timedelta(seconds=seconds)
    at = col(PacingDecision.at)
    query = (
        rows_of(PacingDecision)
        .where(col(PacingDecision.campaign) == campaign.name, at >= since, at < until)
        .order_by(at, col(PacingDecision.seq))
    )
    with store.session() as session:
        looks = _apart(session.exec(query), campaign, until)
    return compare(store, campaign, looks)


def compare(
    store: Store, campaign: Campaign, decisions: Sequence[PacingDecision]
) -> Forecast | None:
    """Of these decisions, each of which must have looked ahead; None of none."""
    if not decisions:
        return None
    since, until = decisions[0].at, max(_end(each, campaign) for each in decisions)
    with store.reading() as connection:
        answers = _answers(connection, campaign.name, since, until)
        changes = _changes(connection, campaign.name, since, until)
    lost = sum(row.outcome == Outcome.ABANDONED for row in answers)
    return Forecast(
        looks=len(decisions),
        answers_predicted=round(sum(_figure(each, "answered") for each in decisions), 1),
        answers=sum(_answered(each, answers) for each in decisions),
        freed_predicted=round(sum(_figure(each, "freed") for each in decisions), 1),
        freed=sum(_freed(each, changes, campaign) for each in decisions),
        risk=round(sum(_figure(each, "risk") for each in decisions) / len(decisions), 4),
        abandonment=round(lost / max(1, len(answers)), 4),
    )


def looked_ahead(decision: PacingDecision, campaign: Campaign, now: datetime) -> bool:
    """Whether a decision expected something, and the time it looked at is over."""
    return decision.view.get("seconds") is not None and _end(decision, campaign) <= now


def _apart(
    decisions: Iterable[PacingDecision], campaign: Campaign, until: datetime
) -> list[PacingDecision]:
    looks: list[PacingDecision] = []
    for each in decisions:
        is_free = not looks or each.at >= _end(looks[-1], campaign)
        if is_free and looked_ahead(each, campaign, until):
            looks.append(each)
    return looks


def _end(decision: PacingDecision, campaign: Campaign) -> datetime:
    """An agent may still take a call as long after its answer as the law gives time."""
    within = _figure(decision, "seconds") + campaign.abandonment.answer_within
    return decision.at + timedelta(seconds=within)


def _figure(decision: PacingDecision, name: str) -> float:
    return decision.view.get(name) or 0.0


def _answered(decision: PacingDecision, answers: Sequence[Any]) -> int:
    end = decision.at + timedelta(seconds=_figure(decision, "seconds"))
    return sum(row.placed_at < decision.at < row.live_at <= end for row in answers)


def _freed(decision: PacingDecision, changes: Sequence[Any], campaign: Campaign) -> int:
    """Busy agents who got free. How an agent's first change begins tells what it was before."""
    end, busy = _end(decision, campaign), dict[str, bool]()
    freed = set()
    for row in changes:
        if decision.at < row.at <= end:
            busy.setdefault(row.agent, row.before in _BUSY)
            if busy[row.agent] and row.state == AgentState.READY:
                freed.add(row.agent)
    return len(freed)


def _answers(
    connection: Connection, campaign: str, since: datetime, until: datetime
) -> Sequence[Any]:
    """Calls that people have answered."""
    query = select(_A.placed_at, _A.outcome, _LIVE_AT.label("live_at")).where(
        _A.campaign == campaign,
        _A.placed_at.between(since - _LONGEST, until),
        _A.answered_at.is_not(None),
        _A.party.not_in(_NO_PERSON),
        _LIVE_AT.between(since, until),
    )
    return connection.execute(query).all()


def _changes(
    connection: Connection, campaign: str, since: datetime, until: datetime
) -> Sequence[Any]:
    query = (
        select(_S.agent, _S.at, _S.before, _S.state)
        .where(_S.campaign == campaign, _S.at > since, _S.at <= until)
        .order_by(_S.at, _S.seq)
    )
    return connection.execute(query).all()
