"""What is known of our calls and legs on one PBX, each between its originate and its end."""

from collections import OrderedDict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import IntEnum
from typing import Generic, TypeVar
from uuid import UUID

from connectors.calls import Phase
from connectors.linked.channels import Channel, Kind

MARGIN = timedelta(seconds=10)  # beyond what the PBX waits, before a silent call is asked about
FAILURE_WAIT = timedelta(seconds=1)  # for news of an originate that has failed
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
    wait_seconds: int  # until the PBX gives it up, not answered
    stage: Stage = Stage.SENT
    ask_at: datetime | None = None  # when to ask the PBX whether it is there
    failure: str = ""  # what the PBX said of its originate
    doomed: bool = False  # we have hung it up
    missed: bool = False  # ... before there was a channel
    leg: UUID | None = None  # the leg that it was told to join, or to listen to
    joined: bool = False  # ... and that it is with

    def due(self, since: datetime) -> datetime:
        """When something must have been heard of it, if the PBX has known of it `since` then."""
        return since + timedelta(seconds=self.wait_seconds) + MARGIN

    @property
    def first_asked(self) -> datetime | None:
        """When to ask about it, should nothing be heard of it."""
        return self.due(self.sent_at)

    def rung_out(self, now: datetime) -> bool:
        """Whether the PBX has waited for its answer as long as it was to."""
        return now - self.sent_at >= timedelta(seconds=self.wait_seconds - 0.5)

    def fail(self, why: str, now: datetime) -> None:
        """Its originate has failed, as the PBX says. What it holds then decides: see `settle`."""
        self.failure = why
        self.ask_at = now + (FAILURE_WAIT if self.stage is Stage.SENT else MARGIN)


C = TypeVar("C", bound=Call)
H = TypeVar("H", bound=Channel)  # as the PBX lists it
A = TypeVar("A")  # the action that carries out a command


class Held(Generic[C, H, A]):
    """Our calls and legs by the text of their ids, which is how events name them.

    `pbx` is the PBX's name, for what is logged; `hang_up` the action that ends a call or leg.
    `orders` is what has to be sent because of events.
    """

    def __init__(self, pbx: str, call: type[C], hang_up: Callable[[UUID], A]) -> None:
        self.pbx = pbx
        self.orders: list[A] = []
        self.fresh: set[UUID] = set()  # came in on the present link: it has seen them begin
        self._new, self._hang_up = call, hang_up
        self._calls: dict[str, C] = {}
        self._ended: OrderedDict[str, bool] = OrderedDict()

    def __iter__(self) -> Iterator[C]:
        return iter(tuple(self._calls.values()))

    def __len__(self) -> int:
        return len(self._calls)

    def find(self, name: object) -> C | None:
        """The call of that id, ours or the PBX's own."""
        return self._calls.get(self.id_of(name))

    def id_of(self, name: object) -> str:
        """Our id for what the PBX knows by this one."""
        return str(name)

    def arrive(self, call_id: UUID, now: datetime) -> C:
        """A call has come in."""
        self.fresh.add(call_id)
        call = self._new(call_id, Kind.CALL, now, 0, Stage.ANSWERED)
        self._calls[str(call_id)] = call
        return call

    def place(
        self,
        call_id: UUID,
        kind: Kind,
        wait_seconds: int,
        now: datetime,
        leg: UUID | None = None,
    ) -> None:
        """An originate is on its way. A second one for a call that lives changes nothing."""
        if str(call_id) not in self._calls:
            call = self._calls[str(call_id)] = self._new(call_id, kind, now, wait_seconds, leg=leg)
            call.ask_at = call.first_asked

    def adopt(self, channel: H, now: datetime) -> C:
        """The PBX holds this channel: know it, and know how far it has got."""
        live = channel.live
        up = live.phase is not Phase.RINGING
        call = self._calls.setdefault(
            str(live.call_id), self._new(live.call_id, channel.kind, now, wait_seconds=0)
        )
        call.stage = max(call.stage, Stage.ANSWERED if up else Stage.RINGING)
        call.leg, call.joined = channel.leg or call.leg, channel.leg is not None
        call.ask_at = None if up else call.ask_at
        return call

    def hang_up(self, call_id: UUID) -> None:
        """Have a call or leg hung up."""
        self.orders.append(self._hang_up(call_id))

    def catch(self, call: C) -> None:
        """Hang up a channel that was not there yet when it was to be hung up."""
        if call.missed:
            call.missed = False
            self.hang_up(call.id)

    def end(self, call: C, *, seen: bool) -> None:
        """Forget a call. `seen`: its hang-up has been told; otherwise its end is only inferred."""
        del self._calls[str(call.id)]
        self._remember(str(call.id), seen=seen)
        self.fresh.discard(call.id)

    def forget(self, call_id: str) -> None:
        """It ended long ago."""

    def doom(self, call_id: UUID) -> None:
        """It is not to live, though we know of no such call: should it turn up, hang it up."""
        self._remember(str(call_id), seen=False)

    def has_ended(self, call_id: object) -> bool:
        return self.id_of(call_id) in self._ended

    def lay_ghost(self, call_id: object) -> None:
        """Should it live though we have reported an end that nobody saw, it must not live on."""
        if self._ended.get(self.id_of(call_id)) is False:
            self.hang_up(UUID(self.id_of(call_id)))

    def _remember(self, call_id: str, *, seen: bool) -> None:
        self._ended[call_id] = seen
        while len(self._ended) > REMEMBERED:
            self.forget(self._ended.popitem(last=False)[0])
