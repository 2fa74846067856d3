"""The RQ jobs that keep what is known of numbers up to date.

`clean_numbers` looks at new numbers and at those that were called; it asks nobody. `check_numbers`
asks who checks numbers for the site, a batch at a time. Retried: a check that fails, after a wait
that doubles from half a minute to an hour, kept in the database, so that nobody asks meanwhile
(`Breaker`). Dropped: nothing; a number that nothing is said of is asked about again after its days.
Running either twice at once does no harm.
"""

import json
import logging
import time
from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

from pydantic import SecretStr

from campaigns.crm.validity import Verdict
from crm_sync.checker import CHECKERS, Checker, CheckFailed, open_checker
from storage.customers import cleaning
from storage.customers.cleaning import Cleaned
from storage.engine import Store
from storage.memo import recall, remember
from workers.context import current
from workers.settings import Settings

log = logging.getLogger(__name__)

SECONDS = 30.0  # then the next ring goes on, and a stop need not wait longer
_LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)
FIRST_WAIT, LONGEST_WAIT = 30.0, 3600.0


def clean_numbers() -> None:
    """Judge what is due."""
    context = current()
    _until(cleaning.clean(context.store, _now()), context.stop.is_set)


def check_numbers() -> None:
    """Ask about those that are due."""
    context = current()
    checkers = open_checkers(context.settings)
    try:
        for checker, days in checkers:
            _until(check(context.store, checker, days), context.stop.is_set)
    finally:
        for checker, _ in checkers:
            checker.close()


def open_checkers(settings: Settings) -> list[tuple[Checker, int]]:
    """Those whom the settings name, each with the days after which it is asked again."""
    found = []
    for section in CHECKERS:
        part = getattr(settings, section)
        if part is not None:
            told = {name: _plain(value) for name, value in part}
            found.append((open_checker(section, told), int(part.days)))
    return found


def check(store: Store, checker: Checker, days: int) -> Iterable[Cleaned]:
    """Ask about numbers batch by batch, until none is due or it fails: what came of each."""
    breaker = Breaker(store, checker.name)
    while not breaker.is_open(_now()):
        before = _now() - timedelta(days=days)
        due = cleaning.to_check(store, before, checker.at_most, _now())
        numbers = [number for _, number in due]
        if not due:
            return
        try:
            found = checker.check(numbers)
        except CheckFailed as failed:
            wait = breaker.failed(_now())
            log.warning("numbers cannot be checked, again in %d s: %s", wait, failed)
            return
        breaker.closed()
        if not found:
            log.warning("nothing is said of %d numbers; do the settings name its words?", len(due))
        unknown = dict.fromkeys(numbers, Verdict.UNKNOWN)
        yield cleaning.told(store, {**unknown, **found}, _now())
        cleaning.go_on(store, due[-1][0], _now())


class Breaker:
    """Who has failed is not asked for a while, by any process of the site."""

    def __init__(self, store: Store, name: str) -> None:
        self._store = store
        self._key = f"breaker.{name}"

    def is_open(self, now: datetime) -> bool:
        """Whether nobody may ask now."""
        return self.until() > now

    def until(self) -> datetime:
        """Nobody may ask before."""
        return self._read()[1]

    def failed(self, now: datetime) -> float:
        """Once more; so many seconds are to be waited."""
        failures = self._read()[0] + 1
        wait = min(LONGEST_WAIT, FIRST_WAIT * 2.0 ** min(failures - 1, 10))
        until = now + timedelta(seconds=wait)
        remember(self._store, self._key, json.dumps([failures, until.isoformat()]))
        return wait

    def closed(self) -> None:
        """It answers."""
        if self._read()[0]:
            remember(self._store, self._key, json.dumps([0, _LONG_AGO.isoformat()]))

    def _read(self) -> tuple[int, datetime]:
        kept = recall(self._store, self._key)
        if kept is None:
            return 0, _LONG_AGO
        failures, until = json.loads(kept)
        return int(failures), datetime.fromisoformat(until)


def _until(batches: Iterable[Cleaned], stopped: Callable[[], bool]) -> None:
    deadline, done = time.monotonic() + SECONDS, Cleaned()
    for batch in batches:
        done.add(batch)
        if stopped() or time.monotonic() > deadline:
            break
    if done.changed:
        log.info("%d numbers were looked at, of %d more is known", done.looked, done.changed)


def _now() -> datetime:
    return datetime.now(UTC)


def _plain(value: Any) -> Any:
    return value.get_secret_value() if isinstance(value, SecretStr) else value
