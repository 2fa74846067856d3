"""What pacing sees of a campaign, and what it is told."""

from collections.abc import Callable
from itertools import pairwise
from typing import Any
from uuid import UUID

import pytest

from campaigns.cover import cover
from campaigns.leads import Candidate
from campaigns.orders import Dispose, LogOut, Pause, Ready
from campaigns.pacing.modes import PACING, Ratio
from campaigns.pacing.view import View
from campaigns.seeing import view
from campaigns.spec.campaign import Mode
from connectors.calls import (
    EndReason,
    LinkBack,
    LinkLost,
    LiveCall,
    Party,
    Phase,
)

DeskOf = Callable[..., Any]


class Watching(Ratio):
    """Places a call for each free agent, and keeps what it is told."""

    def __init__(self) -> None:
        super().__init__(1.0, 1.0, models=True)
        self.told: list[tuple[Any, ...]] = []
        self.views: list[View] = []
        self.names: list[str] = []

    def segment(self, name: str) -> int:
        if name not in self.names:
            self.names.append(name)
        return self.names.index(name)

    def wants(self, view: View, most: int) -> Any:
        self.views.append(view)
        return Ratio.wants(self, view, most)

    def learn_placed(self, segment: int) -> None:
        self.told.append(("placed", segment))

    def learn_end(self, segment: int, age: float, how: str) -> None:
        self.told.append((how, segment, age))

    def learn_talk(self, talk: float, wrap_up: float) -> None:
        self.told.append(("talk", talk, wrap_up))

    def learn_live(self, abandoned: bool) -> None:
        self.told.append(("live", abandoned))


@pytest.fixture
def watched(desk_of: DeskOf, monkeypatch: pytest.MonkeyPatch) -> DeskOf:
    def make(segments: str = "a", **changes: Any) -> tuple[Any, Watching]:
        watching = Watching()
        monkeypatch.setitem(PACING, Mode.PREDICTIVE, lambda _: watching)
        first = [
            Candidate(UUID(int=70_000 + n), f"+1646555{n:04d}", segment=segments[n % len(segments)])
            for n in range(60)
        ]
        return desk_of(0, first, mode="predictive", **changes), watching

    return make


def seen(desk: Any) -> View:
    run = desk.dialler.run
    return view(run, cover(run, desk.now), desk.now)


def told(watching: Watching, kind: str) -> list[tuple[Any, ...]]:
    return [what for what in watching.told if what[0] == kind]


def test_calls_by_age_state_and_segment(watched: DeskOf) -> None:
    desk, _ = watched("ab", pacing={"cancel_after": 15, "calls_per_second": 100})
    desk.staff("ann", "bob", "cid")
    desk.wait(4)
    desk.ring(desk.calls[1])
    desk.wait(3)
    now = seen(desk)
    assert list(now.dialled) == [7.0, 7.0]
    assert list(now.dialled_segments) == [0, 0]
    assert (list(now.ringing), list(now.rung)) == ([7.0], [3.0])
    assert list(now.ringing_segments) == [1]
    assert now.ringing_ids == [desk.calls[1].call_id]
    assert (now.free, now.in_flight) == (3, 3)


def test_answered_calls_and_busy_agents(watched: DeskOf) -> None:
    desk, _ = watched(amd={"enabled": True})
    desk.staff("ann", "bob")
    first, second = desk.calls
    desk.answer(first)
    assert (seen(desk).analysing, len(seen(desk).dialled)) == (1, 1)
    desk.classify(first, Party.HUMAN)
    desk.connect(first)
    desk.wait(5)
    desk.answer(second)
    desk.classify(second, Party.HUMAN)
    desk.connect(second)
    desk.wait(10)
    assert sorted(seen(desk).talking) == [10.0, 15.0]
    desk.end(first)
    desk.wait(4)
    assert (list(seen(desk).talking), list(seen(desk).wrapping)) == ([14.0], [4.0])


def test_a_person_who_waits_for_an_agent_is_seen(watched: DeskOf) -> None:
    desk, _ = watched()
    desk.staff("ann")
    (call,) = desk.calls
    desk.dialler.run.floor.drop_leg(desk.dialler.run.floor.get("ann"))
    desk.dialler.run.floor.remove(desk.dialler.run.floor.get("ann"))
    desk.answer(call)
    assert (seen(desk).waiting, len(seen(desk).dialled)) == (1, 0)


def test_agents_who_asked_to_leave_take_no_further_call(watched: DeskOf) -> None:
    desk, _ = watched()
    desk.staff("ann", "bob")
    for call in list(desk.calls):
        desk.talk(call)
    desk.wait(9)
    desk.order(LogOut("ann"))
    desk.order(Pause("bob"))
    assert list(seen(desk).talking) == []
    desk.order(Ready("bob"))
    assert list(seen(desk).talking) == [9.0]
    desk.order(Pause("bob"))
    for call in list(desk.calls):
        desk.end(call)
    assert list(seen(desk).wrapping) == []


def test_orders_at_the_database_are_as_good_as_placed(watched: DeskOf) -> None:
    desk, watching = watched("ab")
    desk.grant = False
    desk.staff("ann", "bob", "cid")
    now = seen(desk)
    assert (list(now.dialled), sorted(now.dialled_segments)) == ([0.0] * 3, [0, 0, 1])
    assert watching.told == []
    for claim in desk.held_back:
        desk.grant_claim(claim)
    assert sorted(seen(desk).dialled_segments) == [0, 0, 1]
    assert sorted(told(watching, "placed")) == [("placed", 0), ("placed", 0), ("placed", 1)]
    assert not desk.dialler.run.claiming_in


