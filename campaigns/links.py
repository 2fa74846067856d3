"""Losing sight of a PBX and finding it again; taking over from another worker.

A lost link means that nothing is known, not that nothing happened. No call is placed on that
node, none is given up; when the link is back, the PBX is asked what it holds, and only then is
each call's fate decided. A call that is no longer there has ended unseen (`PBX_LOST`); it is
never dialled again on the strength of a guess.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from campaigns.agents import Agent
from campaigns.answering import (
    connected,
    on_answered,
    on_classified,
    on_ended,
    on_ringing,
    ring_agent,
)
from campaigns.call_life import CallState, Happening
from campaigns.effects import AgentState
from campaigns.leads import OpenAttempt
from campaigns.run import Call, Run
from campaigns.staff import lose_agent, on_leg_up
from connectors.calls import (
    AgentLegUp,
    Answered,
    Classified,
    Ended,
    EndReason,
    HangUp,
    LinkBack,
    LinkLost,
    LiveCall,
    Party,
    Phase,
    Ringing,
)


@dataclass(frozen=True, slots=True)
class KnownAgent:
    """An agent as an earlier worker left it."""

    name: str
    phone: str
    node: str
    skills: frozenset[str]
    state: AgentState
    reason: str = ""
    leg_id: UUID | None = None


def adopt(
    run: Run, attempts: Iterable[OpenAttempt], agents: Iterable[KnownAgent], now: datetime
) -> None:
    """Take over what an earlier worker left; a `LinkBack` for each node tells the rest."""
    for known in agents:
        _adopt_agent(run, known, now)
    for open_attempt in attempts:
        attempt = open_attempt.attempt
        day = run.day_of(attempt.placed_at)
        call = Call(attempt, day, now, agent=open_attempt.agent)
        call.answered_at = open_attempt.answered_at
        run.calls[call.call_id] = call
        run.recount(call)
        run.lines.adopt(call.node, attempt.order.trunk)


def on_link_lost(run: Run, node: str, event: LinkLost, now: datetime) -> None:
    run.lines.up.discard(node)
    run.counts["link_lost"] += 1


def on_link_back(run: Run, node: str, event: LinkBack, now: datetime) -> None:
    """Compare what we think with what the PBX holds."""
    run.lines.up.add(node)
    live = {c.call_id: c for c in event.live}
    for agent in [a for a in run.floor if a.node == node and a.leg_id is not None]:
        _reconcile_leg(run, agent, live, now)
    for call in [c for c in run.calls.values() if c.node == node]:
        found = live.get(call.call_id)
        if found is None:
            on_ended(run, call, _unseen(call, event.at), now)
        else:
            _reconcile_call(run, call, found, now)
    for agent in [a for a in run.floor if a.node == node and a.reason == "phone"]:
        if run.nailed_up and agent.leg_id is None:
            ring_agent(run, agent)
    run.due = True


def _reconcile_leg(run: Run, agent: Agent, live: dict[UUID, LiveCall], now: datetime) -> None:
    found = live.get(agent.leg_id) if agent.leg_id is not None else None
    if found is not None and found.phase is Phase.RINGING:
        return  # the phone rings still: up or down will be told
    if found is not None:
        on_leg_up(run, AgentLegUp(found.call_id, now), now)
    elif agent.state is AgentState.OFFLINE:
        run.floor.drop_leg(agent)
        run.move(agent, AgentState.PAUSED, now, "phone")
    else:
        lose_agent(run, agent, "gone when the link came back", now)


def _reconcile_call(run: Run, call: Call, found: LiveCall, now: datetime) -> None:
    """Feed the call the events it has missed; the table drops those it has seen."""
    if call.state is CallState.ENDING:
        run.send(call.node, HangUp(call.call_id))
    elif found.phase is Phase.RINGING:
        on_ringing(run, call, Ringing(call.call_id, now), now)
    elif found.phase is Phase.ANSWERED:
        _catch_up(run, call, now)
    elif found.phase is Phase.CONNECTED and found.leg_id is not None:
        _find_connected(run, call, found.leg_id, now)


def _catch_up(run: Run, call: Call, now: datetime) -> None:
    on_answered(run, call, Answered(call.call_id, now), now)
    if call.state is CallState.ANALYSING:  # its verdict may have come while we were away
        on_classified(run, call, Classified(call.call_id, now, Party.UNKNOWN, "unseen"), now)


def _find_connected(run: Run, call: Call, leg_id: UUID, now: datetime) -> None:
    agent = run.floor.by_leg(leg_id)
    if agent is None:
        run.send(call.node, HangUp(call.call_id))  # an agent's bridge that nobody answers for
        return
    if not run.step(call, Happening.FOUND_CONNECTED, now):
        return
    run.waiting.pop(call.call_id, None)
    call.answered_at = call.answered_at or now
    run.book(call, agent.name)
    agent.call_id = call.call_id
    connected(run, call, call.answered_at)


def _adopt_agent(run: Run, known: KnownAgent, now: datetime) -> None:
    agent = Agent(known.name, known.phone, known.node, known.skills, now)
    run.floor.add(agent)
    if known.leg_id is not None:
        run.floor.set_leg(agent, known.leg_id)
    if known.state is AgentState.PAUSED:
        run.move(agent, AgentState.PAUSED, now, known.reason)
    else:
        state = AgentState.OFFLINE if run.nailed_up else AgentState.READY
        run.move(agent, state, now, "taken over")


def _unseen(call: Call, at: datetime) -> Ended:
    return Ended(call.call_id, at, EndReason.PBX_LOST, "not on the PBX when the link came back")
