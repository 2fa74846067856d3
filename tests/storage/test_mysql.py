"""What has a form in MySQL, and what has not: by compiling it, as none of it is run there."""

import traceback
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Column, Index, String, event
from sqlalchemy.dialects import mysql
from sqlalchemy.exc import CompileError
from sqlalchemy.schema import CreateIndex, CreateTable

import storage.mysql  # noqa: F401 - the forms that are looked at
from campaigns.crm.file import load
from campaigns.effects import AttemptEnded, PacingDecided, PacingLearned
from campaigns.flow_effects import QuestionAnswered
from campaigns.leads import Attempt, Candidate
from campaigns.orders import LogIn
from campaigns.spec.campaign import Campaign
from storage import (
    agents,
    attempts,
    callers,
    campaigns,
    deliveries,
    dnc,
    hooks,
    inbound,
    leads,
    memories,
    orders,
    outbox,
    pacing,
    receivers,
    reports,
    spreading,
    standings,
    survey,
    sweep,
    tallies,
)
from storage.agents import NewAgent
from storage.candidates import candidates, count_due, next_due
from storage.customers import consents, follow_ups, listing, pipeline, tags, timeline
from storage.customers.changes import By
from storage.customers.definitions import apply
from storage.customers.given import GivenCustomer
from storage.customers.requests import Request
from storage.customers.sync import sync
from storage.engine import Store
from storage.history import history
from storage.invariants.check import check
from storage.leases import Lease, acquire, release, renew
from storage.record import record
from storage.tables.all import TABLES
from storage.trimming import trim
from tests.storage.customers.conftest import CRM

DIALECTS = {"mysql": mysql.dialect(), "mariadb": mysql.dialect(is_mariadb=True)}
LONGEST_KEY = 3072  # bytes of an InnoDB index
HERE = Path(__file__).parents[2]
BY = By("api:crm", "crm")

OTHERWISE = {"storage/bulk.py:_insert_new"}
"""Statements that are said otherwise there; `test_mariadb.py` runs them on a real one. All others
are as they are everywhere."""
TOO_LONG = {"ix_leads_by_zones"}
"""Indexes that would be longer than MySQL allows, at four bytes a character."""
KEEP_FILES = ("campaign_versions", "rule_files")
"""Tables with a whole file in them, which may be long."""
NOT_UNIQUE_THERE = {"uq_attempts_live_number"}
"""Unique on a part of the rows: on a term in MySQL; MariaDB has none, and needs a column for it."""


@pytest.mark.parametrize("name", DIALECTS)
def test_every_table_has_a_form(name: str) -> None:
    for table in TABLES:
        made = str(CreateTable(table).compile(dialect=DIALECTS[name]))
        assert "DATETIME(6)" in made or "DATETIME" not in made, table.name
        assert " TEXT" not in made.replace("MEDIUMTEXT", "") or table.name in KEEP_FILES


def test_every_index_has_a_form_and_no_index_is_too_long() -> None:
    indexes = [index for table in TABLES for index in table.indexes]
    partial = {
        i.name for i in indexes if i.unique and i.dialect_options["postgresql"]["where"] is not None
    }
    assert partial == NOT_UNIQUE_THERE
    for index in indexes:
        made = str(CreateIndex(index).compile(dialect=DIALECTS["mysql"]))
        if index.name in partial:
            assert made == (
                "CREATE UNIQUE INDEX uq_attempts_live_number ON attempts "
                "((CASE WHEN ended_at IS NULL THEN number END))"
            )
    assert {index.name for index in indexes if _bytes(index) > LONGEST_KEY} == TOO_LONG


def _bytes(index: Index) -> int:
    return sum(_width(column) for column in index.columns)


def _width(column: Column[Any]) -> int:
    return 4 * (column.type.length or 0) if isinstance(column.type, String) else 32


class Collected:
    """Statements as they are run, each with the place in the code that makes it."""

    def __init__(self, store: Store) -> None:
        self.found: dict[str, list[Any]] = {}
        event.listen(store.engine, "before_execute", self._keep)

    def _keep(self, _connection: Any, statement: Any, many: Any, one: Any, _: Any) -> None:
        keys = list((many or [one])[0])
        self.found.setdefault(_place(), []).append((statement, keys))

    def without_form(self, dialect: Any) -> dict[str, str]:
        wrong = {}
        for place, statements in self.found.items():
            for statement, keys in statements:
                try:
                    made = str(statement.compile(dialect=dialect, column_keys=keys or None))
                except CompileError as why:
                    wrong[place] = str(why)
                else:
                    if " RETURNING " in made:
                        wrong[place] = made
        return wrong


