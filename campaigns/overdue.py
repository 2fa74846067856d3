"""What is done when the PBX, or a person, has taken too long."""

from collections.abc import Callable
from datetime import UTC, datetime

from campaigns import asks, inbound_asks, inbound_life
from campaigns.answering import abandon, hang_up, on_classified, on_ended
from campaigns.call_life import LONGEST, UNANSWERED, CallState
from campaigns.inbound_calls import InboundCall
from campaigns.run import Call, Run, seconds
from campaigns.staff import lose_agent
from connectors.calls import Classified, Ended, EndReason, HangUp, Party

_NEVER = datetime(1, 1, 1, tzinfo=UTC)
_SHORTEST = seconds(min(LONGEST.values()))
_TALKING = CallState.TALKING  # most calls of a busy shift, and for as long as people like


def answer_due(run: Run, call: Call, now: datetime) -> None:
    """A person has waited as long as the law allows."""
    if call.state is CallState.WAITING:
        abandon(run, call, now)


def sweep(run: Run, now: datetime) -> None:
    """Act on calls that have been in a state for too long; out of a PBX's sight, wait."""
    limits = {state: now - seconds(limit) for state, limit in LONGEST.items()}
    for state in UNANSWERED:
        limits[state] -= seconds(run.campaign.ring)
    _sweep_inbound(run, limits, now)
    if run.needs is not None:
        asks.sweep(run, now)
    inbound_asks.sweep(run, now)
    soonest = now - _SHORTEST
    quiet = [c for c in run.calls.values() if c.state is not _TALKING and c.since <= soonest]
    for call in [c for c in quiet if c.since <= limits.get(c.state, _NEVER)]:
        if call.node in run.lines.up:
            run.counts[f"overdue_{call.state}"] += 1
            _ACTIONS[call.state](run, call, now)


def _sweep_inbound(run: Run, limits: dict[CallState, datetime], now: datetime) -> None:
    for call in list(run.inbound.values()):
        if call.since <= limits.get(call.state, _NEVER) and call.node in run.lines.up:
            run.counts[f"overdue_inbound_{call.state}"] += 1
            _ON_INBOUND[call.state](run, call, now)


def _no_inbound_bridge(run: Run, call: InboundCall, now: datetime) -> None:
    agent = run.floor.get(call.agent or "")
    if agent is None:
        inbound_life.hang_up(run, call, now)
        return
    if agent.leg_id is not None:
        run.send(agent.node, HangUp(agent.leg_id))
    lose_agent(run, agent, "the caller never reached its bridge", now)


def _inbound_never_ended(run: Run, call: InboundCall, now: datetime) -> None:
    cause = "the PBX never said that the call was over"
    inbound_life.on_ended(run, call, Ended(call.call_id, now, EndReason.PBX_LOST, cause), now)


def _no_verdict(run: Run, call: Call, now: datetime) -> None:
    on_classified(run, call, Classified(call.call_id, now, Party.UNKNOWN, "no verdict"), now)


def _no_bridge(run: Run, call: Call, now: datetime) -> None:
    agent = run.floor.get(call.agent or "")
    if agent is None:
        hang_up(run, call, now)
        return
    if agent.leg_id is not None:
        run.send(agent.node, HangUp(agent.leg_id))
    lose_agent(run, agent, "the customer never reached its bridge", now)


def _never_ended(run: Run, call: Call, now: datetime) -> None:
    cause = "the PBX never said that the call was over"
    on_ended(run, call, Ended(call.call_id, now, EndReason.PBX_LOST, cause), now)


_ACTIONS: dict[CallState, Callable[[Run, Call, datetime], None]] = {
    CallState.PLACED: hang_up,
    CallState.RINGING: hang_up,
    CallState.ANALYSING: _no_verdict,
    CallState.CONNECTING: _no_bridge,
    CallState.MESSAGE: hang_up,
    CallState.FLOW: hang_up,
    CallState.ENDING: _never_ended,
}

_ON_INBOUND: dict[CallState, Callable[[Run, InboundCall, datetime], None]] = {
    CallState.CONNECTING: _no_inbound_bridge,
    CallState.MESSAGE: inbound_life.hang_up,
    CallState.FLOW: inbound_life.hang_up,
    CallState.ENDING: _inbound_never_ended,
}