def test_what_is_on_a_node_that_is_down_is_not_seen(watched: DeskOf) -> None:
    desk, _ = watched(pbx=["a", "b"])
    desk.staff("ann", node="a")
    desk.staff("bob", "cid", node="b")
    first = desk.calls[0]
    desk.talk(first)
    assert (len(seen(desk).talking), len(seen(desk).dialled)) == (1, 2)
    desk.event(LinkLost(desk.now), "b")
    assert (len(seen(desk).talking), len(seen(desk).dialled)) == (1, 0)
    desk.event(LinkLost(desk.now), "a")
    assert len(seen(desk).talking) == 0
    live = [LiveCall(call.call_id, Phase.RINGING) for call in desk.calls[1:]]
    legs = [a.leg_id for a in desk.dialler.run.floor if a.node == "b"]
    live += [LiveCall(leg, Phase.AGENT_LEG) for leg in legs]
    desk.event(LinkBack(desk.now, tuple(live)), "b")
    assert (len(seen(desk).talking), len(seen(desk).ringing)) == (0, 2)


def test_the_next_segments_are_told_where_there_is_more_than_one(watched: DeskOf) -> None:
    desk, watching = watched("a")
    desk.staff("ann")
    assert len(seen(desk).next_segments) == 0
    desk, watching = watched("abc")
    desk.staff("ann")
    ahead = seen(desk)
    assert ahead.guarded == 0 < len(ahead.next_segments) <= ahead.lines  # what it would place
    asked = next(v for v in watching.views if len(v.next_segments))
    assert list(asked.next_segments)[:4] == [0, 1, 2, 0]
    assert len(desk.dialler.run.hopper.peek(1000)) == len(desk.dialler.run.hopper)


def test_a_ratio_is_shown_no_single_calls(desk_of: DeskOf) -> None:
    desk = desk_of(mode="progressive")
    desk.staff("ann", "bob")
    now = seen(desk)
    assert (len(now.dialled), now.in_flight, now.left) == (0, 2, 0.0)


@pytest.mark.parametrize(
    ("reason", "rang", "how"),
    [
        (EndReason.BUSY, False, "failed"),
        (EndReason.INVALID_NUMBER, False, "failed"),
        (EndReason.REJECTED, True, "no_answer"),
        (EndReason.NO_ANSWER, True, "no_answer"),
        (EndReason.NO_ANSWER, False, "no_answer"),
        (EndReason.PBX_LOST, True, "cancelled"),
        (EndReason.CANCELLED, True, "cancelled"),
    ],
)
def test_an_unanswered_call_is_told_of_once(
    watched: DeskOf, reason: EndReason, rang: bool, how: str
) -> None:
    desk, watching = watched()
    desk.staff("ann")
    (call,) = desk.calls
    if rang:
        desk.ring(call)
    desk.wait(11)
    desk.end(call, reason)
    desk.end(call, reason)
    assert watching.told[:2] == [("placed", 0), (how, 0, 11.0)]
    assert len(told(watching, how)) == 1


def test_a_conversation_is_told_of_step_by_step(watched: DeskOf) -> None:
    desk, watching = watched(agents={"teams": ["sales"], "wrap_up": 60})
    desk.staff("ann")
    (call,) = desk.calls
    desk.wait(8)
    desk.answer(call)
    desk.connect(call)
    desk.wait(50)
    desk.end(call)
    desk.wait(7)
    desk.order(Dispose("ann", "sale"))
    story = [("placed", 0), ("live", 0, 8.0), ("live", False), ("talk", 50.0, 7.0), ("placed", 0)]
    assert watching.told == story


def test_a_machine_is_told_of_when_it_is_known(watched: DeskOf) -> None:
    desk, watching = watched(amd={"enabled": True})
    desk.staff("ann")
    (call,) = desk.calls
    desk.wait(9)
    desk.answer(call)
    desk.wait(2)
    desk.classify(call, Party.MACHINE)
    desk.end(call)
    assert watching.told[:2] == [("placed", 0), ("machine", 0, 11.0)]
    assert len(told(watching, "machine")) == 1


def test_a_late_or_abandoned_answer_is_told_as_abandoned(watched: DeskOf) -> None:
    desk, watching = watched()
    desk.staff("ann")
    (call,) = desk.calls
    desk.answer(call)
    desk.wait(2.5)
    desk.connect(call)
    assert told(watching, "live")[-1] == ("live", True)


def test_it_decides_each_second_and_when_an_agent_gets_ready(watched: DeskOf) -> None:
    desk, watching = watched()
    desk.staff("ann")
    watching.views.clear()
    desk.wait(20)
    moments = [v.now for v in watching.views]
    assert 19 <= len(moments) <= 21
    assert max(b - a for a, b in pairwise(moments)) <= 1.0
    desk.wait(0.4)
    before = len(watching.views)
    desk.staff("bob")
    assert len(watching.views) == before + 1
    assert len(desk.calls) == 2


def test_the_time_left_is_that_of_the_opening(watched: DeskOf) -> None:
    hours = [{"from": "08:00", "to": "11:30"}]
    desk, _ = watched(windows={"timezone": "UTC", "hours": hours})
    assert seen(desk).left == 2.5 * 3600
    desk.wait(30)
    assert seen(desk).left == 2.5 * 3600 - 30
    desk.wait(3 * 3600)
    assert seen(desk).left == 0
