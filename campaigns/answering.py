"""What the PBX tells of a call, and what becomes of the call: from the ring to the result."""

from datetime import datetime

from campaigns import ringing
from campaigns.agents import Agent, Conversation
from campaigns.call_life import TABLE, UNANSWERED, CallState, Happening
from campaigns.cover import is_owed
from campaigns.effects import AgentState, AttemptEnded, AttemptNoted
from campaigns.entering import enter
from campaigns.learning import ended, wait_over
from campaigns.outcomes import Facts, Outcome, outcome_of
from campaigns.run import Call, Run, seconds
from campaigns.timers import Timer
from campaigns.wrap_up import after_call, free
from connectors.calls import (
    Answered,
    Classified,
    Connected,
    ConnectToAgent,
    Digits,
    Ended,
    EndReason,
    HangUp,
    Party,
    Played,
    PlayMessage,
    Progress,
    RingAgent,
    Ringing,
    StartRecording,
)


def on_progress(run: Run, call: Call, event: Progress, now: datetime) -> None:
    """The carrier has it; nothing to decide."""


def on_ringing(run: Run, call: Call, event: Ringing, now: datetime) -> None:
    if run.step(call, Happening.RANG, now):
        ringing.began(run, call, event.at)
        run.lines.worked(call.attempt.order.trunk)


def on_answered(run: Run, call: Call, event: Answered, now: datetime) -> None:
    call.answered_at = call.answered_at or event.at
    if run.amd:
        if run.step(call, Happening.ANSWERED_TO_AMD, now):
            run.emit(AttemptNoted(call.call_id, event.at, call.state))
    elif run.needs is not None:
        enter(run, call, now)
    elif run.step(call, Happening.ANSWERED_LIVE, now):
        live(run, call, event.at, now)


def on_classified(run: Run, call: Call, event: Classified, now: datetime) -> None:
    """The campaign's rule for this kind of party decides."""
    amd = run.campaign.amd
    action = {
        Party.HUMAN: "connect",
        Party.MACHINE: amd.machine,
        Party.SCREENING: amd.screening,
        Party.UNKNOWN: amd.unknown,
    }[event.party]
    happening = {
        "connect": Happening.TAKEN if run.needs is None else Happening.ENTERED,
        "message": Happening.MESSAGED,
        "hang_up": Happening.DROPPED,
    }[action]
    if (call.state, happening) not in TABLE:
        run.counts["dropped_steps"] += 1
        return
    call.answered_at = call.answered_at or event.at
    call.classified_at, call.party = event.at, event.party
    if happening is Happening.ENTERED:
        enter(run, call, now)
        return
    run.step(call, happening, now)
    if happening is Happening.TAKEN:
        live(run, call, event.at, now)
    else:
        wait_over(run, call, event.at, "machine")
        _not_for_agents(run, call, happening, now)


def on_connected(run: Run, call: Call, event: Connected, now: datetime) -> None:
    if run.step(call, Happening.CONNECTED, now):
        connected(run, call, event.at)


def connected(run: Run, call: Call, at: datetime) -> None:
    """Customer and agent talk; whether soon enough is counted for the law."""
    call.connected_at = at
    if call.passage is not None:
        call.live_at = call.live_at or at  # where the asking was not seen
    wait_over(run, call, at, "live")  # where the answer was not seen
    waited = (at - (call.live_at or at)).total_seconds()
    late = waited > run.campaign.abandonment.answer_within
    tally = run.tally(call.day)
    tally.late += late
    tally.connected += not late
    if call.given_up:  # asked in vain before, in a flow
        tally.abandoned, call.given_up = tally.abandoned - 1, False
    run.pacer.learn_live(late)
    lead = call.attempt.order.candidate.lead_id
    call.talk = Conversation(call.call_id, lead, call.day, late)
    agent = run.floor.get(call.agent or "")
    if agent is not None:
        agent.call_id, agent.last = call.call_id, call.talk
        run.move(agent, AgentState.TALKING, at)
    run.emit(AttemptNoted(call.call_id, at, call.state, call.agent, call.recording))


def on_played(run: Run, call: Call, event: Played, now: datetime) -> None:
    if run.step(call, Happening.PLAYED, now):
        hang_up(run, call, now)


