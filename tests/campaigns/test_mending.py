"""What was inferred and what the PBX has recorded come to one result, and nothing is guessed."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from campaigns.effects import AttemptEnded
from campaigns.mending import mend
from campaigns.outcomes import Outcome
from connectors.calls import EndReason, Party
from connectors.detail import CallDetail
from connectors.detail_causes import reason_of, words_of

ID = UUID(int=7)
PLACED = datetime(2026, 11, 27, 12, 0, tzinfo=UTC)
FOUND_GONE = PLACED + timedelta(minutes=3)


def at(seconds: float) -> datetime:
    return PLACED + timedelta(seconds=seconds)


LOST = AttemptEnded(
    attempt_id=ID,
    lead_id=ID,
    number="+12125550123",
    outcome=Outcome.LOST,
    disposition="lost",
    reason=EndReason.PBX_LOST,
    cause="",
    party="",
    placed_at=PLACED,
    ended_at=FOUND_GONE,
)


def lost(**known: Any) -> AttemptEnded:
    return replace(LOST, **known)


def detail(ended: float, cause: str, answered: float | None = None, sip: str = "") -> CallDetail:
    return CallDetail(ID, at(ended), None if answered is None else at(answered), cause, sip)


def mended(inferred: AttemptEnded, told: CallDetail) -> AttemptEnded | None:
    return mend(inferred, told, reason_of(told), words_of(told)).result


@pytest.mark.parametrize(
    ("cause", "sip", "outcome"),
    [
        ("17", "", Outcome.BUSY),
        ("19", "", Outcome.NO_ANSWER),
        ("1", "404", Outcome.INVALID_NUMBER),
        ("34", "503", Outcome.CONGESTION),
        ("USER_BUSY", "486", Outcome.BUSY),
        ("NO_ANSWER", "", Outcome.NO_ANSWER),
        ("CALL_REJECTED", "603", Outcome.REJECTED),
        ("SOMETHING_NEW", "", Outcome.FAILED),
    ],
)
def test_a_call_that_nobody_answered_has_the_outcome_of_its_cause(
    cause: str, sip: str, outcome: Outcome
) -> None:
    result = mended(lost(), detail(20, cause, sip=sip))
    assert result is not None
    assert (result.outcome, result.disposition) == (outcome, outcome)
    assert result.ended_at == at(20)
    assert result.cause.startswith(cause)
    assert result.cause.endswith("by its record")


def test_a_conversation_that_was_seen_gets_its_end() -> None:
    talked = lost(connected_at=at(6), answered_at=at(4), agent="ann")
    result = mended(talked, detail(66, "16", answered=4))
    assert result is not None
    assert (result.outcome, result.agent, result.ended_at) == (Outcome.CONNECTED, "ann", at(66))
    assert result.reason is EndReason.HUNG_UP


def test_what_its_agent_has_filed_stays() -> None:
    filed = lost(connected_at=at(6), answered_at=at(4), disposition="sale")
    result = mended(filed, detail(66, "16", answered=4))
    assert result is not None
    assert result.disposition == "sale"


def test_a_machine_that_was_heard_stays_a_machine() -> None:
    result = mended(lost(answered_at=at(4), party=Party.MACHINE), detail(9, "16", answered=4))
    assert result is not None
    assert result.outcome is Outcome.MACHINE


def test_who_answered_while_nobody_could_listen_is_not_guessed_at() -> None:
    told = detail(30, "16", answered=5)
    found = mend(lost(), told, reason_of(told), words_of(told))
    assert found.result is None
    assert found.why == "somebody answered, and nobody saw what came of it"


def test_an_end_that_was_seen_is_never_changed() -> None:
    told = detail(30, "17")
    seen = lost(reason=EndReason.NO_ANSWER, outcome=Outcome.NO_ANSWER)
    assert mend(seen, told, reason_of(told), "").result is None


@given(st.integers(-(10**6), 10**6), st.integers(-(10**6), 10**6))
def test_no_clock_of_a_pbx_moves_a_call_out_of_its_time(ended: int, answered: int) -> None:
    """Else it would overlap with the next call to that number (I1), or end before it was seen."""
    known = lost(answered_at=at(4), connected_at=at(6))
    result = mended(known, detail(ended, "16", answered=answered))
    assert result is not None
    assert at(6) <= result.ended_at <= FOUND_GONE
    assert result.answered_at == at(4)
