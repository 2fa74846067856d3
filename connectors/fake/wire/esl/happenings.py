"""What happens in the exchange, as a FreeSWITCH tells it: a function for each event."""

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
from connectors.fake.wire.esl import applications, arrivals, events
from connectors.fake.wire.esl.board import Board
from connectors.fake.wire.esl.causes import CAUSES, Words
from connectors.fake.wire.esl.channel import Channel
from connectors.fake.wire.esl.values import avmd

GONE = "the leg to hear is gone"
LEG_CAUSES = {"busy": Words("USER_BUSY", "486"), "no answer": Words("NO_ANSWER")}
NORMAL = Words("NORMAL_CLEARING")
BEEP = {
    "Beep-Status": "DETECTED",
    "Frequency": "1000.000000",
    "Frequency-variance": "0.000000",
}


def happened(board: Board, event: Event) -> None:
    """Tell it. What is not in the table is told by no FreeSWITCH, or is not served here."""
    if isinstance(event, Arrived):
        return arrivals.arrived(board, event)
    tell = TELLERS.get(type(event))
    call = getattr(event, "call_id", None) or getattr(event, "leg_id", None)
    one = board.of(call)
    if tell is not None and one is not None:
        tell(board, one, event)
    return None


def _progress(board: Board, one: Channel, _: Progress) -> None:
    events.born(board, one)


def _rings(board: Board, one: Channel, _: Ringing) -> None:
    events.rings(board, one)


def _answered(board: Board, one: Channel, _: Answered | AgentLegUp) -> None:
    events.answered(board, one)
    applications.proceed(board, one)


def _classified(board: Board, one: Channel, event: Classified) -> None:
    """It hears a machine's beep where it listens for one, and knows nothing of people."""
    if event.party is Party.MACHINE and one.listens:
        board.say("CUSTOM", None, avmd(one) | BEEP, subclass="avmd::beep")


def _digits(board: Board, one: Channel, event: Digits) -> None:
    for key in event.digits:
        events.digit(board, one, key)


def _connected(board: Board, one: Channel, event: Connected) -> None:
    leg = board.of(event.leg_id)
    if leg is not None:
        one.steps, leg.steps = [], []
        one.turn += 1
        leg.turn += 1
        events.bridged(board, one, leg)


def _played(board: Board, one: Channel, _: Played) -> None:
    applications.played(board, one)


def _ended(board: Board, one: Channel, event: Ended) -> None:
    events.hung_up(board, one, CAUSES[event.reason])


def _leg_down(board: Board, one: Channel, event: AgentLegDown) -> None:
    if event.cause == GONE and not one.up:  # it was picked up, and finds nobody to listen to
        one.lost = True
        _answered(board, one, AgentLegUp(event.leg_id, event.at))
    else:
        events.hung_up(board, one, LEG_CAUSES.get(event.cause, NORMAL))


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
