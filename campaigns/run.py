"""The state of one running campaign, shared by the parts of the dialler. No part keeps another."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from math import inf
from uuid import UUID

from campaigns.agents import Agent, Conversation, Floor
from campaigns.arrivals import Arrival
from campaigns.call_life import IN_FLIGHT, TABLE, CallState, Happening
from campaigns.effects import AgentState, Effect, Send
from campaigns.flight import Flight
from campaigns.flow.needs import Ask, Needs
from campaigns.guard import Tally, total
from campaigns.hopper import Hopper
from campaigns.inbound_calls import InboundCall
from campaigns.leads import Attempt, Candidate, DialOrder
from campaigns.lines import Lines
from campaigns.orders import CampaignState
from campaigns.pacing.view import Decision, Pacer
from campaigns.passage import Passage
from campaigns.periods import Period, day_of, period_of
from campaigns.spec.campaign import Campaign, Mode
from campaigns.timers import Timers
from campaigns.windows import zone_of_day
from connectors.calls import Amd, Command, Ended, Party

PHONE = "phone"
"""The reason of a pause that ends by itself as soon as the agent's phone is off hook again."""

NOT_REACHED = "phone not reached"
"""How the reason begins of who is offline because the phone was not picked up at the log-in."""


class OrderRefused(Exception):
    """An order that cannot be carried out now; its text is for the person who gave it."""


@dataclass(slots=True)
class Call:
    """One attempt while it lives."""

    attempt: Attempt
    day: str  # the day it was placed: the guard counts it there
    since: datetime  # when it came into its present state
    segment: int = 0  # the pacer's number for the lead's
    state: CallState = CallState.PLACED
    agent: str | None = None  # booked for it, or on the line
    ringing_at: datetime | None = None
    answered_at: datetime | None = None
    classified_at: datetime | None = None
    live_at: datetime | None = None  # greeted, or asking within a flow: the law's clock starts
    connected_at: datetime | None = None
    talk: Conversation | None = None  # from then on
    passage: Passage | None = None  # mode ivr: from when it was sent into the flow
    party: Party | None = None
    timed: bool = False  # the timer of the law's clock is set
    given_up: bool = False  # abandoned
    agent_lost: bool = False  # an agent has vanished from it, or the one it was to have
    message: bool = False  # AMD: a message was left
    cancelled: bool = False  # we hung up before the answer
    silenced: bool = False  # while it rang, after it had rung for long enough
    cut_short: bool = False  # pacing wished so, before its ring time was over
    learning: bool = False  # pacing knows of it, and not yet how its wait for an answer ended
    recording: str | None = None
    asks: bool = False  # it is in flight, and may ask for an agent yet: `Run.asking`
    flight: Flight | None = None  # where pacing sees it
    call_id: UUID = field(init=False)
    node: str = field(init=False)
    placed: float = field(init=False)  # as a timestamp: pacing looks at all of them at once
    rang: float = inf  # likewise, since when it was seen to ring

    def __post_init__(self) -> None:
        self.call_id = self.attempt.attempt_id
        self.node = self.attempt.order.node
        self.placed = self.attempt.placed_at.timestamp()


