"""PostgreSQL is killed under load: nothing may be dialled that is not committed."""

import time
from dataclasses import dataclass
from datetime import UTC, datetime
from random import Random

from storms.served import Served
from storms.site import Site
from storms.storm import Figure, Order, Storm
from storms.strikes import under_load

NAME = "database"
AWAY, STOPS, RESUMES = 3.0, 1.0, 5.0  # seconds


@dataclass(frozen=True, slots=True)
class Loss:
    """One: when the last call was placed after the kill, and the next after the return."""

    stopped: float
    resumed: float


def run(order: Order) -> Figure:
    seen = under_load(order, NAME, _lose, seconds=20)
    stopped = max(loss.stopped for loss in seen.told)
    resumed = max(loss.resumed for loss in seen.told)
    text = (
        f"{order.count} kills: dialling stops within {stopped:.2f} s, "
        f"resumes within {resumed:.1f} s; {seen.audit}"
    )
    return Figure(text, seen.audit.is_clean and stopped <= STOPS and resumed <= RESUMES)


def _lose(here: Site, served: Served, chance: Random) -> Loss:
    time.sleep(chance.uniform(3.0, 5.0))
    killed = datetime.now(UTC)
    here.postgres.kill()
    time.sleep(AWAY)
    last = served.ask(lambda witness: witness.placed[-1].at)
    here.postgres.start()
    before = served.count()
    resumed = here.until(lambda: served.count() > before, 60, "calls, with the database back")
    return Loss(max(0.0, (last - killed).total_seconds()), resumed)


STORM = Storm(
    name="database",
    reach="PostgreSQL killed 20 times under load: 0 calls without a committed attempt; dialling "
    "stops within 1 s and resumes within 5 s",
    short=2,
    long=20,
    run=run,
)
