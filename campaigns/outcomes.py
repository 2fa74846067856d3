"""What an attempt came to: the closed list of outcomes, and the tables that decide them."""

from enum import StrEnum

from connectors.calls import EndReason


class Outcome(StrEnum):
    """What the dialler saw. A disposition is what an agent, or this table, files it under."""

    CONNECTED = "connected"  # a person spoke to an agent
    ABANDONED = "abandoned"  # a person answered and had no agent in time
    EARLY_HANG_UP = "early_hang_up"  # a person answered and left before the time was over
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
