"""The process that dials stands still, somebody else takes over, and then it goes on.

What it had claimed before it stood still may not be dialled once its lease has passed on, and
what it writes then must be refused.
"""

import time
from dataclasses import dataclass
from datetime import UTC, datetime
from random import Random

from faults.processes import standing_still
from storage import attempts
from storms.invariants import LEFT_ALONE
from storms.served import Served
from storms.site import Site, children
from storms.storm import Figure, Order, Storm
from storms.strikes import under_load

NAME = "stalls"
SHORT, LONG = (4.5, 7.0), (10.0, 60.0)  # seconds that it stands still
AWAKE = 3.0  # seconds that it has to do harm
LATEST = 4_000  # attempts, the latest first: all since the takeover


@dataclass(frozen=True, slots=True)
class Stall:
    """One: how long until another dialled, and what the stale one has dialled after that."""

    takeover: float
    stale_calls: int


def run(order: Order) -> Figure:
    shortest, longest = LONG if order.long else SHORT

    def strike(here: Site, served: Served, chance: Random) -> Stall:
        time.sleep(1.0)
        return _stall(here, served, chance.uniform(shortest, longest))

    seen = under_load(order, NAME, strike, seconds=longest + AWAKE + 8, supervisors=1)
    stale = sum(stall.stale_calls for stall in seen.told)
    takeover = max(stall.takeover for stall in seen.told)
    text = (
        f"{len(seen.told)} stalls of {shortest:g} to {longest:g} s: {stale} calls by a stale "
        f"leader, taken over in at most {takeover:.1f} s; {seen.audit}"
    )
    return Figure(text, seen.audit.is_clean_but(*LEFT_ALONE) and not stale)


def _stall(here: Site, served: Served, seconds: float) -> Stall:
    here.until(lambda: here.lease(NAME), 20, "somebody who dials")
    before = here.lease(NAME)
    if before is None:
        return Stall(0.0, 0)
    begun = time.monotonic()
    with standing_still([children("dial", here.workers)[before.holder]]):
        takeover = here.until(lambda: _token(here) > before.token, 30, "a takeover")
        then = datetime.now(UTC)
        time.sleep(max(0.0, begun + seconds - time.monotonic()))
    time.sleep(AWAKE)
    rows = attempts.page(here.store, NAME, limit=LATEST)
    old = {row.id for row in rows if row.token <= before.token}
    return Stall(
        takeover, served.ask(lambda w: sum(p.at > then and p.call_id in old for p in w.placed))
    )


def _token(here: Site) -> int:
    lease = here.lease(NAME)
    return lease.token if lease else 0


STORM = Storm(
    name="stalls",
    reach="a stalled leader, 100 times SIGSTOP 10-60 s then CONT: every stale write refused, "
    "0 extra calls",
    short=2,
    long=100,
    run=run,
)
