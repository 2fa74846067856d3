"""A translator on a stage: commands, answers and a FreeSWITCH's events in, what it tells out."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

from connectors.calls import Command, Event, LiveCall, Originate, Phase
from connectors.freeswitch import event as events
from connectors.freeswitch.actions import Dialling, actions
from connectors.freeswitch.channels import Channel
from connectors.freeswitch.codec import Decoder
from connectors.freeswitch.translate import Translator
from connectors.linked.channels import Kind

T0 = datetime(2026, 11, 20, 12, tzinfo=UTC)
TRANSCRIPTS = Path(__file__).parent / "transcripts"
CALL = UUID("0190c0de-0000-7000-8000-000000000001")
OTHER = UUID("0190c0de-0000-7000-8000-000000000002")
LEG = UUID("0190c0de-0000-7000-8000-00000000000a")
SPY = UUID("0190c0de-0000-7000-8000-00000000000b")
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

    def hear(self, name: str, call_id: object = "", **headers: str) -> list[Event]:
        custom = {"Event-Name": "CUSTOM", "Event-Subclass": name}
        named = custom if "::" in name else {"Event-Name": name}
        fields = {key.replace("_", "-"): value for key, value in headers.items()}
        return self.read(events.Event({**named, "Unique-ID": str(call_id), **fields}))

    def read(self, heard: events.Event) -> list[Event]:
        told = list(self.translator.event(heard, self.now))
        self.events += told
        return told

    def job(self, call_id: UUID, body: str) -> list[Event]:
        named = {"Event-Name": "BACKGROUND_JOB", "Job-UUID": f"originate:{call_id}"}
        return self.read(events.Event({**named, "_body": f"{body}\n"}))

    def bridge(self, call_id: UUID = CALL, leg_id: UUID = LEG) -> list[Event]:
        ids = {"Bridge_A_Unique_ID": str(call_id), "Bridge_B_Unique_ID": str(leg_id)}
        return self.hear("CHANNEL_BRIDGE", call_id, **ids)

    def take(self, command: Command) -> list[Event]:
        """The PBX has taken a command."""
        return self.refuse(command, "+OK")

    def refuse(self, command: Command, text: str) -> list[Event]:
        """The first action of a command is answered with an error."""
        action = actions(command, Dialling())[0]
        told = list(self.translator.answer(action, text, self.now))
        self.events += told
        return told

    def later(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)

    def settle(self, *live: UUID) -> list[Event]:
        if not self.translator.overdue(self.now):
            return []
        told = list(self.translator.settle([held(one) for one in live], self.now))
        self.events += told
        return told

    def orders(self) -> list[str]:
        """What had to be sent meanwhile."""
        sent = [action.command for action in self.translator.orders]
        self.translator.orders.clear()
        return sent


def held(call_id: UUID, phase: Phase = Phase.RINGING, leg: UUID | None = None) -> Channel:
    return Channel(Kind.CALL, LiveCall(call_id, phase, leg), leg)


def held_leg(leg_id: UUID, kind: Kind = Kind.AGENT, target: UUID | None = None) -> Channel:
    """An agent's leg, or a supervisor's on the leg `target`."""
    return Channel(kind, LiveCall(leg_id, Phase.AGENT_LEG), target)


def recorded(name: str, cuts: int = 0) -> list[events.Event]:
    """The events of a transcript, read `cuts` bytes at a time or all at once."""
    data, decoder = (TRANSCRIPTS / f"{name}.esl").read_bytes(), Decoder()
    size = cuts or len(data)
    frames = [f for at in range(0, len(data), size) for f in decoder.feed(data[at : at + size])]
    return [events.event(frame.body) for frame in frames if frame.kind == events.KIND]


def kinds(told: Iterable[Event]) -> list[type]:
    return [type(one) for one in told]
