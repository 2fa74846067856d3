"""What a campaign manager writes: the YAML of a campaign, as pydantic models.

Durations are written `30s`, `10m`, `2h`, `1d` (or a number of seconds) and held in seconds.
Shares are written `3%` or `0.03` and held as fractions. Unknown keys are errors. What holds
between the parts (names that must exist elsewhere) is checked in `checks`.
"""

from enum import StrEnum

from pydantic import Field

from campaigns.spec.answered import Agents, Amd, Disposition, Recording
from campaigns.spec.lines import Inbound, Node, Trunk
from campaigns.spec.pacing import Abandonment, Pacing
from campaigns.spec.times import Attempts, Leads, RetryRules, Windows
from campaigns.spec.types import Number, Part, Seconds, Text, Token


class Mode(StrEnum):
    PREDICTIVE = "predictive"
    PROGRESSIVE = "progressive"
    POWER = "power"
    PREVIEW = "preview"
    IVR = "ivr"  # calls go through a flow; agents only for who asks for one


class Campaign(Part):
    """A campaign, whole."""

    name: Token = Field(description="the campaign's name, in every command and report")
    mode: Mode = Field(description="how calls are paced")
    pbx: tuple[Token, ...] = Field(
        default=("main",), min_length=1, description="PBX nodes, by their names in the settings"
    )
    nodes: dict[Token, Node] = Field(
        default_factory=dict,
        description="limits of single nodes; one left out is held by its trunks' alone",
    )
    trunks: tuple[Trunk, ...] = Field(min_length=1, description="trunks to dial over")
    caller_ids: tuple[Number, ...] = Field(
        min_length=1, description='numbers shown to the called party, in quotes: "+12125550100"'
    )
    flow: Token | None = Field(
        default=None,
        description="mode ivr: the flow that answered calls go through, from the file NAME.yaml in "
        "the folder `flows` beside this file, or beside it",
    )
    agents: Agents = Field(
        default=Agents(),
        description="who takes the calls; in mode ivr, only where the flow has steps `agent`",
    )
    leads: Leads = Field(description="whom to call")
    windows: Windows = Field(description="when numbers may ring")
    ring: Seconds = Field(
        default=25,
        ge=15,
        le=120,
        description="how long a phone rings, from when the carrier says that it does; never below "
        "the legal 15 s (16 CFR 310.4)",
    )
    attempts: Attempts = Field(default=Attempts(), description="caps on attempts")
    retry: RetryRules = Field(default=RetryRules(), description="when a lead is called again")
    pacing: Pacing = Field(default=Pacing(), description="how the mode is tuned")
    abandonment: Abandonment = Field(
        default=Abandonment(), description="limits on calls nobody takes"
    )
    amd: Amd = Field(default=Amd(), description="answering machine detection")
    inbound: Inbound | None = Field(
        default=None, description="customers who call in; left out or null: no line is served"
    )
    recording: Recording = Field(default=Recording(), description="recording of calls")
    dispositions: tuple[Disposition, ...] = Field(
        min_length=1, description="what agents may file a call under"
    )
    default_disposition: Token | None = Field(
        default=None, description="for calls whose agent filed nothing; one of the dispositions"
    )
    scripts: dict[Token, Text] = Field(
        default_factory=dict, description="texts for the agents, by name"
    )

    @property
    def inbound_flow(self) -> str | None:
        """The flow that callers go through."""
        return self.inbound.flow if self.inbound is not None else None

    @property
    def flow_names(self) -> tuple[str, ...]:
        """Both its flows, as far as it has them, each once."""
        both = (self.flow, self.inbound_flow)
        return tuple(dict.fromkeys(name for name in both if name is not None))

    def intent_of(self, filed: str) -> str | None:
        """How likely somebody is to buy whose call is filed so; None: that tells nothing of it."""
        return next((d.intent for d in self.dispositions if d.name == filed), None)

    def is_machine(self, filed: str) -> bool:
        """Whether an agent who has filed a call so has found a machine."""
        return any(d.machine and d.name == filed for d in self.dispositions)
