"""A real Asterisk is killed with fifty calls up, and started again.

Its calls are gone, and nobody says so. The carrier behind it is a second Asterisk, which keeps a
book of every call that reaches it: what it shows after the restart is the ramp.
"""

import secrets
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from pathlib import Path

import lab.postgres
import lab.valkey
from dialplan_templates.render import asterisk_files
from lab.asterisk import AsteriskNode, start_pbx
from lab.carrier import Carrier, start_carrier
from storage import attempts
from storage.errors import StorageError
from storms.auditor import PAGE
from storms.invariants import breaks
from storms.plan import numbers, plan
from storms.site import START_SECONDS, Site
from storms.storm import Figure, Order, Storm
from workers.redis_binary import server_binary

NAME = "asterisk"
UP, RATE = 50, 10  # calls; calls a second
RESOLVED = 20.0  # seconds
AWAY = 2.0


def run(order: Order) -> Figure:
    with _lab() as (here, pbx, carrier):
        trunks = [{"name": "carrier", "channels": 200, "calls_per_second": RATE}]
        leads = numbers(4 * UP * (order.count + 1), "0")
        here.dial(plan(NAME, trunks=trunks), leads, UP)
        begun = datetime.now(UTC)
        here.worker()
        took = []
        for nth in range(order.count):
            here.until(lambda: _connected(here) >= UP, 2 * START_SECONDS, f"{UP} calls up")
            took.append(_kill(here, pbx))
            order.tell((nth + 1) / order.count)
        here.until(lambda: _connected(here) >= UP, 2 * START_SECONDS, f"{UP} calls up again")
        here.stop(NAME)
        carrier.talk(1.0)
        arrived = [a for a in carrier.arrivals() if a.at >= begun]
        rows = attempts.page(here.store, NAME, limit=PAGE)
        broken = breaks(here.store)
    ordered = _steepest([row.placed_at.timestamp() for row in rows])
    steepest = _steepest([a.at.timestamp() for a in arrived])
    doubles = sum(times > 1 for times in Counter(a.number for a in arrived).values())
    text = (
        f"{order.count} kills with {UP} calls up: all resolved within {max(took):.1f} s; at most "
        f"{steepest} calls reach the carrier in any second, and {ordered} were ordered, where "
        f"{RATE} are allowed; {doubles} double dials"
    ) + (f"; broken: {broken}" if broken else "")
    held = max(took) <= RESOLVED and steepest <= RATE and not doubles and not broken
    return Figure(text, held)


@contextmanager
def _lab() -> Iterator[tuple[Site, AsteriskNode, Carrier]]:
    with ExitStack() as stack:
        home = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="dialplane-storm-")))
        postgres = stack.enter_context(lab.postgres.start(durable=True))
        valkey = stack.enter_context(lab.valkey.start(server_binary()))
        carrier = stack.enter_context(start_carrier(talk=300.0))
        secret = secrets.token_hex(16)
        by_name = carrier.build.event_filters_by_name
        files = asterisk_files(secret=secret, regex_filters=not by_name)
        pbx = stack.enter_context(start_pbx(carrier, files, agents=UP + 10))
        url = f"ami://dialplane:{secret}@{pbx.ami_host}:{pbx.ami_port}"
        site = Site(home, postgres, valkey, url, postgres.fresh(), first_phone=1001)
        stack.callback(site.close)
        yield site, pbx, carrier


def _connected(here: Site) -> int:
    try:
        held = attempts.open_attempts(here.store, NAME)
    except StorageError:
        return 0
    return sum(one.connected_at is not None for one in held)


def _kill(here: Site, pbx: AsteriskNode) -> float:
    """Seconds from the kill until each call that was up has its result."""
    held = {one.attempt.attempt_id for one in attempts.open_attempts(here.store, NAME)}
    begun = time.monotonic()
    pbx.kill()
    time.sleep(AWAY)
    pbx.start()
    here.until(lambda: not held & _open(here), 120, "the calls of before resolved")
    return time.monotonic() - begun


def _open(here: Site) -> set[object]:
    return {one.attempt.attempt_id for one in attempts.open_attempts(here.store, NAME)}


def _steepest(times: list[float]) -> int:
    """The most within any one second."""
    times.sort()
    return max(
        (sum(at <= t < at + 1.0 for t in times[n:]) for n, at in enumerate(times)), default=0
    )


STORM = Storm(
    name="asterisk",
    reach="a real Asterisk killed 10 times with 50 calls up: all resolved within 20 s; redial "
    "ramp at most the configured calls/s",
    short=1,
    long=10,
    run=run,
)