def on_digits(run: Run, call: Call, event: Digits, now: datetime) -> None:
    """Kept for the flows that ask for keys; no campaign of today's modes does."""
    run.counts["digits"] += len(event.digits)


def on_ended(run: Run, call: Call, event: Ended, now: datetime) -> None:
    """The one result of the attempt."""
    event = ringing.as_ended(call, event)
    unanswered = call.state in UNANSWERED and call.answered_at is None
    run.due = run.due or call.asks
    if _left_alone(run, call, event.at):
        count_abandoned(run, call)
    run.step(call, Happening.ENDED, now)
    del run.calls[call.call_id]
    if run.waiting:
        run.waiting.pop(call.call_id, None)
    order = call.attempt.order
    run.lines.free(order.node, order.trunk)
    ended(run, call, event)
    if unanswered and event.reason is EndReason.CONGESTION:
        run.lines.congested(order.trunk, now)
    outcome = outcome_of(_facts(call), event.reason)
    run.counts[outcome] += 1
    if outcome is Outcome.HEARD and call.party is Party.HUMAN:
        run.tally(call.day).heard += 1
    agent = run.floor.get(call.agent or "")
    run.emit(_result(run, call, event, outcome, agent))
    if agent is not None and agent.call_id == call.call_id:
        after_call(run, agent, talked(call, event.at), now)


def live(run: Run, call: Call, at: datetime, now: datetime) -> None:
    """A person is on the line and has finished the greeting: the clock of the law runs."""
    call.live_at = at
    run.waiting[call.call_id] = call
    wait_over(run, call, at, "live")
    run.emit(AttemptNoted(call.call_id, at, call.state))


def serve(run: Run, now: datetime) -> None:
    """Give each waiting call, the longest waiting first, an agent as far as there are any."""
    for call in list(run.waiting.values()):
        agent = _agent_for(run, call)
        if agent is not None:
            _assign(run, call, agent, now)
        if call.live_at is not None and not call.timed and call.call_id in run.waiting:
            call.timed = True
            within = run.campaign.abandonment.answer_within
            run.timers.set(call.live_at + seconds(within), Timer.ANSWER, call.call_id)


def connect(run: Run, call: Call, agent: Agent, now: datetime) -> None:
    """The agent's leg is up: put the customer into its bridge."""
    if agent.leg_id is None or not run.step(call, Happening.ASSIGNED, now):
        return
    run.waiting.pop(call.call_id, None)
    _record(run, call, now)
    run.send(call.node, ConnectToAgent(call.call_id, agent.leg_id))


def abandon(run: Run, call: Call, now: datetime) -> None:
    """Nobody came in time: the safe-harbour message, and it counts against the limit."""
    if not run.step(call, Happening.NOBODY_CAME, now):
        return
    run.waiting.pop(call.call_id, None)
    count_abandoned(run, call)
    release(run, call, now)
    run.emit(AttemptNoted(call.call_id, now, call.state))
    if run.campaign.abandonment.safe_harbour is None:
        hang_up(run, call, now)
    else:
        play(run, call)


def count_abandoned(run: Run, call: Call) -> None:
    """Once for each call, however often it asks."""
    if call.given_up:
        return
    call.given_up = True
    tally = run.tally(call.day)
    tally.abandoned += 1
    owed = is_owed(run, call.node)
    tally.agent_lost += owed
    call.agent_lost = call.agent_lost or owed
    run.pacer.learn_live(abandoned=True)
    run.due = True


def _left_alone(run: Run, call: Call, at: datetime) -> bool:
    """Whether a person has answered, and was gone before any agent, and not by their own haste."""
    if call.connected_at is not None or call.given_up:
        return False
    if call.passage is None and call.silenced and call.answered_at is not None and not call.party:
        return True  # in the moment we hung up; if by a person, nobody can tell any more
    if call.live_at is None:
        return False
    waited = (at - call.live_at).total_seconds()
    by_us = call.silenced or call.state is CallState.ENDING
    return by_us or waited > run.campaign.abandonment.answer_within


def play(run: Run, call: Call) -> None:
    """The message that the call is to hear: the safe-harbour one, or that for machines."""
    campaign = run.campaign
    message = campaign.abandonment.safe_harbour if call.given_up else campaign.amd.message
    if message is not None:
        run.send(call.node, PlayMessage(call.call_id, message))


