"""What an attempt came to: the closed list of outcomes, and the tables that decide them."""

from dataclasses import dataclass
from enum import StrEnum

from connectors.calls import EndReason, Party


class Outcome(StrEnum):
    """What the dialler saw. A disposition is what an agent, or this table, files it under."""

    CONNECTED = "connected"  # a person spoke to an agent
    ABANDONED = "abandoned"  # a person answered and had no agent in time
    EARLY_HANG_UP = "early_hang_up"  # a person answered and left before the time was over
    HEARD = "heard"  # went through a flow, and no agent was asked for, or needed after all
    MACHINE = "machine"
    SCREENED = "screened"
    BUSY = "busy"
    NO_ANSWER = "no_answer"
    REJECTED = "rejected"
    INVALID_NUMBER = "invalid_number"
    CONGESTION = "congestion"
    FAILED = "failed"
    CANCELLED = "cancelled"
    LOST = "lost"  # its end was not seen


UNANSWERED: dict[EndReason, Outcome] = {
    EndReason.HUNG_UP: Outcome.NO_ANSWER,
    EndReason.BUSY: Outcome.BUSY,
    EndReason.NO_ANSWER: Outcome.NO_ANSWER,
    EndReason.REJECTED: Outcome.REJECTED,
    EndReason.INVALID_NUMBER: Outcome.INVALID_NUMBER,
    EndReason.CONGESTION: Outcome.CONGESTION,
    EndReason.FAILED: Outcome.FAILED,
    EndReason.REFUSED: Outcome.FAILED,
    EndReason.CANCELLED: Outcome.CANCELLED,
    EndReason.PBX_LOST: Outcome.LOST,
}
"""The outcome of a call that nobody answered, by the reason of its end."""


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known of a call when it ends."""

    answered: bool = False
    live: bool = False  # a person, who was to get an agent
    connected: bool = False
    in_flow: bool = False  # was sent into a flow
    heard: bool = False  # pressed keys there, or came to its end
    given_up: bool = False  # no agent came in time
    cancelled: bool = False  # we hung up before the answer
    silenced: bool = False  # while it rang: it had rung for long enough
    party: Party | None = None


def outcome_of(facts: Facts, reason: EndReason) -> Outcome:
    """What the attempt came to; the first row that fits."""
    rows = (
        (facts.connected, Outcome.CONNECTED),
        (facts.given_up, Outcome.ABANDONED),
        (facts.answered and facts.party is Party.SCREENING, Outcome.SCREENED),
        (facts.answered and _by_machine(facts), Outcome.MACHINE),
        (facts.answered and facts.heard, Outcome.HEARD),
        (facts.answered and reason is EndReason.PBX_LOST, Outcome.LOST),
        (facts.answered, Outcome.EARLY_HANG_UP),
        (facts.silenced and reason is not EndReason.PBX_LOST, Outcome.NO_ANSWER),
        (facts.cancelled and reason is not EndReason.PBX_LOST, Outcome.CANCELLED),
    )
    return next((outcome for fits, outcome in rows if fits), UNANSWERED[reason])


def _by_machine(facts: Facts) -> bool:
    """Who went through a flow is taken for what the PBX has heard; whom it could not tell, for a
    person."""
    if facts.in_flow:
        return facts.party is Party.MACHINE
    return not facts.live and facts.party in _NOT_LIVE


_NOT_LIVE = frozenset({Party.MACHINE, Party.UNKNOWN})
