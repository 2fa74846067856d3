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

from campaigns import asks, inbound_links, ringing
from campaigns.agents import Agent, Conversation, Leaving
from campaigns.answering import (
    connected,
    on_answered,
    on_classified,
    on_ended,
    on_ringing,
    play,
    ring_agent,
)
from campaigns.call_life import IN_FLOW, CallState, Happening
from campaigns.effects import AgentState
from campaigns.inbound_calls import InboundCall
from campaigns.leads import OpenAttempt
from campaigns.passage import Passage
from campaigns.run import PHONE, Call, Run, seconds
from campaigns.staff import lose_agent, on_leg_up
from campaigns.timers import Timer
from campaigns.wrap_up import after_call, moved_to
from connectors.calls import (
    AgentLegUp,
    Answered,
    Classified,
    ConnectToAgent,
    Ended,
    EndReason,
    HangUp,
    LinkBack,
    LinkHeard,
    LinkLost,
    LinkSilent,
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
    since: datetime | None = None
    attempt_id: UUID | None = None  # the call at hand, or the last one
    lead_id: UUID | None = None
    placed_at: datetime | None = None  # that call
    waited: float | None = None  # seconds for its agent; None: they did not talk
    filed: str = ""  # what its agent has filed it under
    bound: str = ""  # the campaign that it has been asked to move to
    inbound: bool = False  # that call came in; `lead_id` is known where its caller is on the list
    teams: frozenset[str] = frozenset()


KEPT = (AgentState.PAUSED, AgentState.TALKING, AgentState.WRAP_UP)
TOOK_CALL = (AgentState.TALKING, AgentState.WRAP_UP)


def adopt(
    run: Run, attempts: Iterable[OpenAttempt], agents: Iterable[KnownAgent], now: datetime
) -> None:
    """Take over what an earlier worker left; a `LinkBack` for each node tells the rest."""
    for known in agents:
        _adopt_agent(run, known, now)
    for open_attempt in attempts:
        attempt = open_attempt.attempt
        segment = run.segment(attempt.order.candidate)
        call = Call(attempt, run.day_of(attempt.placed_at), now, segment)
        _remember(run, call, open_attempt)
        run.calls[call.call_id] = call
        run.recount(call)
        run.lines.adopt(call.node, attempt.order.trunk)
    for agent in run.floor:
        _settle_agent(run, agent, now)


def _remember(run: Run, call: Call, left: OpenAttempt) -> None:
    """What was noted of an open attempt. An agent was only booked counts as free again."""
    call.answered_at, call.live_at = left.answered_at, left.live_at
    call.connected_at, call.recording = left.connected_at, left.recording
    call.agent = left.agent if left.connected_at is not None else None
    if left.connected_at is not None:
        since = left.live_at or left.answered_at or left.connected_at
        waited = (left.connected_at - since).total_seconds()
        lead = left.attempt.order.candidate.lead_id
        call.talk = _conversation(run, call.call_id, lead, call.day, waited, left.filed)
    if left.state == CallState.MESSAGE:
        call.state = CallState.MESSAGE
        call.given_up = left.live_at is not None
        call.message = not call.given_up
        run.tally(call.day).abandoned += call.given_up
    elif left.state in IN_FLOW:
        _remember_flow(run, call, left)


def _remember_flow(run: Run, call: Call, left: OpenAttempt) -> None:
    """Whom it asked for, nobody has noted: somebody who can take any call. Who had asked, and went
    on in the flow, had asked in vain."""
    call.state, call.passage = CallState.FLOW, Passage()
    if left.state == CallState.ASKING and run.needs is not None:
        call.passage.ask = run.needs.anybody
    elif left.live_at is not None:
        call.given_up = True
        run.tally(call.day).abandoned += 1


def _conversation(
    run: Run, call_id: UUID, lead_id: UUID, day: str, waited: float, filed: str
) -> Conversation:
    """As the tally that was taken over has it."""
    late = waited > run.campaign.abandonment.answer_within
    return Conversation(call_id, lead_id, day, late, run.campaign.is_machine(filed))


def on_link_silent(run: Run, node: str, event: LinkSilent, now: datetime) -> None:
    """No new calls, and none of those there is given up, until it is heard, or lost and back."""
    run.lines.up.discard(node)
    _see_again(run)
    run.counts["link_silent"] += 1


def on_link_heard(run: Run, node: str, event: LinkHeard, now: datetime) -> None:
    """What happened meanwhile has been told."""
    run.lines.up.add(node)
    _see_again(run)
    run.due = True


def on_link_lost(run: Run, node: str, event: LinkLost, now: datetime) -> None:
    run.lines.up.discard(node)
    _see_again(run)
    run.counts["link_lost"] += 1


def on_link_back(run: Run, node: str, event: LinkBack, now: datetime) -> None:
    """Compare what we think with what the PBX holds."""
    run.lines.up.add(node)
    _see_again(run)
    live = {c.call_id: c for c in event.live}
    for agent in [a for a in run.floor if a.node == node and a.leg_id is not None]:
        _reconcile_leg(run, agent, live, now)
    for call in [c for c in run.calls.values() if c.node == node]:
        found = live.get(call.call_id)
        if found is None:
            _lose(run, call, event.at, now)
        else:
            _reconcile_call(run, call, found, now)
    inbound_links.on_link_back(run, node, live, event.at, now)
    for agent in [a for a in run.floor if a.node == node and a.reason == PHONE]:
        if run.nailed_up and agent.leg_id is None:
            ring_agent(run, agent)
    run.due = True


def _see_again(run: Run) -> None:
    """Which calls are in sight has changed."""
    for call in run.asking.values():
        run.recount(call)


def _reconcile_leg(run: Run, agent: Agent, live: dict[UUID, LiveCall], now: datetime) -> None:
    found = live.get(agent.leg_id) if agent.leg_id is not None else None
    if found is not None and found.phase is Phase.RINGING:
        return  # the phone rings still: up or down will be told
    if found is not None:
        on_leg_up(run, AgentLegUp(found.call_id, now), now)
        return
    if agent.leg_id is not None and not agent.leg_up:
        run.send(agent.node, HangUp(agent.leg_id))  # as in `_lose`
    if agent.state is AgentState.OFFLINE:
        run.floor.drop_leg(agent)
        run.floor.stay(agent)
        run.move(agent, AgentState.PAUSED, now, PHONE)
    else:
        lose_agent(run, agent, "gone when the link came back", now)


def _lose(run: Run, call: Call, at: datetime, now: datetime) -> None:
    """It is not on the PBX. One whose answer nobody saw may be on its way there from a worker that
    is gone: should it turn up, there is nobody to serve it."""
    unanswered = call.answered_at is None
    on_ended(run, call, _unseen(call, at), now)
    if unanswered:
        run.send(call.node, HangUp(call.call_id))


def _reconcile_call(run: Run, call: Call, found: LiveCall, now: datetime) -> None:
    """Feed the call the events it has missed; the table drops those it has seen."""
    if call.state is CallState.ENDING:
        run.send(call.node, HangUp(call.call_id))
    elif found.phase is Phase.RINGING:
        _find_unanswered(run, call, now)
    elif found.phase is Phase.ANSWERED:
        asks.found(run, call, found, now)
        _catch_up(run, call, now)
    elif found.phase is Phase.CONNECTED and found.leg_id is not None:
        _find_connected(run, call, found.leg_id, now)


def _find_unanswered(run: Run, call: Call, now: datetime) -> None:
    """It rings, or soon will: since when is only known if it was seen to begin."""
    if call.silenced:
        run.send(call.node, HangUp(call.call_id))
        return
    rang = call.rang
    on_ringing(run, call, Ringing(call.call_id, now), now)
    run.rings_since(call, rang)
    ringing.look(run, call, now)


def _catch_up(run: Run, call: Call, now: datetime) -> None:
    """Answered, and in nobody's bridge. A command that the lost link swallowed is given again."""
    if call.state is CallState.CONNECTING:
        _connect_again(run, call, now)
        return
    if call.state is CallState.MESSAGE:
        play(run, call)
    if call.state in (CallState.MESSAGE, *IN_FLOW):
        return
    live_at = call.live_at
    on_answered(run, call, Answered(call.call_id, call.answered_at or now), now)
    if call.state is CallState.ANALYSING:  # its verdict may have come while we were away
        at, party = live_at or now, Party.HUMAN if live_at else Party.UNKNOWN
        on_classified(run, call, Classified(call.call_id, at, party, "unseen"), now)


def _connect_again(run: Run, call: Call, now: datetime) -> None:
    agent = run.floor.get(call.agent or "")
    if agent is not None and agent.leg_up and agent.leg_id is not None:
        call.since = now
        run.send(call.node, ConnectToAgent(call.call_id, agent.leg_id))


def _find_connected(run: Run, call: Call, leg_id: UUID, now: datetime) -> None:
    agent = run.floor.by_leg(leg_id)
    if agent is None:
        run.send(call.node, HangUp(call.call_id))  # an agent's bridge that nobody answers for
        return
    since = call.since if call.state is CallState.CONNECTING else now
    if not run.step(call, Happening.FOUND_CONNECTED, now):
        return
    run.waiting.pop(call.call_id, None)
    call.answered_at = call.answered_at or now
    run.book(call, agent.name)
    agent.call_id = call.call_id
    if call.connected_at is None:
        connected(run, call, since)  # not seen: as late as it can have been
        return
    agent.last = call.talk  # counted before the worker was lost
    if agent.state is not AgentState.TALKING:
        run.move(agent, AgentState.TALKING, now)


def _adopt_agent(run: Run, known: KnownAgent, now: datetime) -> None:
    agent = Agent(known.name, known.phone, known.node, known.skills, now, known.teams)
    agent.covers = run.can_take_any(known.skills, known.teams)
    run.floor.add(agent)
    if known.leg_id is not None:
        run.floor.set_leg(agent, known.leg_id)
    agent.call_id = known.attempt_id if known.state in TOOK_CALL else None
    agent.last = _last(run, known)
    if known.state in KEPT:
        run.move(agent, known.state, known.since or now, known.reason)
    elif run.nailed_up and agent.leg_id is None:
        run.move(agent, AgentState.PAUSED, now, PHONE)  # was to be rung: is, with the link
    else:
        state = AgentState.OFFLINE if run.nailed_up else AgentState.READY
        run.move(agent, state, now, "taken over")
    if known.bound and agent.state is not AgentState.PAUSED:
        run.floor.ask_to_leave(agent, Leaving.MOVE, moved_to(known.bound))


def _last(run: Run, known: KnownAgent) -> Conversation | None:
    if known.attempt_id is not None and known.inbound:
        return Conversation(known.attempt_id, known.lead_id, inbound=True)
    if known.attempt_id is None or known.lead_id is None:
        return None
    if known.placed_at is None or known.waited is None:
        return Conversation(known.attempt_id, known.lead_id)
    day = run.day_of(known.placed_at)
    return _conversation(run, known.attempt_id, known.lead_id, day, known.waited, known.filed)


def _settle_agent(run: Run, agent: Agent, now: datetime) -> None:
    """Whoever talked when the worker was lost, to a customer who is gone since, wraps up."""
    talks_to = _call_of(run, agent)
    if talks_to is not None and talks_to.talk is not None:
        agent.last = talks_to.talk
    if agent.state is AgentState.TALKING and talks_to is None:
        after_call(run, agent, 0.0, now)
    elif agent.state is AgentState.WRAP_UP:
        agent.talked = 0.0
        agent.wrap_up_until = agent.since + seconds(run.campaign.agents.wrap_up)
        run.timers.set(agent.wrap_up_until, Timer.WRAP_UP, agent.name)


def _call_of(run: Run, agent: Agent) -> Call | InboundCall | None:
    if agent.call_id is None:
        return None
    return run.calls.get(agent.call_id) or run.inbound.get(agent.call_id)


def _unseen(call: Call, at: datetime) -> Ended:
    return Ended(call.call_id, at, EndReason.PBX_LOST, "not on the PBX when the link came back")
