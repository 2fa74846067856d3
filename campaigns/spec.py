"""What a campaign manager writes: the YAML of a campaign, as pydantic models.

Durations are written `30s`, `10m`, `2h`, `1d` (or a number of seconds) and held in seconds.
Shares are written `3%` or `0.03` and held as fractions. Unknown keys are errors.
"""

import re
from datetime import time
from enum import StrEnum
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
    WithJsonSchema,
    model_validator,
)

from campaigns.outcomes import Outcome
from connectors.calls import E164, TOKEN

_DURATION = re.compile(r"(\d+(?:\.\d+)?)\s*([smhd]?)", re.ASCII)
_UNIT_SECONDS = {"": 1, "s": 1, "m": 60, "h": 3600, "d": 86400}
_SHARE = re.compile(r"(\d+(?:\.\d+)?)\s*%", re.ASCII)


def _seconds(value: Any) -> Any:
    if isinstance(value, str):
        found = _DURATION.fullmatch(value.strip())
        if found is None:
            raise ValueError("a duration such as 30s, 10m, 2h or 1d")
        return float(found[1]) * _UNIT_SECONDS[found[2]]
    return value


def _fraction(value: Any) -> Any:
    if isinstance(value, str):
        found = _SHARE.fullmatch(value.strip())
        if found is None:
            raise ValueError("a share such as 3% or 0.03")
        return float(found[1]) / 100
    return value


def _zone(value: str) -> str:
    if value == "customer":
        return value
    try:
        ZoneInfo(value)
    except (ZoneInfoNotFoundError, ValueError, OSError) as unknown:
        raise ValueError("'customer' or an IANA time zone such as Europe/Berlin") from unknown
    return value


Seconds = Annotated[
    float,
    BeforeValidator(_seconds),
    Field(ge=0, le=366 * 86400),
    WithJsonSchema(
        {
            "anyOf": [
                {"type": "number", "minimum": 0},
                {"type": "string", "pattern": r"^\d+(\.\d+)?\s*[smhd]?$"},
            ],
            "description": "a duration: 30s, 10m, 2h, 1d",
        }
    ),
]
Share = Annotated[
    float,
    BeforeValidator(_fraction),
    Field(ge=0, le=1),
    WithJsonSchema(
        {
            "anyOf": [
                {"type": "number", "minimum": 0, "maximum": 1},
                {"type": "string", "pattern": r"^\d+(\.\d+)?\s*%$"},
            ],
            "description": "a share: 3% or 0.03",
        }
    ),
]
Token = Annotated[str, StringConstraints(pattern=rf"^{TOKEN.pattern}$")]
Number = Annotated[str, StringConstraints(pattern=E164.pattern.join("^$"))]
Day = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
ALL_DAYS: tuple[Day, ...] = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


class Part(BaseModel):
    """A part of a campaign: frozen, and closed to keys nobody declared."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Mode(StrEnum):
    PREDICTIVE = "predictive"
    PROGRESSIVE = "progressive"
    POWER = "power"
    PREVIEW = "preview"
    IVR = "ivr"  # reserved: refused until the IVR campaigns are here


class Trunk(Part):
    """A trunk that the campaign may dial over, and how much of it."""

    name: Token
    channels: int = Field(ge=1, le=10_000)
    calls_per_second: float = Field(default=5, gt=0, le=1000)
    weight: float = Field(default=1, gt=0, le=1000)
    pbx: tuple[Token, ...] = ()  # nodes that reach this trunk; empty: all of the campaign's


class Pacing(Part):
    """How the mode is tuned."""

    lines_per_agent: float = Field(default=1.5, ge=1, le=10)  # power
    max_lines_per_agent: float = Field(default=6, ge=1, le=20)  # predictive
    calls_per_second: float = Field(default=20, gt=0, le=1000)  # the whole campaign's
    preview_seconds: Seconds = 120


class Abandonment(Part):
    """`limit` is the law's and is never exceeded; `target` is what the pacing steers to."""

    limit: Share = 0.03
    target: Share = 0.025
    window: Literal["day"] = "day"  # a limit kept on every day is kept over any days
    answer_within: Seconds = 2.0
    safe_harbour: Token | None = "safe-harbour"

    @model_validator(mode="after")
    def _target_below_limit(self) -> "Abandonment":
        if self.target > self.limit:
            raise ValueError("target must not be above limit")
        return self


