"""Processes are killed, one after another, while a campaign dials twenty calls a second.

Two supervisors (two machines), each with a worker that dials or stands ready and one for short
jobs, and the API (`dialplane serve`). A supervisor that is killed takes its workers with it, and
the site's sweeper if it is the one; "sweeper" is whichever has the sweepers' turn at that moment.
Supervisors and API are started again, as systemd would.
"""

import time
from random import Random

from storms.hunt import Hunt
from storms.invariants import LEFT_ALONE
from storms.served import Served
from storms.site import START_SECONDS, Site
from storms.storm import Figure, Order, Storm
from storms.strikes import under_load

NAME = "kills"
EVERY = 4.0  # seconds from kill to kill: 300 in twenty minutes
TAKEOVER, FINAL = 5.0, 30.0
VICTIMS = ("dialling", "sweeper", "API", "ready", "dialling", "short jobs", "supervisor")


def run(order: Order) -> Figure:
    """Each of the victims as often as any other, in an order of the seed's."""
    hunts: list[Hunt] = []
    due: list[str] = []

    def strike(here: Site, _: Served, chance: Random) -> None:
        if not hunts:
            here.api.start()
            here.until(here.api.answers, START_SECONDS, "the API's answer")
            hunts.append(Hunt(here, NAME))
        if not due:
            due.extend(chance.sample(VICTIMS, len(VICTIMS)))
        time.sleep(EVERY * chance.uniform(0.5, 1.5))
        hunts[0].strike(due.pop())

    seen = under_load(order, NAME, strike, seconds=EVERY, supervisors=2)
    (hunt,) = hunts
    held = seen.audit.is_clean_but(*LEFT_ALONE) and seen.audit.longest <= FINAL
    in_time = max(hunt.longest["dialling"], hunt.longest["sweeping"]) <= TAKEOVER
    return Figure(f"{hunt}, at {seen.rate:.0f} calls/s; {seen.audit}", held and in_time)


STORM = Storm(
    name="kills",
    reach="300 SIGKILLs over workers, dial job, sweeper, API at 20 calls/s: 0 breaks of I1, I2, "
    "I7; takeover at most 5 s; every attempt final within 30 s",
    short=7,
    long=300,
    run=run,
)
