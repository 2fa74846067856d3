"""What rules are for: the stories, on both databases."""

from collections.abc import Callable
from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import select, update

from campaigns.leads import Attempt
from storage import dnc
from storage.customers import calls, consents, follow_ups, pipeline, tags
from storage.customers.calls import CallResult
from storage.customers.changes import By, of_customer
from storage.rules import kept
from storage.tables.campaigns import CAMPAIGNS
from storage.tables.people import CUSTOMERS, LEADS
from tests.storage.rules.conftest import NUMBER, RuledSite

HOUR = timedelta(hours=1)
HOT = """\
rules:
  - name: hot
    when: {stage: {from: potential, to: high-intent}}
    do:
      - {campaign: autumn, priority: 50, again: true}
      - {tag: 高意向/待外呼}
"""
POOL = """\
rules:
  - name: recycle
    when: {idle: 72h}
    if: owner is not empty
    do: [{pool: true}, {webhook: recycled}]
"""


def test_a_stage_moved_in_the_crm_places_the_customer_in_a_campaign(site: RuledSite) -> None:
    site.rules(HOT)
    wang = site.tell(stage="potential")
    assert (site.heed(), site.leads()) == (0, [])
    site.tell(stage="high-intent")
    assert site.heed() == 1
    [lead] = site.leads()
    assert (lead.number, lead.name, lead.rank, lead.state) == (NUMBER, "王小明", -50, "ready")
    assert (lead.customer_id, lead.next_at <= site.at, lead.external_ref) == (wang, True, "C-1")
    assert lead.zones == "Asia/Shanghai"
    assert site.customer(wang)["tags"] == {"高意向/待外呼"}
    assert site.acts() == [("hot", "campaign autumn: added; tag 高意向/待外呼")]
    assert site.heed() == 0
    assert len(site.leads()) == 1


def test_what_a_rule_changes_is_told_as_the_rules_own(site: RuledSite) -> None:
    site.rules(HOT)
    wang = site.tell(stage="potential")
    site.tell(stage="high-intent")
    site.heed()
    newest = of_customer(site.store, wang, 1)[0]
    assert (newest.change.what, newest.change.new) == ("tag", "高意向/待外呼")
    assert newest.by == By("rule:hot", "", 1)


@pytest.mark.parametrize("again", [True, False])
def test_a_lead_that_is_done_is_called_again_where_the_rule_says_so(
    site: RuledSite, again: bool
) -> None:
    site.rules(HOT if again else HOT.replace(", again: true", ""))
    site.tell(stage="potential")
    site.tell(stage="high-intent")
    site.heed()
    with site.store.writing() as connection:
        done = {"state": "done", "attempts_total": 2, "tries": {"busy": 2}, "last_outcome": "busy"}
        connection.execute(update(LEADS).values(**done, next_at=site.at + HOUR))
    site.tell(stage="potential")
    site.tell(stage="high-intent")
    site.heed()
    [lead] = site.leads()
    assert lead.state == ("ready" if again else "done")
    assert (lead.tries == {}, lead.next_at <= site.at) == (again, again)
    assert lead.attempts_total == 2  # the campaign's cap counts on


@pytest.mark.parametrize("how", ["dnc", "told", "consent", "suppressed", "no number"])
def test_who_is_not_to_be_called_comes_on_no_list(site: RuledSite, how: str) -> None:
    site.rules(HOT)
    who = "C-9" if how == "no number" else "C-1"
    wang = site.tell(who, stage="potential", do_not_call=how == "told")
    if how == "dnc":
        dnc.add(site.store, [NUMBER], site.at)
    if how == "consent":
        word = consents.Word(wang, given=False, purpose="any", channel="call")
        consents.tell(site.store, word, By("cli"), site.at)
    if how == "suppressed":
        site.tell(stage="high-intent")
        site.heed()
        with site.store.writing() as connection:
            connection.execute(update(LEADS).values(state="suppressed"))
        site.tell(stage="potential")
    site.tell(who, stage="high-intent")
    site.heed()
    [*_, (_, did)] = site.acts()
    assert did.startswith("campaign autumn: not added, ")
    assert [lead.state for lead in site.leads()] == ["suppressed"] * (how == "suppressed")


