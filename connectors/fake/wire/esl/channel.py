"""A channel as a FreeSWITCH describes it: the headers that every event about it bears."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum
from uuid import UUID

from connectors.fake.wire.esl.codec import Headers

STATES = (
    "CS_NEW", "CS_INIT", "CS_ROUTING", "CS_SOFT_EXECUTE", "CS_EXECUTE", "CS_EXCHANGE_MEDIA",
    "CS_PARK", "CS_CONSUME_MEDIA", "CS_HIBERNATE", "CS_RESET", "CS_HANGUP", "CS_REPORTING",
    "CS_DESTROY", "CS_NONE",
)  # fmt: skip
CODECS = {
    f"Channel-{way}-Codec-{what}": value
    for way in ("Read", "Write")
    for what, value in (("Name", "PCMU"), ("Rate", "8000"), ("Bit-Rate", "64000"))
}
TIMES = (
    "Created", "Answered", "Progress", "Progress-Media", "Hangup", "Transfer", "Resurrect",
    "Bridged",
)  # fmt: skip
UNKNOWN = "0000000000"

Step = tuple[str, str]  # an application and its data


class Kind(Enum):
    CALL = "call"
    LEG = "leg"
    SPY = "spy"


@dataclass(slots=True)
class Channel:
    """A channel, from its originate to its end.

    `steps` are the applications that it has yet to run. `turn` counts those that it was in, so
    that a timer of an earlier one does nothing.
    """

    id: UUID
    uuid: str
    kind: Kind
    name: str
    number: str
    steps: list[Step]
    caller: str = UNKNOWN
    born: bool = False
    state: str = "CS_NONE"
    call_state: str = "DOWN"
    answer_state: str = "ringing"
    running: Step = ("", "")
    response: str = "_none_"
    done: Callable[[str], None] | None = None  # who waits for what comes of its originate
    other: UUID | None = None  # the channel that it is bridged with
    target: UUID | None = None  # the leg that a supervisor listens to
    listens: bool = False  # avmd is on
    inbound: bool = False  # a customer calls in; `number` is the line that was dialled
    lost: bool = False  # the exchange has let go of it
    tape: str = ""
    cause: str = ""
    turn: int = 0
    times: dict[str, datetime] = field(default_factory=dict)
    variables: Headers = field(default_factory=dict)

    @property
    def direction(self) -> str:
        return "inbound" if self.inbound else "outbound"

    @property
    def context(self) -> str:
        """Of the PBX's dialplan: where calls come in, or the one of all others."""
        return "public" if self.inbound else "default"

    @property
    def up(self) -> bool:
        return self.answer_state == "answered"

    def headers(self) -> Headers:
        """What stands in every event about the channel."""
        told = {
            "Channel-State": self.state,
            "Channel-Call-State": self.call_state,
            "Channel-State-Number": str(STATES.index(self.state)),
            "Channel-Name": self.name,
            "Unique-ID": self.uuid,
            "Call-Direction": self.direction,
            "Presence-Call-Direction": self.direction,
            "Channel-HIT-Dialplan": "true" if self.up or self.inbound else "false",
            "Channel-Call-UUID": self.uuid,
            "Answer-State": self.answer_state,
        }
        if self.cause and self.answer_state == "hangup":
            told["Hangup-Cause"] = self.cause
        if "Answered" in self.times:
            told |= CODECS
        return told | self._caller() | {f"variable_{k}": v for k, v in self._variables().items()}

    def _caller(self) -> Headers:
        """Of an outbound call that was answered, the one called has become the caller."""
        up = "Answered" in self.times and not self.inbound
        name, number = ("Outbound Call", self.number) if up else (self.caller, self.caller)
        told = {
            "Direction": self.direction,
            "Logical-Direction": self.direction,
            "Caller-ID-Name": name,
            "Caller-ID-Number": number,
            "Orig-Caller-ID-Name": self.caller,
            "Orig-Caller-ID-Number": self.caller,
            "Callee-ID-Name": self.caller if up else "Outbound Call",
            "Callee-ID-Number": self.caller if up else self.number,
            "ANI": self.caller,
            "Destination-Number": self.number,
            "Unique-ID": self.uuid,
            "Source": "mod_sofia" if self.inbound else "src/switch_ivr_originate.c",
            "Context": self.context,
            "Channel-Name": self.name,
            "Profile-Index": "1",
            "Profile-Created-Time": stamp(self.times.get("Created")),
            **{f"Channel-{what}-Time": stamp(self.times.get(what)) for what in TIMES},
            "Screen-Bit": "true",
            "Privacy-Hide-Name": "false",
            "Privacy-Hide-Number": "false",
        }
        return {f"Caller-{key}": value for key, value in told.items()}

    def _variables(self) -> Headers:
        application, data = self.running
        now = {"current_application": application} if application else {}
        if data:
            now["current_application_data"] = data
        return {
            "direction": self.direction,
            **({} if self.inbound else {"is_outbound": "true"}),
            "uuid": self.uuid,
            "call_uuid": self.uuid,
            "channel_name": self.name,
            **self.variables,
            **now,
        }


def stamp(at: datetime | None) -> str:
    """Microseconds since 1970, as FreeSWITCH counts; 0 for what has not been."""
    return str(round(at.timestamp() * 1_000_000)) if at else "0"
