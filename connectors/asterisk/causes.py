"""Why a call ended, from what Hangup says: `Cause` (Q.850) and `TechCause` (the SIP answer).

`DialStatus` and `Reason` are not used: Asterisk calls a 404 and a 603 "NOANSWER" there, and gives
a busy line, a wrong number and a full trunk the same reason 0.
"""

from connectors.asterisk.codec import Message
from connectors.calls import EndReason

# Q.850 as in Asterisk's causes.h, for a call that was not answered. What is not in the table (the
# protocol errors from 43 on, for the most part) is FAILED.
CAUSES = {
    0: EndReason.FAILED,  # not told
    1: EndReason.INVALID_NUMBER,  # unallocated
    2: EndReason.FAILED,  # no route to the transit network
    3: EndReason.INVALID_NUMBER,  # no route to the destination
    5: EndReason.INVALID_NUMBER,  # misdialled trunk prefix
    16: EndReason.NO_ANSWER,  # cleared by the other side before anybody answered
    17: EndReason.BUSY,
    18: EndReason.NO_ANSWER,  # no user responding
    19: EndReason.NO_ANSWER,  # rang; also our own ring time
    20: EndReason.NO_ANSWER,  # subscriber absent
    21: EndReason.REJECTED,
    22: EndReason.INVALID_NUMBER,  # changed
    26: EndReason.NO_ANSWER,  # answered elsewhere
    27: EndReason.FAILED,  # destination out of order
    28: EndReason.INVALID_NUMBER,  # format
    29: EndReason.REJECTED,  # facility rejected
    31: EndReason.NO_ANSWER,  # normal, unspecified
    34: EndReason.CONGESTION,
    38: EndReason.FAILED,  # network out of order
    41: EndReason.FAILED,  # temporary failure
    42: EndReason.CONGESTION,  # switch congestion
    44: EndReason.CONGESTION,  # requested channel not available
    52: EndReason.REJECTED,  # outgoing calls barred
    54: EndReason.REJECTED,  # incoming calls barred
}

# SIP answers that Asterisk folds into a cause which says something else.
TECH_CAUSES = {
    401: EndReason.FAILED,  # the trunk wants other credentials; nobody declined
    407: EndReason.FAILED,
    420: EndReason.FAILED,  # bad extension, told as "no route"
    429: EndReason.CONGESTION,  # too many requests
    433: EndReason.REJECTED,  # anonymity disallowed
    483: EndReason.FAILED,  # too many hops, told as "no answer"
    487: EndReason.NO_ANSWER,  # request terminated
    607: EndReason.REJECTED,  # unwanted
    608: EndReason.REJECTED,  # rejected by an analysis of calls
}

NO_USER_RESPONSE, REQUEST_TIMEOUT = 18, 408  # also a timer of the protocol, 32 s for SIP

# Causes that end a conversation without anybody hanging up.
BROKEN = frozenset({27, 38, 41, 102})


def end_reason(
    hangup: Message,
    *,
    answered: bool,
    cancelled: bool,
    rung_out: bool = False,
    heard_of: bool = True,
) -> EndReason:
    """Why the call of a Hangup event ended.

    `cancelled`: we hung it up. `rung_out`: it has had its time. `heard_of`: the trunk gave a
    sign of life; all that time without one is a dead trunk, not a customer who does not answer.
    """
    cause, tech = _number(hangup["Cause"]), _number(hangup["TechCause"])
    if answered:
        return EndReason.FAILED if cause in BROKEN and not cancelled else EndReason.HUNG_UP
    if cancelled:
        return EndReason.CANCELLED
    reason = _unanswered(cause, tech)
    if rung_out and cause == 0:  # older Asterisks have no cause for the end of a ring time
        reason = EndReason.NO_ANSWER
    waited = rung_out or (tech or cause) in (REQUEST_TIMEOUT, NO_USER_RESPONSE)
    if waited and not heard_of and reason is EndReason.NO_ANSWER:
        return EndReason.FAILED
    return reason


def reason_by(cause: int, sip: int, *, answered: bool) -> EndReason:
    """The same by numbers alone: Q.850, and the SIP answer or 0."""
    if answered:
        return EndReason.FAILED if cause in BROKEN else EndReason.HUNG_UP
    return _unanswered(cause, sip)


def _unanswered(cause: int, tech: int) -> EndReason:
    return TECH_CAUSES.get(tech) or CAUSES.get(cause, EndReason.FAILED)


def raw_cause(hangup: Message) -> str:
    """The PBX's own words, as in `17 User busy, SIP 486`."""
    words = f"{hangup['Cause']} {hangup['Cause-txt']}".strip()
    tech = _number(hangup["TechCause"])
    return f"{words}, SIP {tech}" if tech else words


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 6 else 0
