"""Each way for a call to end has its one reason."""

import pytest

from connectors.asterisk.causes import BROKEN, CAUSES, TECH_CAUSES, end_reason, raw_cause
from connectors.asterisk.codec import Message
from connectors.calls import EndReason
from tests.connectors.asterisk.ami_server import packet

# What Asterisk 22.10 told of a carrier that answered so: SIP answer, Cause, the reason.
SEEN = [
    (486, 17, EndReason.BUSY),
    (404, 1, EndReason.INVALID_NUMBER),
    (503, 34, EndReason.CONGESTION),
    (603, 21, EndReason.REJECTED),
    (403, 21, EndReason.REJECTED),
    (480, 19, EndReason.NO_ANSWER),
]
# As res_pjsip.c maps the rest.
MAPPED = [
    (401, 21, EndReason.FAILED),
    (407, 21, EndReason.FAILED),
    (408, 18, EndReason.NO_ANSWER),
    (410, 22, EndReason.INVALID_NUMBER),
    (420, 3, EndReason.FAILED),
    (429, 127, EndReason.CONGESTION),
    (483, 19, EndReason.FAILED),
    (484, 28, EndReason.INVALID_NUMBER),
    (487, 127, EndReason.NO_ANSWER),
    (488, 58, EndReason.FAILED),
    (500, 38, EndReason.FAILED),
    (501, 29, EndReason.REJECTED),
    (502, 27, EndReason.FAILED),
    (504, 102, EndReason.FAILED),
    (600, 17, EndReason.BUSY),
    (604, 1, EndReason.INVALID_NUMBER),
    (606, 58, EndReason.FAILED),
    (607, 127, EndReason.REJECTED),
    (608, 127, EndReason.REJECTED),
]


def hangup(cause: object, tech: object = 0) -> Message:
    data = packet(Event="Hangup", Cause=str(cause), Cause_txt="Words", TechCause=str(tech))
    return Message(data.strip(b"\r\n"))


def why(message: Message, **facts: bool) -> EndReason:
    return end_reason(message, **{"answered": False, "cancelled": False, **facts})


@pytest.mark.parametrize(("tech", "cause", "reason"), SEEN + MAPPED)
def test_a_sip_answer_and_its_cause(tech: int, cause: int, reason: EndReason) -> None:
    assert why(hangup(cause, tech)) is reason


@pytest.mark.parametrize("cause", range(128))
def test_every_cause_has_a_reason_that_fits_an_unanswered_call(cause: int) -> None:
    reason = why(hangup(cause))
    assert reason is CAUSES.get(cause, EndReason.FAILED)
    assert reason not in (EndReason.HUNG_UP, EndReason.PBX_LOST, EndReason.REFUSED)


@pytest.mark.parametrize("cause", range(128))
def test_after_the_answer_a_call_was_hung_up_or_broke(cause: int) -> None:
    expected = EndReason.FAILED if cause in BROKEN else EndReason.HUNG_UP
    assert why(hangup(cause), answered=True) is expected
    assert why(hangup(cause), answered=True, cancelled=True) is EndReason.HUNG_UP


@pytest.mark.parametrize("cause", [0, 16, 17, 19, 127])
def test_what_we_hung_up_before_the_answer_was_cancelled(cause: int) -> None:
    assert why(hangup(cause), cancelled=True) is EndReason.CANCELLED


def test_a_ring_time_without_a_sign_of_life_is_a_dead_trunk() -> None:
    assert why(hangup(19, 480), rung_out=True, heard_of=False) is EndReason.FAILED
    assert why(hangup(19, 480), rung_out=True) is EndReason.NO_ANSWER
    assert why(hangup(17, 486), rung_out=True, heard_of=False) is EndReason.BUSY


def test_the_end_of_a_timer_of_sip_is_a_dead_trunk_too() -> None:
    """It comes after 32 s, which may be before ours; older Asterisks tell no SIP answer."""
    for dead in (hangup(18, 408), hangup(18)):
        assert why(dead, heard_of=False) is EndReason.FAILED
        assert why(dead) is EndReason.NO_ANSWER
    assert why(hangup(18, 480), heard_of=False) is EndReason.NO_ANSWER


def test_an_asterisk_without_a_cause_for_the_ring_time_is_understood() -> None:
    """16.28 tells cause 0 there, 22.10 cause 19."""
    assert why(hangup(0), rung_out=True) is EndReason.NO_ANSWER
    assert why(hangup(0), rung_out=True, heard_of=False) is EndReason.FAILED
    assert why(hangup(0)) is EndReason.FAILED


@pytest.mark.parametrize("raw", ["", "-1", "x", "१७", "9" * 30])
def test_a_cause_that_is_no_number_is_an_unknown_one(raw: str) -> None:
    assert why(hangup(raw, raw)) is EndReason.FAILED


def test_the_raw_cause_is_in_the_words_of_the_pbx() -> None:
    assert raw_cause(hangup(17, 486)) == "17 Words, SIP 486"
    assert raw_cause(hangup(16)) == "16 Words"


def test_no_sip_answer_is_mapped_twice_in_vain() -> None:
    for tech, cause, reason in SEEN + MAPPED:
        if tech in TECH_CAUSES:
            assert CAUSES.get(cause, EndReason.FAILED) is not reason, tech
