"""No change is acted on twice and none is lost, whoever stops wherever; and nothing goes on for
good."""

import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import func, select, update

from campaigns.crm.file import load as load_crm
from campaigns.crm.rules.deciding import DEEPEST
from storage.customers import changes, follow_ups, tags
from storage.customers.changes import By, of_customer
from storage.customers.definitions import apply as apply_crm
from storage.engine import Store
from storage.errors import DatabaseBusy, Refused
from storage.rules import heeding, kept
from storage.rules.heeding import heed
from storage.tables.changes import CUSTOMER_CHANGES
from storage.tables.records import OUTBOX
from storage.tables.rules import RULES
from tests.storage.rules.conftest import CRM, RuledSite
from workers import changes as job
from workers.changes import TRIES, heed_batch, works_of

REMIND = """\
rules:
  - name: seen
    when: {stage: {to: high-intent}}
    do: [{remind: 1d, note: 跟进}]
"""
_C = CUSTOMER_CHANGES.c
LONG_AGO = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.fixture
def hot(site: RuledSite) -> list[UUID]:
    """Ten customers who have come to a stage for which there is a rule."""
    site.rules(REMIND)
    return [site.tell(f"C-{n}", name=f"客户{n}", stage="high-intent") for n in range(10, 20)]


def reminders(site: RuledSite) -> list[UUID]:
    return sorted(plan.customer_id for plan in follow_ups.open_ones(site.store))


def due_again(site: RuledSite) -> None:
    """A minute later: what was taken is anybody's."""
    with site.store.writing() as connection:
        connection.execute(update(CUSTOMER_CHANGES).values(next_at=LONG_AGO))


def test_who_was_overtaken_does_nothing(site: RuledSite, hot: list[UUID]) -> None:
    works = works_of(site.store, False)
    slow = changes.take(site.store)
    due_again(site)
    quick = changes.take(site.store)
    assert heed(site.store, slow, works, site.at) == 0
    assert heed(site.store, quick, works, site.at) == 10
    assert heed(site.store, quick, works, site.at) == 0
    assert reminders(site) == sorted(hot)


def test_many_workers_act_once_for_each(site: RuledSite, hot: list[UUID]) -> None:
    def work() -> None:
        while True:
            try:
                if not heed_batch(site.store, limit=3):
                    return
            except DatabaseBusy:
                continue

    with ThreadPoolExecutor(4) as pool:
        for each in [pool.submit(work) for _ in range(4)]:
            each.result()
    assert reminders(site) == sorted(hot)
    assert changes.due(site.store) == 0


KILLED = """\
import sys
from storage.engine import open_store
from storage.rules import heeding
from workers.changes import heed_batch
def stand_still(*_):
    print("acted", flush=True)
    sys.stdin.read()
heeding.heeded = stand_still
heed_batch(open_store(sys.argv[1]))
"""


