"""Who is called first: scores, who fell due last, who asked to be called, and lists in a mix."""

from collections import Counter
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import update

from campaigns.effects import AttemptEnded
from campaigns.flow_effects import CallbackWanted
from campaigns.leads import Attempt, Candidate, DialOrder
from campaigns.outcomes import Outcome
from campaigns.rules import rule_of
from campaigns.spec.campaign import Campaign
from storage import leads
from storage.candidates import candidates, count_due, next_due
from storage.claims import claim
from storage.engine import Store
from storage.imports import import_leads
from storage.lead_rows import NewLead
from storage.leases import Lease
from storage.record import record
from storage.survey import survey
from storage.tables.people import LEADS

MakeCampaign = Callable[..., Campaign]
MINUTE = timedelta(minutes=1)
BERLIN = ("Europe/Berlin",)


def put(store: Store, now: datetime, name: str, numbers: list[str], **parts: Any) -> None:
    these = [NewLead(number, zones=BERLIN, **parts) for number in numbers]
    import_leads(store, name, these, now)


def numbers(area: int, count: int = 9) -> list[str]:
    return [f"+4930{area}00000{n}" for n in range(1, count + 1)]


def digits(found: list[Candidate]) -> str:
    return "".join(candidate.number[-1] for candidate in found)


def set_lead(store: Store, number: str, **values: Any) -> None:
    with store.writing() as connection:
        connection.execute(update(LEADS).where(LEADS.c.number == number).values(values))


def ask(store: Store, campaign: Campaign, count: int, now: datetime) -> str:
    return digits(candidates(store, campaign, count, frozenset(), now))


def test_the_highest_score_goes_first_and_among_equals_the_longest_due(
    store: Store, make_campaign: MakeCampaign, now: datetime
) -> None:
    for number, score in zip(numbers(1, 4), (5, 70, -3, 70), strict=True):
        put(store, now, "first", [number], score=score)
    set_lead(store, numbers(1)[3], next_at=now - MINUTE)
    campaign = make_campaign(leads={"list": "first", "order": "score"})
    assert ask(store, campaign, 9, now) == "4213"


def test_the_newest_is_who_fell_due_last(
    store: Store, make_campaign: MakeCampaign, now: datetime
) -> None:
    """An old lead that is due again now is newer than one that came a minute ago."""
    put(store, now - 9 * MINUTE, "first", numbers(1, 3))
    set_lead(store, numbers(1)[1], next_at=now - MINUTE)
    set_lead(store, numbers(1)[2], next_at=now + MINUTE)
    campaign = make_campaign(leads={"list": "first", "order": "newest"})
    assert ask(store, campaign, 9, now) == "21"


def test_who_asked_to_be_called_back_goes_first_once(
    store: Store,
    make_campaign: MakeCampaign,
    run: Callable[..., Lease],
    place: Callable[..., list[Attempt]],
    ended: Callable[..., AttemptEnded],
    now: datetime,
) -> None:
    put(store, now, "first", numbers(1, 3))
    campaign = make_campaign(leads={"list": "first"}, attempts={"min_gap": 0, "per_day": 9})
    lease = run(campaign)
    last = candidates(store, campaign, 9, frozenset(), now)[2]
    [attempt] = place(lease, campaign, [last])
    due = now + MINUTE
    wish = CallbackWanted(attempt.attempt_id, at=now, due=due)
    record(store, lease, campaign, [wish, ended(attempt, Outcome.CONNECTED)])
    assert leads.show(store, last.lead_id).callback_at == due
    assert ask(store, campaign, 9, due - timedelta(microseconds=1)) == "12"
    assert ask(store, campaign, 9, due) == "312"
    assert ask(store, campaign, 1, due) == "3"
    in_turn = make_campaign(leads={"list": "first", "callbacks_first": False})
    assert ask(store, in_turn, 9, due) == "123"
    held = frozenset({last.lead_id})
    assert digits(candidates(store, campaign, 9, held, due)) == "12"
    # called as they asked, and busy: from now on a lead like any other
    [again] = place(lease, campaign, candidates(store, campaign, 1, frozenset(), due), due)
    record(store, lease, campaign, [ended(again, Outcome.BUSY)])
    assert leads.show(store, last.lead_id).callback_at is None


@pytest.fixture
def mix(store: Store, make_campaign: MakeCampaign, now: datetime) -> Campaign:
    put(store, now, "spring", numbers(1))
    put(store, now, "autumn", numbers(2))
    put(store, now, "summer", numbers(3))
    return make_campaign(leads={"mix": {"spring": "75%", "autumn": "25%"}})


def areas(found: list[Candidate]) -> Counter[str]:
    return Counter(candidate.number[5] for candidate in found)


def test_each_list_of_a_mix_has_its_share(store: Store, mix: Campaign, now: datetime) -> None:
    found = candidates(store, mix, 8, frozenset(), now)
    assert areas(found) == {"1": 6, "2": 2}
    held = frozenset(each.lead_id for each in found)
    rest = candidates(store, mix, 99, held, now)
    assert areas(rest) == {"1": 3, "2": 7}
    assert count_due(store, mix, 99, now, MINUTE) == 18
    assert count_due(store, mix, 12, now, MINUTE) == 12
    assert next_due(store, mix, now, held) == now
    everything = held | {each.lead_id for each in rest}
    assert next_due(store, mix, now, everything) is None
    assert (survey(store, mix, now).leads, survey(store, mix, now).callable_now) == (18, 18)


def test_a_number_on_two_lists_of_a_mix_is_one_lead(
    store: Store,
    make_campaign: MakeCampaign,
    run: Callable[..., Lease],
    order_for: Callable[[Candidate], DialOrder],
    now: datetime,
) -> None:
    for name in ("autumn", "spring", "summer"):
        put(store, now, name, numbers(1))
    mix = make_campaign(leads={"mix": {"spring": "50%", "autumn": "50%"}})
    lease = run(mix)
    spring = make_campaign(name="spring", leads={"list": "spring"})
    found = candidates(store, mix, 99, frozenset(), now)
    assert len(found) == 9 == count_due(store, mix, 99, now, MINUTE)
    assert len({each.number for each in found}) == 9
    [twin] = candidates(store, spring, 1, frozenset(), now)  # alone, it is called as ever
    claimed = claim(store, lease, mix, 1, [order_for(twin)], now)
    assert [rule_of(refusal.why) for refusal in claimed.refusals] == ["twin"]
    assert (survey(store, mix, now).leads, survey(store, mix, now).callable_now) == (18, 9)


def test_a_claim_takes_from_the_lists_of_the_mix_and_no_other(
    store: Store,
    mix: Campaign,
    make_campaign: MakeCampaign,
    run: Callable[..., Lease],
    order_for: Callable[[Candidate], DialOrder],
    now: datetime,
) -> None:
    lease = run(mix)
    summer = make_campaign(name="summer", leads={"list": "summer"})
    [other] = candidates(store, summer, 1, frozenset(), now)
    mine = candidates(store, mix, 2, frozenset(), now)
    claimed = claim(store, lease, mix, 1, [order_for(each) for each in [*mine, other]], now)
    assert {attempt.order.candidate for attempt in claimed.attempts} == set(mine)
    [refusal] = claimed.refusals
    assert refusal.order.candidate == other
