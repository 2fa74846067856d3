"""The invariants, checked now and then and beside everything else, as it takes a while."""

import logging
import threading
import time
from collections.abc import Callable

from storage.engine import Store
from storage.errors import StorageError
from storage.invariants.check import check

log = logging.getLogger(__name__)

EACH = 600.0  # seconds between the end of a check and the next one


class Inspector:
    """Checks one site's database. `found`: rule -> rows that break it; None: not checked yet."""

    def __init__(self, store: Callable[[], Store]) -> None:
        """`store`: the database, opened when it is first needed."""
        self.found: dict[str, int] | None = None
        self.at = 0.0  # seconds since the epoch
        self._store = store
        self._stop = threading.Event()

    def start(self) -> None:
        """In a thread of its own, which keeps nobody from ending."""
        threading.Thread(target=self._run, name="inspector", daemon=True).start()

    def stop(self) -> None:
        """No further check is begun."""
        self._stop.set()

    def check(self) -> None:
        """Once. A database that is away leaves what was found before."""
        try:
            found = {i.name: i.rows for i in check(self._store()) if i.rows}
        except StorageError as away:
            log.warning("the invariants could not be checked: %s", away)
            return
        for rule in found.keys() - (self.found or {}).keys():
            log.error("an invariant is broken by %d rows: %s", found[rule], rule)
        self.found, self.at = found, time.time()

    def _run(self) -> None:
        self.check()
        while not self._stop.wait(EACH):
            self.check()