def test_a_worker_that_is_killed_between_acting_and_marking(
    site: RuledSite, hot: list[UUID], url_of: Callable[[Store], str]
) -> None:
    command = [sys.executable, "-c", KILLED, url_of(site.store)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as worker:
        assert worker.stdout is not None
        assert worker.stdout.readline() == b"acted\n"
        worker.kill()
    assert reminders(site) == []
    assert changes.take(site.store) == []  # hidden, until a minute is over
    due_again(site)
    assert heed_batch(site.store) == len(hot)
    assert reminders(site) == sorted(hot)
    assert len(site.acts()) == len(hot)


def breaks(of: Any, wrong: Exception, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever heeds changes of this customer finds something wrong."""
    real = changes.heeded

    def heeded(connection: Any, seqs: Any, why: str = "") -> None:
        query = select(func.count()).where(_C.seq.in_(seqs), _C.customer_id == of)
        if connection.execute(query).scalar():
            raise wrong
        real(connection, seqs, why)

    monkeypatch.setattr(heeding, "heeded", heeded)


def test_one_that_cannot_be_dealt_with_hinders_no_other_and_is_given_up(
    site: RuledSite, hot: list[UUID], monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        breaks(hot[3], Refused("nobody knows how"), patch)
        assert heed_batch(site.store) == len(hot)
        assert reminders(site) == sorted({*hot} - {hot[3]})
        assert heed_batch(site.store) == len(hot) - 1  # that the others have reminders
        [waiting] = of_customer(site.store, hot[3])
        assert came(site, waiting.seq) == (False, "tried 1 times: nobody knows how")
        site.tell("C-13", stage="lost")
        assert changes.take(site.store) == []  # not before the one that waits
        for _ in range(TRIES - 1):
            due_again(site)
            heed_batch(site.store)
    assert came(site, waiting.seq) == (True, f"given up after {TRIES} tries: nobody knows how")
    assert reminders(site) == sorted({*hot} - {hot[3]})
    assert changes.due(site.store) == 0


def test_a_database_that_is_away_is_nobodys_fault(
    site: RuledSite, hot: list[UUID], monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        breaks(hot[3], DatabaseBusy("locked"), patch)
        for _ in range(TRIES + 1):
            with pytest.raises(DatabaseBusy):
                heed_batch(site.store)
            due_again(site)
    assert heed_batch(site.store) == len(hot)
    assert reminders(site) == sorted(hot)


def came(site: RuledSite, seq: int) -> tuple[bool, str]:
    with site.store.reading() as connection:
        query = select(_C.heeded_at, _C.came_of_it).where(_C.seq == seq)
        row = connection.execute(query).one()
    return row.heeded_at is not None, row.came_of_it


LOOP = """\
rules:
  - {name: up, when: {stage: {to: potential}}, do: [{stage: high-intent}]}
  - {name: down, when: {stage: {to: high-intent}}, do: [{stage: new}]}
"""


def test_rules_that_go_round_all_the_same_are_stopped_and_it_is_told(site: RuledSite) -> None:
    """A loop that no file may have: put there behind its back."""
    site.rules(LOOP)
    with site.store.writing() as connection:
        [spec] = connection.execute(select(RULES.c.spec).where(RULES.c.name == "down")).scalars()
        round_it_goes = {**spec, "do": [{"stage": "potential"}]}
        these = update(RULES).where(RULES.c.name == "down")
        connection.execute(these.values(spec=round_it_goes))
    wang = site.tell(stage="potential")
    assert site.heed() == DEEPEST
    newest = of_customer(site.store, wang, 1)[0]
    heeded, why = came(site, newest.seq)
    assert heeded
    assert why.startswith("no rule acts on it: 8 rules have acted one upon another")
    assert site.heed() == 0
    site.tell(stage="lost")
    site.tell(stage="potential")
    assert site.heed() == DEEPEST, "who comes from outside begins anew"


def test_what_changed_before_a_rule_was_there_does_not_set_it_off(site: RuledSite) -> None:
    site.tell(stage="high-intent")
    site.rules(REMIND)
    assert site.heed() == 0
    site.tell(stage="potential")
    site.tell(stage="high-intent")
    assert site.heed() == 1


def test_a_rule_that_is_off_does_nothing_and_misses_what_happens_meanwhile(site: RuledSite) -> None:
    site.rules(REMIND)
    kept.switch(site.store, "seen", False)
    site.tell(stage="high-intent")
    kept.switch(site.store, "seen", True)
    assert site.heed() == 0


def test_an_action_that_cannot_be_done_hinders_no_other_and_is_told(
    site: RuledSite, rule_of: Callable[[str], kept.Kept]
) -> None:
    site.rules(REMIND.replace("[{", "[{campaign: autumn, list: first}, {set: vip, value: true}, {"))
    with site.store.writing() as connection:
        [spec] = connection.execute(select(RULES.c.spec)).scalars()
        gone = {
            **spec,
            "do": [{"campaign": "winter"}, {"set": "size", "value": 1}, *spec["do"][1:]],
        }
        connection.execute(update(RULES).values(spec=gone))
    wang = site.tell(stage="high-intent")
    assert site.heed() == 1
    assert site.customer(wang)["fields"] == {"vip": True}
    assert reminders(site) == [wang]
    rule = rule_of("seen")
    assert (rule.acted, rule.last_error) == (
        1, f"the CRM file has no field 'size' (customer {wang})",
    )  # fmt: skip
    [(_, did)] = site.acts()
    assert did.startswith("not done: there is no campaign 'winter' that can be read")


def test_what_happened_is_told_before_what_a_rule_did_about_it(site: RuledSite) -> None:
    site.rules(REMIND.replace("remind: 1d, note: 跟进", "webhook: hot"))
    site.tell(stage="high-intent", fields={"vip": True})
    site.heed(tells=True)
    with site.store.reading() as connection:
        kinds = connection.execute(select(OUTBOX.c.kind).order_by(OUTBOX.c.id)).scalars().all()
    assert kinds == ["customer.changed", "rule.acted"]


def test_others_are_told_of_every_change_once_and_where_it_came_from(site: RuledSite) -> None:
    site.rules(REMIND.replace("remind: 1d, note: 跟进", "tag: 高意向"))
    wang = site.tell(stage="potential")
    site.tell(stage="high-intent", fields={"vip": True})
    site.heed(tells=True)
    due_again(site)
    site.heed(tells=True)
    made, moved, ours = site.outbox("customer.changed")
    assert (made["origin"], made["who"], made["changes"][0]["what"]) == (
        "crm",
        "api:crm",
        "created",
    )
    assert [change["what"] for change in moved["changes"]] == ["stage", "field.vip"]
    assert moved["changes"][0] == {"what": "stage", "old": "potential", "new": "high-intent"}
    assert (ours["origin"], ours["who"]) == ("", "rule:seen")
    assert ours["changes"] == [{"what": "tag", "old": None, "new": "高意向"}]
    for told in (made, moved, ours):
        assert (told["customer_id"], told["external_ids"]) == (str(wang), {"crm": "C-1"})
        assert told["number"] == "+8613912345678"
        assert datetime.fromisoformat(told["at"]).tzinfo == UTC
    assert By("rule:seen", "", 1) == of_customer(site.store, wang, 1)[0].by


@pytest.mark.parametrize(
    ("gone", "told"),
    [
        ("  - {name: high-intent, label: 高意向}\n", "expected a stage of the CRM file"),
        ("  - {name: vip, type: yes_no}\n", "expected a field of the CRM file (got 'vip')"),
        ("  - {name: visited, type: date}\n", "expected a field that is known (got 'custom.visi"),
        ("制造业, ", "expected one of 零售 (got '制造业')"),
    ],
)
def test_what_a_rule_goes_by_stays_in_the_crm_file(site: RuledSite, gone: str, told: str) -> None:
    then = "set: industry, value: 制造业}, {set: vip, value: true"
    text = REMIND.replace("remind: 1d, note: 跟进", then)
    site.rules(text.replace("do:", "if: custom.visited is empty\n    do:"))
    with pytest.raises(Refused, match="The rule 'seen' goes by what is gone: ") as refused:
        apply_crm(site.store, load_crm(CRM.replace(gone, "")), site.at)
    assert told in str(refused.value)
    site.rules("rules: []")
    apply_crm(site.store, load_crm(CRM.replace(gone, "")), site.at)


@pytest.mark.parametrize(
    "rule",
    [
        "when: {tag_added: 行业/机械}, do: [{pool: true}]",
        "when: {created: true}, do: [{tag: 行业}]",
        "when: {created: true}, if: not tag 行业/机械/机床, do: [{pool: true}]",
    ],
)
def test_a_tag_that_a_rule_goes_by_stays_where_it_is(site: RuledSite, rule: str) -> None:
    site.tell(tags=("行业/机械/机床", "展会"))
    site.rules(f"rules: [{{name: its, {rule}}}]")
    with pytest.raises(Refused, match="The rule 'its' goes by the tag"):
        tags.move(site.store, "行业", "展会", site.at)
    assert tags.move(site.store, "展会", "行业", site.at) == "行业/展会"
    site.rules("rules: []")
    assert tags.move(site.store, "行业/机械", "", site.at) == "机械"


def test_the_wait_between_tries_doubles_and_is_bounded() -> None:
    waits = [min(job.LONGEST_WAIT, job.FIRST_WAIT * 2.0 ** (n - 1)) for n in range(1, TRIES)]
    assert waits == sorted(waits)
    assert 600 < sum(waits) < 1800
