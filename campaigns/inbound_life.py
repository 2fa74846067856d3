"""What becomes of an admitted inbound call: connected, waited out, given up, lost and found."""

from datetime import datetime

from campaigns.agents import Agent, Conversation
from campaigns.arrivals import InboundOutcome
from campaigns.call_life import TABLE, CallState, Happening
from campaigns.effects import AgentState, InboundEnded, InboundNoted
from campaigns.inbound_calls import InboundCall
from campaigns.passage import Passage
from campaigns.run import Run, seconds
from campaigns.wrap_up import after_call
from connectors.calls import (
    Connected,
    ConnectToAgent,
    Digits,
    Ended,
    EndReason,
    HangUp,
    Played,
    PlayMessage,
    StartRecording,
)
from connectors.flows import FlowEnd


def in_line(run: Run, call: InboundCall) -> bool:
    """Whether it is the line that says how long the caller may wait, and not a flow."""
    return call.passage is None and run.inbound_needs is None


def until(run: Run, call: InboundCall) -> datetime:
    """How long the caller may wait."""
    wait = run.campaign.inbound.wait if run.campaign.inbound is not None else 0.0
    return call.arrival.at + seconds(wait)


def connect(run: Run, call: InboundCall, agent: Agent, now: datetime) -> None:
    """The agent's leg is up: put the caller into its bridge."""
    if agent.leg_id is None or not step(run, call, Happening.ASSIGNED, now):
        return
    if run.campaign.recording.enabled and call.recording is None:
        call.recording = f"{now:%Y/%m/%d}/{call.call_id}"
        run.send(call.node, StartRecording(call.call_id, call.recording))
    run.send(call.node, ConnectToAgent(call.call_id, agent.leg_id))


def on_connected(run: Run, call: InboundCall, event: Connected, now: datetime) -> None:
    if step(run, call, Happening.CONNECTED, now):
        connected(run, call, event.at)


def connected(run: Run, call: InboundCall, at: datetime) -> None:
    """Caller and agent talk."""
    call.connected_at = call.connected_at or at
    call.talk = call.talk or conversation(call)
    agent = run.floor.get(call.agent or "")
    if agent is not None:
        agent.call_id, agent.last = call.call_id, call.talk
        if agent.state is not AgentState.TALKING:
            run.move(agent, AgentState.TALKING, at)
    run.emit(InboundNoted(call.call_id, at, call.state, call.agent, call.recording))


def conversation(call: InboundCall) -> Conversation:
    return Conversation(call.call_id, call.lead_id, inbound=True)


def on_digits(run: Run, call: InboundCall, event: Digits, now: datetime) -> None:
    """Nobody has asked for any."""


def on_played(run: Run, call: InboundCall, event: Played, now: datetime) -> None:
    if step(run, call, Happening.PLAYED, now):
        hang_up(run, call, now)


def on_ended(run: Run, call: InboundCall, event: Ended, now: datetime) -> None:
    """The one result of an inbound call."""
    outcome = _outcome(call, event.reason)
    del run.inbound[call.call_id]
    run.callers(run.day_of(call.arrival.at))[outcome] += 1
    agent = run.floor.get(call.agent or "")
    run.emit(_result(run, call, event, outcome, agent))
    if agent is not None and agent.call_id == call.call_id:
        after_call(run, agent, _talked(call, event.at), now)


def wait_over(run: Run, call: InboundCall, now: datetime) -> None:
    """The caller has waited long enough; but who is on the way still comes, and out of a PBX's
    sight nothing is decided."""
    if not (call.waits and in_line(run, call)):
        return
    if call.node in run.lines.up and now >= until(run, call):
        wait_out(run, call, now)


def wait_out(run: Run, call: InboundCall, now: datetime) -> None:
    """No agent comes: the message, if there is one, and the end."""
    if not step(run, call, Happening.NOBODY_CAME, now):
        return
    call.waited_out = True
    run.emit(InboundNoted(call.call_id, now, call.state))
    play(run, call, now)


def play(run: Run, call: InboundCall, now: datetime) -> None:
    """The message for those who have waited in vain."""
    inbound = run.campaign.inbound
    if inbound is None or inbound.message is None:
        hang_up(run, call, now)
    else:
        run.send(call.node, PlayMessage(call.call_id, inbound.message, then_hang_up=False))


def hang_up(run: Run, call: InboundCall, now: datetime) -> None:
    """End a call from our side."""
    step(run, call, Happening.HUNG_UP, now)
    run.send(call.node, HangUp(call.call_id))


def agent_lost(run: Run, call: InboundCall, now: datetime) -> None:
    """Its agent's phone is gone before the caller was in the bridge: it waits for another."""
    call.agent = None
    in_flow = call.passage is not None
    step(run, call, Happening.ASKS_AGAIN if in_flow else Happening.AGENT_LOST, now)
    wait_over(run, call, now)


def step(run: Run, call: InboundCall, happening: Happening, now: datetime) -> bool:
    """Move a call along the table. False: there is no such step from here."""
    after = TABLE.get((call.state, happening))
    if after is None:
        run.counts["dropped_steps"] += 1
        return False
    call.state, call.since = after, now
    return True


def _outcome(call: InboundCall, reason: EndReason) -> InboundOutcome:
    if call.connected_at is not None:
        return InboundOutcome.ANSWERED
    if call.passage is not None:
        return _of_flow(call, call.passage, reason)
    if call.waited_out or call.state is CallState.ENDING:
        return InboundOutcome.WAITED_OUT
    return InboundOutcome.LOST if reason is EndReason.PBX_LOST else InboundOutcome.GIVEN_UP


def _of_flow(call: InboundCall, passage: Passage, reason: EndReason) -> InboundOutcome:
    """Of a caller who spoke to nobody."""
    if call.waited_out:
        return InboundOutcome.WAITED_OUT
    if passage.how not in (None, FlowEnd.HUNG_UP):
        return InboundOutcome.HEARD
    if reason is EndReason.PBX_LOST or not call.flow_heard:
        return InboundOutcome.LOST
    heard = passage.heard and call.asked_at is None
    return InboundOutcome.HEARD if heard else InboundOutcome.GIVEN_UP


def _talked(call: InboundCall, ended_at: datetime) -> float | None:
    if call.connected_at is None:
        return None
    return (ended_at - call.connected_at).total_seconds()


def _result(
    run: Run, call: InboundCall, event: Ended, outcome: InboundOutcome, agent: Agent | None
) -> InboundEnded:
    said = call.passage.disposition if call.passage is not None else ""
    disposition: str = said or outcome
    if outcome is InboundOutcome.ANSWERED:
        chosen = agent.disposition if agent is not None else ""
        disposition = chosen or run.campaign.default_disposition or outcome
    return InboundEnded(
        call_id=call.call_id,
        outcome=outcome,
        disposition=disposition,
        reason=event.reason,
        cause=event.cause,
        ended_at=event.at,
        connected_at=call.connected_at,
        agent=call.agent if call.connected_at is not None else None,
        asked_at=call.asked_at,
    )
