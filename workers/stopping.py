"""What a supervisor that stops leaves behind, and who sees to it."""

import time
from collections.abc import Callable

from storage.engine import Store
from storage.errors import StorageError
from storage.standings import left_alone
from workers.flag import Flag

TAKEN_SECONDS = 3.0  # by then another worker, if there is one, has taken the campaign over
LOOK_SECONDS = 0.2


def tell_what_is_left(store: Store, stop: Flag, tell: Callable[[str], None]) -> None:
    """Say which calls nobody sees to, once others have had the time to take them over.

    Who has asked twice to stop is told at once.
    """
    deadline = time.monotonic() + TAKEN_SECONDS
    try:
        left = left_alone(store)
        while left and stop.times < 2 and time.monotonic() < deadline:
            time.sleep(LOOK_SECONDS)
            left = left_alone(store)
    except StorageError as away:
        tell(f"Whether calls are left in progress cannot be told: {away}")
        return
    for campaign, calls in left.items():
        tell(
            f"Campaign '{campaign}': {calls} calls are left in progress, and no other worker sees "
            "to them; the next one that dials it takes them over."
        )
