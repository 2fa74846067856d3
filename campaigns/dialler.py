"""The dialler: one running campaign, as a machine without sockets, clock or database.

Theory. Everything that happens is told to it with the time at which it is told (`handle` for
events of a PBX, `order` for what people want, `claimed` and `refilled` for the database's
answers, `tick` for time itself); each call returns the effects that are to be carried out, in
order. `wake_at` says when to come back if nothing happens before. The same machine runs a
campaign on a real PBX, on the fake one in real or accelerated time, and a whole day in seconds.

Two rules hold everywhere:

1. A call is originated only for an attempt that the database has committed (`Claim`, then
   `claimed`), and never twice.
2. Every attempt ends in exactly one `AttemptEnded`.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from campaigns import (
    answering,
    inbound,
    inbound_events,
    inbound_life,
    learning,
    links,
    overdue,
    passing,
    placing,
    previews,
    ringing,
    staff,
)
from campaigns.arrivals import Admitted, OpenInbound
from campaigns.call_life import UNANSWERED
from campaigns.effects import Effect, StateChanged
from campaigns.flow.needs import Needs
from campaigns.guard import Tally
from campaigns.hopper import Hopper
from campaigns.leads import Attempt, Candidate, OpenAttempt, Refusal
from campaigns.lines import Lines
from campaigns.orders import (
    Accept,
    CampaignState,
    Dispose,
    EndCall,
    LogIn,
    LogOut,
    Move,
    Order,
    Pause,
    Ready,
    SetState,
    Skip,
    Stay,
    Supervise,
)
from campaigns.pacing.modes import PACING
from campaigns.run import Call, OrderRefused, Run, seconds
from campaigns.snapshot import snapshot
from campaigns.spec.campaign import Campaign, Mode
from campaigns.timers import Key, Timer
from campaigns.wrap_up import end_wrap_up, settle_leaving
from connectors.calls import (
    AgentLegDown,
    AgentLegEvent,
    AgentLegUp,
    Answered,
    Classified,
    Connected,
    Digits,
    Ended,
    Event,
    LinkBack,
    LinkEvent,
    LinkHeard,
    LinkLost,
    LinkSilent,
    Played,
    Progress,
    Ringing,
)
from connectors.flows import (
    FlowAnswered,
    FlowAsked,
    FlowCallback,
    FlowEnded,
    FlowLeft,
    FlowOptedOut,
    FlowRecorded,
    FlowSays,
    FlowWantsAgent,
)

TICK = 1.0  # seconds between two looks at pacing when nothing else happens
NOBODY: Mapping[str, int] = {}
SWEEP = 2.0  # seconds between two looks for what takes too long

__all__ = ["Dialler", "OrderRefused"]


class Dialler:
    """One campaign. `new_id` makes the ids of agents' legs; seeded in simulations.

    A node is dialled over only after its first `LinkBack`, which the worker gives once it has
    opened it (with the calls that the PBX holds).
    """

    def __init__(
        self,
        campaign: Campaign,
        new_id: Callable[[], UUID] = uuid4,
        needs: Needs | None = None,
        inbound_needs: Needs | None = None,
    ) -> None:
        """`needs`: in mode ivr, those of the campaign's flow. `inbound_needs`: those of the flow
        that callers go through, where there is one. Raises `ValueError` without."""
        if (needs is None) is (campaign.mode is Mode.IVR):
            raise ValueError("mode ivr, and no other, needs to know the campaign's flow")
        flow = campaign.inbound.flow if campaign.inbound is not None else None
        if flow != (inbound_needs.flow if inbound_needs is not None else None):
            raise ValueError("lines with a flow, and no others, need to know that flow")
        pacer = PACING[campaign.mode](campaign)
        depth = max(20, 4 * int(campaign.pacing.calls_per_second))
        self.run = Run(campaign, pacer, Hopper(depth), Lines(campaign), new_id, needs)
        self.run.inbound_needs = inbound_needs
        self._tick_at: datetime | None = None
        self._sweep_at: datetime | None = None

    def handle(self, node: str, event: Event, now: datetime) -> list[Effect]:
        """An event of the PBX `node`."""
        if isinstance(event, _LINK_OR_LEG):
            self._link_or_leg(node, event, now)
            return self._effects(now)
        call = self.run.calls.get(event.call_id)
        if call is None:
            known = inbound_events.handle(self.run, node, event, now)
            return self._effects(now) if known else []
        if type(event) in _ON_CALL:
            _ON_CALL[type(event)](self.run, call, event, now)
        return self._effects(now)

    def order(self, order: Order, now: datetime) -> list[Effect]:
        """What a person wants. Raises `OrderRefused` with a sentence, and nothing has changed."""
        if isinstance(order, SetState):
            self._set_state(order.state, now)
        else:
            _ON_ORDER[type(order)](self.run, order, now)
        return self._effects(now)

    def claimed(
        self, attempts: Iterable[Attempt], refusals: Iterable[Refusal], now: datetime
    ) -> list[Effect]:
        """The database's answer to a `Claim`: each of its orders, either way."""
        placing.claimed(self.run, attempts, refusals, now)
        return self._effects(now)

    def admitted(
        self, calls: Iterable[Admitted], others: Iterable[UUID], now: datetime
    ) -> list[Effect]:
        """The database's answer to an `Admit`: each of its arrivals, either way. `others`: the
        calls that another campaign has, or that are over."""
        inbound.admitted(self.run, calls, others, now)
        return self._effects(now)

    def refilled(
        self, candidates: Sequence[Candidate], next_due: datetime | None, now: datetime
    ) -> list[Effect]:
        """The answer to a `Refill`. `next_due`: when the list's next lead falls due, None when
        no lead is left that ever will. All earlier results must have been stored before the
        list was asked, or a lead that is to be retried would not be seen."""
        placing.refilled(self.run, candidates, next_due, now)
        return self._effects(now)

    def tick(self, now: datetime) -> list[Effect]:
        """Time has passed."""
        for timer, key in self.run.timers.due(now):
            self._ring(timer, key, now)
        return self._effects(now)

    def wake_at(self) -> datetime | None:
        """When to call `tick`, at the latest; None: only when something happens."""
        return self.run.timers.next()

    def recall(self, memory: object, at: datetime, now: datetime) -> str:
        """What pacing had learned until `at` (`PacingLearned`); call it before all else. Returns
        why it is of no use; nothing when it is."""
        return learning.begin_with(self.run, memory, at, now)

    def leave_off(self, now: datetime) -> list[Effect]:
        """Nothing more will be told: what is worth knowing for whoever comes next."""
        learning.tell(self.run, now)
        effects, self.run.out = self.run.out, []
        return effects

    def adopt(
        self,
        attempts: Iterable[OpenAttempt],
        agents: Iterable[links.KnownAgent],
        tallies: Iterable[Tally],
        now: datetime,
        callers: Iterable[OpenInbound] = (),
        callers_today: Mapping[str, int] = NOBODY,
    ) -> list[Effect]:
        """Take over from an earlier worker; call it before the first `LinkBack`. `callers`: the
        inbound calls that are open; `callers_today`: what the day's others came to."""
        self.run.tallies.update({tally.day: tally for tally in tallies})
        self.run.callers(self.run.day_of(now)).update(callers_today)
        inbound.adopt(self.run, callers, now)
        links.adopt(self.run, attempts, agents, now)
        return self._effects(now)

    def snapshot(self, now: datetime) -> dict[str, Any]:
        """What a live screen shows; plain JSON types."""
        return snapshot(self.run, now)

    def _effects(self, now: datetime) -> list[Effect]:
        """Settle what the input has set off, then hand out the effects."""
        run = self.run
        if self._tick_at is None:
            self._tick_at = now + seconds(TICK)
            run.timers.set(self._tick_at, Timer.TICK)
        self._give_agents(now)
        if run.campaign.mode is Mode.PREVIEW:
            previews.offer(run, now)
        if run.due and (again := run.pace_again) is not None and now < again:
            placing.come_back(run, again)
        elif run.due:
            placing.pace(run, now)
        effects, run.out = run.out, []
        return effects

    def _give_agents(self, now: datetime) -> None:
        """To placed calls that were answered first; then those who leave, or come to a caller."""
        run = self.run
        if run.waiting:
            answering.serve(run, now)
        if run.inbound or run.floor.leaving:
            inbound.ask(run, now)
        if run.floor.leaving:
            settle_leaving(run, now)
        if run.inbound:
            inbound.serve(run, now)

    def _ring(self, timer: Timer, key: Key, now: datetime) -> None:
        if timer is Timer.PACE:
            self.run.pace_armed, self.run.due = False, True
        elif timer is Timer.TICK:
            self.run.due = True
            self._tick_at = None
            learning.look(self.run, now)
            self._sweep(now)
        elif timer is Timer.INBOUND and isinstance(key, UUID):
            if (caller := self.run.inbound.get(key)) is not None:
                inbound_life.wait_over(self.run, caller, now)
        elif isinstance(key, UUID):
            call = self.run.calls.get(key)
            if call is not None:
                _ON_TIMER[timer](self.run, call, now)
        elif isinstance(key, str):
            self._ring_agent(timer, key, now)

    def _sweep(self, now: datetime) -> None:
        """Nothing is overdue sooner than in seconds: looking at every call can wait for two."""
        if self._sweep_at is None or now >= self._sweep_at:
            self._sweep_at = now + seconds(SWEEP)
            overdue.sweep(self.run, now)

    def _ring_agent(self, timer: Timer, name: str, now: datetime) -> None:
        agent = self.run.floor.get(name)
        if agent is None:
            return
        if timer is Timer.PREVIEW:
            previews.preview_over(self.run, agent, now)
        elif agent.wrap_up_until is not None and agent.wrap_up_until <= now:
            end_wrap_up(self.run, agent, now)

    def _link_or_leg(self, node: str, event: LinkEvent | AgentLegEvent, now: datetime) -> None:
        if isinstance(event, AgentLegUp):
            self._leg_up(event, now)
        elif isinstance(event, AgentLegDown):
            staff.on_leg_down(self.run, event, now)
        else:
            _ON_LINK[type(event)](self.run, node, event, now)

    def _leg_up(self, event: AgentLegUp, now: datetime) -> None:
        staff.on_leg_up(self.run, event, now)
        agent = self.run.floor.by_leg(event.leg_id)
        if agent is not None and agent.accepted:
            try:
                previews.dial(self.run, agent, now)
            except OrderRefused:
                previews.pass_on(self.run, agent, now)

    def _set_state(self, state: CampaignState, now: datetime) -> None:
        """Paused: calls in progress go on, and who calls in is served. Stopped: calls that nobody
        has answered are ended, and whoever waits has waited in vain."""
        run = self.run
        if state is run.state:
            return
        run.state = state
        run.due = True
        run.emit(StateChanged(now, state))
        if state is CampaignState.STOPPED:
            for agent in [a for a in run.floor if a.preview is not None]:
                staff.take_preview_away(run, agent, now)
            for call in [c for c in run.calls.values() if c.state in UNANSWERED]:
                answering.hang_up(run, call, now)
            inbound.stop(run, now)


