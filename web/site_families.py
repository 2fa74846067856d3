"""Metrics of the site as a whole, and of what the database and Redis know of each campaign."""

from collections.abc import Callable, Iterable, Iterator

from campaigns.crm.breaker import State
from campaigns.orders import CampaignState
from web.family import Family, Row, Rows
from workers.overview import Overview


def _campaigns(seen: Overview) -> Iterator[Row]:
    for each in seen.campaigns:
        yield each.name, each.wanted.value, each.actual.value, 1


def _dialled(seen: Overview) -> Iterator[Row]:
    for each in seen.campaigns:
        if each.wanted is CampaignState.RUNNING or each.dialled:
            yield each.name, each.dialled


def _lease_ages(seen: Overview) -> Iterator[Row]:
    for each in seen.campaigns:
        wanted = each.wanted is CampaignState.RUNNING or each.dialled
        if wanted and each.lease_age is not None:
            yield each.name, max(0.0, each.lease_age)


def _parts(seen: Overview) -> Iterator[Row]:
    yield "database", not seen.database
    yield "redis", not seen.redis


def _outbox(figure: Callable[[Overview], float]) -> Rows:
    """Nothing is known of the outbox while the database does not answer."""
    return lambda seen: [] if seen.database else [(figure(seen),)]


def _messages(seen: Overview) -> Iterator[Row]:
    for each in seen.receivers:
        yield each.name, "waiting", each.waiting
        yield each.name, "given up", each.dead


def _pulled_at(seen: Overview) -> Iterator[Row]:
    for each in seen.pulled:
        yield each.source, each.pulled_at.timestamp() if each.pulled_at else 0


def _broken(seen: Overview) -> Iterable[Row]:
    return (seen.broken or {}).items()


SITE_FAMILIES = (
    Family("dialplane_part_up", "gauge", ("part",), "Whether the part answers.", _parts),
    Family(
        "dialplane_sweeper_up",
        "gauge",
        (),
        "Whether any supervisor (dialplane up, dialplane worker) is at work.",
        lambda seen: [] if seen.redis else [(seen.swept,)],
    ),
    Family(
        "dialplane_look_seconds",
        "gauge",
        (),
        "How long reading these figures took.",
        lambda seen: [(seen.took,)],
    ),
    Family(
        "dialplane_campaign_info",
        "gauge",
        ("campaign", "wanted", "state"),
        "1 for each campaign: what is wanted of it, and what is so.",
        _campaigns,
    ),
    Family(
        "dialplane_campaign_dialled",
        "gauge",
        ("campaign",),
        "Whether a worker dials the campaign; told of those that are to run.",
        _dialled,
    ),
    Family(
        "dialplane_lease_age_seconds",
        "gauge",
        ("campaign",),
        "Since its worker last renewed the right to dial it; it lapses after 3 s.",
        _lease_ages,
    ),
    Family(
        "dialplane_queue_jobs",
        "gauge",
        ("queue",),
        "Jobs that wait for a worker.",
        lambda seen: [(queue.name, queue.jobs) for queue in seen.queues],
    ),
    Family(
        "dialplane_queue_lag_seconds",
        "gauge",
        ("queue",),
        "For how long the oldest of them has waited.",
        lambda seen: [(queue.name, queue.lag) for queue in seen.queues],
    ),
    Family(
        "dialplane_queue_workers",
        "gauge",
        ("queue",),
        "Worker processes of the queue that have told of themselves.",
        lambda seen: [(queue.name, queue.workers) for queue in seen.queues],
    ),
    Family(
        "dialplane_snapshots_unreadable",
        "gauge",
        (),
        "Campaigns whose live state in Redis cannot be read; their figures are left out.",
        lambda seen: [] if seen.redis else [(len(seen.unreadable),)],
    ),
    Family(
        "dialplane_outbox_messages",
        "gauge",
        (),
        "Results that are to be delivered to the CRM yet.",
        _outbox(lambda seen: seen.unsent),
    ),
    Family(
        "dialplane_outbox_oldest_seconds",
        "gauge",
        (),
        "The age of the oldest of them.",
        _outbox(lambda seen: seen.oldest),
    ),
    Family(
        "dialplane_receiver_messages",
        "gauge",
        ("receiver", "state"),
        "Messages that the receiver has not got: they wait, or are given up.",
        _messages,
    ),
    Family(
        "dialplane_receiver_oldest_seconds",
        "gauge",
        ("receiver",),
        "The age of the oldest that waits for it.",
        lambda seen: [(each.name, max(0.0, each.oldest_seconds)) for each in seen.receivers],
    ),
    Family(
        "dialplane_receiver_arrived",
        "counter",
        ("receiver",),
        "Messages that have arrived there, ever.",
        lambda seen: [(each.name, each.arrived) for each in seen.receivers],
    ),
    Family(
        "dialplane_receiver_left_alone",
        "gauge",
        ("receiver",),
        "Whether it is left alone, as nothing is heard of it or it asks for that.",
        lambda seen: [(each.name, each.state != State.CLOSED) for each in seen.receivers],
    ),
    Family(
        "dialplane_pull_timestamp_seconds",
        "gauge",
        ("crm",),
        "When the last pull from the CRM began that went through; 0: none has.",
        _pulled_at,
    ),
    Family(
        "dialplane_pull_failures",
        "gauge",
        ("crm",),
        "Pulls that have failed in a row.",
        lambda seen: [(each.source, each.fails) for each in seen.pulled],
    ),
    Family(
        "dialplane_backup_behind_seconds",
        "gauge",
        (),
        "Since dialplane backup follow last wrote down what changes; told while it is followed, or "
        "was and has not ended in order.",
        lambda seen: [] if seen.behind is None else [(seen.behind,)],
    ),
    Family(
        "dialplane_invariants_broken",
        "gauge",
        ("rule",),
        "Rows that break a rule which no row may ever break; those rules alone.",
        _broken,
    ),
    Family(
        "dialplane_invariants_checked_timestamp_seconds",
        "gauge",
        (),
        "When these rules were last checked; 0: not since this program was started.",
        lambda seen: [(seen.checked_at,)],
    ),
)
