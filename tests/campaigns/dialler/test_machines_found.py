"""An agent who hears a machine says so, and the call is no live answer any more."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any
from uuid import UUID

import pytest

from campaigns.cover import cover
from campaigns.dialler import Dialler
from campaigns.effects import AgentState, AttemptDisposed, Effect, Send
from campaigns.guard import Tally, room_beyond_agents
from campaigns.leads import Attempt, Candidate, DialOrder, OpenAttempt
from campaigns.links import KnownAgent
from campaigns.orders import Dispose
from connectors.calls import Originate

DeskOf = Callable[..., Any]
TODAY, YESTERDAY = "2026-11-20", "2026-11-19"
DISPOSITIONS = [
    {"name": "sale", "success": True},
    {"name": "voicemail", "machine": True, "final": False},
]
START = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)


def floor_of(desk_of: DeskOf, *names: str, **changes: Any) -> Any:
    desk = desk_of(dispositions=DISPOSITIONS, **changes)
    desk.staff(*names)
    return desk


def tally(desk: Any, day: str = TODAY) -> Tally:
    found = desk.dialler.run.tally(day)
    assert isinstance(found, Tally)
    return found


def test_a_conversation_with_a_machine_is_no_live_answer(desk_of: DeskOf) -> None:
    desk = floor_of(desk_of, "ann")
    desk.talk(desk.calls[0])
    assert tally(desk).live == 1
    filed = desk.order(Dispose("ann", "voicemail"))
    assert (tally(desk).live, tally(desk).connected, tally(desk).machines) == (0, 0, 1)
    assert [e.disposition for e in filed if isinstance(e, AttemptDisposed)] == ["voicemail"]
    desk.end(desk.calls[0])
    assert desk.result(desk.calls[0]).outcome == "connected"
    assert desk.result(desk.calls[0]).disposition == "voicemail"
    assert desk.dialler.snapshot(desk.now)["machines"] == 1


def test_filing_it_again_counts_nothing_twice_and_may_take_it_back(desk_of: DeskOf) -> None:
    desk = floor_of(desk_of, "ann")
    call = desk.calls[0]
    desk.talk(call)
    desk.order(Dispose("ann", "voicemail"))
    desk.end(call)
    desk.order(Dispose("ann", "voicemail"))
    assert (tally(desk).live, tally(desk).machines) == (0, 1)
    desk.order(Dispose("ann", "sale"))
    assert (tally(desk).live, tally(desk).machines) == (1, 0)
    desk.order(Dispose("ann", "voicemail"))
    assert (tally(desk).live, tally(desk).machines) == (0, 1)


def test_other_dispositions_change_nothing(desk_of: DeskOf) -> None:
    desk = floor_of(desk_of, "ann")
    desk.talk(desk.calls[0])
    desk.order(Dispose("ann", "sale"))
    assert tally(desk) == Tally(TODAY, connected=1)


def test_a_machine_that_was_connected_late_is_not_late_either(desk_of: DeskOf) -> None:
    desk = floor_of(desk_of, "ann", "bob")
    call = desk.calls[0]
    desk.answer(call)
    desk.wait(3)  # the PBX takes its time to bridge them
    desk.connect(call)
    assert tally(desk) == Tally(TODAY, late=1)
    agent = desk.dialler.run.calls[call.call_id].agent
    desk.order(Dispose(agent, "voicemail"))
    assert tally(desk) == Tally(TODAY, machines=1)


def test_after_midnight_it_corrects_the_day_of_the_call(desk_of: DeskOf) -> None:
    desk = desk_of(dispositions=DISPOSITIONS)
    desk.now = START.replace(hour=23, minute=59, second=50)
    desk.staff("ann")
    call = desk.calls[0]
    desk.talk(call)
    desk.wait(60)
    desk.end(call)
    desk.order(Dispose("ann", "voicemail"))
    assert tally(desk, TODAY) == Tally(TODAY, machines=1)
    assert tally(desk, "2026-11-21").machines == 0


def test_the_room_shrinks_and_no_call_is_placed_until_those_in_flight_fit(desk_of: DeskOf) -> None:
    desk = desk_of(
        dispositions=DISPOSITIONS, mode="power", pacing={"lines_per_agent": 4}, leads=200
    )
    run = desk.dialler.run
    run.tallies[TODAY] = Tally(TODAY, connected=97)
    desk.staff("ann")
    assert len(desk.calls) == 1 + 3
    desk.talk(desk.calls[0])
    desk.end(desk.calls[0])
    covered = cover(run, desk.now)
    assert (covered.room, covered.beyond) == (3, 0)  # with ann in wrap-up, all are beyond
    run.tally(TODAY).connected -= 1  # as another agent corrects
    desk.order(Dispose("ann", "voicemail", then_ready=False))
    covered = cover(run, desk.now)
    assert (covered.room, covered.beyond, covered.most) == (2, -1, 0)
    desk.end(desk.calls[1])
    desk.wait(3)
    assert len(desk.calls) == 1 + 3  # two are in flight, for two there is room
    desk.end(desk.calls[2])
    desk.wait(3)
    assert cover(run, desk.now).beyond >= 0


# --- after a takeover


def known(call_id: UUID, state: AgentState, **more: Any) -> KnownAgent:
    return KnownAgent(
        "ann",
        "phone-ann",
        "main",
        frozenset(),
        state,
        since=START,
        attempt_id=call_id,
        lead_id=UUID(int=3),
        **more,
    )


def adopting(desk: Any, ann: KnownAgent, *left: OpenAttempt) -> Dialler:
    """The successor's tally counts the call as its agent had filed it."""
    dialler = Dialler(desk.dialler.run.campaign)
    connected, machines = (0, 1) if ann.filed == "voicemail" else (1, 0)
    before = Tally(YESTERDAY, connected=connected, machines=machines)
    dialler.adopt(left, [ann], [before, Tally(TODAY, connected=50)], START)
    return dialler


