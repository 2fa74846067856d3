"""The dialling loop: a PBX's event goes straight into the dialler, and its effects straight out.

Wire to wire there is no queue, no database and no poll: `event` is called by the connector, and
the commands it leads to are sent before it returns. Only what must first be agreed to by the
database (claims, refills) waits, in `asking`; only what is to be remembered goes to the writer.
"""

import asyncio
import logging
import sys
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from uuid import UUID

from campaigns.arrivals import Admitted, OpenInbound
from campaigns.dialler import Dialler, OrderRefused
from campaigns.effects import Admit, Claim, Effect, Refill, Send
from campaigns.flow_effects import AskEndpoint, SayPrompt
from campaigns.guard import Tally
from campaigns.leads import Attempt, Candidate, OpenAttempt, Refusal
from campaigns.links import KnownAgent
from campaigns.orders import Order
from connectors.calls import (
    AgentLegDown,
    Command,
    Ended,
    EndReason,
    Event,
    Monitor,
    Originate,
    RingAgent,
)
from connectors.clock import Clock
from connectors.flows import AnswerFlow, SayFlow
from connectors.pbx import Pbx, PbxError
from workers.crew import Crew
from workers.lateness import Lateness
from workers.measures import Lag

log = logging.getLogger(__name__)

# Database threads give way to the loop this soon (seconds); Python's own 5 ms are felt in calls.
GIVE_WAY = 0.0005

Keep = Callable[[Effect], None]


