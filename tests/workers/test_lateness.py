import pytest

from workers.lateness import BOUNDS, Lateness, at_most, between


def late(*seconds: float) -> dict[str, int]:
    kept = Lateness()
    for one in seconds:
        kept.see(one)
    return kept.told()


def test_each_is_counted_once_in_the_class_that_it_is_no_later_than() -> None:
    told = late(0.0, -0.1, 0.002, 0.0021, 0.25, 99.0)
    assert told["0.002"] == 3
    assert (told["0.005"], told["0.25"], told["inf"]) == (1, 1, 1)
    assert sum(told.values()) == 6
    assert len(told) == len(BOUNDS)


@pytest.mark.parametrize(
    ("slow", "share", "seconds"), [(1, 0.99, 0.002), (2, 0.99, 0.5), (2, 1.0, 0.5), (2, 0.5, 0.002)]
)
def test_a_share_is_known_by_its_class(slow: int, share: float, seconds: float) -> None:
    assert at_most(late(*[0.001] * (100 - slow), *[0.4] * slow), share) == seconds


def test_nothing_is_late_where_nothing_was_planned() -> None:
    assert at_most(late(), 0.99) == 0.0


def test_what_came_before_a_look_is_not_in_the_difference() -> None:
    before = late(9.0)
    assert at_most(between(before, late(9.0, 0.004)), 1.0) == 0.005