@dataclass(slots=True)
class Run:
    campaign: Campaign
    pacer: Pacer
    hopper: Hopper
    lines: Lines
    new_id: Callable[[], UUID]
    needs: Needs | None = None  # mode ivr: of its flow
    inbound_needs: Needs | None = None  # of the flow of its lines
    unforeseen: bool = False  # a call has asked for an agent, where none can
    floor: Floor = field(default_factory=Floor)
    timers: Timers = field(default_factory=Timers)
    calls: dict[UUID, Call] = field(default_factory=dict)
    waiting: dict[UUID, Call] = field(default_factory=dict)  # live, no agent; oldest first
    asking: dict[UUID, Call] = field(default_factory=dict)  # in flight, may ask for an agent yet
    flights: dict[CallState, Flight] = field(init=False)  # those pacing sees; by state
    asking_on: Counter[str] = field(default_factory=Counter)  # how many of them, by PBX node
    asking_of: Counter[str] = field(default_factory=Counter)  # and by the day they were placed
    owing: Counter[str] = field(default_factory=Counter)  # agents who vanished from a call, by node
    tallies: dict[str, Tally] = field(default_factory=dict)  # by day
    inbound: dict[UUID, InboundCall] = field(default_factory=dict)  # admitted, in that order
    arriving: dict[UUID, Arrival] = field(default_factory=dict)  # the database is asked
    left_early: dict[UUID, Ended] = field(default_factory=dict)  # those of them that are over
    inbound_tallies: dict[str, Counter[str]] = field(default_factory=dict)  # by day: outcomes
    state: CampaignState = CampaignState.RUNNING
    claiming: int = 0  # orders the database has not yet agreed to
    claiming_booked: int = 0  # those of them that are booked for an agent
    claiming_on: Counter[str] = field(default_factory=Counter)  # the others, by PBX node
    claiming_in: Counter[tuple[str, int]] = field(default_factory=Counter)  # and by segment too
    segments: set[int] = field(default_factory=set)  # those of all candidates so far
    day_left: tuple[float, float] = (-inf, 0.0)  # looked at when; seconds of calling hours left
    due: bool = True  # something has changed that pacing should look at
    pace_again: datetime | None = None  # not before, for pacers that pause between decisions
    pace_armed: bool = False  # a timer is set for that
    told_at: datetime | None = None  # when what pacing has learned was told
    decided: Decision = field(default_factory=lambda: Decision(0, "not decided yet"))
    said: tuple[str, datetime | None] = ("", None)  # what held the last decision told, and when
    counts: Counter[str] = field(default_factory=Counter)
    refused: Counter[str] = field(default_factory=Counter)
    out: list[Effect] = field(default_factory=list)
    _day: tuple[int, str] = (-1, "")

    def __post_init__(self) -> None:
        self.flights = {state: Flight() for state in IN_FLIGHT if self.pacer.models}

    def emit(self, effect: Effect) -> None:
        self.out.append(effect)

    def send(self, node: str, command: Command) -> None:
        self.out.append(Send(node, command))

    def move(self, agent: Agent, state: AgentState, now: datetime, reason: str = "") -> None:
        """Change an agent's state; pacing looks at once when it has made room for a call."""
        self.emit(self.floor.move(agent, state, now, reason))
        if state is AgentState.READY:
            self.due, self.pace_again = True, None

    def step(self, call: Call, happening: Happening, now: datetime) -> bool:
        """Move a call along the table. False: there is no such step from here."""
        after = TABLE.get((call.state, happening))
        if after is None:
            self.counts["dropped_steps"] += 1
            return False
        call.state, call.since = after, now
        self.recount(call)
        return True

    def book(self, call: Call, agent: str | None) -> None:
        """Set an agent aside for a call, or, with None, no longer."""
        call.agent = agent
        self.recount(call)

    def recount(self, call: Call) -> None:
        """Keep `asking` right: to be called whenever a call's state or agent has changed."""
        asks = call.agent is None and call.state in IN_FLIGHT and self.guarded
        if self.flights:
            self._show(call, asks)
        if asks is call.asks:
            return
        call.asks = asks
        if asks:
            self.asking[call.call_id] = call
        else:
            del self.asking[call.call_id]
        self.asking_on[call.node] += 1 if asks else -1
        self.asking_of[call.day] += 1 if asks else -1

    def rings_since(self, call: Call, at: float) -> None:
        """A call was seen to begin to ring, at a timestamp."""
        call.rang = at
        if call.flight is not None:
            call.flight.rang[id(call)] = at

    def _show(self, call: Call, asks: bool) -> None:
        """To pacing, unless its ringing is being ended or nothing is seen of it."""
        seen = asks and not call.silenced and call.node in self.lines.up
        flight = self.flights.get(call.state) if seen else None
        if flight is call.flight:
            return
        if call.flight is not None:
            call.flight.remove(id(call))
        if flight is not None:
            flight.add(id(call), call.call_id, call.placed, call.rang, call.segment)
        call.flight = flight

    def segment(self, candidate: Candidate) -> int:
        """The pacer's number for the segment of a candidate."""
        number = self.pacer.segment(candidate.segment)
        self.segments.add(number)
        return number

    def ordered(self, order: DialOrder, change: int) -> None:
        """`change` more orders like this one wait for the database, and for any agent."""
        self.claiming_on[order.node] += change
        place = order.node, self.segment(order.candidate)
        self.claiming_in[place] += change
        if not self.claiming_in[place]:
            del self.claiming_in[place]

    def tally(self, day: str) -> Tally:
        """What is counted of a day; to be changed there."""
        if day not in self.tallies:
            self.tallies[day] = Tally(day)
        return self.tallies[day]

    def callers(self, day: str) -> Counter[str]:
        """What a day's inbound calls have come to, by outcome; to be changed there."""
        return self.inbound_tallies.setdefault(day, Counter())

    def period(self, day: str) -> Period:
        """The days, this one among them, over which the limit is kept."""
        return period_of(self.campaign.abandonment, day)

    def tally_of(self, period: Period) -> Tally:
        """What is counted of a period: its days' tallies in one, to be looked at."""
        if period.is_day:
            return self.tally(period.first)
        return total(tally for day, tally in self.tallies.items() if day in period)

    def day_of(self, now: datetime) -> str:
        """The law's day of an instant."""
        quarter = int(now.timestamp()) // 900  # no zone changes its day within one
        if quarter != self._day[0]:
            self._day = quarter, day_of(self.campaign.windows, now)
        return self._day[1]

    def local(self, now: datetime) -> datetime:
        """An instant in the campaign's zone (UTC where each customer's is)."""
        return now.astimezone(zone_of_day(self.campaign.windows))

    def in_flight(self) -> int:
        """Calls that may still ask for an agent who is not yet theirs."""
        return len(self.asking) + self.claiming - self.claiming_booked

    def can_take_any(self, skills: frozenset[str], teams: frozenset[str]) -> bool:
        """Whether an agent of these can take any call that may ask for one: only such an agent is
        cover for it. (A lead's own skills are seen to before it is dialled.)"""
        anybody = Ask() if self.needs is None else self.needs.anybody
        return anybody.skills <= skills and anybody.teams <= teams

    def foresee_asks(self) -> None:
        """A call has asked. If its flow has no step for that, the PBX plays another one than the
        campaign was applied with: from now on the guard counts every call all the same."""
        if not self.guarded:
            self.unforeseen = True
            for call in list(self.calls.values()):
                self.recount(call)

    @property
    def guarded(self) -> bool:
        """Whether calls may ask for an agent at all: those of a flow without one never do."""
        return self.needs is None or self.needs.agents or self.unforeseen

    @property
    def amd(self) -> bool:
        return self.campaign.amd.enabled and self.campaign.mode is not Mode.PREVIEW

    @property
    def tuning(self) -> Amd | None:
        """How the PBX is to listen, where that is the campaign's to say."""
        tuning = self.campaign.amd.tuning
        return Amd(**tuning.model_dump()) if self.amd and tuning is not None else None

    @property
    def nailed_up(self) -> bool:
        return self.campaign.agents.legs == "nailed_up"


def seconds(duration: float) -> timedelta:
    return timedelta(seconds=duration)
