"""Why a call ended, in the words of Asterisk's Hangup event."""

from typing import NamedTuple

from connectors.calls import EndReason


class Words(NamedTuple):
    """Q.850 cause, the SIP answer behind it (none: our own doing), the status of its DialEnd.

    As recorded: a 404 and a 603 are told as NOANSWER, and a ring time that is over as nothing.
    """

    cause: int
    text: str
    sip: int = 0
    dial: str = "NOANSWER"


NORMAL = Words(16, "Normal Clearing")
BUSY = Words(17, "User busy", 486, "BUSY")
RUNG_OUT = Words(19, "User alerting, no answer", 480, "")

CAUSES: dict[EndReason, Words] = {
    EndReason.HUNG_UP: NORMAL,
    EndReason.CANCELLED: NORMAL,
    EndReason.BUSY: BUSY,
    EndReason.NO_ANSWER: RUNG_OUT,
    EndReason.REJECTED: Words(21, "Call Rejected", 603),
    EndReason.INVALID_NUMBER: Words(1, "Unallocated (unassigned) number", 404),
    EndReason.CONGESTION: Words(34, "Circuit/channel congestion", 503, "CONGESTION"),
    EndReason.FAILED: Words(38, "Network out of order", 500, "CONGESTION"),
    EndReason.REFUSED: Words(0, "Unknown"),
    EndReason.PBX_LOST: Words(0, "Unknown"),
}