def _place() -> str:
    """The function of `storage` that runs a statement, such as `storage/leases.py:acquire`."""
    for frame in reversed(traceback.extract_stack()):
        path = Path(frame.filename)
        if path.is_relative_to(HERE / "storage") and path.name != "upsert.py":
            return f"{path.relative_to(HERE)}:{frame.name}"
    return "test"


@pytest.mark.parametrize("store", ["sqlite"], indirect=True)
def test_all_has_a_form(
    store: Store,
    lease: Lease,
    campaign: Campaign,
    fill: Callable[..., list[Candidate]],
    place: Callable[..., list[Attempt]],
    talked: Callable[..., AttemptEnded],
    now: datetime,
) -> None:
    collected = Collected(store)
    customers(store, now)
    calls(store, lease, campaign, place(lease, campaign, fill(campaign, 3)), talked, now)
    looks(store, campaign, now)
    assert len(collected.found) > 80
    for name, dialect in DIALECTS.items():
        found = collected.without_form(dialect)
        assert set(found) == OTHERWISE, (name, found)


def customers(store: Store, now: datetime) -> None:
    apply(store, load(CRM), now)
    given = GivenCustomer("C-1", name="王", numbers=("+8613912345678",), stage="new", tags=("a/b",))
    sync(store, "crm", [given], BY, now, Request("crm", "k", "d"))
    [known] = listing.page(store, listing.Wanted(tag="a", stages=("new",))).customers
    pipeline.move_stage(store, [known["id"]], "won", BY, now)
    pipeline.funnel(store)
    tags.tree(store)
    [task] = follow_ups.plan(store, [follow_ups.NewFollowUp(known["id"], now)], BY, now)
    follow_ups.open_ones(store, before=now)
    follow_ups.done(store, task, BY, now)
    consents.words(store, known["id"])
    timeline.page(store, known["id"])


def calls(
    store: Store,
    lease: Lease,
    campaign: Campaign,
    placed: list[Attempt],
    talked: Callable[..., AttemptEnded],
    now: datetime,
) -> None:
    agents.add(store, NewAgent("ann", "ann"), now)
    order = orders.put_order(store, campaign.name, LogIn("ann", "ann", "main"))
    orders.take_orders(store, lease)
    orders.answer(store, order)
    first, second, third = placed
    told = [talked(first), talked(second, "never"), talked(third, "later")]
    answer = QuestionAnswered(first.attempt_id, now, "menu", "question", "1")
    record(
        store, lease, campaign, [answer, *told, PacingDecided(now, 1, "w"), PacingLearned(now, {})]
    )
    hooks.keep(store, "main", "1", "call.ended", {})
    hooks.later(store, hooks.take(store))
    spreading.spread(store, lambda _: ["erp"])
    batch = deliveries.take(store, "erp", 9)
    away = deliveries.NotArrived("away", for_good=True)
    deliveries.settle(store, "erp", batch, {message.id: away for message in batch[:1]})
    receivers.revive(store)
    dnc.add(store, ["+49301"], now, "test")
    dnc.check(store, "+49301")
    renew(store, lease)
    release(store, lease)
    acquire(store, campaign.name, "other")


def looks(store: Store, campaign: Campaign, now: datetime) -> None:
    candidates(store, campaign, 10, frozenset(), now)
    next_due(store, campaign, now)
    count_due(store, campaign, 10, now, timedelta(hours=1))
    reports.report(store, campaign, now)
    survey.survey(store, campaign, now)
    [attempt, *_] = attempts.page(store)
    history(store, attempt.id)
    leads.facts(store, campaign, attempt.lead_id, now)
    leads.counts(store, "first")
    callers.look_up(store, attempt.number, now)
    attempts.open_attempts(store, campaign.name)
    inbound.open_inbound(store, campaign.name)
    inbound.callers_today(store, campaign, now)
    memories.memory_of(store, campaign.name)
    pacing.at_or_before(store, campaign.name, now, 3)
    pacing.forget(store, now)
    outbox.backlog(store)
    sweep.without_worker(store)
    deliveries.overdue(store, ["erp"])
    standings.standings(store)
    tallies.so_far(store, campaign, now)
    campaigns.list_all(store)
    check(store)
    trim(store, -1, lambda: False)
