"""What a live screen shows of a running campaign."""

from collections import Counter
from datetime import datetime
from typing import Any

from campaigns.agents import Agent
from campaigns.arrivals import InboundOutcome
from campaigns.call_life import CallState
from campaigns.cover import cover
from campaigns.effects import AgentState
from campaigns.guard import Tally
from campaigns.run import Run


def snapshot(run: Run, now: datetime) -> dict[str, Any]:
    """Plain JSON types; one count for every screen, so that no two disagree.

    What was connected and abandoned is told of the day, and again of the `period` that the
    limit is about.
    """
    today = run.day_of(now)
    period = run.period(today)
    return {
        "campaign": run.campaign.name,
        "mode": run.campaign.mode.value,
        "state": run.state.value,
        "at": now.isoformat(),
        "agents": {state.value: run.floor.count(state) for state in AgentState},
        "calls": dict(Counter(call.state.value for call in run.calls.values())),
        "claiming": run.claiming,
        "trunks": run.lines.in_use(),
        "nodes": sorted(run.campaign.pbx),
        "nodes_up": sorted(run.lines.up),
        "hopper": len(run.hopper),
        "wanting_skills": run.hopper.parked,
        "dialled": run.counts["dialled"],
        **_counts(run.tally(today)),
        "period": {
            "from": period.first,
            "to": period.last,
            **_counts(run.tally_of(period)),
        },
        "inbound": _inbound(run, today, now),
        "limit": run.campaign.abandonment.limit,
        "guard": _guard(run, now),
        "pacing": {"calls": run.decided.calls, "why": run.decided.why},
        "lines_full": run.lines.why_full(now),
        "refused": dict(run.refused),
        "counts": dict(run.counts),
        "roster": [_agent(a, now) for a in sorted(run.floor, key=lambda a: a.name)],
    }


def _counts(tally: Tally) -> dict[str, Any]:
    return {
        "connected": tally.connected,
        "late": tally.late,
        "abandoned": tally.abandoned,
        "agent_lost": tally.agent_lost,
        "machines": tally.machines,
        "heard": tally.heard,
        "abandonment": round(tally.rate, 5),
    }


def _guard(run: Run, now: datetime) -> dict[str, int]:
    """Calls that may be in flight beyond the free agents, and how many of these places are left."""
    covered = cover(run, now)
    return {"room": covered.room, "left": covered.beyond}


def _inbound(run: Run, today: str, now: datetime) -> dict[str, Any] | None:
    """Who has called in: now, and what the day's calls have come to. None: no line is served."""
    if run.campaign.inbound is None:
        return None
    calls = list(run.inbound.values())
    waited = [(now - call.queued_at).total_seconds() for call in calls if call.waits]
    tally = run.callers(today)
    return {
        "waiting": len(waited),
        "longest_wait": round(max(waited, default=0.0), 1),
        "in_flow": sum(call.state is CallState.FLOW for call in calls),
        "talking": sum(call.state is CallState.TALKING for call in calls),
        **{outcome.value: tally[outcome] for outcome in InboundOutcome},
    }


def _agent(agent: Agent, now: datetime) -> dict[str, Any]:
    return {
        "agent": agent.name,
        "state": agent.state.value,
        "seconds": round((now - agent.since).total_seconds(), 1),
        "reason": agent.reason,
        "leaving": agent.leaving_reason,
        "lead": agent.preview.number if agent.preview is not None else "",
    }
