"""What the demo dials: a campaign, its leads and its agents, all made from a seed."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from random import Random

from campaigns.flow.flow import Flow
from campaigns.spec.campaign import Campaign
from campaigns.spec.file import load
from storage.agents import NewAgent
from storage.lead_rows import NewLead
from workers.demo_given import Given

TEAM = "demo"
LIST = "demo"
CAMPAIGN = "demo"

CAMPAIGN_YAML = """\
# The campaign of `dialplane demo`: short calls, short retries, so that it ends by itself.
name: {name}
mode: {mode}
pbx: [{nodes}]
trunks:
  - {{name: carrier, channels: {channels}, calls_per_second: {calls_per_second}}}
caller_ids: ["+12125550100", "+12125550101"]
agents: {{teams: [{team}], wrap_up: 3s}}
leads: {{list: {team}, order: priority}}
windows:
  timezone: UTC
  hours: [{{from: "00:00", to: "24:00"}}]
ring: 15s                # the legal minimum, to be quick
amd: {{enabled: true, machine: hang_up, unknown: connect}}
recording: {{enabled: {recording}}}
attempts: {{per_lead: 2, per_day: 2, min_gap: 5s}}
retry:
  outcomes:
    busy: {{attempts: 1, delay: 20s}}
    congestion: {{attempts: 1, delay: 5s}}
    failed: {{attempts: 1, delay: 5s}}
    no_answer: {{attempts: 0}}
    machine: {{attempts: 0}}
    screened: {{attempts: 0}}
    rejected: {{attempts: 0}}
    early_hang_up: {{attempts: 0}}
    abandoned: {{attempts: 0}}
    cancelled: {{attempts: 1, delay: 5s}}
    lost: {{attempts: 0}}
dispositions:
  - {{name: sale, label: Sale, success: true}}
  - {{name: no_sale, label: No sale}}
  - {{name: call_back, label: "Asked to be called back", final: true}}
  - {{name: do_not_call, label: "Does not want calls", do_not_call: true}}
default_disposition: no_sale
"""

NAMES = (
    "Ada Ngata",
    "Björn Łoś",
    "陈 伟",
    "Dana O'Neil",
    "Élodie Marchand",
    "Fatima Zahra",
    "गीता राव",
)

# The last digit says what the lab's carrier plays: see `lab.carrier`. Quick outcomes are frequent.
DIGITS = {"0": 20, "1": 15, "2": 3, "3": 12, "4": 5, "5": 13, "6": 2, "7": 15, "9": 15}


@dataclass(frozen=True, slots=True)
class DemoPlan:
    """The size of a demo. `mode` is one of the campaign modes that dial by themselves.

    `pbx`: one kind, or several joined by commas; then each is a node, and agents are shared out.
    """

    pbx: str = "fake"
    leads: int = 200
    agents: int = 12
    seed: int = 7
    mode: str = "predictive"
    given: Given | None = None  # a campaign of somebody's own, instead of the demo's

    @property
    def kinds(self) -> dict[str, str]:
        """The kind of each PBX node, by its name: `main` where there is one, else the kind."""
        kinds = self.pbx.split(",")
        return {"main": kinds[0]} if len(kinds) == 1 else {kind: kind for kind in kinds}

    @property
    def flows(self) -> Mapping[str, Flow]:
        """Those that its calls go through, by name."""
        return self.given.flows if self.given is not None else {}

    def campaign(self) -> Campaign:
        """The campaign that is dialled."""
        if self.given is not None:
            return self.given.adapted(list(self.kinds), self.agents)
        return load(self.campaign_yaml(), "demo.yaml")

    def campaign_yaml(self) -> str:
        return CAMPAIGN_YAML.format(
            name=CAMPAIGN,
            team=TEAM,
            mode=self.mode,
            nodes=", ".join(self.kinds),
            channels=max(10, 4 * self.agents),
            calls_per_second=max(5, self.agents),
            recording="false" if self.pbx == "fake" else "true",
        )

    def new_leads(self) -> Iterator[NewLead]:
        """Numbers of the fictional range +1 xxx 555 0000 to 6999, each once."""
        if self.given is not None and self.given.flows:
            yield from self.given.new_leads(self.leads, self.seed)
            return
        rng = Random(f"leads/{self.seed}")
        endings = rng.choices(list(DIGITS), list(DIGITS.values()), k=self.leads)
        for n, ending in enumerate(endings):
            area, line = 201 + n // 600, n % 600
            yield NewLead(
                number=f"+1{area}555{line:03d}{ending}",
                name=rng.choice(NAMES),
                priority=rng.choice((0, 0, 0, 5)),
                external_ref=f"demo-{n + 1}",
            )

    def new_agents(self) -> Iterator[NewAgent]:
        """Phones 1001 and on, as the lab's directory and the fake's have them; a node in turn."""
        nodes = list(self.kinds)
        if self.given is not None:
            yield from self.given.new_agents(nodes, self.agents)
            return
        for n in range(1, self.agents + 1):
            node = nodes[n % len(nodes)]
            yield NewAgent(f"agent-{n:02d}", str(1000 + n), node, teams=(TEAM,))
