"""An answered call is sent into the campaign's flow, with what the flow is told of the customer."""

from datetime import datetime

from campaigns.call_life import Happening
from campaigns.effects import AttemptNoted
from campaigns.passage import Passage
from campaigns.run import Call, Run
from connectors.flows import EnterFlow


def enter(run: Run, call: Call, now: datetime) -> bool:
    """Somebody has picked up, and whoever it is goes through the flow. False: not from here.

    What the flow plays first is the message that the law wants to begin soon (invariant I9), so
    what is noted is when it was ordered, and not when the call was answered.
    """
    if not run.step(call, Happening.ENTERED, now):
        return False
    call.passage = Passage()
    run.emit(AttemptNoted(call.call_id, now, call.state))
    send_in(run, call)
    return True


def send_in(run: Run, call: Call) -> None:
    """Order the PBX to let the call go through the flow."""
    if run.needs is None:
        return
    told, trunk = call.attempt.told, call.attempt.order.trunk
    flow = run.needs.flow
    run.send(
        call.node,
        EnterFlow(call.call_id, flow, trunk, told.given, told.tags, told.zones, call.party),
    )
