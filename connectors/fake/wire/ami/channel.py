"""A channel as an Asterisk 22 describes it: the headers that every event about it bears."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum
from uuid import UUID

from connectors.fake.wire.ami.codec import Packet

STATES = {0: "Down", 4: "Ring", 5: "Ringing", 6: "Up"}
DOWN, RING, RINGING, UP = 0, 4, 5, 6
NOBODY = "<unknown>"
WAIT = "60"  # seconds that the dialplan holds an answered call for


class Kind(Enum):
    CALL = "call"
    LEG = "leg"
    SPY = "spy"


@dataclass(slots=True)
class Place:
    """Where in the dialplan a channel is, or goes when it is answered."""

    context: str
    exten: str
    priority: str = "1"


@dataclass(slots=True)
class Channel:
    """A channel, from its originate to its hang-up. `asked`: the Channel of the originate.

    One that came in has none; its `asked` is the trunk that it came by.
    `turn` counts its steps in the dialplan, so that a timer of an earlier one does nothing.
    """

    id: UUID
    uniqueid: str
    kind: Kind
    asked: str
    goal: Place
    action_id: str
    began: datetime
    name: str = ""
    account: str = ""
    caller: str = NOBODY
    caller_name: str = NOBODY
    connected: str = NOBODY
    born: bool = False
    state: int = DOWN
    at: Place = field(default_factory=lambda: Place("from-carrier", "s"))
    application: tuple[str, str] = ("", "")
    target: UUID | None = None  # the agent's leg whose conference it is in, or that it spies on
    joined: bool = False  # it is in that conference
    taped: bool = False
    music: bool = False  # it hears some
    then: str = ""  # what comes after a message
    message: str = ""
    ours: bool = False  # it is hung up by an action, with this cause
    cause: str = ""
    turn: int = 0
    variables: dict[str, str] = field(default_factory=dict)

    def headers(self, prefix: str = "") -> Packet:
        """What stands in every event about the channel."""
        told = (
            ("Channel", self.name),
            ("ChannelState", str(self.state)),
            ("ChannelStateDesc", STATES[self.state]),
            ("CallerIDNum", self.caller),
            ("CallerIDName", self.caller_name),
            ("ConnectedLineNum", self.connected),
            ("ConnectedLineName", NOBODY),
            ("Language", "en"),
            ("AccountCode", self.account),
            ("Context", self.at.context),
            ("Exten", self.at.exten),
            ("Priority", self.at.priority),
            ("Uniqueid", self.uniqueid),
            ("Linkedid", self.uniqueid),
        )
        return tuple((prefix + key, value) for key, value in told) if prefix else told

    @property
    def dial_string(self) -> str:
        return self.asked.partition("/")[2]

    @property
    def technology(self) -> str:
        return self.asked.partition("/")[0]


def conference(leg: UUID, members: int) -> Packet:
    """A conference named after an agent's leg, as the events of its bridge describe it."""
    return (
        ("BridgeUniqueid", str(leg)),
        ("BridgeType", "base"),
        ("BridgeTechnology", "softmix"),
        ("BridgeCreator", "ConfBridge"),
        ("BridgeName", leg.hex),
        ("BridgeNumChannels", str(members)),
        ("BridgeVideoSourceMode", "none"),
    )
