"""What a PBX tells arrives twice, late and in the wrong order; every call must be filed once.

Whole shifts in virtual time, dialler and exchange as in the simulator; only the wire between them
is out of its mind. A late event changes what the dialler does next, so two runs never make the
same calls. What must be the same is the final state: every call that was placed has one result,
no call, agent or channel is held by a call that is over.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from heapq import heappop, heappush
from random import Random

from campaigns.effects import AgentState, AttemptEnded, Effect
from campaigns.orders import CampaignState, SetState
from campaigns.spec.campaign import Campaign
from connectors.calls import Event
from connectors.fake.presets import PRESETS
from connectors.fake.world import World
from storms.plan import plan
from storms.storm import Figure, Order, Storm
from workers.shift import Shift
from workers.simulate import MONDAY

EVENTS = 10_000  # of each seed; 100 seeds are a million
SHARE = 0.2  # of events that are told twice, and of those that are late
LATEST = 60.0  # seconds
AGENTS = 20
SETTLED = timedelta(minutes=10)
HELD = (AgentState.RESERVED, AgentState.TALKING)


@dataclass(frozen=True, slots=True)
class Final:
    """What is left when all is over. The same in every run: nothing."""

    calls_open: int
    calls_up: int
    agents_held: int
    channels_held: int
    without_result: int
    filed_twice: int


class WildShift(Shift):
    """`share` of the events are told twice, and as many late; 0 is a wire in its right mind."""

    def __init__(self, campaign: Campaign, world: World, seed: int, share: float) -> None:
        super().__init__(campaign, world, AGENTS, seed, MONDAY)
        self.heard = 0
        self.filed: Counter[object] = Counter()
        self._share = share
        self._chance = Random(f"wire/{seed}")
        self._wire: list[tuple[datetime, int, Event]] = []
        self._sent = 0

    def final(self) -> Final:
        """Dial no more, let everything come to rest, and look."""
        self._carry_out(self.dialler.order(SetState(CampaignState.STOPPED), self.now))
        self.go_on(self.now + SETTLED)
        run = self.dialler.run
        up = {call.call_id for call in self._exchange.live_calls()} - self._exchange.legs()
        return Final(
            calls_open=len(run.calls),
            calls_up=len(up),
            agents_held=sum(run.floor.count(state) for state in HELD),
            channels_held=sum(run.lines.in_use().values()),
            without_result=run.counts["dialled"] - len(self.filed),
            filed_twice=sum(times > 1 for times in self.filed.values()),
        )

    def _next(self) -> datetime | None:
        due = self._wire[0][0] if self._wire else None
        return min((at for at in (super()._next(), due) if at is not None), default=None)

    def _turn(self, node: str) -> None:
        wake = self._exchange.wake_at()
        if wake is not None and wake <= self.now:
            for event in self._exchange.advance(self.now):
                self._send(event)
        for event in self._due():
            self.heard += 1
            self._carry_out(self.dialler.handle(node, event, self.now))
        super()._turn(node)

    def _send(self, event: Event) -> None:
        copies = 1 + (self._chance.random() < self._share)
        for _ in range(copies):
            late = self._chance.uniform(0, LATEST) if self._chance.random() < self._share else 0.0
            self._sent += 1
            heappush(self._wire, (self.now + timedelta(seconds=late), self._sent, event))

    def _due(self) -> Iterator[Event]:
        while self._wire and self._wire[0][0] <= self.now:
            yield heappop(self._wire)[2]

    def _watch(self, effect: Effect) -> None:
        super()._watch(effect)
        if isinstance(effect, AttemptEnded):
            self.filed[effect.attempt_id] += 1


def run(order: Order) -> Figure:
    sane, _ = _shift(order.seed, 0.0)
    same, heard, odd = 0, 0, ""
    for nth in range(order.count):
        final, events = _shift(order.seed + nth, SHARE)
        same, heard = same + (final == sane), heard + events
        odd = odd or ("" if final == sane else f"; seed {order.seed + nth}: {final}")
        order.tell((nth + 1) / order.count)
    clean = sane == Final(0, 0, 0, 0, 0, 0)
    text = f"{heard} events: the same final state in {same} of {order.count} seeds{odd}"
    return Figure(text, clean and same == order.count)


def _shift(seed: int, share: float) -> tuple[Final, int]:
    shift = WildShift(plan("events"), PRESETS["demo"], seed, share)
    shift.start()
    while shift.heard < EVENTS:
        shift.go_on(shift.now + timedelta(minutes=1))
    return shift.final(), shift.heard


STORM = Storm(
    name="events",
    reach="1,000,000 events with 20 % duplicated, 20 % reordered, delays to 60 s, 100 seeds: the "
    "same final state in 100 of 100",
    short=2,
    long=100,
    run=run,
)
