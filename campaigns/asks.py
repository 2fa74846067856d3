"""People who ask for an agent within a flow: they wait, and get one, or go on without.

Who asks is served as any live call is, in its turn; the flow itself limits how long the person
waits. The clock of the law runs from the first time that an agent was asked for: whom none was
given counts as abandoned, once, and as late who gets one after that time. Why it is so, and why
the guard holds: decision 61.
"""

from datetime import datetime

from campaigns.answering import count_abandoned, release
from campaigns.call_life import IN_FLOW, CallState, Happening
from campaigns.effects import AttemptNoted
from campaigns.entering import send_in
from campaigns.flow.needs import Ask
from campaigns.learning import wait_over
from campaigns.passage import Passage
from campaigns.run import Call, Run, seconds
from connectors.calls import LiveCall

GRACE = 5.0  # seconds after a step's wait, until its end is taken for granted


def ask(run: Run, call: Call, whom: Ask, at: datetime, wait: float, now: datetime) -> None:
    """Since `at` the call waits for somebody, `wait` seconds at most."""
    passage = call.passage
    if passage is None:
        return
    passage.ask, passage.until = whom, at + seconds(wait + GRACE)
    if not run.step(call, Happening.WANTED_AGENT, now):
        return
    call.live_at, call.timed = call.live_at or at, True
    wait_over(run, call, call.live_at, "live")
    run.waiting[call.call_id] = call
    run.emit(AttemptNoted(call.call_id, at, call.state))


def in_vain(run: Run, call: Call, passage: Passage, at: datetime, now: datetime) -> None:
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


def found(run: Run, call: Call, held: LiveCall, now: datetime) -> None:
    """After the link was down: where the order to enter the flow was lost, it is given again. One
    that was asking when its worker was lost asks again."""
    passage = call.passage
    if passage is None or call.state is not CallState.FLOW:
        return
    if not held.flow:
        send_in(run, call)
    elif passage.ask is not None and call.live_at is not None and run.needs is not None:
        ask(run, call, passage.ask, now, run.needs.wait, now)


def sweep(run: Run, now: datetime) -> None:
    """Calls whose step's wait is over, and the PBX has not said so."""
    for call in [c for c in run.waiting.values() if c.passage is not None]:
        passage = call.passage
        over = passage is not None and passage.until is not None and passage.until <= now
        if passage is not None and over and call.node in run.lines.up:
            run.counts["overdue_asking"] += 1
            in_vain(run, call, passage, now, now)
