"""Flows: what a campaign keeps of them, what is told to them, and what comes of them."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select

from campaigns.effects import AttemptEnded, AttemptNoted
from campaigns.flow.needs import Ask, Needs
from campaigns.flow_effects import (
    CallbackWanted,
    OptedOut,
    QuestionAnswered,
    StepLeft,
    VoiceKept,
)
from campaigns.leads import Attempt, Candidate, Particulars
from campaigns.outcomes import Outcome
from campaigns.spec.campaign import Campaign
from storage import attempts, campaigns, dnc, outbox
from storage.campaigns import Applied, Unreadable
from storage.claims import claim
from storage.engine import Store
from storage.flow_answers import Question, surveyed
from storage.ids import new_id
from storage.leases import Lease
from storage.reports import report
from storage.tables.flows import FLOW_RECORDINGS
from storage.tables.people import LeadState
from storage.tallies import tallies

FLOW = """\
name: survey
start: ask
variables: {first_name: there}
prompts: {how: {say: "How was it, {first_name}?"}, sorry: {say: Sorry.}}
steps:
  ask:
    survey: visit
    prompt: how
    answers: {1: good, 2: bad}
    next: more
    no_input: done
    too_many: done
  more:
    survey: again
    prompt: sorry
    answers: {1: yes, 2: no}
    next: talk
    no_input: done
    too_many: done
  talk: {agent: sales, skills: [english], wait: 30s, no_agent: done}
  done: {hangup: sale}
