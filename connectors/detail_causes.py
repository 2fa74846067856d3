"""Why a call ended, by its detail record: each PBX's own table, as for its events."""

from connectors.asterisk import causes as asterisk
from connectors.calls import EndReason
from connectors.detail import CallDetail
from connectors.freeswitch import causes as freeswitch


def reason_of(detail: CallDetail) -> EndReason:
    """Numbers are Q.850, as Asterisk has them; names are FreeSWITCH's."""
    answered = detail.answered_at is not None
    if detail.cause.isdecimal():
        return asterisk.reason_by(int(detail.cause), int(detail.sip or 0), answered=answered)
    return freeswitch.end_reason(detail.cause, detail.sip, answered=answered, cancelled=False)


def words_of(detail: CallDetail) -> str:
    """As it is stored with the attempt: `17, SIP 486, by its record`."""
    sip = f", SIP {detail.sip}" if detail.sip else ""
    return f"{detail.cause or 'no cause'}{sip}, by its record"
