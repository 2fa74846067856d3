"""Why a call ended, from its CHANNEL_HANGUP_COMPLETE: `Hangup-Cause` and the SIP answer.

An originate that fails without a channel tells its cause in the job's body, by the same names.
"""

from connectors.calls import EndReason
from connectors.freeswitch.event import Event

# The names of switch_channel.c, for a call that was not answered. What is not in the table (the
# protocol errors, for the most part) is FAILED.
CAUSES = {
    "NONE": EndReason.FAILED,  # not told
    "UNALLOCATED_NUMBER": EndReason.INVALID_NUMBER,
    "NO_ROUTE_TRANSIT_NET": EndReason.FAILED,
    "NO_ROUTE_DESTINATION": EndReason.INVALID_NUMBER,
    "NORMAL_CLEARING": EndReason.NO_ANSWER,  # by the other side before anybody answered
    "USER_BUSY": EndReason.BUSY,
    "NO_USER_RESPONSE": EndReason.NO_ANSWER,
    "NO_ANSWER": EndReason.NO_ANSWER,  # rang; also our own ring time
    "ALLOTTED_TIMEOUT": EndReason.NO_ANSWER,  # our own ring time
    "PROGRESS_TIMEOUT": EndReason.FAILED,
    "SUBSCRIBER_ABSENT": EndReason.NO_ANSWER,
    "USER_NOT_REGISTERED": EndReason.NO_ANSWER,
    "CALL_REJECTED": EndReason.REJECTED,
    "NUMBER_CHANGED": EndReason.INVALID_NUMBER,
    "REDIRECTION_TO_NEW_DESTINATION": EndReason.FAILED,
    "LOSE_RACE": EndReason.NO_ANSWER,  # answered elsewhere
    "PICKED_OFF": EndReason.NO_ANSWER,
    "ORIGINATOR_CANCEL": EndReason.NO_ANSWER,  # the ring time, on some endpoints
    "DESTINATION_OUT_OF_ORDER": EndReason.FAILED,
    "INVALID_NUMBER_FORMAT": EndReason.INVALID_NUMBER,
    "FACILITY_REJECTED": EndReason.REJECTED,
    "NORMAL_UNSPECIFIED": EndReason.NO_ANSWER,
    "NORMAL_CIRCUIT_CONGESTION": EndReason.CONGESTION,
    "NETWORK_OUT_OF_ORDER": EndReason.FAILED,
    "NORMAL_TEMPORARY_FAILURE": EndReason.FAILED,
    "SWITCH_CONGESTION": EndReason.CONGESTION,
    "REQUESTED_CHAN_UNAVAIL": EndReason.CONGESTION,
    "OUTGOING_CALL_BARRED": EndReason.REJECTED,
    "INCOMING_CALL_BARRED": EndReason.REJECTED,
    "USER_CHALLENGE": EndReason.FAILED,  # the trunk wants other credentials; nobody declined
    "BLIND_TRANSFER": EndReason.FAILED,
    "BUSY_EVERYWHERE": EndReason.BUSY,
    "DECLINE": EndReason.REJECTED,
    "DOES_NOT_EXIST_ANYWHERE": EndReason.INVALID_NUMBER,
    "NOT_ACCEPTABLE": EndReason.FAILED,
    "UNWANTED": EndReason.REJECTED,
    "NO_IDENTITY": EndReason.FAILED,
    "BAD_IDENTITY_INFO": EndReason.FAILED,
    "GATEWAY_DOWN": EndReason.CONGESTION,
}

# Answers of the switch itself to an originate for which it made no channel.
OWN = {
    "INVALID_GATEWAY", "INVALID_PROFILE", "INVALID_URL", "CHAN_NOT_IMPLEMENTED",
    "NO_ROUTE_DESTINATION", "DESTINATION_OUT_OF_ORDER", "SUBSCRIBER_ABSENT",
    "USER_NOT_REGISTERED", "INVALID_MSG_UNSPECIFIED",
}  # fmt: skip

# SIP answers that FreeSWITCH folds into a cause which says something else.
SIP_CAUSES = {
    "401": EndReason.FAILED,  # the trunk wants other credentials; nobody declined
    "402": EndReason.FAILED,
    "407": EndReason.FAILED,
    "408": EndReason.NO_ANSWER,  # told as a timer of the protocol
    "433": EndReason.REJECTED,  # anonymity disallowed
    "503": EndReason.CONGESTION,  # told as a temporary failure
}

# Causes that end a conversation without anybody hanging up.
BROKEN = frozenset(
    {
        "DESTINATION_OUT_OF_ORDER",
        "MEDIA_TIMEOUT",
        "NETWORK_OUT_OF_ORDER",
        "NORMAL_TEMPORARY_FAILURE",
        "RECOVERY_ON_TIMER_EXPIRE",
    }
)


def end_reason(
    cause: str,
    sip: str = "",
    *,
    answered: bool,
    cancelled: bool,
    rung_out: bool = False,
    heard_of: bool = True,
) -> EndReason:
    """Why the call that hung up with `cause` ended.

    `sip`: the SIP answer, if there was one. `cancelled`: we hung it up. `rung_out`: it has had its
    ring time. `heard_of`: the trunk gave a sign of life; a ring time without one is a dead trunk,
    not a customer who does not answer.
    """
    if answered:
        return EndReason.FAILED if cause in BROKEN and not cancelled else EndReason.HUNG_UP
    if cancelled:
        return EndReason.CANCELLED
    if not sip and not heard_of and cause in OWN:
        return EndReason.REFUSED
    reason = SIP_CAUSES.get(sip) or CAUSES.get(cause, EndReason.FAILED)
    if (rung_out or sip == "408") and not heard_of and reason is EndReason.NO_ANSWER:
        return EndReason.FAILED
    return reason


def sip_answer(hangup: Event) -> str:
    """The SIP status that ended the call, as in `486`; empty where there was none."""
    told = hangup["variable_sip_term_status"]
    return told if told.isascii() and told.isdecimal() and len(told) == 3 else ""


def raw_cause(hangup: Event) -> str:
    """The PBX's own words, as in `17 USER_BUSY, SIP 486`."""
    number = hangup["variable_hangup_cause_q850"]
    words = f"{number[:3]} {hangup['Hangup-Cause']}".strip()
    sip = sip_answer(hangup)
    return f"{words}, SIP {sip}" if sip else words
