from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

from campaigns.effects import AgentChanged, AgentState
from campaigns.leads import Candidate
from campaigns.orders import Accept, Dispose, LogIn, LogOut, Pause, Ready
from campaigns.spec.campaign import Campaign
from workers.crew import Crew, Habits, usual_habits

NOW = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
LEAD = Candidate(UUID(int=1), "+4930123456")
HABITS = Habits({"sale": 1, "no-interest": 3})
CAMPAIGN = Campaign.model_validate(
    {
        "name": "spring",
        "mode": "progressive",
        "trunks": [{"name": "carrier", "channels": 10}],
        "caller_ids": ["+12125550100"],
        "agents": {"teams": ["sales"], "wrap_up": 10},
        "leads": {"list": "spring"},
        "windows": {"timezone": "UTC", "hours": [{"from": "09:00", "to": "20:00"}]},
        "dispositions": [
            {"name": "sale", "success": True},
            {"name": "no-interest"},
            {"name": "stop-calling", "do_not_call": True},
        ],
    }
)


def crew(habits: Habits | None = HABITS, seed: int = 7) -> Crew:
    made = Crew(CAMPAIGN, ("ann", "bob"), seed, habits)
    made.start([LogIn("ann", "phone-ann", "main"), LogIn("bob", "phone-bob", "main")], NOW)
    return made


def change(agent: str, state: AgentState, reason: str = "") -> AgentChanged:
    return AgentChanged(agent, NOW, state, reason)


def later(seconds: float) -> datetime:
    return NOW + timedelta(seconds=seconds)


def test_everybody_logs_in_at_the_start_once() -> None:
    team = crew()
    assert team.wake_at() == NOW
    assert team.due(NOW) == [
        LogIn("ann", "phone-ann", "main"),
        LogIn("bob", "phone-bob", "main"),
    ]
    assert team.due(later(60)) == []
    assert team.wake_at() is None


def test_a_call_is_filed_after_a_wrap_up() -> None:
    team = crew()
    team.due(NOW)
    team.seen(change("ann", AgentState.WRAP_UP), NOW)

    at = team.wake_at()
    assert at is not None
    assert later(2) < at < later(30)
    assert team.due(at - timedelta(microseconds=1)) == []
    (order,) = team.due(at)
    assert isinstance(order, Dispose)
    assert order.agent == "ann"
    assert order.disposition in HABITS.dispositions


def test_what_was_planned_is_dropped_when_the_state_changes_first() -> None:
    team = crew()
    team.due(NOW)
    team.seen(change("ann", AgentState.WRAP_UP), NOW)
    team.seen(change("ann", AgentState.READY), NOW)
    assert team.wake_at() is None
    assert team.due(later(600)) == []


def test_a_preview_is_accepted() -> None:
    team = crew()
    team.due(NOW)
    team.seen(replace(change("bob", AgentState.RESERVED), candidate=LEAD), NOW)
    assert team.due(later(60)) == [Accept("bob")]


def test_a_reservation_without_a_preview_needs_nothing() -> None:
    team = crew()
    team.due(NOW)
    team.seen(change("bob", AgentState.RESERVED), NOW)
    assert team.wake_at() is None


def test_breaks_come_and_end() -> None:
    team = crew(Habits({"sale": 1}, breaks_per_hour=4))
    team.due(NOW)
    team.seen(change("ann", AgentState.READY), NOW)
    start = team.wake_at()
    assert start is not None
    assert team.due(start) == [Pause("ann", "break")]
    team.seen(change("ann", AgentState.PAUSED, "break"), start)
    end = team.wake_at()
    assert end is not None
    assert end - start > timedelta(seconds=60)
    assert team.due(end) == [Ready("ann")]
    team.seen(change("ann", AgentState.READY), end)
    again = team.wake_at()
    assert again is not None
    assert again > end


def test_a_lost_phone_is_picked_up_again() -> None:
    team = crew()
    team.due(NOW)
    team.seen(change("ann", AgentState.PAUSED, "phone"), NOW)
    team.seen(change("bob", AgentState.OFFLINE, "phone not reached: busy"), NOW)
    assert sorted(team.due(later(60)), key=lambda order: order.agent) == [
        Ready("ann"),
        LogIn("bob", "phone-bob", "main"),
    ]


def test_others_are_not_answered_for() -> None:
    team = crew()
    team.due(NOW)
    team.seen(change("eve", AgentState.WRAP_UP), NOW)
    assert team.wake_at() is None


def test_one_agent_does_the_same_whatever_the_others_do() -> None:
    def bobs_times(with_ann: bool) -> list[datetime]:
        team = crew()
        team.due(NOW)
        times = []
        for turn in range(5):
            now = later(turn * 100)
            if with_ann:
                team.seen(change("ann", AgentState.WRAP_UP), now)
                team.due(later(turn * 100 + 99))
            team.seen(change("bob", AgentState.WRAP_UP), now)
            at = team.wake_at()
            assert at is not None
            times.append(at)
            team.due(later(turn * 100 + 99))
        return times

    assert bobs_times(with_ann=True) == bobs_times(with_ann=False)


def test_going_home_logs_everybody_out_and_plans_nothing_more() -> None:
    team = crew()
    assert team.go_home() == [LogOut("ann"), LogOut("bob")]
    team.seen(change("ann", AgentState.WRAP_UP), NOW)
    assert team.wake_at() is None


def test_usual_habits_are_the_campaigns() -> None:
    habits = usual_habits(CAMPAIGN)
    assert habits.wrap_up == 5
    assert habits.dispositions == {"sale": 1.0, "no-interest": 3.0, "stop-calling": 0.1}
