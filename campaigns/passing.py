"""Calls on their way through the campaign's flow: what the PBX tells of it, and what becomes of it.

Most of it is kept as it comes. `asks` has what becomes of people who ask for an agent.
"""

from datetime import datetime

from campaigns import asks, call_back
from campaigns.call_life import IN_FLOW, Happening
from campaigns.flow.needs import Needs, ask_of
from campaigns.flow_effects import (
    AskEndpoint,
    CallbackWanted,
    OptedOut,
    QuestionAnswered,
    SayPrompt,
    StepLeft,
    VoiceKept,
)
from campaigns.run import Call, Run
from connectors.calls import Party
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
    FlowSays,
    FlowWantsAgent,
    SayFlow,
)

NO_AGENT = "no_agent"
"""The way out of a step `agent` that no agent came to."""
LONGEST_WAIT = 600  # seconds; what a flow's file may say, too
LONGEST_SILENCE = 10.0  # seconds that somebody waits for a sound, whatever a PBX says


def on_left(run: Run, call: Call, event: FlowLeft, now: datetime) -> None:
    """A key is a person's; a step that waited for an agent in vain makes an abandoned call."""
    keep_step(run, event)
    passage = call.passage
    if passage is None:
        return
    if event.pressed:
        passage.heard, call.party = True, Party.HUMAN
    if event.way == NO_AGENT:
        asks.in_vain(run, call, passage, event.at, now)


def keep_step(run: Run, event: FlowLeft) -> None:
    """A step of the call's trail."""
    about = event.flow, event.step, event.way
    run.emit(StepLeft(event.call_id, event.at, *about, event.pressed or None))


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
    keep_voice(run, event)


def keep_voice(run: Run, event: FlowRecorded) -> None:
    """What was said lies in a file."""
    run.emit(VoiceKept(event.call_id, event.at, event.flow, event.step, event.path))


def on_asked(run: Run, call: Call, event: FlowAsked, now: datetime) -> None:
    ask_endpoint(run, run.needs, call.node, event)


def ask_endpoint(run: Run, needs: Needs | None, node: str, event: FlowAsked) -> None:
    """Only what the flow itself asks of this endpoint is asked for."""
    step = needs.webhooks.get((event.flow, event.step)) if needs is not None else None
    if step is None or step.webhook != event.endpoint:
        run.counts["dropped_events"] += 1
        run.send(node, AnswerFlow(event.call_id, event.ticket, None))
        return
    timeout = min(event.timeout, step.timeout)
    sent = {name: text for name, text in event.sent.items() if name in step.send}
    at = node, event.call_id, event.endpoint, event.ticket
    run.emit(AskEndpoint(*at, timeout, sent, dict(step.into)))


def on_says(run: Run, call: Call, event: FlowSays, now: datetime) -> None:
    say_prompt(run, run.needs, call.node, event)


def say_prompt(run: Run, needs: Needs | None, node: str, event: FlowSays) -> None:
    """Only a text of the flow is said, with the variables that it holds. A PBX may have another
    version of the flow, with fewer of them: nobody can say that."""
    told = needs.said if needs is not None else {}
    names = told.get((event.flow, event.prompt))
    if names is None or not names <= event.values.keys():
        run.counts["dropped_events"] += 1
        run.send(node, SayFlow(event.call_id, event.ticket))
        return
    about = node, event.call_id, event.flow, event.prompt, event.ticket
    values = {name: event.values[name] for name in sorted(names)}
    run.emit(SayPrompt(*about, min(event.timeout, LONGEST_SILENCE), values))


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
        asks.ask(run, call, ask_of(event.team, event.skills), event.at, wait, now)


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
