"""A campaign's dialler on a PBX under test, with a database that grants everything."""

from collections.abc import Iterable
from uuid import uuid4

from campaigns.dialler import Dialler
from campaigns.effects import AttemptEnded, Claim, Effect, Refill, Send
from campaigns.leads import Attempt, Candidate
from campaigns.spec.campaign import Campaign
from connectors.calls import Event, LinkBack
from connectors.clock import Clock
from connectors.pbx import Pbx
from tests.contract.watch import Watch

NODE = "main"


class Dialling:
    """Dials each of `numbers` once. Open the PBX with it; `watch` hears all that it does."""

    def __init__(self, campaign: Campaign, numbers: Iterable[str], pbx: Pbx, clock: Clock) -> None:
        self.watch = Watch()
        self.dialler = Dialler(campaign)
        self.results: list[AttemptEnded] = []
        self._leads = [Candidate(uuid4(), number) for number in numbers]
        self._pbx = pbx
        self._clock = clock

    def __call__(self, event: Event) -> None:
        self.carry_out(self.dialler.handle(NODE, event, self._clock.now()))
        self.watch(event)

    async def run(self) -> None:
        """From the link on, waking the dialler when it asks for it, until cancelled."""
        self(LinkBack(self._clock.now()))
        while (at := self.dialler.wake_at()) is not None:
            await self._clock.sleep(max(0.0, (at - self._clock.now()).total_seconds()))
            self.carry_out(self.dialler.tick(self._clock.now()))

    def carry_out(self, effects: Iterable[Effect]) -> None:
        for effect in effects:
            now = self._clock.now()
            match effect:
                case Send():
                    self._pbx.send(effect.command)
                case Refill():
                    leads, self._leads = self._leads, []
                    self.carry_out(self.dialler.refilled(leads, None, now))
                case Claim():
                    granted = [Attempt(uuid4(), order, now) for order in effect.orders]
                    self.carry_out(self.dialler.claimed(granted, [], now))
                case AttemptEnded():
                    self.results.append(effect)
