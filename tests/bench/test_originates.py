"""The bench of originates, small: a real Asterisk is dialled by both, and all of it is stored."""

import pytest

from workers.bench.originates import BARE, Load, bench_originates, steady
from workers.bench.rounds import BenchFailed

LOADS = (
    Load("a few", "carrier", ring=0.1, in_flight=5, calls=20, reach=0.9),
    Load("a few more", "quick", ring=0.1, in_flight=10, calls=30),
)


@pytest.mark.long
@pytest.mark.asterisk
@pytest.mark.postgres
def test_both_dial_the_same_calls() -> None:
    first, second = bench_originates(LOADS)
    assert (first.bench, first.unit, first.baseline_name) == ("a few", "calls/s", BARE)
    assert (first.reach, second.reach, second.holds) == (0.9, None, None)
    for row, load in ((first, LOADS[0]), (second, LOADS[1])):
        # so many calls at a time, each of at least half the ring time, cannot end faster
        most = load.in_flight / (load.ring / 2)
        assert 0 < row.figure < most
        assert 0 < row.baseline < most


def test_calls_that_do_not_come_back_are_no_figure() -> None:
    with pytest.raises(BenchFailed, match="only 3 of 4 calls"):
        steady([1.0, 2.0, 3.0], 4)
    assert steady([float(n) for n in range(100)], 100) == pytest.approx(1.0)
