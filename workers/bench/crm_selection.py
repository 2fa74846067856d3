"""How long the hopper's question takes among millions of customers: which leads are next?"""

import os
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from statistics import median

from sqlalchemy import text

import lab.postgres
from campaigns.spec.campaign import Campaign
from storage.candidates import candidates
from storage.engine import Store
from storage.walking import Walk
from workers.bench.core import campaign
from workers.bench.crowd import LIST, crowd
from workers.bench.rounds import BenchFailed, percentile
from workers.bench.site import opened

FILTERS: Mapping[str, str | None] = {
    "no filter": None,
    "a stage": 'stage = "high-intent"',
    "a field of the site's own": 'custom.budget > 50000 and stage in ("new", "potential")',
    "the last call": "not last_call within 3d",
}
"""What campaigns ask, and how people call it: each means at least a tenth of the customers."""
RARE: Mapping[str, str | None] = {
    "an owner": 'owner = "agent-7"',  # 1 of 200 customers
    "a tag and a field": "tag 城市/7 and custom.budget > 99000",  # 1 of 15,000
}
"""What means so few that a refill seldom finds as many as it asks for."""
AT_ONCE = 50  # leads, as a refill of the hopper asks for
TIMES, NAIVE_TIMES = 40, 3
_NAIVELY = ("enable_indexscan", "enable_indexonlyscan", "enable_bitmapscan")


@dataclass(frozen=True, slots=True)
class Slowest:
    """The one question of several that took longest, at the 95th percentile."""

    name: str
    p95_ms: float


@dataclass(frozen=True, slots=True)
class Selected:
    """`naive_ms`: the median of the simplest question where no index may be used."""

    customers: int
    usual: Slowest
    rare: Slowest
    naive_ms: float


def selections(customers: int, tell: Callable[[str], None]) -> Selected:
    """On PostgreSQL, filled for this. Raises `BenchFailed` where it found none."""
    with lab.postgres.start(memory_mb=_buffers()) as server, opened(server.fresh()) as store:
        for part in crowd(store, customers):
            tell(f"{customers:,} customers are made: {part:.0%}")
        tell("leads are chosen")
        usual, rare = _slowest(store, FILTERS), _slowest(store, RARE)
        naive = [_naive(store, plan(None)) for _ in range(NAIVE_TIMES)]
    return Selected(customers, usual, rare, median(naive))


def _buffers() -> int:
    """A quarter of the machine's memory, as PostgreSQL's documentation advises; in MB."""
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // 4 // 2**20


def _slowest(store: Store, filters: Mapping[str, str | None]) -> Slowest:
    found = (Slowest(name, _p95(store, plan(filter_))) for name, filter_ in filters.items())
    return max(found, key=lambda each: each.p95_ms)


def plan(filter_: str | None) -> Campaign:
    """A campaign over the crowd's list."""
    told = campaign("progressive", 100).model_dump(mode="json", exclude_none=True)
    return Campaign.model_validate({**told, "leads": {"list": LIST, "filter": filter_}})


def _p95(store: Store, asked: Campaign) -> float:
    """Of one refill after the other, as a campaign's worker asks for them."""
    walk, found = Walk(), list[Refilled]()
    for _ in range(TIMES):
        found.append(_refill(store, asked, walk))
    if not any(refilled.leads for refilled in found):
        raise BenchFailed("no lead was found that may be dialled now")
    return percentile([refilled.milliseconds for refilled in found], 95)


def _naive(store: Store, asked: Campaign) -> float:
    with _set(store, "off"):
        return _refill(store, asked, None).milliseconds


@dataclass(frozen=True, slots=True)
class Refilled:
    leads: int
    milliseconds: float


def _refill(store: Store, asked: Campaign, walk: Walk | None) -> Refilled:
    started = time.perf_counter()
    found = candidates(store, asked, AT_ONCE, frozenset(), datetime.now(UTC), walk=walk)
    return Refilled(len(found), (time.perf_counter() - started) * 1000)


@contextmanager
def _set(store: Store, value: str) -> Iterator[None]:
    """Whether new connections may use indexes."""
    _alter(store, f"SET {{}} = {value}")
    yield
    _alter(store, "RESET {}")


def _alter(store: Store, change: str) -> None:
    with store.writing() as connection:
        for name in _NAIVELY:
            connection.execute(
                text(f"ALTER DATABASE {store.engine.url.database} {change.format(name)}")
            )
    store.close()
