"""The RQ job that tells owners of follow-ups that it is time.

Retried: nothing; the sweeper rings again while somebody is to be told. Running it twice at once is
harmless: each follow-up is told of by one of them.
"""

import time

from storage.customers.reminding import remind
from workers.context import current

SECONDS = 10.0  # then others have their turn: short jobs have one process


def remind_owners() -> None:
    """Tell of what is due."""
    context = current()
    webhook = context.settings.webhook
    tells = webhook is not None and webhook.reminders
    deadline = time.monotonic() + SECONDS
    while remind(context.store, tells):
        if time.monotonic() > deadline or context.stop.is_set():
            return
