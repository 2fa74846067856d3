"""Callers on their way through the flow of their line: what the PBX tells of it.

It is kept as that of placed calls is (`campaigns.passing`), under the call's own id.
"""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from campaigns import call_back, inbound_asks, inbound_life, passing
from campaigns.call_life import IN_FLOW, Happening
from campaigns.flow.needs import ask_of
from campaigns.flow_effects import CallbackWanted
from campaigns.inbound_calls import InboundCall
from campaigns.passage import Passage
from campaigns.run import Run
from connectors.flows import (
    FlowAnswered,
    FlowAsked,
    FlowCallback,
    FlowEnd,
    FlowEnded,
    FlowEvent,
    FlowLeft,
    FlowOptedOut,
    FlowRecorded,
    FlowSays,
    FlowWantsAgent,
)

NO_NUMBER = "opted_out_without_number"
"""What is counted of callers who want no more calls, and whose number nobody knows."""


def told(run: Run, call: InboundCall, event: FlowEvent, now: datetime) -> None:
    """The flow has told something."""
    call.flow_heard = True
    ON_FLOW[type(event)](run, call, event, now)


def _left(run: Run, call: InboundCall, event: FlowLeft, now: datetime) -> None:
    passing.keep_step(run, event)
    if call.passage is None:
        return
    call.passage.heard = call.passage.heard or bool(event.pressed)
    if event.way == passing.NO_AGENT:
        inbound_asks.in_vain(run, call, call.passage, event.at, now)


def _answered(run: Run, call: InboundCall, event: FlowAnswered, now: datetime) -> None:
    _has_heard(call.passage)
    passing.late(run, event)


def _opted_out(run: Run, call: InboundCall, event: FlowOptedOut, now: datetime) -> None:
    _has_heard(call.passage)
    run.counts[NO_NUMBER] += not call.arrival.caller
    passing.late(run, event)


def _callback(run: Run, call: InboundCall, event: FlowCallback, now: datetime) -> None:
    _has_heard(call.passage)
    due = call_back.due(run.campaign.windows, call.told.zones, event)
    run.emit(CallbackWanted(call.call_id, event.at, due))


def _recorded(run: Run, call: InboundCall, event: FlowRecorded, now: datetime) -> None:
    _has_heard(call.passage)
    passing.keep_voice(run, event)


def _asked(run: Run, call: InboundCall, event: FlowAsked, now: datetime) -> None:
    passing.ask_endpoint(run, run.inbound_needs, call.node, event)


def _says(run: Run, call: InboundCall, event: FlowSays, now: datetime) -> None:
    passing.say_prompt(run, run.inbound_needs, call.node, event)


def _wants_agent(run: Run, call: InboundCall, event: FlowWantsAgent, now: datetime) -> None:
    """From now on the caller waits as one does who came without a flow."""
    passage = call.passage
    if passage is None or (passage.told_at is not None and event.at <= passage.told_at):
        run.counts["dropped_events"] += 1
        return
    if call.state in IN_FLOW:
        passage.told_at = event.at
        wait = min(max(0, event.wait), passing.LONGEST_WAIT)
        inbound_asks.ask(run, call, ask_of(event.team, event.skills), event.at, wait, now)


def _ended(run: Run, call: InboundCall, event: FlowEnded, now: datetime) -> None:
    """The end of the call itself follows, and decides."""
    passage = call.passage
    if passage is None:
        return
    passage.how, passage.disposition = event.how, event.disposition
    passage.heard = passage.heard or event.how is not FlowEnd.HUNG_UP
    inbound_life.step(run, call, Happening.LEFT_FLOW, now)


def _has_heard(passage: Passage | None) -> None:
    """Somebody has said something, which is told again after a takeover, where keys are not."""
    if passage is not None:
        passage.heard = True


ON_FLOW: dict[type[Any], Callable[..., None]] = {
    FlowLeft: _left,
    FlowAnswered: _answered,
    FlowOptedOut: _opted_out,
    FlowCallback: _callback,
    FlowWantsAgent: _wants_agent,
    FlowAsked: _asked,
    FlowSays: _says,
    FlowRecorded: _recorded,
    FlowEnded: _ended,
}
