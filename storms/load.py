"""A thousand calls at once, fifty a second, two hundred agents: does one dialler keep its schedule?

The PBX is the fake one over the wire. Of ten numbers one is a person, who talks to an agent, one
is busy, and eight are machines, which are left a message: so a thousand calls are up, and the
mode is progressive, one call for each free agent until it is known who has picked up.

Schedule lag is measured where the schedule is kept and where it is felt. In the worker: how late
each turn was that the dialler had planned (`workers.lateness`; p99 is told as the bound of its
class, so it is that or less). At the PBX: from the moment a call was claimed, which its row tells,
to the originate's arrival there. The database's transaction, the wire, and this very process,
which plays the PBX, are in it. Both must be in time.

Cores: the processor time of the supervisor and all its workers over the wall's time. The PBX, the
database and Redis are not Dialplane; what they cost is told beside it.
"""

import os
from dataclasses import dataclass, replace
from math import ceil, inf

from campaigns.spec.campaign import Campaign
from storage import attempts
from storms.auditor import PAGE, Audit, Auditor
from storms.level import PATIENCE, Level, hold, rise
from storms.plan import numbers, plan
from storms.served import Served, lab_world
from storms.site import START_SECONDS, Site, site
from storms.storm import Figure, Order, Storm, StormFailed
from workers.lateness import at_most, between
from workers.live import read_live
from workers.redis_server import connect

NAME = "load"
UP, RATE, AGENTS = 1000, 50.0, 200  # calls; calls a second
LAG, CORES = 0.25, 1.5  # seconds at p99
MOST = 54  # calls a second that are allowed: an order has its place until it is sent
ENDINGS = "7777177377"
TALK, MESSAGE = 10.0, 23.0  # seconds
FALLS, AUDIT = 90.0, 5.0


@dataclass(frozen=True, slots=True)
class Loaded:
    """What was seen while it lasted. `turns`, `claims`: p99 of the lag, in seconds."""

    level: Level
    rate: float
    turns: float
    claims: float
    audit: Audit

    @property
    def is_level(self) -> bool:
        return self.level.up >= UP and self.rate >= RATE

    @property
    def holds(self) -> bool:
        in_time = max(self.turns, self.claims) <= LAG and self.level.cores <= CORES
        return self.is_level and in_time and self.audit.is_clean

    def __str__(self) -> str:
        short = "" if self.is_level else "the level was not reached: "
        return (
            f"{short}{self.level.up:,.0f} calls up at {self.rate:.1f} calls/s; schedule lag p99: "
            f"turns at most {1000 * self.turns:g} ms, claim to PBX {1000 * self.claims:.0f} ms; "
            f"{self.level.cores:.2f} cores (PBX, database and Redis: {self.level.others:.2f} more);"
            f" {self.audit}"
        )


def run(order: Order) -> Figure:
    """Holds the level for `order.count` seconds."""
    world = lab_world(TALK)
    world = replace(world, customers=replace(world.customers, message=MESSAGE))
    with site(world, order.seed) as (here, served):
        leads = int((order.count + PATIENCE + 10) * MOST)
        here.dial(_plan(), numbers(leads, ENDINGS), AGENTS)
        here.worker()
        here.until(lambda: served.count() > RATE, START_SECONDS, "dialling")
        with Auditor(here, served, NAME, every=AUDIT) as auditor:
            level, turns = _held(here, served, order)
            here.stop(NAME)
            served.hang_up_all()
            here.until(lambda: here.is_settled(NAME), FALLS, "all attempts final")
            took = _claims(here, served, level)
            rate = len(took) / level.seconds
            loaded = Loaded(level, rate, turns, _rank(took, 0.99), auditor.audit())
    return Figure(f"{order.count} s: {loaded}", loaded.holds)


def _plan() -> Campaign:
    return plan(
        NAME,
        trunks=[{"name": "carrier", "channels": 3000, "calls_per_second": MOST}],
        pacing={"calls_per_second": MOST},
        amd={"enabled": True, "machine": "message", "message": "voicemail"},
    )


def _held(here: Site, served: Served, order: Order) -> tuple[Level, float]:
    """The level, and how late the dialler's turns were while it lasted, p99."""

    def up() -> int:
        return served.ask(lambda witness: witness.up())

    rise(up, UP)
    before = _turns(here)
    others = [os.getpid(), here.postgres.pid, here.valkey.pid]
    level = hold(order, up, here.own(), others)
    return level, at_most(between(before, _turns(here)), 0.99)


def _turns(here: Site) -> dict[str, int]:
    """As the worker tells it of itself."""
    client = connect(here.valkey.url)
    try:
        shot = read_live(client, NAME)
    finally:
        client.close()
    if shot is None:
        raise StormFailed("nobody tells how late the dialler's turns are")
    return dict(shot["measures"]["turns"])


def _claims(here: Site, served: Served, level: Level) -> list[float]:
    """Of each call that arrived meanwhile: seconds from its claim until then, shortest first."""
    claimed = {row.id: row.placed_at for row in attempts.page(here.store, NAME, limit=PAGE)}
    placed = served.ask(lambda witness: list(witness.placed))
    return sorted(
        (one.at - claimed[one.call_id]).total_seconds()
        for one in placed
        if level.since <= one.at <= level.until and one.call_id in claimed
    )


def _rank(took: list[float], share: float) -> float:
    return took[ceil(share * len(took)) - 1] if took else inf


STORM = Storm(
    name=NAME,
    reach="1,000 calls at once, 50 calls/s, 200 agents, 30 min on the fake PBX over the wire: "
    "schedule lag p99 at most 250 ms, 0 breaks, at most 1.5 cores",
    short=20,
    long=1800,
    run=run,
)
