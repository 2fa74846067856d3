"""What the CRM's side takes: results stored, customers looked up, leads chosen, results delivered.

Each figure stands beside the naive way, taken in the same run: a commit for each result, the
database asked each time, every lead read and sorted.
"""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from itertools import cycle, islice
from uuid import UUID

import redis

import lab.valkey
from campaigns.crm.file import load
from storage.customers import look
from storage.customers.changes import By
from storage.customers.definitions import apply
from storage.customers.given import GivenCustomer
from storage.customers.sync import sync
from storage.engine import Store
from storage.migrate import create_or_upgrade
from workers.bench.crm_import import Imported, imports
from workers.bench.crm_lag import lags
from workers.bench.crm_selection import Selected, selections
from workers.bench.crowd import CRM
from workers.bench.results import results_on_postgresql
from workers.bench.rounds import medians, percentile
from workers.bench.rows import Row
from workers.bench.site import opened, postgresql
from workers.customer_cache import CustomerCache
from workers.redis_binary import server_binary

CUSTOMERS = 10_000_000
LAG_SECONDS = 2.0
RESULTS, LOOKUP = "results, postgresql", "customer look-up"
SELECTION, RARE = "lead selection", "lead selection, rare"
LAG, IMPORT = "result to CRM", "import"
KNOWN = 1000  # customers that are looked up
_BY = By("api:crm", "crm")
Tell = Callable[[str], None]


def bench_crm(customers: int = CUSTOMERS, tell: Tell = lambda _: None) -> list[Row]:
    """All of it, the quick ones first; some twelve minutes for ten million customers."""
    tell("results in batches")
    rows = [row for row in results_on_postgresql() if row.bench == RESULTS]
    tell("customers from Redis")
    rows.append(_lookups())
    tell("results on their way to a CRM's table")
    rows.append(_lag_row(lags()))
    tell("a file is imported")
    rows.append(_import_row(imports()))
    return [*rows, *_selection_rows(selections(customers, tell))]


def document(rows: Sequence[Row]) -> dict[str, float | None]:
    """The figures by their names, for machines. Times are in the unit that the name ends with."""
    by = {row.bench: row for row in rows}
    return {
        "results_batch_ratio": by[RESULTS].ratio,
        "lookup_cache_ratio": by[LOOKUP].ratio,
        "select_p95_ms": 1000 / by[SELECTION].figure,
        "import_rows_per_s": by[IMPORT].figure,
        "crm_lag_p99_s": 1 / by[LAG].figure,
    }


def _lag_row(seconds: Sequence[float]) -> Row:
    p99 = percentile(seconds, 99)
    note = f"p99 {p99:.2f} s, median {percentile(seconds, 50):.2f} s of {len(seconds)} calls"
    return Row(LAG, 1 / p99, "/s", 1 / LAG_SECONDS, f"{LAG_SECONDS:g} s", 1.0, note)


def _import_row(found: Imported) -> Row:
    note = (
        f"{1_000_000 / found.rate / 60:.1f} minutes for a million, {found.peak_mb:.0f} MB at most"
    )
    return Row(IMPORT, found.rate, "rows/s", found.naive_rate, "a commit per row", 10.0, note)


def _selection_rows(found: Selected) -> list[Row]:
    return [
        Row(
            bench,
            1000 / slowest.p95_ms,
            "/s",
            1000 / found.naive_ms,
            "every lead read and sorted",
            reach,
            f"p95 {slowest.p95_ms:.1f} ms of {found.customers:,} customers, by {slowest.name}",
        )
        for bench, slowest, reach in ((SELECTION, found.usual, 10.0), (RARE, found.rare, None))
    ]


def _lookups() -> Row:
    """A customer with numbers, tags and fields of the site's own, as JSON."""
    with _redis() as client, postgresql() as server, opened(server.fresh()) as store:
        known = _customers(store)
        cache = CustomerCache(lambda: store, lambda: client)
        found = medians(_runs(store, cache, known))
    note = f"{1000 / found['cache']:.2f} ms each"
    return Row(LOOKUP, found["cache"], "look-ups/s", found["database"], "from the database", 10.0,
               note)  # fmt: skip


def _runs(
    store: Store, cache: CustomerCache, known: Sequence[UUID]
) -> Mapping[str, Callable[[], float]]:
    for customer in known:
        cache.get(customer)

    def rate(do: Callable[[UUID], object], count: int) -> float:
        started = time.perf_counter()
        for customer in islice(cycle(known), count):
            do(customer)
        return count / (time.perf_counter() - started)

    return {
        "cache": lambda: rate(cache.get, 5 * KNOWN),
        "database": lambda: rate(lambda customer: look.get(store, customer), KNOWN),
    }


def _customers(store: Store) -> list[UUID]:
    now = datetime.now(UTC)
    create_or_upgrade(store)
    apply(store, load(CRM), now)
    given = [
        GivenCustomer(
            f"C-{n}",
            name=f"王{n}",
            company="常州精密机械有限公司",
            numbers=(f"+861391234{n:04}", f"+86519855{n:05}"),
            stage="potential",
            owner="ann",
            tags=(f"城市/{n % 50}", "制造业/设备采购/预算已确认"),
            fields={"budget": n},
        )
        for n in range(KNOWN)
    ]
    return [UUID(row["customer_id"]) for row in sync(store, "crm", given, _BY, now)]


@contextmanager
def _redis() -> Iterator["redis.Redis"]:
    with (
        lab.valkey.start(server_binary()) as server,
        closing(redis.Redis.from_url(server.url)) as client,
    ):
        yield client
