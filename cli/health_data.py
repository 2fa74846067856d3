"""Checks of the database and of what it says about the site."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from time import perf_counter

from campaigns.crm.breaker import State
from campaigns.orders import CampaignState
from cli import health_queue, health_voice, nodes
from cli.health import Finding, Verdict
from storage import outbox, pulls, receivers, sweep
from storage.backup.behind import Behind, how_far_behind
from storage.campaigns import Broken, Stored, list_all
from storage.dbtime import read_db_time
from storage.engine import Store, open_store
from storage.errors import StorageError
from storage.memo import DNC_IMPORTED_AT, recall
from storage.migrate import require_current
from storage.partitioning import upkeep
from storage.replica import Judged
from workers.settings import FILE_NAME, Settings

CLOCKS_APART = 2.0  # seconds between this machine's clock and the database's
DNC_DAYS = 28  # the UK's screening interval; the US allow 31 days (16 CFR 310.4(b)(3)(iv))
UNDELIVERED = 900.0  # seconds
FOLLOWED = 300.0  # seconds


def data_findings(settings: Settings) -> Iterator[Finding]:
    """The database, and what can only be asked of it."""
    try:
        store = open_store(settings.database_url.get_secret_value(), *settings.late_reads())
    except StorageError as wrong:
        mend = f"mend database_url in {settings.home / FILE_NAME}, or start the server"
        yield Finding("database", Verdict.WRONG, str(wrong), mend)
        return
    try:
        began = perf_counter()
        require_current(store)
        took = (perf_counter() - began) * 1000
        yield Finding("database", Verdict.OK, f"{store.shown}, up to date, {took:.0f} ms")
        yield from _asked(store, settings)
    except StorageError as wrong:
        yield Finding("database", Verdict.WRONG, str(wrong), "run: dialplane init")
    finally:
        store.close()


def _asked(store: Store, settings: Settings) -> Iterator[Finding]:
    with store.reading() as connection:
        yield clock(read_db_time(connection), datetime.now(UTC))
    yield health_queue.keys(settings, store)
    yield do_not_call(recall(store, DNC_IMPORTED_AT), datetime.now(UTC))
    alone = sweep.without_worker(store)
    known = list_all(store)
    yield campaigns(alone, stuck(known, alone, settings))
    yield from health_voice.voice(known, settings)
    yield results(outbox.backlog(store))
    if settings.crms:
        yield crms(receivers.standings(store), pulls.progress(store), settings)
    if (behind := how_far_behind(store)) is not None:
        yield backup(behind)
    if store.replica is not None:
        yield replica(store.replica.look(store.engine), store.replica.shown)
    if (months := upkeep.standing(store)) is not None:
        yield partitions(months)


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


def campaigns(without_worker: list[str], hindered: dict[str, str]) -> Finding:
    """Whether somebody dials what is to be dialled, and nothing keeps them from it."""
    words = [f"no worker dials {', '.join(without_worker)}"] if without_worker else []
    words += [f"{name}: {why}" for name, why in hindered.items()]
    if not words:
        return Finding("campaigns", Verdict.OK, "each that is to run is dialled by its worker")
    mend = "run: dialplane up, or dialplane worker"
    if hindered:
        mend = "mend what is said of it; after that: dialplane campaign status NAME"
    return Finding("campaigns", Verdict.WRONG, "; ".join(words), mend)


def stuck(
    known: list[Stored | Broken], without_worker: list[str], settings: Settings
) -> dict[str, str]:
    """Campaigns that are to run and do not, each with the reason."""
    found = {c.name: _hindrance(c, settings) for c in known if c.wanted is CampaignState.RUNNING}
    for campaign in known:
        if not found.get(campaign.name, "x") and campaign.name not in without_worker:
            found[campaign.name] = _not_running(campaign)
    return {name: why for name, why in found.items() if why}


def _hindrance(campaign: Stored | Broken, settings: Settings) -> str:
    unknown = [] if isinstance(campaign, Broken) else nodes.unknown(campaign.spec.pbx, settings)
    return nodes.why_unknown(unknown, settings) if unknown else campaign.why


def _not_running(campaign: Stored | Broken) -> str:
    if campaign.actual is CampaignState.RUNNING:
        return ""
    return f"it is to run, and is '{campaign.actual.value}'; if it was started just now, look again"


def backup(behind: Behind) -> Finding:
    """Whether somebody takes the notes away that are made while the database is followed."""
    words = f"{behind.notes:,} changes wait, the last were written {behind.seconds:.0f} s ago"
    if behind.seconds <= FOLLOWED:
        return Finding("backup", Verdict.OK, words)
    words += "; 'dialplane backup follow' is stuck or gone, and its notes fill the database"
    mend = (
        "read what it says, or start it again; if it is not wanted any more, start it and end it "
        "with Ctrl-C, which takes the notes away"
    )
    return Finding("backup", Verdict.WARNING, words, mend)


def replica(judged: Judged, shown: str) -> Finding:
    """Whether reads that may be late go to the replica."""
    if judged.why:
        words = f"{shown} is not read from, the database is instead: {judged.why}"
        mend = "start it, or look at its log and at pg_stat_replication of the database's server"
        return Finding("replica", Verdict.WARNING, words, mend)
    return Finding("replica", Verdict.OK, f"{shown} is {judged.behind or 0.0:.1f} s behind")


def partitions(months: upkeep.Standing) -> Finding:
    """Whether the months to come have their partitions."""
    words = f"calls are kept by month, and the months until {months.until.name} are there"
    if not (months.missing or months.stray):
        return Finding("partitions", Verdict.OK, words)
    if months.missing:
        words += f"; not there: {', '.join(month.name for month in months.missing)}"
    if months.stray:
        words += "; some calls are in no month's partition"
    mend = "look into the log of 'dialplane worker', or run: dialplane db partition"
    return Finding("partitions", Verdict.WARNING, words, mend)


def results(backlog: outbox.Backlog) -> Finding:
    """Whether results leave for the CRM."""
    words = (
        f"{backlog.waiting} wait, the oldest for {backlog.oldest_seconds:.0f} s; "
        f"{backlog.dead} were given up"
    )
    late = backlog.dead or backlog.oldest_seconds > UNDELIVERED
    mend = "run: dialplane crm status; look into the log of 'dialplane worker' too"
    if backlog.dead:
        mend = "run: dialplane crm status --dead; mend what it tells of, then: dialplane crm retry"
    return Finding("results", Verdict.WARNING if late else Verdict.OK, words, mend if late else "")


def crms(
    known: Sequence[receivers.Standing], pulled: Mapping[str, pulls.Progress], settings: Settings
) -> Finding:
    """Whether the site's CRMs take what they are told, and tell of their customers."""
    silent = [s for s in known if s.name in settings.crms and s.state != State.CLOSED]
    stuck = [p for n, p in pulled.items() if n in settings.crms and p.fails]
    told = [f"{s.name} takes nothing: {s.last_error}" for s in silent]
    told += [f"nothing can be pulled from {p.source}: {p.last_error}" for p in stuck]
    if not told:
        return Finding("crms", Verdict.OK, f"{', '.join(settings.crms)}: nothing is amiss")
    mend = "run: dialplane crm status; and: dialplane crm map NAME"
    return Finding("crms", Verdict.WARNING, "; ".join(told), mend)
