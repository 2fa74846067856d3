"""What happens in the exchange, as an Asterisk tells it: a function for each event."""

from collections.abc import Callable
from typing import Any

from connectors.calls import (
    AgentLegDown,
    AgentLegUp,
    Answered,
    Arrived,
    Classified,
    Connected,
    Digits,
    Ended,
    Event,
    Party,
    Played,
    Progress,
    Ringing,
)
from connectors.fake.wire.ami import arrivals, dialplan, events
from connectors.fake.wire.ami.board import Board
from connectors.fake.wire.ami.causes import BUSY, CAUSES, NORMAL, RUNG_OUT
from connectors.fake.wire.ami.channel import UP, Channel, Kind

# AMD() knows people and machines, and takes a screening robot for a machine.
VERDICTS = {
    Party.HUMAN: ("HUMAN", "HUMAN-800-800"),
    Party.MACHINE: ("MACHINE", "LONGGREETING-1500-1500"),
    Party.SCREENING: ("MACHINE", "LONGGREETING-1500-1500"),
    Party.UNKNOWN: ("NOTSURE", "TOOLONG-5000"),
}


def happened(board: Board, event: Event) -> None:
    """Tell it. What is not in the table is told by no Asterisk, or is not served here."""
    if isinstance(event, Arrived):
        return arrivals.arrived(board, event)
    tell = TELLERS.get(type(event))
    call = getattr(event, "call_id", None) or getattr(event, "leg_id", None)
    one = board.of(call) if call else None
    if tell is not None and one is not None:
        tell(board, one, event)
    return None


def _progress(board: Board, one: Channel, _: Progress) -> None:
    events.born(board, one)


def _rings(board: Board, one: Channel, _: Ringing) -> None:
    events.rings(board, one)


def _answered(board: Board, one: Channel, _: Answered | AgentLegUp) -> None:
    events.answered(board, one)
    if one.goal.context:
        dialplan.enter(board, one, one.goal)
    else:
        dialplan.runs(board, one)


def _classified(board: Board, one: Channel, event: Classified) -> None:
    dialplan.classified(board, one, *VERDICTS[event.party])


def _digits(board: Board, one: Channel, event: Digits) -> None:
    for key in event.digits:
        events.digit(board, one, key)


def _connected(board: Board, one: Channel, event: Connected) -> None:
    one.target = event.leg_id
    events.joined(board, one)


def _played(board: Board, one: Channel, _: Played) -> None:
    dialplan.played(board, one, "SUCCESS")


def _ended(board: Board, one: Channel, event: Ended) -> None:
    if one.state == UP:
        events.released(board, one, CAUSES[event.reason])
    else:
        events.failed(board, one, CAUSES[event.reason])


def _leg_down(board: Board, one: Channel, event: AgentLegDown) -> None:
    if one.state == UP:
        if one.kind is Kind.SPY and not one.joined:
            events.spying(board, one, "ChanSpyStop")
        events.released(board, one, NORMAL)
    elif event.cause == GONE:  # it was picked up, and found nobody to listen to
        events.answered(board, one)
        one.ours = True
        events.released(board, one, NORMAL)
    elif one.ours:
        events.failed(board, one, NORMAL)
    else:
        events.failed(board, one, BUSY if event.cause == "busy" else RUNG_OUT)


GONE = "the leg to hear is gone"
TELLERS: dict[type, Callable[[Board, Channel, Any], None]] = {
    Progress: _progress,
    Ringing: _rings,
    Answered: _answered,
    AgentLegUp: _answered,
    Classified: _classified,
    Digits: _digits,
    Connected: _connected,
    Played: _played,
    Ended: _ended,
    AgentLegDown: _leg_down,
}
