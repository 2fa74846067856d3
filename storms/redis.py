"""Redis is killed, or killed and wiped, and so is the worker that dials: somebody must be rung.

Dialling itself needs no Redis. So each time the worker is killed too, while Redis is away, and
what is measured is the time from its return until calls are placed again.
"""

import time
from random import Random

from faults.processes import kill
from storms.invariants import LEFT_ALONE
from storms.served import Served
from storms.site import Site, children
from storms.storm import Figure, Order, Storm
from storms.strikes import under_load

NAME = "redis"
AWAY, AGAIN = 2.0, 10.0  # seconds


def run(order: Order) -> Figure:
    """Killed and wiped in turn, `order.count` times each."""
    turns = 0

    def strike(here: Site, served: Served, _: Random) -> float:
        nonlocal turns
        turns += 1
        return _lose(here, served, wipe=turns % 2 == 0)

    both = Order(2 * order.count, order.seed, order.long, order.tell)
    seen = under_load(both, NAME, strike, seconds=20)
    longest = max(seen.told)
    text = (
        f"{order.count} killed and {order.count} wiped: calls again after at most {longest:.1f} s"
    )
    return Figure(
        f"{text}; {seen.audit}", seen.audit.is_clean_but(*LEFT_ALONE) and longest <= AGAIN
    )


def _lose(here: Site, served: Served, *, wipe: bool) -> float:
    """Seconds from Redis's return to the next call."""
    time.sleep(3.0)
    lease = here.lease(NAME)
    here.valkey.kill()
    if lease:
        kill(pid for name, pid in children("dial", here.workers).items() if name == lease.holder)
    time.sleep(AWAY)
    if wipe:
        here.valkey.wipe()
    here.valkey.start()
    before = served.count()
    return here.until(lambda: served.count() > before, 60, "calls, with Redis back")


STORM = Storm(
    name="redis",
    reach="Redis killed, and wiped, 20 each: 0 leads or results lost, running again within 10 s",
    short=1,
    long=20,
    run=run,
)
