"""What a successor finds, and what a worker that was taken over may not do any more."""

from collections.abc import Callable
from datetime import datetime, timedelta
from uuid import UUID

import pytest
from sqlalchemy import update

from campaigns.effects import (
    AttemptDisposed,
    AttemptEnded,
    AttemptNoted,
    Effect,
    PacingDecided,
    PacingLearned,
    Refill,
    StateChanged,
)
from campaigns.guard import Tally
from campaigns.leads import Attempt, Candidate, DialOrder, OpenAttempt
from campaigns.outcomes import Outcome
from campaigns.spec.campaign import Campaign
from connectors.calls import EndReason
from storage import attempts, campaigns, memories, pacing
from storage.claims import claim
from storage.dbtime import db_time
from storage.engine import Store
from storage.errors import LeaseLost, NotThere
from storage.history import history
from storage.ids import new_id
from storage.leases import Lease, acquire
from storage.record import Recorded, record
from storage.tables.campaigns import LEASES
from storage.tables.people import Lead, LeadState
from storage.tallies import tallies
from workers.desk import Desk

Ended = Callable[..., AttemptEnded]


def test_notes_say_how_far_an_attempt_has_got(
    store: Store,
    campaign: Campaign,
    attempt: Attempt,
    talked: Ended,
    tell: Callable[..., Recorded],
) -> None:
    at = attempt.placed_at
    answered, talking = at + timedelta(seconds=4), at + timedelta(seconds=5)
    assert attempts.open_attempts(store, campaign.name) == [OpenAttempt(attempt)]
    tell(AttemptNoted(attempt.attempt_id, answered, "waiting"))
    tell(AttemptNoted(attempt.attempt_id, talking, "talking", "ann", "2026/11/20/x"))
    tell(AttemptNoted(attempt.attempt_id, talking + timedelta(seconds=1), "talking"))
    [found] = attempts.open_attempts(store, campaign.name)
    assert (found.answered_at, found.connected_at, found.agent) == (answered, talking, "ann")
    assert found.attempt.attempt_id == attempt.attempt_id
    tell(talked(attempt), AttemptNoted(attempt.attempt_id, talking, "waiting", "bob"))
    assert attempts.open_attempts(store, campaign.name) == []
    kept = attempts.show(store, attempt.attempt_id)
    assert (kept.recording, kept.agent, kept.state) == ("2026/11/20/x", "ann", "ended")
    tell(AttemptNoted(attempt.attempt_id, talking, "waiting", "bob"))
    assert attempts.show(store, attempt.attempt_id) == kept


def test_a_note_that_is_told_twice_or_late_changes_nothing(
    store: Store,
    campaign: Campaign,
    attempt: Attempt,
    ended: Ended,
    tell: Callable[..., Recorded],
) -> None:
    def told() -> list[str]:
        return [event.what for event in history(store, attempt.attempt_id)]

    placed = attempt.placed_at
    talking = AttemptNoted(attempt.attempt_id, placed + timedelta(seconds=40), "talking", "ann")
    ringing = AttemptNoted(attempt.attempt_id, placed + timedelta(seconds=2), "ringing")
    tell(talking)
    tell(talking)
    assert told() == ["placed", "talking"]
    tell(ringing)
    [found] = attempts.open_attempts(store, campaign.name)
    assert (found.state, found.agent) == ("talking", "ann")
    kept = attempts.show(store, attempt.attempt_id)
    assert kept.ringing_at == ringing.at

    tell(ended(attempt, Outcome.CONNECTED))
    before = told()
    tell(AttemptNoted(attempt.attempt_id, placed + timedelta(seconds=50), "message"))
    assert told() == before


