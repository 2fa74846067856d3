"""For how long a phone rings: the campaign's `ring`, counted from when it was heard to ring.

A PBX counts from the originate, and some seconds of that go by on the way to the phone. So it is
given `SETUP` for the way besides the ring time (`most`), and a call that was heard to ring is
ended here: on each PBX alike, and to everyone as by the PBX's own ring time. What is never heard
to ring, and what rings where nobody listens (the link is down, the worker is lost), the PBX ends.
"""

from dataclasses import replace
from datetime import datetime
from math import ceil, inf

from campaigns.call_life import SETUP, CallState
from campaigns.run import Call, Run, seconds
from campaigns.timers import Timer
from connectors.calls import Ended, EndReason, HangUp


def most(run: Run) -> int:
    """Seconds from the originate until the PBX gives a call up by itself."""
    return ceil(run.campaign.ring + SETUP)


def began(run: Run, call: Call, at: datetime) -> None:
    """A call was heard to ring."""
    call.ringing_at = at
    run.rings_since(call, at.timestamp())
    run.timers.set(at + seconds(run.campaign.ring), Timer.RING, call.call_id)


def look(run: Run, call: Call, now: datetime) -> None:
    """End it, if it has rung for its whole time.

    It counts as in flight until the PBX has said that it is gone. Should it be answered in that
    moment, it is served like any other, if the PBX still has it.
    """
    if call.node in run.lines.up and has_rung(call, run.campaign.ring, now):
        silence(run, call)


def has_rung(call: Call, long: float, now: datetime) -> bool:
    """Whether a phone rings on that was heard to ring for so many seconds."""
    if call.state is not CallState.RINGING or call.silenced:
        return False
    if call.ringing_at is None or call.rang == inf:
        return False  # nobody has seen since when
    return now - call.ringing_at >= seconds(long)


def silence(run: Run, call: Call) -> None:
    """Hang up on a phone that rings."""
    call.silenced = True
    run.recount(call)
    run.send(call.node, HangUp(call.call_id))


def as_ended(call: Call, event: Ended) -> Ended:
    """The end of a call: that we have hung up after its ring time means that nobody answered."""
    if call.silenced and not call.cut_short and event.reason is EndReason.CANCELLED:
        return replace(event, reason=EndReason.NO_ANSWER)
    return event
