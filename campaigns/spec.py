"""What a campaign manager writes: the YAML of a campaign, as pydantic models.

Durations are written `30s`, `10m`, `2h`, `1d` (or a number of seconds) and held in seconds.
Shares are written `3%` or `0.03` and held as fractions. Unknown keys are errors. What holds
between the parts (names that must exist elsewhere) is checked in `spec_checks`.
"""

from enum import StrEnum
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, WrapSerializer, model_validator

from campaigns.outcomes import Outcome
from campaigns.spec_types import (
    ALL_DAYS,
    Clock,
    ClockOrMidnight,
    Count,
    Date,
    Day,
    Label,
    Number,
    Part,
    Real,
    RungFor,
    Seconds,
    Share,
    Text,
    Token,
    Zone,
)

LONGEST_BLOCK = 30  # days, over which the law counts: 16 CFR 310.4(b)(4), 47 CFR 64.1200(a)(7)
OnParty = Literal["hang_up", "message", "connect"]


class Mode(StrEnum):
    PREDICTIVE = "predictive"
    PROGRESSIVE = "progressive"
    POWER = "power"
    PREVIEW = "preview"
    IVR = "ivr"  # reserved: refused until the IVR campaigns are here


class Trunk(Part):
    """A trunk that the campaign may dial over, and how much of it."""

    name: Token = Field(description="the trunk's name in the PBX's own configuration")
    channels: Count = Field(ge=1, le=10_000, description="calls at the same time, at most")
    calls_per_second: Real = Field(
        default=5, gt=0, le=1000, description="calls placed per second, at most"
    )
    weight: Real = Field(
        default=1, gt=0, le=1000, description="this trunk's share of the calls, against the others"
    )
    pbx: tuple[Token, ...] = Field(
        default=(), description="PBX nodes that reach this trunk; empty: all of the campaign's"
    )


class Node(Part):
    """How much of one PBX node the campaign may use."""

    channels: Count = Field(
        default=10_000, ge=1, le=10_000, description="calls at the same time, at most"
    )
    calls_per_second: Real = Field(
        default=1000, gt=0, le=1000, description="calls placed per second, at most"
    )
    weight: Real = Field(
        default=1, gt=0, le=1000, description="this node's share of the calls, against the others"
    )


class Pacing(Part):
    """How the mode is tuned."""

    lines_per_agent: Real = Field(
        default=1.5, ge=1, le=10, description="mode power: calls in flight per free agent"
    )
    max_lines_per_agent: Real = Field(
        default=6,
        ge=1,
        le=20,
        description="mode predictive: calls in flight, at most, per agent who is free, talks or "
        "wraps up",
    )
    calls_per_second: Real = Field(
        default=20, gt=0, le=1000, description="calls placed per second by the whole campaign"
    )
    cancel_after: RungFor | None = Field(
        default=None,
        description="mode predictive: a call that has rung for so long may be ended when its "
        "answer would find no agent; at least the legal 15 s (16 CFR 310.4(b)(4)(ii)); "
        "left out or null: never",
    )
    preview_seconds: Seconds = Field(
        default=120,
        ge=5,
        le=3600,
        description="mode preview: how long an agent may look before the lead goes on",
    )


class Blocks(Part):
    """Successive blocks of days; the limit is kept over each block as a whole."""

    days: Count = Field(
        ge=1,
        le=LONGEST_BLOCK,
        description="days in a block: 30 as in the US law, or a number that divides 30",
    )
    start: Date = Field(
        alias="from",
        description="the campaign's first day, by its clock; blocks are counted from it, "
        "days before it backwards",
    )


def _day_or_blocks(value: Any) -> Any:
    if value == "day":
        return None
    if isinstance(value, dict | Blocks):
        return value
    raise ValueError("'day', or blocks of days such as {days: 30, from: 2026-11-02}")


def _day_in_schema(field: dict[str, Any]) -> None:
    """What is None here is 'day' in the file."""
    field["anyOf"] = [{"const": "day"}, *(c for c in field["anyOf"] if c.get("type") != "null")]
    field["default"] = "day"


class Abandonment(Part):
    """Calls that a person answered and no agent took. `limit` is the law's, `target` ours."""

    limit: Share = Field(
        default=0.03,
        le=0.2,
        description="never exceeded, in any 'window': a hard limit on calls in flight",
    )
    target: Share = Field(default=0.025, description="what the predictive pacing steers to")
    window: Annotated[
        Blocks | None,
        BeforeValidator(_day_or_blocks),
        WrapSerializer(lambda value, write: "day" if value is None else write(value)),
    ] = Field(
        default=None,
        json_schema_extra=_day_in_schema,
        description="the limit's period: 'day', each day by itself, which keeps it over any days; "
        "or blocks of days",
    )
    answer_within: Seconds = Field(
        default=2.0,
        ge=0.5,
        le=10,
        description="an agent must be on the line this soon after the greeting",
    )
    safe_harbour: Token | None = Field(
        default="safe-harbour",
        description="recording played when no agent comes in time; null: hang up silently",
    )

    @model_validator(mode="after")
    def _target_below_limit(self) -> "Abandonment":
        if self.target > self.limit:
            raise ValueError(f"target ({self.target:g}) not above limit ({self.limit:g})")
        return self


class Hours(Part):
    """One opening of a calling window, in the called party's or the campaign's local time."""

    days: Annotated[tuple[Day, ...], Field(min_length=1)] = Field(
        default=ALL_DAYS, description="days of the week; all of them when left out"
    )
    start: Clock = Field(alias="from", description="opens at this minute: 09:00")
    end: ClockOrMidnight = Field(
        alias="to", description="closes at this minute (20:00: the last call is before it)"
    )

    @model_validator(mode="after")
    def _start_before_end(self) -> "Hours":
        if not isinstance(self.end, str) and self.start >= self.end:
            raise ValueError("'from' before 'to'; write two entries to cross midnight")
        return self


