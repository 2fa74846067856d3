"""The RQ job that removes messages, changes and acts of rules that were dealt with for long.

Retried: nothing. The sweeper rings again ten minutes later while there is more. Running it twice at
once is harmless: the second finds gone what the first has removed.
"""

import logging
import time

from storage.trimming import trim
from workers.context import current

log = logging.getLogger(__name__)

SECONDS = 30.0  # then the next ring goes on, and a stop need not wait longer


def trim_dealt_with() -> None:
    """Remove what is old enough."""
    context, deadline = current(), time.monotonic() + SECONDS
    gone = trim(
        context.store,
        context.settings.kept_days,
        lambda: context.stop.is_set() or time.monotonic() > deadline,
    )
    if gone:
        log.info("%d messages, changes and acts of rules were removed, being old", gone)
