"""A world of the fake PBX made from a day's calls: who answers, when, and for how long they talk.

Answers: a share for each segment over the day, times a factor for each hour over all segments.
Single shares for each hour of each segment would be closer only where there are thousands of
calls in each; an hour with few calls keeps near to the day's mean.
"""

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from campaigns.spec.campaign import Campaign
from connectors.calls import EndReason, Party
from connectors.fake.world import Amd, Carrier, Customers, Phone, Segment, Step, Tide, World
from storage.traffic import Dialled
from workers.replay_calls import CUT, QUICK, between, fate, measured, weighed

SEGMENTS = 16  # told apart: the most frequent; all others are taken together
MIX = 100  # leads that stand for the mix of segments
STEADY = 10.0  # answers by which an hour's factor is drawn to 1
USUAL = Segment()
SHARES = ("machine", "screening", "busy", "invalid", "rejected", "congestion", "failed")

Weighed = list[tuple[Dialled, str, float]]


@dataclass(frozen=True, slots=True)
class Made:
    """`mix`: prefixes of the leads to dial, each as often as it was dialled."""

    world: World
    mix: Sequence[str]


def made_from(calls: Sequence[Dialled], campaign: Campaign, start: datetime) -> Made:
    """The world in which `calls` went as they did under `campaign`, from `start` on."""
    parts = _by_segment(calls)
    prefixes = [f"+{10 + n}" for n in range(len(parts))] if len(parts) > 1 else ["+"]
    known = [weighed(part, campaign) for part in parts]
    segments = tuple(_segment(p, part) for p, part in zip(prefixes, known, strict=True))
    people = [call for call in calls if fate(call, campaign) == "human"]
    machines = [call for call in calls if fate(call, campaign) == "machine"]
    world = World(
        segments=segments,
        tide=Tide(steps=_steps(known, segments, start)),
        carrier=_carrier(calls),
        customers=_customers(people, machines),
        amd=_amd(people, machines),
        other_phone=Phone(pace_cv=0.0),  # how agents differ is in the talk times already
    )
    mix = [p for p, part in zip(prefixes, parts, strict=True) for _ in range(_shares(part, calls))]
    return Made(world, mix)


def _by_segment(calls: Sequence[Dialled]) -> list[list[Dialled]]:
    counts = Counter(call.segment for call in calls)
    places = {name: n for n, (name, _) in enumerate(counts.most_common(SEGMENTS))}
    parts: dict[int, list[Dialled]] = defaultdict(list)
    for call in calls:
        parts[places.get(call.segment, len(places) - 1)].append(call)
    return [parts[n] for n in range(len(places))]


def _shares(part: Sequence[Dialled], calls: Sequence[Dialled]) -> int:
    return max(1, round(MIX * len(part) / len(calls)))


def _segment(prefix: str, known: Weighed) -> Segment:
    sums: dict[str, float] = defaultdict(float)
    for _, how, weight in known:
        sums[how] += weight
    whole = sum(sums.values())
    rings = {
        how: [between(c.ringing_at, c.answered_at) for c, h, _ in known if h == how]
        for how in ("human", "machine")
    }
    shares: dict[str, Any] = {name: sums[name] / whole for name in SHARES}
    return Segment(
        prefix,
        human=sums["human"] / whole,
        **shares,
        ring=measured(rings["human"], USUAL.ring),
        machine_ring=measured(rings["machine"], USUAL.machine_ring),
    )


def _steps(
    known: Sequence[Weighed], segments: Sequence[Segment], start: datetime
) -> tuple[Step, ...]:
    answered: dict[int, float] = defaultdict(float)
    expected: dict[int, float] = defaultdict(float)
    for part, segment in zip(known, segments, strict=True):
        for call, how, weight in part:
            hour = int(between(start, call.placed_at) // 3600)
            expected[hour] += weight * segment.human
            answered[hour] += weight * (how == "human")
    return tuple(
        Step(hour, hour + 1, (answered[hour] + STEADY) / (expected[hour] + STEADY))
        for hour in sorted(expected)
    )


def _carrier(calls: Sequence[Dialled]) -> Carrier:
    usual = Carrier()
    ends = defaultdict(list)
    for call in calls:
        if call.answered_at is None:
            ends[call.reason].append(between(call.placed_at, call.ended_at))
    quick = {how for how, fate in QUICK.items() if fate not in {"busy", CUT}}
    failed = [time for reason in quick for time in ends[reason]]
    return Carrier(
        post_dial=measured((between(c.placed_at, c.ringing_at) for c in calls), usual.post_dial),
        busy_after=measured(ends[EndReason.BUSY], usual.busy_after),
        fail_after=measured(failed, usual.fail_after),
    )


def _customers(people: Sequence[Dialled], machines: Sequence[Dialled]) -> Customers:
    usual = Customers()
    talk, recorded = (
        [between(call.connected_at, call.ended_at) for call in calls]
        for calls in (people, machines)
    )
    return Customers(
        talk=measured(talk, usual.talk), machine_talk=measured(recorded, usual.machine_talk)
    )


def _amd(people: Sequence[Dialled], machines: Sequence[Dialled]) -> Amd:
    """As it was heard; who was taken for a machine by mistake is one here too. Where nobody
    listened that day, the usual errors."""
    usual, heard = Amd(), [call for call in (*people, *machines) if call.classified_at]
    if not heard:
        return usual
    as_human = sum(call.party == Party.HUMAN for call in machines)
    delays = [
        [between(call.answered_at, call.classified_at) for call in calls]
        for calls in (people, machines)
    ]
    return Amd(
        human_delay=measured(delays[0], usual.human_delay),
        machine_delay=measured(delays[1], usual.machine_delay),
        human_as_machine=0.0,
        machine_as_human=as_human / max(1, len(machines)),
        unknown=sum(call.party == Party.UNKNOWN for call in heard) / len(heard),
    )
