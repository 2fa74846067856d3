"""Agents: who they are, what they did, and how a successor finds them."""

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from sqlalchemy import select

from campaigns.effects import AgentChanged, AgentState, AttemptDisposed, AttemptEnded
from campaigns.leads import Attempt
from campaigns.links import KnownAgent
from campaigns.spec.campaign import Campaign
from storage import agents
from storage.agent_states import known_agents
from storage.agents import NewAgent
from storage.dbtime import read_db_time
from storage.engine import Store
from storage.errors import NotThere, Refused
from storage.ids import new_id
from storage.leases import Lease
from storage.record import record
from storage.tables.agents import AGENT_STATES


def test_adding_and_changing_an_agent(store: Store, now: datetime) -> None:
    ann = NewAgent("ann", "phone-1", "east", "Änne 安", ("blue", "red"), ("zh", "de"))
    assert agents.add(store, ann, now)
    kept = agents.get(store, "ann")
    assert (kept.phone, kept.node, kept.label) == ("phone-1", "east", "Änne 安")
    assert (kept.teams, kept.skills) == (["blue", "red"], ["de", "zh"])
    assert (kept.state, kept.since, kept.campaign) == ("offline", now, None)
    assert not agents.add(store, NewAgent("ann", "phone-2"), now + timedelta(days=1))
    kept = agents.get(store, "ann")
    assert (kept.phone, kept.node, kept.teams, kept.created_at) == ("phone-2", "main", [], now)


@pytest.mark.parametrize(
    ("agent", "part"),
    [
        (NewAgent("ann b", "p"), "name"),
        (NewAgent("", "p"), "name"),
        (NewAgent("ann", "1&Local/evil"), "phone"),
        (NewAgent("ann", "p", node="a/b"), "node"),
        (NewAgent("ann", "p", teams=("blue", "r\r\ned")), "teams"),
        (NewAgent("ann", "p", skills=("${x}",)), "skills"),
    ],
)
def test_names_are_tokens(store: Store, now: datetime, agent: NewAgent, part: str) -> None:
    with pytest.raises(Refused, match=f"The {part} of an agent"):
        agents.add(store, agent, now)


def test_who_may_take_a_campaigns_calls(
    store: Store, make_campaign: Callable[..., Campaign], now: datetime
) -> None:
    agents.add(store, NewAgent("ann", "1"), now)
    agents.add(store, NewAgent("bob", "2", teams=("blue",), skills=("de", "zh")), now)
    agents.add(store, NewAgent("cat", "3", teams=("blue", "red")), now)
    agents.add(store, NewAgent("dan", "4", teams=("red",)), now)

    def eligible(**who: object) -> list[str]:
        campaign = make_campaign(agents=who)
        return [agent.name for agent in agents.of_campaign(store, campaign)]

    assert eligible(names=["ann", "nobody"]) == ["ann"]
    assert eligible(teams=["blue"]) == ["bob", "cat"]
    assert eligible(names=["ann"], teams=["red"]) == ["ann", "cat", "dan"]
    assert eligible(teams=["blue"], skills=["zh"]) == ["bob"]


def test_changes_of_state_are_kept_one_by_one(
    store: Store, campaign: Campaign, lease: Lease, now: datetime
) -> None:
    agents.add(store, NewAgent("ann", "phone-1"), now)
    leg, call = new_id(), new_id()
    times = [now + timedelta(seconds=n) for n in range(4)]
    changes = [
        AgentChanged("ann", times[0], AgentState.READY, leg_id=leg),
        AgentChanged("ghost", times[0], AgentState.READY),
        AgentChanged("ann", times[1], AgentState.TALKING, attempt_id=call, leg_id=leg),
    ]
    record(store, lease, campaign, changes)
    record(
        store,
        lease,
        campaign,
        [AgentChanged("ann", times[2], AgentState.PAUSED, "Pause\x00", leg_id=leg)],
    )
    columns = AGENT_STATES.c
    with store.reading() as connection:
        rows = connection.execute(
            select(columns.at, columns.before, columns.state, columns.reason, columns.attempt_id)
            .where(columns.agent == "ann", columns.campaign == "autumn")
            .order_by(columns.seq)
        ).all()
    assert [tuple(row) for row in rows] == [
        (times[0], "offline", "ready", "", None),
        (times[1], "ready", "talking", "", call),
        (times[2], "talking", "paused", "Pause\ufffd", None),
    ]
    kept = agents.get(store, "ann")
    assert (kept.state, kept.since, kept.campaign, kept.leg_id) == (
        "paused",
        times[2],
        "autumn",
        leg,
    )


def test_a_successor_finds_the_agents_as_they_were_left(
    store: Store, campaign: Campaign, lease: Lease, now: datetime
) -> None:
    for name, phone in (("ann", "1"), ("bob", "2"), ("cat", "3")):
        agents.add(store, NewAgent(name, phone, skills=("de",)), now)
    leg = new_id()
    record(
        store,
        lease,
        campaign,
        [
            AgentChanged("ann", now, AgentState.PAUSED, "phone"),
            AgentChanged("bob", now, AgentState.OFFLINE, leg_id=leg),  # its phone is being rung
            AgentChanged("cat", now, AgentState.READY, leg_id=leg),
            AgentChanged("cat", now, AgentState.OFFLINE),
        ],
    )
    skills = frozenset({"de"})
    assert known_agents(store, "autumn") == [
        KnownAgent("ann", "1", "main", skills, AgentState.PAUSED, "phone", since=now),
        KnownAgent("bob", "2", "main", skills, AgentState.OFFLINE, "", leg, since=now),
    ]
    assert known_agents(store, "winter") == []


