"""A flow and the campaign whose calls, or callers, go through it: what each says of the other is
there."""

from collections.abc import Callable, Iterator
from dataclasses import replace

from campaigns.flow.acts_reaching import ANY
from campaigns.flow.draft import Draft, unknown
from campaigns.flow.needs import Needs
from campaigns.flow.reaching import Agent, Hangup
from campaigns.flow.world import World
from campaigns.spec.campaign import Campaign
from campaigns.spec.errors import Finding


def seen_by(campaign: Campaign, world: World) -> World:
    """The world of a flow that the campaign's calls go through.

    Agents who are named may be of any team.
    """
    agents = campaign.agents
    return replace(
        world,
        dispositions=frozenset(d.name for d in campaign.dispositions),
        teams=frozenset(agents.teams) if agents.teams and not agents.names else None,
    )


def findings(campaign: Campaign, needs: Needs) -> Iterator[Finding]:
    """What the campaign's own file lacks for one of its flows."""
    if needs.agents and not campaign.agents.anybody:
        message = f"expected who takes the calls: flow '{needs.flow}' has a step 'agent'"
        hint = "name agents or a team, or take the step out of the flow"
        yield Finding(("agents",), message, hint, at_key=True, missing=True)


def _is_filed_as_the_campaign_has_it(draft: Draft, world: World) -> Iterator[Finding]:
    """The disposition decides whether the lead is called again, and what reports say."""
    if world.dispositions is None:
        return
    for name, step in draft.steps.items():
        if isinstance(step, Hangup) and step.hangup not in world.dispositions:
            loc = ("steps", name, "hangup")
            what = "one of the campaign's 'dispositions'"
            yield unknown(loc, what, step.hangup, world.dispositions)


def _teams_are_the_campaigns(draft: Draft, world: World) -> Iterator[Finding]:
    if world.teams is None:
        return
    for name, step in draft.steps.items():
        if isinstance(step, Agent) and step.agent not in {ANY, *world.teams}:
            loc = ("steps", name, "agent")
            what = "'any' or one of the teams in the campaign's 'agents'"
            yield unknown(loc, what, step.agent, world.teams)


CHECKS: tuple[Callable[[Draft, World], Iterator[Finding]], ...] = (
    _is_filed_as_the_campaign_has_it,
    _teams_are_the_campaigns,
)
