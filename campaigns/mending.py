"""A result that was only inferred, and the call's detail record: what is known by both together.

A worker that finds a call gone files it as lost: nobody saw its end. The record of the PBX did. But
it knows nothing of agents, so of a call that was answered while nobody could listen it says too
little: such a call stays lost, rather than guessed at.
"""

from dataclasses import dataclass, replace
from datetime import datetime

from campaigns.effects import AttemptEnded
from campaigns.outcomes import Facts, Outcome, outcome_of
from connectors.calls import EndReason, Party
from connectors.detail import CallDetail

NOT_PEOPLE = frozenset({Party.MACHINE, Party.SCREENING, Party.UNKNOWN})


@dataclass(frozen=True, slots=True)
class Mended:
    """`result` takes the place of what was inferred; None: nothing does, and `why`."""

    result: AttemptEnded | None
    why: str


def mend(inferred: AttemptEnded, detail: CallDetail, reason: EndReason, cause: str) -> Mended:
    """`reason`, `cause`: of the record, in our words and for people."""
    if inferred.reason is not EndReason.PBX_LOST:
        return Mended(None, "its end was seen")
    answered_at = inferred.answered_at or _within(detail.answered_at, inferred)
    party = Party(inferred.party) if inferred.party else None
    facts = Facts(
        answered=answered_at is not None,
        connected=inferred.connected_at is not None,
        party=party,
    )
    if facts.answered and not facts.connected and party not in NOT_PEOPLE:
        return Mended(None, "somebody answered, and nobody saw what came of it")
    outcome = outcome_of(facts, reason)
    filed = inferred.disposition
    return Mended(
        replace(
            inferred,
            outcome=outcome,
            disposition=outcome.value if filed == Outcome.LOST else filed,
            reason=reason,
            cause=cause,
            answered_at=answered_at,
            ended_at=_end(detail, inferred),
        ),
        "",
    )


def _end(detail: CallDetail, inferred: AttemptEnded) -> datetime:
    """Not before what was seen of it, and not after it was found gone, whatever the PBX's clock."""
    latest = max(
        at
        for at in (inferred.placed_at, inferred.answered_at, inferred.connected_at)
        if at is not None
    )
    return min(max(detail.ended_at, latest), inferred.ended_at)


def _within(at: datetime | None, inferred: AttemptEnded) -> datetime | None:
    return None if at is None else min(max(at, inferred.placed_at), inferred.ended_at)
