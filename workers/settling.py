"""Attempts whose claim was committed while its answer got lost on the way: they were never sent."""

from collections.abc import Collection, Iterable
from datetime import datetime
from uuid import UUID

from campaigns.effects import AttemptEnded, Effect
from campaigns.leads import OpenAttempt
from campaigns.outcomes import Outcome
from connectors.calls import EndReason

WHY = "never sent: the database went away while it was being asked"


def never_sent(
    open_attempts: Iterable[OpenAttempt],
    known: Collection[UUID],
    unwritten: Iterable[Effect],
    now: datetime,
) -> list[AttemptEnded]:
    """The results of the open attempts that the dialler does not know.

    `open_attempts`: those of its own lease; `known`: its live calls; `unwritten`: effects still to
    be stored, results among them.
    """
    told = {effect.attempt_id for effect in unwritten if isinstance(effect, AttemptEnded)}
    return [
        _result(attempt, now)
        for attempt in open_attempts
        if attempt.attempt.attempt_id not in told and attempt.attempt.attempt_id not in known
    ]


def _result(open_attempt: OpenAttempt, now: datetime) -> AttemptEnded:
    attempt = open_attempt.attempt
    return AttemptEnded(
        attempt.attempt_id,
        attempt.order.candidate.lead_id,
        attempt.order.candidate.number,
        Outcome.FAILED,
        Outcome.FAILED.value,
        EndReason.REFUSED,
        WHY,
        "",
        attempt.placed_at,
        now,
    )
