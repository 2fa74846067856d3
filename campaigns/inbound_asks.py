"""Callers who ask for an agent within their flow: they wait in the queue of those who call in.

How long they wait the flow says, and the PBX keeps the time. In vain, the flow goes on. They are in
no tally of the law's, as little as those who wait without a flow: whom we call is what it is about.
"""

from datetime import datetime

from campaigns import inbound_life
from campaigns.asks import GRACE
from campaigns.call_life import IN_FLOW, CallState, Happening
from campaigns.effects import InboundNoted
from campaigns.flow.needs import Ask
from campaigns.inbound_calls import InboundCall
from campaigns.inbound_entering import enter, send_in
from campaigns.passage import Passage
from campaigns.run import Run, seconds
from campaigns.wrap_up import free
from connectors.calls import LiveCall


def ask(run: Run, call: InboundCall, whom: Ask, at: datetime, wait: float, now: datetime) -> None:
    """Since `at` the caller waits for somebody, `wait` seconds at most. Who asks again, as when
    the link is back, keeps the place in the queue."""
    passage = call.passage
    if passage is None:
        return
    if passage.ask is None:
        call.queued_at = at
    passage.ask, passage.until = whom, at + seconds(wait + GRACE)
    call.asked_at = call.asked_at or at
    if inbound_life.step(run, call, Happening.WANTED_AGENT, now):
        run.emit(InboundNoted(call.call_id, at, call.state))
        run.due = True


def in_vain(run: Run, call: InboundCall, passage: Passage, at: datetime, now: datetime) -> None:
    """The flow goes on without an agent: see `campaigns.asks.in_vain`."""
    if passage.told_at is not None and at < passage.told_at:
        return
    passage.told_at = at
    out_of_flow = call.state is CallState.ENDING and passage.how is not None  # told out of turn
    if call.state not in IN_FLOW and not out_of_flow:
        return
    asked = inbound_life.step(run, call, Happening.NO_AGENT, now)
    passage.ask = passage.until = None
    call.asked_at, call.waited_out = call.asked_at or at, True
    _release(run, call, now)
    if asked:
        run.emit(InboundNoted(call.call_id, at, call.state))


def found(run: Run, call: InboundCall, held: LiveCall, now: datetime) -> None:
    """After the link was down, or another worker was lost: an order to enter the flow that was
    lost is given again, and who was asking asks again."""
    passage = call.passage
    if passage is None:
        enter(run, call, now, is_there=bool(held.flow))
    elif not held.flow:
        if call.state is CallState.FLOW:
            send_in(run, call, now)
    elif call.state is CallState.FLOW and passage.ask is not None:
        wait = run.inbound_needs.wait if run.inbound_needs is not None else 0.0
        ask(run, call, passage.ask, now, wait, now)


def sweep(run: Run, now: datetime) -> None:
    """Callers whose step's wait is over, and the PBX has not said so."""
    for call in list(run.inbound.values()):
        passage = call.passage
        if passage is None or passage.until is None or call.state is not CallState.ASKING:
            continue
        if passage.until <= now and call.node in run.lines.up:
            run.counts["overdue_inbound_asking"] += 1
            in_vain(run, call, passage, now, now)


def _release(run: Run, call: InboundCall, now: datetime) -> None:
    """Part a call from the agent who was on the way to it."""
    agent = run.floor.get(call.agent or "")
    call.agent = None
    if agent is not None and agent.call_id == call.call_id:
        free(run, agent, now)
