"""What agents and supervisors order, and what their phones do."""

from datetime import datetime
from uuid import UUID

from campaigns import inbound_life
from campaigns.agents import Agent, Conversation, Leaving
from campaigns.answering import abandon, connect, hang_up, ring_agent
from campaigns.call_life import Happening
from campaigns.cover import owe
from campaigns.effects import AgentState, AttemptDisposed, InboundDisposed
from campaigns.orders import (
    Dispose,
    EndCall,
    LogIn,
    LogOut,
    Move,
    Pause,
    Ready,
    Stay,
    Supervise,
)
from campaigns.run import NOT_REACHED, PHONE, OrderRefused, Run
from campaigns.wrap_up import end_wrap_up, free, leave, moved_to, settle_leaving
from connectors.calls import AgentLegDown, AgentLegUp, Monitor


def log_in(run: Run, order: LogIn, now: datetime) -> None:
    """Nailed-up: the phone rings, and the agent is ready once it is off hook."""
    if run.floor.get(order.agent) is not None:
        raise OrderRefused(f"agent {order.agent} is already logged in; log out first")
    if order.node not in run.campaign.pbx:
        raise OrderRefused(
            f"agent {order.agent}: PBX '{order.node}' is not one of the campaign's "
            f"({', '.join(run.campaign.pbx)})"
        )
    agent = Agent(order.agent, order.phone, order.node, order.skills, now, order.teams)
    agent.covers = run.can_take_any(order.skills, order.teams)
    run.floor.add(agent)
    if run.nailed_up:
        ring_agent(run, agent)  # first: the leg is on record with the state
        run.move(agent, AgentState.OFFLINE, now, "phone rings")
    else:
        run.move(agent, AgentState.READY, now)


def log_out(run: Run, order: LogOut, now: datetime) -> None:
    agent = known(run, order.agent)
    _ask_to_leave(run, agent, Leaving.LOG_OUT, "logged out", now)


def move(run: Run, order: Move, now: datetime) -> None:
    """Covered as every log-out is. Who has gone on a break meanwhile is left alone."""
    agent = known(run, order.agent)
    if agent.state is AgentState.PAUSED or agent.leaving is Leaving.PAUSE:
        raise OrderRefused(f"agent {agent.name} takes a break and is not moved")
    if agent.leaving is not Leaving.LOG_OUT:
        _ask_to_leave(run, agent, Leaving.MOVE, moved_to(order.to), now)


def stay(run: Run, order: Stay, now: datetime) -> None:
    agent = known(run, order.agent)
    if agent.leaving is Leaving.MOVE:
        run.floor.stay(agent)
        run.due = True


def pause(run: Run, order: Pause, now: datetime) -> None:
    agent = known(run, order.agent)
    if agent.state is AgentState.PAUSED:
        run.move(agent, AgentState.PAUSED, now, order.reason)
    else:
        _ask_to_leave(run, agent, Leaving.PAUSE, order.reason, now)


def ready(run: Run, order: Ready, now: datetime) -> None:
    """Ends a pause, a wrap-up, or the wish to leave; being moved is not the agent's own wish."""
    agent = known(run, order.agent)
    if agent.leaving is not Leaving.MOVE:
        run.floor.stay(agent)
    if agent.state is AgentState.WRAP_UP:
        end_wrap_up(run, agent, now)
    elif agent.state is AgentState.PAUSED and (agent.leg_up or not run.nailed_up):
        free(run, agent, now)
    elif agent.state is AgentState.PAUSED:
        if agent.leg_id is None:
            ring_agent(run, agent)
        run.move(agent, AgentState.PAUSED, now, PHONE)


def dispose(run: Run, order: Dispose, now: datetime) -> None:
    """File the present or the last conversation."""
    agent = known(run, order.agent)
    by_name = {d.name: d for d in run.campaign.dispositions}
    chosen = by_name.get(order.disposition)
    if chosen is None:
        raise OrderRefused(
            f"disposition '{order.disposition}' is not one of this campaign's: {', '.join(by_name)}"
        )
    talk = agent.last
    if talk is None:
        raise OrderRefused(f"agent {agent.name} has had no conversation to file")
    goes_on = talk.call_id in run.calls or talk.call_id in run.inbound
    if agent.state is AgentState.TALKING and goes_on:
        agent.disposition, agent.filed = order.disposition, order.then_ready
    _file(run, talk, order, now)
    _correct(run, talk, chosen.machine)
    if agent.state is AgentState.WRAP_UP and order.then_ready:
        end_wrap_up(run, agent, now)


def _file(run: Run, talk: Conversation, order: Dispose, now: datetime) -> None:
    filed = now, order.agent, order.disposition, order.note
    if talk.inbound or talk.lead_id is None:
        run.emit(InboundDisposed(talk.call_id, *filed))
    else:
        run.emit(AttemptDisposed(talk.call_id, talk.lead_id, *filed))