class Loop:
    """Carries one dialler's effects out. Everything here runs on the event loop's thread."""

    def __init__(
        self,
        dialler: Dialler,
        nodes: Mapping[str, Pbx],
        clock: Clock,
        keep: Keep,
        may_originate: Callable[[], bool],
        crew: Crew | None = None,
        ask: Callable[[AskEndpoint], None] | None = None,
        say: Callable[[SayPrompt], None] | None = None,
    ) -> None:
        """`keep`: takes what is to be stored. `may_originate`: whether we still hold the lease.
        `ask`: takes what an endpoint is to be asked, and calls `answered` at some time. `say`:
        takes what is to be said, and calls `said` in time or never."""
        self.dialler = dialler
        self.claims: asyncio.Queue[Claim] = asyncio.Queue()
        self.refills: asyncio.Queue[Refill] = asyncio.Queue()
        self.arrivals: asyncio.Queue[Admit] = asyncio.Queue()
        self.lag = Lag()  # of events
        self.late = Lateness()  # of what was planned for a moment
        self._nodes = nodes
        self._clock = clock
        self._keep = keep
        self._may_originate = may_originate
        self._crew = crew
        self._ask = ask
        self._say = say
        self._todo: deque[Effect] = deque()
        self._busy = False
        self._armed: datetime | None = None
        self._timer: asyncio.Task[None] | None = None
        sys.setswitchinterval(GIVE_WAY)

    def event(self, node: str, event: Event) -> None:
        """Something has happened on a PBX."""
        self._carry_out(self.dialler.handle(node, event, self._clock.now()))
        self.lag.see((self._clock.now() - event.at).total_seconds())

    def order(self, order: Order) -> None:
        """Somebody wants something. Raises `OrderRefused`, and nothing has changed."""
        self._carry_out(self.dialler.order(order, self._clock.now()))

    def claimed(self, attempts: Iterable[Attempt], refusals: Iterable[Refusal]) -> None:
        """The database has answered a claim."""
        self._carry_out(self.dialler.claimed(attempts, refusals, self._clock.now()))

    def admitted(self, calls: Iterable[Admitted], others: Iterable[UUID]) -> None:
        """The database has answered an admission."""
        self._carry_out(self.dialler.admitted(calls, others, self._clock.now()))

    def refilled(self, found: list[Candidate], next_due: datetime | None) -> None:
        """The database has answered a refill."""
        self._carry_out(self.dialler.refilled(found, next_due, self._clock.now()))

    def adopt(
        self,
        attempts: Iterable[OpenAttempt],
        agents: Iterable[KnownAgent],
        tallies: Iterable[Tally],
        callers: Iterable[OpenInbound],
        callers_today: Mapping[str, int],
    ) -> None:
        """Take over what an earlier worker has left, before the first event of a PBX."""
        now = self._clock.now()
        adopt = self.dialler.adopt
        self._carry_out(adopt(attempts, agents, tallies, now, callers, callers_today))

    def answered(self, ask: AskEndpoint, got: Mapping[str, str] | None) -> None:
        """An endpoint has answered, texts by variable; None: it has not, or not as it should."""
        self._send(ask.node, AnswerFlow(ask.call_id, ask.ticket, got))

    def said(self, say: SayPrompt, sound: str) -> None:
        """A text has been said: what the PBX is to play; empty: it has not."""
        self._send(say.node, SayFlow(say.call_id, say.ticket, sound))

    def turn(self) -> None:
        """Time has passed: for the dialler, and for simulated agents."""
        now = self._clock.now()
        for order in self._crew.due(now) if self._crew else ():
            try:
                self.order(order)
            except OrderRefused as refused:
                log.info("a simulated agent's order was refused: %s", refused)
        self._carry_out(self.dialler.tick(now))

    def leave_off(self) -> None:
        """The last that the dialler has to tell."""
        self.stop()
        self._carry_out(self.dialler.leave_off(self._clock.now()))
        self.stop()

    def stop(self) -> None:
        """No timer rings any more."""
        if self._timer is not None:
            self._timer.cancel()

    def _carry_out(self, effects: list[Effect]) -> None:
        """In order; what a failed command leads to comes after what was already to be done."""
        self._todo.extend(effects)
        if self._busy:
            return
        self._busy = True
        try:
            while self._todo:
                self._do(self._todo.popleft())
        finally:
            self._busy = False
        self._arm()

    def _do(self, effect: Effect) -> None:
        if isinstance(effect, Send):
            self._send(effect.node, effect.command)
        elif isinstance(effect, Claim):
            self.claims.put_nowait(effect)
        elif isinstance(effect, Refill):
            self.refills.put_nowait(effect)
        elif isinstance(effect, Admit):
            self.arrivals.put_nowait(effect)
        elif isinstance(effect, AskEndpoint):
            self._let_ask(effect)
        elif isinstance(effect, SayPrompt):
            self._let_say(effect)
        else:
            self._keep(effect)
            if self._crew is not None:
                self._crew.seen(effect, self._clock.now())

    def _let_ask(self, ask: AskEndpoint) -> None:
        """Where nobody can be asked, the flow takes its fallback at once."""
        if self._ask is None:
            self.answered(ask, None)
        else:
            self._ask(ask)

    def _let_say(self, say: SayPrompt) -> None:
        """Where nobody speaks, the text without its variables is heard at once."""
        if self._say is None:
            self.said(say, "")
        else:
            self._say(say)

    def _send(self, node: str, command: Command) -> None:
        """Give a command to its PBX, or tell the dialler at once that it was not sent."""
        if isinstance(command, Originate) and not self._may_originate():
            self._not_sent(node, command, "the lease of the campaign was not renewed in time")
            return
        pbx = self._nodes.get(node)
        if pbx is None:
            self._not_sent(node, command, f"PBX '{node}' is not in the settings")
            return
        try:
            pbx.send(command)
        except PbxError as refused:
            self._not_sent(node, command, str(refused))

    def _not_sent(self, node: str, command: Command, why: str) -> None:
        about = {"node": node, "call": getattr(command, "call_id", None)}
        log.warning(
            "%s was not sent to PBX '%s': %s", type(command).__name__, node, why, extra=about
        )
        event = _as_if_ended(command, self._clock.now(), why)
        if event is not None:
            self.event(node, event)

    def _arm(self) -> None:
        """Ring at the next time at which the dialler or the crew has something to do."""
        at = self._next()
        if at is None or (self._armed is not None and self._armed <= at):
            return
        self.stop()
        self._armed = at
        self._timer = asyncio.get_running_loop().create_task(self._ring(at))

    def _next(self) -> datetime | None:
        wakes = (self.dialler.wake_at(), self._crew.wake_at() if self._crew else None)
        return min((at for at in wakes if at is not None), default=None)

    async def _ring(self, at: datetime) -> None:
        await self._clock.sleep((at - self._clock.now()).total_seconds())
        self._armed = self._timer = None
        self.late.see((self._clock.now() - at).total_seconds())
        self.turn()
        self._arm()


def _as_if_ended(command: Command, now: datetime, why: str) -> Event | None:
    """The event that makes up for a command that never left; None: losing it does no harm."""
    if isinstance(command, Originate):
        return Ended(command.call_id, now, EndReason.REFUSED, why)
    if isinstance(command, RingAgent | Monitor):
        return AgentLegDown(command.leg_id, now, why)
    return None
