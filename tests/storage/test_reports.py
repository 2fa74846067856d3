"""A campaign's figures, counted by hand on a small history."""

from collections.abc import Callable
from datetime import datetime, timedelta
from uuid import UUID

import pytest

from campaigns.effects import AgentChanged, AgentState, AttemptDisposed, AttemptEnded
from campaigns.leads import Attempt, Candidate
from campaigns.outcomes import Outcome
from campaigns.spec.campaign import Campaign
from storage.agent_times import AgentTimes
from storage.engine import Store
from storage.ids import new_id
from storage.leases import Lease
from storage.record import record
from storage.reports import Waits, report

Place = Callable[..., list[Attempt]]
Fill = Callable[..., list[Candidate]]
Ended = Callable[..., AttemptEnded]


def test_a_campaign_without_a_call(store: Store, campaign: Campaign, now: datetime) -> None:
    empty = report(store, campaign, now)
    assert (empty.attempts, empty.abandonment, empty.agent_idle) == (0, 0.0, 0.0)
    assert (empty.outcomes, empty.dispositions, empty.agents) == ({}, {}, {})
    assert empty.answer_to_agent == Waits(0.0, 0.0, 0.0)


def test_counts_shares_and_waits(
    store: Store,
    lease: Lease,
    campaign: Campaign,
    fill: Fill,
    place: Place,
    ended: Ended,
    talked: Ended,
    now: datetime,
) -> None:
    placed = place(lease, campaign, fill(campaign, 9))
    answered = now + timedelta(seconds=4)
    waits = (0.1, 0.2, 0.3, 2.5)
    talks = [
        talked(a, "sale" if n else "later", connected_at=answered + timedelta(seconds=wait))
        for n, (a, wait) in enumerate(zip(placed, waits, strict=False))
    ]
    others = [
        ended(placed[4], Outcome.ABANDONED, answered_at=answered),
        ended(placed[5], Outcome.BUSY),
        ended(placed[6], Outcome.BUSY),
        ended(placed[7], Outcome.MACHINE, answered_at=answered),
    ]
    record(store, lease, campaign, [*talks, *others])
    told = report(store, campaign, now + timedelta(hours=1))
    assert (told.attempts, told.answered, told.connected) == (9, 6, 4)
    assert (told.abandoned, told.late, told.unresolved) == (1, 1, 1)
    assert told.abandonment == 2 / 5
    assert told.outcomes == {"abandoned": 1, "busy": 2, "connected": 4, "machine": 1}
    assert told.dispositions == {"abandoned": 1, "busy": 2, "later": 1, "machine": 1, "sale": 3}
    assert told.answer_to_agent == Waits(p50=0.2, p99=2.5, longest=2.5)
    assert told.talk_seconds == pytest.approx(4 * 6 - sum(waits))
    assert told.mean_talk_seconds == pytest.approx(told.talk_seconds / 4)
    assert told.double_dials == 0


def test_machines_that_agents_have_found_are_no_live_answers(
    store: Store,
    make_campaign: Callable[..., Campaign],
    run: Callable[..., Lease],
    fill: Fill,
    place: Place,
    ended: Ended,
    talked: Ended,
    now: datetime,
) -> None:
    campaign = make_campaign(
        dispositions=[{"name": "sale"}, {"name": "voicemail", "machine": True, "final": False}]
    )
    lease = run(campaign)
    placed = place(lease, campaign, fill(campaign, 5))
    answered = now + timedelta(seconds=4)
    talks = [talked(attempt) for attempt in placed[:3]]
    talks.append(talked(placed[3], connected_at=answered + timedelta(seconds=3)))
    record(store, lease, campaign, [*talks, ended(placed[4], Outcome.ABANDONED)])
    end = now + timedelta(hours=1)
    assert report(store, campaign, end).abandonment == 2 / 5
    filed = [
        AttemptDisposed(talk.attempt_id, talk.lead_id, end, "ann", "voicemail")
        for talk in talks[2:]
    ]
    record(store, lease, campaign, filed)
    told = report(store, campaign, end)
    assert told.outcomes == {"abandoned": 1, "connected": 4}
    assert told.dispositions == {"abandoned": 1, "sale": 2, "voicemail": 2}
    assert (told.connected, told.machines, told.late) == (4, 2, 0)
    assert told.abandonment == 1 / 3


def test_only_what_was_placed_within_the_period(
    store: Store,
    lease: Lease,
    campaign: Campaign,
    fill: Fill,
    place: Place,
    ended: Ended,
    now: datetime,
) -> None:
    early, late = fill(campaign, 2)
    hour = timedelta(hours=1)
    placed = place(lease, campaign, [early]) + place(lease, campaign, [late], now + hour)
    record(store, lease, campaign, [ended(attempt) for attempt in placed])
    assert report(store, campaign, now + 2 * hour).attempts == 2
    assert report(store, campaign, now + 2 * hour, since=now + hour).attempts == 1
    assert report(store, campaign, now + hour / 2).attempts == 1
    assert report(store, campaign, now + 2 * hour, since=now + 2 * hour).attempts == 0


def test_the_agents_time(store: Store, lease: Lease, campaign: Campaign, now: datetime) -> None:
    call = new_id()

    def at(second: int, agent: str, state: AgentState, attempt: UUID | None = None) -> AgentChanged:
        return AgentChanged(agent, now + timedelta(seconds=second), state, attempt_id=attempt)

    record(
        store,
        lease,
        campaign,
        [
            at(0, "ann", AgentState.READY),
            at(0, "bob", AgentState.READY),
            at(10, "ann", AgentState.RESERVED, call),
            at(12, "ann", AgentState.TALKING, call),
            at(60, "bob", AgentState.PAUSED),
            at(72, "ann", AgentState.WRAP_UP, call),
            at(80, "ann", AgentState.READY),
            at(90, "ann", AgentState.OFFLINE),
        ],
    )
    told = report(store, campaign, now + timedelta(seconds=100))
    assert told.agents == {
        "ann": AgentTimes(ready=20, reserved=2, talking=60, wrap_up=8, paused=0, calls=1),
        "bob": AgentTimes(ready=60, paused=40),
    }
    assert told.agent_idle == (22 + 60) / (22 + 60 + 60)
    later = report(store, campaign, now + timedelta(seconds=75), since=now + timedelta(seconds=15))
    assert later.agents == {
        "ann": AgentTimes(talking=57, wrap_up=3),
        "bob": AgentTimes(ready=45, paused=15),
    }
