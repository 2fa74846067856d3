"""A real Asterisk is killed with fifty calls up, and started again.

Its calls are gone, and nobody says so. The ramp after the restart is seen twice: on the wire to the
PBX, where we can keep it, and in the book of the carrier, a second Asterisk, where a PBX that has
just started may have bunched what was sent evenly.
"""

import time
from bisect import bisect_left
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from lab.carrier import Arrival
from storage import attempts
from storms.invariants import breaks
from storms.plan import numbers, plan
from storms.real_site import RealSite, connected, real_site
from storms.site import START_SECONDS, Site
from storms.storm import Figure, Order, Storm
from storms.tap import Tap

NAME = "asterisk"
UP, RATE = 50, 10  # calls; calls a second
RESOLVED = 20.0  # seconds
AWAY = 2.0
LATE = 0.02  # by which one of two calls a second apart may be seen late, and so in its second


def run(order: Order) -> Figure:
    trunks = [{"name": "carrier", "channels": 200, "calls_per_second": RATE}]
    leads = numbers(4 * UP * (order.count + 1), "0")
    with real_site(UP + 10, talk=300.0) as real:
        here, carrier = real.here, real.carrier
        here.dial(plan(NAME, trunks=trunks), leads, UP)
        begun = datetime.now(UTC)
        here.worker()
        took = []
        for nth in range(order.count):
            _rise(here)
            took.append(_kill(real))
            order.tell((nth + 1) / order.count)
        _rise(here)
        here.stop(NAME)
        carrier.talk(1.0)
        ramp = _ramp(real.tap, [a for a in carrier.arrivals() if a.at >= begun])
        broken = breaks(here.store)
    text = f"{order.count} kills with {UP} calls up: all resolved within {max(took):.1f} s; {ramp}"
    text += f"; broken: {broken}" if broken else ""
    return Figure(text, max(took) <= RESOLVED and ramp.holds and not broken)


@dataclass(frozen=True, slots=True)
class Ramp:
    """The most calls within any one second: as they left us, and as they reached the carrier.
    `doubles`: numbers that reached it twice."""

    sent: int
    arrived: int
    doubles: int

    @property
    def holds(self) -> bool:
        return 0 < self.sent <= RATE and not self.doubles

    def __str__(self) -> str:
        return (
            f"at most {self.sent} calls are sent in any second, where {RATE} are allowed, and "
            f"{self.arrived} reach the carrier; {self.doubles} double dials"
        )


def _ramp(tap: Tap, arrived: list[Arrival]) -> Ramp:
    return Ramp(
        sent=steepest(tap.sent),
        arrived=steepest([one.at.timestamp() for one in arrived]),
        doubles=sum(times > 1 for times in Counter(one.number for one in arrived).values()),
    )


def _rise(here: Site) -> None:
    here.until(lambda: connected(here, NAME) >= UP, 2 * START_SECONDS, f"{UP} calls up")


def _kill(real: RealSite) -> float:
    """Seconds from the kill until each call that was up has its result.

    The carrier ends its side at once, as a real one does when it hears nothing more: else the calls
    of each kill would go on talking to nobody, and after ten they are more than a machine can bear.
    """
    here = real.here
    held = {one.attempt.attempt_id for one in attempts.open_attempts(here.store, NAME)}
    begun = time.monotonic()
    real.pbx.kill()
    real.carrier.hang_up_all()
    time.sleep(max(0.0, begun + AWAY - time.monotonic()))
    real.pbx.start()
    here.until(lambda: not held & _open(here), 120, "the calls of before resolved")
    return time.monotonic() - begun


def _open(here: Site) -> set[object]:
    return {one.attempt.attempt_id for one in attempts.open_attempts(here.store, NAME)}


def steepest(times: Sequence[float]) -> int:
    """The most within any one second, less what a look at a clock may be late."""
    ordered = sorted(times)
    return max(
        (bisect_left(ordered, at + 1.0 - LATE) - n for n, at in enumerate(ordered)), default=0
    )


STORM = Storm(
    name="asterisk",
    reach="a real Asterisk killed 10 times with 50 calls up: all resolved within 20 s; redial "
    "ramp at most the configured calls/s",
    short=1,
    long=10,
    run=run,
)
