"""A customer who calls in: a channel that nobody here asked for, and what the site does with it.

The steps are those that docs/freeswitch.md gives a site to write into its dialplan.
"""

from uuid import uuid4

from connectors.calls import Arrived
from connectors.fake.wire.esl import applications, events
from connectors.fake.wire.esl.board import HOST, Board
from connectors.fake.wire.esl.channel import UNKNOWN, Channel, Kind, Step

WAITS: tuple[Step, ...] = (
    ("set", "playback_terminators=none"),
    ("set", "playback_timeout_sec=660"),
    ("event", "Event-Subclass=dialplane::arrived,Event-Name=CUSTOM"),
    ("playback", "file_string://${hold_music}!silence_stream://660000"),
    ("hangup", "NORMAL_CLEARING"),
)


def arrived(board: Board, event: Arrived) -> None:
    caller = event.caller or UNKNOWN
    one = Channel(
        id=event.call_id,
        uuid=str(event.call_id),
        kind=Kind.CALL,
        name=f"sofia/external/{caller}@{HOST}",
        number=event.line,
        steps=[("answer", ""), ("set", f"accountcode=dialplane-line-{event.line}"), *WAITS],
        caller=caller,
        inbound=True,
        variables={"sip_call_id": str(uuid4())},
    )
    board.add(one)
    events.came_in(board, one)
    applications.proceed(board, one)
