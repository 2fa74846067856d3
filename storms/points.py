"""Twelve points of a call at which a fault may strike, as words on the wire.

Each is the first piece in which its words appear, after the words of the points before it. With
`late`, the fault strikes so many seconds after: then what happens next happens unseen.
"""

from collections.abc import Callable
from dataclasses import dataclass

from faults.toxics import Piece, Way


@dataclass(frozen=True, slots=True)
class Point:
    """`ami`, `esl`: the words, as each protocol has them."""

    name: str
    way: Way
    ami: bytes
    esl: bytes
    late: float = 0.0


POINTS = (
    Point("the agent's phone is off the hook", Way.DOWN, b"BridgeCreate", b"CHANNEL_PARK"),
    Point("originate on its way", Way.UP, b"@carrier", b"sofia/gateway/carrier/"),
    Point("originate taken", Way.DOWN, b"Response: Success", b"+OK Job-UUID"),
    Point("the call is there", Way.DOWN, b"Event: Newchannel", b"CHANNEL_PROGRESS"),
    Point("it rings; the answer is missed", Way.DOWN, b"Newchannel", b"CHANNEL_PROGRESS", 0.5),
    Point("answered", Way.DOWN, b"DialplaneAnswered", b"dialplane::answered"),
    Point("AMD listens; the verdict is missed", Way.DOWN, b"Answered", b"::answered", 0.5),
    Point("verdict", Way.DOWN, b"DialplaneClassified", b"dialplane::classified"),
    Point("on its way to the agent", Way.UP, b"Action: Redirect", b"uuid_bridge"),
    Point("connected", Way.DOWN, b"ConfbridgeJoin", b"CHANNEL_BRIDGE"),
    Point("they talk; the end is missed", Way.DOWN, b"ConfbridgeJoin", b"CHANNEL_BRIDGE", 0.3),
    Point("ended", Way.DOWN, b"Event: Hangup", b"CHANNEL_HANGUP_COMPLETE"),
)
ORIGINATE = POINTS[1]


class Watch:
    """Calls `strike(late)` once, as the point is reached. Give `seen` to the proxy."""

    def __init__(self, point: Point, protocol: str, strike: Callable[[float], None]) -> None:
        self.struck = False
        self._strike = strike
        self._late = point.late
        before = () if point in POINTS[:2] else (ORIGINATE,)
        self._steps = [(p.way, p.ami if protocol == "ami" else p.esl) for p in (*before, point)]

    def seen(self, piece: Piece) -> None:
        if not self._steps:
            return
        way, words = self._steps[0]
        if piece.way is way and words in piece.data:
            del self._steps[0]
            if not self._steps:
                self.struck = True
                self._strike(self._late)
