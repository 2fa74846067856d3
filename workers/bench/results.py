"""Attempts committed and results stored a second, in batches and with a commit for each.

Claims (`storage.claims.claim`) and results (`storage.record.record`) go through the functions that
the worker uses, in batches as it makes them, against batches of one. A claim asks every rule again
and writes the attempt; a result closes it, moves its lead and customer on, and leaves history and
a message in the outbox.
"""

import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from datetime import timedelta
from pathlib import Path
from typing import TypeAlias

from campaigns.effects import AttemptEnded
from campaigns.leads import Attempt
from campaigns.outcomes import Outcome
from connectors.calls import EndReason
from storage.engine import Store
from storage.record import record
from workers.bench.core import campaign
from workers.bench.rounds import ROUNDS, medians
from workers.bench.rows import Row
from workers.bench.site import Site, filled, opened, postgresql
from workers.writer import ROWS

MANY, SINGLE = 1000, 50  # results in each round
CLAIMED_AT_ONCE = 50
REACH = 10.0
KINDS = (
    (Outcome.NO_ANSWER, EndReason.NO_ANSWER, "19 User alerting, no answer, SIP 480"),
    (Outcome.BUSY, EndReason.BUSY, "17 User busy, SIP 486"),
    (Outcome.CONNECTED, EndReason.HUNG_UP, "16 Normal Clearing"),
    (Outcome.INVALID_NUMBER, EndReason.INVALID_NUMBER, "1 Unallocated number, SIP 404"),
)

Opened: TypeAlias = Callable[[], AbstractContextManager[Store]]


def bench_results(many: int = MANY, single: int = SINGLE) -> list[Row]:
    """On PostgreSQL with fsync on, as in production, and on SQLite."""
    return [*results_on_postgresql(many, single), *_rows("sqlite", None, _sqlite, many, single)]


def results_on_postgresql(many: int = MANY, single: int = SINGLE) -> list[Row]:
    """On PostgreSQL alone."""
    return _rows("postgresql", REACH, _postgresql, many, single)


def _rows(name: str, reach: float | None, database: Opened, many: int, single: int) -> list[Row]:
    with database() as store:
        site = filled(store, campaign("progressive", 100), ROUNDS * (many + single))
        found = medians(_runs(site, many, single))
    return [_claims(name, found), _results(name, found, reach)]


@contextmanager
def _postgresql() -> Iterator[Store]:
    with postgresql() as server, opened(server.fresh()) as store:
        yield store


@contextmanager
def _sqlite() -> Iterator[Store]:
    with (
        tempfile.TemporaryDirectory(prefix="dialplane-bench-") as folder,
        opened(f"sqlite:///{Path(folder) / 'bench.db'}") as store,
    ):
        yield store


def _runs(site: Site, many: int, single: int) -> dict[str, Callable[[], float]]:
    """Each a rate per second. Results are those of the attempts that the run before claimed."""
    placed: list[Attempt] = []

    def claim(count: int, at_once: int) -> float:
        leads = site.candidates(count)
        started = time.perf_counter()
        placed[:] = site.claim(leads, at_once)
        return count / (time.perf_counter() - started)

    def store(batch: int) -> float:
        results = [_result(number, attempt) for number, attempt in enumerate(placed)]
        started = time.perf_counter()
        for first in range(0, len(results), batch):
            record(site.store, site.lease, site.campaign, results[first : first + batch])
        return len(results) / (time.perf_counter() - started)

    return {
        "claims": lambda: claim(many, CLAIMED_AT_ONCE),
        "results": lambda: store(ROWS),
        "single claims": lambda: claim(single, 1),
        "single results": lambda: store(1),
    }


def _claims(name: str, found: Mapping[str, float]) -> Row:
    note = f"{CLAIMED_AT_ONCE} attempts a transaction, against one"
    figure, single = found["claims"], found["single claims"]
    return Row(f"claims, {name}", figure, "attempts/s", single, "a commit per row", note=note)


def _results(name: str, found: Mapping[str, float], reach: float | None) -> Row:
    note = f"{ROWS} results a transaction, against one"
    figure, single = found["results"], found["single results"]
    return Row(f"results, {name}", figure, "results/s", single, "a commit per row", reach, note)


def _result(number: int, attempt: Attempt) -> AttemptEnded:
    outcome, reason, cause = KINDS[number % len(KINDS)]
    candidate, placed_at = attempt.order.candidate, attempt.placed_at
    return AttemptEnded(
        attempt_id=attempt.attempt_id,
        lead_id=candidate.lead_id,
        number=candidate.number,
        outcome=outcome,
        disposition=str(outcome),
        reason=reason,
        cause=cause,
        party="",
        placed_at=placed_at,
        ended_at=placed_at + timedelta(seconds=10),
        ringing_at=placed_at + timedelta(seconds=1),
    )
