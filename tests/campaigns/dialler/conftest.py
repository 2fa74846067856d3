"""A desk: a dialler with its database and PBX played by the test, in a time of the test's own."""

from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta
from itertools import count
from random import Random
from typing import Any
from uuid import UUID

import pytest

from campaigns.arrivals import Admitted, Arrival
from campaigns.call_life import UNANSWERED, CallState
from campaigns.dialler import Dialler
from campaigns.effects import (
    Admit,
    AgentState,
    AttemptEnded,
    Claim,
    Effect,
    InboundEnded,
    Refill,
    Send,
)
from campaigns.flow.needs import Needs
from campaigns.flow.reaching import Webhook
from campaigns.leads import NOTHING, Attempt, Candidate, DialOrder, Particulars, Refusal
from campaigns.orders import LogIn, Order
from campaigns.run import Call
from campaigns.spec.campaign import Campaign
from connectors.calls import (
    AgentLegUp,
    Answered,
    Arrived,
    Classified,
    Connected,
    ConnectToAgent,
    Ended,
    EndReason,
    Event,
    LinkBack,
    Originate,
    Party,
    RingAgent,
    Ringing,
)

START = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)

SLOTS = Webhook.model_validate(
    {
        "webhook": "slots",
        "send": {"day": "{day}"},
        "into": {"offer": "free"},
        "timeout": "2s",
        "next": "a",
        "fallback": "b",
    }
)
PLAN: dict[str, Any] = {
    "name": "renewal",
    "mode": "progressive",
    "trunks": [{"name": "carrier", "channels": 100, "calls_per_second": 100}],
    "caller_ids": ["+12125550100"],
    "agents": {"teams": ["sales"], "wrap_up": "20s"},
    "leads": {"list": "spring"},
    "windows": {"timezone": "UTC", "hours": [{"from": "00:00", "to": "24:00"}]},
    "dispositions": [{"name": "sale", "success": True}, {"name": "later", "final": False}],
    "pacing": {"calls_per_second": 100},
}


