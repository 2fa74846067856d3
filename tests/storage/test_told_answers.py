"""Answers that a PBX has posted: one truth with those heard over its link, whatever the order."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from campaigns.effects import AttemptEnded, Effect
from campaigns.flow_effects import QuestionAnswered
from campaigns.leads import Attempt, Candidate
from campaigns.outcomes import Outcome
from campaigns.spec.campaign import Campaign
from storage import hooks, outbox
from storage.engine import Store
from storage.flow_results import answers_of
from storage.leases import Lease
from storage.record import record
from storage.spreading import spread
from storage.told_answers import put_answer
from workers.heeding import ANSWERED, heed_batch

Tell = Callable[..., None]
Post = Callable[..., bool]


@pytest.fixture
def ivr(make_campaign: Callable[..., Campaign]) -> Campaign:
    return make_campaign(mode="ivr", flow="survey")


@pytest.fixture
def ivr_lease(run: Callable[..., Lease], ivr: Campaign) -> Lease:
    return run(ivr)


@pytest.fixture
def call(
    ivr: Campaign,
    ivr_lease: Lease,
    fill: Callable[..., list[Candidate]],
    place: Callable[..., list[Attempt]],
) -> Attempt:
    [placed] = place(ivr_lease, ivr, fill(ivr))
    return placed


@pytest.fixture
def heard(store: Store, ivr_lease: Lease, ivr: Campaign) -> Tell:
    def store_these(*effects: Effect) -> None:
        record(store, ivr_lease, ivr, effects)

    return store_these


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
    store: Store, call: Attempt, heard: Tell, post: Post, ended: Callable[..., AttemptEnded]
) -> None:
    assert not post(answer(call, "good"))
    heard(ended(call, Outcome.HEARD))
    assert post(answer(call, "good"))
    assert told(store) == [("ended", {"visit": "good"})]


def test_one_that_comes_after_it_is_put_into_a_message_that_nobody_has_taken(
    store: Store, call: Attempt, heard: Tell, post: Post, ended: Callable[..., AttemptEnded]
) -> None:
    heard(ended(call, Outcome.HEARD))
    assert post(answer(call, "good"))
    assert told(store) == [("ended", {"visit": "good"})]


def test_and_else_another_follows(
    store: Store, call: Attempt, heard: Tell, post: Post, ended: Callable[..., AttemptEnded]
) -> None:
    heard(ended(call, Outcome.HEARD))
    assert told(store) == [("ended", {})]
    assert post(answer(call, "good"))
    assert post(answer(call, "good"))
    assert told(store) == [("answered", {"visit": "good"})]
    assert post(answer(call, "yes", question="again"))
    assert told(store) == [("answered", {"visit": "good", "again": "yes"})]


@pytest.mark.parametrize("posted_first", [True, False])
def test_the_last_answer_stands_whatever_comes_first(
    store: Store, call: Attempt, heard: Tell, post: Post, posted_first: bool
) -> None:
    steps: list[tuple[Callable[..., object], QuestionAnswered]] = [
        (post, answer(call, "good", 5)),
        (heard, answer(call, "bad", 9)),
    ]
    for tell, said in steps if posted_first else reversed(steps):
        tell(said)
    assert kept(store, call) == {"visit": "bad"}


def test_a_pbx_whose_clock_is_ahead_has_not_the_last_word_for_ever(
    store: Store, call: Attempt, heard: Tell, post: Post, ended: Callable[..., AttemptEnded]
) -> None:
    end = ended(call, Outcome.HEARD)
    heard(end)
    assert post(answer(call, "good", 1e6))
    seconds = (end.ended_at - call.placed_at).total_seconds()
    heard(answer(call, "bad", seconds))
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
