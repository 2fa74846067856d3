"""A translator on a stage: commands and AMI events in, what it tells out."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from uuid import UUID

from connectors.asterisk.channels import Channel
from connectors.asterisk.codec import Message
from connectors.asterisk.translate import Translator
from connectors.calls import Command, Event, LiveCall, Originate, Phase, RingAgent
from connectors.linked.channels import Kind
from tests.connectors.asterisk.ami_server import packet

T0 = datetime(2026, 11, 20, 12, tzinfo=UTC)
CALL = UUID("0190c0de-0000-7000-8000-000000000001")
OTHER = UUID("0190c0de-0000-7000-8000-000000000002")
LEG = UUID("0190c0de-0000-7000-8000-00000000000a")
DIAL = Originate(CALL, "+4930123456", "trunk", "+493099999", wait_seconds=30)


class Stage:
    """A translator, the time, and all that has been told."""

    def __init__(self, *commands: Command) -> None:
        self.translator = Translator()
        self.now = T0
        self.events: list[Event] = []
        for command in commands:
            self.tell(command)

    def tell(self, command: Command) -> None:
        self.translator.told(command, self.now)

    def hear(self, name: str, **fields: object) -> list[Event]:
        texts = {key: str(value) for key, value in fields.items()}
        return self.read(packet(Event=name, **texts))

    def read(self, data: bytes) -> list[Event]:
        told = list(self.translator.event(Message(data.strip(b"\r\n")), self.now))
        self.events += told
        return told

    def answer(self, action_id: str, **fields: str) -> list[Event]:
        return self.read(packet(Response="Success", ActionID=action_id, **fields))

    def refuse(self, action_id: str, text: str) -> list[Event]:
        return self.read(packet(Response="Error", ActionID=action_id, Message=text))

    def later(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)

    def settle(self, *live: UUID) -> list[Event]:
        return self.settle_as(*map(held, live))

    def settle_as(self, *live: Channel) -> list[Event]:
        """With what the PBX tells of those that live."""
        if not self.translator.overdue(self.now):
            return []
        told = list(self.translator.settle(live, self.now))
        self.events += told
        return told

    def up(self, call_id: UUID = CALL) -> None:
        self.hear("Newstate", Uniqueid=call_id, ChannelState=6)
        self.hear("UserEvent", Uniqueid=call_id, UserEvent="DialplaneAnswered")

    def leg_up(self, leg_id: UUID = LEG) -> None:
        self.tell(RingAgent(leg_id, "101"))
        self.hear("ConfbridgeJoin", Uniqueid=leg_id, Conference=leg_id.hex)


def held(call_id: UUID, phase: Phase = Phase.RINGING, leg: UUID | None = None) -> Channel:
    return Channel(Kind.CALL, LiveCall(call_id, phase, leg), leg)


def held_in_flow(call_id: UUID, flow: str) -> Channel:
    return Channel(Kind.CALL, LiveCall(call_id, Phase.ANSWERED, flow=flow))


def held_leg(leg_id: UUID, kind: Kind = Kind.AGENT, target: UUID | None = None) -> Channel:
    """An agent's leg, or a supervisor's on the leg `target`."""
    return Channel(kind, LiveCall(leg_id, Phase.AGENT_LEG), target)


def kinds(events: Iterable[Event]) -> list[type]:
    return [type(event) for event in events]


def hangup(call_id: UUID = CALL, cause: int = 16, tech: int = 0) -> dict[str, object]:
    return {"Uniqueid": call_id, "Cause": cause, "Cause_txt": "Words", "TechCause": tech}
