"""A hundred calls at once on a real Asterisk: how long does a person wait for an agent?

Everybody picks up, and an agent is free for each: the mode is progressive. AMD is off: how long
it listens is the detector's own, and a person's wait counts from the end of its greeting anyway.
So what is measured is answer to agent: from the answer that the PBX has told (`answered_at`) to
the moment at which the customer was in the agent's bridge (`connected_at`), of the calls placed
while the level was there, as `dialplane campaign report` tells it.
"""

from dataclasses import dataclass

from campaigns.spec.campaign import Campaign
from lab.carrier import Carrier
from storage.reports import Report, report
from storms.invariants import breaks
from storms.level import PATIENCE, Level, hold, rise
from storms.plan import numbers, plan
from storms.real_site import connected, real_site
from storms.site import START_SECONDS, Site
from storms.storm import Figure, Order, Storm

NAME = "load-asterisk"
UP, RATE, AGENTS = 100, 5.0, 114  # calls; calls a second
NEAR = 0.95  # of the level: two Asterisks fill two cores with it, and it wavers
P99, LONGEST = 1.0, 2.0  # seconds
MOST = 6  # calls a second that are allowed
TALK = 18.5  # seconds
FALLS = 60.0


@dataclass(frozen=True, slots=True)
class Loaded:
    """While it lasted. `told`: the report on the calls placed then."""

    level: Level
    rate: float
    told: Report
    broken: dict[str, int]

    @property
    def is_level(self) -> bool:
        return self.level.up >= NEAR * UP and self.rate >= NEAR * RATE

    @property
    def holds(self) -> bool:
        waits = self.told.answer_to_agent
        in_time = waits.p99 <= P99 and waits.longest <= LONGEST
        return self.is_level and in_time and self.told.connected > 0 and not self.broken

    def __str__(self) -> str:
        short = "" if self.is_level else "the level was not reached: "
        broken = f"; broken: {self.broken}" if self.broken else ""
        waits = self.told.answer_to_agent
        return (
            f"{short}{self.level.up:.0f} calls up at {self.rate:.1f} calls/s; answer to agent p99 "
            f"{waits.p99:.3f} s, max {waits.longest:.3f} s, of {self.told.connected} (AMD off), "
            f"{self.told.abandoned} abandoned; {self.level.cores:.2f} cores, and both Asterisks "
            f"{self.level.others:.2f}{broken}"
        )


def run(order: Order) -> Figure:
    """Holds the level for `order.count` seconds."""
    spec = plan(
        NAME,
        trunks=[{"name": "carrier", "channels": 500, "calls_per_second": MOST}],
        amd={"enabled": False},
    )
    with real_site(AGENTS, TALK) as real:
        here, carrier = real.here, real.carrier
        here.dial(spec, numbers(int((order.count + PATIENCE + 10) * MOST), "0"), AGENTS)
        here.worker()

        def up() -> int:
            return connected(here, NAME)

        here.until(up, START_SECONDS, "a conversation")
        rise(up, UP)
        level = hold(order, up, here.own(), [real.pbx.pid, carrier.pid])
        here.stop(NAME)
        carrier.hang_up_all()
        here.until(lambda: here.is_settled(NAME), FALLS, "all attempts final")
        loaded = _seen(here, spec, carrier, level)
    return Figure(f"{order.count} s: {loaded}", loaded.holds)


def _seen(here: Site, spec: Campaign, carrier: Carrier, level: Level) -> Loaded:
    arrived = sum(level.since <= one.at <= level.until for one in carrier.arrivals())
    told = report(here.store, spec, level.until, level.since)
    return Loaded(level, arrived / level.seconds, told, breaks(here.store))


STORM = Storm(
    name=NAME,
    reach="real Asterisk, 100 calls at once, 5 calls/s, 15 min: answer to agent or message p99 at "
    "most 1.0 s, max 2.0 s",
    short=20,
    long=900,
    run=run,
)
