"""Inbound calls out of sight and found again; what an earlier worker has left of them."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from campaigns.arrivals import Admitted, Arrival, OpenInbound
from campaigns.effects import Admit, AgentState, InboundDisposed
from campaigns.links import KnownAgent
from campaigns.orders import Dispose
from connectors.calls import (
    ConnectToAgent,
    HangUp,
    LinkLost,
    LiveCall,
    Phase,
    PlayMessage,
    RingAgent,
)
from tests.campaigns.dialler.conftest import START, Desk

DeskOf = Callable[..., Any]
LINE: dict[str, Any] = {"inbound": {"lines": ["support"], "wait": "60s", "message": "sorry"}}
CALL, OTHER, LEG = (UUID(int=n) for n in (901, 902, 903))
LEAD = UUID(int=904)


def waits(call_id: UUID, line: str = "support") -> LiveCall:
    return LiveCall(call_id, Phase.ARRIVED, None, line, "+4930123456")


def leg_of(desk: Any) -> UUID:
    leg_id: UUID = desk.sent(RingAgent)[0].leg_id
    return leg_id


def test_who_came_while_the_link_was_down_is_admitted_when_it_is_back(desk_of: DeskOf) -> None:
    desk = desk_of(leads=0, **LINE)
    desk.staff("ann")
    desk.event(LinkLost(desk.now))
    leg = LiveCall(leg_of(desk), Phase.AGENT_LEG)
    desk.link_up(leg, waits(CALL), waits(OTHER, "of-another-campaign"))
    (asked,) = [e for e in desk.effects if isinstance(e, Admit)]
    assert [arrival.call_id for arrival in asked.arrivals] == [CALL]
    assert [c.call_id for c in desk.sent(ConnectToAgent)] == [CALL]


def test_who_is_not_there_any_more_is_lost_once(desk_of: DeskOf) -> None:
    desk = desk_of(leads=0, **LINE)
    call_id = desk.call_in()
    desk.event(LinkLost(desk.now))
    desk.link_up()
    desk.leaves(call_id)
    assert [r.outcome.value for r in desk.inbound_results] == ["lost"]


def test_who_is_gone_before_the_database_has_agreed_is_lost_when_it_has(desk_of: DeskOf) -> None:
    desk = desk_of(leads=0, **LINE)
    desk.admit = False
    desk.call_in()
    desk.event(LinkLost(desk.now))
    desk.link_up()
    assert desk.inbound_results == []
    desk.grant_arrivals(*desk.not_admitted)
    assert [r.outcome.value for r in desk.inbound_results] == ["lost"]


def test_out_of_sight_nothing_is_decided(desk_of: DeskOf) -> None:
    desk = desk_of(leads=0, **LINE)
    call_id = desk.call_in()
    desk.event(LinkLost(desk.now))
    desk.wait(100)
    assert desk.sent(PlayMessage) == []
    desk.link_up(waits(call_id))
    assert [c.call_id for c in desk.sent(PlayMessage)] == [call_id]


def test_a_connection_that_the_lost_link_swallowed_is_made_again(desk_of: DeskOf) -> None:
    desk = desk_of(leads=0, **LINE)
    desk.staff("ann")
    call_id = desk.call_in()
    desk.event(LinkLost(desk.now))
    desk.link_up(LiveCall(leg_of(desk), Phase.AGENT_LEG), waits(call_id))
    assert [c.call_id for c in desk.sent(ConnectToAgent)] == [call_id, call_id]


def test_a_connection_that_was_made_unseen_is_found(desk_of: DeskOf) -> None:
    desk = desk_of(leads=0, **LINE)
    desk.staff("ann")
    call_id = desk.call_in()
    desk.event(LinkLost(desk.now))
    leg = leg_of(desk)
    desk.link_up(LiveCall(leg, Phase.AGENT_LEG), LiveCall(call_id, Phase.CONNECTED, leg, "support"))
    assert desk.agent("ann") is AgentState.TALKING
    desk.leaves(call_id)
    assert [r.outcome.value for r in desk.inbound_results] == ["answered"]


def test_a_message_that_the_lost_link_swallowed_is_played_again(desk_of: DeskOf) -> None:
    desk = desk_of(leads=0, **LINE)
    call_id = desk.call_in()
    desk.wait(61)
    desk.event(LinkLost(desk.now))
    desk.link_up(waits(call_id))
    assert [c.call_id for c in desk.sent(PlayMessage)] == [call_id, call_id]


def left(desk: Desk, state: str = "waiting", **parts: Any) -> OpenInbound:
    arrival = Arrival(CALL, "main", "support", "+4930123456", START - timedelta(seconds=20))
    return OpenInbound(Admitted(arrival, LEAD), state, **parts)


def ann(state: AgentState, **parts: Any) -> KnownAgent:
    return KnownAgent(
        "ann", "phone-ann", "main", frozenset(), state, leg_id=LEG, since=START, **parts
    )


@pytest.fixture
def desk() -> Desk:
    """A worker that takes over and has not heard of any PBX yet."""
    return Desk(0, **LINE)


def test_a_successor_serves_whom_it_finds_waiting(desk: Desk) -> None:
    desk.feed(desk.dialler.adopt([], [ann(AgentState.READY)], [], desk.now, [left(desk)]))
    assert desk.sent(ConnectToAgent) == []
    desk.link_up(LiveCall(LEG, Phase.AGENT_LEG), waits(CALL))
    assert desk.sent(ConnectToAgent) == [ConnectToAgent(CALL, LEG)]
    assert not [e for e in desk.effects if isinstance(e, Admit)]


def test_a_successor_lets_nobody_wait_longer_than_the_first_would(desk: Desk) -> None:
    desk.feed(desk.dialler.adopt([], [], [], desk.now, [left(desk)]))
    desk.link_up(waits(CALL))
    desk.wait(41)
    assert [c.call_id for c in desk.sent(PlayMessage)] == [CALL]


def test_a_successor_finds_a_conversation_and_its_agent_may_file_it(desk: Desk) -> None:
    talks = ann(AgentState.TALKING, attempt_id=CALL, lead_id=LEAD, inbound=True)
    open_call = left(desk, "talking", connected_at=START, agent="ann")
    desk.feed(desk.dialler.adopt([], [talks], [], desk.now, [open_call]))
    desk.link_up(LiveCall(LEG, Phase.AGENT_LEG), LiveCall(CALL, Phase.CONNECTED, LEG, "support"))
    assert desk.agent("ann") is AgentState.TALKING
    desk.order(Dispose("ann", "sale"))
    assert [e.call_id for e in desk.effects if isinstance(e, InboundDisposed)] == [CALL]
    desk.leaves(CALL)
    (result,) = desk.inbound_results
    assert (result.outcome, result.connected_at, result.agent) == ("answered", START, "ann")


def test_a_successor_ends_what_the_pbx_no_longer_holds(desk: Desk) -> None:
    talks = ann(AgentState.TALKING, attempt_id=CALL, lead_id=LEAD, inbound=True)
    open_call = left(desk, "talking", connected_at=START, agent="ann")
    desk.feed(desk.dialler.adopt([], [talks], [], desk.now, [open_call], {"given_up": 2}))
    desk.link_up(LiveCall(LEG, Phase.AGENT_LEG))
    assert [r.outcome.value for r in desk.inbound_results] == ["answered"]
    assert desk.agent("ann") is AgentState.WRAP_UP
    shown = desk.dialler.snapshot(desk.now)["inbound"]
    assert (shown["answered"], shown["given_up"], shown["talking"]) == (1, 2, 0)


def test_who_wrapped_up_an_inbound_call_may_file_it_with_the_successor(desk: Desk) -> None:
    wraps_up = ann(AgentState.WRAP_UP, attempt_id=CALL, inbound=True)
    desk.feed(desk.dialler.adopt([], [wraps_up], [], desk.now))
    desk.link_up(LiveCall(LEG, Phase.AGENT_LEG))
    desk.order(Dispose("ann", "sale"))
    assert [e.call_id for e in desk.effects if isinstance(e, InboundDisposed)] == [CALL]


def test_a_caller_in_a_bridge_that_nobody_answers_for_is_let_go(desk: Desk) -> None:
    desk.feed(desk.dialler.adopt([], [], [], desk.now, [left(desk)]))
    desk.link_up(LiveCall(CALL, Phase.CONNECTED, LEG, "support"))
    assert [c.call_id for c in desk.sent(HangUp)] == [CALL]
