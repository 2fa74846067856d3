"""What calls go over: trunks, PBX nodes, and the lines that customers call in on."""

from typing import Annotated

from pydantic import Field

from campaigns.spec.types import Count, Part, Real, Seconds, Token


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


class Inbound(Part):
    """Customers who call in: on which lines, and for how long they may wait for an agent; or the
    flow that they go through."""

    lines: Annotated[tuple[Token, ...], Field(min_length=1)] = Field(
        description="lines to serve, as the PBX's dialplan names them: "
        "Goto(dialplane-inbound,LINE,1)"
    )
    flow: Token | None = Field(
        default=None,
        description="the flow that callers go through, from the file NAME.yaml in the folder "
        "`flows` beside this file, or beside it; null: they wait for an agent at once",
    )
    wait: Seconds = Field(
        default=60,
        ge=5,
        le=600,
        description="how long a caller may wait; then the message is played, and the call ended. "
        "Not beside `flow`, whose steps `agent` say it",
    )
    message: Token | None = Field(
        default=None,
        description="recording played to who has waited in vain; null: none. Not beside `flow`",
    )
