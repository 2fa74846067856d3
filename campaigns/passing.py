"""Calls on their way through the campaign's flow: what the PBX tells of it, and what becomes of it.

Who asks for an agent is served as any live call is, in its turn; the flow itself limits how long
the person waits. The clock of the law runs from the first time that an agent was asked for: whom
none was given counts as abandoned, once, and as late who gets one after that time. Why it is so,
and why the guard holds: decision 61.
"""

from datetime import datetime

from campaigns import call_back
from campaigns.answering import count_abandoned, release
from campaigns.call_life import IN_FLOW, CallState, Happening
from campaigns.effects import AttemptNoted
from campaigns.entering import send_in
from campaigns.flow.needs import Ask, ask_of
from campaigns.flow_effects import (
    AskEndpoint,
    CallbackWanted,
    OptedOut,
    QuestionAnswered,
    StepLeft,
    VoiceKept,
)
from campaigns.learning import wait_over
from campaigns.passage import Passage
from campaigns.run import Call, Run, seconds
from connectors.calls import LiveCall, Party
from connectors.flows import (
    AnswerFlow,
    FlowAnswered,
    FlowAsked,
    FlowCallback,
    FlowEnd,
    FlowEnded,
    FlowLeft,
    FlowOptedOut,
    FlowRecorded,
    FlowWantsAgent,
)

NO_AGENT = "no_agent"
"""The way out of a step `agent` that no agent came to."""
LONGEST_WAIT = 600  # seconds; what a flow's file may say, too
GRACE = 5.0  # seconds after a step's wait, until its end is taken for granted


def on_left(run: Run, call: Call, event: FlowLeft, now: datetime) -> None:
    """A key is a person's; a step that waited for an agent in vain makes an abandoned call."""
    run.emit(
        StepLeft(call.call_id, event.at, event.flow, event.step, event.way, event.pressed or None)
    )
    passage = call.passage
    if passage is None:
        return
    if event.pressed:
        passage.heard, call.party = True, Party.HUMAN
    if event.way == NO_AGENT:
        _asked_in_vain(run, call, passage, event.at, now)


def on_answered(run: Run, call: Call, event: FlowAnswered, now: datetime) -> None:
    late(run, event)


def on_opted_out(run: Run, call: Call, event: FlowOptedOut, now: datetime) -> None:
    late(run, event)


def late(run: Run, event: FlowAnswered | FlowOptedOut) -> None:
    """What somebody has said holds, also where it is told after the end of the call."""
    if isinstance(event, FlowOptedOut):
        run.emit(OptedOut(event.call_id, event.at))
    else:
        about = event.flow, event.question, event.answer
        run.emit(QuestionAnswered(event.call_id, event.at, *about))


def on_callback(run: Run, call: Call, event: FlowCallback, now: datetime) -> None:
    due = call_back.due(run.campaign.windows, call.attempt.told.zones, event)
    run.emit(CallbackWanted(call.call_id, event.at, due))


def on_recorded(run: Run, call: Call, event: FlowRecorded, now: datetime) -> None:
    run.emit(VoiceKept(call.call_id, event.at, event.flow, event.step, event.path))


def on_asked(run: Run, call: Call, event: FlowAsked, now: datetime) -> None:
    """Only what the flow itself asks of this endpoint is asked for."""
    step = run.needs.webhooks.get((event.flow, event.step)) if run.needs is not None else None
    if step is None or step.webhook != event.endpoint:
        run.counts["dropped_events"] += 1
        run.send(call.node, AnswerFlow(call.call_id, event.ticket, None))
        return
    timeout = min(event.timeout, step.timeout)
    sent = {name: text for name, text in event.sent.items() if name in step.send}
    at = call.node, call.call_id, event.endpoint, event.ticket
    run.emit(AskEndpoint(*at, timeout, sent, dict(step.into)))


def on_wants_agent(run: Run, call: Call, event: FlowWantsAgent, now: datetime) -> None:
    """From now on the call waits for an agent as one does that was answered live."""
    passage = call.passage
    if passage is None or (passage.told_at is not None and event.at <= passage.told_at):
        run.counts["dropped_events"] += 1
        return
    if call.state in IN_FLOW:
        passage.told_at = event.at
        run.foresee_asks()
        wait = min(max(0, event.wait), LONGEST_WAIT)
        _ask(run, call, ask_of(event.team, event.skills), event.at, wait, now)


def on_flow_ended(run: Run, call: Call, event: FlowEnded, now: datetime) -> None:
    """The end of the call itself follows, and decides."""
    passage = call.passage
    if passage is None:
        return
    passage.how, passage.disposition = event.how, event.disposition
    passage.heard = passage.heard or event.how is not FlowEnd.HUNG_UP
    call.message = call.message or event.how is FlowEnd.VOICEMAIL
    if run.step(call, Happening.LEFT_FLOW, now):
        run.due = True


def found(run: Run, call: Call, held: LiveCall, now: datetime) -> None:
    """After the link was down: where the order to enter the flow was lost, it is given again. One
    that was asking when its worker was lost asks again."""
    passage = call.passage
    if passage is None or call.state is not CallState.FLOW:
        return
    if not held.flow:
        send_in(run, call)
    elif passage.ask is not None and call.live_at is not None and run.needs is not None:
        _ask(run, call, passage.ask, now, run.needs.wait, now)


def sweep(run: Run, now: datetime) -> None:
    """Calls whose step's wait is over, and the PBX has not said so."""
    for call in [c for c in run.waiting.values() if c.passage is not None]:
        passage = call.passage
        over = passage is not None and passage.until is not None and passage.until <= now
        if passage is not None and over and call.node in run.lines.up:
            run.counts["overdue_asking"] += 1
            _asked_in_vain(run, call, passage, now, now)


def _ask(run: Run, call: Call, ask: Ask, at: datetime, wait: float, now: datetime) -> None:
    passage = call.passage
    if passage is None:
        return
    passage.ask, passage.until = ask, at + seconds(wait + GRACE)
    if not run.step(call, Happening.WANTED_AGENT, now):
        return
    call.live_at, call.timed = call.live_at or at, True
    wait_over(run, call, call.live_at, "live")
    run.waiting[call.call_id] = call
    run.emit(AttemptNoted(call.call_id, at, call.state))


def _asked_in_vain(run: Run, call: Call, passage: Passage, at: datetime, now: datetime) -> None:
    """The flow goes on without an agent. One that is on the way by now gets the call all the same:
    the PBX takes it out of the flow wherever it is."""
    if passage.told_at is not None and at < passage.told_at:
        return
    passage.told_at = at
    out_of_flow = call.state is CallState.ENDING and passage.how is not None  # told out of turn
    if call.state not in IN_FLOW and not out_of_flow:
        return
    asked = run.step(call, Happening.NO_AGENT, now)
    passage.ask = passage.until = None
    call.live_at = call.live_at or at  # where the asking itself was not seen
    wait_over(run, call, call.live_at, "live")
    run.waiting.pop(call.call_id, None)
    count_abandoned(run, call)
    release(run, call, now)
    if asked:
        run.emit(AttemptNoted(call.call_id, at, call.state))
