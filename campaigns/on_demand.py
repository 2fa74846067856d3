"""On-demand legs: the phone rings for each call, before the call is placed.

The guard counts an agent as cover only once the phone is off hook (`Floor.at_hand`): how soon a
person picks up is nothing that can be proven. So a ready agent is rung as soon as there is
somebody to call, keeps the leg until a conversation has ended, and gets it back for the next.
(In mode preview the agent is rung on accepting the lead; see `campaigns.previews`.)
"""

from datetime import datetime

from campaigns.agents import Leaving
from campaigns.answering import ring_agent
from campaigns.orders import CampaignState
from campaigns.run import Run
from campaigns.spec.campaign import Mode
from campaigns.wrap_up import let_go_of_leg


def call_in(run: Run, now: datetime) -> None:
    """Ring ready agents while there are leads to call; let them hang up when there are none."""
    if run.nailed_up or run.campaign.mode is Mode.PREVIEW:
        return
    running = run.state is CampaignState.RUNNING
    if running and (len(run.hopper) or run.hopper.has_parked):
        _ring(run, now)
    elif not run.in_flight() and not (running and run.hopper.refilling):
        for agent in run.floor.at_hand():
            let_go_of_leg(run, agent)


def _ring(run: Run, now: datetime) -> None:
    if run.lines.room(now) <= 0:
        return
    for agent in run.floor.ready():
        stays = agent.leaving is Leaving.NO and agent.node in run.lines.up
        if stays and agent.leg_id is None:
            ring_agent(run, agent)
