"""Every cause of a FreeSWITCH has its reason, and SIP's own answer counts where it says more."""

import pytest

from connectors.calls import EndReason
from connectors.freeswitch.causes import CAUSES, OWN, end_reason, raw_cause, sip_answer
from connectors.freeswitch.event import Event

PROTOCOL_ERRORS = {
    "CHANNEL_UNACCEPTABLE", "CALL_AWARDED_DELIVERED", "EXCHANGE_ROUTING_ERROR",
    "RESPONSE_TO_STATUS_ENQUIRY", "ACCESS_INFO_DISCARDED", "PRE_EMPTED",
    "FACILITY_NOT_SUBSCRIBED", "BEARERCAPABILITY_NOTAUTH", "BEARERCAPABILITY_NOTAVAIL",
    "SERVICE_UNAVAILABLE", "BEARERCAPABILITY_NOTIMPL", "CHAN_NOT_IMPLEMENTED",
    "FACILITY_NOT_IMPLEMENTED", "SERVICE_NOT_IMPLEMENTED", "INVALID_CALL_REFERENCE",
    "INCOMPATIBLE_DESTINATION", "INVALID_MSG_UNSPECIFIED", "MANDATORY_IE_MISSING",
    "MESSAGE_TYPE_NONEXIST", "WRONG_MESSAGE", "IE_NONEXIST", "INVALID_IE_CONTENTS",
    "WRONG_CALL_STATE", "RECOVERY_ON_TIMER_EXPIRE", "MANDATORY_IE_LENGTH_ERROR",
    "PROTOCOL_ERROR", "INTERWORKING", "SUCCESS", "CRASH", "SYSTEM_SHUTDOWN", "MANAGER_REQUEST",
    "ATTENDED_TRANSFER", "MEDIA_TIMEOUT", "INVALID_GATEWAY", "INVALID_URL", "INVALID_PROFILE",
    "NO_PICKUP", "SRTP_READ_ERROR", "BOWOUT", "UNSUPPORTED_CERTIFICATE", "INVALID_IDENTITY",
    "STALE_DATE", "REJECT_ALL",
}  # fmt: skip
"""The rest of the causes: none of them tells anything of the customer."""


def reason(cause: str, sip: str = "", **known: bool) -> EndReason:
    return end_reason(cause, sip, **{"answered": False, "cancelled": False, **known})


@pytest.mark.parametrize(
    ("cause", "sip", "expected"),
    [
        ("USER_BUSY", "486", EndReason.BUSY),
        ("USER_BUSY", "", EndReason.BUSY),
        ("NO_ANSWER", "", EndReason.NO_ANSWER),
        ("NO_USER_RESPONSE", "480", EndReason.NO_ANSWER),
        ("UNALLOCATED_NUMBER", "404", EndReason.INVALID_NUMBER),
        ("NUMBER_CHANGED", "410", EndReason.INVALID_NUMBER),
        ("INVALID_NUMBER_FORMAT", "484", EndReason.INVALID_NUMBER),
        ("CALL_REJECTED", "603", EndReason.REJECTED),
        ("CALL_REJECTED", "403", EndReason.REJECTED),
        ("CALL_REJECTED", "401", EndReason.FAILED),
        ("CALL_REJECTED", "407", EndReason.FAILED),
        ("NORMAL_TEMPORARY_FAILURE", "503", EndReason.CONGESTION),
        ("NORMAL_TEMPORARY_FAILURE", "500", EndReason.FAILED),
        ("BAD_IDENTITY_INFO", "429", EndReason.FAILED),
        ("RECOVERY_ON_TIMER_EXPIRE", "408", EndReason.NO_ANSWER),
        ("NORMAL_CIRCUIT_CONGESTION", "", EndReason.CONGESTION),
        ("ORIGINATOR_CANCEL", "487", EndReason.NO_ANSWER),
        ("INCOMPATIBLE_DESTINATION", "488", EndReason.FAILED),
        ("A_CAUSE_OF_TOMORROW", "", EndReason.FAILED),
        ("", "", EndReason.FAILED),
    ],
)
def test_a_call_that_was_not_answered(cause: str, sip: str, expected: EndReason) -> None:
    assert reason(cause, sip) is expected


def test_every_cause_of_a_freeswitch_has_been_thought_of() -> None:
    """Those of the table `CAUSE_CHART` in switch_channel.c of FreeSWITCH 1.11."""
    assert not CAUSES.keys() & PROTOCOL_ERRORS
    assert len(CAUSES) + len(PROTOCOL_ERRORS) == 82
    assert {reason(cause) for cause in PROTOCOL_ERRORS} == {EndReason.FAILED}
    assert all(reason(cause) is expected for cause, expected in CAUSES.items())


@pytest.mark.parametrize("cause", sorted(OWN))
def test_what_the_switch_says_by_itself_is_its_refusal(cause: str) -> None:
    assert reason(cause, heard_of=False) is EndReason.REFUSED
    assert reason(cause, "404", heard_of=False) is not EndReason.REFUSED


def test_after_the_answer_it_was_hung_up_or_it_broke() -> None:
    assert reason("NORMAL_CLEARING", answered=True) is EndReason.HUNG_UP
    assert reason("USER_BUSY", answered=True) is EndReason.HUNG_UP
    assert reason("MEDIA_TIMEOUT", answered=True) is EndReason.FAILED
    assert reason("MEDIA_TIMEOUT", answered=True, cancelled=True) is EndReason.HUNG_UP


def test_what_we_hung_up_before_the_answer_is_cancelled() -> None:
    assert reason("NORMAL_CLEARING", cancelled=True) is EndReason.CANCELLED


@pytest.mark.parametrize(("cause", "sip"), [("NO_ANSWER", ""), ("RECOVERY_ON_TIMER_EXPIRE", "408")])
def test_a_ring_time_without_a_sign_of_life_is_a_dead_trunk(cause: str, sip: str) -> None:
    assert reason(cause, sip, rung_out=True, heard_of=False) is EndReason.FAILED
    assert reason(cause, sip, rung_out=True, heard_of=True) is EndReason.NO_ANSWER


def test_every_reason_that_a_cause_can_give_is_one_before_the_answer() -> None:
    after = {EndReason.HUNG_UP, EndReason.CANCELLED, EndReason.PBX_LOST, EndReason.REFUSED}
    assert not after & set(CAUSES.values())


def test_the_raw_words_are_the_switchs_own() -> None:
    told = {"Hangup-Cause": "USER_BUSY", "variable_hangup_cause_q850": "17"}
    assert raw_cause(Event(told)) == "17 USER_BUSY"
    assert raw_cause(Event({**told, "variable_sip_term_status": "486"})) == "17 USER_BUSY, SIP 486"
    assert sip_answer(Event({"variable_sip_term_status": "٤٨٦"})) == ""