class Windows(Part):
    """When numbers may ring. Outside these hours nobody is called."""

    timezone: Zone = Field(
        default="customer",
        description="'customer': every zone the number may be in must be open; "
        "or an IANA zone such as Europe/Berlin, for all numbers",
    )
    hours: tuple[Hours, ...] = Field(min_length=1, description="the openings")


class Retry(Part):
    """How often and when a lead is called again. Wait = delay * growth ** (tries - 1)."""

    attempts: Count = Field(
        ge=0, le=100, description="further attempts after this outcome; 0: never again"
    )
    delay: Seconds = Field(default=3600, description="wait before the first further attempt")
    growth: Real = Field(
        default=1, ge=1, le=10, description="each further wait is this many times the last"
    )


class Attempts(Part):
    """Caps on attempts, whatever the outcomes."""

    per_lead: Count = Field(default=8, ge=1, le=1000, description="attempts per lead, for good")
    per_day: Count = Field(
        default=3, ge=1, le=100, description="attempts per number in any 24 h, of all campaigns"
    )
    min_gap: Seconds = Field(
        default=60, description="between two attempts to a number, of all campaigns, at least"
    )


class Amd(Part):
    """Answering machine detection: what is done with whom it hears."""

    enabled: bool = Field(default=False, description="let the PBX listen to who picked up")
    machine: OnParty = Field(default="hang_up", description="a machine or voicemail answered")
    unknown: OnParty = Field(default="connect", description="the PBX could not tell")
    screening: OnParty = Field(default="hang_up", description="a call-screening robot answered")
    message: Token | None = Field(
        default=None, description="recording played by the action 'message'"
    )

    @model_validator(mode="after")
    def _message_is_named(self) -> "Amd":
        wanted = "message" in (self.machine, self.unknown, self.screening)
        if wanted and self.message is None:
            raise ValueError("the key 'message' (the recording to play) for the action 'message'")
        return self


class Recording(Part):
    """Whether connected calls are recorded (stereo: customer left, agent right)."""

    enabled: bool = Field(default=False, description="record connected calls")


class Inbound(Part):
    """Customers who call in: on which lines, and for how long they may wait for an agent."""

    lines: Annotated[tuple[Token, ...], Field(min_length=1)] = Field(
        description="lines to serve, as the PBX's dialplan names them: "
        "Goto(dialplane-inbound,LINE,1)"
    )
    wait: Seconds = Field(
        default=60,
        ge=5,
        le=600,
        description="how long a caller may wait; then the message is played, and the call ended",
    )
    message: Token | None = Field(
        default=None, description="recording played to who has waited in vain; null: none"
    )


class Agents(Part):
    """Who may take the calls: agents named, or of these teams; with all of these skills."""

    names: tuple[Token, ...] = Field(default=(), description="agents, by name")
    teams: tuple[Token, ...] = Field(default=(), description="all agents of these teams")
    skills: tuple[Token, ...] = Field(default=(), description="skills each of them must have")
    legs: Literal["nailed_up", "on_demand"] = Field(
        default="nailed_up",
        description="'nailed_up': the phone stays off hook for the shift, customers are there in "
        "milliseconds; 'on_demand': the phone rings for each call",
    )
    wrap_up: Seconds = Field(
        default=30, description="after a call, at most; then the agent is ready again"
    )
    share: Real = Field(
        default=1,
        gt=0,
        le=1000,
        description="this campaign's share of the agents who are shared, against other campaigns' "
        "that have leads to dial",
    )
    on_no_answer: Literal["pause"] = Field(
        default="pause", description="what becomes of an agent who does not pick up"
    )

    @model_validator(mode="after")
    def _somebody(self) -> "Agents":
        if not (self.names or self.teams):
            raise ValueError("at least one agent under 'names' or one team under 'teams'")
        return self


class Leads(Part):
    """Whom to call, and in which order."""

    list: Token = Field(description="the lead list, as given to `dialplane leads import --list`")
    order: Literal["priority", "fifo", "lifo"] = Field(
        default="priority",
        description="'priority': the highest first, then the oldest; 'fifo'; 'lifo'",
    )


class Disposition(Part):
    """What an agent may file a call under."""

    name: Token = Field(description="as stored and reported")
    label: Label = Field(default="", description="as shown to agents")
    final: bool = Field(default=True, description="the lead is not called again")
    success: bool = Field(default=False, description="counts as a success in reports")
    do_not_call: bool = Field(
        default=False, description="puts the number on the do-not-call list at once"
    )
    machine: bool = Field(
        default=False,
        description="what answered was a machine: the call does not count as a live answer",
    )
    retry: Retry | None = Field(default=None, description="call again by this rule")


class RetryRules(Part):
    """Retry rules by outcome; an outcome left out keeps the built-in rule."""

    outcomes: dict[Outcome, Retry] = Field(default_factory=dict, description="outcome: rule")


class Campaign(Part):
    """A campaign, whole."""

    name: Token = Field(description="the campaign's name, in every command and report")
    mode: Mode = Field(description="how calls are paced ('ivr' is reserved)")
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
    agents: Agents = Field(description="who takes the calls")
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

    def is_machine(self, filed: str) -> bool:
        """Whether an agent who has filed a call so has found a machine."""
        return any(d.machine and d.name == filed for d in self.dispositions)
