"""Flows on the fake PBX: the walk of `flow try`, with people of chance on the line.

It tells what a rendering on an Asterisk tells, in the same order: keys as they are pressed, an
answer before its step is left, an opt-out and a callback before they are confirmed.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime

from campaigns.flow import doing as do
from campaigns.flow import happening as on
from campaigns.flow.doing import Doing
from campaigns.flow.flow import Flow
from campaigns.flow.happening import Happening
from campaigns.flow.reaching import Webhook
from campaigns.flow.scene import Call
from campaigns.flow.walk import Walk
from campaigns.flow.ways import Step
from connectors.calls import CallEvent, Digits, Party
from connectors.fake.fate import Fate
from connectors.fake.flow_player import Beat
from connectors.fake.world import World
from connectors.flows import EnterFlow, FlowRecorded
from workers.flow_keys import Person
from workers.flow_telling import Telling
from workers.flow_texts import Texts
from workers.flow_waits import Waits

RECORDINGS = "dialplane-flows"  # where a rendering puts them


class FlowPlayer:
    """See `connectors.fake.flow_player.FlowPlayer`. `flows`: by name, with those they call."""

    def __init__(self, flows: Mapping[str, Flow]) -> None:
        self.flows = dict(flows)

    def play(self, order: EnterFlow, fate: Fate, world: World) -> "FlowPlay | None":
        if order.flow not in self.flows:
            return None
        return FlowPlay(order, self.flows, Waits(Person(fate, world), world))


class FlowPlay:
    """See `connectors.fake.flow_player.Play`."""

    def __init__(self, order: EnterFlow, flows: Mapping[str, Flow], waits: Waits) -> None:
        party = order.party or Party.UNKNOWN
        call = Call(order.given, frozenset(order.tags), party, order.zones)
        self._id = order.call_id
        self._flows = flows
        self._walk = Walk(flows[order.flow], call, flows)
        self._telling = Telling(order.call_id, self._walk)
        self._waits = waits
        self._texts = Texts(order.call_id)
        self._coming: Happening = on.Silence()
        self.flow = order.flow

    def begin(self, now: datetime) -> Beat:
        return self._beat((), self._walk.begin(now), now, waited=False)

    def go_on(self, now: datetime) -> Beat:
        if self._texts.over(self._texts.ticket):
            return self._wait((), now)
        return self._happens(self._coming, now) or Beat(over=True)

    def say(self, ticket: str, now: datetime) -> Beat | None:
        return self._wait((), now) if self._texts.over(ticket) else None

    def press(self, key: str, now: datetime) -> Beat | None:
        if self._texts.ticket:  # keys before a prompt are lost
            return None
        todo = self._walk.handle(on.Pressed(key), now)
        return self._beat((), todo, now) if todo else None

    def answer(self, ticket: str, got: Mapping[str, str] | None, now: datetime) -> Beat | None:
        step = self._step
        late = ticket != self._telling.ticket or not isinstance(self._walk.doing, do.AskWebhook)
        if late or not isinstance(step, Webhook):
            return None
        if got is None:
            return self._happens(on.WebhookFailed(), now)
        fields = {field: got[name] for name, field in step.into.items() if name in got}
        return self._happens(on.WebhookAnswered({**fields}), now)

    def hang_up(self, now: datetime) -> Beat:
        talks = self._waits.talks_since
        gone = on.TransferTaken() if talks is not None and talks <= now else on.HungUp()
        return self._happens(gone, now) or Beat(over=True)

    def _happens(self, happening: Happening, now: datetime) -> Beat | None:
        """None where it is late, and changes nothing."""
        before: tuple[CallEvent, ...] = ()
        if isinstance(happening, on.Pressed):
            before = (Digits(self._id, now, happening.key),)
        elif isinstance(self._walk.doing, do.StartRecording):
            tape = f"{self._id}-{self._telling.ticket}"
            flow, step = self._walk.at
            before = (FlowRecorded(self._id, now, flow, step, f"{RECORDINGS}/{flow}/{tape}"),)
            if isinstance(happening, on.RecordingOver):
                happening = on.RecordingOver(f"{flow}.{tape}")
        todo = self._walk.handle(happening, now)
        return self._beat(before, todo, now) if todo else None

    def _beat(
        self,
        before: tuple[CallEvent, ...],
        todo: Iterable[Doing],
        now: datetime,
        waited: bool = True,
    ) -> Beat:
        events = (*before, *self._telling.events(todo, now, waited))
        self.flow, _ = self._walk.at
        if self._walk.ended is not None or self._walk.doing is None:
            return Beat(events, over=True)
        if (says := self._texts.ask(self._walk, self._flows[self.flow], now)) is not None:
            return Beat((*events, says), says.timeout)
        return self._wait(events, now)

    def _wait(self, events: tuple[CallEvent, ...], now: datetime) -> Beat:
        if self._walk.doing is None:
            return Beat(events, over=True)
        after, self._coming = self._waits.after(self._walk.doing, self._step, now)
        return Beat(events, after)

    @property
    def _step(self) -> Step:
        flow, step = self._walk.at
        return self._flows[flow].steps[step]