def test_and_what_they_have_filed_last(
    store: Store,
    campaign: Campaign,
    lease: Lease,
    attempt: Attempt,
    talked: Callable[..., AttemptEnded],
    now: datetime,
) -> None:
    agents.add(store, NewAgent("ann", "1"), now)
    result = talked(attempt)
    wraps_up = AgentChanged(
        "ann", result.ended_at, AgentState.WRAP_UP, attempt_id=attempt.attempt_id
    )
    record(store, lease, campaign, [result, wraps_up])
    [ann] = known_agents(store, "autumn")
    assert (ann.placed_at, ann.waited, ann.filed) == (attempt.placed_at, 0.3, "")
    filed = AttemptDisposed(attempt.attempt_id, result.lead_id, result.ended_at, "ann", "later")
    record(store, lease, campaign, [filed])
    [ann] = known_agents(store, "autumn")
    assert (ann.lead_id, ann.filed) == (result.lead_id, "later")


def history_of(store: Store, agent: str) -> list[tuple[datetime, str]]:
    columns = AGENT_STATES.c
    query = select(columns.at, columns.state).where(columns.agent == agent)
    with store.reading() as connection:
        return [tuple(row) for row in connection.execute(query.order_by(columns.at, columns.seq))]


def test_a_batch_that_is_told_twice_is_kept_once(
    store: Store, campaign: Campaign, lease: Lease, now: datetime
) -> None:
    agents.add(store, NewAgent("ann", "1"), now)
    second = now + timedelta(seconds=1)
    batch = [
        AgentChanged("ann", now, AgentState.READY),
        AgentChanged("ann", second, AgentState.RESERVED),
        AgentChanged("ann", second, AgentState.READY),
    ]
    record(store, lease, campaign, batch)
    record(store, lease, campaign, batch)
    first = [(now, "ready"), (second, "reserved"), (second, "ready")]
    assert history_of(store, "ann") == first

    third = now + timedelta(seconds=2)
    talking = AgentChanged("ann", third, AgentState.TALKING)
    record(store, lease, campaign, [*batch, talking])  # an answer got lost, and more has come in
    assert history_of(store, "ann") == [*first, (third, "talking")]
    assert (agents.get(store, "ann").state, agents.get(store, "ann").since) == ("talking", third)


def test_what_follows_in_the_same_instant_is_no_repetition(
    store: Store, campaign: Campaign, lease: Lease, now: datetime
) -> None:
    agents.add(store, NewAgent("ann", "1"), now)
    ready = AgentChanged("ann", now, AgentState.READY)
    record(store, lease, campaign, [ready])
    record(store, lease, campaign, [AgentChanged("ann", now, AgentState.RESERVED), ready])
    assert [state for _, state in history_of(store, "ann")] == ["ready", "reserved", "ready"]


def test_what_is_told_an_hour_late_is_noted_and_moves_nobody_back(
    store: Store, campaign: Campaign, lease: Lease, now: datetime
) -> None:
    agents.add(store, NewAgent("ann", "1"), now)
    early, call = now - timedelta(hours=1), new_id()
    record(store, lease, campaign, [AgentChanged("ann", now, AgentState.READY)])
    record(
        store, lease, campaign, [AgentChanged("ann", early, AgentState.TALKING, attempt_id=call)]
    )
    assert history_of(store, "ann") == [(early, "talking"), (now, "ready")]
    kept = agents.get(store, "ann")
    assert (kept.state, kept.since, kept.attempt_id) == ("ready", now, None)


def test_a_clock_that_ran_ahead_and_is_right_again_freezes_nobody(
    store: Store, campaign: Campaign, lease: Lease
) -> None:
    """A demo that ran thirty times as fast, or a machine whose clock was set back."""
    with store.reading() as connection:
        real = read_db_time(connection)
    agents.add(store, NewAgent("ann", "1"), real)
    ahead = real + timedelta(hours=8)
    record(store, lease, campaign, [AgentChanged("ann", ahead, AgentState.TALKING)])
    record(store, lease, campaign, [AgentChanged("ann", real, AgentState.READY)])
    assert agents.get(store, "ann").state == "ready"


def test_an_agent_at_work_is_not_forgotten(
    store: Store, campaign: Campaign, lease: Lease, now: datetime
) -> None:
    agents.add(store, NewAgent("ann", "1"), now)
    record(store, lease, campaign, [AgentChanged("ann", now, AgentState.READY)])
    with pytest.raises(Refused, match="'ann' is ready; log the agent out"):
        agents.remove(store, "ann")
    record(store, lease, campaign, [AgentChanged("ann", now, AgentState.OFFLINE)])
    agents.remove(store, "ann")
    for forgotten in (agents.remove, agents.get):
        with pytest.raises(NotThere, match="no agent 'ann'"):
            forgotten(store, "ann")
