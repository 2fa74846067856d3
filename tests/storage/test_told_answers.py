"""Answers that a PBX has posted: one truth with those heard over its link, whatever the order."""

import threading
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from campaigns.arrivals import Arrival, InboundOutcome
from campaigns.effects import AttemptDisposed, AttemptEnded, InboundDisposed, InboundEnded
from campaigns.flow_effects import QuestionAnswered
from campaigns.leads import Attempt, Candidate
from campaigns.outcomes import Outcome
from campaigns.spec.campaign import Campaign
from connectors.calls import EndReason
from storage import deliveries, hooks, outbox
from storage.admissions import admit
from storage.engine import Store
from storage.flow_results import answers_of
from storage.ids import new_id
from storage.inbound_results import write_inbound
from storage.invariants.check import broken
from storage.leases import Lease
from storage.ledger import Ledger
from storage.spreading import spread
from storage.told_answers import put_answer
from workers.heeding import ANSWERED, heed_batch

Tell = Callable[..., None]
Post = Callable[..., bool]
CALLER = "+442079460000"
MINUTE = timedelta(minutes=1)


@pytest.fixture
def call(
    ivr: Campaign,
    ivr_lease: Lease,
    fill: Callable[..., list[Candidate]],
    place: Callable[..., list[Attempt]],
) -> Attempt:
    [placed] = place(ivr_lease, ivr, fill(ivr))
    return placed


def answer(call: Attempt, said: str, after: float = 5, question: str = "visit") -> QuestionAnswered:
    at = call.placed_at + timedelta(seconds=after)
    return QuestionAnswered(call.attempt_id, at, "survey", question, said)


@pytest.fixture
def post(store: Store) -> Post:
    def posted(told: QuestionAnswered) -> bool:
        hooks.keep(store, "main", str(uuid4()), ANSWERED, {})
        *_, hook = hooks.take(store)
        return put_answer(store, hook, told)

    return posted


@pytest.fixture
def campaign(make_campaign: Callable[..., Campaign]) -> Campaign:
    return make_campaign(inbound={"lines": ["service"], "flow": "survey"})


@pytest.fixture
def came(store: Store, lease: Lease, campaign: Campaign, now: datetime) -> Callable[..., Arrival]:
    def arrive(caller: str = CALLER) -> Arrival:
        arrival = Arrival(new_id(), "main", "service", caller, now)
        admit(store, lease, campaign, 1, [arrival])
        return arrival

    return arrive


def said(call: Arrival, answer: str, question: str = "visit") -> QuestionAnswered:
    return QuestionAnswered(call.call_id, call.at + MINUTE / 2, "survey", question, answer)


def over(call: Arrival, reason: EndReason = EndReason.HUNG_UP) -> InboundEnded:
    at, talked = call.at + 2 * MINUTE, call.at + MINUTE
    outcome = InboundOutcome.ANSWERED
    return InboundEnded(call.call_id, outcome, "answered", reason, "16", at, talked, "ann")


def filed(call: Arrival) -> InboundDisposed:
    return InboundDisposed(call.call_id, call.at + 3 * MINUTE, "ann", "sale")


def kept(store: Store, call: Attempt) -> dict[str, str]:
    with store.reading() as connection:
        return answers_of(connection, [call.attempt_id]).get(call.attempt_id, {})


def told(store: Store) -> list[tuple[str, Any]]:
    """What the CRM is told now: the key's end, and the answers."""
    taken = outbox.untold(store)
    spread(store, lambda message: ["crm"])
    return [
        (m.idempotency_key.partition(":")[2].partition(":")[0], m.payload["answers"]) for m in taken
    ]


def test_an_answer_before_the_result_is_in_its_message(
    store: Store, call: Attempt, tell_ivr: Tell, post: Post, ended: Callable[..., AttemptEnded]
) -> None:
    assert not post(answer(call, "good"))
    tell_ivr(ended(call, Outcome.HEARD))
    assert post(answer(call, "good"))
    assert told(store) == [("ended", {"visit": "good"})]


def test_one_that_comes_after_it_is_put_into_a_message_that_nobody_has_taken(
    store: Store, call: Attempt, tell_ivr: Tell, post: Post, ended: Callable[..., AttemptEnded]
) -> None:
    tell_ivr(ended(call, Outcome.HEARD))
    assert post(answer(call, "good"))
    assert told(store) == [("ended", {"visit": "good"})]


def test_and_else_another_follows(
    store: Store, call: Attempt, tell_ivr: Tell, post: Post, ended: Callable[..., AttemptEnded]
) -> None:
    tell_ivr(ended(call, Outcome.HEARD))
    assert told(store) == [("ended", {})]
    assert post(answer(call, "good"))
    assert post(answer(call, "good"))
    assert told(store) == [("answered", {"visit": "good"})]
    assert post(answer(call, "yes", question="again"))
    assert told(store) == [("answered", {"visit": "good", "again": "yes"})]
    assert broken(store) == {}


@pytest.mark.parametrize("ends", [True, False])
def test_a_result_that_is_being_written_is_waited_for_and_tells_the_answer(
    store: Store,
    ivr: Campaign,
    ivr_lease: Lease,
    call: Attempt,
    tell_ivr: Tell,
    post: Post,
    ended: Callable[..., AttemptEnded],
    ends: bool,
) -> None:
    end = ended(call, Outcome.CONNECTED)
    filing = AttemptDisposed(call.attempt_id, end.lead_id, end.ended_at + MINUTE, "ann", "sale")
    if not ends:
        tell_ivr(end)
        told(store)
    poster = threading.Thread(target=post, args=(answer(call, "good"),))
    with store.writing() as connection:
        ledger = Ledger(connection, ivr, [call.attempt_id])
        poster.start()
        poster.join(0.3)
        if ends:
            ledger.end(end)
        else:
            ledger.file(filing)
        ledger.write(ivr_lease.token)
    poster.join()
    assert [answers for _, answers in told(store)] == [{"visit": "good"}]


