"""What pacing is told of calls: that one was placed, and how its wait for an answer ended.

Each call that was originated is told of exactly twice, whatever events come late or again. A
call that an earlier worker placed is not: what it was at the beginning has not been seen.

What has come of it is told once a minute, for the worker that dials the campaign next.
"""

from datetime import datetime

from campaigns.effects import PacingLearned
from campaigns.pacing.memory import recall, remember, turn
from campaigns.run import Call, Run
from connectors.calls import Ended, EndReason

FAILED = frozenset(
    {
        EndReason.BUSY,
        EndReason.REJECTED,
        EndReason.INVALID_NUMBER,
        EndReason.CONGESTION,
        EndReason.FAILED,
        EndReason.REFUSED,
    }
)
TELL = 60.0  # seconds
UNSEEN = frozenset({EndReason.CANCELLED, EndReason.PBX_LOST})


def originated(run: Run, call: Call) -> None:
    call.learning = True
    run.pacer.learn_placed(call.segment)


def wait_over(run: Run, call: Call, at: datetime, how: str) -> None:
    """Live, machine, failed, no_answer or cancelled: as `Pacer.learn_end` has it."""
    if call.learning:
        call.learning = False
        run.pacer.learn_end(call.segment, (at - call.attempt.placed_at).total_seconds(), how)


def ended(run: Run, call: Call, event: Ended) -> None:
    """A call is gone; if pacing does not know yet how its wait ended, it ended with this."""
    if call.learning:
        wait_over(run, call, event.at, _how(call, event.reason))


def _how(call: Call, reason: EndReason) -> str:
    if call.answered_at is not None:
        return "machine"  # or a person who was gone before the verdict: nobody for an agent
    if call.cut_short or call.cancelled or reason in UNSEEN:
        return "cancelled"
    if reason in FAILED and call.ringing_at is None:
        return "failed"
    return "no_answer"  # a call that rang and was declined has kept an agent waiting as long


def look(run: Run, now: datetime) -> None:
    """Time has passed: tell pacing the hour, and others what it has learned."""
    told = run.told_at
    if told is not None and 0 <= (now - told).total_seconds() < TELL:
        return
    run.told_at = now
    turn(run.pacer, run.local(now).hour)
    if told is not None:
        tell(run, now)


def tell(run: Run, now: datetime) -> None:
    """What has been learned, if it is anything."""
    if memory := remember(run.pacer):
        run.emit(PacingLearned(now, memory))


def begin_with(run: Run, memory: object, at: datetime, now: datetime) -> str:
    """What a worker before has learned until `at`; why it is of no use, or nothing."""
    return recall(run.pacer, memory, (now - at).total_seconds(), run.local(now).hour)
