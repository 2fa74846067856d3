"""Simulate a campaign: what a shift would bring, in seconds, with nobody's phone ringing."""

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

from campaigns.arrivals import InboundOutcome
from campaigns.flow.flow import Flow
from campaigns.outcomes import Outcome
from campaigns.spec.campaign import Campaign
from campaigns.windows import next_opening
from connectors.fake.world import World
from workers.kept_shift import KeptShift

MONDAY = datetime(2026, 1, 5, 0, 0, tzinfo=UTC)
"""Simulated shifts begin at the first opening of the campaign's window from here on."""


def simulate(
    campaign: Campaign,
    world: World,
    agents: int,
    hours: float,
    seed: int,
    flows: Mapping[str, Flow] | None = None,
) -> dict[str, Any]:
    """Run a shift and say what came of it. Shares are fractions; the same seed, the same day.
    `flows`: the campaign's and those that they call, by name.

    `invariants_broken`: rows of its history that break one of them; see `storage.invariants`.
    """
    shift = KeptShift(campaign, world, agents, seed, _opening(campaign), flows=flows)
    shift.run(hours)
    outcomes, tally = shift.outcomes, shift.tally
    return {
        "campaign": campaign.name,
        "mode": campaign.mode.value,
        "agents": shift.agents,
        "hours": hours,
        "seed": seed,
        "attempts": shift.dialler.run.counts["dialled"],
        "connected": outcomes[Outcome.CONNECTED],
        "abandoned": outcomes[Outcome.ABANDONED],
        "late": tally.late,
        "abandonment": round(tally.rate, 5),
        "max_abandonment_seen": round(shift.max_abandonment, 5),
        "agent_idle": round(shift.times.idle, 4),
        "talk_share": round(shift.times.talk_share, 4),
        "inbound": {o.value: shift.callers[o] for o in InboundOutcome if shift.callers[o]},
        "inbound_opted_out": len(shift.opted_out),
        "inbound_answers": _counted(shift.callers_answers.values()),
        "answers": _counted(shift.answers.values()),
        "invariants_broken": shift.broken(),
        "outcomes": {o.value: outcomes[o] for o in Outcome if outcomes[o]},
    }


def _counted(given: Iterable[Mapping[str, str]]) -> dict[str, dict[str, int]]:
    """How many calls gave which answer, by question; nothing where none is asked."""
    found: dict[str, Counter[str]] = {}
    for answers in given:
        for question, answer in answers.items():
            found.setdefault(question, Counter())[answer] += 1
    return {question: dict(counts.most_common()) for question, counts in sorted(found.items())}


def _opening(campaign: Campaign) -> datetime:
    return next_opening(campaign.windows, ("UTC",), MONDAY) or MONDAY