def hang_up(run: Run, call: Call, now: datetime) -> None:
    """End a call from our side."""
    call.cancelled = call.cancelled or call.answered_at is None
    run.step(call, Happening.HUNG_UP, now)
    run.waiting.pop(call.call_id, None)
    run.send(call.node, HangUp(call.call_id))


def release(run: Run, call: Call, now: datetime) -> None:
    """Part a call from the agent who was on the way to it."""
    agent = run.floor.get(call.agent or "")
    run.book(call, None)
    if agent is not None and agent.call_id == call.call_id:
        free(run, agent, now)


def talked(call: Call, ended_at: datetime) -> float | None:
    """Seconds of conversation; None without one."""
    if call.connected_at is None:
        return None
    return (ended_at - call.connected_at).total_seconds()


def _agent_for(run: Run, call: Call) -> Agent | None:
    """The agent set aside for the call, if it still is; else the one whose turn it is."""
    if call.agent is not None:
        booked = run.floor.get(call.agent)
        if booked is not None and booked.call_id == call.call_id:
            return booked
        run.book(call, None)
    if call.passage is not None and call.passage.ask is not None:
        return run.floor.longest_idle(call.passage.ask.skills, call.node, call.passage.ask.teams)
    return run.floor.longest_idle(call.attempt.order.candidate.skills, call.node)


def _assign(run: Run, call: Call, agent: Agent, now: datetime) -> None:
    run.book(call, agent.name)
    agent.call_id = call.call_id
    if not agent.leg_up and agent.leg_id is None:
        ring_agent(run, agent)
    if agent.state is not AgentState.RESERVED:
        run.move(agent, AgentState.RESERVED, now)
    if agent.leg_up:
        connect(run, call, agent, now)


def ring_agent(run: Run, agent: Agent) -> None:
    run.floor.set_leg(agent, run.new_id())
    if agent.leg_id is not None:
        run.send(agent.node, RingAgent(agent.leg_id, agent.phone))


def _not_for_agents(run: Run, call: Call, happening: Happening, now: datetime) -> None:
    if happening is Happening.MESSAGED and run.campaign.amd.message is not None:
        call.message = True
        run.emit(AttemptNoted(call.call_id, now, call.state))
        play(run, call)
    else:
        hang_up(run, call, now)
    run.due = True


def _record(run: Run, call: Call, now: datetime) -> None:
    """Start before the bridge: starting later would cost a moment of the conversation."""
    if run.campaign.recording.enabled and call.recording is None:
        call.recording = f"{now:%Y/%m/%d}/{call.call_id}"
        run.send(call.node, StartRecording(call.call_id, call.recording))


def _facts(call: Call) -> Facts:
    return Facts(
        answered=call.answered_at is not None,
        live=call.live_at is not None,
        connected=call.connected_at is not None,
        in_flow=call.passage is not None,
        heard=call.passage is not None and call.passage.heard,
        given_up=call.given_up,
        cancelled=call.cancelled,
        silenced=call.silenced,
        party=call.party,
    )


def _result(
    run: Run, call: Call, event: Ended, outcome: Outcome, agent: Agent | None
) -> AttemptEnded:
    order = call.attempt.order
    return AttemptEnded(
        attempt_id=call.call_id,
        lead_id=order.candidate.lead_id,
        number=order.candidate.number,
        outcome=outcome,
        disposition=_filed(run, call, outcome, agent),
        reason=event.reason,
        cause=event.cause,
        party=call.party or "",
        placed_at=call.attempt.placed_at,
        ended_at=event.at,
        ringing_at=call.ringing_at,
        answered_at=call.answered_at,
        classified_at=call.classified_at,
        connected_at=call.connected_at,
        agent=call.agent if call.connected_at is not None else None,
        agent_lost=call.agent_lost,
        asked_at=call.live_at if call.passage is not None else None,
    )


def _filed(run: Run, call: Call, outcome: Outcome, agent: Agent | None) -> str:
    """What a result is filed under, as long as no agent says more."""
    if outcome is Outcome.CONNECTED:
        chosen = agent.disposition if agent is not None else ""
        return chosen or run.campaign.default_disposition or outcome
    return (call.passage.disposition if call.passage is not None else "") or outcome
