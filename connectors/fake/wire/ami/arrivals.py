"""A customer who calls in: a channel that comes from the trunk, and that nobody here asked for."""

from connectors.calls import Arrived
from connectors.fake.wire.ami import dialplan
from connectors.fake.wire.ami.board import Board
from connectors.fake.wire.ami.channel import NOBODY, RING, Channel, Kind, Place

TRUNK = "trunk"  # of a world whose trunks have no names


def arrived(board: Board, event: Arrived) -> None:
    """Tell of it. The dialplan of the site sends it to the line: that is what it has dialled."""
    trunk = next(iter(board.switch.trunks), TRUNK)
    one = Channel(
        id=event.call_id,
        uniqueid=board.new_uniqueid(),
        kind=Kind.CALL,
        asked=f"PJSIP/{trunk}",
        goal=Place("", ""),
        action_id="",
        began=board.switch.now(),
        caller=event.caller or NOBODY,
        state=RING,
        at=Place("from-carrier", event.line),
    )
    board.add(one)
    board.name(one, trunk)
    board.say("Newchannel", one.headers())
    dialplan.enter(board, one, Place("dialplane-inbound", event.line))
