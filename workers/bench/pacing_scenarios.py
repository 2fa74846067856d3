"""The days on which pacing rules are compared: whom they call, and with what campaign.

Everybody talks two minutes on average (lognormal) and wraps up for about half a minute. Lines are
plenty, so that nothing but the rule decides. Where there are no answering machines, each answer
is a person's; where there are, the PBX listens (AMD), with errors.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from types import MappingProxyType
from typing import Any

from campaigns.spec.campaign import Campaign, Mode
from connectors.fake.world import Segment, Step, Tide, World
from workers.simulate import MONDAY

OPENS = MONDAY + timedelta(hours=9)
LONGEST = 14.0  # hours: a shift ends on the day it began
TEAMS = (10, 25, 50, 100)
MIDDLE = (25, 50)
WRAP_UP = 42  # seconds at most; simulated agents take seven tenths of it, more or less

_HALF_HOURS = range(1, 2 * int(LONGEST) + 1, 2)  # each second one


@dataclass(frozen=True, slots=True)
class Scenario:
    """A world, what is special about it, and the sizes of the teams that are tried in it.

    `jumps`: after how many hours the share of calls that are answered leaps up.
    """

    world: World
    about: str
    teams: tuple[int, ...]
    amd: bool = False
    jumps: tuple[float, ...] = ()


SCENARIOS: dict[str, Scenario] = {
    "steady": Scenario(
        World(segments=(Segment(human=0.30, machine=0.0),), tide=Tide(noise=0.08)),
        "three calls in ten are answered by people, a little more or less from hour to hour",
        TEAMS,
    ),
    "steps": Scenario(
        World(
            segments=(Segment(human=0.40, machine=0.0),),
            tide=Tide(steps=tuple(Step(n / 2, (n + 1) / 2, 0.3) for n in _HALF_HOURS)),
        ),
        "40 % are answered by people, then 12 %: it steps every half hour, at one instant",
        MIDDLE,
        jumps=tuple(float(hour) for hour in range(1, int(LONGEST))),
    ),
    "segments": Scenario(
        World(
            segments=(
                Segment("+1201", human=0.15, machine=0.25),
                Segment("+1202", human=0.30, machine=0.15),
                Segment("+1203", human=0.55, machine=0.05),
            ),
            tide=Tide(noise=0.08),
        ),
        "three lists in one, of which 15, 30 and 55 % are answered by people; machines, and AMD",
        MIDDLE,
        amd=True,
    ),
}


def campaign(
    scenario: Scenario,
    mode: Mode,
    agents: int,
    hours: float,
    pacing: Mapping[str, float] = MappingProxyType({}),
) -> Campaign:
    """What a campaign manager would write; the calling day ends with the shift."""
    settings: dict[str, Any] = {
        "name": "bench",
        "mode": mode,
        "trunks": [{"name": "carrier", "channels": 10 * agents, "calls_per_second": 200}],
        "caller_ids": ["+12125550100"],
        "agents": {"teams": ["all"], "wrap_up": WRAP_UP},
        "leads": {"list": "bench"},
        "windows": {"timezone": "UTC", "hours": [_hours(hours)]},
        "dispositions": [{"name": "sale", "success": True}, {"name": "no-sale"}],
        "pacing": {"calls_per_second": 200, **pacing},
        "amd": {"enabled": scenario.amd},
    }
    return Campaign.model_validate(settings)


def _hours(hours: float) -> dict[str, str]:
    closes = OPENS + timedelta(minutes=-(-hours * 60 // 1))
    return {"from": f"{OPENS:%H:%M}", "to": f"{closes:%H:%M}"}
