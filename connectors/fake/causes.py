"""The raw words that the fake PBX gives with each end of a call: Q.850, as Asterisk shows it."""

from connectors.calls import EndReason

CAUSES: dict[EndReason, str] = {
    EndReason.HUNG_UP: "16 normal clearing",
    EndReason.BUSY: "17 user busy",
    EndReason.NO_ANSWER: "19 no answer",
    EndReason.REJECTED: "21 call rejected",
    EndReason.INVALID_NUMBER: "1 unallocated number",
    EndReason.CONGESTION: "34 no circuit available",
    EndReason.FAILED: "41 temporary failure",
    EndReason.REFUSED: "no such trunk",
    EndReason.CANCELLED: "16 cancelled before the answer",
    EndReason.PBX_LOST: "not there when the link came back",
}