def test_what_a_successor_claims_is_not_taken_for_an_attempt_that_was_never_sent(
    store: Store,
    lease: Lease,
    campaign: Campaign,
    attempt: Attempt,
    fill: Callable[..., list[Candidate]],
    order_for: Callable[[Candidate], DialOrder],
    now: datetime,
) -> None:
    """A worker whose claim went unanswered stood still, and looks only now for what it left."""
    with store.writing() as connection:
        connection.execute(update(LEASES).values(expires_at=db_time()))
    successor = acquire(store, campaign.name, "successor")
    assert successor
    candidate = next(c for c in fill(campaign, 2) if c.lead_id != attempt.order.candidate.lead_id)
    [ringing] = claim(store, successor, campaign, 1, [order_for(candidate)], now).attempts

    def left(of: Lease) -> list[UUID]:
        return [o.attempt.attempt_id for o in Desk(store, of, campaign, 1).open_attempts()]

    assert left(lease) == [attempt.attempt_id]
    assert left(successor) == [ringing.attempt_id]
    assert len(attempts.open_attempts(store, campaign.name)) == 2  # those who take over need all


def test_whoever_was_taken_over_stores_nothing(
    store: Store,
    lease: Lease,
    campaign: Campaign,
    attempt: Attempt,
    ended: Ended,
    lead_of: Callable[[Attempt], Lead],
) -> None:
    with store.writing() as connection:
        connection.execute(update(LEASES).values(expires_at=db_time()))
    # lapsed, but nobody wanted it: results may still be told
    record(store, lease, campaign, [AttemptNoted(attempt.attempt_id, attempt.placed_at, "ringing")])
    successor = acquire(store, campaign.name, "successor")
    assert successor
    with pytest.raises(LeaseLost):
        record(store, lease, campaign, [ended(attempt)])
    assert lead_of(attempt).state == LeadState.DIALLING
    lost = ended(attempt, Outcome.LOST, reason=EndReason.PBX_LOST)
    assert record(store, successor, campaign, [lost]) == Recorded(ended=1)
    assert [event.token for event in history(store, attempt.attempt_id)] == [1, 1, 2]


def test_everything_else_that_a_campaign_tells(
    store: Store, campaign: Campaign, attempt: Attempt, tell: Callable[..., Recorded], now: datetime
) -> None:
    effects: list[Effect] = [
        Refill(5, frozenset()),
        PacingDecided(now, 3, "3 free agents", {"free": 3.0, "limit": float("inf")}),
        PacingDecided(now, 0, "no line left\x00"),
        StateChanged(now, "paused", "by ann"),
    ]
    assert tell(*effects) == Recorded()
    newest, oldest = pacing.at_or_before(store, campaign.name, None, 100)
    assert (oldest.calls, oldest.why) == (3, "3 free agents")
    assert oldest.view == {"free": 3.0, "limit": None}
    assert newest.why == "no line left\ufffd"
    stored = campaigns.get(store, campaign.name)
    assert (stored.wanted, stored.actual, stored.why) == ("running", "paused", "by ann")


def test_the_last_word_on_what_pacing_has_learned_is_kept(
    store: Store, campaign: Campaign, tell: Callable[..., Recorded], now: datetime
) -> None:
    assert memories.memory_of(store, campaign.name) is None
    later, latest = now + timedelta(minutes=1), now + timedelta(minutes=2)
    tell(PacingLearned(now, {"theta": 0.1}), PacingLearned(later, {"theta": 0.2}))
    assert memories.memory_of(store, campaign.name) == PacingLearned(later, {"theta": 0.2})
    last = PacingLearned(latest, {"theta": 0.25, "segments": {"": {"live": [0.0, 1.5]}}})
    tell(last)
    assert memories.memory_of(store, campaign.name) == last
    assert memories.memory_of(store, "another") is None


def test_who_was_taken_over_says_no_more_of_what_pacing_has_learned(
    store: Store, campaign: Campaign, lease: Lease, now: datetime
) -> None:
    record(store, lease, campaign, [PacingLearned(now, {"theta": 0.1})])
    with store.writing() as connection:
        connection.execute(update(LEASES).values(expires_at=db_time(-5)))
    assert acquire(store, campaign.name, "successor")
    with pytest.raises(LeaseLost):
        record(store, lease, campaign, [PacingLearned(now, {"theta": 0.9})])
    assert memories.memory_of(store, campaign.name) == PacingLearned(now, {"theta": 0.1})


def test_a_finished_campaign_is_wanted_no_more_unless_somebody_says_so(
    store: Store, campaign: Campaign, lease: Lease, now: datetime
) -> None:
    record(store, lease, campaign, [StateChanged(now, "finished", "every lead is done")])
    stored = campaigns.get(store, campaign.name)
    assert (stored.wanted, stored.actual) == ("finished", "finished")


