"""A campaign that dials twenty calls a second, and a fault that strikes it again and again."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from random import Random
from typing import Generic, TypeVar

from storms.auditor import Audit, Auditor
from storms.plan import numbers, plan
from storms.served import Served, lab_world
from storms.site import START_SECONDS, Site, site
from storms.storm import Order
from workers.settings import FILE_NAME

T = TypeVar("T")

RATE, AGENTS = 20, 60
SETTLED_SECONDS = 60.0
ENDINGS = "3590395013"  # quick refusals, and one in three who answers


@dataclass(frozen=True, slots=True)
class Seen(Generic[T]):
    """What each strike has told, the audit, and the calls a second over all of it."""

    told: list[T]
    audit: Audit
    rate: float


def under_load(
    order: Order,
    name: str,
    strike: Callable[[Site, Served, Random], T],
    *,
    seconds: float,
    supervisors: int = 1,
    settings: str = "",
    after: Callable[[Site], None] = lambda _: None,
) -> Seen[T]:
    """Strike `order.count` times; `seconds` is how long one takes, at most, on the whole.

    `settings`: the site's, as TOML. `after`: what is looked at once all is settled.
    Raises `StormFailed` where dialling does not begin, or does not come to rest.
    """
    chance = Random(order.seed)
    with site(lab_world(3.0), order.seed) as (here, served):
        _write(here, settings)
        begin(here, served, name, int((order.count * seconds + 60) * RATE), supervisors)
        with Auditor(here, served, name) as auditor:
            begun, before, told = time.monotonic(), served.count(), []
            for nth in range(order.count):
                told.append(strike(here, served, chance))
                order.tell((nth + 1) / order.count)
            rate = (served.count() - before) / (time.monotonic() - begun)
            here.stop(name)
            here.until(lambda: here.is_settled(name), SETTLED_SECONDS, "all attempts final")
            after(here)
            return Seen(told, auditor.audit(), rate)


def begin(here: Site, served: Served, name: str, leads: int, supervisors: int = 1) -> None:
    """Until it dials at its rate. Raises `StormFailed` where it does not."""
    trunks = [{"name": "carrier", "channels": 500, "calls_per_second": RATE}]
    here.dial(plan(name, again=True, trunks=trunks), numbers(leads, ENDINGS), AGENTS)
    for _ in range(supervisors):
        here.worker()
    here.until(lambda: served.count() > RATE, START_SECONDS, "dialling")


def _write(here: Site, settings: str) -> None:
    path = here.home / FILE_NAME
    path.touch(mode=0o600)
    path.write_text(settings, encoding="utf-8")
