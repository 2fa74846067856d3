"""What a campaign has come to, from its attempts and its agents' states."""

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime
from math import ceil
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, and_, func, select

from campaigns.outcomes import Outcome
from campaigns.spec.campaign import Campaign, Mode
from storage.agent_times import AgentTimes, times_of
from storage.attempts import OF_TALK, filed, waited
from storage.engine import Store
from storage.flow_answers import Answers, count_answers
from storage.inbound import Callers, callers
from storage.invariants.calls import double_dials
from storage.tables.attempts import ATTEMPTS
from storage.tallies import heard_by_people

_C = ATTEMPTS.c


@dataclass(frozen=True, slots=True)
class Waits:
    """Seconds from the end of the greeting (or the answer) until an agent was there."""

    p50: float = 0.0
    p99: float = 0.0
    longest: float = 0.0


@dataclass(frozen=True, slots=True)
class Report:
    """Figures of a campaign. Durations in seconds, shares between 0 and 1.

    `abandonment`: (abandoned + late) / (abandoned + connected - machines), where `late` calls are
    connected ones that waited longer than the law allows, and `machines` are connected ones in
    which the agent found a machine; they are not late either. `double_dials` and, once the campaign
    has ended, `unresolved` must be 0.

    In mode ivr, people who have `heard` the flow and needed no agent count below the line of
    `abandonment` too; of those who `asked` for one, the share `asked_abandonment` found none in
    time. `answers`: how many, by question and answer.
    """

    campaign: str
    since: datetime | None
    until: datetime
    attempts: int
    answered: int
    connected: int
    abandoned: int
    late: int
    machines: int
    abandonment: float
    unresolved: int
    double_dials: int
    agent_idle: float
    talk_seconds: float
    mean_talk_seconds: float
    answer_to_agent: Waits
    outcomes: dict[str, int]
    dispositions: dict[str, int]
    agents: dict[str, AgentTimes] = field(default_factory=dict)
    inbound: Callers = field(default_factory=Callers)
    heard: int = 0
    asked: int = 0
    asked_abandonment: float = 0.0
    answers: Answers = field(default_factory=dict)


def report(
    store: Store, campaign: Campaign, until: datetime, since: datetime | None = None
) -> Report:
    """The report on the attempts placed from `since` (or ever) until `until`."""
    placed = _placed(campaign.name, since, until)
    with store.looking() as connection:
        outcomes = _counted(connection, "outcome", placed)
        dispositions = _counted(connection, "disposition", placed)
        conversations = _conversations(connection, placed)
        answered = _count(connection, and_(placed, _C.answered_at.is_not(None)))
        double = _rows(connection, double_dials().where(placed))
        came_in = callers(connection, campaign.name, since, until)
        heard = _one(connection, heard_by_people(campaign.name).where(placed))
        answers = count_answers(connection, placed) if campaign.mode is Mode.IVR else {}
        agents = times_of(connection, campaign.name, since, until)
    people = [row for row in conversations if not campaign.is_machine(filed(row))]
    waits = sorted(wait for row in people if (wait := waited(row)) is not None)
    late = sum(wait > campaign.abandonment.answer_within for wait in waits)
    talk = sum(_talk(row) for row in conversations)
    connected, abandoned = len(conversations), outcomes[Outcome.ABANDONED.value]
    asked, unlawful = abandoned + len(people), abandoned + late
    return Report(
        campaign=campaign.name,
        since=since,
        until=until,
        attempts=outcomes.total(),
        answered=answered,
        connected=connected,
        abandoned=abandoned,
        late=late,
        machines=connected - len(people),
        abandonment=_share(unlawful, asked + heard),
        unresolved=outcomes[""],
        double_dials=double,
        agent_idle=_idle(agents),
        talk_seconds=talk,
        mean_talk_seconds=_share(talk, connected),
        answer_to_agent=Waits(_rank(waits, 0.5), _rank(waits, 0.99), _rank(waits, 1.0)),
        outcomes={name: count for name, count in sorted(outcomes.items()) if name},
        dispositions={name: count for name, count in sorted(dispositions.items()) if name},
        agents=agents,
        inbound=came_in,
        heard=heard,
        asked=asked if campaign.mode is Mode.IVR else 0,
        asked_abandonment=_share(unlawful, asked) if campaign.mode is Mode.IVR else 0.0,
        answers=answers,
    )


def _placed(campaign: str, since: datetime | None, until: datetime) -> ColumnElement[bool]:
    period = [_C.placed_at <= until] if since is None else [_C.placed_at.between(since, until)]
    return and_(_C.campaign == campaign, *period)


def _counted(connection: Connection, column: str, placed: ColumnElement[bool]) -> Counter[str]:
    query = select(_C[column], func.count()).where(placed).group_by(_C[column])
    return Counter(dict(connection.execute(query).all()))


def _count(connection: Connection, condition: ColumnElement[bool]) -> int:
    return _one(connection, select(func.count()).select_from(ATTEMPTS).where(condition))


def _rows(connection: Connection, query: Select[Any]) -> int:
    return _one(connection, select(func.count()).select_from(query.subquery()))


def _one(connection: Connection, query: Select[int]) -> int:
    return int(connection.execute(query).scalar_one())


def _conversations(connection: Connection, placed: ColumnElement[bool]) -> list[Any]:
    query = select(*OF_TALK, _C.ended_at)
    return list(connection.execute(query.where(placed, _C.connected_at.is_not(None))))


def _talk(row: Any) -> float:
    if row.ended_at is None:
        return 0.0
    return float((row.ended_at - row.connected_at).total_seconds())


def _idle(agents: dict[str, AgentTimes]) -> float:
    idle = sum(times.ready + times.reserved for times in agents.values())
    return _share(idle, idle + sum(times.talking for times in agents.values()))


def _share(part: float, whole: float) -> float:
    return part / whole if whole else 0.0


def _rank(ascending: list[float], share: float) -> float:
    """The nearest-rank percentile; 0 of nothing."""
    if not ascending:
        return 0.0
    return ascending[max(0, ceil(share * len(ascending)) - 1)]
