"""Cutting calls short: ending one that rings, because its answer would now find nobody.

No call is cut short before it was seen to ring for `pacing.cancel_after`, which is never below
the 15 s of 16 CFR 310.4(b)(4)(ii). To everyone but pacing it is a call that nobody answered.

It counts as in flight until the PBX has said that it is gone. Should it be answered in that
moment, it is served like any other, if the PBX still has it; if not, and a person may have been
on the line, it was abandoned.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from uuid import UUID

from campaigns.ringing import has_rung, silence
from campaigns.run import Run


def cut_short(run: Run, ringing: Sequence[UUID], places: Iterable[int], now: datetime) -> int:
    """Hang up those of the `ringing` calls, by their places, that may be; how many these were."""
    after = run.campaign.pacing.cancel_after
    if after is None:
        return 0
    calls = [run.calls[ringing[place]] for place in places if ringing[place] in run.calls]
    ending = [call for call in calls if has_rung(call, after, now)]
    for call in ending:
        call.cut_short = True
        run.counts["cut_short"] += 1
        silence(run, call)
    return len(ending)
