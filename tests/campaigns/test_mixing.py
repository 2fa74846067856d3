"""Several lists in one order: shares that hold over time, and nothing lost where one runs dry."""

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from campaigns.mixing import mixed

SHARES = {"a": 0.7, "b": 0.3}
PLENTY = {name: [f"{name}{n}" for n in range(100)] for name in "ab"}


def counts(found: list[str]) -> Counter[str]:
    return Counter(each[0] for each in found)


def test_each_list_has_its_share_and_its_order_and_is_spread_over_the_whole() -> None:
    found = mixed(PLENTY, SHARES, 10, 0.5)
    assert counts(found) == {"a": 7, "b": 3}
    for name in "ab":
        mine = [each for each in found if each[0] == name]
        assert mine == PLENTY[name][: len(mine)]
    assert counts(found[:5])["b"] in (1, 2)


def test_refills_of_one_lead_keep_the_shares_too() -> None:
    found = [mixed(PLENTY, SHARES, 1, n / 1000)[0] for n in range(1000)]
    assert counts(found) == {"a": 700, "b": 300}


@pytest.mark.parametrize("dry", [[], ["a0", "a1"]])
def test_what_a_list_cannot_give_the_others_do(dry: list[str]) -> None:
    found = mixed({"a": dry, "b": PLENTY["b"]}, SHARES, 10, 0.0)
    assert counts(found) == Counter(a=len(dry), b=10 - len(dry)) - Counter()
    assert mixed({"a": dry}, SHARES, 10, 0.9) == dry


COUNT, OFFSET = st.integers(0, 60), st.floats(0, 1, exclude_max=True)
GIVEN = st.lists(st.tuples(st.floats(0, 1), st.integers(0, 80)), min_size=1, max_size=5)


@given(GIVEN, COUNT, OFFSET)
def test_nothing_is_given_twice_and_as_much_as_there_is(
    given_: list[tuple[float, int]], count: int, offset: float
) -> None:
    lists = {str(i): [(i, n) for n in range(many)] for i, (_, many) in enumerate(given_)}
    shares = {str(i): share for i, (share, _) in enumerate(given_)}
    found = mixed(lists, shares, count, offset)
    assert len(found) == len(set(found)) == min(count, sum(map(len, lists.values())))


@given(st.lists(st.floats(0.01, 1), min_size=1, max_size=5), COUNT, OFFSET)
def test_every_refill_is_within_one_lead_of_its_shares(
    parts: list[float], count: int, offset: float
) -> None:
    shares = {str(i): part / sum(parts) for i, part in enumerate(parts)}
    found = mixed({name: [name] * 100 for name in shares}, shares, count, offset)
    for name, share in shares.items():
        assert abs(Counter(found)[name] - share * count) < 1.001
