"""As many attempts as there is time for: does anything grow that should not?

Real processes at as high a rate as they can keep: supervisor, workers and `dialplane serve`, which
is asked for its metrics all the while, on the fake PBX over the wire; most calls are over at once.
Each second the resident memory and the open descriptors of each process are read: `storms.watched`
says what growth and leak are.

Memory is judged so in the long form. Of a minute it says nothing: the pages that a pool takes once
are hundreds of percent an hour. So the short form judges the descriptors, and beside them the
dialler's own memory through hours of virtual time (`storms.long_shift`); the line through the
minute is told, and not judged.
"""

import time
from datetime import UTC, datetime

from campaigns.spec.campaign import Campaign
from storage import imports
from storage.errors import StorageError
from storage.lead_rows import NewLead
from storms.invariants import breaks
from storms.long_shift import growth
from storms.plan import numbers, plan
from storms.served import Served, lab_world
from storms.site import START_SECONDS, Site, site
from storms.storm import Figure, Order, Storm, StormFailed
from storms.watched import Watched

NAME = "soak"
HOURLY = 0.02  # of what is held
MOST, AGENTS = 400, 200  # calls a second that are allowed
ENDINGS = "3593593590"  # one in ten is answered
TALK = 2.0
PORTION, AHEAD = 1_000, 2_000  # leads that are put in at once, when fewer than so many are left
LOOK, STILL, SETTLED = 1.0, 60.0, 60.0  # seconds
VIRTUAL = 1.5  # hours


def run(order: Order) -> Figure:
    """`order.count` attempts."""
    with site(lab_world(TALK), order.seed) as (here, served):
        here.dial(_plan(), numbers(PORTION, ENDINGS), AGENTS)
        here.api.start()
        here.until(here.api.answers, START_SECONDS, "the API's answer")
        here.worker()
        watched = _soak(order, here, served)
        here.stop(NAME)
        here.until(lambda: here.is_settled(NAME), SETTLED, "all attempts final")
        doubles, broken = served.ask(lambda witness: len(witness.doubles)), breaks(here.store)
    text = f"{watched}; {doubles} double dials" + (f"; broken: {broken}" if broken else "")
    clean = not (watched.leaked or doubles or broken)
    if order.long:
        return Figure(text, clean and watched.hourly < HOURLY)
    return _with_long_shift(order, text, clean)


def _with_long_shift(order: Order, text: str, clean: bool) -> Figure:
    grown, attempts = growth(order.seed, VIRTUAL)
    text += (
        f"; the dialler alone, {attempts:,} attempts in {VIRTUAL:g} h of virtual time: "
        f"{100 * grown:+.2f} % an hour"
    )
    return Figure(text, clean and grown < HOURLY)


def _plan() -> Campaign:
    return plan(
        NAME,
        trunks=[{"name": "carrier", "channels": 3000, "calls_per_second": MOST}],
        pacing={"calls_per_second": MOST},
    )


def _soak(order: Order, here: Site, served: Served) -> Watched:
    """Dial, and look on from the first call; there are always leads for the next
    seconds."""
    watched, given = Watched(), PORTION
    deadline = time.monotonic() + START_SECONDS
    while (placed := served.count()) < order.count:
        if given - placed < AHEAD:
            given += _more(here, given)
        if placed:
            watched.look(here, placed)
            deadline = max(deadline, time.monotonic() + STILL) if watched.grows else deadline
        if time.monotonic() > deadline:
            raise StormFailed(f"only {placed} of {order.count} attempts were placed")
        here.api.scrape()
        order.tell(placed / order.count)
        time.sleep(LOOK)
    return watched


def _more(here: Site, given: int) -> int:
    """Put leads in; how many. None where this very process, which plays the PBX as well, has kept
    the database waiting for too long: it is done again."""
    leads = [NewLead(number) for number in numbers(PORTION, ENDINGS, first=given)]
    try:
        imports.import_leads(here.store, NAME, leads, datetime.now(UTC))
    except StorageError:
        return 0
    return PORTION


STORM = Storm(
    name=NAME,
    reach="soak of 1,000,000 attempts: memory growth under 2 % an hour after warm-up, no leaked "
    "descriptors",
    short=4_000,
    long=1_000_000,
    run=run,
)