def test_a_consent_may_be_asked_for(site: RuledSite) -> None:
    site.rules(HOT.replace("again: true", "needs_consent: sales"))
    wang = site.tell(stage="potential")
    site.tell(stage="high-intent")
    site.heed()
    assert site.leads() == []
    word = consents.Word(wang, given=True, purpose="sales")
    consents.tell(site.store, word, By("cli"), site.at)
    site.tell(stage="potential")
    site.tell(stage="high-intent")
    site.heed()
    assert len(site.leads()) == 1


def test_leads_without_a_follow_up_for_72_hours_go_back_to_the_pool_once(site: RuledSite) -> None:
    site.rules(POOL)
    wang = site.tell(stage="potential", owner="ann")
    li = site.tell("C-2", name="李雷", owner="bob")
    lost = site.tell("C-3", name="张伟", stage="lost", owner="bob")
    site.heed()
    assert site.sweep(71 * HOUR) == 0
    at = site.at
    [mine] = follow_ups.plan(site.store, [follow_ups.NewFollowUp(li, at)], By("agent:bob"), at)
    follow_ups.done(site.store, mine, By("agent:bob"), at)
    assert site.sweep(2 * HOUR) == 1
    owners = [site.customer(each)["owner"] for each in (wang, li, lost)]
    assert owners == [None, "bob", "bob"]  # nothing more is to be done for who is lost
    assert site.heed() == 0
    assert site.sweep(HOUR) == 0
    [told] = site.outbox("rule.acted")
    assert (told["rule"], told["word"], told["external_ids"]) == (
        "recycle", "recycled", {"crm": "C-1"},
    )  # fmt: skip
    assert site.sweep(72 * HOUR) == 1  # Li, by now; Wang is in the pool
    assert site.customer(li)["owner"] is None


def test_who_becomes_one_whom_the_rule_means_is_not_forgotten(site: RuledSite) -> None:
    """Long idle already when a change makes the rule mean the customer."""
    site.rules(POOL.replace("owner is not empty", "tag 待回收"))
    wang = site.tell(owner="ann")
    site.heed()
    assert site.sweep(80 * HOUR) == 0
    tags.tag(site.store, [wang], "待回收", By("agent:ann"), site.at)
    assert site.heed() == 1
    assert site.customer(wang)["owner"] is None
    tags.tag(site.store, [wang], "别的", By("agent:ann"), site.at)
    assert (site.heed(), site.sweep()) == (0, 0)


def test_who_becomes_one_by_time_alone_is_not_forgotten(site: RuledSite) -> None:
    """A call that nobody answers is no change; and it grows old."""
    site.rules(POOL.replace("owner is", "not last_call within 5d and owner is"))
    wang = site.tell(owner="ann")
    site.heed()
    with site.store.writing() as connection:
        connection.execute(update(CUSTOMERS).values(last_attempt_at=site.at + 60 * HOUR))
    assert site.sweep(80 * HOUR) == 0, "called a day ago"
    assert site.sweep(99 * HOUR) == 0, "less than five days ago"
    assert site.sweep(2 * HOUR) == 1
    assert site.customer(wang)["owner"] is None
    assert site.sweep(2 * HOUR) == 0


def test_a_rule_that_is_switched_on_again_looks_at_all_and_acts_once_for_each_time(
    site: RuledSite,
) -> None:
    site.rules(POOL.replace("pool: true", "tag: 久未跟进"))
    wangs = [site.tell(f"C-{n}", name=f"王{n}", owner="ann") for n in range(2, 9)]
    site.heed()
    assert site.sweep(80 * HOUR, limit=2) == len(wangs)
    assert kept.switch(site.store, "recycle", False)
    assert (kept.switch(site.store, "recycle", False), site.sweep()) == (False, 0)
    site.tell("C-99", name="赵", owner="ann")
    site.heed()
    site.at += 80 * HOUR
    assert kept.switch(site.store, "recycle", True)
    assert site.sweep() == 1


