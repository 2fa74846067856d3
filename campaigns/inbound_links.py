"""Losing sight of inbound calls and finding them again: see `campaigns.links`.

A call that waits on the PBX and that nobody has seen yet is one that has come in. One that was
admitted and is not there any more has ended unseen.
"""

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from campaigns import inbound, inbound_asks, inbound_life
from campaigns.call_life import CallState, Happening
from campaigns.effects import AgentState
from campaigns.inbound_calls import InboundCall
from campaigns.run import Run
from connectors.calls import (
    Arrived,
    ConnectToAgent,
    Ended,
    EndReason,
    HangUp,
    LiveCall,
    Phase,
)

UNSEEN = "not on the PBX when the link came back"


def on_link_back(
    run: Run, node: str, live: Mapping[UUID, LiveCall], at: datetime, now: datetime
) -> None:
    """Compare what we think with what the PBX holds."""
    for arrival in [a for a in run.arriving.values() if a.node == node]:
        if arrival.call_id not in live:
            inbound.ended_early(run, _unseen(arrival.call_id, at))
    for call in [c for c in run.inbound.values() if c.node == node]:
        found = live.get(call.call_id)
        if found is None:
            inbound_life.on_ended(run, call, _unseen(call.call_id, at), now)
        else:
            _reconcile(run, call, found, now)
    for found in live.values():
        if found.phase is Phase.ARRIVED:
            inbound.on_arrived(run, node, Arrived(found.call_id, at, found.line, found.caller), now)


def _reconcile(run: Run, call: InboundCall, found: LiveCall, now: datetime) -> None:
    if call.state is CallState.ENDING:
        run.send(call.node, HangUp(call.call_id))
    elif found.phase is Phase.CONNECTED and found.leg_id is not None:
        _find_connected(run, call, found.leg_id, now)
    elif call.state is CallState.MESSAGE:
        inbound_life.play(run, call, now)
    elif call.state is CallState.CONNECTING:
        _connect_again(run, call, now)
    elif call.connected_at is not None:
        inbound_life.hang_up(run, call, now)  # it has talked, and its agent is gone
    elif found.flow or not inbound_life.in_line(run, call):
        inbound_asks.found(run, call, found, now)
    else:
        inbound_life.wait_over(run, call, now)


def _connect_again(run: Run, call: InboundCall, now: datetime) -> None:
    """A command that the lost link swallowed is given again."""
    agent = run.floor.get(call.agent or "")
    if agent is not None and agent.leg_up and agent.leg_id is not None:
        call.since = now
        run.send(call.node, ConnectToAgent(call.call_id, agent.leg_id))


def _find_connected(run: Run, call: InboundCall, leg_id: UUID, now: datetime) -> None:
    agent = run.floor.by_leg(leg_id)
    if agent is None:
        run.send(call.node, HangUp(call.call_id))  # an agent's bridge that nobody answers for
        return
    since = call.since if call.state is CallState.CONNECTING else now
    if not inbound_life.step(run, call, Happening.FOUND_CONNECTED, now):
        return
    call.agent, agent.call_id = agent.name, call.call_id
    if call.connected_at is None:
        inbound_life.connected(run, call, since)
        return
    agent.last = call.talk
    if agent.state is not AgentState.TALKING:
        run.move(agent, AgentState.TALKING, now)


def _unseen(call_id: UUID, at: datetime) -> Ended:
    return Ended(call_id, at, EndReason.PBX_LOST, UNSEEN)
