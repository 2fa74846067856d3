"""Events of calls that were not placed by us: they came in, are about to, or nobody knows them."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from campaigns import inbound, inbound_life, inbound_passing, passing
from campaigns.run import Run
from connectors.calls import Arrived, CallEvent, Connected, Digits, Ended, Played
from connectors.flows import FlowAnswered, FlowOptedOut


def handle(run: Run, node: str, event: CallEvent, now: datetime) -> bool:
    """False: it is about nothing that is known here, and changes nothing."""
    call = run.inbound.get(event.call_id)
    if isinstance(event, Arrived):
        inbound.on_arrived(run, node, event, now)
    elif call is not None and type(event) in _ON_INBOUND:
        _ON_INBOUND[type(event)](run, call, event, now)
    elif isinstance(event, Ended) and event.call_id in run.arriving:
        inbound.ended_early(run, event)
    elif isinstance(event, FlowAnswered | FlowOptedOut):
        passing.late(run, event)
    else:
        run.counts["dropped_events"] += 1
        return False
    return True


_ON_INBOUND: dict[type[Any], Callable[..., None]] = {
    Digits: inbound_life.on_digits,
    Connected: inbound_life.on_connected,
    Played: inbound_life.on_played,
    Ended: inbound_life.on_ended,
    **dict.fromkeys(inbound_passing.ON_FLOW, inbound_passing.told),
}
