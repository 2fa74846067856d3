"""The invariants, checked now and then and beside everything else, as it takes a while.

What a site keeps grows for years, and a check is not to grow with it. So each looks at the
attempts placed in the hour before the one before it, and since; once a day, at the last month,
as the doctor does.
"""

import logging
import threading
import time
from collections import Counter
from collections.abc import Callable
from datetime import datetime, timedelta

from storage.dbtime import read_db_time
from storage.engine import Store
from storage.errors import StorageError
from storage.invariants.check import MONTH, check

log = logging.getLogger(__name__)

EACH = 600.0  # seconds between the end of a check and the next one
SHARE = 0.05  # of the time, at most, that goes by while the database is being asked
AGAIN = timedelta(hours=1)
"""How long before a check what it has seen may still change: nearly every call has ended then."""
DAY = timedelta(days=1)


class Inspector:
    """Checks one site's database. `found`: rule -> rows that break it; None: not checked yet.

    What is found stays until the month is looked at again, or an alert would end by itself.
    """

    def __init__(self, store: Callable[[], Store]) -> None:
        """`store`: the database, opened when it is first needed."""
        self.found: dict[str, int] | None = None
        self.at = 0.0  # seconds since the epoch
        self._store = store
        self._stop = threading.Event()
        self._last: datetime | None = None  # by the database's clock, as the next
        self._month_due: datetime | None = None

    def start(self) -> None:
        """In a thread of its own, which keeps nobody from ending."""
        threading.Thread(target=self._run, name="inspector", daemon=True).start()

    def stop(self) -> None:
        """No further check is begun."""
        self._stop.set()

    def check(self) -> None:
        """Once. A database that is away leaves what was found before, and what is to be seen.

        The first check is a short one: a program that is started over and over is to cost the
        database little. The month follows at the next.
        """
        try:
            store = self._store()
            with store.reading() as connection:
                now = read_db_time(connection)
            month = self._month_due is not None and now >= self._month_due
            since = now - MONTH if month else (self._last or now) - AGAIN
            found = {i.name: i.rows for i in check(store, since) if i.rows}
        except StorageError as away:
            log.warning("the invariants could not be checked: %s", away)
            return
        self._keep(found, month)
        self._last = now
        self._month_due = now + DAY if month else self._month_due or now

    def _keep(self, found: dict[str, int], month: bool) -> None:
        before = self.found or {}
        for rule in found.keys() - before.keys():
            log.error("an invariant is broken by %d rows: %s", found[rule], rule)
        self.found = dict(Counter(found) | Counter({} if month else before))  # the higher of each
        self.at = time.time()

    def _run(self) -> None:
        wait = 0.0
        while not self._stop.wait(wait):
            began = time.monotonic()
            self.check()
            wait = pause(time.monotonic() - began)


def pause(took: float) -> float:
    """How long to wait after a check that took so long; both in seconds."""
    return max(EACH, took * (1 - SHARE) / SHARE)