class Hours(Part):
    """One opening of a calling window, in the called party's or the campaign's local time."""

    days: tuple[Day, ...] = ALL_DAYS
    start: time = Field(alias="from")
    end: time | Literal["24:00"] = Field(alias="to")

    @model_validator(mode="after")
    def _start_before_end(self) -> "Hours":
        if self.end != "24:00" and isinstance(self.end, time) and self.start >= self.end:
            raise ValueError("'from' must be before 'to'; write two entries to cross midnight")
        return self


class Windows(Part):
    """When numbers may ring. `timezone: customer` means all zones the number may be in."""

    timezone: Annotated[str, AfterValidator(_zone)] = "customer"
    hours: Annotated[tuple[Hours, ...], Field(min_length=1)]


class Retry(Part):
    """How often and when a lead is called again. Wait = delay * growth ** (tries - 1)."""

    attempts: int = Field(ge=0, le=100)  # further attempts after this outcome; 0: never again
    delay: Seconds = 3600
    growth: float = Field(default=1, ge=1, le=10)


class Attempts(Part):
    """Caps on attempts, whatever the outcomes."""

    per_lead: int = Field(default=8, ge=1, le=1000)
    per_day: int = Field(default=3, ge=1, le=100)
    min_gap: Seconds = 60


class Amd(Part):
    enabled: bool = False
    machine: Literal["hang_up", "message", "connect"] = "hang_up"
    unknown: Literal["hang_up", "message", "connect"] = "connect"
    screening: Literal["hang_up", "message", "connect"] = "hang_up"
    message: Token | None = None

    @model_validator(mode="after")
    def _message_is_named(self) -> "Amd":
        wanted = "message" in (self.machine, self.unknown, self.screening)
        if wanted and self.message is None:
            raise ValueError("an action 'message' needs the key 'message': the recording to play")
        return self


class Recording(Part):
    enabled: bool = False


class Agents(Part):
    """Who may take the calls: agents named, or of these teams; with all of these skills."""

    names: tuple[Token, ...] = ()
    teams: tuple[Token, ...] = ()
    skills: tuple[Token, ...] = ()
    legs: Literal["nailed_up", "on_demand"] = "nailed_up"
    wrap_up: Seconds = 30  # at most; then the agent is ready again
    on_no_answer: Literal["pause"] = "pause"

    @model_validator(mode="after")
    def _somebody(self) -> "Agents":
        if not (self.names or self.teams):
            raise ValueError("name at least one agent under 'names' or one team under 'teams'")
        return self


class Leads(Part):
    list: Token
    order: Literal["priority", "fifo", "lifo"] = "priority"


class Disposition(Part):
    """What an agent may file a call under. `final`: the lead is not called again."""

    name: Token
    label: str = Field(default="", max_length=80)
    final: bool = True
    success: bool = False
    do_not_call: bool = False
    retry: Retry | None = None


class RetryRules(Part):
    outcomes: dict[Outcome, Retry] = Field(default_factory=dict)


class Campaign(Part):
    """A campaign, whole."""

    name: Token
    mode: Mode
    pbx: tuple[Token, ...] = ("main",)
    trunks: Annotated[tuple[Trunk, ...], Field(min_length=1)]
    caller_ids: Annotated[tuple[Number, ...], Field(min_length=1)]
    agents: Agents
    leads: Leads
    windows: Windows
    ring: Annotated[Seconds, Field(ge=15, le=120)] = 25  # never below the legal 15 s
    attempts: Attempts = Attempts()
    retry: RetryRules = RetryRules()
    pacing: Pacing = Pacing()
    abandonment: Abandonment = Abandonment()
    amd: Amd = Amd()
    recording: Recording = Recording()
    dispositions: Annotated[tuple[Disposition, ...], Field(min_length=1)]
    default_disposition: Token | None = None
    scripts: dict[Token, Annotated[str, StringConstraints(max_length=20_000)]] = Field(
        default_factory=dict
    )
