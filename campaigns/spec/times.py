"""When and how often a lead is called, and in which order."""

from typing import Annotated, Literal

from pydantic import Field, model_validator

from campaigns.outcomes import Outcome
from campaigns.spec.types import (
    ALL_DAYS,
    Clock,
    ClockOrMidnight,
    Count,
    Day,
    Part,
    Real,
    Seconds,
    Selecting,
    Share,
    Token,
    Zone,
)


class Leads(Part):
    """Whom to call, and in which order."""

    list: Token | None = Field(
        default=None, description="the lead list, as given to `dialplane leads import --list`"
    )
    mix: dict[Token, Share] = Field(
        default_factory=dict,
        description="instead of 'list': several, each with its share of the calls; "
        "{spring: 70%, autumn: 30%}",
    )
    filter: Selecting | None = Field(
        default=None,
        description="which of the leads; left out: all. docs/reference/filter.md has what may be "
        'asked: stage = "high-intent" and not last_call within 3d',
    )
    order: Literal["priority", "score", "fifo", "lifo", "newest"] = Field(
        default="priority",
        description="'priority' and 'score': the highest first, then the longest due; 'fifo' and "
        "'lifo': as they came to the list; 'newest': who has fallen due last, retries too",
    )
    callbacks_first: bool = Field(
        default=True, description="who asked to be called back goes before all others"
    )

    more_to_come: bool = Field(
        default=False,
        description="leads may come at any time, by rules or imports: the campaign waits for them, "
        "and an empty list does not end it",
    )

    @property
    def lists(self) -> tuple[str, ...]:
        """The lists that it calls from, by name: a database may keep a mix in another order."""
        return tuple(sorted(self.mix)) if self.list is None else (self.list,)


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


class Attempts(Part):
    """Caps on attempts, whatever the outcomes."""

    per_lead: Count = Field(default=8, ge=1, le=1000, description="attempts per lead, for good")
    per_day: Count = Field(
        default=3, ge=1, le=100, description="attempts per number in any 24 h, of all campaigns"
    )
    min_gap: Seconds = Field(
        default=60, description="between two attempts to a number, of all campaigns, at least"
    )


class Retry(Part):
    """How often and when a lead is called again. Wait = delay * growth ** (tries - 1)."""

    attempts: Count = Field(
        ge=0, le=100, description="further attempts after this outcome; 0: never again"
    )
    delay: Seconds = Field(default=3600, description="wait before the first further attempt")
    growth: Real = Field(
        default=1, ge=1, le=10, description="each further wait is this many times the last"
    )


class RetryRules(Part):
    """Retry rules by outcome; an outcome left out keeps the built-in rule."""

    outcomes: dict[Outcome, Retry] = Field(default_factory=dict, description="outcome: rule")
