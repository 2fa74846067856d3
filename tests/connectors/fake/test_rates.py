"""What the world says is what the exchange does, in the long run."""

from datetime import timedelta

import pytest

from connectors.calls import Answered, Ended, EndReason, Progress, Ringing
from connectors.fake.presets import PRESETS
from connectors.fake.spread import Spread
from connectors.fake.tide import Water
from connectors.fake.world import Segment, Step, Tide, Trunk, World
from tests.connectors.fake.conftest import MakeBench

NUMBERS = [f"+49301{n:06}" for n in range(6000)]
PLAIN = World(segments=(Segment(machine=0),))


def test_calls_end_in_the_shares_of_their_segment(bench: MakeBench) -> None:
    run = bench(World(segments=(Segment(failed=0.05),)))
    run.dial(NUMBERS, ring=120)
    run.wait(500)
    for reason, share in {
        EndReason.HUNG_UP: 0.40,  # 0.30 by people, 0.10 by machines
        EndReason.BUSY: 0.06,
        EndReason.INVALID_NUMBER: 0.04,
        EndReason.REJECTED: 0.02,
        EndReason.CONGESTION: 0.01,
        EndReason.FAILED: 0.05,
        EndReason.NO_ANSWER: 0.42,
    }.items():
        assert run.share(reason) == pytest.approx(share, abs=0.015), reason


def test_ring_times_have_the_mean_of_their_segment(bench: MakeBench) -> None:
    run = bench(PLAIN)
    run.dial(NUMBERS, ring=120)
    run.wait(500)
    rang = {event.call_id: event.at for event in run.of(Ringing)}
    rings = [(event.at - rang[event.call_id]).total_seconds() for event in run.of(Answered)]
    assert sum(rings) / len(rings) == pytest.approx(12, rel=0.05)


def test_a_longer_prefix_is_a_segment_of_its_own(bench: MakeBench) -> None:
    mobile = Segment(prefix="+4915", human=0.6)
    world = World(segments=(Segment(prefix="+49", human=0.1), mobile))
    assert world.expected("+4915112345").answered_by_human == 0.6
    run = bench(world)
    run.dial([f"+49151{n:06}" for n in range(2000)])
    landline = len(run.dial([f"+49301{n:06}" for n in range(2000)]))
    run.dial(["+1202555010"])
    run.wait(500)
    answered = [event.call_id.int for event in run.of(Answered)]
    assert sum(n <= landline for n in answered) == pytest.approx(1400, abs=100)  # with machines
    assert sum(n > landline for n in answered) == pytest.approx(400, abs=80)
    assert run.share(EndReason.INVALID_NUMBER) == pytest.approx(0.04, abs=0.01)


def test_a_number_that_is_invalid_stays_so(bench: MakeBench) -> None:
    run = bench()
    for _ in range(3):
        run.dial(NUMBERS[:300])
        run.wait(500)
    reasons = {event.call_id.int: event.reason for event in run.of(Ended)}
    rounds = [
        {n for n in range(300) if reasons[n + 1 + 300 * k] is EndReason.INVALID_NUMBER}
        for k in range(3)
    ]
    assert rounds[0] == rounds[1] == rounds[2]
    assert rounds[0]


def test_the_answer_rate_steps_abruptly(bench: MakeBench) -> None:
    step = Step(from_hour=1, to_hour=2, times=0.2)
    run = bench(World(segments=PLAIN.segments, tide=Tide(steps=(step,))))
    answered: list[int] = []
    for batch in range(3):
        run.dial(NUMBERS[2000 * batch : 2000 * (batch + 1)])
        run.wait(3600)
        answered.append(len(run.of(Answered)) - sum(answered))
    assert answered == pytest.approx([600, 120, 600], abs=60)


def test_the_tide_is_the_same_in_whatever_order_it_is_asked() -> None:
    tide = Tide(curve=((0, 0.5), (2, 1.5)), noise=0.1)
    forth, back = Water(tide, 3), Water(tide, 3)
    hours = [0.0, 1.0, 2.0, 3.0]
    asked = {hour: back.factor(hour * 3600) for hour in reversed(hours)}
    assert [forth.factor(hour * 3600) for hour in hours] == [asked[hour] for hour in hours]
    assert Water(tide, 4).factor(0) != forth.factor(0)


def test_the_tide_follows_its_curve() -> None:
    water = Water(Tide(curve=((0, 0.5), (2, 1.5), (4, 1.0))), 1)
    assert [water.factor(hour * 3600) for hour in (0, 1, 2, 3, 9)] == [0.5, 1.0, 1.5, 1.25, 1.0]


def test_a_trunk_holds_no_more_calls_than_it_has_channels(bench: MakeBench) -> None:
    run = bench(World(trunks={"t": Trunk(channels=10)}))
    run.dial(NUMBERS[:30])
    run.wait(0.1)
    assert run.share(EndReason.CONGESTION) == 1
    assert len(run.reasons()) == 20
    assert len(run.of(Progress)) == 10
    run.wait(500)
    run.dial(NUMBERS[30:40])
    run.wait(0.1)
    assert len(run.of(Progress)) == 20  # the first ten channels are free again


def test_a_trunk_takes_so_many_calls_a_second(bench: MakeBench) -> None:
    run = bench(World(trunks={"t": Trunk(calls_per_second=5)}))
    for start in range(0, 100, 10):  # ten calls a second, for ten seconds
        run.dial(NUMBERS[start : start + 10])
        run.wait(1)
    assert len(run.of(Progress)) == pytest.approx(50, abs=1)


def test_one_trunk_does_not_fill_another(bench: MakeBench) -> None:
    run = bench(World(other_trunk=Trunk(channels=1)))
    run.dial(NUMBERS[:2], trunk="a")
    run.dial(NUMBERS[2:4], trunk="b")
    run.wait(0.1)
    assert len(run.of(Progress)) == 2


@pytest.mark.parametrize("name", PRESETS)
def test_every_preset_runs_to_its_end(bench: MakeBench, name: str) -> None:
    run = bench(PRESETS[name])
    trunk = "carrier" if name == "lab" else "t"
    for start in range(0, 200, 5):
        run.dial(NUMBERS[start : start + 5], trunk=trunk, amd=True)
        run.wait(1)
    run.wait(timedelta(hours=1).total_seconds())
    assert len(run.reasons()) == 200
    assert run.exchange.wake_at() is None


def test_a_spread_has_its_mean_and_no_spread_is_the_mean() -> None:
    draws = [Spread(120, 0.9).at((n + 0.5) / 20_000) for n in range(20_000)]
    assert sum(draws) / len(draws) == pytest.approx(120, rel=0.01)
    assert Spread(120, 0).at(0.99) == 120
    assert Spread(0).at(0.99) == 0
