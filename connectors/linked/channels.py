"""Which channels on a PBX are ours, and what for: their accounts tell.

A worker that takes over sees nothing of a channel but what the PBX lists.
"""

import re
from dataclasses import dataclass
from enum import Enum
from uuid import UUID

from connectors.calls import LiveCall

CALL_ACCOUNT = "dialplane-call"
AGENT_ACCOUNT = "dialplane-agent"
SPY_ACCOUNT = "dialplane-spy"
UUID_TEXT = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.ASCII)


class Kind(Enum):
    CALL = "call"
    AGENT = "agent"
    SPY = "spy"


KINDS = {CALL_ACCOUNT: Kind.CALL, AGENT_ACCOUNT: Kind.AGENT, SPY_ACCOUNT: Kind.SPY}


@dataclass(frozen=True, slots=True)
class Channel:
    """A channel of ours, and what it is for. `leg`: the agent's leg it is with, or listens to."""

    kind: Kind
    live: LiveCall
    leg: UUID | None = None


def uuid(text: object) -> UUID | None:
    """The UUID that a text is, in the form that is ours."""
    return UUID(text) if isinstance(text, str) and UUID_TEXT.fullmatch(text) else None