@pytest.mark.parametrize("filed", ["", "sale", "voicemail"])
def test_the_successor_corrects_a_call_of_the_day_before(desk_of: DeskOf, filed: str) -> None:
    desk = desk_of(dispositions=DISPOSITIONS)
    placed = START - timedelta(hours=10)
    ann = known(UUID(int=77), AgentState.WRAP_UP, placed_at=placed, waited=0.5, filed=filed)
    dialler = adopting(desk, ann)
    dialler.order(Dispose("ann", "voicemail", then_ready=False), START)
    assert dialler.run.tally(YESTERDAY) == Tally(YESTERDAY, machines=1)
    dialler.order(Dispose("ann", "sale", then_ready=False), START)
    assert dialler.run.tally(YESTERDAY) == Tally(YESTERDAY, connected=1)
    assert dialler.run.tally(TODAY).connected == 50


def test_a_call_that_no_tally_counts_is_not_taken_out_of_one(desk_of: DeskOf) -> None:
    desk = desk_of(dispositions=DISPOSITIONS)
    dialler = adopting(desk, known(UUID(int=77), AgentState.WRAP_UP))
    dialler.order(Dispose("ann", "voicemail"), START)
    assert dialler.run.tally(TODAY) == Tally(TODAY, connected=50)


@pytest.mark.parametrize("filed", ["", "voicemail"])
def test_a_conversation_that_goes_on_over_a_takeover(desk_of: DeskOf, filed: str) -> None:
    desk = desk_of(dispositions=DISPOSITIONS)
    placed = START - timedelta(hours=10)
    order = DialOrder(Candidate(UUID(int=3), "+12125550003"), "main", "carrier", "+12125550100")
    attempt = Attempt(UUID(int=77), order, placed)
    left = OpenAttempt(attempt, placed, placed, "ann", state="talking", filed=filed)
    dialler = adopting(desk, known(UUID(int=77), AgentState.TALKING, filed=filed), left)
    dialler.order(Dispose("ann", "voicemail"), START)
    assert dialler.run.tally(YESTERDAY) == Tally(YESTERDAY, machines=1)


# --- the guard


SEEDS = [0, *(pytest.param(seed, marks=pytest.mark.long) for seed in range(1, 10))]
"""One in the fast lane, of each mode."""


@pytest.mark.parametrize("mode", ["power", "predictive"])
@pytest.mark.parametrize("seed", SEEDS)
def test_no_call_is_placed_beyond_the_room_whatever_is_corrected(
    desk_of: DeskOf, mode: str, seed: int
) -> None:
    """Random days on which a third of the conversations turns out to be with machines."""
    rng = Random(seed)
    desk = desk_of(
        leads=3000,
        mode=mode,
        dispositions=DISPOSITIONS,
        pacing={"lines_per_agent": 4, "calls_per_second": 100},
    )
    names = [f"a{i}" for i in range(rng.randint(3, 10))]
    desk.staff(*names)
    corrected = 0
    for _ in range(1500):
        _checked(desk, desk.wait(rng.expovariate(2)))
        _checked(desk, desk.stir(rng, answered=0.5))
        for call in desk.bridging:
            desk.connect(call)
        agent = desk.dialler.run.floor.get(rng.choice(names))
        if agent is not None and agent.last is not None and rng.random() < 0.3:
            filed = "voicemail" if rng.random() < 0.4 else "sale"
            _checked(desk, desk.order(Dispose(agent.name, filed)))
        corrected = max(corrected, tally(desk).machines)
    assert corrected > 10
    assert tally(desk).live > 50


def _checked(desk: Any, effects: list[Effect]) -> None:
    """When calls are placed, all that are in flight beyond the free agents fit into the room."""
    if any(isinstance(e, Send) and isinstance(e.command, Originate) for e in effects):
        run, day = desk.dialler.run, tally(desk)
        beyond = sum(max(0, run.asking_on[n] - run.floor.free_on[n]) for n in run.lines.up)
        assert beyond <= room_beyond_agents(0.03, day.live, day.unlawful)