_ON_TIMER: dict[Timer, Callable[[Run, Call, datetime], None]] = {
    Timer.RING: ringing.look,
    Timer.ANSWER: overdue.answer_due,
}
_LINK_OR_LEG = (LinkSilent, LinkHeard, LinkLost, LinkBack, AgentLegUp, AgentLegDown)
_ON_LINK: dict[type[Any], Callable[..., None]] = {
    LinkSilent: links.on_link_silent,
    LinkHeard: links.on_link_heard,
    LinkLost: links.on_link_lost,
    LinkBack: links.on_link_back,
}
_ON_CALL: dict[type[Any], Callable[..., None]] = {
    Progress: answering.on_progress,
    Ringing: answering.on_ringing,
    Answered: answering.on_answered,
    Classified: answering.on_classified,
    Digits: answering.on_digits,
    Connected: answering.on_connected,
    Played: answering.on_played,
    FlowLeft: passing.on_left,
    FlowAnswered: passing.on_answered,
    FlowOptedOut: passing.on_opted_out,
    FlowCallback: passing.on_callback,
    FlowWantsAgent: passing.on_wants_agent,
    FlowAsked: passing.on_asked,
    FlowSays: passing.on_says,
    FlowRecorded: passing.on_recorded,
    FlowEnded: passing.on_flow_ended,
    Ended: answering.on_ended,
}
_ON_ORDER: dict[type[Any], Callable[..., None]] = {
    LogIn: staff.log_in,
    LogOut: staff.log_out,
    Move: staff.move,
    Stay: staff.stay,
    Pause: staff.pause,
    Ready: staff.ready,
    Dispose: staff.dispose,
    EndCall: staff.end_call,
    Supervise: staff.supervise,
    Accept: previews.accept,
    Skip: previews.skip,
}
