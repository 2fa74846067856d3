"""Checks of the database and of what it says about the site."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from time import perf_counter

from cli.health import Finding, Verdict
from storage import outbox, sweep
from storage.dbtime import read_db_time
from storage.engine import Store, open_store
from storage.errors import StorageError
from storage.memo import DNC_IMPORTED_AT, recall
from storage.migrate import require_current
from workers.settings import FILE_NAME, Settings

CLOCKS_APART = 2.0  # seconds between this machine's clock and the database's
DNC_DAYS = 28  # the UK's screening interval; the US allow 31 days (16 CFR 310.4(b)(3)(iv))
UNDELIVERED = 900.0  # seconds


def data_findings(settings: Settings) -> Iterator[Finding]:
    """The database, and what can only be asked of it."""
    try:
        store = open_store(settings.database_url.get_secret_value())
    except StorageError as wrong:
        mend = f"mend database_url in {settings.home / FILE_NAME}, or start the server"
        yield Finding("database", Verdict.WRONG, str(wrong), mend)
        return
    try:
        began = perf_counter()
        require_current(store)
        took = (perf_counter() - began) * 1000
        yield Finding("database", Verdict.OK, f"{store.shown}, up to date, {took:.0f} ms")
        yield from _asked(store)
    except StorageError as wrong:
        yield Finding("database", Verdict.WRONG, str(wrong), "run: dialplane init")
    finally:
        store.close()


def _asked(store: Store) -> Iterator[Finding]:
    with store.reading() as connection:
        yield clock(read_db_time(connection), datetime.now(UTC))
    yield do_not_call(recall(store, DNC_IMPORTED_AT), datetime.now(UTC))
    yield campaigns(sweep.without_worker(store))
    yield results(outbox.backlog(store))


def clock(database: datetime, ours: datetime) -> Finding:
    """Calling windows go by this machine's clock, leases by the database's."""
    apart = abs((database - ours).total_seconds())
    if apart > CLOCKS_APART:
        words = f"this machine and the database are {apart:.0f} s apart"
        return Finding("clock", Verdict.WRONG, words, "run NTP (chrony) on both machines")
    return Finding("clock", Verdict.OK, f"{ours:%Y-%m-%d %H:%M:%S} UTC, as the database has it")


def do_not_call(imported_at: str | None, now: datetime) -> Finding:
    """How old the last imported list is."""
    mend = "run: dialplane dnc import FILE"
    if imported_at is None:
        return Finding("do-not-call", Verdict.WARNING, "no list was ever imported", mend)
    age = now - datetime.fromisoformat(imported_at)
    words = f"the last list was imported {age.days} day(s) ago"
    if age > timedelta(days=DNC_DAYS):
        return Finding("do-not-call", Verdict.WARNING, words, mend)
    return Finding("do-not-call", Verdict.OK, words)


def campaigns(without_worker: list[str]) -> Finding:
    """Whether somebody dials what is to be dialled."""
    if without_worker:
        words = f"no worker dials {', '.join(without_worker)}"
        return Finding("campaigns", Verdict.WRONG, words, "run: dialplane up, or dialplane worker")
    return Finding("campaigns", Verdict.OK, "each that is to run has its worker")


def results(backlog: outbox.Backlog) -> Finding:
    """Whether results leave for the CRM."""
    words = (
        f"{backlog.waiting} wait, the oldest for {backlog.oldest_seconds:.0f} s; "
        f"{backlog.dead} were given up"
    )
    late = backlog.dead or backlog.oldest_seconds > UNDELIVERED
    mend = "look at the webhook and crm_table settings, and into the log of 'dialplane worker'"
    if backlog.dead:
        mend = "run: dialplane outbox list; mend what it tells of, then run: dialplane outbox retry"
    return Finding("results", Verdict.WARNING if late else Verdict.OK, words, mend if late else "")
