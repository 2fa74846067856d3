"""Why a call ended, in the words of CHANNEL_HANGUP_COMPLETE; and each cause's number in Q.850."""

from typing import NamedTuple

from connectors.calls import EndReason


class Words(NamedTuple):
    """The cause, and the SIP answer behind it (empty: our own doing)."""

    cause: str
    sip: str = ""


CAUSES: dict[EndReason, Words] = {
    EndReason.HUNG_UP: Words("NORMAL_CLEARING"),
    EndReason.CANCELLED: Words("NORMAL_CLEARING"),
    EndReason.BUSY: Words("USER_BUSY", "486"),
    EndReason.NO_ANSWER: Words("NO_ANSWER"),
    EndReason.REJECTED: Words("CALL_REJECTED", "603"),
    EndReason.INVALID_NUMBER: Words("UNALLOCATED_NUMBER", "404"),
    EndReason.CONGESTION: Words("NORMAL_CIRCUIT_CONGESTION", "503"),
    EndReason.FAILED: Words("NORMAL_TEMPORARY_FAILURE", "500"),
    EndReason.REFUSED: Words("INVALID_GATEWAY"),
    EndReason.PBX_LOST: Words("NONE"),
}
Q850 = {
    "NONE": 0,
    "UNALLOCATED_NUMBER": 1,
    "NO_ROUTE_DESTINATION": 3,
    "NORMAL_CLEARING": 16,
    "USER_BUSY": 17,
    "NO_USER_RESPONSE": 18,
    "NO_ANSWER": 19,
    "SUBSCRIBER_ABSENT": 20,
    "CALL_REJECTED": 21,
    "DESTINATION_OUT_OF_ORDER": 27,
    "NORMAL_UNSPECIFIED": 31,
    "NORMAL_CIRCUIT_CONGESTION": 34,
    "NORMAL_TEMPORARY_FAILURE": 41,
    "ORIGINATOR_CANCEL": 487,
    "ALLOTTED_TIMEOUT": 602,
    "MANAGER_REQUEST": 503,
}
"""Those that may be given to `uuid_kill`, too; any other is taken for NORMAL_CLEARING."""