def test_attempts_are_found_again(
    store: Store, attempt: Attempt, ended: Ended, tell: Callable[..., Recorded]
) -> None:
    tell(ended(attempt, Outcome.BUSY))
    [found] = attempts.page(store)
    assert found.id == attempt.attempt_id
    assert attempts.page(store, "autumn", number="+493010000001", outcome=Outcome.BUSY)
    assert not attempts.page(store, "winter")
    assert not attempts.page(store, outcome=Outcome.CONNECTED)
    with pytest.raises(NotThere):
        attempts.show(store, new_id())


def test_the_guards_tally_is_found_again_after_a_takeover(
    store: Store,
    lease: Lease,
    campaign: Campaign,
    fill: Callable[..., list[Candidate]],
    place: Callable[..., list[Attempt]],
    ended: Ended,
    talked: Ended,
    now: datetime,
) -> None:
    soon, late, lost, unanswered = place(lease, campaign, fill(campaign, 4))
    answered = now + timedelta(seconds=4)
    record(
        store,
        lease,
        campaign,
        [
            talked(soon),
            talked(late, connected_at=answered + timedelta(seconds=2.1)),
            ended(lost, Outcome.ABANDONED, answered_at=answered),
            ended(unanswered),
        ],
    )
    [tally] = tallies(store, campaign, ["2026-11-19", "2026-11-20"])
    assert (tally.day, tally.connected, tally.late, tally.abandoned) == ("2026-11-20", 1, 1, 1)
    assert tallies(store, campaign, ["2026-11-21"]) == []


BOTH = ("2026-11-20", "2026-11-21")
VOICEMAIL = [
    {"name": "sale", "success": True},
    {"name": "voicemail", "machine": True, "final": False},
]


def test_a_machine_that_an_agent_has_found_is_in_no_tally(
    store: Store,
    make_campaign: Callable[..., Campaign],
    run: Callable[..., Lease],
    fill: Callable[..., list[Candidate]],
    place: Callable[..., list[Attempt]],
    talked: Ended,
    now: datetime,
) -> None:
    campaign = make_campaign(dispositions=VOICEMAIL)
    lease = run(campaign)
    today = now + timedelta(days=1)
    early, soon, late, going_on, by_default = fill(campaign, 5)
    [yesterday] = place(lease, campaign, [early])
    calls = place(lease, campaign, [soon, late, going_on, by_default], today)
    slow = today + timedelta(seconds=8)
    found = [calls[0], calls[1], calls[2], yesterday]
    record(
        store,
        lease,
        campaign,
        [
            talked(calls[0]),
            talked(calls[1], connected_at=slow),
            AttemptNoted(calls[2].attempt_id, slow, "talking", "ann"),
            talked(calls[3], "voicemail"),  # by whatever version: no agent has said so
            talked(yesterday),
        ],
    )
    before = {tally.day: tally for tally in tallies(store, campaign, BOTH)}
    assert before["2026-11-21"] == Tally("2026-11-21", connected=3, late=1)
    assert before["2026-11-20"] == Tally("2026-11-20", connected=1)
    record(store, lease, campaign, [filing(attempt, "voicemail", slow) for attempt in found])
    after = {tally.day: tally for tally in tallies(store, campaign, BOTH)}
    assert after["2026-11-21"] == Tally("2026-11-21", connected=1, machines=3)
    assert after["2026-11-20"] == Tally("2026-11-20", machines=1)
    [left] = attempts.open_attempts(store, campaign.name)
    assert left.filed == "voicemail"
    later = slow + timedelta(minutes=1)
    record(store, lease, campaign, [filing(attempt, "sale", later) for attempt in found])
    again = {tally.day: tally for tally in tallies(store, campaign, BOTH)}
    assert again == before


def filing(attempt: Attempt, disposition: str, at: datetime) -> AttemptDisposed:
    lead = attempt.order.candidate.lead_id
    return AttemptDisposed(attempt.attempt_id, lead, at, "ann", disposition)
