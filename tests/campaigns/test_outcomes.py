"""What an attempt came to: every reason has an outcome, and the first row that fits decides."""

import pytest

from campaigns.outcomes import UNANSWERED, Facts, Outcome, outcome_of
from connectors.calls import EndReason, Party

HUNG_UP, LOST, BUSY = EndReason.HUNG_UP, EndReason.PBX_LOST, EndReason.BUSY


def test_every_reason_has_an_outcome_for_a_call_that_nobody_answered() -> None:
    assert set(UNANSWERED) == set(EndReason)
    for reason in EndReason:
        assert outcome_of(Facts(), reason) is UNANSWERED[reason]


@pytest.mark.parametrize(
    ("facts", "reason", "outcome"),
    [
        (Facts(answered=True, live=True, connected=True), HUNG_UP, Outcome.CONNECTED),
        (Facts(answered=True, live=True, connected=True), LOST, Outcome.CONNECTED),
        (Facts(answered=True, live=True, given_up=True), HUNG_UP, Outcome.ABANDONED),
        (Facts(answered=True, live=True, given_up=True), LOST, Outcome.ABANDONED),
        (Facts(answered=True, party=Party.SCREENING), HUNG_UP, Outcome.SCREENED),
        (Facts(answered=True, party=Party.MACHINE), HUNG_UP, Outcome.MACHINE),
        (Facts(answered=True, party=Party.UNKNOWN), HUNG_UP, Outcome.MACHINE),
        (Facts(answered=True, live=True, party=Party.UNKNOWN), HUNG_UP, Outcome.EARLY_HANG_UP),
        (Facts(answered=True, live=True, party=Party.HUMAN), HUNG_UP, Outcome.EARLY_HANG_UP),
        (Facts(answered=True), HUNG_UP, Outcome.EARLY_HANG_UP),
        (Facts(answered=True, live=True), LOST, Outcome.LOST),
        (Facts(cancelled=True), EndReason.CANCELLED, Outcome.CANCELLED),
        (Facts(cancelled=True), BUSY, Outcome.CANCELLED),
        (Facts(cancelled=True), LOST, Outcome.LOST),
        (Facts(silenced=True), EndReason.CANCELLED, Outcome.NO_ANSWER),
        (Facts(silenced=True), LOST, Outcome.LOST),
        (Facts(silenced=True, answered=True), HUNG_UP, Outcome.EARLY_HANG_UP),
        (Facts(), BUSY, Outcome.BUSY),
    ],
)
def test_the_first_row_that_fits_decides(facts: Facts, reason: EndReason, outcome: Outcome) -> None:
    assert outcome_of(facts, reason) is outcome
