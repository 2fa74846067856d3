"""Blended inbound: customers who call in get agents of the same campaign.

Theory. A call that comes in is *admitted* first: the database commits a row for it, under the
lease, or says that another campaign has it. Then it waits, on its own PBX node, for an agent who is
free there, in the order of arrival, for as long as the campaign lets it.

It goes before every call that is yet to be placed, and behind those that are in flight. For each
call that waits, one ready agent of its node is *asked to come*, which to the guard is the same as
an agent who has asked to leave (`campaigns.cover`): the agent covers no further call at once, and
goes once no call in flight is left uncovered by it. So pacing sees fewer free agents, and what the
guard has proven of calls in flight stays as it is. Inbound calls are in no tally of the law's.

Where the lines have a flow, a call goes through that first (`campaigns.inbound_entering`), and
waits only if it asks for an agent there: for one of the team and the skills that it asks for, and
for as long as the flow says (`campaigns.inbound_asks`).

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
from campaigns.call_life import IN_FLOW, CallState
from campaigns.cover import leaving_needed
from campaigns.effects import Admit, AgentState
from campaigns.inbound_calls import ANYBODY, InboundCall
from campaigns.inbound_entering import enter
from campaigns.orders import CampaignState
from campaigns.passage import Passage
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
        call = _begin(run, InboundCall(arrival, each.lead_id, now, each.told))
        if (early := run.left_early.pop(arrival.call_id, None)) is not None:
            inbound_life.on_ended(run, call, early, now)
        elif run.state not in SERVED:
            inbound_life.wait_out(run, call, now)
        elif run.inbound_needs is not None:
            enter(run, call, now)


def ended_early(run: Run, event: Ended) -> None:
    """The caller is gone while the database is still being asked: its result follows the answer."""
    if event.call_id in run.arriving:
        run.left_early[event.call_id] = event


def adopt(run: Run, calls: Iterable[OpenInbound], now: datetime) -> None:
    """Take over what an earlier worker has admitted; a `LinkBack` for each node tells the rest."""
    for left in calls:
        admitted = left.admitted
        call = InboundCall(admitted.arrival, admitted.lead_id, now, admitted.told)
        call.connected_at, call.recording = left.connected_at, left.recording
        if left.connected_at is not None:
            call.agent = left.agent
            call.talk = inbound_life.conversation(call)
        if left.state == CallState.MESSAGE:
            call.state, call.waited_out = CallState.MESSAGE, True
        elif left.state in IN_FLOW and left.connected_at is None:
            _remember_flow(run, call, left)
        _begin(run, call)


def stop(run: Run, now: datetime) -> None:
    """The campaign is stopped: who waits has waited in vain, but for those in a flow, which goes
    on as it would."""
    for call in [c for c in run.inbound.values() if c.waits and c.passage is None]:
        inbound_life.wait_out(run, call, now)


def ask(run: Run, now: datetime) -> None:
    """For each call that waits, ask one agent to come who can take it; and no agent else."""
    waiting = queue(run)
    for agent in run.floor.asked(Leaving.INBOUND):
        call = _first(waiting, agent) if agent.state is AgentState.READY else None
        if call is not None:
            waiting.remove(call)
        else:
            run.floor.stay(agent)
            run.due = True
    for call in waiting:
        if (found := _at_leisure(run, call, now)) is not None:
            run.floor.ask_to_leave(found, Leaving.INBOUND, INBOUND)


def serve(run: Run, now: datetime) -> None:
    """Let those agents come whom no call in flight needs."""
    if not run.floor.leaving:
        return
    needed = leaving_needed(run, now)
    for agent in run.floor.leavers():
        if agent.covers and needed[agent.node] > 0:
            needed[agent.node] -= 1
        elif agent.leaving is Leaving.INBOUND:
            _assign(run, agent, now)


def queue(run: Run) -> list[InboundCall]:
    """The calls that wait on the PBX nodes that are up, and no agent is on the way to: in the order
    in which they will be served."""
    waiting = [c for c in run.inbound.values() if c.waits and c.node in run.lines.up]
    return sorted(waiting, key=lambda call: call.queued_at)


def waiting_on(run: Run) -> Counter[str]:
    """How many calls wait on each PBX node."""
    return Counter(call.node for call in queue(run))


def _begin(run: Run, call: InboundCall) -> InboundCall:
    run.inbound[call.call_id] = call
    if call.connected_at is None and inbound_life.in_line(run, call):
        run.timers.set(inbound_life.until(run, call), Timer.INBOUND, call.call_id)
    return call


def _remember_flow(run: Run, call: InboundCall, left: OpenInbound) -> None:
    """Whom it asked for, nobody has noted: somebody who can take any call. Who had asked, and went
    on in the flow, had asked in vain."""
    call.state, call.passage, call.asked_at = CallState.FLOW, Passage(), left.asked_at
    if left.state == CallState.ASKING:
        needs = run.inbound_needs
        call.passage.ask = needs.anybody if needs is not None else ANYBODY
        call.queued_at = left.asked_at or call.queued_at
    else:
        call.waited_out = left.asked_at is not None


def _first(waiting: Iterable[InboundCall], agent: Agent) -> InboundCall | None:
    return next((call for call in waiting if call.may_get(agent)), None)


def _at_leisure(run: Run, call: InboundCall, now: datetime) -> Agent | None:
    """A ready agent who may take the call: first those on the phone, the longest idle first.

    Where there is none, an agent who looks at a lead's preview gives it back: nobody has been
    called yet. Who has looked for the shortest time goes first.
    """
    able = [a for a in run.floor.ready() if a.leaving is Leaving.NO and call.may_get(a)]
    if able:
        return min(able, key=lambda agent: not agent.at_hand)
    looking = next(iter(_looking(run, call)), None)
    if looking is not None and looking.preview is not None:
        run.hopper.put_back(looking.preview)
        free(run, looking, now)
    return looking


def _looking(run: Run, call: InboundCall) -> list[Agent]:
    looking = [a for a in run.floor if a.preview is not None and not a.accepted]
    stay = [agent for agent in looking if agent.leaving is Leaving.NO and call.may_get(agent)]
    return sorted(stay, key=lambda agent: agent.since, reverse=True)


def _assign(run: Run, agent: Agent, now: datetime) -> None:
    call = _first(queue(run), agent)
    run.floor.stay(agent)
    if call is None:
        return
    call.agent, agent.call_id = agent.name, call.call_id
    if agent.leg_id is None:
        ring_agent(run, agent)  # first: the leg is on record with the state
    run.move(agent, AgentState.RESERVED, now, INBOUND)
    if agent.leg_up:
        inbound_life.connect(run, call, agent, now)
