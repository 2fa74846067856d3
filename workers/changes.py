"""The RQ job that heeds what has changed of customers: rules act, and others are told.

Retried: what cannot be dealt with, after a wait that doubles, and with it all later changes of the
same customer, so that each customer's changes are heeded in their order. A batch in which anything
fails is done again customer by customer, so one that cannot be dealt with hinders no other. Given
up: after ten tries, in about twenty minutes; the change counts as heeded then, with the reason
(`came_of_it`). A database that is away is nobody's fault: it is waited for. Running it twice at
once is harmless: a change that is taken is hidden, and acting on it and marking it are one
transaction.
"""

import logging
import time
from collections.abc import Sequence
from datetime import UTC, datetime

from storage.customers import changes
from storage.customers.changes import TakenChange
from storage.engine import Store
from storage.errors import (
    DatabaseBusy,
    DatabaseReadOnly,
    DatabaseUnavailable,
    StorageError,
)
from storage.rules import kept
from storage.rules.campaigns import campaigns_of
from storage.rules.desk import Works
from storage.rules.heeding import heed
from storage.rules.idle import sweep
from workers.context import current
from workers.forgetting import forgotten_in_redis
from workers.receivers import tells_changes

log = logging.getLogger(__name__)

BATCH = 200
SECONDS = 10.0  # then others have their turn: short jobs have one process
TRIES = 10
FIRST_WAIT, LONGEST_WAIT = 2.0, 300.0
AWAY = (DatabaseBusy, DatabaseReadOnly, DatabaseUnavailable)


def heed_changes() -> None:
    """Heed what is due; then look for those whom nobody follows up."""
    context = current()
    store, tells = context.store, tells_changes(context.settings)
    deadline = time.monotonic() + SECONDS
    with forgotten_in_redis(store, lambda: context.redis_url):
        more = True
        while more and time.monotonic() < deadline and not context.stop.is_set():
            more = bool(heed_batch(store, tells))
            if not more:
                more = sweep_batch(store)


def heed_batch(store: Store, tells: bool = False, limit: int = BATCH) -> int:
    """Take one batch and deal with it; how many changes it held. Raises `StorageError` where the
    database is away; what was taken comes again then."""
    taken = changes.take(store, limit)
    if not taken:
        return 0
    works = works_of(store, tells)
    try:
        heed(store, taken, works, datetime.now(UTC))
    except AWAY:
        raise
    except Exception as wrong:  # noqa: BLE001 - told below, of whom it is about
        log.warning("a batch of %d changes is dealt with one by one: %s", len(taken), wrong)
        for mine in _by_customer(taken):
            _heed_one(store, mine, works)
    return len(taken)


def sweep_batch(store: Store) -> bool:
    """Look at some of those who have become due by the rules that wait for them; whether there may
    be more."""
    works = works_of(store, tells=False)
    return sweep(store, works, datetime.now(UTC))[1]


def works_of(store: Store, tells: bool) -> Works:
    """The rules that are on, with the campaigns that they name."""
    with store.reading() as connection:
        rules = kept.on(connection)
    return Works(rules, campaigns_of(store, (each.rule for each in rules)), tells)


def _by_customer(taken: Sequence[TakenChange]) -> list[list[TakenChange]]:
    found: dict[object, list[TakenChange]] = {}
    for each in taken:
        found.setdefault(each.change.customer_id, []).append(each)
    return list(found.values())


def _heed_one(store: Store, mine: Sequence[TakenChange], works: Works) -> None:
    """One customer's changes. What fails is put off, or given up, and the reason kept."""
    try:
        heed(store, mine, works, datetime.now(UTC))
    except AWAY:
        raise
    except Exception as wrong:
        why = str(wrong) if isinstance(wrong, StorageError) else f"a fault of ours: {wrong!r}"
        customer = mine[0].change.customer_id
        log.warning("changes of customer %s cannot be heeded: %s", customer, why, exc_info=True)
        _put_off(store, mine, why)


def _put_off(store: Store, mine: Sequence[TakenChange], why: str) -> None:
    tries = mine[0].tries
    seqs = [each.seq for each in mine]
    if tries < TRIES:
        wait = min(LONGEST_WAIT, FIRST_WAIT * 2.0 ** (tries - 1))
        changes.later(store, seqs, wait, f"tried {tries} times: {why}")
        return
    log.error("%d changes are given up after %d tries: %s", len(seqs), tries, why)
    with store.writing() as connection:
        still = [each.seq for each in changes.still_mine(connection, mine)]
        changes.heeded(connection, still, f"given up after {tries} tries: {why}")
