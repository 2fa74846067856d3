"""How a day's calls went: how each ended, what it weighs, and how long things took.

A call that we hung up ourselves before its answer says only that nobody had answered by then. Its
weight is shared out evenly over the calls that were left to ring for longer (Efron's
redistribution to the right, which gives the Kaplan-Meier estimate): were it left out, or taken
for unanswered, the share of answers would come out wrong as soon as calls are cut short.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from campaigns.spec.campaign import Campaign
from connectors.calls import EndReason, Party
from connectors.fake.spread import Spread
from storage.traffic import Dialled

ENOUGH = 20  # times from which on they are told by what was measured
KEPT = 1000  # points of a distribution
CUT = "cut"  # hung up by ourselves, or lost from sight, before anybody answered
QUICK: dict[str, str] = {
    EndReason.BUSY: "busy",
    EndReason.INVALID_NUMBER: "invalid",
    EndReason.REJECTED: "rejected",
    EndReason.CONGESTION: "congestion",
    EndReason.FAILED: "failed",
    EndReason.REFUSED: "failed",
    EndReason.CANCELLED: CUT,
    EndReason.PBX_LOST: CUT,
}


@dataclass(frozen=True, slots=True)
class Measured(Spread):
    """Times as they were measured: `points`, ascending, stand for equal shares of them."""

    points: tuple[float, ...] = ()

    def at(self, chance: float) -> float:
        place = chance * len(self.points) - 0.5
        low = min(max(int(place), 0), len(self.points) - 1)
        high = min(low + 1, len(self.points) - 1)
        part = min(max(place - low, 0.0), 1.0)
        return self.points[low] * (1 - part) + self.points[high] * part


def measured(times: Iterable[float], usual: Spread) -> Spread:
    """The distribution of some times; of too few to tell, what is usual."""
    found = sorted(time for time in times if time >= 0)
    if len(found) < ENOUGH:
        return usual
    count = min(KEPT, len(found))
    points = tuple(found[int((n + 0.5) * len(found) / count)] for n in range(count))
    return Measured(sum(found) / len(found), usual.cv, points)


def fate(call: Dialled, campaign: Campaign) -> str:
    """`human`, or a share of `connectors.fake.world.Segment`; `cut`; empty: it rang in vain."""
    if call.answered_at is None:
        return QUICK.get(call.reason, "")
    if call.party == Party.SCREENING:
        return "screening"
    is_machine = call.party == Party.MACHINE or campaign.is_machine(call.filed)
    return "machine" if is_machine else "human"


def weighed(calls: Sequence[Dialled], campaign: Campaign) -> list[tuple[Dialled, str, float]]:
    """Each call that tells something, with its fate and its weight."""
    weight, made = 1.0, []
    for left, call in zip(range(len(calls) - 1, -1, -1), sorted(calls, key=_age), strict=True):
        how = fate(call, campaign)
        if how == CUT and left:
            weight *= (left + 1) / left
        else:
            made.append((call, "" if how == CUT else how, weight))
    return made


def between(start: datetime | None, end: datetime | None) -> float:
    """Seconds; below 0, which no time is, where one of the two is not known."""
    return (end - start).total_seconds() if start is not None and end is not None else -1.0


def _age(call: Dialled) -> float:
    """For how long it was waited for an answer."""
    return between(call.placed_at, call.answered_at or call.ended_at)
