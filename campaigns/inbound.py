"""Blended inbound: customers who call in get agents of the same campaign.

Theory. A call that comes in is *admitted* first: the database commits a row for it, under the
lease, or says that another campaign has it. Then it waits, on its own PBX node, for an agent who is
free there, in the order of arrival, for as long as the campaign lets it.

It goes before every call that is yet to be placed, and behind those that are in flight. For each
call that waits, one ready agent of its node is *asked to come*, which to the guard is the same as
an agent who has asked to leave (`campaigns.cover`): the agent covers no further call at once, and
goes once no call in flight is left uncovered by it. So pacing sees fewer free agents, and what the
guard has proven of calls in flight stays as it is. Inbound calls are in no tally of the law's.

Whom people call when a campaign is paused is their business, so it still serves its lines; one that
is stopped does not. What becomes of an admitted call is in `campaigns.inbound_life`.
"""

from collections import Counter
from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from campaigns import inbound_life
from campaigns.agents import Agent, Leaving
from campaigns.answering import ring_agent
from campaigns.arrivals import Admitted, Arrival, OpenInbound
from campaigns.call_life import CallState
from campaigns.cover import leaving_needed
from campaigns.effects import Admit, AgentState
from campaigns.inbound_calls import InboundCall
from campaigns.orders import CampaignState
from campaigns.run import Run
from campaigns.timers import Timer
from campaigns.wrap_up import free
from connectors.calls import Arrived, Ended

SERVED = (CampaignState.RUNNING, CampaignState.PAUSED)
INBOUND = "inbound"
"""The reason under which agents are asked to come, and are on the way to an inbound call."""


def on_arrived(run: Run, node: str, event: Arrived, now: datetime) -> None:
    """A call on one of the campaign's lines is to be admitted; what was seen before is no news."""
    ours = run.campaign.inbound is not None and event.line in run.campaign.inbound.lines
    known = event.call_id in run.inbound or event.call_id in run.arriving
    if known or not ours or run.state not in SERVED:
        return
    arrival = Arrival(event.call_id, node, event.line, event.caller, event.at)
    run.arriving[event.call_id] = arrival
    run.emit(Admit((arrival,)))


def admitted(run: Run, calls: Iterable[Admitted], others: Iterable[UUID], now: datetime) -> None:
    """The database has answered an `Admit`. `others`: calls that another campaign has, or that
    have ended before."""
    for call_id in others:
        run.arriving.pop(call_id, None)
        run.left_early.pop(call_id, None)
    for each in calls:
        arrival = each.arrival
        run.arriving.pop(arrival.call_id, None)
        call = _begin(run, InboundCall(arrival, each.lead_id, now))
        if (early := run.left_early.pop(arrival.call_id, None)) is not None:
            inbound_life.on_ended(run, call, early, now)
        elif run.state not in SERVED:
            inbound_life.wait_out(run, call, now)


def ended_early(run: Run, event: Ended) -> None:
    """The caller is gone while the database is still being asked: its result follows the answer."""
    if event.call_id in run.arriving:
        run.left_early[event.call_id] = event


def adopt(run: Run, calls: Iterable[OpenInbound], now: datetime) -> None:
    """Take over what an earlier worker has admitted; a `LinkBack` for each node tells the rest."""
    for left in calls:
        call = InboundCall(left.admitted.arrival, left.admitted.lead_id, now)
        call.connected_at, call.recording = left.connected_at, left.recording
        if left.connected_at is not None:
            call.agent = left.agent
            call.talk = inbound_life.conversation(call)
        if left.state == CallState.MESSAGE:
            call.state, call.waited_out = CallState.MESSAGE, True
        _begin(run, call)


def ask(run: Run, now: datetime) -> None:
    """For each call that waits, ask one agent to come; and no agent else."""
    waiting = waiting_on(run)
    for agent in run.floor.asked(Leaving.INBOUND):
        if agent.state is AgentState.READY and waiting[agent.node] > 0:
            waiting[agent.node] -= 1
        else:
            run.floor.stay(agent)
            run.due = True
    for node, count in waiting.items():
        for agent in _at_leisure(run, node, count, now):
            run.floor.ask_to_leave(agent, Leaving.INBOUND, INBOUND)


def serve(run: Run, now: datetime) -> None:
    """Let those agents come whom no call in flight needs."""
    if not run.floor.leaving:
        return
    needed = leaving_needed(run, now)
    for agent in run.floor.leavers():
        if needed[agent.node] > 0:
            needed[agent.node] -= 1
        elif agent.leaving is Leaving.INBOUND:
            _assign(run, agent, now)


def waiting_on(run: Run) -> Counter[str]:
    """How many calls wait on each PBX node that is up, and no agent is on the way to."""
    calls = (call for call in run.inbound.values() if call.waits and call.connected_at is None)
    return Counter(call.node for call in calls if call.node in run.lines.up)


def _begin(run: Run, call: InboundCall) -> InboundCall:
    run.inbound[call.call_id] = call
    until = inbound_life.until(run, call)
    if call.connected_at is None:
        run.timers.set(until, Timer.INBOUND, call.call_id)
    return call


def _at_leisure(run: Run, node: str, count: int, now: datetime) -> list[Agent]:
    """Up to `count` ready agents of a node: first those on the phone, the longest idle first.

    Where these are too few, agents who look at a lead's preview give it back: nobody has been
    called yet. Who has looked for the shortest time goes first.
    """
    if count <= 0:
        return []
    ready = [a for a in run.floor.ready() if a.node == node and a.leaving is Leaving.NO]
    for agent in _looking(run, node)[: max(0, count - len(ready))]:
        if agent.preview is not None:
            run.hopper.put_back(agent.preview)
        free(run, agent, now)
        ready.append(agent)
    return sorted(ready, key=lambda agent: not agent.at_hand)[:count]


def _looking(run: Run, node: str) -> list[Agent]:
    looking = [a for a in run.floor if a.node == node and a.preview is not None and not a.accepted]
    stay = [agent for agent in looking if agent.leaving is Leaving.NO]
    return sorted(stay, key=lambda agent: agent.since, reverse=True)


def _assign(run: Run, agent: Agent, now: datetime) -> None:
    calls = (c for c in run.inbound.values() if c.waits and c.node == agent.node)
    call = next(calls, None)
    run.floor.stay(agent)
    if call is None:
        return
    call.agent, agent.call_id = agent.name, call.call_id
    if agent.leg_id is None:
        ring_agent(run, agent)  # first: the leg is on record with the state
    run.move(agent, AgentState.RESERVED, now, INBOUND)
    if agent.leg_up:
        inbound_life.connect(run, call, agent, now)