class Desk:
    """Feeds the dialler and keeps every effect; claims and refills are granted at once."""

    def __init__(
        self,
        leads: int = 50,
        needs: Needs | None = None,
        told: Particulars = NOTHING,
        inbound_needs: Needs | None = None,
        **changes: Any,
    ) -> None:
        """`told`: what a flow is told of every customer, and of every caller."""
        ids = count(1)
        self.new_id: Callable[[], UUID] = lambda: UUID(int=next(ids))
        campaign = Campaign.model_validate({**PLAN, **changes})
        self.dialler = Dialler(campaign, self.new_id, needs, inbound_needs)
        self.told = told
        self.now = START
        self.effects: list[Effect] = []
        self.leads = [Candidate(UUID(int=10_000 + i), f"+1212555{i:04d}") for i in range(leads)]
        self.refuse: dict[str, str] = {}  # number: why the database says no
        self.grant = True
        self.held_back: list[Claim] = []
        self.bridges = False  # whoever is sent to an agent is there in the same instant
        self.admit = True
        self.not_admitted: list[Arrival] = []

    # --- doing

    def feed(self, effects: list[Effect]) -> list[Effect]:
        """Carry out what the database is asked to do; keep and return all effects."""
        self.effects += effects
        answers = [self._answer(effect) for effect in effects]
        return effects + [later for answer in answers for later in answer]

    def link_up(self, *live: Any, node: str = "main") -> list[Effect]:
        return self.event(LinkBack(self.now, live), node)

    def event(self, event: Event, node: str = "main") -> list[Effect]:
        return self.feed(self.dialler.handle(node, event, self.now))

    def order(self, order: Order) -> list[Effect]:
        return self.feed(self.dialler.order(order, self.now))

    def wait(self, seconds: float) -> list[Effect]:
        """Let time pass, waking the dialler whenever it asks for it."""
        until, seen = self.now + timedelta(seconds=seconds), len(self.effects)
        while (wake := self.dialler.wake_at()) is not None and wake <= until:
            self.now = max(self.now, wake)
            self.feed(self.dialler.tick(self.now))
        self.now = until
        return self.effects[seen:]

    def staff(
        self,
        *names: str,
        skills: frozenset[str] = frozenset(),
        node: str = "main",
        teams: frozenset[str] = frozenset(),
    ) -> None:
        """Log agents in and pick their phones up."""
        for name in names:
            self.log_in(name, skills, node, teams)
            for leg in self.sent(RingAgent):
                if leg.phone == f"phone-{name}":
                    self.event(AgentLegUp(leg.leg_id, self.now), node)

    def log_in(
        self,
        name: str,
        skills: frozenset[str] = frozenset(),
        node: str = "main",
        teams: frozenset[str] = frozenset(),
    ) -> None:
        self.order(LogIn(name, f"phone-{name}", node, skills, teams))

    def ring(self, call: Originate) -> None:
        self.event(Ringing(call.call_id, self.now))

    def answer(self, call: Originate) -> list[Effect]:
        return self.event(Answered(call.call_id, self.now))

    def classify(self, call: Originate, party: Party) -> list[Effect]:
        return self.event(Classified(call.call_id, self.now, party))

    def connect(self, call: Originate) -> list[Effect]:
        """The PBX has put the customer into the bridge it was told."""
        order = next(c for c in reversed(self.sent(ConnectToAgent)) if c.call_id == call.call_id)
        return self.event(Connected(call.call_id, self.now, order.leg_id))

    def talk(self, call: Originate) -> None:
        self.answer(call)
        self.connect(call)

    def end(self, call: Originate, reason: EndReason = EndReason.HUNG_UP) -> list[Effect]:
        return self.event(Ended(call.call_id, self.now, reason, "raw"))

    def stir(self, rng: Random, answered: float) -> list[Effect]:
        """One call of those alive moves on; `answered`: the chance that one that rings is."""
        calls = list(self.dialler.run.calls.values())
        if not calls:
            return []
        call = rng.choice(calls)
        originate = Originate(call.call_id, "+12125550000", "carrier", "+12125550100")
        if call.state in UNANSWERED and rng.random() < answered:
            return self.answer(originate)
        if call.state in UNANSWERED:
            return self.end(originate, rng.choice([EndReason.NO_ANSWER, EndReason.BUSY]))
        if call.state in (CallState.TALKING, CallState.MESSAGE, CallState.ENDING):
            return self.end(originate)
        return []

    def call_in(
        self, line: str = "support", node: str = "main", caller: str = "+4930123456"
    ) -> UUID:
        """Somebody calls in."""
        call_id = self.new_id()
        self.event(Arrived(call_id, self.now, line, caller), node)
        return call_id

    def connect_inbound(self, call_id: UUID, node: str = "main") -> None:
        """The PBX has put the caller into the bridge it was told."""
        order = next(c for c in reversed(self.sent(ConnectToAgent)) if c.call_id == call_id)
        self.event(Connected(call_id, self.now, order.leg_id), node)

    def leaves(self, call_id: UUID, node: str = "main") -> None:
        """A caller hangs up, or is gone because we did."""
        self.event(Ended(call_id, self.now, EndReason.HUNG_UP, "raw"), node)

    def grant_arrivals(self, *arrivals: Arrival) -> list[Effect]:
        calls = [Admitted(arrival, None, self.told) for arrival in arrivals]
        return self.feed(self.dialler.admitted(calls, [], self.now))

    def answer_all(self) -> None:
        """The worst case: every call that rings is answered in the same instant."""
        for call in [c for c in self.dialler.run.calls.values() if c.state in UNANSWERED]:
            self.event(Answered(call.call_id, self.now))

    def stir_inbound(self, rng: Random) -> None:
        """One inbound call of those alive moves on."""
        calls = list(self.dialler.run.inbound.values())
        if not calls:
            return
        call = rng.choice(calls)
        if call.state is not CallState.WAITING or rng.random() < 0.1:
            self.leaves(call.call_id)

    # --- looking

    def sent(self, kind: type[Any]) -> list[Any]:
        return [
            e.command for e in self.effects if isinstance(e, Send) and isinstance(e.command, kind)
        ]

    @property
    def calls(self) -> list[Originate]:
        return self.sent(Originate)

    @property
    def bridging(self) -> list[Originate]:
        """Calls that the PBX is to put into an agent's bridge."""
        on_the_way = [c for c in self.dialler.run.calls.values() if c.state is CallState.CONNECTING]
        ids = {c.call_id for c in on_the_way}
        return [c for c in self.calls if c.call_id in ids]

    @property
    def results(self) -> list[AttemptEnded]:
        return [e for e in self.effects if isinstance(e, AttemptEnded)]

    def result(self, call: Originate) -> AttemptEnded:
        (only,) = [r for r in self.results if r.attempt_id == call.call_id]
        return only

    @property
    def inbound_results(self) -> list[InboundEnded]:
        return [e for e in self.effects if isinstance(e, InboundEnded)]

    def agent(self, name: str) -> AgentState:
        agent = self.dialler.run.floor.get(name)
        return agent.state if agent is not None else AgentState.OFFLINE

    def call(self, call: Originate) -> Call:
        return self.dialler.run.calls[call.call_id]

    def _answer(self, effect: Effect) -> list[Effect]:
        if isinstance(effect, Refill):
            left = [c for c in self.leads if c.lead_id not in effect.held]
            free = [c for c in left if c.skills not in effect.plenty][: effect.count]
            self.leads = [c for c in self.leads if c not in free]
            return self.feed(self.dialler.refilled(free, None, self.now))
        if isinstance(effect, Send) and isinstance(effect.command, ConnectToAgent):
            return self._bridge(effect.node, effect.command) if self.bridges else []
        if isinstance(effect, Admit) and self.admit:
            return self.grant_arrivals(*effect.arrivals)
        if isinstance(effect, Admit):
            self.not_admitted += effect.arrivals
        if isinstance(effect, Claim) and self.grant:
            return self.grant_claim(effect)
        if isinstance(effect, Claim):
            self.held_back.append(effect)
        return []

    def _bridge(self, node: str, order: ConnectToAgent) -> list[Effect]:
        return self.event(Connected(order.call_id, self.now, order.leg_id), node)

    def grant_claim(self, claim: Claim) -> list[Effect]:
        yes = [o for o in claim.orders if o.candidate.number not in self.refuse]
        no = [o for o in claim.orders if o.candidate.number in self.refuse]
        attempts = [Attempt(self.new_id(), o, self.now, self.told) for o in yes]
        refusals = [Refusal(o, self._why(o)) for o in no]
        return self.feed(self.dialler.claimed(attempts, refusals, self.now))

    def _why(self, order: DialOrder) -> str:
        return self.refuse[order.candidate.number]


@pytest.fixture
def desk_of() -> Callable[..., Desk]:
    def make(leads: int = 50, first: Iterable[Candidate] = (), **changes: Any) -> Desk:
        desk = Desk(leads, **changes)
        desk.leads[:0] = first
        for node in desk.dialler.run.campaign.pbx:
            desk.link_up(node=node)
        return desk

    return make
