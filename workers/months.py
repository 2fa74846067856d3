"""The RQ job that makes the partitions of the months to come, where calls are kept by month.

Retried: nothing. The sweeper rings again ten minutes later while a month is not there, and there
are three months for that. Running it twice at once is harmless: the second waits, and finds all
made. It waits two seconds for a lock and no longer, since calls would wait behind it.
"""

import logging

from storage.errors import DatabaseBusy
from storage.partitioning.upkeep import keep_up
from workers.context import current

log = logging.getLogger(__name__)


def make_months() -> None:
    """Make what is not there, and close a month that is past."""
    try:
        done = keep_up(current().store)
    except DatabaseBusy as busy:
        log.info("partitions are made later: %s", busy)
        return
    if done:
        log.info("partitions made or closed: %s", ", ".join(done))
