"""A campaign file of somebody's own in the demo: what it does is kept, what it needs is the demo's.

Kept: mode, flow, dispositions, AMD, recording, pacing, abandonment. The demo's: trunk, list, hours
(always open), PBX, who the agents are, one attempt for each lead. So it ends by itself.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from random import Random
from typing import Any

from campaigns.flow.flow import Flow
from campaigns.flow.needs import Ask, Needs, needs_of
from campaigns.spec.answered import Agents
from campaigns.spec.campaign import Campaign
from storage.agents import NewAgent
from storage.lead_rows import NewLead

TEAM = LIST = NAME = "demo"
CHANNELS, CALLS_PER_SECOND, FEW_CHANNELS = 40, 20.0, 12
RING = 15.0  # the legal minimum, to be quick
WRAP_UP = 3.0
PRESSES = "6"
MOST_LEADS = 798  # area codes
ZONES = ("America/New_York",)
FIRST, SECOND = ("1", "1", "1", "1", "2", "3", "9"), ("1", "2", "3", "4", "5")
"""What the customers behind the real Asterisk press by turns: see `lab.carrier`."""


@dataclass(frozen=True, slots=True)
class Given:
    """The campaign; in mode ivr its flow and those that it calls, and the texts of their files."""

    campaign: Campaign
    flows: Mapping[str, Flow] = field(default_factory=dict)
    texts: Mapping[str, str] = field(default_factory=dict, repr=False)

    @property
    def needs(self) -> Needs | None:
        return needs_of(self.campaign.flow, self.flows) if self.campaign.flow else None

    @property
    def agents_needed(self) -> bool:
        needs = self.needs
        return needs is None or needs.agents

    def adapted(self, nodes: list[str], agents: int) -> Campaign:
        """The campaign as the demo dials it."""
        whole: dict[str, Any] = self.campaign.model_dump(by_alias=True)
        lines = 4 * agents if self.agents_needed else CHANNELS
        trunk = {"name": "carrier", "channels": max(FEW_CHANNELS, lines)}
        demos = {
            "name": NAME,
            "pbx": nodes,
            "nodes": {},
            "trunks": [{**trunk, "calls_per_second": CALLS_PER_SECOND}],
            "agents": _agents(self.campaign) if self.agents_needed else Agents().model_dump(),
            "leads": {"list": LIST},
            "windows": {"timezone": "UTC", "hours": [{"from": "00:00", "to": "24:00"}]},
            "ring": RING,
            "attempts": {"per_lead": 1, "per_day": 1},
            "inbound": None,
        }
        return Campaign.model_validate({**whole, **demos})

    def new_agents(self, nodes: list[str], agents: int) -> Iterator[NewAgent]:
        """Who can take any call; nobody where no call can ask for one."""
        asked = needs.anybody if (needs := self.needs) is not None else Ask()
        skills = tuple(sorted({*self.campaign.agents.skills, *asked.skills}))
        for n in range(1, agents + 1 if self.agents_needed else 1):
            phone, node = str(1000 + n), nodes[n % len(nodes)]
            teams = (TEAM, *sorted(asked.teams))
            yield NewAgent(f"agent-{n:02d}", phone, node, teams=teams, skills=skills)

    def new_leads(self, leads: int, seed: int) -> Iterator[NewLead]:
        """Numbers +1 xxx 555 76xy, each once: where customers press what their number says, x, then
        y, and so on."""
        rng = Random(f"leads/{seed}")
        for n in range(min(leads, MOST_LEADS)):
            keys = rng.choice(FIRST) + rng.choice(SECOND)
            yield NewLead(
                number=f"+1{201 + n}5557{PRESSES}{keys}",
                name=f"Customer {n + 1}",
                zones=ZONES,
                external_ref=f"demo-{n + 1}",
            )


def _agents(campaign: Campaign) -> dict[str, Any]:
    kept = campaign.agents.model_dump()
    return {**kept, "names": [], "teams": [TEAM], "wrap_up": WRAP_UP}
