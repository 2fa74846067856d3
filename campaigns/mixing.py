"""Several lists in one order, each with its share of the calls.

A refill of the hopper knows nothing of those before it, and may be of a single lead. So the places
are dealt by systematic sampling: the shares lie one behind the other on a line of `count` places,
and a comb whose teeth are one place apart, set down at `offset`, decides whose each place is. Every
refill is within one lead of its shares, and over many the shares are exact, if `offset` is as often
here as there. What a list cannot give, the others do, by their own shares.
"""

from collections.abc import Mapping, Sequence
from itertools import accumulate, pairwise
from math import ceil
from typing import TypeVar

T = TypeVar("T")


def mixed(
    lists: Mapping[str, Sequence[T]], shares: Mapping[str, float], count: int, offset: float
) -> list[T]:
    """At most `count` of what the lists have, from each by its share, spread over the whole.

    `offset`: from 0 up to 1, by chance.
    """
    taken = dict.fromkeys(shares, 0)
    while (wanted := count - sum(taken.values())) > 0:
        more = {name: shares[name] for name in shares if len(lists.get(name, ())) > taken[name]}
        if not more:
            break
        for name, places in _dealt(more, wanted, offset).items():
            taken[name] = min(taken[name] + places, len(lists[name]))
    spread = [((n + 0.5) / many, name, n) for name, many in taken.items() for n in range(many)]
    return [lists[name][n] for _, name, n in sorted(spread)]


def _dealt(shares: Mapping[str, float], count: int, offset: float) -> dict[str, int]:
    """How many of `count` places each has; all of them together."""
    whole = sum(shares.values()) or 1.0
    rounded = [count * end / whole for end in accumulate(shares.values(), initial=0.0)]
    ends = [*(min(end, count) for end in rounded[:-1]), count]
    # the teeth at offset, offset + 1, ... that lie between two ends
    return {
        name: max(0, ceil(end - offset)) - max(0, ceil(start - offset))
        for name, (start, end) in zip(shares, pairwise(ends), strict=True)
    }
