"""A whole shift in virtual time: the dialler, the fake PBX and simulated agents, by turns.

Nothing sleeps. The next instant is the earliest at which any of the three has something to do;
whatever they ask of one another at that instant is carried out before time goes on.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from random import Random
from uuid import UUID

from campaigns.arrivals import Admitted, Arrival
from campaigns.dialler import Dialler, OrderRefused
from campaigns.effects import (
    Admit,
    AgentChanged,
    AttemptEnded,
    AttemptNoted,
    Claim,
    Effect,
    InboundEnded,
    Refill,
    Send,
)
from campaigns.flow.flow import Flow
from campaigns.flow.needs import Needs, needs_of
from campaigns.flow_effects import AskEndpoint, OptedOut, QuestionAnswered, SayPrompt
from campaigns.guard import Tally, total
from campaigns.leads import NOTHING, Attempt, Particulars
from campaigns.orders import LogIn, Order
from campaigns.spec.campaign import Campaign
from connectors.calls import LinkBack
from connectors.fake.exchange import Exchange
from connectors.fake.world import World
from connectors.flows import AnswerFlow, SayFlow
from storage.particulars import of_caller
from workers.crew import Crew, Habits, usual_habits
from workers.flow_player import FlowPlayer
from workers.lead_book import ZONES, LeadBook
from workers.staffing import TimeSheet


class Shift:
    """One campaign, its agents and its customers; `run` lets time pass. `flows`: its flows and
    those that they call, by name.

    `max_abandonment` is the highest share of the limit's period at any instant, from
    `counted_from` live answers on.
    """

    def __init__(
        self,
        campaign: Campaign,
        world: World,
        agents: int,
        seed: int,
        start: datetime,
        counted_from: int = 1,
        flows: Mapping[str, Flow] | None = None,
    ) -> None:
        ids = Random(f"ids/{seed}")
        both = (campaign.flow, campaign.inbound_flow)
        needs, callers = (needs_of(n, flows or {}) if n is not None else None for n in both)
        self._callers_need = callers
        self.dialler = Dialler(campaign, partial(_new_id, ids), needs, callers)
        self.outcomes: Counter[str] = Counter()
        self.callers: Counter[str] = Counter()  # inbound calls, by outcome
        self.times = TimeSheet()
        self.answers: dict[UUID, dict[str, str]] = {}  # of each call that was placed, by question
        self.callers_answers: dict[UUID, dict[str, str]] = {}
        self.opted_out: set[UUID] = set()  # callers who want no more calls
        self._came_in: set[UUID] = set()
        self.max_abandonment = 0.0
        self.now = start
        self._first_day = self.dialler.run.day_of(start)
        self._campaign = campaign
        self._counted_from = counted_from
        self._exchange = Exchange(world, seed)
        self._exchange.plays(FlowPlayer(flows or {}))
        told = Particulars(zones=ZONES) if needs is not None else NOTHING
        prefixes = [part.prefix for part in world.segments]
        self._book = LeadBook(campaign, seed, prefixes=prefixes, told=told)
        self._log_ins = _log_ins(campaign, needs, callers, agents)
        names = [log_in.agent for log_in in self._log_ins]
        self._crew = Crew(campaign, names, seed, _habits(campaign))

    def run(self, hours: float) -> None:
        until = self.now + timedelta(hours=hours)
        self.start()
        self.go_on(until)
        self.times.close(until)

    def start(self) -> None:
        """The PBX is there, and everybody logs in."""
        node = self._campaign.pbx[0]
        self._carry_out(self.dialler.handle(node, LinkBack(self.now), self.now))
        self._crew.start(self._log_ins, self.now)

    def go_on(self, until: datetime) -> None:
        """Let time pass."""
        node = self._campaign.pbx[0]
        while (at := self._next()) is not None and at <= until:
            self.now = max(self.now, at)
            self._turn(node)
        self.now = until

    @property
    def agents(self) -> int:
        """How many have logged in: none where no call may ask for one."""
        return len(self._log_ins)

    @property
    def tally(self) -> Tally:
        """What the guard has seen, over all days of the shift."""
        tallies = self.dialler.run.tallies
        return total(tally for day, tally in tallies.items() if day >= self._first_day)

    def _next(self) -> datetime | None:
        wakes = [self.dialler.wake_at(), self._exchange.wake_at(), self._crew.wake_at()]
        return min([at for at in wakes if at is not None], default=None)

    def _turn(self, node: str) -> None:
        if _is_due(self._exchange.wake_at(), self.now):
            for event in self._exchange.advance(self.now):
                self._carry_out(self.dialler.handle(node, event, self.now))
        if _is_due(self._crew.wake_at(), self.now):
            for order in self._crew.due(self.now):
                self._order(order)
        if _is_due(self.dialler.wake_at(), self.now):
            self._carry_out(self.dialler.tick(self.now))

    def _order(self, order: Order) -> None:
        try:
            self._carry_out(self.dialler.order(order, self.now))
        except OrderRefused:
            self.outcomes["orders_refused"] += 1

    def _carry_out(self, effects: list[Effect]) -> None:
        for effect in effects:
            if isinstance(effect, Send):
                self._exchange.command(effect.command, self.now)
            elif isinstance(effect, Claim):
                attempts, refusals = self._book.claim(effect.orders, self.now)
                self._placed(attempts)
                self._carry_out(self.dialler.claimed(attempts, refusals, self.now))
            elif isinstance(effect, Refill):
                found, due = self._book.candidates(effect.count, self.now)
                self._carry_out(self.dialler.refilled(found, due, self.now))
            elif isinstance(effect, AskEndpoint):
                self._exchange.command(AnswerFlow(effect.call_id, effect.ticket, None), self.now)
            elif isinstance(effect, SayPrompt):
                self._exchange.command(SayFlow(effect.call_id, effect.ticket), self.now)
            elif isinstance(effect, Admit):
                calls = self._admitted(effect.arrivals)
                self._came_in |= {call.arrival.call_id for call in calls}
                self._carry_out(self.dialler.admitted(calls, [], self.now))
            else:
                self._watch(effect)

    def _admitted(self, arrivals: Sequence[Arrival]) -> list[Admitted]:
        """Nobody who calls in is on the list."""
        return [Admitted(a, None, of_caller(a.caller, None, self._callers_need)) for a in arrivals]

    def _placed(self, attempts: Sequence[Attempt]) -> None:
        """For those who keep a history of a shift."""

    def _watch(self, effect: Effect) -> None:
        if isinstance(effect, AttemptEnded):
            self._book.record(effect)
            self.outcomes[effect.outcome] += 1
        elif isinstance(effect, QuestionAnswered):
            came_in = effect.attempt_id in self._came_in
            answers = self.callers_answers if came_in else self.answers
            answers.setdefault(effect.attempt_id, {})[effect.question] = effect.answer
        elif isinstance(effect, OptedOut):
            self.opted_out |= {effect.attempt_id} & self._came_in
        elif isinstance(effect, InboundEnded):
            self.callers[effect.outcome] += 1
        elif isinstance(effect, AgentChanged):
            self.times.seen(effect)
        self._crew.seen(effect, self.now)
        if isinstance(effect, (AttemptNoted, AttemptEnded)):  # what a tally changes with
            run = self.dialler.run
            tally = run.tally_of(run.period(run.day_of(self.now)))
            if tally.live >= self._counted_from:
                self.max_abandonment = max(self.max_abandonment, tally.rate)


def _new_id(ids: Random) -> UUID:
    return UUID(int=ids.getrandbits(128), version=4)


def _is_due(at: datetime | None, now: datetime) -> bool:
    return at is not None and at <= now


def _log_ins(
    campaign: Campaign, needs: Needs | None, callers: Needs | None, agents: int
) -> list[LogIn]:
    """Agents who can take any call; none where no call may ask for one."""
    asking = [each for each in (needs, callers) if each is not None and each.agents]
    if needs is not None and not asking:
        return []
    names = [f"agent-{n:03d}" for n in range(1, agents + 1)]
    skills = frozenset(campaign.agents.skills).union(*(each.anybody.skills for each in asking))
    teams = frozenset(campaign.agents.teams).union(*(each.anybody.teams for each in asking))
    return [LogIn(name, name, campaign.pbx[0], skills, teams) for name in names]


def _habits(campaign: Campaign) -> Habits:
    """The usual ones, but with a wrap-up of about what the campaign allows."""
    return replace(usual_habits(campaign), wrap_up=0.7 * campaign.agents.wrap_up)