def _correct(run: Run, talk: Conversation, machine: bool) -> None:
    """A machine is no live answer; an agent who has heard it knows better than the PBX."""
    if machine is not talk.machine:
        talk.machine = machine
        run.due = True
        if talk.day:
            run.tally(talk.day).correct(talk.late, machine)


def end_call(run: Run, order: EndCall, now: datetime) -> None:
    agent = known(run, order.agent)
    call = run.calls.get(agent.call_id) if agent.call_id else None
    inbound = run.inbound.get(agent.call_id) if agent.call_id else None
    if call is not None:
        hang_up(run, call, now)
    elif inbound is not None:
        inbound_life.hang_up(run, inbound, now)
    else:
        raise OrderRefused(f"agent {agent.name} is on no call")


def supervise(run: Run, order: Supervise, now: datetime) -> None:
    agent = known(run, order.agent)
    if agent.leg_id is None or not agent.leg_up:
        raise OrderRefused(f"agent {agent.name} is not on the phone")
    run.send(agent.node, Monitor(order.leg_id, order.phone, agent.leg_id, order.how))


def on_leg_up(run: Run, event: AgentLegUp, now: datetime) -> None:
    agent = run.floor.by_leg(event.leg_id)
    if agent is None or agent.leg_up:
        return
    run.floor.leg_is_up(agent)
    run.due = True
    if agent.state is AgentState.OFFLINE or _waits_for_phone(agent):
        free(run, agent, now)
        return
    call = run.calls.get(agent.call_id) if agent.call_id else None
    inbound = run.inbound.get(agent.call_id) if agent.call_id else None
    if call is not None:
        connect(run, call, agent, now)
    elif inbound is not None:
        inbound_life.connect(run, inbound, agent, now)


def on_leg_down(run: Run, event: AgentLegDown, now: datetime) -> None:
    """The agent hung up its phone, or lost it, or did not answer it."""
    agent = run.floor.by_leg(event.leg_id)
    if agent is not None:
        lose_agent(run, agent, event.cause, now)


def lose_agent(run: Run, agent: Agent, cause: str, now: datetime) -> None:
    """The agent is gone from the phone; its customer, if not yet there, waits for another."""
    never_up = not agent.leg_up
    call = run.calls.get(agent.call_id) if agent.call_id else None
    inbound = run.inbound.get(agent.call_id) if agent.call_id else None
    covers = agent.at_hand or (agent.state is AgentState.RESERVED and inbound is None)
    run.floor.drop_leg(agent)
    if agent.state in (AgentState.TALKING, AgentState.WRAP_UP):
        return  # the PBX ends the customer's call; wrap-up sees that the phone is gone
    if agent.state is AgentState.OFFLINE and never_up:
        run.move(agent, AgentState.OFFLINE, now, f"{NOT_REACHED}: {cause}".rstrip(": "))
        run.floor.remove(agent)
        return
    if agent.preview is not None:
        run.hopper.put_back(agent.preview)
    agent.call_id = agent.preview = None
    agent.accepted = False
    agent.booked = None
    run.floor.stay(agent)
    if agent.state is not AgentState.PAUSED:  # who is on a break stays on it
        run.move(agent, AgentState.PAUSED, now, PHONE)
    if call is not None and call.agent == agent.name:
        run.book(call, None)
        call.agent_lost = True
        run.step(call, Happening.ASKS_AGAIN if call.passage else Happening.AGENT_LOST, now)
        owe(run, agent.node, now)
        _wait_again(run, call.call_id, now)
    elif inbound is not None:
        inbound_life.agent_lost(run, inbound, now)
    elif covers:
        owe(run, agent.node, now)


def _wait_again(run: Run, call_id: UUID, now: datetime) -> None:
    call = run.calls[call_id]
    if call.live_at is None:
        return
    if call.passage is not None:  # the flow says for how long
        run.waiting[call_id] = call
        return
    waited = (now - call.live_at).total_seconds()
    if waited >= run.campaign.abandonment.answer_within:
        abandon(run, call, now)
    else:
        call.timed = False
        run.waiting[call_id] = call


def take_preview_away(run: Run, agent: Agent, now: datetime) -> None:
    """A lead that was shown and not dialled goes to somebody else."""
    if agent.preview is not None:
        run.hopper.put_back(agent.preview)
    free(run, agent, now)


def _waits_for_phone(agent: Agent) -> bool:
    return agent.state is AgentState.PAUSED and agent.reason == PHONE


def known(run: Run, name: str) -> Agent:
    agent = run.floor.get(name)
    if agent is None:
        raise OrderRefused(f"agent {name} is not logged in to campaign {run.campaign.name}")
    return agent


def _ask_to_leave(run: Run, agent: Agent, wish: Leaving, reason: str, now: datetime) -> None:
    run.floor.ask_to_leave(agent, wish, reason)
    if agent.state in (AgentState.PAUSED, AgentState.OFFLINE):
        leave(run, agent, now)
    elif agent.preview is not None:
        take_preview_away(run, agent, now)
    else:
        settle_leaving(run, now)
