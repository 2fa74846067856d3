"""Customers whom nobody follows up: rules act once for each such time.

Theory. Somebody becomes due by nothing but time passing, so each rule keeps how far it has looked,
by `idle_since`, and goes on from there: what it reads, stage by stage along the index, are those
who have become due since its last look, however many were so long before. Who was passed over
because the rule did not mean them then, and whom a change has made such a one, is looked at with
that change (`idle_cases`). A rule that asks what changes without being noted (time passes, a call
is not answered) looks at all of them again once an hour. That a rule acts once for each such time
is seen to by `rule_acts`, under the lock of the rule.
"""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, and_, or_, select, update

from campaigns.crm.rules.deciding import idle_by, is_idle, is_meant, is_restless
from campaigns.crm.rules.model import OnIdle, Rule
from storage.customers.changes import By
from storage.customers.changing import Changing, changing
from storage.engine import Store
from storage.rules import kept
from storage.rules.acting import Case, Desk, places_leads
from storage.rules.desk import Works, act, open_desk, write_acts
from storage.tables.crm import STAGES
from storage.tables.people import CUSTOMERS
from storage.tables.rules import RULE_ACTS, RULES

BATCH = 200
IDLE = "idle:"
"""How the occasion of such an act begins."""
AGAIN = timedelta(hours=1)
_C, _A = CUSTOMERS.c, RULE_ACTS.c


def idle_rules(works: Works) -> list[Rule]:
    """Those of the rules that are on that wait for such customers."""
    return [each.rule for each in works.rules if isinstance(each.rule.when, OnIdle)]


def sweep(store: Store, works: Works, now: datetime, limit: int = BATCH) -> tuple[int, bool]:
    """Look at those who have become due, at most so many for each rule, each rule's in one
    transaction. How many times rules acted, and whether there may be more."""
    acted, more = 0, False
    for rule in idle_rules(works):
        did, looked = _sweep(store, works, rule, now, limit)
        acted, more = acted + did, more or looked >= limit
    return acted, more


def _sweep(store: Store, works: Works, rule: Rule, now: datetime, limit: int) -> tuple[int, int]:
    with changing(store, By("rules"), now) as pen:
        row = kept.lock(pen.connection, [rule.name]).get(rule.name)
        if row is None or not row.is_on:
            return 0, 0
        begun = row.swept_at
        found = due_customers(pen.connection, rule, now, limit, (row.swept_to, row.swept_id))
        if not found and is_restless(rule) and (begun is None or now - begun >= AGAIN):
            found, begun = due_customers(pen.connection, rule, now, limit), None
        if not found:
            return 0, 0
        acted = _act(pen, works, rule, [each.id for each in found])
        mark = {
            "swept_to": found[-1].idle_since,
            "swept_id": found[-1].id,
            "swept_at": begun or now,
        }
        pen.connection.execute(update(RULES).where(RULES.c.name == rule.name).values(**mark))
    return acted, len(found)


def _act(pen: Changing, works: Works, rule: Rule, customers: Sequence[UUID]) -> int:
    placing = customers if places_leads([rule]) else ()
    desk = open_desk(pen, works, [rule.name], placing, customers)
    acted = [act(desk, rule, case) for rule, case in idle_cases(desk, [rule], customers)]
    write_acts(desk, acted)
    return len(acted)


def idle_cases(
    desk: Desk, rules: Sequence[Rule], customers: Collection[UUID]
) -> list[tuple[Rule, Case]]:
    """Whom nobody follows up, by each rule that has not acted for that yet; all held by then."""
    closed = closed_stages(desk.connection)
    done = _done(desk.connection, [rule.name for rule in rules], customers)
    found = list[tuple[Rule, Case]]()
    for rule in rules:
        for customer in (each for each in customers if each in desk.pen.rows):
            seen = desk.seen(customer, rule)
            occasion = _occasion(desk.pen.rows[customer]["idle_since"])
            is_new = (rule.name, customer, occasion) not in done
            so = is_idle(rule, seen.facts, closed, desk.now) and is_meant(rule, seen, desk.now)
            if is_new and so:
                found.append((rule, Case(customer, occasion)))
    return found


def idle_ones(
    connection: Connection, rules: Sequence[Rule], customers: Collection[UUID], now: datetime
) -> set[UUID]:
    """Those of these customers whom any of the rules may be about."""
    triggers = [rule.when for rule in rules if isinstance(rule.when, OnIdle)]
    if not triggers or not customers:
        return set()
    latest = max(idle_by(trigger, now) for trigger in triggers)
    query = select(_C.id).where(_C.id.in_(customers), _C.idle_since <= latest)
    return set(connection.execute(query).scalars())


def due_customers(
    connection: Connection,
    rule: Rule,
    now: datetime,
    limit: int,
    after: tuple[datetime | None, UUID | None] = (None, None),
) -> list[Any]:
    """Ids and `idle_since` of those whom nobody follows up, the longest first, from that place on;
    stage by stage, for which there is an index."""
    if not isinstance(rule.when, OnIdle):
        return []
    query = select(_C.id, _C.idle_since).where(_C.idle_since <= idle_by(rule.when, now))
    at, last = after
    if at is not None:
        query = query.where(or_(_C.idle_since > at, and_(_C.idle_since == at, _C.id > last)))
    query = query.order_by(_C.idle_since, _C.id).limit(limit)
    rows = [
        row
        for stage in _stages(connection, rule.when)
        for row in connection.execute(
            query.where(_C.stage.is_(None) if stage is None else _C.stage == stage)
        )
    ]
    return sorted(rows, key=lambda row: (row.idle_since, row.id))[:limit]


def closed_stages(connection: Connection) -> frozenset[str]:
    """Stages in which nothing more is to be done, also those that are gone."""
    query = select(STAGES.c.name).where(STAGES.c.closed)
    return frozenset(connection.execute(query).scalars())


def _stages(connection: Connection, trigger: OnIdle) -> list[str | None]:
    if trigger.stages:
        return list(trigger.stages)
    still_open = select(STAGES.c.name).where(~STAGES.c.closed).order_by(STAGES.c.name)
    return [*connection.execute(still_open).scalars(), None]


def _occasion(idle_since: datetime) -> str:
    return f"{IDLE}{idle_since:%Y%m%dT%H%M%S%f}"


def _done(
    connection: Connection, rules: Collection[str], customers: Collection[UUID]
) -> set[tuple[str, UUID, str]]:
    query = select(_A.rule, _A.customer_id, _A.occasion)
    mine = query.where(_A.rule.in_(rules), _A.customer_id.in_(customers))
    return {(row.rule, row.customer_id, row.occasion) for row in connection.execute(mine)}
