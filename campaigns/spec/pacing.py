"""How fast a campaign calls, and how many answered calls no agent may take."""

from typing import Annotated, Any

from pydantic import BeforeValidator, Field, WrapSerializer, model_validator

from campaigns.spec.types import Count, Date, Part, Real, RungFor, Seconds, Share, Token

LONGEST_BLOCK = 30  # days, over which the law counts: 16 CFR 310.4(b)(4), 47 CFR 64.1200(a)(7)


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
    channels: Count | None = Field(
        default=None,
        ge=1,
        le=10_000,
        description="calls at the same time by the whole campaign; left out or null: as many as "
        "its trunks have channels",
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
