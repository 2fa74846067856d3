"""What callers have answered, and where they left: by question, answer and step."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import TypeAlias

from sqlalchemy import ColumnElement, Connection, Table, and_, func, select

from campaigns.flow.needs import Needs
from storage.engine import Store
from storage.tables.attempts import ATTEMPTS
from storage.tables.flows import FLOW_ANSWERS, FLOW_STEPS
from storage.tables.inbound import INBOUND_CALLS

Answers: TypeAlias = dict[str, dict[str, int]]
_A, _S = FLOW_ANSWERS.c, FLOW_STEPS.c
NEXT = "next"


@dataclass(frozen=True, slots=True)
class Question:
    """What was answered to a question: the last word of each call. `unanswered`: how many calls
    came to the end of its tries."""

    answers: dict[str, int] = field(default_factory=dict)
    unanswered: int = 0


@dataclass(frozen=True, slots=True)
class Surveyed:
    """`calls`: that went through the flow; `whole`: that answered every question, `partly`: some
    of them. `ways`: how often each step was left by which way, by flow, step and way."""

    calls: int
    whole: int
    partly: int
    questions: dict[str, Question]
    ways: dict[tuple[str, str], dict[str, int]]


def count_answers(
    connection: Connection, condition: ColumnElement[bool], calls: Table = ATTEMPTS
) -> Answers:
    """How many calls gave which answer, of the attempts, or inbound calls, that fulfil the
    condition."""
    query = (
        select(_A.question, _A.answer, func.count().label("calls"))
        .join(calls, calls.c.id == _A.attempt_id)
        .where(condition)
        .group_by(_A.question, _A.answer)
        .order_by(_A.question, func.count().desc(), _A.answer)
    )
    found: Answers = {}
    for row in connection.execute(query):
        found.setdefault(row.question, {})[row.answer] = row.calls
    return found


@dataclass(frozen=True, slots=True)
class Asked:
    """The calls that are asked about, and the column of when they began."""

    calls: Table
    begun: ColumnElement[datetime]


PLACED = Asked(ATTEMPTS, ATTEMPTS.c.placed_at)
CAME_IN = Asked(INBOUND_CALLS, INBOUND_CALLS.c.arrived_at)


def surveyed(
    store: Store,
    campaign: str,
    needs: Needs,
    until: datetime,
    since: datetime | None = None,
    of: Asked = PLACED,
) -> Surveyed:
    """What the calls brought that were placed, or came in, from `since` (or ever) until `until`."""
    begun = of.begun <= until if since is None else of.begun.between(since, until)
    these = and_(of.calls.c.campaign == campaign, begun)
    with store.looking() as connection:
        answers = count_answers(connection, these, of.calls)
        ways = _ways(connection, these, of.calls)
        per_call = _answered_per_call(connection, these, of.calls)
        calls = _calls(connection, these, of.calls)
    asked = needs.surveys
    names = dict.fromkeys([*asked.values(), *answers])
    return Surveyed(
        calls=calls,
        whole=sum(n for count, n in per_call.items() if count >= len(set(asked.values()))),
        partly=sum(n for count, n in per_call.items() if count < len(set(asked.values()))),
        questions={name: _question(name, answers, asked, ways) for name in names},
        ways={place: dict(left) for place, left in sorted(ways.items())},
    )


def _question(
    name: str,
    answers: Answers,
    asked: Mapping[tuple[str, str], str],
    ways: Mapping[tuple[str, str], Counter[str]],
) -> Question:
    at = [place for place, question in asked.items() if question == name]
    given_up = sum(n for place in at for way, n in ways.get(place, {}).items() if way != NEXT)
    return Question(answers.get(name, {}), given_up)


def _ways(
    connection: Connection, condition: ColumnElement[bool], calls: Table
) -> dict[tuple[str, str], Counter[str]]:
    query = (
        select(_S.flow, _S.step, _S.way, func.count(_S.attempt_id.distinct()).label("calls"))
        .join(calls, calls.c.id == _S.attempt_id)
        .where(condition)
        .group_by(_S.flow, _S.step, _S.way)
    )
    found: dict[tuple[str, str], Counter[str]] = {}
    for row in connection.execute(query):
        found.setdefault((row.flow, row.step), Counter())[row.way] = row.calls
    return found


def _answered_per_call(
    connection: Connection, condition: ColumnElement[bool], calls: Table
) -> Counter[int]:
    each = (
        select(func.count().label("answers"))
        .select_from(FLOW_ANSWERS)
        .join(calls, calls.c.id == _A.attempt_id)
        .where(condition)
        .group_by(_A.attempt_id)
        .subquery()
    )
    query = select(each.c.answers, func.count()).group_by(each.c.answers)
    return Counter(dict(connection.execute(query).all()))


def _calls(connection: Connection, condition: ColumnElement[bool], calls: Table) -> int:
    """Those that a step was left in."""
    query = (
        select(func.count(_S.attempt_id.distinct()))
        .select_from(FLOW_STEPS)
        .join(calls, calls.c.id == _S.attempt_id)
        .where(condition)
    )
    return int(connection.execute(query).scalar_one())
