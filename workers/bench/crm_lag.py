"""How long after its end a call's result is in the CRM's own table.

As in production, and with real parts: results come at an even rate to the writer of the dial
worker, which stores them in batches on PostgreSQL with fsync on; a `dialplane worker` in a process
of its own is rung by Redis and writes them into a table of another database. That table notes by
itself when a row came; both clocks are this machine's.
"""

import asyncio
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import text

from campaigns.effects import AttemptEnded, Effect
from campaigns.leads import Attempt
from campaigns.outcomes import Outcome
from connectors.calls import EndReason
from lab.child import Child
from lab.wait import until
from storage.engine import Store
from storage.errors import StorageError
from storage.record import record
from workers.bench.core import campaign
from workers.bench.rounds import BenchFailed
from workers.bench.site import Site, filled, opened, postgresql
from workers.job_keys import set_up_keys
from workers.settings_file import load_settings
from workers.writer import Writer

CALLS, A_SECOND = 1500, 50
WARM = 100  # the first calls, while the worker looks at the CRM's table for the first time
PATIENCE = 60.0  # seconds, until the last result is there
TABLE = text(
    "CREATE TABLE calls (idempotency_key text PRIMARY KEY, number text, outcome text, "
    "ended_at timestamptz, came_at timestamptz NOT NULL DEFAULT clock_timestamp())"
)
LAGS = text("SELECT EXTRACT(EPOCH FROM came_at - ended_at) FROM calls ORDER BY ended_at")
SETTINGS = '[pbx]\nmain = "fake://demo"\n[crm_table]\nurl = "{}"\ntable = "calls"\n'


def lags(calls: int = CALLS, a_second: float = A_SECOND, warm: int = WARM) -> list[float]:
    """Seconds from the end of each call to its row, but for the first ones, which are to `warm` it
    up. Raises `BenchFailed`."""
    with postgresql() as server, opened(crm_url := server.fresh()) as crm:
        with crm.writing() as connection:
            connection.execute(TABLE)
        with opened(url := server.fresh()) as store:
            site = filled(store, campaign("progressive", 100), calls + warm)
            attempts = site.claim(site.candidates(calls + warm), at_once=50)
            with _worker(store, url, crm_url):
                _warm_up(site, crm, attempts[:warm], a_second)
                asyncio.run(_end(site, attempts[warm:], a_second))
                return _arrived(crm, calls + warm)[warm:]


def _warm_up(site: Site, crm: Store, attempts: Sequence[Attempt], a_second: float) -> None:
    asyncio.run(_end(site, attempts, a_second))
    _arrived(crm, len(attempts))


async def _end(site: Site, attempts: Sequence[Attempt], a_second: float) -> None:
    """Calls end at an even rate, and their results go to the writer at once."""

    def store(batch: Sequence[Effect]) -> None:
        record(site.store, site.lease, site.campaign, batch)

    with ThreadPoolExecutor(1) as executor:
        writer = Writer(store, executor, _refused)
        running = asyncio.create_task(writer.run())
        began = time.monotonic()
        for number, attempt in enumerate(attempts):
            await asyncio.sleep(max(0.0, began + number / a_second - time.monotonic()))
            writer.put(_ended(attempt))
        await writer.flush()
        running.cancel()


def _refused(_effect: Effect, refused: StorageError) -> None:
    raise BenchFailed(f"a result was not stored: {refused}")


def _ended(attempt: Attempt) -> AttemptEnded:
    candidate = attempt.order.candidate
    return AttemptEnded(
        attempt_id=attempt.attempt_id,
        lead_id=candidate.lead_id,
        number=candidate.number,
        outcome=Outcome.NO_ANSWER,
        disposition=str(Outcome.NO_ANSWER),
        reason=EndReason.NO_ANSWER,
        cause="19 User alerting, no answer, SIP 480",
        party="",
        placed_at=attempt.placed_at,
        ended_at=datetime.now(UTC),
    )


def _arrived(crm: Store, count: int) -> list[float]:
    """Once so many rows are there. Raises `BenchFailed`."""
    found: list[float] = []

    def all_there() -> bool:
        with crm.reading() as connection:
            found[:] = [float(lag) for lag in connection.execute(LAGS).scalars()]
        return len(found) >= count

    if not until(all_there, PATIENCE):
        raise BenchFailed(f"{len(found)} of {count} results came to the CRM's table")
    return list(found)


@contextmanager
def _worker(store: Store, database: str, crm: str) -> Iterator[None]:
    with tempfile.TemporaryDirectory(prefix="dialplane-bench-") as folder:
        home = Path(folder)
        (home / "dialplane.toml").write_text(SETTINGS.format(crm))
        environ = {"DIALPLANE_HOME": folder, "DIALPLANE_DATABASE_URL": database}
        set_up_keys(load_settings(home, environ), store)
        program = Path(sys.executable).with_name("dialplane")
        words = (program, "worker", "--queue", "short")
        working = Child(words, log=home / "worker.log", sweep=home, env=environ)
        try:
            yield
        finally:
            working.stop()
