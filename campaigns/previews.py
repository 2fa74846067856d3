"""Preview: the agent sees the lead first, and dials it or passes it on."""

from datetime import datetime

from campaigns.agents import Agent, Leaving
from campaigns.answering import ring_agent
from campaigns.effects import AgentState
from campaigns.orders import Accept, CampaignState, Pause, Skip
from campaigns.placing import claim, dial_order, refill
from campaigns.run import OrderRefused, Run, seconds
from campaigns.spec.campaign import Mode
from campaigns.staff import known, pause
from campaigns.timers import Timer
from campaigns.wrap_up import free


def offer(run: Run, now: datetime) -> None:
    """Show each free agent a lead."""
    if run.campaign.mode is not Mode.PREVIEW or run.state is not CampaignState.RUNNING:
        return
    for agent in run.floor.ready():
        if agent.leaving is Leaving.NO:
            _show(run, agent, now)
    refill(run, now)


def accept(run: Run, order: Accept, now: datetime) -> None:
    """Dial. An on-demand agent's phone is rung first, so that somebody is there at the answer."""
    agent = _looking(run, order.agent)
    if run.state is CampaignState.RUNNING and not run.nailed_up and not agent.leg_up:
        agent.accepted = True
        if agent.leg_id is None:
            ring_agent(run, agent)
        return
    dial(run, agent, now)


def dial(run: Run, agent: Agent, now: datetime) -> None:
    """Order the call of the lead the agent has accepted."""
    if agent.preview is None:
        return
    if run.state is not CampaignState.RUNNING:
        raise OrderRefused(f"campaign {run.campaign.name} is {run.state.value}: nothing is dialled")
    placed = dial_order(run, agent.preview, now, agent, [agent.node])
    if placed is None:
        raise OrderRefused(f"no line is free now ({run.lines.why_full(now)}); try again")
    agent.booked = agent.preview.lead_id
    agent.preview, agent.accepted = None, False
    claim(run, [placed])


def skip(run: Run, order: Skip, now: datetime) -> None:
    agent = _looking(run, order.agent)
    pass_on(run, agent, now)


def preview_over(run: Run, agent: Agent, now: datetime) -> None:
    """The agent has looked for too long: the lead goes on, and the agent takes a pause."""
    looked = (now - agent.since).total_seconds()
    if agent.preview is None or looked < run.campaign.pacing.preview_seconds:
        return
    pause(run, Pause(agent.name, "no answer to the preview"), now)


def _show(run: Run, agent: Agent, now: datetime) -> None:
    while (candidate := run.hopper.pop([agent.skills])) is not None:
        if candidate.skills <= agent.skills:
            agent.preview = candidate
            run.move(agent, AgentState.RESERVED, now, "preview")
            until = now + seconds(run.campaign.pacing.preview_seconds)
            run.timers.set(until, Timer.PREVIEW, agent.name)
            return
        run.hopper.park(candidate)


def pass_on(run: Run, agent: Agent, now: datetime) -> None:
    if agent.preview is not None:
        run.hopper.put_back(agent.preview, last=True)
    free(run, agent, now)


def _looking(run: Run, name: str) -> Agent:
    agent = known(run, name)
    if agent.preview is None:
        raise OrderRefused(f"agent {name} is shown no lead now")
    return agent