@pytest.mark.parametrize("posted_first", [True, False])
def test_the_last_answer_stands_whatever_comes_first(
    store: Store, call: Attempt, tell_ivr: Tell, post: Post, posted_first: bool
) -> None:
    steps: list[tuple[Callable[..., object], QuestionAnswered]] = [
        (post, answer(call, "good", 5)),
        (tell_ivr, answer(call, "bad", 9)),
    ]
    for tell, said in steps if posted_first else reversed(steps):
        tell(said)
    assert kept(store, call) == {"visit": "bad"}


def test_a_pbx_whose_clock_is_ahead_has_not_the_last_word_for_ever(
    store: Store, call: Attempt, tell_ivr: Tell, post: Post, ended: Callable[..., AttemptEnded]
) -> None:
    end = ended(call, Outcome.HEARD)
    tell_ivr(end)
    assert post(answer(call, "good", 1e6))
    seconds = (end.ended_at - call.placed_at).total_seconds()
    tell_ivr(answer(call, "bad", seconds))
    assert kept(store, call) == {"visit": "bad"}


def test_an_answer_in_a_campaign_without_flows_is_passed_over(
    store: Store, attempt: Attempt, post: Post
) -> None:
    assert post(answer(attempt, "good"))
    assert kept(store, attempt) == {}


def test_and_so_is_one_of_nobodys_call(store: Store, call: Attempt) -> None:
    body = {
        "call_id": str(UUID(int=7)),
        "at": call.placed_at.isoformat(),
        "flow": "survey",
        "question": "visit",
        "answer": "good",
    }
    hooks.keep(store, "main", "one", ANSWERED, body)
    assert heed_batch(store) == 1
    assert heed_batch(store) == 0
    assert hooks.due(store) == 0


def test_it_comes_through_the_database_as_it_was_posted(store: Store, call: Attempt) -> None:
    given = answer(call, "good")
    body = {
        "call_id": str(call.attempt_id),
        "at": given.at.isoformat(),
        "flow": "survey",
        "question": "visit",
        "answer": "good",
    }
    hooks.keep(store, "main", "one", ANSWERED, body)
    assert heed_batch(store) == 1
    assert kept(store, call) == {"visit": "good"}


# --- calls that came in ---------------------------------------------------------------------------


def test_a_callers_answer_before_the_end_is_done_with_and_told_with_it(
    store: Store, came: Callable[..., Arrival], tell: Tell, post: Post
) -> None:
    call = came()
    assert post(said(call, "good"))
    tell(over(call))
    assert told(store) == [("ended", {"visit": "good"})]


def test_one_after_the_end_is_put_into_a_message_that_nobody_has_taken(
    store: Store, came: Callable[..., Arrival], tell: Tell, post: Post
) -> None:
    call = came()
    tell(over(call))
    assert post(said(call, "good"))
    assert told(store) == [("ended", {"visit": "good"})]
    assert broken(store) == {}


def test_and_else_the_result_is_told_again_once_for_each_answer_that_is_new(
    store: Store, came: Callable[..., Arrival], tell: Tell, post: Post
) -> None:
    call = came()
    tell(over(call))
    assert told(store) == [("ended", {})]
    assert post(said(call, "good"))
    assert post(said(call, "good"))
    [again] = outbox.untold(store)
    assert (again.kind, again.payload["number"]) == ("inbound.ended", CALLER)
    assert told(store) == [("answered", {"visit": "good"})]
    assert post(said(call, "yes", question="again"))
    assert told(store) == [("answered", {"visit": "good", "again": "yes"})]
    assert broken(store) == {}


def test_what_is_told_again_is_what_was_told_last(
    store: Store, came: Callable[..., Arrival], tell: Tell, post: Post
) -> None:
    call = came()
    for effect in (over(call, EndReason.PBX_LOST), over(call), filed(call)):
        tell(effect)
        told(store)
    assert post(said(call, "good"))
    [again] = outbox.untold(store)
    assert (again.kind, again.payload["disposition"]) == ("inbound.disposed", "sale")
    assert again.payload["reason"] == "hung_up"
    assert told(store) == [("answered", {"visit": "good"})]
    assert broken(store) == {}


@pytest.mark.parametrize("ends", [True, False])
def test_what_is_being_written_meanwhile_is_waited_for_and_tells_the_answer(
    store: Store,
    campaign: Campaign,
    came: Callable[..., Arrival],
    tell: Tell,
    post: Post,
    ends: bool,
) -> None:
    call = came()
    if not ends:
        tell(over(call))
        told(store)
    poster = threading.Thread(target=post, args=(said(call, "good"),))
    with store.writing() as connection:
        if ends:
            write_inbound(connection, campaign, [], [over(call)], [])
        else:
            write_inbound(connection, campaign, [], [], [filed(call)])
        poster.start()
        poster.join(0.3)
        assert poster.is_alive()
    poster.join()
    assert [answers for _, answers in told(store)] == [{"visit": "good"}]


@pytest.mark.parametrize("caller", [CALLER, ""])
def test_a_receiver_gets_it_after_what_was_told_before(
    store: Store, came: Callable[..., Arrival], tell: Tell, post: Post, caller: str
) -> None:
    call = came(caller)
    tell(over(call))
    told(store)
    assert post(said(call, "good"))
    told(store)
    for its in ("ended", "answered:1"):
        [message] = deliveries.take(store, "crm", 10)
        assert message.idempotency_key == f"{call.call_id}:{its}"
        deliveries.settle(store, "crm", [message], {})
