"""What is known of our calls and legs on one PBX, each between its originate and its end."""

from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import IntEnum
from uuid import UUID

from connectors.calls import Phase
from connectors.freeswitch.channels import Channel, Kind
from connectors.freeswitch.codec import Action

MARGIN = timedelta(seconds=10)  # beyond its ring time, before a silent call is asked about
REMEMBERED = 10_000  # ended calls that a late event is still recognised by


class Stage(IntEnum):
    """How far a call has got. It only ever moves forward."""

    SENT = 0
    PROGRESS = 1
    RINGING = 2
    UP = 3  # the channel is answered, and not yet ours to move
    ANSWERED = 4


@dataclass(slots=True)
class Call:
    """A call or a leg."""

    id: UUID
    kind: Kind
    sent_at: datetime
    ring_seconds: int
    stage: Stage = Stage.SENT
    ask_at: datetime | None = None  # when to ask the PBX whether it is there
    failure: str = ""  # what the job of its originate said
    doomed: bool = False  # we have hung it up
    missed: bool = False  # ... before there was a channel
    leg: UUID | None = None  # the leg that it was told to join, or to listen to
    joined: bool = False  # ... and that it is bridged with
    classified: bool = False  # its party has been told
    tape: str = ""  # the path of its recording
    came_in: bool = False  # on one of our lines

    @property
    def deadline(self) -> datetime:
        """When something must have been heard of it."""
        return self.sent_at + timedelta(seconds=self.ring_seconds) + MARGIN

    def rung_out(self, now: datetime) -> bool:
        """Whether it has had its ring time."""
        return now - self.sent_at >= timedelta(seconds=self.ring_seconds - 0.5)


class Held:
    """Our calls and legs by the text of their ids, which is how events name them.

    `pbx` is the PBX's name, for what is logged; `orders` is what has to be sent because of events.
    """

    def __init__(self, pbx: str = "") -> None:
        self.pbx = pbx
        self.orders: list[Action] = []
        self.fresh: set[UUID] = set()  # came in on the present link: it has seen them begin
        self._calls: dict[str, Call] = {}
        self._ended: OrderedDict[str, bool] = OrderedDict()

    def __iter__(self) -> Iterator[Call]:
        return iter(tuple(self._calls.values()))

    def __len__(self) -> int:
        return len(self._calls)

    def find(self, call_id: object) -> Call | None:
        return self._calls.get(str(call_id))

    def arrive(self, call_id: UUID, now: datetime) -> None:
        """A call has come in."""
        self.fresh.add(call_id)
        call = Call(call_id, Kind.CALL, now, 0, Stage.ANSWERED, came_in=True)
        self._calls[str(call_id)] = call

    def place(
        self,
        call_id: UUID,
        kind: Kind,
        ring_seconds: int,
        now: datetime,
        leg: UUID | None = None,
    ) -> None:
        """An originate is on its way. A second one for a call that lives changes nothing."""
        if str(call_id) not in self._calls:
            call = self._calls[str(call_id)] = Call(call_id, kind, now, ring_seconds, leg=leg)
            call.ask_at = call.deadline

    def adopt(self, channel: Channel, now: datetime) -> None:
        """The PBX holds this channel: know it, and know how far it has got."""
        live = channel.live
        up = live.phase is not Phase.RINGING
        call = self._calls.setdefault(
            str(live.call_id), Call(live.call_id, channel.kind, now, ring_seconds=0)
        )
        call.stage = max(call.stage, Stage.ANSWERED if up else Stage.RINGING)
        call.leg, call.joined = channel.leg or call.leg, channel.leg is not None
        call.tape, call.came_in = channel.tape, bool(live.line)
        call.ask_at = None if up else call.ask_at

    def end(self, call: Call, *, seen: bool) -> None:
        """Forget a call. `seen`: its hang-up has been told; otherwise its end is only inferred."""
        del self._calls[str(call.id)]
        self._ended[str(call.id)] = seen
        self.fresh.discard(call.id)
        while len(self._ended) > REMEMBERED:
            self._ended.popitem(last=False)

    def has_ended(self, call_id: object) -> bool:
        return str(call_id) in self._ended

    def is_ghost(self, call_id: object) -> bool:
        """Whether we have reported an end that nobody saw; it must not live on."""
        return self._ended.get(str(call_id)) is False
