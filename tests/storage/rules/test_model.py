"""Whatever happens in whatever order, with workers that die or stand still: each change is acted on
once, each customer's in their order, and it all comes to an end."""

import shutil
from collections import Counter, defaultdict
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import mkdtemp
from typing import Any
from uuid import UUID

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)
from sqlalchemy import select, update

from campaigns.crm.file import load as load_crm
from campaigns.crm.rules.deciding import DEEPEST, Standing, awake
from campaigns.crm.rules.model import RULES_FILE, Rules
from campaigns.spec.loading import load_as
from storage.customers import changes, follow_ups, tags
from storage.customers.changes import By, Change, TakenChange
from storage.customers.definitions import apply as apply_crm
from storage.customers.given import GivenCustomer
from storage.customers.sync import sync
from storage.engine import open_store
from storage.rules import heeding, kept
from storage.rules.desk import Works
from storage.rules.heeding import heed, occasion_of, occasions
from storage.tables.changes import CUSTOMER_CHANGES
from storage.tables.rules import RULE_ACTS
from tests.storage.rules.conftest import CRM

_C, _A = CUSTOMER_CHANGES.c, RULE_ACTS.c
LONG_AGO = datetime(2026, 1, 1, tzinfo=UTC)
STAGES = ("new", "potential", "high-intent", "high-intent")
TAGS = ("高意向", "高意向/热", "制造业")
RULES = """\
rules:
  - {name: hot, when: {stage: {to: high-intent}}, do: [{tag: 高意向/热}, {remind: 1d}]}
  - {name: tagged, when: {tag_added: 高意向}, do: [{set: vip, value: true}, {untag: 制造业}]}
  - {name: untagged, when: {tag_removed: 高意向}, do: [{set: vip, value: false}, {stage: new}]}
  - {name: vip, when: {field: vip, equals: true}, do: [{webhook: vip}]}
  # a loop, as no file may have one: the bound on depth has to end it
  - {name: up, when: {stage: {to: potential}}, do: [{stage: new}]}
  - {name: down, when: {stage: {from: potential, to: new}}, do: [{stage: potential}]}
"""


class Killed(BaseException):
    """A worker dies, in the middle of whatever it does."""


