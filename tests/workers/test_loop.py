import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest

from campaigns.dialler import Dialler
from campaigns.effects import AttemptEnded, Effect
from campaigns.flow_effects import SayPrompt
from campaigns.leads import Attempt, Candidate
from campaigns.orders import LogIn
from campaigns.outcomes import Outcome
from campaigns.spec.campaign import Campaign
from connectors.calls import (
    AgentLegUp,
    Command,
    EndReason,
    LinkBack,
    LiveCall,
    Originate,
    RingAgent,
)
from connectors.clock import RunningClock
from connectors.flows import SayFlow
from connectors.pbx import LinkDown, OnEvent
from workers.loop import Loop

Soon = Callable[..., Awaitable[None]]
CAMPAIGN = Campaign.model_validate(
    {
        "name": "spring",
        "mode": "progressive",
        "trunks": [{"name": "carrier", "channels": 10}],
        "caller_ids": ["+12125550100"],
        "agents": {"teams": ["sales"], "wrap_up": 10},
        "leads": {"list": "spring"},
        "windows": {"timezone": "UTC", "hours": [{"from": "00:00", "to": "24:00"}]},
        "dispositions": [{"name": "sale", "success": True}],
    }
)


class Wire:
    """A PBX that only notes what it is sent, or whose link is down."""

    name = "main"

    def __init__(self) -> None:
        self.sent: list[Command] = []
        self.down = False

    async def open(self, on_event: OnEvent) -> None:
        """It is open."""

    async def close(self) -> None:
        """It is never closed."""

    def send(self, command: Command) -> None:
        if self.down:
            raise LinkDown("PBX 'main': the link is down")
        self.sent.append(command)

    async def live_calls(self) -> tuple[LiveCall, ...]:
        return ()

    async def ping(self) -> float:
        return 0.0


class Desk:
    """The loop with everything around it."""

    def __init__(self) -> None:
        self.kept: list[Effect] = []
        self.wire = Wire()
        self.may = True
        self.clock = RunningClock(50)
        self.dialler = Dialler(CAMPAIGN)
        self.loop = Loop(
            self.dialler, {"main": self.wire}, self.clock, self.kept.append, lambda: self.may
        )

    def agent_ready(self) -> None:
        """The link is up, an agent waits on the phone, a lead is in the hopper, a claim made."""
        self.loop.event("main", LinkBack(self.clock.now()))
        self.loop.order(LogIn("ann", "100", "main"))
        (ring,) = self.of(RingAgent)
        self.loop.event("main", AgentLegUp(ring.leg_id, self.clock.now()))
        assert self.loop.refills.qsize() == 1
        self.loop.refilled([Candidate(UUID(int=1), "+12125550001")], datetime.now(UTC))

    def of(self, kind: type[Any]) -> list[Any]:
        return [command for command in self.wire.sent if isinstance(command, kind)]

    def ended(self) -> list[AttemptEnded]:
        return [effect for effect in self.kept if isinstance(effect, AttemptEnded)]

    def grant(self) -> None:
        """The database agrees to the claim that waits."""
        (order,) = self.loop.claims.get_nowait().orders
        self.loop.claimed([Attempt(UUID(int=7), order, self.clock.now())], [])


@pytest.fixture
async def desk() -> Any:
    made = Desk()
    yield made
    made.loop.stop()


async def test_a_call_is_sent_once_the_database_has_agreed_and_not_before(
    desk: Desk, soon: Soon
) -> None:
    desk.agent_ready()
    await soon(lambda: desk.loop.claims.qsize() == 1)
    assert desk.of(Originate) == []

    desk.grant()
    (originate,) = desk.of(Originate)
    assert originate.call_id == UUID(int=7)
    assert desk.ended() == []


async def test_without_a_certain_lease_no_call_is_sent(desk: Desk, soon: Soon) -> None:
    desk.agent_ready()
    await soon(lambda: desk.loop.claims.qsize() == 1)
    desk.may = False

    desk.grant()
    assert desk.of(Originate) == []
    (ended,) = desk.ended()
    assert (ended.outcome, ended.reason) == (Outcome.FAILED, EndReason.REFUSED)
    assert "not renewed in time" in ended.cause


async def test_a_call_that_a_dead_link_did_not_take_has_ended(desk: Desk, soon: Soon) -> None:
    desk.agent_ready()
    await soon(lambda: desk.loop.claims.qsize() == 1)
    desk.wire.down = True

    desk.grant()
    (ended,) = desk.ended()
    assert ended.reason is EndReason.REFUSED
    assert "the link is down" in ended.cause
    assert desk.dialler.run.calls == {}


async def test_a_node_that_nobody_configured_is_told_of(desk: Desk) -> None:
    desk.loop.event("main", LinkBack(desk.clock.now()))
    lonely = Loop(desk.dialler, {}, desk.clock, desk.kept.append, lambda: True)
    lonely.order(LogIn("ann", "100", "main"))
    lonely.stop()
    assert desk.dialler.run.floor.get("ann") is None


async def test_time_passes_by_itself(desk: Desk, soon: Soon) -> None:
    desk.loop.event("main", LinkBack(desk.clock.now()))
    first = desk.dialler.wake_at()
    assert first is not None
    await soon(lambda: (desk.dialler.wake_at() or first) > first)


async def test_a_stopped_loop_rings_no_more(desk: Desk) -> None:
    desk.loop.event("main", LinkBack(desk.clock.now()))
    desk.loop.stop()
    await asyncio.sleep(0)
    wake = desk.dialler.wake_at()
    await asyncio.sleep(0.1)
    assert desk.dialler.wake_at() == wake


async def test_where_nobody_speaks_a_text_is_heard_without_its_values_at_once(desk: Desk) -> None:
    """A loop without a voice, and one whose voice has its own time."""
    say = SayPrompt("main", UUID(int=7), "greet", "hello", "3", 3.0, {"first_name": "Maria"})
    asked: list[SayPrompt] = []
    speaking = Loop(
        desk.dialler,
        {"main": desk.wire},
        desk.clock,
        desk.kept.append,
        lambda: True,
        say=asked.append,
    )
    desk.dialler.run.emit(say)
    desk.loop.turn()
    assert desk.of(SayFlow) == [SayFlow(UUID(int=7), "3", "")]
    desk.dialler.run.emit(say)
    speaking.turn()
    assert asked == [say]
    speaking.said(say, "/srv/said/x")
    assert desk.of(SayFlow)[1:] == [SayFlow(UUID(int=7), "3", "/srv/said/x")]
    assert say not in desk.kept
    speaking.stop()
