"""What an agent does after a call: wrap-up, then ready, paused or gone."""

from datetime import datetime

from campaigns.agents import Agent, Leaving
from campaigns.cover import leaving_needed
from campaigns.effects import AgentState
from campaigns.run import PHONE, Run, seconds
from campaigns.spec.campaign import Mode
from campaigns.timers import Timer
from connectors.calls import HangUp


def after_call(run: Run, agent: Agent, talked: float | None, now: datetime) -> None:
    """The agent's call is gone. `talked`: seconds of conversation, None when there was none."""
    if talked is None:
        free(run, agent, now)
        return
    let_go_of_leg(run, agent)
    agent.talked = talked
    wrap_up = run.campaign.agents.wrap_up
    if agent.filed or wrap_up <= 0:
        end_wrap_up(run, agent, now)
        return
    agent.wrap_up_until = now + seconds(wrap_up)
    run.timers.set(agent.wrap_up_until, Timer.WRAP_UP, agent.name)
    run.move(agent, AgentState.WRAP_UP, now)


def end_wrap_up(run: Run, agent: Agent, now: datetime) -> None:
    """The call is filed, or the time for it is over."""
    if agent.talked is not None and agent.talked > 0:  # 0: the talk was not seen, after a takeover
        wrapped = (now - agent.since).total_seconds() if agent.state is AgentState.WRAP_UP else 0.0
        run.pacer.learn_talk(agent.talked, wrapped)
    agent.talked = agent.wrap_up_until = None
    agent.disposition = ""
    agent.filed = False
    free(run, agent, now)


def free(run: Run, agent: Agent, now: datetime) -> None:
    """The agent has no call (any more): ready, or whatever it has asked for meanwhile."""
    if run.campaign.mode is Mode.PREVIEW:
        let_go_of_leg(run, agent)
    agent.call_id = agent.preview = None
    agent.accepted = False
    agent.booked = None
    if agent.leaving is Leaving.INBOUND:
        run.floor.stay(agent)  # asked again, if a call still waits
    if run.nailed_up and not agent.leg_up:
        run.floor.stay(agent)
        run.move(agent, AgentState.PAUSED, now, PHONE)
    elif agent.leaving is Leaving.NO:
        run.move(agent, AgentState.READY, now)
    else:
        leave(run, agent, now)


def leave(run: Run, agent: Agent, now: datetime) -> None:
    """Carry out the pause or the log-out that the agent has asked for."""
    wish, reason = agent.leaving, agent.leaving_reason
    run.floor.stay(agent)
    let_go_of_leg(run, agent)
    if wish is Leaving.PAUSE:
        run.move(agent, AgentState.PAUSED, now, reason)
        return
    if agent.leg_id is not None:
        run.send(agent.node, HangUp(agent.leg_id))
        run.floor.drop_leg(agent)  # told as gone, or the agent would stay logged in on record
    run.move(agent, AgentState.OFFLINE, now, reason)
    run.floor.remove(agent)


def moved_to(campaign: str) -> str:
    """The reason under which an agent leaves for another campaign."""
    return f"moved to {campaign}"


def settle_leaving(run: Run, now: datetime) -> None:
    """Let ready agents go who asked to, as far as no call in flight is left uncovered.

    A break of some seconds later costs nothing; a person who answers and finds nobody does.
    """
    leavers = run.floor.leavers()
    if not leavers:
        return
    needed = leaving_needed(run, now)
    for agent in leavers:
        if agent.covers and needed[agent.node] > 0:
            needed[agent.node] -= 1
        elif agent.leaving is not Leaving.INBOUND:  # these go to their calls: campaigns.inbound
            leave(run, agent, now)


def let_go_of_leg(run: Run, agent: Agent) -> None:
    """An on-demand leg lives as long as its call."""
    if run.nailed_up or agent.leg_id is None:
        return
    run.send(agent.node, HangUp(agent.leg_id))
    run.floor.drop_leg(agent)