class Heeding(RuleBasedStateMachine):
    """`hands`: what each worker has taken and not dealt with."""

    template: Path

    @initialize()
    def begin(self) -> None:
        self.folder = Path(mkdtemp(prefix="heeding-"))
        shutil.copy(self.template, self.folder / "db")
        self.store = open_store(f"sqlite:///{self.folder / 'db'}")
        self.at = datetime(2026, 11, 28, 9, tzinfo=UTC)
        apply_crm(self.store, load_crm(CRM), self.at)
        self.kept: Rules = load_as(RULES_FILE, RULES, "rules.yaml", lambda _: [])
        kept.apply(self.store, self.kept, RULES, self.at)
        with self.store.reading() as connection:
            self.works = Works(kept.on(connection), {}, tells=True)
        self.hands: dict[int, list[TakenChange]] = {0: [], 1: []}
        self.ids: dict[int, UUID] = {}

    @rule(who=st.integers(0, 2), stage=st.sampled_from(STAGES), path=st.sampled_from(TAGS))
    def tell(self, who: int, stage: str, path: str) -> None:
        """A CRM tells of a customer."""
        given = GivenCustomer(f"C-{who}", name=f"客户{who}", stage=stage, tags=(path,))
        [row] = sync(self.store, "crm", [given], By("api:crm", "crm"), self.tick())
        self.ids[who] = UUID(row["customer_id"])

    @rule(who=st.integers(0, 2), path=st.sampled_from(TAGS))
    def untag(self, who: int, path: str) -> None:
        if who in self.ids:
            tags.untag(self.store, [self.ids[who]], path, By("agent:ann"), self.tick())

    @rule(
        worker=st.integers(0, 1), limit=st.integers(1, 3), how=st.sampled_from(("goes on", "dies"))
    )
    def work(self, worker: int, limit: int, how: str) -> None:
        """Take a batch and deal with it, unless the worker dies between acting and marking."""
        self.take(worker, limit)
        if how == "dies":
            self.die(worker)
        else:
            heed(self.store, self.hands[worker], self.works, self.tick())

    @rule(worker=st.integers(0, 1), limit=st.integers(1, 3), hidden=st.booleans())
    def stand_still(self, worker: int, limit: int, hidden: bool) -> None:
        """With a batch in hand, perhaps for longer than it is hidden from others."""
        self.take(worker, limit)
        if not hidden:
            self.a_minute_passes()

    @rule(worker=st.integers(0, 1))
    def wake(self, worker: int) -> None:
        """And deal with what was taken before, whatever has become of it."""
        heed(self.store, self.hands[worker], self.works, self.tick())

    def take(self, worker: int, limit: int) -> None:
        self.hands[worker] = changes.take(self.store, limit)

    def die(self, worker: int) -> None:
        def dies(*_: Any) -> None:
            raise Killed

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(heeding, "heeded", dies)
            with pytest.raises(Killed):
                heed(self.store, self.hands[worker], self.works, self.tick())
        self.hands[worker] = []

    @rule()
    def a_minute_passes(self) -> None:
        """What was taken and not dealt with is anybody's again."""
        with self.store.writing() as connection:
            unheeded = update(CUSTOMER_CHANGES).where(_C.heeded_at.is_(None))
            connection.execute(unheeded.values(next_at=LONG_AGO))

    @invariant()
    def each_customers_changes_are_heeded_in_their_order(self) -> None:
        heeded: dict[UUID, list[bool]] = defaultdict(list)
        for row in self.noted() if hasattr(self, "store") else []:
            heeded[row.customer_id].append(row.heeded_at is not None)
        for each in heeded.values():
            assert each == sorted(each, reverse=True), "one was heeded before an earlier one"

    def teardown(self) -> None:
        if hasattr(self, "store"):
            self.a_minute_passes()
            for _ in range(500):  # no loop of rules goes on for good
                taken = changes.take(self.store)
                if not taken:
                    break
                heed(self.store, taken, self.works, self.tick())
            assert changes.due(self.store) == 0
            acted = sorted(self.acted())
            assert acted == sorted(self.expected())
            assert self.fared() == Counter(rule for rule, _, _ in acted), "effects, not only rows"
            assert all(row.heeded_at is not None for row in self.noted())
            self.store.close()
            shutil.rmtree(self.folder)

    def expected(self) -> list[tuple[str, UUID, str]]:
        """By all that was noted: each rule once for each occasion that sets it off."""
        noted = [
            TakenChange(
                row.seq,
                row.at,
                Change(row.customer_id, row.what, row.old, row.new),
                By(row.who, row.origin, row.depth),
                1,
            )
            for row in self.noted()
        ]
        standing = [Standing(each) for each in self.kept.rules]
        return [
            (each.name, group[0].change.customer_id, str(group[0].seq))
            for group in occasions(noted)
            for each in awake(standing, occasion_of(group))
        ]

    def acted(self) -> list[tuple[str, UUID, str]]:
        with self.store.reading() as connection:
            rows = connection.execute(select(RULE_ACTS)).all()
        assert all(row.depth < DEEPEST for row in rows)
        return [(row.rule, row.customer_id, row.occasion) for row in rows]

    def fared(self) -> Counter[str]:
        """How often each rule says it has acted; and that its reminders, which nothing else knows
        twice, are as many."""
        counted = {each.name: each.acted for each in kept.listed(self.store) if each.acted}
        assert len(follow_ups.open_ones(self.store, limit=10_000)) == counted.get("hot", 0)
        return Counter(counted)

    def noted(self) -> list[Any]:
        with self.store.reading() as connection:
            return list(connection.execute(select(CUSTOMER_CHANGES).order_by(_C.seq)))

    def tick(self) -> datetime:
        self.at += timedelta(seconds=1)
        return self.at


def test_each_change_is_acted_on_once_and_in_order(sqlite_template: Path) -> None:
    Heeding.template = sqlite_template
    bounds = settings(max_examples=15, stateful_step_count=25, deadline=None)
    run_state_machine_as_test(Heeding, settings=bounds)