"""
NEEDS = Needs(
    "survey",
    frozenset({"first_name"}),
    frozenset({Ask(frozenset({"sales"}), frozenset({"english"}))}),
    30.0,
    {("survey", "ask"): "visit", ("survey", "more"): "again"},
    said={("survey", "how"): frozenset({"first_name"})},
)
SECOND = timedelta(seconds=1)


@pytest.fixture
def placed(
    store: Store,
    ivr_lease: Lease,
    ivr: Campaign,
    fill: Callable[..., list[Candidate]],
    order_for: Callable[[Candidate], Any],
    now: datetime,
) -> Callable[..., list[Attempt]]:
    """Claim the leads of a list, as a campaign with a flow does."""

    def commit(count: int = 1, **lead: Any) -> list[Attempt]:
        orders = [order_for(candidate) for candidate in fill(ivr, count, **lead)]
        return claim(store, ivr_lease, ivr, 1, orders, now, NEEDS).attempts

    return commit


# --- versions ---------------------------------------------------------------------------------


def test_a_campaign_keeps_its_flow_and_knows_what_it_needs(
    store: Store, ivr: Campaign, now: datetime
) -> None:
    assert campaigns.apply(store, ivr, "", now, {"survey": FLOW}) == Applied(1, True)
    assert campaigns.apply(store, ivr, "", now, {"survey": FLOW}) == Applied(1, False)
    stored = campaigns.get(store, ivr.name)
    assert stored.flows == {"survey": FLOW}
    assert stored.needs() == NEEDS


def test_a_changed_flow_is_a_new_version(store: Store, ivr: Campaign, now: datetime) -> None:
    campaigns.apply(store, ivr, "", now, {"survey": FLOW})
    changed = FLOW.replace("30s", "20s")
    assert campaigns.apply(store, ivr, "", now, {"survey": changed}) == Applied(2, True)


def test_a_flow_that_cannot_be_read_is_told_in_words(
    store: Store, ivr: Campaign, now: datetime
) -> None:
    campaigns.apply(store, ivr, "", now, {"survey": FLOW.replace("hangup", "hang")})
    with pytest.raises(Unreadable, match="flow 'survey'"):
        campaigns.get(store, ivr.name).needs()


def test_a_campaign_without_a_flow_needs_nothing(
    store: Store, campaign: Campaign, now: datetime
) -> None:
    campaigns.apply(store, campaign, "", now)
    assert campaigns.get(store, campaign.name).needs() is None


# --- what a flow is told ----------------------------------------------------------------------


def test_a_claim_brings_what_the_flow_asks_for_and_nothing_else(
    placed: Callable[..., list[Attempt]],
) -> None:
    fields = {"first_name": "Ada", "tags": "vip, gold;no-sms vip €", "card": "4111"}
    [attempt] = placed(zones=("Europe/Berlin", "Europe/Vienna"), fields=fields)
    assert attempt.told == Particulars(
        {"first_name": "Ada"}, ("vip", "gold", "no-sms"), ("Europe/Berlin", "Europe/Vienna")
    )


@pytest.mark.parametrize("hostile", ["two\nlines", "x" * 201, "nul\ufffd\x00"])
def test_what_a_variable_cannot_hold_is_left_to_the_flows_default(
    placed: Callable[..., list[Attempt]], hostile: str
) -> None:
    [attempt] = placed(fields={"first_name": hostile})
    assert attempt.told.given.get("first_name") in (None, "nul\ufffd\ufffd")


def test_other_modes_are_told_nothing(attempt: Attempt) -> None:
    assert attempt.told == Particulars()


def test_a_successor_is_told_the_same(
    store: Store,
    ivr: Campaign,
    placed: Callable[..., list[Attempt]],
    tell_ivr: Callable[..., None],
    now: datetime,
) -> None:
    [attempt] = placed(fields={"first_name": "Ada"})
    asked = now + 20 * SECOND
    tell_ivr(AttemptNoted(attempt.attempt_id, now + SECOND, "flow"))
    tell_ivr(AttemptNoted(attempt.attempt_id, asked, "asking"))
    [left] = attempts.open_attempts(store, ivr.name, NEEDS)
    assert left.attempt == attempt
    assert (left.state, left.answered_at, left.live_at) == ("asking", now + SECOND, asked)


# --- what comes of it -------------------------------------------------------------------------


def answer(attempt: Attempt, question: str, said: str, after: float) -> QuestionAnswered:
    at = attempt.placed_at + timedelta(seconds=after)
    return QuestionAnswered(attempt.attempt_id, at, "survey", question, said)


def step(attempt: Attempt, name: str, way: str, pressed: str | None = None) -> StepLeft:
    at = attempt.placed_at + timedelta(seconds=5)
    return StepLeft(attempt.attempt_id, at, "survey", name, way, pressed)


def test_answers_are_counted_by_question_and_the_last_one_stands(
    store: Store,
    ivr: Campaign,
    placed: Callable[..., list[Attempt]],
    tell_ivr: Callable[..., None],
    now: datetime,
) -> None:
    one, two, three = placed(3)
    told = [
        answer(one, "visit", "good", 3),
        answer(one, "again", "no", 5),
        answer(one, "visit", "bad", 9),
        answer(two, "visit", "good", 3),
        step(one, "ask", "next", "1"),
        step(two, "more", "too_many", "9"),
        step(three, "ask", "no_input"),
    ]
    tell_ivr(*told)
    tell_ivr(*told)  # told twice
    tell_ivr(answer(one, "visit", "good", 4))  # and late
    found = surveyed(store, ivr.name, NEEDS, now)
    assert found.questions == {
        "visit": Question({"bad": 1, "good": 1}, 1),
        "again": Question({"no": 1}, 1),
    }
    assert (found.calls, found.whole, found.partly) == (3, 1, 1)
    assert found.ways[("survey", "ask")] == {"next": 1, "no_input": 1}
    assert report(store, ivr, now).answers == {
        "again": {"no": 1},
        "visit": {"bad": 1, "good": 1},
    }


def test_nothing_is_kept_of_a_call_that_is_not_the_campaigns(
    store: Store,
    ivr: Campaign,
    placed: Callable[..., list[Attempt]],
    tell_ivr: Callable[..., None],
    now: datetime,
) -> None:
    [attempt] = placed()
    stranger = new_id()
    at = attempt.placed_at
    tell_ivr(
        QuestionAnswered(stranger, at, "survey", "visit", "good"),
        OptedOut(stranger, at),
        CallbackWanted(stranger, at, at),
        VoiceKept(stranger, at, "survey", "tell", "a/b"),
    )
    assert surveyed(store, ivr.name, NEEDS, now).questions["visit"] == Question({}, 0)


def test_who_opts_out_is_on_the_list_before_the_call_is_over(
    store: Store,
    ivr: Campaign,
    placed: Callable[..., list[Attempt]],
    tell_ivr: Callable[..., None],
    ended: Callable[..., AttemptEnded],
    lead_of: Callable[[Attempt], Any],
    customer_of: Callable[[Attempt], Any],
) -> None:
    [attempt] = placed()
    number = attempt.order.candidate.number
    wish = OptedOut(attempt.attempt_id, attempt.placed_at + SECOND)
    tell_ivr(wish, wish)
    [listed] = dnc.check(store, number)
    assert listed.source == f"opted out in a flow of campaign {ivr.name}"
    due = attempt.placed_at + timedelta(hours=1)
    tell_ivr(
        CallbackWanted(attempt.attempt_id, attempt.placed_at, due),  # not after that wish
        ended(attempt, Outcome.HEARD, disposition="later"),
    )
    assert lead_of(attempt).state == LeadState.SUPPRESSED
    assert customer_of(attempt).do_not_call
    [message] = [m.payload for m in outbox.untold(store)]
    assert (message["do_not_call"], message["final"], message["next_at"]) == (True, True, None)


@pytest.mark.parametrize("filed", ["sale", "later", "heard"])
def test_who_wants_a_call_back_is_due_then(
    placed: Callable[..., list[Attempt]],
    tell_ivr: Callable[..., None],
    ended: Callable[..., AttemptEnded],
    lead_of: Callable[[Attempt], Any],
    filed: str,
) -> None:
    [attempt] = placed()
    due = attempt.placed_at + timedelta(hours=5)
    tell_ivr(
        CallbackWanted(attempt.attempt_id, attempt.placed_at, due),
        ended(attempt, Outcome.HEARD, disposition=filed),
    )
    lead = lead_of(attempt)
    assert (lead.state, lead.next_at) == (LeadState.READY, due)


def test_a_do_not_call_disposition_stands_above_a_call_back(
    placed: Callable[..., list[Attempt]],
    tell_ivr: Callable[..., None],
    ended: Callable[..., AttemptEnded],
    lead_of: Callable[[Attempt], Any],
) -> None:
    [attempt] = placed()
    wish = CallbackWanted(attempt.attempt_id, attempt.placed_at, attempt.placed_at)
    tell_ivr(wish, ended(attempt, Outcome.HEARD, disposition="never"))
    assert lead_of(attempt).state == LeadState.SUPPRESSED


def test_others_are_told_the_answers_with_the_result(
    store: Store,
    placed: Callable[..., list[Attempt]],
    tell_ivr: Callable[..., None],
    ended: Callable[..., AttemptEnded],
) -> None:
    one, two = placed(2)
    tell_ivr(answer(one, "visit", "good", 3))
    tell_ivr(ended(one, Outcome.HEARD, disposition="sale"), ended(two, Outcome.BUSY))
    told = {m.payload["attempt_id"]: m.payload["answers"] for m in outbox.untold(store)}
    assert told == {str(one.attempt_id): {"visit": "good"}, str(two.attempt_id): {}}


def test_the_guard_counts_people_who_heard_the_flow_and_judges_by_the_asking(
    store: Store,
    ivr: Campaign,
    placed: Callable[..., list[Attempt]],
    tell_ivr: Callable[..., None],
    ended: Callable[..., AttemptEnded],
    now: datetime,
) -> None:
    people, machine, soon, late, in_vain = placed(5)
    asked = now + 30 * SECOND

    def talk(attempt: Attempt, waited: float) -> AttemptEnded:
        times = {"answered_at": now + SECOND, "asked_at": asked}
        at = asked + timedelta(seconds=waited)
        return ended(attempt, Outcome.CONNECTED, connected_at=at, agent="ann", **times)

    tell_ivr(
        ended(people, Outcome.HEARD, party="human"),
        ended(machine, Outcome.HEARD),
        talk(soon, 2),
        talk(late, 2.1),
        ended(in_vain, Outcome.ABANDONED, asked_at=asked),
    )
    [tally] = tallies(store, ivr, [f"{now:%Y-%m-%d}"])
    assert (tally.connected, tally.late, tally.abandoned, tally.heard) == (1, 1, 1, 1)
    found = report(store, ivr, now)
    assert (found.asked, found.heard, found.late) == (3, 1, 1)
    assert found.abandonment == pytest.approx(2 / 4)
    assert found.asked_abandonment == pytest.approx(2 / 3)


def test_recordings_are_kept_once(
    store: Store, placed: Callable[..., list[Attempt]], tell_ivr: Callable[..., None]
) -> None:
    [attempt] = placed()
    voice = VoiceKept(attempt.attempt_id, attempt.placed_at, "survey", "tell", "flows/x/1")
    tell_ivr(voice)
    tell_ivr(voice)
    assert voices(store) == [(attempt.attempt_id, "flows/x/1")]


def voices(store: Store) -> list[tuple[UUID, str]]:
    with store.reading() as connection:
        rows = connection.execute(select(FLOW_RECORDINGS))
        return [(row.attempt_id, row.path) for row in rows]