@pytest.mark.parametrize("at_once", [True, False])
def test_a_calls_result_with_its_level_moves_the_customer_on(
    site: RuledSite, attempt: Attempt, tell: Callable[..., object], ended: Callable[..., object],
    at_once: bool,
) -> None:  # fmt: skip
    site.rules(
        "rules:\n  - name: sold\n    when: {call: {disposition: sale, intent: [A, B]}}\n"
        "    do: [{stage: high-intent}, {remind: 1d, note: 发合同}]\n"
    )
    tell(ended(attempt))
    by, at = By("api:crm", "crm"), site.at + HOUR
    words = {"disposition": "sale", "intent": "A"}
    told = [words] if at_once else [{"disposition": "sale"}, {"intent": "A"}]
    for n, part in enumerate(told):
        result = CallResult(attempt.attempt_id, at + n * HOUR, agent="ann", **part)
        assert calls.put_result(site.store, result, by)
        assert site.heed() == (n == len(told) - 1)
    last = site.outbox("attempt.disposed")[-1]
    assert (last["disposition"], last["intent"]) == ("sale", "A")
    customer = UUID(last["customer_id"])
    assert site.customer(customer)["stage"] == "high-intent"
    [plan] = follow_ups.open_ones(site.store, customer_id=customer)
    assert (plan.note, plan.remind_at == plan.due_at) == ("发合同", True)
    assert not calls.put_result(site.store, result, by)
    assert site.heed() == 0


def test_owners_are_named_in_turn_and_no_customer_twice(site: RuledSite) -> None:
    site.rules(
        "rules:\n  - name: share-out\n    when: {created: true, source: crm}\n"
        "    if: owner is empty\n    do: [{owner: [ann, bob, 小陈]}]\n".replace("小陈", "chen")
    )
    people = [site.tell(f"C-{n}", name=f"客户{n}") for n in range(10, 17)]
    site.tell("X-1", source="shop", name="别家")
    site.tell("C-20", name="有主", owner="dora")
    assert site.heed(limit=2) == 7
    owners = [site.customer(each)["owner"] for each in people]
    assert owners == ["ann", "bob", "chen", "ann", "bob", "chen", "ann"]


def test_three_tags_below_the_one_that_is_waited_for_make_one_reminder(site: RuledSite) -> None:
    site.rules(
        "rules:\n  - name: made\n    when: {tag_added: 制造业}\n    do: [{remind: 2h}]\n"
        "  - name: gone\n    when: {tag_removed: 制造业/设备采购}\n"
        "    do: [{set: vip, value: null}, {untag: 重点}]\n"
    )
    paths = ("制造业/设备采购", "制造业/设备采购/预算已确认", "制造业", "重点")
    wang = site.tell(tags=paths, fields={"vip": True})
    assert site.heed() == 1
    assert len(follow_ups.open_ones(site.store, customer_id=wang)) == 1
    pipeline.assign(site.store, [wang], "ann", By("cli"), site.at)
    tags.untag(site.store, [wang], "制造业", By("cli"), site.at)
    assert site.heed() == 1
    assert (site.customer(wang)["tags"], site.customer(wang)["fields"]) == (set(), {})


@pytest.mark.parametrize(
    ("told", "acts"), [((50_000, 100_000), 1), ((120_000, 130_000), 1), ((1, 2, 200_000, 3), 1)]
)
def test_a_field_that_becomes_so_sets_a_rule_off_once(
    site: RuledSite, told: tuple[int, ...], acts: int
) -> None:
    site.rules(
        "rules:\n  - name: rich\n    when: {field: budget, at_least: 100000}\n"
        "    do: [{set: industry, value: 制造业}]\n"
    )
    for budget in told:
        wang = site.tell(fields={"budget": budget})
    assert site.heed() == acts
    assert site.customer(wang)["fields"]["industry"] == "制造业"


def test_a_campaign_that_was_finished_goes_on_and_one_that_was_stopped_does_not(
    site: RuledSite,
) -> None:
    site.rules(HOT)
    for n, (wanted, then) in enumerate((("finished", "running"), ("stopped", "stopped"))):
        with site.store.writing() as connection:
            connection.execute(update(CAMPAIGNS).values(wanted=wanted))
        number = f"+86139123456{n:02}"
        site.tell(f"C-{n + 20}", numbers=(number,), stage="potential")
        site.tell(f"C-{n + 20}", stage="high-intent")
        assert site.heed() == 1
        with site.store.reading() as connection:
            assert connection.execute(select(CAMPAIGNS.c.wanted)).scalar_one() == then
