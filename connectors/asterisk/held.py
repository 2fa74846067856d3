"""What is known of our calls and legs on one PBX, each between its originate and its end."""

from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import IntEnum
from uuid import UUID

from connectors.asterisk.channels import Channel, Kind
from connectors.asterisk.codec import Action
from connectors.calls import Phase

MARGIN = timedelta(seconds=10)  # beyond its ring time, before a silent call is asked about
REMEMBERED = 10_000  # ended calls that a late event is still recognised by


class Stage(IntEnum):
    """How far a call has got. It only ever moves forward."""

    SENT = 0
    PROGRESS = 1
    RINGING = 2
    UP = 3  # the channel is answered, its dialplan has not begun
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
    failure: str = ""  # what OriginateResponse said of it
    doomed: bool = False  # we have hung it up
    missed: bool = False  # ... before there was a channel
    leg: UUID | None = None  # the leg that it was told to join, or to listen to
    joined: bool = False  # ... and whose conference it is in
    sent: bool = False  # ... by this connector, and not by another one

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
        self._ids: dict[str, str] = {}  # of those that came in: the PBX's unique id, and ours
        self._names: dict[str, str] = {}  # and the other way round

    def __iter__(self) -> Iterator[Call]:
        return iter(tuple(self._calls.values()))

    def __len__(self) -> int:
        return len(self._calls)

    def find(self, name: object) -> Call | None:
        """The call of that id, ours or the PBX's own."""
        return self._calls.get(self.id_of(name))

    def id_of(self, name: object) -> str:
        return self._ids.get(str(name), str(name))

    def name_of(self, call_id: str) -> str:
        """What the PBX knows a call by."""
        return self._names.get(call_id, call_id)

    def arrive(self, call_id: UUID, name: str, now: datetime) -> None:
        """A call has come in."""
        self._call_it(call_id, name)
        self.fresh.add(call_id)
        self._calls[str(call_id)] = Call(call_id, Kind.CALL, now, 0, Stage.ANSWERED)

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
        if channel.name:
            self._call_it(live.call_id, channel.name)
        up = live.phase is not Phase.RINGING
        call = self._calls.setdefault(
            str(live.call_id), Call(live.call_id, channel.kind, now, ring_seconds=0)
        )
        call.stage = max(call.stage, Stage.ANSWERED if up else Stage.RINGING)
        call.leg, call.joined = channel.leg or call.leg, channel.leg is not None
        call.ask_at = None if up else call.ask_at

    def end(self, call: Call, *, seen: bool) -> None:
        """Forget a call. `seen`: its Hangup has come; otherwise its end is only inferred."""
        del self._calls[str(call.id)]
        self._ended[str(call.id)] = seen
        self.fresh.discard(call.id)
        while len(self._ended) > REMEMBERED:
            forgotten, _ = self._ended.popitem(last=False)
            self._ids.pop(self._names.pop(forgotten, ""), None)

    def has_ended(self, call_id: object) -> bool:
        return self.id_of(call_id) in self._ended

    def is_ghost(self, call_id: object) -> bool:
        """Whether we have reported an end that nobody saw; it must not live on."""
        return self._ended.get(self.id_of(call_id)) is False

    def _call_it(self, call_id: UUID, name: str) -> None:
        self._ids[name], self._names[str(call_id)] = str(call_id), name
