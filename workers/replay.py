"""A day once more, under the setting it had or another: a simulation made from the day's figures.

The day's calls make a world (`replay_world`), its agents a crew (`replay_crew`); both meet the
very dialler that calls people, in virtual time. Two replays with one seed meet the same
customers, so that what differs between them is the setting's doing.

What is not replayed: the single leads and their histories (the list never runs dry), pauses of
the campaign, several PBX nodes (one holds all lines), what pacing had learned on other days.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from campaigns.effects import AgentChanged, AgentState
from campaigns.guard import Tally, total
from campaigns.outcomes import Outcome
from campaigns.periods import day_of, period_of
from campaigns.spec.campaign import Campaign
from campaigns.spec.times import Hours, Windows
from connectors.calls import Party
from storage.traffic import Traffic
from workers.lead_book import LeadBook
from workers.replay_crew import DayCrew, habits_of, plan_of, wrap_ups
from workers.replay_world import made_from
from workers.shift import Shift
from workers.staffing import TimeSheet

ALL_DAY = Windows(timezone="UTC", hours=(Hours.model_validate({"from": "00:00", "to": "24:00"}),))
Tick = Callable[[float], None]


@dataclass(frozen=True, slots=True)
class Figures:
    """What a day came to. Shares are fractions; `worst`: the highest abandonment of any instant,
    over the period that the limit is about."""

    dials: int
    connected: int
    abandoned: int
    late: int
    abandonment: float
    worst: float
    idle: float
    talk_share: float


@dataclass(frozen=True, slots=True)
class Day:
    """From the first call placed until the last was over. `before`: what the guard had counted
    of the days before it, as far back as its period may reach."""

    traffic: Traffic
    campaign: Campaign
    start: datetime
    end: datetime
    before: Sequence[Tally] = ()


def made_of(traffic: Traffic, campaign: Campaign, before: Sequence[Tally] = ()) -> Day:
    """The day of some traffic, of which there is at least one call, under its campaign."""
    calls = traffic.attempts
    end = max(call.ended_at for call in calls)
    return Day(traffic, campaign, calls[0].placed_at, end, before)


def happened(day: Day) -> Figures:
    """What really came of it."""
    times, calls = TimeSheet(), day.traffic.attempts
    for change in day.traffic.changes:
        at = min(max(change.at, day.start), day.end)
        times.seen(AgentChanged(change.agent, at, AgentState(change.state)))
    times.close(day.end)
    tally, worst = _tally(day)
    return _figures(len(calls), tally, worst, times)


def replay(day: Day, campaign: Campaign, seed: int, tick: Tick = lambda _: None) -> Figures:
    """The day under `campaign`; `tick` is told the seconds of it that have passed."""
    shift = DayShift(day, replayable(campaign), seed, tick)
    shift.run((day.end - day.start) / timedelta(hours=1))
    dials = shift.dialler.run.counts["dialled"]
    return _figures(dials, shift.tally, shift.max_abandonment, shift.times)


def so_far(day: Day) -> Tally:
    """What was counted of the day's period before the day."""
    campaign = day.campaign
    period = period_of(campaign.abandonment, day_of(campaign.windows, day.start))
    return total(tally for tally in day.before if tally.day in period)


def replayable(campaign: Campaign) -> Campaign:
    """With all lines on one node; always open where each customer's clock decides."""
    trunks = tuple(trunk.model_copy(update={"pbx": ()}) for trunk in campaign.trunks)
    by_customer = campaign.windows.timezone == "customer"
    windows = ALL_DAY if by_customer else campaign.windows
    changes: dict[str, Any] = {"pbx": campaign.pbx[:1], "trunks": trunks, "windows": windows}
    return campaign.model_copy(update=changes)


class DayShift(Shift):
    """A shift whose world and agents are those of a day."""

    def __init__(self, day: Day, campaign: Campaign, seed: int, tick: Tick) -> None:
        calls, changes = day.traffic.attempts, day.traffic.changes
        made = made_from(calls, day.campaign, day.start)
        super().__init__(campaign, made.world, 0, seed, day.start)
        self.dialler.run.tallies.update({tally.day: replace(tally) for tally in day.before})
        self._book = LeadBook(campaign, seed, prefixes=made.mix)
        self._crew = DayCrew(
            campaign,
            plan_of(changes, campaign, day.start),
            seed,
            habits_of(calls, campaign),
            wrap_ups(changes, day.campaign),
            lambda call: self._exchange.who_is_on(call) is not Party.HUMAN,
        )
        self._tick, self._start = tick, day.start

    def _turn(self, node: str) -> None:
        super()._turn(node)
        self._tick((self.now - self._start).total_seconds())


def _figures(dials: int, tally: Tally, worst: float, times: TimeSheet) -> Figures:
    return Figures(
        dials=dials,
        connected=tally.connected + tally.late,
        abandoned=tally.abandoned,
        late=tally.late,
        abandonment=round(tally.rate, 5),
        worst=round(worst, 5),
        idle=round(times.idle, 4),
        talk_share=round(times.talk_share, 4),
    )


def _tally(day: Day) -> tuple[Tally, float]:
    """What the guard saw of a day's calls in the end, and its period's highest rate on the way."""
    before, tally, worst = so_far(day), Tally(), 0.0
    for call in sorted(day.traffic.attempts, key=lambda call: call.connected_at or call.ended_at):
        tally.count(
            call.waited,
            day.campaign.abandonment.answer_within,
            machine=day.campaign.is_machine(call.filed),
            abandoned=call.outcome == Outcome.ABANDONED,
        )
        worst = max(worst, total((before, tally)).rate)
    return tally, worst
